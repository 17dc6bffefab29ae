"""The conditions of a study beside each other: one line each, the deciding figure in detail."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.metrics.values import known_values
from analysis.runs import RunLike, RunSet
from analysis.statistics.intervals import describe

DETAIL = ("n", "mean", "ci_low", "ci_high", "sd", "p25", "p50", "p75")


def overview_table(runs: Sequence[RunLike], metrics: Sequence[str]) -> pd.DataFrame:
    """Figures of each condition over its finished runs.

    Args:
        runs: Records of one study and variant.
        metrics: Names as `metric_named` takes them: the first in detail, of the others the means.

    Returns:
        Columns condition, n, mean, ci_low, ci_high, sd, p25, p50, p75 (of the first metric), then
        one for each further metric. NaN where no run of the condition has the figure.

    Raises:
        ValueError: If there are no runs, or no condition has the first metric.
    """
    runs = RunSet.of(runs)
    rows = []
    known = False
    for condition in runs.finished:
        first, *others = (
            describe(known_values(runs, metric, condition).to_numpy()) for metric in metrics
        )
        known |= first["n"] > 0
        rows.append(
            {"condition": condition}
            | {name: first[name] for name in DETAIL}
            | {metric: each["mean"] for metric, each in zip(metrics[1:], others, strict=True)}
        )
    if not known:
        raise ValueError(
            f"received metric {metrics[0]!r}, which no run has; expected one such as 'test "
            "accuracy'; see `--kind summary` for the names"
        )
    return pd.DataFrame(rows, columns=["condition", *DETAIL, *metrics[1:]])
