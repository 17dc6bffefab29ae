"""What is done with records as such: list, export, check and remove them."""
