"""How numbers and tables become text."""
