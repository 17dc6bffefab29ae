"""Side by side with what a user would write or install instead."""
