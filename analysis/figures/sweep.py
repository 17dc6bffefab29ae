"""The figure of a metric against a number of the recipe: width, noise, buffer size, rate."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.bounds import ANYTHING, PERCENT, Bounded
from analysis.figures.look import GREY, PLAIN, Look, Mark
from analysis.figures.panels import (
    INK,
    at_the_left,
    filled,
    grid,
    heading,
    in_percent,
    is_proportion,
    name_ends,
)
from analysis.metrics.values import known_values
from analysis.rendering.text import clean
from analysis.runs import RunLike
from analysis.sweep import Sweep, sweep_table
from analysis.swept import base_of

WIDE = 20
"""A ratio of the largest to the smallest number from which the axis is logarithmic."""


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

    Each line has its name at its end, and its best mean a ring. Conditions that do without the
    number are grey lines across.

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
    _, label = in_percent(metric)
    names = [sweep.name for sweep, _ in tables]
    what = f"{metric} against {', '.join(names)}: each seed, and the mean with its 95 % interval"
    figure, axes = grid(
        [""] * len(names),
        across=2,
        high=3.8,
        heading=heading(question, dataset, what),
        look=look,
    )
    limits = (PERCENT if is_proportion(metric) else ANYTHING).fresh()
    for axis, (sweep, table) in zip(axes, tables, strict=True):
        _panel(axis, runs, sweep, table, metric, look, limits)
        axis.set_xlabel(filled(sweep.name, axis.get_position().width * figure.get_figwidth()))
    for axis in at_the_left(axes):
        axis.set_ylabel(label)
    limits.say(figure)
    return figure


def _panel(
    axis: Axes,
    runs: Sequence[RunLike],
    sweep: Sweep,
    table: pd.DataFrame,
    metric: str,
    look: Look,
    limits: Bounded,
) -> None:
    """The lines of one number, each with its name and its best number, and the references."""
    scale, _ = in_percent(metric)
    marks = _marks(look, list(sweep.lines))
    ends: dict[str, tuple[float, float]] = {}
    names: dict[str, str] = {}
    for line, rows in table.groupby("line", sort=False):
        name = str(line)
        _seeds(axis, runs, rows, metric, scale, marks[name])
        _line(axis, rows, scale, marks[name], limits)
        ends[name] = (rows["number"].iloc[-1], scale * rows["mean"].iloc[-1])
        names[name] = clean(name)
        for number, mean in rows.loc[rows["best"], ["number", "mean"]].to_numpy().tolist():
            _ring(axis, number, scale * mean)
            names[name] += f" (best: {number:g})" if name else f"best: {number:g}"
    last = max(number for number, _ in ends.values())
    for condition in sweep.references:
        mean = scale * known_values(runs, metric, condition).mean()
        axis.axhline(mean, color=GREY, linestyle="--", linewidth=1.2)
        marks[condition], ends[condition] = Mark(GREY, "o", "--"), (last, mean)
        names[condition] = clean(condition)
    _scale(axis, sorted(set(table["number"])))
    axis.grid(alpha=0.3)
    axis.margins(x=0.06, y=0.14)
    name_ends(axis, ends, marks, names)


def _marks(look: Look, lines: Sequence[str]) -> dict[str, Mark]:
    """A line of a condition that is varied has the mark of that condition."""
    bases = tuple(dict.fromkeys(map(base_of, look.conditions)))
    if not set(lines) <= set(bases):
        return PLAIN.marks(lines)
    return Look(bases, look.reference and base_of(look.reference)).marks(lines)


def _seeds(
    axis: Axes, runs: Sequence[RunLike], rows: pd.DataFrame, metric: str, scale: int, mark: Mark
) -> None:
    """Each seed as a faint point."""
    for number, condition in zip(rows["number"], rows["condition"], strict=True):
        each = scale * known_values(runs, metric, condition)
        axis.plot([number] * len(each), each, "o", color=mark.colour, alpha=0.35, markersize=4)


def _line(axis: Axes, rows: pd.DataFrame, scale: int, mark: Mark, limits: Bounded) -> None:
    """The means of a line, joined, with their intervals."""
    numbers, mean = rows["number"], scale * rows["mean"]
    axis.plot(numbers, mean, color=mark.colour, linestyle=mark.dash, linewidth=1.6, zorder=3)
    ends = scale * rows[["ci_low", "ci_high"]].to_numpy().T
    limits.bars(axis, numbers, mean, ends, mark)


def _ring(axis: Axes, number: float, mean: float) -> None:
    axis.plot(number, mean, "o", color=INK, markersize=14, markerfacecolor="none", zorder=5)


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
