"""Tables of tasks: the methods beside each other, R task by task, and each task over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.metrics.confusion import accuracy
from analysis.metrics.registry import TASKS
from analysis.metrics.task_sequence import PREFIX
from analysis.metrics.task_sets import condition_accuracies
from analysis.metrics.values import known_values
from analysis.runs import RunLike, RunSet, epoch_evaluations, task_sets
from analysis.statistics.intervals import describe, percentiles

DECIDING, *FIGURES = TASKS
"""What decides, and the further columns of `task_table`; in the registry all have `PREFIX`."""


def task_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """The conditions beside each other by the published figures of tasks.

    Args:
        runs: Records of one study and variant.

    Returns:
        Columns condition, n, average accuracy (mean over the seeds), ci_low, ci_high (its 95 %
        t-interval), sd, then the means of `FIGURES`, fractions. NaN where no run of a condition has
        the figure: a joint run has no tasks, and so only those of its end.

    Raises:
        ValueError: If no run has figures of tasks; or those of a condition other numbers of tasks.
    """
    runs = RunSet.of(runs)
    rows: list[dict[str, Any]] = []
    for condition in runs.finished:
        acc, *others = (
            describe(known_values(runs, PREFIX + name, condition).to_numpy())
            for name in (DECIDING, *FIGURES)
        )
        row = {"condition": condition, "n": acc["n"], DECIDING: acc["mean"]}
        row |= {name: acc[name] for name in ("ci_low", "ci_high", "sd")}
        rows.append(row | {n: each["mean"] for n, each in zip(FIGURES, others, strict=True)})
    if not any(row["n"] for row in rows):
        raise _no_tasks(runs)
    return pd.DataFrame(rows)


def matrix_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """R: the accuracy on each task after each task, over the seeds.

    Args:
        runs: Records of one study and variant.

    Returns:
        Columns condition, after (the task trained last; 0 before training), task (both from 1, in
        training order), n, mean, sd, fractions. What was not evaluated is left out.

    Raises:
        ValueError: If no finished run has tasks.
    """
    rows, runs = [], RunSet.of(runs)
    for condition in runs.finished:
        r = condition_accuracies(runs, condition)
        for after, task in np.ndindex(r.shape[1:]):
            found = describe(r[:, after, task])
            if found["n"]:
                at = (condition, after, task + 1, found["n"])
                rows.append((*at, found["mean"], found["sd"]))
    if not rows:
        raise _no_tasks(runs)
    return pd.DataFrame(rows, columns=["condition", "after", "task", "n", "mean", "sd"])


def task_curve_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """Accuracy on each task after each epoch, percentiles over the seeds.

    Args:
        runs: Records of one study and variant.

    Returns:
        Columns condition, task (from 1, in training order), epoch (0: untrained), n, p25, p50, p75,
        fractions.

    Raises:
        ValueError: If no finished run has evaluation sets by task.
    """
    rows = []
    for condition, finished in RunSet.of(runs).finished.items():
        curves: dict[tuple[int, int], list[float]] = {}
        for run in finished:
            for task, set in enumerate(task_sets(run), 1):
                for epoch, look in epoch_evaluations(run, set).items():
                    value = float(accuracy(look.confusion))
                    curves.setdefault((task, epoch), []).append(value)
        rows += [
            (condition, *at, len(values), *percentiles(values))
            for at, values in sorted(curves.items())
        ]
    if not rows:
        raise _no_tasks(runs)
    return pd.DataFrame(rows, columns=["condition", "task", "epoch", "n", "p25", "p50", "p75"])


def _no_tasks(runs: Sequence[RunLike]) -> ValueError:
    return ValueError(
        f"received {len(runs)} runs, none finished with tasks; expected runs that were evaluated "
        "task by task; run a study with an order of tasks that evaluates test-tasks"
    )
