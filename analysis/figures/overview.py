"""The figure of many conditions: every seed, the median and the quartiles of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.panels import FAINT, INK, blank, heading, in_percent
from analysis.metrics.values import known_values
from analysis.runs import RunLike, RunSet
from analysis.statistics.intervals import percentiles


def overview_figure(
    runs: Sequence[RunLike],
    metrics: Sequence[str],
    *,
    question: str,
    dataset: str,
    trade_off: tuple[str, str] | None = None,
) -> Figure:
    """Draw each metric in a panel: a faint point for each seed, the median, the middle half.

    Args:
        runs: Records of one study and variant.
        metrics: Names as `values_of` takes them; at most four are drawn.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
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
    size = (2.4 + 3.4 * panels, max(3.2, 1.6 + 0.32 * len(conditions)))
    figure = blank(*size)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for axis, metric in zip(axes, drawn, strict=False):
        _strips(axis, metric, values[metric])
        axis.set_yticks(range(len(conditions)), conditions if axis is axes[0] else [])
        axis.set_ylim(len(conditions) - 0.5, -0.5)
    if trade_off is not None:
        x, y = (_values(runs, metric, conditions) for metric in trade_off)
        _path(axes[-1], trade_off, conditions, x, y)
    what = "each seed, the median and the middle half of the seeds"
    figure.suptitle(heading(question, dataset, what, round(9 * size[0])), fontsize=10)
    return figure


def _values(runs: Sequence[RunLike], metric: str, conditions: Sequence[str]) -> list[list[float]]:
    """The metric's values over the seeds of each condition; none where it was not measured."""
    factor, _ = in_percent(metric)
    every = (known_values(runs, metric, condition).tolist() for condition in conditions)
    return [[factor * value for value in values] for values in every]


def _strips(axis: Axes, metric: str, values: Sequence[Sequence[float]]) -> None:
    for row, each in enumerate(values):
        if not each:
            continue
        axis.plot(each, [row] * len(each), "o", color=FAINT, alpha=0.35, markersize=4)
        low, middle, high = percentiles(each)
        axis.plot([low, high], [row, row], color=INK, linewidth=3, solid_capstyle="butt")
        axis.plot(middle, row, "|", color=INK, markersize=12, markeredgewidth=2)
    axis.set_xlabel(in_percent(metric)[1])
    axis.grid(axis="x", alpha=0.3)


def _path(
    axis: Axes,
    metrics: tuple[str, str],
    conditions: Sequence[str],
    x: Sequence[Sequence[float]],
    y: Sequence[Sequence[float]],
) -> None:
    """One metric against the other: each seed, and a line through the conditions' medians."""
    there = [i for i in range(len(conditions)) if x[i] and y[i]]
    for i in there:
        axis.plot(x[i], y[i], "o", color=FAINT, alpha=0.3, markersize=4)
    middles = [(float(np.median(x[i])), float(np.median(y[i]))) for i in there]
    if middles:
        axis.plot(*zip(*middles, strict=True), "o-", color=INK, markersize=6)
    for i, middle in zip(there, middles, strict=True):
        left = middle[0] > np.mean(axis.get_xlim())
        axis.annotate(
            conditions[i], middle, (-7 if left else 7, 0), textcoords="offset points", fontsize=8,
            ha="right" if left else "left", va="center",
        )  # fmt: skip
    axis.set_xlabel(in_percent(metrics[0])[1])
    axis.set_ylabel(in_percent(metrics[1])[1])
    axis.grid(alpha=0.3)
