"""What each class lost in each condition, in the order of training; and which lost most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.run_forgetting import class_forgetting, mean_of_known
from analysis.runs import SAMPLE, RunLike, RunSet, class_names, class_segments, has_segments
from analysis.statistics.intervals import mean_and_sd, t_interval
from analysis.tables import forgetting_table, per_class_table

Floats = NDArray[np.float64]
WIDE: tuple[str, ...] = ("learned", "final", "drop", "ci_low", "ci_high")
"""The rows of each condition in the wide table of what classes lose."""
ENDS = ("mean", "ci_low", "ci_high")
"""The same where nothing was evaluated after segments."""


@dataclass(frozen=True, eq=False)
class Drops:
    """What each class lost in one condition.

    Attributes:
        values: Drop of each class in each run, fractions [runs, classes], classes by number; NaN
            of a class that was never shown.
        names: What people call each class.
        order: The classes in the order of training, by number; None where runs differ in it.
    """

    values: Floats
    names: tuple[str, ...]
    order: tuple[int, ...] | None


@dataclass(frozen=True)
class MostForgotten:
    """The class with the largest mean drop of a condition.

    Attributes:
        condition: Which.
        name: What people call the class.
        drop: Its mean over the runs, a fraction.
        low: Lower end of its 95 % t-interval, NaN of one run; high: the upper.
        n: Runs that know it.
    """

    condition: str
    name: str
    drop: float
    low: float
    high: float
    n: int


def class_drops(runs: Sequence[RunLike], set: str = SAMPLE) -> dict[str, Drops]:
    """Condition to what each class lost, for conditions with evaluations after segments.

    Args:
        runs: Records of one study and variant; finished ones are taken.
        set: Name of the set that was evaluated after every segment.
    """
    found, runs = {}, RunSet.of(runs)
    for condition, finished in runs.finished.items():
        segmented = [run for run in finished if has_segments(run, set)]
        if not segmented:
            continue
        values = np.stack([runs.once(class_forgetting, run, set)["drop"] for run in segmented])
        orders = {_training_order(run) for run in segmented}
        found[condition] = Drops(
            values,
            tuple(map(str, class_names(segmented, values.shape[1]))),
            orders.pop() if len(orders) == 1 else None,
        )
    return found


def most_forgotten(drops: dict[str, Drops], reference: str | None = None) -> list[MostForgotten]:
    """The most forgotten class of each condition but the reference, the largest drop first."""
    found = []
    for condition, each in drops.items():
        if condition == reference:
            continue
        # Of the runs that showed the class, as in the table.
        worst = int(np.nanargmax([mean_of_known(column) for column in each.values.T]))
        values = each.values[:, worst]
        values = values[~np.isnan(values)]
        ends = t_interval(values)
        drop = mean_and_sd(values)[0]
        found.append(MostForgotten(condition, each.names[worst], drop, *ends, len(values)))
    return sorted(found, key=lambda each: -each.drop)


def wide_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """What each class lost, with a column for each class, by the sample of the test set.

    Args:
        runs: Records of one study and variant.

    Returns:
        Columns condition, figure and one for each class, fractions: a row for each of learned,
        final, drop and both ends of the drop's 95 % t-interval. Where nothing was evaluated after
        segments, the mean final accuracy on the test set and the ends of its interval.
    """
    if any(has_segments(run, SAMPLE) for run in runs):
        table, figures = forgetting_table(runs), WIDE
    else:
        table, figures = per_class_table(runs), ENDS
    rows = [
        {"condition": condition, "figure": figure}
        | dict(zip(map(str, part["class"]), part[figure], strict=True))
        for condition, part in table.groupby("condition", sort=False)
        for figure in figures
    ]
    return pd.DataFrame(rows)


def _training_order(run: RunLike) -> tuple[int, ...]:
    """The classes by the end of their last training segment; those that share one by number."""
    segments = class_segments(run, len(run.arrays["class_segments"]))
    epochs = np.arange(1, len(segments) + 1)[:, None] * (segments.max() + 1)
    ends = np.where(segments > 0, epochs + segments, 0).max(axis=0)
    return tuple(np.argsort(ends, kind="stable").tolist())
