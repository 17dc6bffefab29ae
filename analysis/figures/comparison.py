"""The figure of a comparison: every seed, and the difference with its interval beside it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.look import COLOURS, PLAIN, Look, Mark
from analysis.figures.looks import looks_figure
from analysis.figures.panels import INK, blank, write_title
from analysis.rendering.formatting import IN_PERCENT
from analysis.rendering.text import clean, clean_lines
from analysis.statistics.families import Family, intervals_text
from analysis.statistics.result import Comparison, correction_name

GROUND = "#fefefe"  # as good as white; a page may put its own ground in its place
BESIDE = 0.08
"""Half the width of a side's runs, where the distance of the sides is 1."""
LONG = 36
"""Letters of a label from which it takes two lines."""


def comparison_figure(found: Comparison | Family, look: Look = PLAIN) -> Figure:
    """Draw one comparison, or the differences of a family.

    One comparison is one panel (Gardner & Altman 1986): the values of both conditions, each pair
    joined where runs are paired, and the difference with its interval on an axis of its own at the
    right, whose 0 stands at the mean of the second condition.

    Args:
        found: What `compare`, `compare_all` or `compare_classes` returned.
        look: The marks of the conditions.

    Returns:
        The figure; for a family the difference of every comparison, with the differences of its
        pairs; under a plan of looks, each difference look by look.

    Raises:
        ValueError: There are no values to draw.
    """
    comparisons = [found] if isinstance(found, Comparison) else list(found.comparisons)
    if not any(c.values_a and c.values_b for c in comparisons):
        raise ValueError("received a comparison without values; expected runs on both sides")
    if comparisons[0].looks is not None:
        return looks_figure(comparisons)
    return _one(found, look) if isinstance(found, Comparison) else _several(found, look)


def _one(c: Comparison, look: Look) -> Figure:
    figure = blank(look.wide(5.2), 3.8)
    axes = figure.subplots()
    scale, unit = _scale(c)
    sides = ((c.b, c.values_b), (c.a, c.values_a))
    if c.paired:
        pairs = scale * np.array([values for _, values in sides])
        axes.plot([0, 1], pairs, color=INK, alpha=0.3, linewidth=0.8, zorder=1)
    marks = look.marks([c.a, c.b])
    for place, (name, values) in enumerate(sides):
        _side(axes, place, scale * np.array(values), marks[name], joined=c.paired)
    _beside(axes, c, scale)
    names = [f"{clean(name)}\n(n = {len(values)})" for name, values in sides]
    axes.set_xticks([0, 1, 2], [*names, f"{clean(c.a)}\nminus {clean(c.b)}"], fontsize=8)
    axes.set_xlim(-0.4, 2.5)
    percent = c.unit in IN_PERCENT
    axes.set_ylabel(f"{c.metric} ({'%' if percent else unit})")
    axes.spines[["top"]].set_visible(False)
    if percent:
        # The interval of a difference may reach where no accuracy is: no tick says that one is.
        ticks = MaxNLocator(6).tick_values(*axes.get_ylim())
        low, high = axes.get_ylim()
        axes.set_yticks([tick for tick in ticks if max(low, 0) <= tick <= min(high, 100)])
    how = "each run, joined by seed" if c.paired else "each run"
    level = f"{100 * c.difference.level:g} %"
    write_title(
        figure, f"{_where(c)}{c.metric}: {c.verdict}\n{how}; mean difference, {level} interval", 9
    )
    return figure


def _side(axes: Axes, place: int, points: np.ndarray, mark: Mark, *, joined: bool) -> None:
    """The runs of one side, and their mean as a bar."""
    n = len(points)
    # Unpaired runs stand beside each other, so that equal ones are seen.
    beside = np.zeros(n) if joined or n < 2 else np.linspace(-BESIDE, BESIDE, n)
    axes.scatter(
        place + beside, points, s=30, color=mark.colour, marker=mark.marker, linewidths=0, zorder=2
    )


def _beside(axes: Axes, c: Comparison, scale: float) -> None:
    """The difference at the right, its 0 at the mean of the second condition."""
    if c.difference.points is None or not (c.values_a and c.values_b):
        return
    zero = scale * float(np.mean(c.values_b))
    points = c.difference.points
    axes.plot([0, 2.5], [zero, zero], "--", color=INK, linewidth=0.8, zorder=0)
    axes.plot([1, 2.5], [zero + points] * 2, ":", color=INK, linewidth=0.8, zorder=0)
    if c.equivalence is not None:
        margin = c.equivalence.margin
        axes.fill_between(
            [1.6, 2.5], zero - margin, zero + margin, color=COLOURS[2], alpha=0.12,
            label=f"margin of {margin:g}",
        )  # fmt: skip
        axes.legend(loc="best", fontsize=8, frameon=False)
    if c.paired:
        each = zero + scale * np.subtract(c.values_a, c.values_b)
        axes.plot(np.full(len(each), 2.18), each, "o", color=INK, alpha=0.25, markersize=4)
    low, high = c.difference.ci_low, c.difference.ci_high
    reach = None if low is None or high is None else [[points - low], [high - points]]
    axes.errorbar(
        2, zero + points, yerr=reach, fmt="o", color=INK, capsize=4, markersize=6, linewidth=2,
        markerfacecolor=INK if c.verdict.startswith("different") else GROUND,
    )  # fmt: skip
    shift = (lambda y: np.asarray(y) - zero, lambda d: np.asarray(d) + zero)
    right = axes.secondary_yaxis("right", functions=shift)
    right.set_ylabel(f"difference ({_scale(c)[1]})")


def _several(family: Family, look: Look) -> Figure:
    comparisons = list(family.comparisons)
    first = comparisons[0]
    classes = first.class_ is not None
    labels = [f"class {c.class_}" if classes else f"{c.a} minus {c.b}" for c in comparisons]
    long = max(map(len, labels)) > LONG
    if long:
        labels = [label.replace(" minus ", "\nminus ") for label in labels]
    high = 1.3 + (0.44 if long else 0.3) * len(comparisons)
    figure = blank(look.wide(7.0), high)
    axes = figure.subplots()
    _differences(axes, comparisons, labels)
    pair = f", {first.a} minus {first.b}" if classes else ""
    write_title(
        figure,
        f"{_where(first)}{first.metric}{pair}\n"
        f"mean difference with its {intervals_text(comparisons)} interval; "
        f"filled: different after {correction_name(first)} over {family.size}",
        9,
    )
    return figure


def _differences(axes: Axes, comparisons: list[Comparison], labels: list[str]) -> None:
    """Mean differences with their intervals, and the pairs' own differences as faint points."""
    for place, c in enumerate(comparisons):
        if c.paired and c.values_a:
            _pairs(axes, c, place)
        if c.difference.points is not None:
            _interval(axes, c, place, c.difference.points)
            if place == 0 and c.equivalence is not None:
                _margin(axes, c.equivalence.margin)
    axes.axvline(0, color=INK, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(labels)), list(map(clean_lines, labels)), fontsize=9)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlabel(f"difference ({_scale(comparisons[0])[1]})")
    axes.spines[["top", "right"]].set_visible(False)


def _pairs(axes: Axes, c: Comparison, place: int) -> None:
    """The difference of every pair as a faint point, a little below the mean's place."""
    each = _scale(c)[0] * np.subtract(c.values_a, c.values_b)
    axes.plot(each, np.full(len(each), place + 0.22), "o", color=INK, alpha=0.25, markersize=4)


def _interval(axes: Axes, c: Comparison, place: int, mean: float) -> None:
    """The mean difference with its interval, filled where the verdict is that they differ."""
    d = c.difference
    reach = None
    if d.ci_low is not None and d.ci_high is not None:
        reach = [[mean - d.ci_low], [d.ci_high - mean]]
    axes.errorbar(
        mean, place, xerr=reach, fmt="o", color=INK, capsize=3, markersize=6, linewidth=1.8,
        markerfacecolor=INK if c.verdict.startswith("different") else GROUND,
    )  # fmt: skip


def _margin(axes: Axes, margin: float) -> None:
    axes.axvspan(-margin, margin, color=COLOURS[2], alpha=0.12, label=f"margin of {margin:g}")
    axes.legend(loc="best", fontsize=8, frameon=False)


def _scale(c: Comparison) -> tuple[float, str]:
    """What values are multiplied with to be shown, and the differences' unit."""
    return (100.0 if c.unit == "points" else 1.0), c.unit


def _where(c: Comparison) -> str:
    return f"{c.study} ({c.variant}): " if c.study else ""
