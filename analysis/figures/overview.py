"""The figure of many conditions: every seed, and the mean of each with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.bounds import ANYTHING, PERCENT, Bounded
from analysis.figures.look import PLAIN, Look, Mark
from analysis.figures.panels import (
    INK,
    LETTER,
    apart,
    at_the_left,
    blank,
    filled,
    heading,
    in_percent,
    is_proportion,
    write_title,
)
from analysis.metrics.values import known_values
from analysis.runs import RunLike, RunSet
from analysis.statistics.intervals import t_interval

BELOW = 0.27
"""How far below a condition's mean its seeds stand, where they are seen beside its interval."""
TICKS = 5
"""Most steps of a panel's horizontal axis: numbers of many letters stand apart."""


def overview_figure(
    runs: Sequence[RunLike],
    metrics: Sequence[str],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    trade_off: tuple[str, str] | None = None,
) -> Figure:
    """Draw each metric in a panel: a faint point for each seed, the mean and its 95 % interval.

    Args:
        runs: Records of one study and variant.
        metrics: Names as `values_of` takes them; at most four are drawn.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: The marks of the conditions.
        trade_off: Two metrics to draw against each other as well, condition by condition.

    Returns:
        A figure, its height by the number of conditions.

    Raises:
        ValueError: If no run has the first metric.
    """
    runs = RunSet.of(runs)
    conditions = list(runs.finished)
    values = {metric: _values(runs, metric, conditions) for metric in metrics[:4]}
    drawn = [metric for metric, each in values.items() if any(each)]
    if not drawn:
        raise ValueError(
            f"received metric {metrics[0]!r}, which no run has; expected one such as 'test "
            "accuracy'; run the study first"
        )
    panels = len(drawn) + (trade_off is not None)
    figure, axes, room = _panels(panels, conditions, look)
    marks, limits = look.marks(conditions), PERCENT.fresh()
    for axis, metric in zip(axes, drawn, strict=False):
        bounded = limits if is_proportion(metric) else ANYTHING
        _strips(axis, metric, dict(zip(conditions, values[metric], strict=True)), marks, bounded)
        axis.set_xlabel(filled(in_percent(metric)[1], room))
        labels = conditions if axis in at_the_left(axes) else []
        axis.set_yticks(range(len(conditions)), labels, fontsize=9)
        axis.set_ylim(len(conditions) - 0.5, -0.5)
    if trade_off is not None:
        x, y = (
            dict(zip(conditions, _values(runs, metric, conditions), strict=True))
            for metric in trade_off
        )
        _path(axes[-1], trade_off, x, y, marks)
    what = "each seed, and the mean over the seeds with its 95 % interval"
    write_title(figure, heading(question, dataset, what))
    limits.say(figure)
    return figure


def _panels(n: int, conditions: Sequence[str], look: Look) -> tuple[Figure, list[Axes], float]:
    """So many panels, beside each other where there is room; about how wide each is, in inches."""
    width = look.wide(2.4 + 3.0 * n)
    columns = max(1, min(n, round((width - 2.4) / 3.0)))
    rows = math.ceil(n / columns)
    figure = blank(width, max(3.0, 1.4 + 0.3 * len(conditions)) * rows)
    every = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in every[n:]:
        spare.remove()
    names = LETTER * max(map(len, conditions))
    return figure, list(every[:n]), (width - names) / columns


def _values(runs: Sequence[RunLike], metric: str, conditions: Sequence[str]) -> list[list[float]]:
    """The metric's values over the seeds of each condition; none where it was not measured."""
    factor, _ = in_percent(metric)
    every = (known_values(runs, metric, condition).tolist() for condition in conditions)
    return [[factor * value for value in values] for values in every]


def _strips(
    axis: Axes,
    metric: str,
    values: Mapping[str, Sequence[float]],
    marks: Mapping[str, Mark],
    limits: Bounded,
) -> None:
    for row, (condition, each) in enumerate(values.items()):
        if not each:
            continue
        mark = marks[condition]
        axis.plot(
            each, [row + BELOW] * len(each), "o", color=mark.colour, alpha=0.5, markersize=3.5,
            markeredgewidth=0, zorder=1,
        )  # fmt: skip
        ends = np.array([t_interval(each)]).T
        limits.bars(axis, [row], [float(np.mean(each))], ends, mark, across=True)
    axis.xaxis.set_major_locator(MaxNLocator(TICKS, steps=[1, 2, 2.5, 5, 10]))
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


def _path(
    axis: Axes,
    metrics: tuple[str, str],
    x: Mapping[str, Sequence[float]],
    y: Mapping[str, Sequence[float]],
    marks: Mapping[str, Mark],
) -> None:
    """One metric against the other: each seed, and a line through the conditions' means."""
    there = [name for name in x if x[name] and y[name]]
    means = {name: (float(np.mean(x[name])), float(np.mean(y[name]))) for name in there}
    for name in there:
        n = min(len(x[name]), len(y[name]))
        colour = marks[name].colour
        axis.plot(x[name][:n], y[name][:n], "o", color=colour, alpha=0.35, markersize=4)
        axis.plot(*means[name], marks[name].marker, color=colour, markersize=7, zorder=3)
    if means:
        axis.plot(*zip(*means.values(), strict=True), "-", color=INK, linewidth=0.8, zorder=0)
        low, high = axis.get_ylim()
        places = apart([mean[1] for mean in means.values()], 0.06 * (high - low))
        middle = np.mean(axis.get_xlim())
        for (name, mean), place in zip(means.items(), places, strict=True):
            left = mean[0] > middle
            shift = (-7 if left else 7, 0)
            axis.annotate(
                name, (mean[0], place), shift, textcoords="offset points", fontsize=8,
                ha="right" if left else "left", va="center",
            )  # fmt: skip
    axis.set_xlabel(in_percent(metrics[0])[1])
    axis.set_ylabel(in_percent(metrics[1])[1])
    axis.grid(alpha=0.3)
