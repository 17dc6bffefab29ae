"""When examples are shown: orders, and the buffer that replays some of them."""
