"""What is said below a verdict that is open: the means, and how to learn how many seeds tell."""

import math
import shlex
from collections.abc import Sequence

import numpy as np

from analysis.answers import OPEN, means_in_order
from analysis.rendering.formatting import IN_PERCENT
from analysis.statistics.result import Comparison
from studies.results.program import program
from studies.results.reading import Reading


def further_lines(reading: Reading, comparisons: Sequence[Comparison]) -> list[str]:
    """Lines below comparisons: none where every verdict is clear."""
    means = means_in_order(comparisons)
    # Two variants are no pilot that a plan could read.
    one = len({record.variant for record in reading.records}) == 1
    open_ = [c for c in comparisons if c.verdict == OPEN and c.class_ is None and one]
    return [*filter(None, [means]), *([_plan_line(reading, comparisons, open_)] if open_ else [])]


def _plan_line(
    reading: Reading, comparisons: Sequence[Comparison], open_: Sequence[Comparison]
) -> str:
    """The call that says how many seeds would tell: of the study's own comparisons, or of two."""
    words = [program(), "plan", "--pilot", reading.called]
    if reading.variant != "full":
        words += ["--variant", reading.variant]
    first = open_[0]
    planned = reading.definition.comparisons if reading.definition else ()
    if [(c.a, c.b) for c in comparisons] != list(planned):
        words += ["--conditions", f"{first.a},{first.b}"]
        words += ["--comparisons", str(first.family)] if first.family else []
    if first.metric != reading.primary:
        words += ["--metric", first.metric]
    margin = first.equivalence.margin if first.equivalence else None
    words += ["--difference", f"{_size(first) if margin is None else margin:g}"]
    return (
        f"How many seeds would tell: `{shlex.join(words)}` (put the smallest difference that "
        "matters to you)."
    )


def _size(c: Comparison) -> float:
    """A difference to ask for: a point; of another unit one standard deviation, roughly."""
    if c.unit in IN_PERCENT:
        return 1.0
    spread = float(np.std(np.concatenate([c.values_a, c.values_b]), ddof=1))
    if not spread > 0 or not math.isfinite(spread):
        return 1.0
    return float(f"{spread:.1g}")
