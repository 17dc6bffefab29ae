"""What figures of many conditions share: colours, a grid of panels, a heat map with its numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures.look import COLOURS as COLOURS
from analysis.figures.look import PLAIN, Look
from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import counted

Floats = NDArray[np.float64]

INK = "#222222"
FAINT = COLOURS[0]
ANNOTATED_UP_TO = 12
TICKS = 15
LONG_NAME = 3
"""Letters up to which names of classes stand upright beside each other."""
ON_LIGHT = "#010101"  # black that a page does not take for the colour of its own text
MIDDLE = 0.179
"""Luminance at which black and white text have the same contrast, 4.6."""
MOST_MARKS = 4000
"""Of more points or corners of lines than this, a vector figure draws pixels instead."""


def blank(width: float, height: float, dpi: int = 100) -> Figure:
    """An empty figure of that many inches, which belongs to no window; its panels find room."""
    figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def grid(
    titles: Sequence[str],
    *,
    high: float = 3.0,
    across: int = 3,
    share_y: bool = True,
    heading: str = "",
    look: Look = PLAIN,
) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each title, at most `across` beside each other.

    Args:
        titles: Of the panels, at least one.
        high: Height of a row in inches.
        across: How many panels stand in a row of 11 inches at most; fewer in a narrow figure.
        share_y: Whether all panels have one vertical axis.
        heading: The figure's title.
        look: How wide the figure is to be.

    Returns:
        The figure, about 11 inches wide (8 for one panel), and its panels in the titles' order.
    """
    columns = min(len(titles), across)
    width = look.wide(8.0 if columns == 1 else 11.0)
    columns = max(1, min(columns, round(across * width / 11.0 + 0.2)))
    rows = math.ceil(len(titles) / columns)
    figure = blank(width, 0.7 + rows * high)
    every = figure.subplots(rows, columns, squeeze=False, sharey=share_y).ravel()
    for spare in every[len(titles) :]:
        spare.remove()
    axes = list(every[: len(titles)])
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(textwrap.fill(title, round(10 * width / columns)), fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    write_title(figure, heading)
    return figure, axes


def at_the_left(axes: Sequence[Axes]) -> list[Axes]:
    """The panels that begin a row."""
    places = [(axis, axis.get_subplotspec()) for axis in axes]
    return [axis for axis, place in places if place is not None and place.is_first_col()]


def heading(question: str, dataset: str, what: str) -> str:
    """A figure's title: the study's question, the data, and what is drawn."""
    return f"{question}\n{dataset}: {what}"


def write_title(figure: Figure, text: str, fontsize: float = 10) -> None:
    """Write a figure's title, its lines as long as the figure is wide."""
    letters = round(125 / fontsize * figure.get_figwidth())
    lines = (textwrap.fill(line, letters) for line in text.split("\n"))
    figure.suptitle("\n".join(lines), fontsize=fontsize)


def in_percent(metric: str) -> tuple[int, str]:
    """What values of a metric are multiplied with, and the label of their axis."""
    return (100, f"{metric} (%)") if metric_named(metric).is_fraction else (1, metric)


def heat_map(
    axis: Axes,
    values: Floats,
    *,
    colours: str | Colormap,
    scale: Normalize,
    decimals: int = 0,
    numbers: bool = True,
    bar: str | None = None,
    spread: Floats | None = None,
    zeros: bool = True,
) -> QuadMesh:
    """Draw a matrix from the top down, with its numbers where there is room for them.

    Args:
        axis: Where to.
        values: [rows, columns]; NaN is left empty.
        colours: A colour map.
        scale: From values to colours.
        decimals: Of the numbers.
        numbers: Whether to write them into the cells; never where a side has more than 12.
        bar: Label of a colour bar beside it; none if None.
        spread: What is written below each number with a ±, [rows, columns]; NaN is left out.
        zeros: Whether a number that rounds to 0 is written.
    """
    # One class alone is a line of cells; more cells than can be told apart need no borders.
    small = max(values.shape) <= ANNOTATED_UP_TO and numbers
    mesh = axis.pcolormesh(
        np.ma.masked_invalid(values),
        cmap=colours,
        norm=scale,
        edgecolors="white" if small else "face",
        linewidth=0.5 if small else 0.1,
    )
    # In a vector figure a cell is a shape of 200 bytes: without numbers, pixels do as well.
    mesh.set_rasterized(not small)
    axis.set(xlim=(0, values.shape[1]), ylim=(values.shape[0], 0))
    axis.spines[:].set_visible(False)
    if bar is not None:
        colour_bar(axis, mesh, bar)
    if small:
        light = _luminance(mesh.cmap(scale(values))[..., :3]) > MIDDLE
        below = np.full(values.shape, np.nan) if spread is None else spread
        for row, column in np.argwhere(~np.isnan(values)).tolist():
            number, more = f"{values[row, column]:.{decimals}f}", below[row, column]
            if not zeros and float(number) == 0:
                continue
            axis.text(
                column + 0.5,
                row + 0.5,
                number if np.isnan(more) else f"{number}\n±{more:.{decimals}f}",
                color=ON_LIGHT if light[row, column] else "#ffffff",
                fontsize=8 if spread is None else 7,
                ha="center",
                va="center",
            )
    return mesh


def colour_bar(axes: Axes | Sequence[Axes], mesh: QuadMesh, label: str, **how: float) -> None:
    """Draw what the colours mean beside one panel or several.

    Args:
        axes: The panels.
        mesh: What is coloured.
        label: What the colours show.
        **how: What matplotlib's `colorbar` takes besides.
    """
    first = axes if isinstance(axes, Axes) else axes[0]
    bar: Any = first.get_figure().colorbar(mesh, ax=axes, label=label, **how)  # type: ignore[union-attr,arg-type]
    bar.solids.set_rasterized(True)  # 256 steps, that nobody needs as 256 shapes
    bar.outline.set_visible(False)


def _luminance(colours: Floats) -> Floats:
    """Relative luminance of sRGB colours, 0 to 1, as the Web's guidelines define it."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def label_cells(axis: Axes, across: Sequence[str], down: Sequence[str]) -> None:
    """Label the cells of a heat map, some of them where there are many."""
    for ticks, labels in ((axis.set_xticks, across), (axis.set_yticks, down)):
        shown = np.arange(0, len(labels), max(1, -(-len(labels) // TICKS)))
        ticks(shown + 0.5, [labels[k] for k in shown.tolist()], rotation=0, fontsize=9)
    if max(map(len, across)) > LONG_NAME:
        for label in axis.get_xticklabels():
            label.set(rotation=35, ha="right", rotation_mode="anchor")
    axis.tick_params(length=0)


def class_ticks(axis: Axes, names: Sequence[str]) -> None:
    """Name the classes along the horizontal axis, at 0, 1, ...; long names stand on a slant."""
    shown = range(0, len(names), max(1, -(-len(names) // TICKS)))
    long = max(map(len, names)) > LONG_NAME
    axis.set_xticks(
        list(shown), [names[k] for k in shown], rotation=35 if long else 0,
        ha="right" if long else "center", rotation_mode="anchor", fontsize=9,
    )  # fmt: skip


def apart(values: Sequence[float], step: float) -> list[float]:
    """Places near some values, in their order, none closer to the next than `step`."""
    places = sorted((value, k) for k, value in enumerate(values))
    groups: list[list[tuple[float, int]]] = []
    for each in places:
        groups.append([each])
        while len(groups) > 1 and _bottom(groups[-1], step) - _top(groups[-2], step) < step:
            last = groups.pop()
            groups[-1] += last
    found = [0.0] * len(values)
    for group in groups:
        first = _bottom(group, step)
        for k, (_, place) in enumerate(group):
            found[place] = first + k * step
    return found


def _bottom(group: Sequence[tuple[float, int]], step: float) -> float:
    """The lowest place of values that stand `step` apart around their mean."""
    return sum(value for value, _ in group) / len(group) - step * (len(group) - 1) / 2


def _top(group: Sequence[tuple[float, int]], step: float) -> float:
    return _bottom(group, step) + step * (len(group) - 1)


def seed_titles(titles: Mapping[str, int]) -> list[str]:
    """Titles of panels, each with its number of seeds."""
    return [f"{name} ({counted(n, 'seed')})" for name, n in titles.items()]
