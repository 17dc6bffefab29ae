"""A metric over the runs of a condition, by seed: what tables, checks and comparisons read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.runs import DIVERGED, RunLike, finished_by_condition


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
        class_: The class, or None for a figure of all classes. Of a single class there are "SET
            accuracy" and the columns of `forgetting_table` ("drop").
        diverged: Whether runs that diverged appear, as NaN whatever they recorded: a comparison
            counts them as outcomes.

    Returns:
        float64, indexed by seed in ascending order. Finished runs that lack the figure are left
        out, as are runs that failed or were stopped.

    Raises:
        ValueError: If there is no such condition, or none of its finished runs has the metric.
    """
    groups = finished_by_condition(runs, diverged=diverged)
    if condition not in groups:
        raise ValueError(
            f"received condition {condition!r}; expected one of {', '.join(groups)}; "
            "name a condition that was run"
        )
    value = metric_named(metric).value
    lost = {run.seed: np.nan for run in groups[condition] if run.status == DIVERGED}
    finished = [run for run in groups[condition] if run.status != DIVERGED]
    figures = {run.seed: value(run, class_) for run in finished}
    known = {seed: figure for seed, figure in figures.items() if figure is not None}
    if figures and not known:
        of_class = "" if class_ is None else f" of class {class_}"
        raise ValueError(
            f"received metric {metric!r}{of_class}; expected a figure that runs of {condition!r} "
            "have, such as 'test accuracy'; see the table of the study for their names"
        )
    values = dict(sorted({**known, **lost}.items()))
    index = pd.Index(list(values), name="seed", dtype="int64")
    return pd.Series(list(values.values()), index=index, name=metric, dtype=float)
