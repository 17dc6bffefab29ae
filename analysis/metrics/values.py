"""A metric over the runs of a condition, by seed: what tables, checks and comparisons read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.metrics.task_sequence import PREFIX
from analysis.metrics.task_sets import condition_accuracies
from analysis.runs import DIVERGED, RunLike, RunSet, class_number


def values_of(
    runs: Sequence[RunLike],
    metric: str,
    condition: str,
    class_: int | None = None,
    *,
    diverged: bool = False,
) -> pd.Series:
    """One figure per finished run of a condition.

    Args:
        runs: Records of one study and variant.
        metric: Name of the figure, see `analysis.metrics.registry.metric_named`: "test accuracy",
            "best validation loss", "mean drop", ...; or any name in the history of the runs: its
            last value there.
        condition: Name of the condition.
        class_: The class, as tables name it, or None for a figure of all classes. Of a single
            class there are "SET accuracy" and the columns of `forgetting_table` ("drop").
        diverged: Whether runs that diverged appear, as NaN whatever they recorded: a comparison
            counts them as outcomes.

    Returns:
        float64, indexed by seed in ascending order. Finished runs that lack the figure are left
        out, as are runs that failed or were stopped.

    Raises:
        ValueError: If there is no such condition, none of its finished runs has the metric, or it
            is a figure of tasks and they have different numbers of them.

    Examples:
        >>> from analysis import values_of
        >>> from studies import read
        >>> values = values_of(read("class-order").records, "test accuracy", "shuffled")
        >>> values.index.tolist(), round(values.mean(), 4)
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], np.float64(0.9763))
    """
    runs = RunSet.of(runs)
    values = known_values(runs, metric, condition, class_, diverged=diverged)
    if values.isna().all() and runs.finished[condition]:
        of_class = "" if class_ is None else f" of class {class_}"
        raise ValueError(
            f"received metric {metric!r}{of_class}; expected a figure that runs of {condition!r} "
            "have, such as 'test accuracy'; see the table of the study for their names"
        )
    return values


def known_values(
    runs: Sequence[RunLike],
    metric: str,
    condition: str,
    class_: int | None = None,
    *,
    diverged: bool = False,
) -> pd.Series:
    """As `values_of`, but empty where no run has the metric.

    Raises:
        ValueError: If there is no such condition, or its runs have different numbers of tasks.
    """
    runs = RunSet.of(runs)
    groups = runs.ended if diverged else runs.finished
    if condition not in groups:
        raise ValueError(
            f"received condition {condition!r}; expected one of {', '.join(groups)}; "
            "name a condition that was run"
        )
    if metric.startswith(PREFIX):
        condition_accuracies(runs, condition)  # refuses figures of other numbers of tasks
    value = metric_named(metric).value
    figures: dict[int, float | None] = {}
    for run in sorted(groups[condition], key=lambda run: run.seed):
        number = None if class_ is None else class_number(run, class_)
        figures[run.seed] = np.nan if run.status == DIVERGED else value(runs, run, number)
    known = {seed: figure for seed, figure in figures.items() if figure is not None}
    index = pd.Index(list(known), name="seed", dtype="int64")
    return pd.Series(list(known.values()), index=index, name=metric, dtype=float)
