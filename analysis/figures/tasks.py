"""The figures of tasks: R as heat maps, and the accuracy on each task over the epochs as curves."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.figures.look import PLAIN, Look
from analysis.figures.panels import (
    COLOURS,
    INK,
    colour_bar,
    condition_grid,
    heat_map,
    label_cells,
    label_outside,
    legend_below,
)
from analysis.metrics.task_sets import is_joint, task_epochs
from analysis.runs import RunLike, RunSet
from analysis.tasks import matrix_table, task_curve_table

UNKNOWN = "0.93"
"""What a cell is filled with that was not evaluated."""
SPREAD_UP_TO = 5
"""Tasks whose cells have room for the spread below the mean."""
NUMBERS_UP_TO = 16
"""Panels whose cells have room for numbers."""


def matrix_figure(
    runs: Sequence[RunLike], *, question: str, dataset: str, look: Look = PLAIN
) -> Figure:
    """Draw R of each condition: a row after each task, a column for each task.

    A cell holds the mean over the seeds in percent, with its standard deviation below it where
    there is room; above the diagonal are tasks that are still to come. A joint training
    has its last row alone; the others are grey.

    Args:
        runs: Records of one study and variant.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.

    Raises:
        ValueError: If no finished run has tasks.
    """
    table = matrix_table(runs)
    table = table[table["after"] > 0]
    most = int(table["task"].max())
    few = table["condition"].nunique() <= NUMBERS_UP_TO
    with_spread = few and most <= SPREAD_UP_TO
    what = "accuracy on each task after each task, mean"
    what += " and standard deviation over the seeds" if with_spread else " over the seeds"
    high = 1.0 + 0.36 * min(most, 10)
    figure, axes = _panels(table, question, dataset, what, high, look, share_y=False)
    for axis, (_, rows) in zip(axes, table.groupby("condition", sort=False), strict=True):
        tasks = range(1, int(rows["task"].max()) + 1)
        mean, sd = (
            100 * rows.pivot_table(index="after", columns="task", values=name, dropna=False)
            .reindex(index=tasks, columns=tasks).to_numpy()
            for name in ("mean", "sd")
        )  # fmt: skip
        mesh = heat_map(
            axis,
            mean,
            colours="cividis",
            scale=Normalize(0, 100),
            decimals=1 if with_spread else 0,
            spread=sd if with_spread else None,
            numbers=few,
        )
        names = list(map(str, tasks))
        label_cells(axis, names, names)
        axis.set(xlabel="accuracy on task", ylabel="after task", facecolor=UNKNOWN)
    label_outside(axes)
    colour_bar(axes, mesh, "accuracy (%)")
    return figure


def task_curve_figure(
    runs: Sequence[RunLike], *, question: str, dataset: str, look: Look = PLAIN
) -> Figure:
    """Draw a panel for each condition: a line for each task, its median and middle half.

    Grey lines mark the ends of the tasks.

    Args:
        runs: Records of one study and variant.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.

    Raises:
        ValueError: If no finished run has evaluation sets by task.
    """
    runs = RunSet.of(runs)
    table = task_curve_table(runs)
    tasks = int(table["task"].max())
    colours = _colours(tasks)
    what = "accuracy on each task after each epoch, the median and the middle half of the seeds"
    figure, axes = _panels(table, question, dataset, what, 2.6, look)
    for axis, (condition, rows) in zip(axes, table.groupby("condition", sort=False), strict=True):
        _curves(axis, rows, colours)
        run = runs.finished[str(condition)][0]
        if not is_joint(run):
            for end in task_epochs(run, int(rows["task"].max()))[:-1]:
                axis.axvline(end, color=INK, alpha=0.25, linewidth=0.8, zorder=0)
    label_outside(axes)
    lines = [Line2D([], [], color=colour) for colour in colours]
    names = [f"task {task + 1}" for task in range(tasks)]
    legend_below(figure, lines, names)
    return figure


def _panels(
    table: pd.DataFrame,
    question: str,
    dataset: str,
    what: str,
    high: float,
    look: Look,
    *,
    share_y: bool = True,
) -> tuple[Figure, list[Axes]]:
    """A panel for each condition, three in a row where they are few."""
    seeds = table.groupby("condition", sort=False)["n"].max().items()
    numbers = {str(condition): int(n) for condition, n in seeds}
    return condition_grid(numbers, question, dataset, what, high=high, share_y=share_y, look=look)


def _curves(axis: Axes, rows: pd.DataFrame, colours: Sequence[str]) -> None:
    for task, curve in rows.groupby("task"):
        colour = colours[int(str(task)) - 1]
        low, middle, high = (100 * curve[name].to_numpy() for name in ("p25", "p50", "p75"))
        axis.fill_between(curve["epoch"], low, high, color=colour, alpha=0.25, linewidth=0)
        axis.plot(curve["epoch"], middle, color=colour, linewidth=1.5)
    axis.set_ylim(-2, 102)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set(xlabel="epoch", ylabel="accuracy (%)")


def _colours(tasks: int) -> list[str]:
    """A colour for each task; of many tasks, from dark to light in their order."""
    if tasks <= len(COLOURS):
        return list(COLOURS[:tasks])
    return [
        mpl.colors.to_hex(each) for each in mpl.colormaps["viridis"](np.linspace(0, 0.9, tasks))
    ]
