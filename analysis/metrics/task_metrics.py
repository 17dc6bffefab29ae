"""Tasks, once each: forgetting and transfer, each by one published definition that its name states.

The same word means different numbers in different packages: Avalanche's forgetting is first minus
last, Chaudhry's is maximum minus last, Mammoth lets the maximum include the last row. So a name
here says which one it is.

All functions take `r`, float [..., T, T]: r[..., i, j] is the accuracy, a fraction, on task j after
training on task i, tasks in training order; `analysis.metrics.task_sequence` reads it off a run.
Entries that a definition does not use may be NaN. Leading axes (seeds) are allowed everywhere. They
return fractions, float64 [...] unless they say otherwise, and raise a ValueError for another shape;
what is forgotten takes two tasks. What is lost class by class, in any order, is in
`analysis.metrics.class_forgetting`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def average_accuracy(r: ArrayLike) -> Floats:
    """ACC: mean over j of r[T, j] (Lopez-Paz & Ranzato 2017).

    Examples:
        >>> from analysis import average_accuracy
        >>> float(average_accuracy([[0.9, 0.1], [0.6, 0.8]]).round(2))
        0.7
    """
    return _tasks(r, least=1)[..., -1, :].mean(axis=-1)


def backward_transfer(r: ArrayLike) -> Floats:
    """BWT: 1/(T-1) sum over j < T of r[T, j] - r[j, j] (Lopez-Paz & Ranzato 2017).

    The paper divides by T - 1, as here; its published code divides by T.

    Negative where tasks were forgotten.

    Examples:
        >>> from analysis import backward_transfer
        >>> float(backward_transfer([[0.9, 0.1], [0.6, 0.8]]).round(2))
        -0.3
    """
    return -forgetting_first_minus_last(r).mean(axis=-1)


def forward_transfer(r: ArrayLike, untrained: ArrayLike) -> Floats:
    """FWT: 1/(T-1) sum over j >= 2 of r[j-1, j] - b[j] (Lopez-Paz & Ranzato 2017).

    Undefined where a class cannot be predicted before it is learned (class-incremental): r[j-1, j]
    is 0 there, and b is luck.

    Args:
        r: See above.
        untrained: b [..., T], the accuracy on each task before any training.

    Examples:
        >>> from analysis import forward_transfer
        >>> float(forward_transfer([[0.9, 0.3], [0.6, 0.8]], untrained=[0.1, 0.1]).round(2))
        0.2
    """
    r = _tasks(r)
    before = np.diagonal(r, offset=1, axis1=-2, axis2=-1)
    return (before - np.asarray(untrained, dtype=float)[..., 1:]).mean(axis=-1)


def intransigence(r: ArrayLike, reference: ArrayLike) -> Floats:
    """Mean over j of a*[j] - r[j, j] (Chaudhry et al. 2018), a* from joint training on all tasks.

    The paper trains a network on tasks 1 to j for each a*[j]. Here one joint run on all tasks, of
    the same seed, stands for them all.

    Args:
        r: See above.
        reference: a* [..., T], the joint run's accuracy on each task.

    Examples:
        >>> from analysis import intransigence
        >>> float(intransigence([[0.9, 0.1], [0.6, 0.8]], reference=[0.95, 0.93]).round(2))
        0.09
    """
    return (np.asarray(reference, dtype=float) - _diagonal(_tasks(r, least=1))).mean(axis=-1)


def forgetting_max_minus_last(r: ArrayLike) -> Floats:
    """Per task: max over l in [j, T-1] of r[l, j], minus r[T, j] (Chaudhry et al. 2018).

    The maximum leaves out the last row, so forgetting is negative where the last task improved an
    earlier one (Mammoth includes it and is never negative). The paper writes l from 1; rows before
    j precede the learning of task j and are left out.

    Returns:
        float64 [..., T-1], tasks j < T.

    Examples:
        >>> from analysis import forgetting_max_minus_last
        >>> r = [[0.80, 0.10, 0.00], [0.85, 0.90, 0.10], [0.60, 0.70, 0.95]]
        >>> forgetting_max_minus_last(r).round(2).tolist()
        [0.25, 0.2]
    """
    r = _tasks(r)
    learned = np.tril(np.ones(r.shape[-2:], dtype=bool))[:-1]
    best = np.where(learned, r[..., :-1, :], -np.inf).max(axis=-2)
    return (best - r[..., -1, :])[..., :-1]


def mean_forgetting_max_minus_last(r: ArrayLike) -> Floats:
    """Mean over j < T of `forgetting_max_minus_last` (Chaudhry et al. 2018).

    Examples:
        >>> from analysis import mean_forgetting_max_minus_last
        >>> r = [[0.80, 0.10, 0.00], [0.85, 0.90, 0.10], [0.60, 0.70, 0.95]]
        >>> float(mean_forgetting_max_minus_last(r).round(3))
        0.225
    """
    return forgetting_max_minus_last(r).mean(axis=-1)


def forgetting_first_minus_last(r: ArrayLike) -> Floats:
    """Per task: r[j, j] - r[T, j], what Avalanche calls forgetting (Lomonaco et al. 2021).

    Its mean over tasks is -`backward_transfer`.

    Returns:
        float64 [..., T-1], tasks j < T.

    Examples:
        >>> from analysis import forgetting_first_minus_last
        >>> forgetting_first_minus_last([[0.9, 0.1], [0.6, 0.8]]).round(2).tolist()
        [0.3]
    """
    r = _tasks(r)
    return (_diagonal(r) - r[..., -1, :])[..., :-1]


def accuracy_over_examples(accuracies: ArrayLike, examples: ArrayLike) -> Floats:
    """Fraction of the test examples of all tasks that are predicted correctly after the last one.

    ACC counts tasks alike, this counts examples alike; they differ where tasks differ in size.

    Args:
        accuracies: Of each task at the end, [..., T].
        examples: Test examples of each task, [..., T].

    Examples:
        >>> from analysis import accuracy_over_examples
        >>> float(accuracy_over_examples([0.5, 0.9], examples=[100, 300]))
        0.8
    """
    size = np.asarray(examples, dtype=float)
    return (np.asarray(accuracies, dtype=float) * size).sum(axis=-1) / size.sum(axis=-1)


def mean_forgetting_first_minus_last(r: ArrayLike) -> Floats:
    """Mean over j < T of `forgetting_first_minus_last` (Lomonaco et al. 2021).

    It is -`backward_transfer`.

    Examples:
        >>> from analysis import mean_forgetting_first_minus_last
        >>> r = [[0.80, 0.10, 0.00], [0.85, 0.90, 0.10], [0.60, 0.70, 0.95]]
        >>> float(mean_forgetting_first_minus_last(r).round(3))
        0.2
    """
    return forgetting_first_minus_last(r).mean(axis=-1)


def average_incremental_accuracy(r: ArrayLike, examples: ArrayLike | None = None) -> Floats:
    """Mean over i of the accuracy on all that was seen up to i (Rebuffi et al. 2017, iCaRL).

    Args:
        r: See above.
        examples: Test examples of each task [T]; tasks count alike where this is left out, which
            is the paper's figure only for tasks of one size.

    Examples:
        >>> from analysis import average_incremental_accuracy
        >>> float(average_incremental_accuracy([[0.9, 0.1], [0.6, 0.8]]).round(2))
        0.8
    """
    r = _tasks(r, least=1)
    size = np.ones(r.shape[-1]) if examples is None else np.asarray(examples, dtype=float)
    weight = np.tril(np.broadcast_to(size[..., None, :], r.shape))
    seen = np.where(weight > 0, r, 0.0)
    return ((weight * seen).sum(axis=-1) / weight.sum(axis=-1)).mean(axis=-1)


def learning_accuracy(r: ArrayLike) -> Floats:
    """Mean over j of r[j, j], just after learning (Riemer et al. 2019).

    Examples:
        >>> from analysis import learning_accuracy
        >>> float(learning_accuracy([[0.9, 0.1], [0.6, 0.8]]).round(2))
        0.85
    """
    return _diagonal(_tasks(r, least=1)).mean(axis=-1)


def minimum_accuracy(r: ArrayLike) -> Floats:
    """min-ACC: mean over j < T of the minimum over l > j of r[l, j] (De Lange et al. 2023).

    Only as fine as the evaluation interval: a dip between two task ends is not seen.

    Examples:
        >>> from analysis import minimum_accuracy
        >>> r = [[0.80, 0.10, 0.00], [0.55, 0.90, 0.10], [0.60, 0.70, 0.95]]
        >>> float(minimum_accuracy(r).round(3))
        0.625
    """
    r = _tasks(r)
    later = np.tril(np.ones(r.shape[-2:], dtype=bool), k=-1)
    return np.where(later, r, np.inf).min(axis=-2)[..., :-1].mean(axis=-1)


def worst_case_accuracy(r: ArrayLike) -> Floats:
    """WC-ACC: r[T, T]/T + (1 - 1/T) min-ACC, after the last task (De Lange et al. 2023).

    Examples:
        >>> from analysis import worst_case_accuracy
        >>> r = [[0.80, 0.10, 0.00], [0.55, 0.90, 0.10], [0.60, 0.70, 0.95]]
        >>> float(worst_case_accuracy(r).round(3))
        0.733
    """
    r = _tasks(r)
    tasks = r.shape[-1]
    return r[..., -1, -1] / tasks + (1 - 1 / tasks) * minimum_accuracy(r)


def _tasks(r: ArrayLike, least: int = 2) -> Floats:
    matrix = np.asarray(r, dtype=float)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or matrix.shape[-1] < least:
        raise ValueError(
            f"received r of shape {matrix.shape}; expected [..., T, T] with T >= {least}; give the "
            "accuracy on task j after task i as r[i, j]"
        )
    return matrix


def _diagonal(r: Floats) -> Floats:
    return np.diagonal(r, axis1=-2, axis2=-1)
