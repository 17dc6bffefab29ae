"""The figure of a comparison: every seed, and the difference with its interval beside it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.looks import looks_figure
from analysis.figures.panels import COLOURS, INK, blank
from analysis.rendering.formatting import IN_PERCENT
from analysis.rendering.text import clean, clean_lines
from analysis.statistics.families import Family, intervals_text
from analysis.statistics.result import Comparison, correction_name

GROUND = "#fefefe"  # as good as white; a page may put its own ground in its place
BESIDE = 0.08
"""Half the width of a side's runs, where the distance of the sides is 1."""
LONG = 36
"""Letters of a label from which it takes two lines."""


def comparison_figure(found: Comparison | Family) -> Figure:
    """Draw one comparison, or the differences of a family.

    Args:
        found: What `compare`, `compare_all` or `compare_classes` returned.

    Returns:
        For one comparison the values of both conditions, each pair joined where runs are paired,
        and beside it the difference; for a family the difference of every comparison, with the
        differences of its pairs; under a plan of looks, each difference look by look.

    Raises:
        ValueError: There are no values to draw.
    """
    comparisons = [found] if isinstance(found, Comparison) else list(found.comparisons)
    if not any(c.values_a and c.values_b for c in comparisons):
        raise ValueError("received a comparison without values; expected runs on both sides")
    if comparisons[0].looks is not None:
        return looks_figure(comparisons)
    return _one(found) if isinstance(found, Comparison) else _several(found)


def _one(c: Comparison) -> Figure:
    figure = blank(9, 5, dpi=150)
    left, right = figure.subplots(1, 2, width_ratios=[1.4, 1])
    scale, unit = _scale(c)
    if c.paired:
        pairs = scale * np.array([c.values_a, c.values_b])
        left.plot([0, 1], pairs, color=INK, alpha=0.35, linewidth=1, zorder=1)
    for place, values in enumerate((c.values_a, c.values_b)):
        n = len(values)
        # Unpaired runs stand beside each other, so that equal ones are seen.
        beside = np.zeros(n) if c.paired or n < 2 else np.linspace(-BESIDE, BESIDE, n)
        points = scale * np.array(values)
        left.scatter(place + beside, points, s=49, color=COLOURS[place], linewidths=0, zorder=2)
    left.set_xticks([0, 1], [clean(c.a), clean(c.b)])
    left.set_xlim(-0.5, 1.5)
    left.set(ylabel=f"{c.metric} ({'%' if c.unit in IN_PERCENT else unit})")
    runs = f"{c.n} pairs of runs" if c.paired else f"{c.n_a} and {c.n_b} runs"
    left.set_title(f"each run ({runs}{', joined by seed' if c.paired else ''})", fontsize=10)
    _differences(right, [c], [f"{c.a}\nminus\n{c.b}"], horizontal=False)
    right.set_title(f"difference, {100 * c.difference.level:g} % interval", fontsize=10)
    figure.suptitle(f"{_where(c)}{c.metric}: {c.verdict}", fontsize=12)
    return figure


def _several(family: Family) -> Figure:
    comparisons = list(family.comparisons)
    first = comparisons[0]
    classes = first.class_ is not None
    labels = [f"class {c.class_}" if classes else f"{c.a} minus {c.b}" for c in comparisons]
    long = max(map(len, labels)) > LONG
    if long:
        labels = [label.replace(" minus ", "\nminus ") for label in labels]
    high = 1.6 + (0.55 if long else 0.42) * len(comparisons)
    figure = blank(11 if long else 9, high, dpi=150)
    axes = figure.subplots()
    _differences(axes, comparisons, labels, horizontal=True)
    pair = f", {first.a} minus {first.b}" if classes else ""
    figure.suptitle(f"{_where(first)}{first.metric}{pair}", fontsize=12)
    axes.set_title(
        f"mean difference with its {intervals_text(comparisons)} interval; "
        f"filled: different after {correction_name(first)} over {family.size}",
        fontsize=9,
    )
    return figure


def _differences(
    axes: Axes, comparisons: list[Comparison], labels: list[str], *, horizontal: bool
) -> None:
    """Mean differences with their intervals, and the pairs' own differences as faint points."""
    for place, c in enumerate(comparisons):
        if c.paired and c.values_a:
            _pairs(axes, c, place, horizontal)
        if c.difference.points is not None:
            _interval(axes, c, place, c.difference.points, horizontal)
            if place == 0 and c.equivalence is not None:
                _margin(axes, c.equivalence.margin, horizontal)
    line = axes.axvline if horizontal else axes.axhline
    line(0, color=INK, linewidth=1, linestyle="--")
    labels = list(map(clean_lines, labels))
    what = f"difference ({_scale(comparisons[0])[1]})"
    if horizontal:
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set_xlabel(what)
    else:
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlim(-0.6, len(labels) - 0.4)
        axes.set_ylabel(what)


def _pairs(axes: Axes, c: Comparison, place: int, horizontal: bool) -> None:
    """The difference of every pair as a faint point, a little beside the mean's place."""
    each = _scale(c)[0] * np.subtract(c.values_a, c.values_b)
    beside = np.full(len(each), place + (0.22 if horizontal else 0.12))
    points = (each, beside) if horizontal else (beside, each)
    axes.plot(*points, "o", color=INK, alpha=0.25, markersize=4)


def _interval(axes: Axes, c: Comparison, place: int, mean: float, horizontal: bool) -> None:
    """The mean difference with its interval, filled where the verdict is that they differ."""
    d = c.difference
    reach = None
    if d.ci_low is not None and d.ci_high is not None:
        reach = [[mean - d.ci_low], [d.ci_high - mean]]
    x, y = (mean, place) if horizontal else (place, mean)
    axes.errorbar(
        x,
        y,
        xerr=reach if horizontal else None,
        yerr=None if horizontal else reach,
        fmt="o",
        markerfacecolor=INK if c.verdict.startswith("different") else GROUND,
        color=INK,
        capsize=4,
        markersize=7,
        linewidth=2,
    )


def _margin(axes: Axes, margin: float, horizontal: bool) -> None:
    span = axes.axvspan if horizontal else axes.axhspan
    span(-margin, margin, color=COLOURS[2], alpha=0.12, label=f"margin of {margin:g}")
    axes.legend(loc="best", fontsize=8)


def _scale(c: Comparison) -> tuple[float, str]:
    """What values are multiplied with to be shown, and the differences' unit."""
    return (100.0 if c.unit == "points" else 1.0), c.unit


def _where(c: Comparison) -> str:
    return f"{c.study} ({c.variant}): " if c.study else ""
