"""Comparisons as rows of a table for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.rendering.formatting import IN_PERCENT
from analysis.statistics.comparison import Comparison
from analysis.statistics.families import Family
from analysis.statistics.interaction import DoubleDifference


def comparison_table(found: Comparison | Family) -> pd.DataFrame:
    """One row for each comparison: the difference with its interval, the tests, the verdict.

    Args:
        found: A comparison, or a family of them.

    Returns:
        The columns `comparison` (or `class`), `n`, `difference (UNIT)`, `from`, `to`, `p`,
        `p_adjusted` (in a family), `exact p`, `smallest p` and `verdict`; differences and their
        intervals as text with a sign, "-" where there is none.
    """
    comparisons = (found,) if isinstance(found, Comparison) else found.comparisons
    of = "class" if comparisons[0].class_ is not None else "comparison"
    rows = [
        {of: c.class_ if of == "class" else f"{c.a} - {c.b}"} | _figures(c) for c in comparisons
    ]
    frame = pd.DataFrame(rows)
    return frame if isinstance(found, Family) else frame.drop(columns="p_adjusted")


def interaction_table(found: Sequence[DoubleDifference]) -> pd.DataFrame:
    """One row for each interaction, as `comparison_table` has them; `verdict` says how they add up.

    Args:
        found: Interactions of one family.
    """
    rows = [{"interaction": f"{c.a} x {c.b}"} | _figures(c) | {"verdict": c.reading} for c in found]
    return pd.DataFrame(rows)


def _figures(c: Comparison | DoubleDifference) -> dict[str, object]:
    return {
        "n": c.n,
        f"difference ({c.unit})": _signed(c.difference.points, c.unit),
        "from": _signed(c.difference.ci_low, c.unit),
        "to": _signed(c.difference.ci_high, c.unit),
        "p": c.test.p,
        "p_adjusted": c.p_adjusted,
        "exact p": c.exact.p,
        "smallest p": c.exact.p_smallest,
        "verdict": c.verdict,
    }


def _signed(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:+.2f}" if unit in IN_PERCENT else f"{value:+.4g}"
