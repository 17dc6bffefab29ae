"""The training itself: from a recipe and a seed to a record."""
