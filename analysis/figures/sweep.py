"""The figure of a metric against a number of the recipe: width, noise, buffer size, rate."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.panels import COLOURS, grid, heading, in_percent
from analysis.metrics.values import known_values
from analysis.runs import RunLike
from analysis.sweep import Sweep, sweep_table

QUARTILES = ["p25", "p50", "p75"]
WIDE = 20
"""A ratio of the largest to the smallest number from which the axis is logarithmic."""


def sweep_figure(
    runs: Sequence[RunLike], found: Sequence[Sweep], metric: str, *, question: str, dataset: str
) -> Figure:
    """Draw a panel for each number: each seed, the medians as a line, the quartiles as bars.

    Args:
        runs: Records of one study and variant.
        found: As `sweeps` returns them.
        metric: A name as `values_of` takes it.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.

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
    what = f"{metric} against {', '.join(names)}"
    figure, axes = grid(
        [f"by {name}" for name in names],
        across=2,
        high=3.8,
        heading=heading(question, dataset, f"{what}: each seed, 25th, 50th and 75th percentile"),
    )
    for axis, (sweep, table) in zip(axes, tables, strict=True):
        for place, (line, rows) in enumerate(table.groupby("line", sort=False)):
            values = [
                (scale * known_values(runs, metric, condition)).tolist()
                for condition in rows["condition"]
            ]
            _line(axis, str(line), scale * rows[QUARTILES], rows["number"], values, place)
        _scale(axis, sorted(set(table["number"])))
        axis.set_xlabel(sweep.name)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
        if table["line"].nunique() > 1:
            axis.legend(fontsize=8, frameon=False)
    return figure


def _line(
    axis: Axes,
    label: str,
    quartiles: pd.DataFrame,
    numbers: pd.Series,
    values: Sequence[Sequence[float]],
    place: int,
) -> None:
    """Draw one line of a sweep, the `place`-th of its panel: seeds, medians and quartiles."""
    colour = COLOURS[place % len(COLOURS)]
    for number, each in zip(numbers, values, strict=True):
        axis.plot([number] * len(each), each, "o", color=colour, alpha=0.3, markersize=3)
    low, middle, high = (quartiles[name] for name in QUARTILES)
    axis.errorbar(
        numbers,
        middle,
        yerr=[middle - low, high - middle],
        color=colour,
        marker="so^Dv<"[place % 6],
        markersize=5,
        linewidth=1.6,
        capsize=3,
        label=label,
    )


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
