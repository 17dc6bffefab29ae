"""The figure of a comparison: every seed, and the difference with its interval beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.bounds import ANYTHING, Bounded
from analysis.figures.look import COLOURS, PLAIN, Look, Mark
from analysis.figures.looks import looks_figure
from analysis.figures.pairs import has_all_pairs, pair_figure, source_of
from analysis.figures.panels import (
    INK,
    LETTER,
    NUMBER,
    at_the_right,
    blank,
    is_proportion,
    legend_below,
    write_title,
)
from analysis.rendering.formatting import IN_PERCENT
from analysis.rendering.text import clean, clean_lines
from analysis.statistics.comparison_table import signed
from analysis.statistics.families import Family, intervals_text
from analysis.statistics.result import Comparison, correction_name

BESIDE = 0.08
"""Half the width of a side's runs, where the distance of the sides is 1."""
BOUNDS = {"points": 100, "percentage points": 200}
"""What no difference exceeds: of two accuracies, of two drops."""
PANEL = 1.2
"""Inches that a panel keeps: where it would have fewer, numbers do not stand beside it."""
DIFFERENCE = Mark(INK, "o", "-")


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
        pairs; of every two of many conditions, a table of cells; under a plan of looks, each
        difference look by look.

    Raises:
        ValueError: There are no values to draw.
    """
    comparisons = [found] if isinstance(found, Comparison) else list(found.comparisons)
    if not any(c.values_a and c.values_b for c in comparisons):
        raise ValueError("received a comparison without values; expected runs on both sides")
    if comparisons[0].looks is not None:
        return looks_figure(comparisons)
    if isinstance(found, Comparison):
        return _one(found, look)
    return pair_figure(found, look) if has_all_pairs(found) else _several(found, look)


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
    limits = _beside(axes, c, scale)
    names = [f"{clean(name)}\n(n = {len(values)})" for name, values in sides]
    axes.set_xticks([0, 1, 2], [*names, f"{clean(c.a)}\nminus {clean(c.b)}"], fontsize=8)
    axes.set_xlim(-0.4, 2.5)
    percent = c.unit in IN_PERCENT
    axes.set_ylabel(f"{c.metric} ({'%' if percent else unit})")
    axes.spines[["top"]].set_visible(False)
    if is_proportion(c.metric):
        # The interval of a difference may reach where no accuracy is: no tick says that one is.
        ticks = MaxNLocator(6).tick_values(*axes.get_ylim())
        low, high = axes.get_ylim()
        axes.set_yticks([tick for tick in ticks if max(low, 0) <= tick <= min(high, 100)])
    how = "each run, joined by seed" if c.paired else "each run"
    level = f"{100 * c.difference.level:g} %"
    write_title(
        figure,
        f"{source_of(c)}{c.metric}: {c.verdict}\n{how}; mean difference, {level} interval",
        9,
    )
    limits.say(figure)
    return figure


def _side(axes: Axes, place: int, points: np.ndarray, mark: Mark, *, joined: bool) -> None:
    """The runs of one side, and their mean as a bar."""
    n = len(points)
    # Unpaired runs stand beside each other, so that equal ones are seen.
    beside = np.zeros(n) if joined or n < 2 else np.linspace(-BESIDE, BESIDE, n)
    axes.scatter(
        place + beside, points, s=30, color=mark.colour, marker=mark.marker, linewidths=0, zorder=2
    )


def _beside(axes: Axes, c: Comparison, scale: float) -> Bounded:
    """The difference at the right, its 0 at the mean of the second condition; its bounds."""
    if c.difference.points is None or not (c.values_a and c.values_b):
        return ANYTHING
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
    limits = _bounds(c, zero)
    _interval(axes, c, 2, limits, zero)
    shift = (lambda y: np.asarray(y) - zero, lambda d: np.asarray(d) + zero)
    right = axes.secondary_yaxis("right", functions=shift)
    right.set_ylabel(f"difference ({_scale(c)[1]})")
    return limits


def _several(family: Family, look: Look) -> Figure:
    comparisons = list(family.comparisons)
    first = comparisons[0]
    rows = _rows(comparisons)
    figure = blank(look.wide(7.0), 1.3 + 0.27 * len(rows))
    axes = figure.subplots()
    limits = _bounds(first)
    _differences(axes, rows, limits)
    texts = {place: _numbers(c) for place, (_, c) in enumerate(rows) if c is not None}
    names = LETTER * max(len(line) for label, _ in rows for line in label.split("\n"))
    if figure.get_figwidth() - names - NUMBER * max(map(len, texts.values())) >= PANEL:
        for place, text in texts.items():
            at_the_right(axes, place, text)
    if first.equivalence is not None:
        margin = first.equivalence.margin
        axes.axvspan(-margin, margin, color=COLOURS[2], alpha=0.12, label=f"margin of {margin:g}")
        legend_below(figure, *axes.get_legend_handles_labels())
    write_title(
        figure,
        f"{source_of(first)}{first.metric}\n"
        f"mean difference with its {intervals_text(comparisons)} interval; "
        f"filled: different after {correction_name(first)} over {family.size}",
        9,
    )
    limits.say(figure)
    return figure


def _rows(comparisons: Sequence[Comparison]) -> list[tuple[str, Comparison | None]]:
    """Rows from the top down: what is held against the same stands below a line that says so."""
    groups: dict[str, list[tuple[str, Comparison | None]]] = {}
    for c in comparisons:
        of_class = c.class_ is not None
        head = f"{c.a}\nminus {c.b}" if of_class else f"minus {c.b}"
        row = (f"class {c.class_}" if of_class else c.a, c)
        groups.setdefault(head, [(head, None)]).append(row)
    return [row for rows in groups.values() for row in rows]


def _differences(
    axes: Axes, rows: Sequence[tuple[str, Comparison | None]], limits: Bounded
) -> None:
    """Mean differences with their intervals; the pairs' own as faint points."""
    for place, (_, c) in enumerate(rows):
        if c is not None and c.paired and c.values_a:
            _pairs(axes, c, place)
        if c is not None:
            _interval(axes, c, place, limits, across=True)
    axes.axvline(0, color=INK, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(rows)), [clean_lines(label) for label, _ in rows], fontsize=9)
    for tick, (_, c) in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("normal" if c else "bold")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    unit = next(_scale(c)[1] for _, c in rows if c is not None)
    axes.set_xlabel(f"difference ({unit})")
    axes.spines[["top", "right"]].set_visible(False)


def _pairs(axes: Axes, c: Comparison, place: int) -> None:
    """The difference of every pair as a faint point, a little below the mean's place."""
    each = _scale(c)[0] * np.subtract(c.values_a, c.values_b)
    axes.plot(each, np.full(len(each), place + 0.22), "o", color=INK, alpha=0.25, markersize=4)


def _interval(
    axes: Axes, c: Comparison, place: int, limits: Bounded, zero: float = 0.0, across: bool = False
) -> None:
    """The mean difference with its interval, filled where the verdict is that they differ."""
    d = c.difference
    mean, low, high = (np.nan if x is None else zero + x for x in (d.points, d.ci_low, d.ci_high))
    told = c.verdict.startswith("different")
    limits.bars(
        axes, [place], [mean], [[low], [high]], DIFFERENCE, across=across, size=6, filled=told
    )


def _numbers(c: Comparison) -> str:
    """The mean difference with its interval, as they are printed."""
    d = c.difference
    if d.points is None:
        return ""
    if d.ci_low is None or d.ci_high is None:
        return signed(d.points, c)
    return f"{signed(d.points, c)} [{signed(d.ci_low, c)}, {signed(d.ci_high, c)}]"


def _bounds(c: Comparison, zero: float = 0.0) -> Bounded:
    """Where differences end that are drawn from that place on."""
    if c.unit not in BOUNDS:
        return ANYTHING
    most = BOUNDS[c.unit]
    return Bounded(zero - most, zero + most, f"-{most} to {most} points")


def _scale(c: Comparison) -> tuple[float, str]:
    """What values are multiplied with to be shown, and the differences' unit."""
    return (100.0 if c.unit == "points" else 1.0), c.unit
