"""The figure of learning curves: every seed, the median and the middle half, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures.panels import FAINT, INK, MOST_MARKS, grid, heading, seed_titles
from analysis.metrics.confusion import accuracy
from analysis.runs import RunLike, RunSet, epoch_evaluations
from analysis.statistics.intervals import percentiles

COLUMNS = ("condition", "epoch", "n", "p25", "p50", "p75")


def curve_table(runs: Sequence[RunLike], set: str = "test") -> pd.DataFrame:
    """Accuracy at each epoch's end, percentiles over the finished runs.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.

    Returns:
        Columns condition, epoch (0: untrained), n (runs that reached it), p25, p50, p75, fractions.
        Conditions and epochs that nobody evaluated are left out.
    """
    rows = []
    for condition, curves in _curves(runs, set).items():
        epochs = sorted({epoch for curve in curves.values() for epoch in curve})
        for epoch in epochs:
            values = [curve[epoch] for curve in curves.values() if epoch in curve]
            rows.append((condition, epoch, len(values), *percentiles(values)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def learning_curve_figure(
    runs: Sequence[RunLike], *, set: str = "test", question: str, dataset: str
) -> Figure:
    """Draw a panel for each condition: a thin line a seed, the median, a band of the middle half.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.

    Raises:
        ValueError: If no finished run was evaluated after an epoch.
    """
    found = {name: curves for name, curves in _curves(runs, set).items() if curves}
    every = [curve for curves in found.values() for curve in curves.values()]
    if not any(epoch > 0 for curve in every for epoch in curve):
        raise ValueError(
            f"received {len(runs)} runs, none finished with {set!r} evaluated after an epoch; "
            "expected some; run the study first"
        )
    table = curve_table(runs, set)
    what = f"{set} accuracy after each epoch: each seed, the median and the middle half"
    figure, axes = grid(
        seed_titles({name: len(curves) for name, curves in found.items()}),
        heading=heading(question, dataset, what),
    )
    many = sum(map(len, every)) > MOST_MARKS
    for axis, (condition, curves) in zip(axes, found.items(), strict=True):
        _panel(axis, list(curves.values()), table[table["condition"] == condition], many)
    for axis in axes[::3]:
        axis.set_ylabel(f"{set} accuracy (%)")
    return figure


def _panel(
    axis: Axes, curves: Sequence[Mapping[int, float]], middle: pd.DataFrame, many: bool
) -> None:
    """Draw one condition; as pixels where there are too many corners for shapes."""
    lines = [[(epoch, 100 * value) for epoch, value in sorted(curve.items())] for curve in curves]
    thin = LineCollection(lines, colors=FAINT, linewidths=0.8, alpha=0.45)
    thin.set_rasterized(many)
    axis.add_collection(thin)
    low, median, high = (100 * middle[name].to_numpy() for name in ("p25", "p50", "p75"))
    axis.fill_between(middle["epoch"], low, high, color=FAINT, alpha=0.25, linewidth=0)
    axis.plot(middle["epoch"], median, color=INK, linewidth=1.8)
    axis.autoscale_view()
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set_xlabel("epoch")
    axis.grid(alpha=0.3)


def _curves(runs: Sequence[RunLike], set: str) -> dict[str, dict[int, dict[int, float]]]:
    """Condition to seed to epoch to accuracy."""
    return {
        condition: {run.seed: curve for run in finished if (curve := _curve(run, set))}
        for condition, finished in RunSet.of(runs).finished.items()
    }


def _curve(run: RunLike, set: str) -> dict[int, float]:
    looks = epoch_evaluations(run, set)
    values = {epoch: float(accuracy(each.confusion)) for epoch, each in looks.items()}
    return {epoch: value for epoch, value in values.items() if not np.isnan(value)}
