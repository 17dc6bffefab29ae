"""What of a data set's inputs is possible and seldom meant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Plausibility(NamedTuple):
    """Facts of a data set's inputs.

    Attributes:
        largest: The largest absolute value of the training inputs.
        constant: Whether all training examples are the same.
        shared: How many test examples are, value for value, training examples too.
    """

    largest: float
    constant: bool
    shared: int


def plausibility(x_train: NDArray[np.generic], x_test: NDArray[np.generic]) -> Plausibility:
    """Look at all inputs once: .1 s for 70,000 images of 28 x 28 (n = 5).

    Args:
        x_train: Training examples, uint8 or floating [n, ...].
        x_test: Test examples [m, ...] of the same type.
    """
    train = set(_hashes(x_train))
    return Plausibility(
        largest=max(float(x_train.max()), -float(x_train.min())),
        constant=len(train) == 1 < len(x_train),
        shared=sum(each in train for each in _hashes(x_test)),
    )


def _hashes(x: NDArray[np.generic]) -> list[int]:
    """64 bits of each example: two of 70,000 different ones have the same with p = 1e-10."""
    return [hash(each.tobytes()) for each in x]
