"""Forgetting and transfer, each by one published definition that its name states.

The same word means different numbers in different packages: Avalanche's forgetting is first minus
last, Chaudhry's is maximum minus last, Mammoth lets the maximum include the last row. So a name
here says which one it is.

Two situations:

- *Tasks, once each.* `r` [..., T, T] holds r[..., i, j], the accuracy on task j after training on
  task i, tasks in training order; `b` [..., T] the accuracy of the untrained network. Entries that
  a definition does not use may be NaN.
- *Orders that come round every epoch.* `a` [..., epochs, segments, classes] holds the accuracy on
  each class after each segment; `s` [..., epochs, classes] the segment (from 1) of that epoch
  in which the class has its turn. There is no final task: every class comes round again.

Leading axes (seeds) are allowed everywhere. Accuracies are fractions, results float64 fractions.
Every function raises ValueError where a shape is not as described.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


# Tasks, once each


def average_accuracy(r: ArrayLike) -> Floats:
    """ACC: mean over j of r[T, j] (Lopez-Paz & Ranzato 2017). [..., T, T] -> [...]."""
    return _tasks(r, least=1)[..., -1, :].mean(axis=-1)


def backward_transfer(r: ArrayLike) -> Floats:
    """BWT: 1/(T-1) sum over j < T of r[T, j] - r[j, j] (Lopez-Paz & Ranzato 2017).

    The paper divides by T - 1, as here; its published code divides by T. [..., T, T] -> [...].
    """
    return -forgetting_first_minus_last(r).mean(axis=-1)


def forward_transfer(r: ArrayLike, b: ArrayLike) -> Floats:
    """FWT: 1/(T-1) sum over j >= 2 of r[j-1, j] - b[j] (Lopez-Paz & Ranzato 2017).

    Args:
        r: Accuracies [..., T, T].
        b: Accuracies of the untrained network [..., T].

    Returns:
        Fractions [...].

    Raises:
        ValueError: If r[j-1, j] is NaN: where a class cannot be predicted before it is learned,
            forward transfer is undefined.
    """
    r = _tasks(r)
    untrained = _row(b, r, "b")
    before = np.diagonal(r, offset=1, axis1=-2, axis2=-1)
    if np.isnan(before).any():
        raise ValueError(
            "received NaN in r[j-1, j]; expected the accuracy on each task just before it is "
            "trained; forward transfer is undefined where a class cannot be predicted before"
        )
    return (before - untrained[..., 1:]).mean(axis=-1)


def forgetting_max_minus_last(r: ArrayLike) -> Floats:
    """Per task: max over l in [j, T-1] of r[l, j], minus r[T, j] (Chaudhry et al. 2018).

    The maximum leaves out the last row, so forgetting is negative where the last task improved an
    earlier one (Mammoth includes it and is never negative). The paper writes l from 1; rows before
    j precede the learning of task j and are left out. [..., T, T] -> [..., T-1], tasks j < T.
    """
    r = _tasks(r)
    learned = np.tril(np.ones(r.shape[-2:], dtype=bool))[:-1]
    best = np.where(learned, r[..., :-1, :], -np.inf).max(axis=-2)
    return (best - r[..., -1, :])[..., :-1]


def mean_forgetting_max_minus_last(r: ArrayLike) -> Floats:
    """Mean over j < T of `forgetting_max_minus_last` (Chaudhry et al. 2018). -> [...]."""
    return forgetting_max_minus_last(r).mean(axis=-1)


def forgetting_first_minus_last(r: ArrayLike) -> Floats:
    """Per task: r[j, j] - r[T, j], what Avalanche calls forgetting (Lomonaco et al. 2021).

    Its mean over tasks is -`backward_transfer`. [..., T, T] -> [..., T-1], tasks j < T.
    """
    r = _tasks(r)
    return (_diagonal(r) - r[..., -1, :])[..., :-1]


def intransigence(r: ArrayLike, joint: ArrayLike) -> Floats:
    """Per task k: joint[k] - r[k, k] (Chaudhry et al. 2018).

    Args:
        r: Accuracies [..., T, T].
        joint: a*[k], [..., T]: accuracy on task k of a network trained on tasks 1 to k together.

    Returns:
        Fractions [..., T]; negative where learning in turn did better than learning together.
    """
    r = _tasks(r, least=1)
    return _row(joint, r, "joint") - _diagonal(r)


def average_incremental_accuracy(r: ArrayLike, examples: ArrayLike | None = None) -> Floats:
    """Mean over i of the accuracy on all that was seen up to i (Rebuffi et al. 2017, iCaRL).

    Args:
        r: Accuracies [..., T, T].
        examples: Test examples of each task [T]; tasks count alike where this is left out, which
            is the paper's figure only for tasks of one size.

    Returns:
        Fractions [...].
    """
    r = _tasks(r, least=1)
    size = np.ones(r.shape[-1]) if examples is None else _row(examples, r, "examples")
    weight = np.tril(np.broadcast_to(size[..., None, :], r.shape))
    seen = np.where(weight > 0, r, 0.0)
    return ((weight * seen).sum(axis=-1) / weight.sum(axis=-1)).mean(axis=-1)


def learning_accuracy(r: ArrayLike) -> Floats:
    """Mean over j of r[j, j], just after learning (Riemer et al. 2019). [..., T, T] -> [...]."""
    return _diagonal(_tasks(r, least=1)).mean(axis=-1)


def minimum_accuracy(r: ArrayLike) -> Floats:
    """min-ACC: mean over j < T of the minimum over l > j of r[l, j] (De Lange et al. 2023).

    Only as fine as the evaluation interval: a dip between two task ends is not seen.
    [..., T, T] -> [...].
    """
    r = _tasks(r)
    later = np.tril(np.ones(r.shape[-2:], dtype=bool), k=-1)
    return np.where(later, r, np.inf).min(axis=-2)[..., :-1].mean(axis=-1)


def worst_case_accuracy(r: ArrayLike) -> Floats:
    """WC-ACC: r[T, T]/T + (1 - 1/T) min-ACC, after the last task (De Lange et al. 2023)."""
    r = _tasks(r)
    tasks = r.shape[-1]
    return r[..., -1, -1] / tasks + (1 - 1 / tasks) * minimum_accuracy(r)


# Orders that come round every epoch


def learned(a: ArrayLike, s: ArrayLike) -> Floats:
    """a[E, s(c), c]: just after the class's turn in the last epoch E. -> [..., classes]."""
    return _just_after(*_rounds(a, s))[..., -1, :]


def final(a: ArrayLike) -> Floats:
    """a[E, last, c]: accuracy at the very end. -> [..., classes]."""
    return np.asarray(a, dtype=float)[..., -1, -1, :]


def drop(a: ArrayLike, s: ArrayLike) -> Floats:
    """Learned minus final: what is lost between the class's last turn and the end.

    0 for the class shown last. -> [..., classes].
    """
    return learned(a, s) - final(a)


def recency(a: ArrayLike, s: ArrayLike) -> Floats:
    """How many segments follow the class's turn in the last epoch. -> [..., classes], a count."""
    a, s = _rounds(a, s)
    return (a.shape[-2] - s[..., -1, :]).astype(float)


def recovery(a: ArrayLike, s: ArrayLike) -> Floats:
    """a[e, s(c), c] - a[e-1, last, c], mean over the epochs from the second on.

    What is won back each time the class comes round. -> [..., classes].

    Raises:
        ValueError: With one epoch: nothing was lost yet that could be won back.
    """
    a, s = _rounds(a, s)
    if a.shape[-3] < 2:
        raise ValueError("received 1 epoch; expected 2 or more for recovery; train for longer")
    return (_just_after(a, s)[..., 1:, :] - a[..., :-1, -1, :]).mean(axis=-2)


def max_minus_last(a: ArrayLike, s: ArrayLike) -> Floats:
    """Maximum over all evaluations from s(c) of the first epoch on, minus the last.

    Chaudhry et al. 2018 carried over to classes that come round. Here the last evaluation is in
    the maximum, since no task ends the sequence, so it is never negative. A maximum over many
    noisy evaluations grows with their number: compare only conditions evaluated at the same steps.
    -> [..., classes].
    """
    a, s = _rounds(a, s)
    since = _segments_since_first_turn(a, s) >= 0
    return np.where(since, _in_a_row(a), -np.inf).max(axis=-2) - final(a)


def first_minus_last(a: ArrayLike, s: ArrayLike) -> Floats:
    """a[1, s(c), c] - a[E, last, c]: just after the class's FIRST turn, in epoch 1, minus the end.

    Avalanche's first minus last carried over to classes that come round. It spans the whole
    training, so it mixes forgetting with learning in later epochs and is often negative; `drop`
    is the same difference within the last epoch (equal for one epoch). -> [..., classes].
    """
    return _just_after(*_rounds(a, s))[..., 0, :] - final(a)


def minimum_after_first_turn(a: ArrayLike, s: ArrayLike) -> Floats:
    """Lowest accuracy at any evaluation after the class's first turn (De Lange et al. 2023).

    Strictly after, as in min-ACC. NaN for a class that no evaluation follows. -> [..., classes].
    """
    a, s = _rounds(a, s)
    later = _segments_since_first_turn(a, s) > 0
    lowest = np.where(later, _in_a_row(a), np.inf).min(axis=-2)
    return np.where(np.isposinf(lowest), np.nan, lowest)


def recency_bias(confusion: ArrayLike, last_classes: int | Sequence[int]) -> Floats:
    """Share of all test errors whose predicted class is one of those shown last.

    Args:
        confusion: Counts [..., classes, classes] (row: true class, column: predicted class).
        last_classes: The class shown last, or the last two.

    Returns:
        Fractions [...]; NaN where there is no error to share out. With ten classes and errors
        spread evenly, about .1 for one class.

    Raises:
        ValueError: If the matrix is not square or names a class it does not have.
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


def _tasks(r: ArrayLike, least: int = 2) -> Floats:
    matrix = np.asarray(r, dtype=float)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or matrix.shape[-1] < least:
        raise ValueError(
            f"received r of shape {matrix.shape}; expected [..., T, T] with T >= {least}; give the "
            "accuracy on task j after task i as r[i, j]"
        )
    return matrix


def _row(values: ArrayLike, r: Floats, name: str) -> Floats:
    row = np.asarray(values, dtype=float)
    if row.ndim < 1 or row.shape[-1] != r.shape[-1]:
        raise ValueError(
            f"received {name} of shape {row.shape}; expected one value per task, "
            f"[..., {r.shape[-1]}]; pass the tasks of r in the same order"
        )
    return row


def _diagonal(r: Floats) -> Floats:
    return np.diagonal(r, axis1=-2, axis2=-1)


def _rounds(a: ArrayLike, s: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    accuracies, turns = np.asarray(a, dtype=float), np.asarray(s, dtype=np.int64)
    if accuracies.ndim < 3 or turns.shape != (*accuracies.shape[:-2], accuracies.shape[-1]):
        raise ValueError(
            f"received a of shape {accuracies.shape}, s of shape {turns.shape}; expected a "
            "[..., epochs, segments, classes], s [..., epochs, classes]; use equal leading axes"
        )
    if turns.min() < 1 or turns.max() > accuracies.shape[-2]:
        raise ValueError(
            f"received segments {turns.min()} to {turns.max()} in s; expected 1 to "
            f"{accuracies.shape[-2]}; count segments from 1"
        )
    return accuracies, turns


def _just_after(a: Floats, s: NDArray[np.int64]) -> Floats:
    """Accuracy of each class just after its turn in each epoch, [..., epochs, classes]."""
    return np.take_along_axis(a, (s - 1)[..., None, :], axis=-2)[..., 0, :]


def _in_a_row(a: Floats) -> Floats:
    """Epochs and segments as one axis of time, [..., epochs * segments, classes]."""
    return a.reshape(*a.shape[:-3], -1, a.shape[-1])


def _segments_since_first_turn(a: Floats, s: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many segments each evaluation lies after the class's first turn, as `_in_a_row`."""
    time = np.arange(1, a.shape[-3] * a.shape[-2] + 1)
    return time[:, None] - s[..., 0, None, :]
