"""The shape of a learning curve: its roughness and its convergence epoch.

A curve is one figure per epoch, the first epoch first; the untrained network is no part of it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.metrics.confusion import accuracy
from analysis.runs import EvaluationLike, RunLike, epoch_evaluations

SETTLED = 5
"""Epochs after which a curve is taken to have done most of its rising."""
TOLERANCE = 0.01
"""How far above its lowest value, as a fraction of that, a loss counts as converged."""


def roughness(accuracies: ArrayLike) -> float:
    """Curve roughness: how much the change from one epoch to the next changes.

    The standard deviation of the second differences from the fifth epoch on, over the square root
    of 3. For independent noise that is the standard deviation of the changes themselves; but a
    smooth rise that slows down, as small learning rates give, hardly counts, where it would
    dominate the changes.

    Args:
        accuracies: One for each epoch, fractions, [epochs].

    Returns:
        A fraction, with n - 1 in the denominator; NaN with fewer than eight epochs.
    """
    bends = np.diff(np.asarray(accuracies, dtype=float)[SETTLED - 1 :], 2)
    return float(bends.std(ddof=1)) / math.sqrt(3) if bends.size > 1 else math.nan


def convergence_epoch(losses: ArrayLike) -> float:
    """The first epoch, from 1, whose loss lies within 1 % of the lowest of all epochs.

    The lowest itself may come much later: a curve that is flat there moves by noise. Where training
    ended while the loss still fell, this is an epoch near the end: a lower bound.

    Args:
        losses: One for each epoch, [epochs].

    Returns:
        A whole number; NaN without epochs, or where a loss is not a number.
    """
    curve = np.asarray(losses, dtype=float)
    if not curve.size or np.isnan(curve).any():
        return math.nan
    return float(np.flatnonzero(curve <= curve.min() + TOLERANCE * abs(curve.min()))[0] + 1)


def accuracies(run: RunLike, set: str) -> list[float]:
    """The accuracy of a set at each epoch's end; not that of weights restored afterwards."""
    return [float(accuracy(each.confusion)) for each in _ends(run, set)]


def losses(run: RunLike, set: str) -> list[float]:
    """The loss of a set at each epoch's end; not that of weights restored afterwards."""
    return [each.loss for each in _ends(run, set)]


def _ends(run: RunLike, set: str) -> list[EvaluationLike]:
    """The evaluations at the epochs' ends; none where epochs were left out: it is no curve then."""
    looks = {epoch: each for epoch, each in epoch_evaluations(run, set).items() if epoch > 0}
    return [*looks.values()] if [*looks] == [*range(1, len(looks) + 1)] else []
