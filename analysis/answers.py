"""What comparisons say together: verdicts that are alike in one sentence; the means in order."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import format_level
from analysis.statistics.result import Comparison, correction_name, range_of, runs_of, sentence

OPEN = "inconclusive"
WITH_INTERVALS = 3
"""Comparisons up to which a sentence gives each interval; the table has them."""
MOST_GROUPED = 12
"""Comparisons that a sentence names."""


def answers(comparisons: Sequence[Comparison]) -> list[str]:
    """The verdicts, a sentence each; those that are inconclusive alike share one, at the end."""
    alike = [c for c in comparisons if c.verdict == OPEN and _plain(c)]
    if len(alike) < 2 or len({(runs_of(c), c.metric) for c in alike}) > 1:
        return list(map(sentence, comparisons))
    told = [sentence(c) for c in comparisons if c not in alike]
    return [*told, _together(alike)]


def _plain(c: Comparison) -> bool:
    """Whether its sentence says nothing of runs that diverged, and it is of two conditions."""
    return type(c) is Comparison and not (c.failures is not None and c.failures.any)


def _together(alike: Sequence[Comparison]) -> str:
    first = alike[0]
    size = first.family or 1
    corrected = f", after {correction_name(first)} over {size} {first.kind}" if size > 1 else ""
    few = len(alike) <= WITH_INTERVALS
    named = ", ".join(_named(c, few) for c in alike[:MOST_GROUPED])
    if len(alike) > MOST_GROUPED:
        named += f", and {len(alike) - MOST_GROUPED} more"
    what = "these classes" if first.class_ is not None else "these pairs of conditions"
    pair = f" of {first.a} and {first.b}" if first.class_ is not None else ""
    said = "; in brackets where the difference may lie"
    if not few or not (first.difference.joint or size == 1):
        said = ""  # an interval that is not of the family may leave out 0 where the family does not
    joint = " (simultaneous intervals)" if few and first.difference.joint and size > 1 else ""
    return (
        f"Inconclusive: {runs_of(first)} do not tell {what} apart in {first.metric}{pair}"
        f"{corrected}{said}{joint}: {named}."
    )


def _named(c: Comparison, with_interval: bool) -> str:
    name = f"{c.class_}" if c.class_ is not None else f"{c.a} and {c.b}"
    shown = with_interval and (c.difference.joint or (c.family or 1) == 1)
    return f"{name} ({range_of(c.difference, c.unit)})" if shown else name


def means_in_order(comparisons: Sequence[Comparison]) -> str:
    """The conditions by their means, the best first; empty where no verdict is open.

    Empty too where comparisons are of other seeds: means of these are in no order.
    """
    if not any(c.verdict == OPEN for c in comparisons):
        return ""
    first = comparisons[0]
    seeds = {c.used.ids for c in comparisons if c.paired}
    if first.class_ is not None or len(seeds) > 1:
        return ""
    sides = [side for c in comparisons for side in ((c.a, c.mean_a), (c.b, c.mean_b))]
    means = {name: mean for name, mean in sides if mean is not None}
    if any(mean not in {None, means[name]} for name, mean in sides if name in means):
        return ""
    lowest_first = metric_named(first.metric).higher_is_better is False
    ordered = sorted(means.items(), key=lambda each: each[1] if lowest_first else -each[1])
    said = ", ".join(f"{name} {format_level(mean, first.unit)}" for name, mean in ordered)
    return f"Means of {first.metric} in order: {said}." if len(means) > 1 else ""
