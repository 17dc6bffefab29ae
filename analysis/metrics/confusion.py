"""Accuracies from confusion matrices.

A confusion matrix counts test examples: row = true class, column = predicted class. All functions
accept leading axes (seeds, epochs, segments) and return fractions as float64.

Micro and macro accuracy differ where classes differ in size (MNIST's test set has 892 to 1,135
examples a class), so each has its own name here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def accuracy(confusion: ArrayLike) -> NDArray[np.float64]:
    """Fraction of all examples that are predicted correctly (micro average).

    Args:
        confusion: Counts [..., classes, classes].

    Returns:
        Fractions [...]; NaN where a matrix counts no example.

    Raises:
        ValueError: If the last two axes are not a square.

    Examples:
        >>> from analysis import accuracy
        >>> float(accuracy([[8, 2], [1, 29]]))
        0.925
    """
    counts = _counts(confusion)
    correct = np.trace(counts, axis1=-2, axis2=-1)
    return _fraction(correct, counts.sum(axis=(-2, -1)))


def class_accuracy(confusion: ArrayLike) -> NDArray[np.float64]:
    """Fraction of each true class that is predicted correctly (recall).

    Args:
        confusion: Counts [..., classes, classes].

    Returns:
        Fractions [..., classes]; NaN for a class without examples.

    Raises:
        ValueError: If the last two axes are not a square.

    Examples:
        >>> from analysis import class_accuracy
        >>> class_accuracy([[8, 2], [1, 29]]).round(3).tolist()
        [0.8, 0.967]
    """
    counts = _counts(confusion)
    correct = np.diagonal(counts, axis1=-2, axis2=-1)
    return _fraction(correct, counts.sum(axis=-1))


def mean_class_accuracy(confusion: ArrayLike) -> NDArray[np.float64]:
    """Mean of the class accuracies (macro average) over the classes that have examples.

    Args:
        confusion: Counts [..., classes, classes].

    Returns:
        Fractions [...]; NaN where no class has examples.

    Raises:
        ValueError: If the last two axes are not a square.

    Examples:
        >>> from analysis import mean_class_accuracy
        >>> float(mean_class_accuracy([[8, 2], [1, 29]]).round(3))
        0.883
    """
    accuracies = class_accuracy(confusion)
    known = ~np.isnan(accuracies)
    return _fraction(np.where(known, accuracies, 0.0).sum(axis=-1), known.sum(axis=-1))


def _counts(confusion: ArrayLike) -> NDArray[np.int64]:
    counts = np.asarray(confusion)
    if counts.ndim < 2 or counts.shape[-1] != counts.shape[-2]:
        raise ValueError(
            f"received a confusion matrix of shape {counts.shape}; expected "
            "[..., classes, classes]; put true classes in rows and predicted classes in columns"
        )
    return counts


def _fraction(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    # 0 / 0 is "no examples", which is neither right nor wrong: NaN, without NumPy's warning.
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
