"""How often something is so: scores that are 0 or 1, counted over the seeds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.metrics.values import known_values
from analysis.runs import RunLike, RunSet
from analysis.statistics.intervals import wilson_interval

COLUMNS = ("condition", "n", "count", "proportion", "ci_low", "ci_high")


def proportion_table(runs: Sequence[RunLike], metrics: Sequence[str]) -> pd.DataFrame:
    """In how many of its finished runs a condition has a metric at 1.

    Args:
        runs: Records of one study and variant.
        metrics: Names of figures that are 0 or 1: the first in detail, of the others their mean.

    Returns:
        Columns condition, n, count, proportion, ci_low, ci_high (of the first metric: fractions,
        with Wilson's 95 % interval, which holds for runs that are independent draws), then one for
        each further metric. Conditions without the first metric are left out.

    Raises:
        ValueError: If no run has the first metric, or one is neither 0 nor 1.
    """
    runs = RunSet.of(runs)
    rows = []
    for condition in runs.finished:
        first, *others = (_yes_or_no(runs, metric, condition) for metric in metrics)
        if n := len(first):
            count = int(first.sum())
            low, high = wilson_interval(count, n)
            means = (float(each.mean()) for each in others)
            rows.append((condition, n, count, count / n, low, high, *means))
    if not rows:
        raise ValueError(
            f"received metric {metrics[0]!r}, which no run has; expected a figure that is 0 or 1; "
            "see `--kind summary` for the names"
        )
    return pd.DataFrame(rows, columns=[*COLUMNS, *metrics[1:]])


def _yes_or_no(runs: Sequence[RunLike], metric: str, condition: str) -> pd.Series:
    """The metric's values; none where no run of the condition has it."""
    values = known_values(runs, metric, condition)
    if not values.isin((0, 1)).all():
        raise ValueError(
            f"received {metric!r} of {condition!r} with values other than 0 and 1; expected "
            "something that is so or is not; see `--kind summary` for its mean"
        )
    return values
