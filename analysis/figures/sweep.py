"""The picture of a metric against a number of the recipe: width, noise, buffer size, rate."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.panels import COLOURS, grid, heading
from analysis.metrics.sweep import Sweep, metric_values, sweep_table
from analysis.rendering.units import is_fraction
from analysis.runs import RunLike

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
    tables = [(sweep, sweep_table(runs, sweep, metric)) for sweep in found]
    tables = [(sweep, table) for sweep, table in tables if len(table)]
    if not tables:
        raise ValueError(
            f"received metric {metric!r} and {len(found)} numbers to draw it against; expected "
            "runs that have it at one; run the study first"
        )
    scale = 100 if is_fraction(metric) else 1
    what = f"{metric} against {', '.join(sweep.name for sweep, _ in tables)}"
    figure, axes = grid(
        [f"by {sweep.name}" for sweep, _ in tables],
        across=2,
        high=3.8,
        heading=heading(question, dataset, f"{what}: each seed, 25th, 50th and 75th percentile"),
    )
    for axis, (sweep, table) in zip(axes, tables, strict=True):
        for place, (line, rows) in enumerate(table.groupby("line", sort=False)):
            colour = COLOURS[place % len(COLOURS)]
            for number, condition in zip(rows["number"], rows["condition"], strict=True):
                values = [scale * value for value in metric_values(runs, metric, condition)]
                axis.plot(
                    [number] * len(values), values, "o", color=colour, alpha=0.3, markersize=3
                )
            low, middle, high = (scale * rows[name] for name in ("p25", "p50", "p75"))
            axis.errorbar(
                rows["number"],
                middle,
                yerr=[middle - low, high - middle],
                color=colour,
                marker="so^Dv<"[place % 6],
                markersize=5,
                linewidth=1.6,
                capsize=3,
                label=str(line),
            )
        _scale(axis, sorted(set(table["number"])))
        axis.set_xlabel(sweep.name)
        axis.set_ylabel(f"{metric} (%)" if scale == 100 else metric)
        axis.grid(alpha=0.3)
        if table["line"].nunique() > 1:
            axis.legend(fontsize=8, frameon=False)
    return figure


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
