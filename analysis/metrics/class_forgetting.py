"""What each class loses after it was trained, in orders that repeat every epoch and in tasks.

`a` [..., epochs, segments, classes] holds the accuracy on each class after each segment, as
fractions; `s`, int [..., epochs, classes], the training segment of each class in each epoch (from
1), 0 where it has none. In an order that repeats every epoch `s` has no 0; in one of tasks a class
has training segments in the epochs of its task alone. A class without any was never learned: its
figures are NaN. Leading axes (seeds) are allowed everywhere. The figures are float64
[..., classes], fractions unless they say otherwise; a shape or a segment in `s` that is not as
described is refused by a ValueError.

The published figures of tasks as wholes, from which these are carried over, are in
`analysis.metrics.task_metrics`. Where both exist (forgetting), these take every evaluation, not
just task ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def learned(a: ArrayLike, s: ArrayLike) -> Floats:
    """Accuracy after the class's last training segment, a[E, s(c), c]; E is its last epoch."""
    row, ends = _in_a_row(a, s)
    return _at(row, _last(ends))[..., 0, :]


def final(a: ArrayLike) -> Floats:
    """Accuracy at the very end: the last segment of the last epoch."""
    return np.asarray(a, dtype=float)[..., -1, -1, :]


def drop(a: ArrayLike, s: ArrayLike) -> Floats:
    """Learned minus final: what is lost between the class's last training segment and the end.

    Returns:
        float64 [..., classes], fractions; 0 for the classes shown last.
    """
    return learned(a, s) - final(a)


def recency(a: ArrayLike, s: ArrayLike) -> Floats:
    """How many segments, and so evaluations, follow the class's last training segment.

    Returns:
        float64 [..., classes], a count of segments.
    """
    row, ends = _in_a_row(a, s)
    return row.shape[-2] - 1 - _last(ends)[..., 0, :]


def recovery(a: ArrayLike, s: ArrayLike) -> Floats:
    """a[e, s(c), c] - a[e-1, last, c], mean over the epochs e in which the class comes back.

    What is recovered each time. A class comes back with a training segment after its first, if
    the epoch before has a segment without it: every epoch of several segments does, so in an order
    that repeats every epoch this is the mean over all epochs from the second on. From one epoch to
    the next of its own task a class only continues to be learned.

    Returns:
        float64 [..., classes], fractions; NaN for a class that never comes back.

    Raises:
        ValueError: With one epoch: nothing was lost yet that could be recovered.
    """
    row, ends = _in_a_row(a, s)
    a = np.asarray(a, dtype=float)
    epochs, segments = a.shape[-3:-1]
    if epochs < 2:
        raise ValueError("received 1 epoch; expected 2 or more for recovery; train for longer")
    shown = ~np.isnan(ends)
    met = np.logical_or.accumulate(shown, axis=-2)[..., :-1, :]
    absent = ~shown[..., :-1, :] | (segments > 1)
    back = shown[..., 1:, :] & met & absent
    won = _at(row, ends)[..., 1:, :] - a[..., :-1, -1, :]
    total, times = np.where(back, won, 0.0).sum(axis=-2), back.sum(axis=-2)
    return np.divide(total, times, out=np.full(total.shape, np.nan), where=times > 0)


def max_minus_last(a: ArrayLike, s: ArrayLike) -> Floats:
    """Maximum over all evaluations from the class's first training segment on, minus the last.

    Chaudhry et al. 2018 carried over to single classes. Here the last evaluation is in the
    maximum, since in orders that repeat no task ends the sequence, so it is never negative. A
    maximum over many noisy evaluations grows with their number: compare only conditions evaluated
    at the same steps.

    Returns:
        float64 [..., classes], fractions, 0 or more.
    """
    row, ends = _in_a_row(a, s)
    since = _since_first(ends, row.shape[-2]) >= 0
    best = np.where(since, row, -np.inf).max(axis=-2)
    return np.where(np.isneginf(best), np.nan, best) - final(a)


def first_minus_last(a: ArrayLike, s: ArrayLike) -> Floats:
    """Accuracy just after the class's FIRST training segment, minus the accuracy at the very end.

    Avalanche's first minus last (Lomonaco et al. 2021) carried over to single classes. It spans
    the whole training, so it mixes forgetting with learning in later epochs and is often
    negative; `drop` is the same difference from the last training segment on.
    """
    row, ends = _in_a_row(a, s)
    return _at(row, _first(ends))[..., 0, :] - final(a)


def minimum_after_first_segment(a: ArrayLike, s: ArrayLike) -> Floats:
    """Lowest accuracy after the class's first training segment (De Lange et al. 2023).

    Strictly after, as in min-ACC.

    Returns:
        float64 [..., classes], fractions; NaN for a class that no evaluation follows.
    """
    row, ends = _in_a_row(a, s)
    later = _since_first(ends, row.shape[-2]) > 0
    lowest = np.where(later, row, np.inf).min(axis=-2)
    return np.where(np.isposinf(lowest), np.nan, lowest)


def recency_bias(confusion: ArrayLike, last_classes: int | Sequence[int]) -> Floats:
    """Fraction of all test errors whose predicted class is one of those shown last.

    Args:
        confusion: Counts [..., classes, classes] (row: true class, column: predicted class).
        last_classes: The class shown last, or the last two.

    Returns:
        Fractions [...]; NaN where there is no error. With ten classes and errors
        spread evenly, about .1 for one class.

    Raises:
        ValueError: If the matrix is not square or names a class it does not have.

    Examples:
        >>> from analysis import recency_bias
        >>> float(recency_bias([[6, 1, 3], [0, 5, 5], [0, 0, 10]], last_classes=2).round(3))
        0.889
    """
    counts = np.asarray(confusion)
    chosen = np.unique(np.asarray(last_classes, dtype=int))
    if counts.ndim < 2 or counts.shape[-1] != counts.shape[-2]:
        raise ValueError(
            f"received a confusion matrix of shape {counts.shape}; expected "
            "[..., classes, classes]; put predicted classes in columns"
        )
    if chosen.size == 0 or chosen.min() < 0 or chosen.max() >= counts.shape[-1]:
        raise ValueError(
            f"received last_classes={last_classes}; expected classes from 0 to "
            f"{counts.shape[-1] - 1}; name the class or classes shown last"
        )
    errors = np.where(np.eye(counts.shape[-1], dtype=bool), 0, counts).sum(axis=-2)
    total = errors.sum(axis=-1).astype(float)
    return np.divide(
        errors[..., chosen].sum(axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0
    )


def _in_a_row(a: ArrayLike, s: ArrayLike) -> tuple[Floats, Floats]:
    """All evaluations in one row, and the places in it at which training segments of classes end.

    Returns:
        Accuracies [..., epochs * segments, classes]; places [..., epochs, classes], counted from 0,
        NaN where a class has no training segment.
    """
    accuracies, segment = np.asarray(a, dtype=float), np.asarray(s, dtype=np.int64)
    if accuracies.ndim < 3 or segment.shape != (*accuracies.shape[:-2], accuracies.shape[-1]):
        raise ValueError(
            f"received a of shape {accuracies.shape}, s of shape {segment.shape}; expected a "
            "[..., epochs, segments, classes], s [..., epochs, classes]; use equal leading axes"
        )
    epochs, segments, classes = accuracies.shape[-3:]
    if segment.min() < 0 or segment.max() > segments:
        raise ValueError(
            f"received segments {segment.min()} to {segment.max()} in s; expected 1 to {segments}, "
            "or 0 for a class without one; count segments from 1"
        )
    before = segments * np.arange(epochs)[:, None]
    places = np.where(segment > 0, before + segment - 1, np.nan)
    return accuracies.reshape(*accuracies.shape[:-3], epochs * segments, classes), places


def _first(ends: Floats) -> Floats:
    """The place of each class's first training segment, [..., 1, classes]; NaN without one."""
    return np.fmin.reduce(ends, axis=-2, keepdims=True)


def _last(ends: Floats) -> Floats:
    """The place of each class's last training segment, [..., 1, classes]; NaN without one."""
    return np.fmax.reduce(ends, axis=-2, keepdims=True)


def _at(row: Floats, places: Floats) -> Floats:
    """Accuracy of each class at its places [..., k, classes]; NaN where a place is."""
    there = ~np.isnan(places)
    index = np.where(there, places, 0).astype(np.int64)
    return np.where(there, np.take_along_axis(row, index, axis=-2), np.nan)


def _since_first(ends: Floats, evaluations: int) -> Floats:
    """Distance of evaluations from the first training segment, [..., evaluations, classes]."""
    return np.arange(evaluations)[:, None] - _first(ends)
