"""The figure of learning curves: all conditions over each other, each named where its line ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.curves import Curves, curves_of, followed_sets
from analysis.figures.bounds import PERCENT, Bounded
from analysis.figures.look import FEW_SEEDS, PLAIN, Look, Mark
from analysis.figures.panels import grid, heading, name_ends
from analysis.runs import RunLike, RunSet
from analysis.statistics.intervals import t_interval

WRONG = "train-corrupted"
"""The training examples whose labels are wrong, measured by these labels."""
TOGETHER = 12
"""Lines that one panel holds."""
BANDS = 4
"""Lines of a panel up to which intervals are bands; of more they stand at the end alone."""


def learning_curve_figure(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    set: str = "test",
) -> Figure:
    """Draw the mean of each condition from the first epoch on, with its 95 % t-interval.

    Of few seeds each is a thin line. Where they stop early the mean ends with the last epoch that
    half of them reached. Where some training labels are wrong, a second panel shows how many of the
    examples that have them are answered as they say.

    Args:
        runs: Records of one study and variant.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: The marks of the conditions.
        set: Name of the evaluated set.

    Raises:
        ValueError: If no finished run was evaluated after an epoch.
    """
    panels = list(_panels(runs, set))
    if not any(name == set for name, _ in panels):
        raise ValueError(
            f"received {len(runs)} runs, none finished with {set!r} evaluated after an epoch; "
            "expected some; run the study first"
        )
    figure, axes = grid(
        [_title(name, set) if len(panels) > 1 else "" for name, _ in panels],
        high=3.8,
        across=2,
        share_y=False,
        heading=heading(
            question, dataset, f"{set} accuracy after each epoch, mean and 95 % interval"
        ),
        look=look,
    )
    marks, limits = look.marks(RunSet.of(runs).finished), PERCENT.fresh()
    first: dict[str, Axes] = {}
    for axis, (name, curves) in zip(axes, panels, strict=True):
        if axis is not first.setdefault(name, axis):
            axis.sharex(first[name])
            axis.sharey(first[name])
        _panel(axis, curves, marks, limits)
        axis.set_ylabel("accuracy (%)")
    limits.say(figure)
    return figure


def _title(name: str, set: str) -> str:
    if name == set:
        return f"{set} accuracy"
    return "wrong training labels, learned as they are"


def _panels(runs: Sequence[RunLike], set: str) -> list[tuple[str, Curves]]:
    """The conditions of each panel: some of them where they are many; then the wrong labels."""
    found = []
    # Labels looked at once, at the end, have no curve.
    labelled = set != WRONG and WRONG in followed_sets(runs)
    for name in (set, WRONG) if labelled else (set,):
        curves = {
            condition: {
                seed: trained for seed, each in of_seeds.items() if (trained := _after(each))
            }
            for condition, of_seeds in curves_of(runs, name).items()
        }
        there = [condition for condition, of_seeds in curves.items() if of_seeds]
        if not there:
            continue
        # As many in each panel: the last one of many would stand alone.
        size = math.ceil(len(there) / math.ceil(len(there) / TOGETHER))
        found += [
            (name, {condition: curves[condition] for condition in there[first : first + size]})
            for first in range(0, len(there), size)
        ]
    return found


def _after(curve: Mapping[int, float]) -> dict[int, float]:
    """A curve without the untrained network."""
    return {epoch: value for epoch, value in curve.items() if epoch > 0}


def _panel(axis: Axes, curves: Curves, marks: Mapping[str, Mark], limits: Bounded) -> None:
    """Draw some conditions over each other, and their names at the ends."""
    ends = {}
    for condition, of_seeds in curves.items():
        mark = marks[condition]
        every = sorted({epoch for curve in of_seeds.values() for epoch in curve})
        at = {e: [100 * curve[e] for curve in of_seeds.values() if e in curve] for e in every}
        # Where runs stop early, a mean of the last of them would be one of other seeds.
        at = {epoch: each for epoch, each in at.items() if 2 * len(each) >= len(of_seeds)}
        epochs, values = list(at), list(at.values())
        means = [float(np.mean(each)) for each in values]
        intervals = np.array([t_interval(each) for each in values]).T
        if 1 < len(of_seeds) <= FEW_SEEDS and len(curves) <= BANDS:
            for curve in of_seeds.values():
                thin = sorted(curve.items())
                axis.plot(
                    [epoch for epoch, _ in thin], [100 * value for _, value in thin],
                    color=mark.colour, linewidth=0.6, alpha=0.4, zorder=1,
                )  # fmt: skip
        if len(curves) <= BANDS:
            limits.band(axis, epochs, intervals, mark.colour)
        axis.plot(epochs, means, mark.dash, color=mark.colour, linewidth=1.8)
        single = mark.marker if len(epochs) == 1 else ""
        last = (epochs[-1:], means[-1:], intervals[:, -1:])
        if single or len(curves) > BANDS:
            limits.bars(axis, *last, mark, size=4)
        ends[condition] = (epochs[-1], means[-1])
    name_ends(axis, ends, marks)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set_xlabel("epoch")
    axis.grid(alpha=0.3)
