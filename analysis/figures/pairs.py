"""The figure of every two of many conditions: a cell for each pair, the higher mean first."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures.look import Look
from analysis.figures.panels import LETTER, blank, heat_map, write_cells, write_title
from analysis.rendering.text import clean
from analysis.statistics.comparison_table import signed
from analysis.statistics.families import Family, intervals_text
from analysis.statistics.result import Comparison, correction_name

FAINT = "#cccccc"
SMALLEST = 1e-9
"""What the scale of the colours ends with where no two are told apart."""
MOST_ROWS = 6
"""Conditions up to which every pair of them has a row of its own."""
MOST_NUMBERS = 15
"""Cells of a row up to which they are given room for their numbers."""
CELL, SMALL = 0.56, 0.17
"""Inches of a cell with a difference and its interval, where there is room, and of one without."""
ROOM = 0.42
"""Inches of a cell that these take."""


def has_all_pairs(family: Family) -> bool:
    """Whether a family is of every two of so many conditions that rows would be no figure."""
    pairs = {frozenset((c.a, c.b)) for c in family.comparisons if c.class_ is None}
    names = frozenset().union(*pairs)
    return len(names) > MOST_ROWS and len(pairs) == len(names) * (len(names) - 1) // 2


def pair_figure(family: Family, look: Look) -> Figure:
    """Draw a cell for each pair: the row's condition minus the column's, half its interval below.

    Conditions stand in the order of their means, the highest first. A cell has no colour where
    the two are not told apart. Where there is no room for numbers, cells have colours alone.

    Args:
        family: Of every two conditions.
        look: How wide the figure is.
    """
    first = family.comparisons[0]
    means: dict[str, float] = {}
    for c in family.comparisons:
        for name, mean in ((c.a, c.mean_a), (c.b, c.mean_b)):
            means[name] = -np.inf if mean is None else mean
    order = sorted(means, key=lambda name: -means[name])
    cells = len(order) - 1
    names = LETTER * max(map(len, order))
    width = look.wide(names + 1.0 + cells * (CELL if cells <= MOST_NUMBERS else SMALL))
    side = max(SMALL, (width - names - 1.0) / cells)
    figure = blank(width, 1.0 + names + cells * min(side, CELL))
    axes = figure.subplots()
    numbers = side >= ROOM
    _cells(axes, family, order, numbers=numbers)
    for ticks, labels, turned in (
        (axes.set_xticks, order[1:], 90),
        (axes.set_yticks, order[:-1], 0),
    ):
        ticks(np.arange(cells) + 0.5, list(map(clean, labels)), rotation=turned, fontsize=8)
    axes.tick_params(length=0)
    half = f" ± half its {intervals_text(family.comparisons)} interval" if numbers else ""
    write_title(
        figure,
        f"{source_of(first)}{first.metric}, row minus column\n"
        f"mean difference{half}; coloured: different after {correction_name(first)} over "
        f"{family.size}",
        9,
    )
    return figure


def _cells(axes: Axes, family: Family, order: list[str], *, numbers: bool) -> None:
    """The differences of the condition of each row and those that come after it."""
    placed = {}
    for c in family.comparisons:
        a, b = order.index(c.a), order.index(c.b)
        placed[min(a, b), max(a, b) - 1] = (c, 1 if a < b else -1)
    values = np.full((len(order) - 1,) * 2, np.nan)
    for place, (c, sign) in placed.items():
        if c.difference.points is not None and c.verdict.startswith("different"):
            values[place] = sign * c.difference.points
        else:
            corner = place[::-1]
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=FAINT, zorder=0))
    mesh = heat_map(
        axes,
        values,
        colours="PuBuGn",
        scale=Normalize(0, np.nanmax(values, initial=SMALLEST)),
        numbers=False,
        bar=f"difference ({family.comparisons[0].unit})",
    )
    if numbers:
        texts = {place: _text(*found) for place, found in placed.items()}
        write_cells(axes, mesh, values, texts, fontsize=7)


def source_of(c: Comparison) -> str:
    """How the title of a comparison begins: its study and variant, where it is of one."""
    return f"{c.study} ({c.variant}): " if c.study else ""


def _text(c: Comparison, sign: int) -> str:
    """A difference, and half its interval below it where there is one."""
    d = c.difference
    if d.points is None:
        return "-"
    text = signed(sign * d.points, c)
    return text if d.ci_high is None else f"{text}\n±{signed(d.ci_high - d.points, c)[1:]}"
