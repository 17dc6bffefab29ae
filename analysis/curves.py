"""Accuracy after each epoch, over the seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.metrics.confusion import accuracy
from analysis.metrics.registry import metric_named
from analysis.runs import (
    RunLike,
    RunSet,
    epoch_evaluations,
    is_of_training,
    no_evaluation,
    whole_sets,
)
from analysis.statistics.intervals import mean_and_sd, percentiles, t_interval

COLUMNS = ("condition", "epoch", "n", "p25", "p50", "p75", "mean", "ci_low", "ci_high")
Curves = dict[str, dict[int, dict[int, float]]]
"""Condition to seed to epoch to accuracy."""


def curve_table(runs: Sequence[RunLike], set: str = "test") -> pd.DataFrame:
    """Accuracy at each epoch's end over the finished runs.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.

    Returns:
        Columns condition, epoch (0: untrained), n (runs that reached it), p25, p50, p75, mean and
        the ends of its 95 % t-interval, fractions. Conditions and epochs that nobody evaluated are
        left out.

    Raises:
        ValueError: No finished run was evaluated on the set.
    """
    rows = []
    for condition, curves in curves_of(runs, set).items():
        epochs = sorted({epoch for curve in curves.values() for epoch in curve})
        for epoch in epochs:
            values = [curve[epoch] for curve in curves.values() if epoch in curve]
            figures = (*percentiles(values), mean_and_sd(values)[0], *t_interval(values))
            rows.append((condition, epoch, len(values), *figures))
    if not rows:
        raise no_evaluation(runs, set)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def curves_of(runs: Sequence[RunLike], set: str) -> Curves:
    """Condition to seed to epoch to accuracy."""
    return {
        condition: {run.seed: curve for run in finished if (curve := _curve(run, set))}
        for condition, finished in RunSet.of(runs).finished.items()
    }


def followed_sets(runs: Sequence[RunLike]) -> list[str]:
    """Name the sets whose accuracy is known after several epochs, in the order first met.

    Of runs without evaluations those of their history, what was trained on last.
    """
    recorded = dict.fromkeys(name for run in runs for _, _, name, _ in run.history)
    known = map(metric_named, recorded)
    sets = [each.set for each in known if (each.quantity, each.when) == ("accuracy", "last")]
    every = dict.fromkeys([*whole_sets(runs), *sorted(sets, key=is_of_training)])
    return [each for each in every if any(len(_curve(run, each)) > 1 for run in runs)]


def _curve(run: RunLike, set: str) -> dict[int, float]:
    looks = epoch_evaluations(run, set)
    values = {epoch: float(accuracy(each.confusion)) for epoch, each in looks.items()}
    if not values:  # another program's, which kept no predictions
        values = {at: value for at, _, name, value in run.history if name == f"{set} accuracy"}
    return {epoch: value for epoch, value in values.items() if not np.isnan(value)}
