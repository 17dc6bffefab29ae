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
from matplotlib.text import Text
from numpy.typing import NDArray

from analysis.figures.look import COLOURS as COLOURS
from analysis.figures.look import PLAIN, Look, Mark
from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import counted

Floats = NDArray[np.float64]

INK = "#222222"
GROUND = "#fefefe"  # as good as white; a page may put its own ground in its place
FAINT = COLOURS[0]
ANNOTATED_UP_TO = 12
TICKS = 15
LONG_NAME = 3
"""Letters up to which names of classes stand upright beside each other."""
LONG_BAR = 4.0
"""Inches up to which a colour bar of several panels is long: its width is a part of that."""
DIFFERENCES = (
    *("drop", "forgetting", "recovery", "transfer", "intransigence", "roughness", "change"),
)
"""Words in the names of metrics that may be negative."""
LETTER = 0.075
"""Inches of a letter of a name beside an axis, where it is small."""
NUMBER = 0.06
"""Inches of a letter of the numbers beside a row."""
NAME = 0.06
"""Height of a line's name, as a fraction of the panel."""
ON_LIGHT = "#010101"  # black that a page does not take for the colour of its own text
MIDDLE = 0.179
"""Luminance at which black and white text have the same contrast, 4.6."""
SMALL_PANELS = 4
"""Panels of a row from more than which their titles are small."""


def blank(width: float, height: float) -> Figure:
    """An empty figure of that many inches, which belongs to no window; its panels find room."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
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

    Of more than `across` squared, panels are smaller, as many in a row as there are rows: a page
    holds them all.

    Args:
        titles: Of the panels, at least one.
        high: Height of a row in inches, with `across` panels in it.
        across: How many panels stand in a row of 11 inches; fewer in a narrow figure.
        share_y: Whether all panels have one vertical axis.
        heading: The figure's title.
        look: How wide the figure is to be.

    Returns:
        The figure, about 11 inches wide (8 for one panel), and its panels in the titles' order.
    """
    full = max(across, math.ceil(math.sqrt(len(titles))))
    columns = min(len(titles), full)
    width = look.wide(8.0 if columns == 1 else 11.0)
    columns = max(1, min(columns, round(full * width / 11.0 + 0.2)))
    rows = math.ceil(len(titles) / columns)
    figure = blank(width, 0.7 + rows * high * across / full)
    every = figure.subplots(rows, columns, squeeze=False, sharey=share_y).ravel()
    for spare in every[len(titles) :]:
        spare.remove()
    axes = list(every[: len(titles)])
    size = 10 if full <= SMALL_PANELS else 8
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(filled(title, 0.8 * width / columns, size), fontsize=size)
        axis.spines[["top", "right"]].set_visible(False)
    write_title(figure, heading)
    return figure, axes


def condition_grid(
    seeds: Mapping[str, int], question: str, dataset: str, what: str, **how: Any
) -> tuple[Figure, list[Axes]]:
    """A panel for each condition under a `heading`; seeds are said once where all have as many.

    Args:
        seeds: How many each condition has.
        question: See `heading`.
        dataset: See `heading`.
        what: See `heading`.
        how: What `grid` takes further.

    Returns:
        What `grid` does.
    """
    counts = set(seeds.values())
    titles, each = [f"{name} ({counted(n, 'seed')})" for name, n in seeds.items()], ""
    if len(counts) == 1:
        titles, each = list(seeds), f", {counted(counts.pop(), 'seed')} each"
    return grid(titles, heading=heading(question, dataset, f"{what}{each}"), **how)


def at_the_left(axes: Sequence[Axes]) -> list[Axes]:
    """The panels that begin a row."""
    places = [(axis, axis.get_subplotspec()) for axis in axes]
    return [axis for axis, place in places if place is not None and place.is_first_col()]


def label_outside(axes: Sequence[Axes]) -> None:
    """Leave the labels of a grid to its edge: to the left, and to panels with none below them.

    The numbers or names along an axis go with them where it is the same in all panels.
    """
    left = at_the_left(axes)
    columns = next((k for k, axis in enumerate(axes) if k and axis in left), len(axes))
    across = len({(axis.get_xlim(), *_names(axis.get_xticklabels())) for axis in axes}) == 1
    down = len({(axis.get_ylim(), *_names(axis.get_yticklabels())) for axis in axes}) == 1
    for axis in axes:
        if axis not in left:
            axis.set_ylabel("")
            if down:
                axis.tick_params(labelleft=False)
    for axis in axes[:-columns]:
        axis.set_xlabel("")
        if across:
            axis.tick_params(labelbottom=False)


def _names(labels: Sequence[Text]) -> list[str]:
    return [label.get_text() for label in labels]


def at_the_right(axis: Axes, place: float, text: str) -> None:
    """Write the numbers of a row beside it."""
    across = axis.get_yaxis_transform()
    axis.text(1.02, place, text, transform=across, fontsize=8, va="center", ha="left")


def legend_below(figure: Figure, handles: Sequence[Any], names: Sequence[str]) -> None:
    """Draw a legend below the panels, in as many columns as there is room for."""
    columns = round(figure.get_figwidth() * 11 / (max(map(len, names)) + 6))
    figure.legend(
        handles, names, loc="outside lower center", ncols=min(max(1, columns), len(names)),
        frameon=False, fontsize=8,
    )  # fmt: skip


def heading(question: str, dataset: str, what: str) -> str:
    """A figure's title: the study's question, the data, and what is drawn."""
    return f"{question}\n{dataset}: {what}"


def write_title(figure: Figure, text: str, fontsize: float = 10) -> None:
    """Write a figure's title, its lines as long as the figure is wide."""
    lines = (filled(line, figure.get_figwidth(), fontsize) for line in text.split("\n"))
    figure.suptitle("\n".join(lines), fontsize=fontsize)


def filled(text: str, inches: float, fontsize: float = 10) -> str:
    """A text in lines of about that length."""
    return textwrap.fill(text, max(10, round(125 / fontsize * inches)))


def in_percent(metric: str) -> tuple[int, str]:
    """What values of a metric are multiplied with, and the label of their axis."""
    return (100, f"{metric} (%)") if metric_named(metric).is_fraction else (1, metric)


def is_proportion(metric: str) -> bool:
    """Whether a metric lies between 0 and 100 %: no difference of accuracies does."""
    return metric_named(metric).is_fraction and not any(word in metric for word in DIFFERENCES)


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
        numbers: Whether to write them into the cells; never where a row has more than 12.
        bar: Label of a colour bar beside it; none if None.
        spread: What is written below each number with a ±, [rows, columns]; NaN is left out.
        zeros: Whether a number that rounds to 0 is written.
    """
    # One class alone is a line of cells; more cells than can be told apart need no borders.
    small = values.shape[1] <= ANNOTATED_UP_TO and numbers
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
        below = np.full(values.shape, np.nan) if spread is None else spread
        texts = {}
        for row, column in np.argwhere(~np.isnan(values)).tolist():
            number, more = f"{values[row, column]:.{decimals}f}", below[row, column]
            if zeros or float(number) != 0:
                ends = "" if np.isnan(more) else f"\n±{more:.{decimals}f}"
                texts[row, column] = f"{number}{ends}"
        write_cells(axis, mesh, values, texts, fontsize=8 if spread is None else 7)
    return mesh


def colour_bar(axes: Axes | Sequence[Axes], mesh: QuadMesh, label: str) -> None:
    """Draw what the colours mean beside one panel, as long as it is, or beside several."""
    figure: Any = (axes if isinstance(axes, Axes) else axes[0]).get_figure()
    shrink = 1.0 if isinstance(axes, Axes) else min(0.6, LONG_BAR / figure.get_figheight())
    bar: Any = figure.colorbar(mesh, ax=axes, label=label, shrink=shrink)
    bar.solids.set_rasterized(True)  # 256 steps, that nobody needs as 256 shapes
    bar.outline.set_visible(False)


def write_cells(
    axis: Axes,
    mesh: QuadMesh,
    values: Floats,
    texts: Mapping[tuple[int, int], str],
    fontsize: float = 8,
) -> None:
    """Write into cells of a heat map of some values, by row and column, as can be read on them."""
    light = _luminance(np.asarray(mesh.to_rgba(values))[..., :3]) > MIDDLE
    inks = np.where(np.isnan(values), INK, np.where(light, ON_LIGHT, "#ffffff"))
    for (row, column), text in texts.items():
        axis.text(
            column + 0.5,
            row + 0.5,
            text,
            color=inks[row, column],
            fontsize=fontsize,
            ha="center",
            va="center",
        )


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


def name_ends(
    axis: Axes,
    ends: Mapping[str, tuple[float, float]],
    marks: Mapping[str, Mark],
    names: Mapping[str, str] | None = None,
) -> None:
    """Write the name of each line beside its end, within the panel and apart from the others.

    Args:
        axis: Where all is drawn already.
        ends: Of each line, where it ends.
        marks: Of each line.
        names: What is written, where it is not the line's own name.
    """
    low, high = axis.get_ylim()
    step = min(NAME, 1 / max(1, len(ends) - 1)) * (high - low)
    places = apart([end[1] for end in ends.values()], step, (low, high))
    for (line, end), place in zip(ends.items(), places, strict=True):
        colour = marks[line].colour
        axis.annotate(
            (names or {}).get(line, line), end, (1.02, place), color=colour, fontsize=8,
            textcoords=axis.get_yaxis_transform(), va="center", ha="left", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0,
                        "shrinkB": 0, "relpos": (0, 0.5)},
        )  # fmt: skip


def apart(
    values: Sequence[float], step: float, within: tuple[float, float] = (-math.inf, math.inf)
) -> list[float]:
    """Places near some values, in their order, none closer to the next than `step`.

    They lie within two ends, between which there is to be room for them.
    """
    places = sorted((value, k) for k, value in enumerate(values))
    groups: list[list[tuple[float, int]]] = []
    for each in places:
        groups.append([each])
        while len(groups) > 1 and (
            _bottom(groups[-1], step, within) - _bottom(groups[-2], step, within)
            < step * len(groups[-2])
        ):
            last = groups.pop()
            groups[-1] += last
    found = [0.0] * len(values)
    for group in groups:
        first = _bottom(group, step, within)
        for k, (_, place) in enumerate(group):
            found[place] = first + k * step
    return found


def _bottom(group: Sequence[tuple[float, int]], step: float, within: tuple[float, float]) -> float:
    """The lowest place of values that stand `step` apart around their mean, within two ends."""
    length = step * (len(group) - 1)
    middle = sum(value for value, _ in group) / len(group)
    return max(within[0], min(middle - length / 2, within[1] - length))
