"""Points drawn in a cube, with a rule for their class: synthetic data that need no file.

For questions about the labels rather than the inputs, such as how a network learns random ones.
"""

from __future__ import annotations

import numpy as np

from data.dataset import Dataset

CUBE = "cube"
SHAPE = (1_000, 10)
SOURCE = "a fixed seed"


def load_cube() -> Dataset:
    """Draws the same points every time: 1,000 to train on and 1,000 to test.

    Each point is 10 numbers, independent and uniform in [-1, 1]. Its class says which of three
    sums is the largest: that of numbers 0 to 2, of 3 to 5, or of 6 to 8; the last number says
    nothing. So the three classes are equally likely, and nothing but the draw tells the two
    parts apart.

    Drawn from NumPy's PCG64 with seed 0: the upper 24 bits of each of its 64-bit integers, k,
    stand for the number (2k + 1) / 2**24 - 1. Training comes first, point by point.

    Returns:
        The data set: float32 inputs [1000, 10] in both parts, three classes.
    """
    # NumPy promises the integers of PCG64 for ever, but not what `Generator.uniform` makes of
    # them. Odd 24-bit integers are exact in float32, their sums exact in int64: on every machine
    # the same inputs, and no class that hangs on a rounding.
    raw = np.random.PCG64(0).random_raw(2 * SHAPE[0] * SHAPE[1])
    numbers = 2 * (raw >> 40).astype(np.int64) + 1 - 2**24
    points = numbers.reshape(-1, SHAPE[1])
    x = (points / 2**24).astype(np.float32)
    y = points[:, :9].reshape(-1, 3, 3).sum(axis=2).argmax(axis=1)
    train, test = slice(SHAPE[0]), slice(SHAPE[0], None)
    arrays = {"x_train": x[train], "y_train": y[train], "x_test": x[test], "y_test": y[test]}
    return Dataset.from_arrays(CUBE, arrays, source=SOURCE)
