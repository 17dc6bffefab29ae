"""The figure of what a class's place does to it: final accuracy against recency."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.look import PLAIN, Look
from analysis.figures.panels import FAINT, INK, blank, heading, write_title
from analysis.recency import Positions
from analysis.statistics.intervals import t_interval

LINES = 45  # of small print that fit one above the other


def position_figure(
    positions: Mapping[str, Positions], *, question: str, dataset: str, look: Look = PLAIN
) -> Figure:
    """Draw final accuracy against recency, a panel for each condition.

    The mean over the runs with its 95 % t-interval, and each class where it stood as a faint point
    with its number (the mean of its runs where several orders put it there).

    Args:
        positions: Of each condition, see `analysis.recency.class_positions`.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.

    Returns:
        A figure 14 inches wide at most where its look does not say another width.

    Raises:
        ValueError: There is nothing to draw.
    """
    if not positions:
        raise ValueError(
            "received no condition; expected one whose class order varies over the seeds; run the "
            "study class-position"
        )
    width = look.wide(min(14, 1 + 6.5 * len(positions)))
    figure = blank(width, 6)
    axes = figure.subplots(1, len(positions), squeeze=False, sharey=True)[0]
    every = np.concatenate([100 * each.accuracy.ravel() for each in positions.values()])
    step = max(np.ptp(every), 1.0) / LINES
    for axis, (condition, each) in zip(axes, positions.items(), strict=True):
        _panel(axis, each, step)
        title = f"{textwrap.fill(condition, 50)}, {len(each.recency)} runs"
        if not each.balanced:
            title += "\nnot balanced: the means hold differences between classes"
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("classes shown later (0: shown last)")
    axes[0].set_ylabel("final accuracy on the class (%)")
    what = "mean over runs with its 95 % interval; faint: each class by its number"
    write_title(figure, heading(question, dataset, what))
    return figure


def _panel(axis: Axes, positions: Positions, step: float) -> None:
    """Draw one condition; `step` is the height of a line of small print in percent."""
    recency, percent = positions.recency, 100 * positions.accuracy
    classes = recency.shape[1]
    names = positions.names or range(classes)
    named: dict[tuple[int, int], list[Any]] = {}
    for label in range(classes):
        for place in np.unique(recency[:, label]).tolist():
            value = percent[recency[:, label] == place, label].mean()
            axis.plot(place, value, "o", color=FAINT, alpha=0.3, markersize=4)
            named.setdefault((place, round(value / step)), []).append(names[label])
    join = "" if max(len(str(name)) for name in names) == 1 else ","
    # Classes that end alike share a line, so that none is written over another.
    for (place, line), labels in named.items():
        axis.annotate(
            join.join(map(str, labels)), (place, line * step), (4, 0),
            textcoords="offset points", va="center", color=FAINT, alpha=0.7, fontsize=7,
        )  # fmt: skip
    places = np.unique(recency)
    at = [percent[recency == place] for place in places]
    means = np.array([values.mean() for values in at])
    ends = np.array([t_interval(values) for values in at]).T
    axis.errorbar(
        places, means, np.abs(ends - means), fmt="o-", color=INK, capsize=4, markersize=6,
        linewidth=2,
    )  # fmt: skip
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
