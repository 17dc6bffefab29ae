"""The figure of what each class loses: its drop in each condition, in the order of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.drops import ENDS, Drops, class_drops
from analysis.figures.bounds import Bounded
from analysis.figures.look import FEW_SEEDS, PLAIN, Look, Mark
from analysis.figures.panels import INK, at_the_left, class_ticks, grid, heading, legend_below
from analysis.runs import SAMPLE, RunLike
from analysis.segments import no_segments
from analysis.statistics.intervals import describe

TOGETHER = 3
"""Conditions beside the reference that one panel holds."""
LIMITS = Bounded(-100.0, 100.0, "-100 to 100 points")


def class_drop_figure(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    set: str = SAMPLE,
) -> Figure:
    """Draw the drop of each class with its 95 % t-interval, classes in the order of training.

    Up to three conditions share a panel with the reference; of more each has one, with it.

    Args:
        runs: Records of one study and variant.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: The marks of the conditions, and which is the reference.
        set: Name of the set that was evaluated after every segment.

    Raises:
        ValueError: If no finished run has segments.
    """
    drops = class_drops(runs, set)
    if not drops:
        raise no_segments(runs, set)
    marks = look.marks(drops)
    others = [name for name in drops if name != look.reference]
    panels = [others or list(drops)] if len(others) <= TOGETHER else [[name] for name in others]
    beside = [look.reference] if look.reference in drops and others else []
    titles = [", ".join(panel) for panel in panels] if len(panels) > 1 else [""]
    what = "drop of each class from just after its training segment to the end, mean and 95 % "
    figure, axes = grid(
        titles,
        high=3.4 if len(panels) == 1 else 2.3,
        across=3,
        heading=heading(question, dataset, f"{what}interval"),
        look=look,
    )
    limits = LIMITS.fresh()
    for axis, panel in zip(axes, panels, strict=True):
        shown = {name: drops[name] for name in [*beside, *panel] if name is not None}
        _panel(axis, shown, {name: marks[name] for name in shown}, limits)
    for axis in at_the_left(axes):
        axis.set_ylabel("drop (points)")
    known = {
        name: handle
        for axis in axes
        for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    # Among the points a mark of the legend would pass for one of them.
    legend_below(figure, list(known.values()), list(known))
    limits.say(figure)
    return figure


def _panel(
    axis: Axes, drops: Mapping[str, Drops], marks: Mapping[str, Mark], limits: Bounded
) -> None:
    """Draw some conditions beside each other, class by class."""
    # By their names: conditions may number classes otherwise, or have others.
    orders = {
        tuple(each.names[c] for c in each.order) if each.order else () for each in drops.values()
    }
    order = orders.pop() if len(orders) == 1 else ()
    names = order or list(dict.fromkeys(name for each in drops.values() for name in each.names))
    width = 0.7 / len(drops)
    for k, (name, each) in enumerate(drops.items()):
        x = np.arange(len(names)) + (k - (len(drops) - 1) / 2) * width
        unknown = np.full(len(each.values), np.nan)
        of_class = dict(zip(each.names, each.values.T, strict=True))
        values = np.stack([of_class.get(one, unknown) for one in names], axis=1)
        _one(axis, x, 100 * values, name, marks[name], limits, width)
    axis.axhline(0, color=INK, linewidth=0.8, zorder=0)
    class_ticks(axis, list(names))
    axis.set_xlabel("class, in the order of training" if order else "class (orders differ by seed)")
    axis.grid(axis="y", alpha=0.3)


def _one(
    axis: Axes,
    x: np.ndarray,
    values: np.ndarray,
    name: str,
    mark: Mark,
    limits: Bounded,
    width: float,
) -> None:
    """One condition: means with their intervals; of few seeds each as a faint point."""
    if 1 < len(values) <= FEW_SEEDS:
        beside = np.linspace(-0.25, 0.25, len(values))[:, None] * width
        axis.plot(
            (x + beside).ravel(), values.ravel(), "o", color=mark.colour, alpha=0.35, markersize=3,
            markeredgewidth=0, zorder=1,
        )  # fmt: skip
    known = [describe(column) for column in values.T]  # nothing of a class that was never shown
    means, *ends = np.array([[each[name] for each in known] for name in ENDS])
    limits.bars(axis, x, means, ends, mark, label=f"{name} ({len(values)})")
