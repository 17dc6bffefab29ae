"""What is shown: splits, preprocessing, noise, copies, corrupted test sets."""
