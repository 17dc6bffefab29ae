"""The figure of a metric against a number of the recipe: width, noise, buffer size, rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.look import COLOURS, PLAIN, Look
from analysis.figures.panels import INK, grid, heading, in_percent
from analysis.metrics.values import known_values
from analysis.rendering.text import clean
from analysis.runs import RunLike
from analysis.sweep import Sweep, sweep_table

INTERVAL = ["ci_low", "mean", "ci_high"]
WIDE = 20
"""A ratio of the largest to the smallest number from which the axis is logarithmic."""
GREY = "#777777"


def sweep_figure(
    runs: Sequence[RunLike],
    found: Sequence[Sweep],
    metric: str,
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
) -> Figure:
    """Draw a panel for each number: each seed, the means as a line with their 95 % intervals.

    The best mean of a line is ringed, with its number. Conditions that do without the number are
    grey lines across.

    Args:
        runs: Records of one study and variant.
        found: As `sweeps` returns them.
        metric: A name as `values_of` takes it.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.

    Raises:
        ValueError: If no run has the metric.
    """
    tables = [(sweep, table) for sweep in found if len(table := sweep_table(runs, sweep, metric))]
    if not tables:
        raise ValueError(
            f"received metric {metric!r} and {len(found)} numbers to draw it against; expected "
            "runs that have it at one; run the study first"
        )
    scale, label = in_percent(metric)
    names = [sweep.name for sweep, _ in tables]
    what = f"{metric} against {', '.join(names)}: each seed, and the mean with its 95 % interval"
    if any(_outside(table, scale).any() for _, table in tables):
        what += f" (ends at 0 and {scale:g} where it would go beyond)"
    figure, axes = grid(
        [f"by {name}" for name in names] if len(names) > 1 else [""],
        across=2,
        high=3.8,
        heading=heading(question, dataset, what),
        look=look,
    )
    for axis, (sweep, table) in zip(axes, tables, strict=True):
        for place, (line, rows) in enumerate(table.groupby("line", sort=False)):
            values = [
                (scale * known_values(runs, metric, condition)).tolist()
                for condition in rows["condition"]
            ]
            _line(axis, str(line), rows, scale, values, place)
        for condition in sweep.references:
            _reference(axis, condition, scale * known_values(runs, metric, condition).mean())
        _scale(axis, sorted(set(table["number"])))
        axis.set_xlabel(sweep.name)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
        axis.margins(x=0.06, y=0.14)
        if table["line"].nunique() > 1 or sweep.references:
            axis.legend(fontsize=8, frameon=False)
    return figure


def _outside(table: pd.DataFrame, scale: int) -> pd.Series:
    """Which intervals of fractions go beyond 0 or 1."""
    return (scale == 100) & ((table["ci_low"] < 0) | (table["ci_high"] > 1))


def _line(
    axis: Axes,
    label: str,
    rows: pd.DataFrame,
    scale: int,
    values: Sequence[Sequence[float]],
    place: int,
) -> None:
    """Draw one line of a sweep, the `place`-th of its panel: seeds, means and intervals."""
    colour = COLOURS[place % len(COLOURS)]
    numbers = rows["number"]
    for number, each in zip(numbers, values, strict=True):
        axis.plot([number] * len(each), each, "o", color=colour, alpha=0.35, markersize=4)
    low, mean, high = (scale * rows[name] for name in INTERVAL)
    if scale == 100:
        low, high = low.clip(lower=0), high.clip(upper=100)
    axis.errorbar(
        numbers,
        mean,
        yerr=[mean - low, high - mean],
        color=colour,
        marker="so^Dv<"[place % 6],
        markersize=5,
        linewidth=1.6,
        capsize=3,
        label=label or "mean",
    )
    if rows["best"].any():
        at = rows["best"].to_numpy().argmax()
        above = mean.iloc[at] if np.isnan(high.iloc[at]) else high.iloc[at]
        _mark(axis, numbers.iloc[at], mean.iloc[at], above, ends=(numbers.min(), numbers.max()))


def _mark(axis: Axes, number: float, mean: float, above: float, ends: tuple[float, float]) -> None:
    """A ring around the best mean, and its number above the interval, within the panel."""
    axis.plot(number, mean, "o", color=INK, markersize=14, markerfacecolor="none", zorder=5)
    side = "left" if number == ends[0] else "right" if number == ends[1] else "center"
    axis.annotate(
        f"best: {number:g}",
        (number, max(above, mean)),
        xytext=(0, 10),
        textcoords="offset points",
        ha=side,
        fontsize=9,
        color=INK,
    )


def _reference(axis: Axes, condition: str, mean: float) -> None:
    """A condition that does without the number, as a line across."""
    axis.axhline(mean, color=GREY, linestyle="--", linewidth=1.2, label=clean(condition))


def _scale(axis: Axes, numbers: Sequence[float]) -> None:
    """A logarithmic axis for numbers of several magnitudes, with 0 where it is one of them."""
    positive = [number for number in numbers if number > 0]
    if len(positive) < len(numbers) - 1 or positive[-1] < WIDE * positive[0]:
        return
    if len(positive) == len(numbers):
        axis.set_xscale("log")
    else:
        axis.set_xscale("symlog", linthresh=positive[0], linscale=0.5)
    axis.set_xticks(numbers, [f"{number:g}" for number in numbers], fontsize=8)
    axis.set_xticks([], minor=True)
