"""What is measured of a run: each figure with its definition."""
