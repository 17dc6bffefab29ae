"""The figure of the classes at the end: what each condition still knows of a class, in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.bounds import PERCENT, Bounded
from analysis.figures.look import FEW_SEEDS, PLAIN, Look, Mark
from analysis.figures.panels import MOST_MARKS, blank, heading, write_title
from analysis.metrics.confusion import class_accuracy
from analysis.runs import RunLike, RunSet, class_names, last_evaluation, no_evaluation
from analysis.statistics.intervals import t_interval

COLUMNS = ("condition", "class", "seed", "accuracy")
SHIFT = 0.14
"""How far from its row the first and the last condition stand."""
OUTWARDS = 0.15
"""How far from its mean a condition's seeds stand."""
APART = 4
"""Conditions up to which each has a line of its own in the row of a class, with its interval."""


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
                rows += [(condition, *each, run.seed) for each in zip(names, values, strict=True)]
    table = pd.DataFrame(rows, columns=["condition", "class", "accuracy", "seed"])
    return table[list(COLUMNS)]


def class_dumbbell_figure(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    set: str = "test",
) -> Figure:
    """Draw a row for each class: the means of the conditions, joined, with their 95 % intervals.

    Of few seeds each is a faint point. Where conditions are many their means stand on one line
    without intervals, which the table has.

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
    marks, limits = look.marks(values), PERCENT.fresh()
    apart = len(values) <= APART
    row = 0.34 if not apart else max(0.34, 0.17 * len(values) + 0.1)
    figure = blank(look.wide(7.0), 1.5 + row * len(classes) + 0.2 * (len(values) // 4))
    axis = figure.subplots()
    _rows(axis, values, marks, limits, apart, len(table) > MOST_MARKS)
    axis.set_yticks(range(len(classes)), list(map(str, classes)))
    axis.set_ylim(len(classes) - 0.5, -0.5)
    axis.set_ylabel("class")
    axis.set_xlabel(f"{set} accuracy at the end (%)")
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    handles = [
        Line2D([], [], color=mark.colour, marker=mark.marker, linestyle="", markersize=5)
        for mark in marks.values()
    ]
    names = [f"{name} ({len(each)})" for name, each in values.items()]
    columns = max(1, round(figure.get_figwidth() * 11 / (max(map(len, names)) + 6)))
    figure.legend(
        handles, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=8
    )
    what = f"final {set} accuracy of each class, mean{' and 95 % interval' if apart else ''}"
    write_title(figure, heading(question, dataset, f"{what} (in brackets: seeds)"))
    limits.say(figure)
    return figure


def _rows(
    axis: Axes,
    values: Mapping[str, np.ndarray],
    marks: Mapping[str, Mark],
    limits: Bounded,
    apart: bool,
    pixels: bool,
) -> None:
    """Draw each class in its row, conditions a little below each other where there is room."""
    # A class without examples, or of other data than a condition's, has neither mean nor interval.
    known = [~np.isnan(each).any(axis=0) for each in values.values()]
    means = np.array([each.mean(axis=0) for each in values.values()])
    spread = np.linspace(-SHIFT, SHIFT, len(values)) if apart and len(values) > 1 else 0.0
    beside = np.zeros(len(values)) + spread
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
        if 1 < len(each) <= FEW_SEEDS and apart:
            axis.plot(
                each.ravel(), np.tile(place + outwards, len(each)), "o", color=mark.colour,
                alpha=0.5, markersize=3, markeredgewidth=0, zorder=1, rasterized=pixels,
            )  # fmt: skip
        ends = np.full((2, len(rows)), np.nan)
        ends[:, known[k]] = np.array([t_interval(column) for column in each.T[known[k]]]).T
        limits.bars(
            axis, place, means[k], ends if apart else np.full_like(ends, np.nan), mark, across=True
        )
