"""Comparisons as rows of a table for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.rendering.formatting import IN_PERCENT
from analysis.rendering.table import P_VALUE, Table, formats_of
from analysis.statistics.families import Family
from analysis.statistics.result import Comparison, decimals_of


def comparison_table(
    found: Comparison | Family | Sequence[Comparison], title: str = "", notes: Sequence[str] = ()
) -> Table:
    """One row for each comparison: the difference with its interval, the tests, the verdict.

    Args:
        found: A comparison, or a family of them, or interactions of one family.
        title: Of the table.
        notes: Lines below it.

    Returns:
        The columns `comparison` (or `class`, or `interaction`), `n`, `difference (UNIT)`, `from`,
        `to`, `p`, `p_adjusted` (in a family), `exact p`, `smallest p` and `verdict`; differences
        and their intervals as text with a sign, "-" where there is none.
    """
    if isinstance(found, Comparison):
        frame = pd.DataFrame([_row(found)]).drop(columns="p_adjusted")
    else:
        comparisons = found.comparisons if isinstance(found, Family) else found
        frame = pd.DataFrame([_row(c) for c in comparisons])
    return Table(title, frame, tuple(notes), formats_of(frame, P_VALUE))


def _row(c: Comparison) -> dict[str, object]:
    return dict([c.label]) | {
        "n": c.n,
        f"difference ({c.unit})": signed(c.difference.points, c),
        "from": signed(c.difference.ci_low, c),
        "to": signed(c.difference.ci_high, c),
        "p": c.test.p,
        "p_adjusted": c.p_adjusted,
        "exact p": c.exact.p,
        "smallest p": c.exact.p_smallest,
        "verdict": c.reading,
    }


def signed(value: float | None, c: Comparison) -> str:
    """A difference or an end of its interval in the comparison's unit; "-" where there is none."""
    if value is None:
        return "-"
    return f"{value:+.{decimals_of(c.difference)}f}" if c.unit in IN_PERCENT else f"{value:+.4g}"
