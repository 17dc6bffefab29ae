"""What the records of a store say: tables, comparisons, checks, plans; lists and exports."""
