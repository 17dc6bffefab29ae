"""Side by side with other packages of the field; each in an environment of its own."""
