"""The forms that files of examples have: IDX, NumPy archives, images, tar archives."""
