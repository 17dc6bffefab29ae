"""The conditions of a study beside each other: one line each, the deciding figure in detail."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.metrics.values import values_of
from analysis.runs import RunLike, finished_by_condition
from analysis.statistics.intervals import describe

DETAIL = ("n", "mean", "ci_low", "ci_high", "sd", "p25", "p50", "p75")


def overview_table(runs: Sequence[RunLike], metrics: Sequence[str]) -> pd.DataFrame:
    """Figures of each condition over its finished runs.

    Args:
        runs: Records of one study and variant.
        metrics: Names as `values_of` takes them: the first in detail, of the others the means.

    Returns:
        Columns condition, n, mean, ci_low, ci_high, sd, p25, p50, p75 (of the first metric), then
        one for each further metric. NaN where no run of the condition has the figure.

    Raises:
        ValueError: If there are no runs, or no condition has the first metric.
    """
    rows = []
    known: list[str] = []
    for condition, finished in finished_by_condition(runs).items():
        found = {}
        for metric in metrics:
            try:
                found[metric] = describe(values_of(finished, metric, condition).to_numpy())
                known.append(metric)
            except ValueError:  # no run of this condition has it
                found[metric] = describe([])
        rows.append(
            {"condition": condition}
            | {name: found[metrics[0]][name] for name in DETAIL}
            | {metric: found[metric]["mean"] for metric in metrics[1:]}
        )
    if metrics[0] not in known:
        raise ValueError(
            f"received metric {metrics[0]!r}, which no run has; expected one such as 'test "
            "accuracy'; see `--kind summary` for the names"
        )
    return pd.DataFrame(rows, columns=["condition", *DETAIL, *metrics[1:]])
