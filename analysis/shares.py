"""How often something is so: scores that are 0 or 1, counted over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.intervals import wilson_interval
from analysis.runs import RunLike, finished_by_condition
from analysis.values import values_of


def share_table(runs: Sequence[RunLike], metrics: Sequence[str]) -> pd.DataFrame:
    """In how many of its finished runs a condition has each metric at 1.

    Args:
        runs: Records of one study and variant.
        metrics: Names of figures that are 0 or 1.

    Returns:
        Columns condition, metric, n, count, share, ci_low, ci_high: the share is a fraction, with
        Wilson's 95 % interval, which holds for runs that are independent draws. Conditions that
        have none of the metrics are left out.

    Raises:
        ValueError: If no run has any of the metrics, or one is neither 0 nor 1.
    """
    rows: list[dict[str, Any]] = []
    for condition in finished_by_condition(runs):
        for metric in metrics:
            try:
                values = values_of(runs, metric, condition)
            except ValueError:  # no run of this condition has it
                continue
            if not len(values):
                continue
            if not values.isin((0, 1)).all():
                raise ValueError(
                    f"received {metric!r} of {condition!r} with values other than 0 and 1; "
                    "expected something that is so or is not; see `--kind summary` for its mean"
                )
            count, n = int(values.sum()), len(values)
            low, high = wilson_interval(count, n)
            row = {"condition": condition, "metric": metric, "n": n, "count": count}
            rows.append(row | {"share": count / n, "ci_low": low, "ci_high": high})
    if not rows:
        raise ValueError(
            f"received {', '.join(metrics)}, which no run has; expected a figure that is 0 or 1; "
            "run the study first"
        )
    return pd.DataFrame(rows)
