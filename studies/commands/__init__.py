"""The commands of `ebb`, a file for those that belong together."""
