"""What records say, in a terminal: tables, comparisons, checks, plans."""
