"""The data sets with a name: published ones, and toy sets that need no file."""
