"""The figure of the classes at the end: what each condition still knows of a class, in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.figures.bounds import PERCENT, Bounded
from analysis.figures.look import FEW_SEEDS, PLAIN, Look, Mark
from analysis.figures.panels import (
    LETTER,
    blank,
    heading,
    heat_map,
    label_cells,
    legend_below,
    write_title,
)
from analysis.metrics.confusion import class_accuracy
from analysis.runs import RunLike, RunSet, class_names, last_evaluation, no_evaluation
from analysis.statistics.intervals import t_interval

Floats = NDArray[np.float64]
COLUMNS = ("condition", "class", "seed", "accuracy")
SHIFT = 0.14
"""How far from its row the first and the last condition stand."""
OUTWARDS = 0.15
"""How far from its mean a condition's seeds stand."""
APART = 4
"""Conditions up to which each has a line of its own in the row of a class, with its interval."""
CELL = 0.36
"""Inches of a cell that has room for a number."""


def class_end_table(runs: Sequence[RunLike], set: str = "test") -> pd.DataFrame:
    """Final accuracy of each class in each finished run, from the last evaluation of a set.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.

    Returns:
        Columns condition, class, seed, accuracy (a fraction; NaN for a class without examples).
    """
    rows = []
    for condition, finished in RunSet.of(runs).finished.items():
        for run in sorted(finished, key=lambda run: run.seed):
            last = last_evaluation(run, set)
            if last is not None:
                values = class_accuracy(last.confusion).tolist()
                names = class_names([run], len(values))
                of_classes = zip(names, values, strict=True)
                rows += [(condition, name, run.seed, value) for name, value in of_classes]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def class_dumbbell_figure(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    set: str = "test",
) -> Figure:
    """Draw a row for each class: the means of the conditions, joined, with their 95 % intervals.

    Of few seeds each is a faint point. Of more than four conditions each has a row of cells
    instead, a class in each: the means alone, in numbers where there is room.

    Args:
        runs: Records of one study and variant.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: The marks of the conditions.
        set: Name of the evaluated set.

    Raises:
        ValueError: If no finished run evaluated the set.
    """
    table = class_end_table(runs, set)
    if table.empty:
        raise no_evaluation(runs, set)
    classes = list(dict.fromkeys(table["class"]))
    values = {
        str(condition): 100
        * rows.pivot(index="seed", columns="class", values="accuracy")
        # Conditions on other data have other classes.
        .reindex(columns=classes)
        .to_numpy()
        for condition, rows in table.groupby("condition", sort=False)
    }
    draw = _dumbbells if len(values) <= APART else _cells
    figure, what = draw(values, list(map(str, classes)), set, look)
    what = f"final {set} accuracy of each class, {what} (in brackets: seeds)"
    write_title(figure, heading(question, dataset, what))
    return figure


def _counted(values: Mapping[str, Floats]) -> list[str]:
    """The conditions with their numbers of seeds."""
    return [f"{name} ({len(each)})" for name, each in values.items()]


def _cells(
    values: Mapping[str, Floats], classes: Sequence[str], set: str, look: Look
) -> tuple[Figure, str]:
    """Draw the means of each condition in a row; returns what is drawn too."""
    names = _counted(values)
    width = look.wide(7.0)
    figure = blank(width, 1.4 + 0.26 * len(values))
    axis = figure.subplots()
    room = width - LETTER * max(map(len, names)) - 1.0
    means = np.array([each.mean(axis=0) for each in values.values()])
    heat_map(
        axis,
        means,
        colours="cividis",
        scale=Normalize(np.nanmin(means), np.nanmax(means)),
        decimals=1,
        numbers=room >= CELL * len(classes),
        bar=f"{set} accuracy at the end (%)",
    )
    label_cells(axis, classes, names)
    axis.set_yticks(np.arange(len(names)) + 0.5, names, fontsize=9)
    axis.set_xlabel("class")
    return figure, "mean"


def _dumbbells(
    values: Mapping[str, Floats], classes: Sequence[str], set: str, look: Look
) -> tuple[Figure, str]:
    """Draw each class in its row, conditions a little below each other; returns what is drawn."""
    marks, limits = look.marks(values), PERCENT.fresh()
    row = max(0.34, 0.17 * len(values) + 0.1)
    figure = blank(look.wide(7.0), 1.5 + row * len(classes) + 0.2 * (len(values) // 4))
    axis = figure.subplots()
    _rows(axis, values, marks, limits)
    axis.set_yticks(range(len(classes)), classes)
    axis.set_ylim(len(classes) - 0.5, -0.5)
    axis.set_ylabel("class")
    axis.set_xlabel(f"{set} accuracy at the end (%)")
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    handles = [
        Line2D([], [], color=mark.colour, marker=mark.marker, linestyle="", markersize=5)
        for mark in marks.values()
    ]
    legend_below(figure, handles, _counted(values))
    limits.say(figure)
    return figure, "mean and 95 % interval"


def _rows(
    axis: Axes, values: Mapping[str, Floats], marks: Mapping[str, Mark], limits: Bounded
) -> None:
    # A class without examples, or of other data than a condition's, has neither mean nor interval.
    known = [~np.isnan(each).any(axis=0) for each in values.values()]
    means = np.array([each.mean(axis=0) for each in values.values()])
    beside = np.linspace(-SHIFT, SHIFT, len(values)) if len(values) > 1 else np.zeros(1)
    rows = np.arange(means.shape[1])
    for row, there in zip(rows, np.transpose(known), strict=True):
        axis.plot(
            means[there, row], row + beside[there], color="#bbbbbb", linewidth=2,
            solid_capstyle="butt", zorder=0,
        )  # fmt: skip
    for k, (condition, each) in enumerate(values.items()):
        place, mark = rows + beside[k], marks[condition]
        # Beside the interval, where they are seen.
        outwards = OUTWARDS if beside[k] > 0 else -OUTWARDS
        if 1 < len(each) <= FEW_SEEDS:
            axis.plot(
                each.ravel(), np.tile(place + outwards, len(each)), "o", color=mark.colour,
                alpha=0.5, markersize=3, markeredgewidth=0, zorder=1,
            )  # fmt: skip
        ends = np.full((2, len(rows)), np.nan)
        ends[:, known[k]] = np.array([t_interval(column) for column in each.T[known[k]]]).T
        limits.bars(axis, place, means[k], ends, mark, across=True)
