"""What a run over a sequence of tasks, once each, says: R, and the published figures by name.

The definitions are in `analysis.metrics.task_metrics`; here they meet the confusion matrices of a
run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.metrics import task_metrics
from analysis.metrics.confusion import accuracy

Floats = NDArray[np.float64]

PREFIX = "tasks: "
"""What the names of these figures begin with: the same words also name figures over classes."""

METRICS: Mapping[str, Callable[[Floats], Floats]] = {
    "average accuracy": task_metrics.average_accuracy,
    "backward transfer": task_metrics.backward_transfer,
    "mean forgetting_max_minus_last": task_metrics.mean_forgetting_max_minus_last,
    "mean forgetting_first_minus_last": task_metrics.mean_forgetting_first_minus_last,
    "learning accuracy": task_metrics.learning_accuracy,
    "minimum accuracy": task_metrics.minimum_accuracy,
    "worst-case accuracy": task_metrics.worst_case_accuracy,
    "average incremental accuracy": task_metrics.average_incremental_accuracy,
}


def task_ends(s: ArrayLike) -> NDArray[np.int64]:
    """Find the tasks of an order that shows every class in one task, and never again.

    Consecutive epochs that show the same classes are one task; its classes are those with
    s[end] > 0.

    Args:
        s: int [epochs, classes]: the training segment of each class in each epoch (from 1), 0
            where it has none.

    Returns:
        int64 [T], the index (from 0) of each task's last epoch, in training order. Empty where
        there are no two tasks, a class belongs to several, or one to none (training that ended
        before its task).

    Raises:
        ValueError: If `s` is not [epochs, classes].
    """
    segments = np.asarray(s)
    if segments.ndim != 2:
        raise ValueError(
            f"received s of shape {segments.shape}; expected [epochs, classes]; pass one run"
        )
    shown = segments > 0
    changes = (shown[1:] != shown[:-1]).any(axis=1)
    ends = np.flatnonzero(np.append(changes, True))
    once = bool((shown[ends].sum(axis=0) == 1).all())
    return ends if once and len(ends) > 1 else ends[:0]


def accuracy_matrix(confusion: ArrayLike, s: ArrayLike) -> Floats:
    """R of one run: the accuracy on each task after each task (Lopez-Paz & Ranzato 2017).

    Over all test examples of the task's classes (micro), after the last segment of the row's task;
    a prediction may name any class (the task is not given away).

    Args:
        confusion: Counts [epochs, segments, classes, classes] (row: true class).
        s: int [epochs, classes], see `task_ends`.

    Returns:
        r, float64 [T, T], fractions; NaN in the column of a task without test examples.

    Raises:
        ValueError: If `s` does not show each task once, or the shapes do not agree.
    """
    counts, segments = np.asarray(confusion), np.asarray(s)
    ends = task_ends(segments)
    if not len(ends):
        raise ValueError(
            "received an order that does not show each of several tasks once; expected every class "
            "in one task; use `analysis.metrics.class_forgetting` for orders that repeat"
        )
    if counts.ndim != 4 or (counts.shape[0], counts.shape[2]) != segments.shape:
        raise ValueError(
            f"received counts of shape {counts.shape}, s of shape {segments.shape}; expected "
            "[epochs, segments, classes, classes] and [epochs, classes]; pass one run"
        )
    of_task = segments[ends] > 0
    return accuracy(counts[ends, -1][:, None] * of_task[:, :, None])


def task_figures(confusion: ArrayLike, s: ArrayLike) -> dict[str, float]:
    """The published figures of one run over tasks, once each.

    Forward transfer is not among them: it is undefined where a class cannot be predicted before it
    is learned, as here, where later tasks bring new classes. Intransigence needs a joint training.

    Args:
        confusion: Counts [epochs, segments, classes, classes] (row: true class).
        s: int [epochs, classes], see `task_ends`.

    Returns:
        "tasks: ..." to fraction, `METRICS` by name ("average incremental accuracy" over all test
        examples seen so far). Nothing where the order does not show each of several tasks once, or
        a task has no test examples.

    Raises:
        ValueError: If the shapes do not agree.
    """
    segments = np.asarray(s)
    ends = task_ends(segments)
    # By the last look: a test set may grow by each task's examples.
    examples = (segments[ends] > 0) @ np.asarray(confusion)[-1, -1].sum(axis=-1)
    if not len(ends) or not examples.all():
        return {}
    return figures_of(accuracy_matrix(confusion, segments), examples)


def figures_of(r: Floats, examples: ArrayLike) -> dict[str, float]:
    """`METRICS` of one run, "tasks: ..." to fraction.

    Args:
        r: [T, T], T >= 2.
        examples: Test examples of each task [T], for the average incremental accuracy.
    """
    figures = {name: metric(r) for name, metric in METRICS.items()}
    figures["average incremental accuracy"] = task_metrics.average_incremental_accuracy(r, examples)
    return {PREFIX + name: float(figure) for name, figure in figures.items()}
