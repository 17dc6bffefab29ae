"""The figure of gradients by layer: before training and after the last epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.look import PLAIN, Look
from analysis.figures.panels import blank, heading, write_title
from analysis.metrics.gradients import gradient_table
from analysis.runs import RunLike
from analysis.sweep import Sweep

COLOURS = "viridis"  # perceptually even and safe for the colour-blind


def gradient_figure(
    runs: Sequence[RunLike],
    found: Sequence[Sweep] = (),
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
) -> Figure:
    """Draw the gradient's norm by layer, one pair of panels for each group of conditions.

    Conditions that differ in one number alone (a depth of 2, of 60) share a pair: left before
    training, right after the last epoch, with a line for each number. The line is the median
    over the seeds, the band its middle half. The scale is logarithmic and the same for all panels:
    a median that underflowed to 0 stands as a cross at the foot, one that overflowed as a triangle
    at the head.

    Args:
        runs: Records of one study and variant that measured "gradient-norms".
        found: In which numbers conditions differ, as `sweeps` returns them.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.

    Returns:
        A figure 14 inches wide at most where its look does not say another width.

    Raises:
        ValueError: As `gradient_table`.
    """
    table = gradient_table(runs)
    groups = grouped(list(dict.fromkeys(table["condition"])), found)
    across = min(len(groups), 3)
    down = -(-len(groups) // across)
    width = look.wide(14 if across > 1 else 9)
    figure = blank(width, 1.4 + 2.4 * down)
    axes = figure.subplots(down, 2 * across, squeeze=False, sharey=True)
    every = table[["p25", "p50", "p75"]].to_numpy()
    drawable = every[np.isfinite(every) & (every > 0)]
    low, high = (drawable.min(), drawable.max()) if drawable.size else (0.1, 10.0)
    gap = max(high / low, 10.0) ** 0.08
    foot, head = low / gap, high * gap
    for i, pair in enumerate(axes.reshape(down * across, 2)):
        if i >= len(groups):
            for axis in pair:
                axis.set_axis_off()
            continue
        title, conditions = list(groups.items())[i]
        part = table[table["condition"].isin(list(conditions))]
        _pair(pair.tolist(), part, title, conditions, foot, head)
    for row in axes:
        row[0].set_ylabel("norm of the gradient")
    for axis in axes.ravel():
        axis.set_yscale("log")
        axis.set_ylim(foot / gap, head * gap)
    lost = int(table["vanished"].sum()), int(table["overflowed"].sum()), int(table["n"].sum())
    what = "median over the seeds and its middle half, by layer from the input"
    numbers = [each.name for each in found if any(each.lines.get(title) for title in groups)]
    what += f"; a line for each {' or '.join(numbers)}" if numbers else ""
    write_title(figure, f"{heading(question, dataset, what)}\n{_what_was_lost(*lost)}")
    return figure


def grouped(conditions: Sequence[str], found: Sequence[Sweep]) -> dict[str, dict[str, str]]:
    """Conditions on one line of a sweep together, each in the first that it is on.

    Returns:
        Title of the group to (condition to its number as text), in the order first met; a
        condition that is alone keeps its name, and its label is empty.
    """
    lines = [each for sweep in found for each in sweep.lines.items()]
    groups: dict[str, dict[str, str]] = {}
    for condition in conditions:
        title, numbers = next(
            ((title, numbers) for title, numbers in lines if condition in numbers),
            (condition, {}),
        )
        groups.setdefault(title, _labels(numbers, conditions) or {condition: ""})
    return groups


def _labels(numbers: Mapping[str, float], conditions: Sequence[str]) -> dict[str, str]:
    """The numbers of those conditions that are drawn, as text."""
    return {name: f"{number:g}" for name, number in numbers.items() if name in conditions}


def _pair(
    axes: Sequence[Axes],
    table: pd.DataFrame,
    title: str,
    conditions: dict[str, str],
    foot: float,
    head: float,
) -> None:
    """Draw one group: untrained on the left, trained on the right."""
    places = np.linspace(0, 0.9, len(conditions)) if len(conditions) > 1 else [0.3]
    colours = dict(zip(conditions, mpl.colormaps[COLOURS](places), strict=True))
    last = {condition: int(each["epoch"].max()) for condition, each in table.groupby("condition")}
    for (condition, epoch), each in table.groupby(["condition", "epoch"], sort=False):
        axis = axes[1] if epoch else axes[0]
        colour, layer = colours[condition], each["layer"].to_numpy()
        low, middle, high = (each[name].to_numpy() for name in ("p25", "p50", "p75"))
        shown = np.clip(np.where(middle == 0, np.nan, middle), None, np.finfo(float).max)
        shown = np.where(np.isinf(middle), np.nan, shown)
        axis.fill_between(
            layer, np.clip(low, foot, head), np.clip(high, foot, head), color=colour, alpha=0.2,
            linewidth=0,
        )  # fmt: skip
        axis.plot(layer, shown, ".-", color=colour, markersize=3, linewidth=1.2)
        for lost, at, mark in ((middle == 0, foot, "x"), (np.isinf(middle), head, "^")):
            axis.plot(layer[lost], np.full(lost.sum(), at), mark, color=colour, markersize=4)
    epochs = sorted(set(last.values()))
    after = str(epochs[0]) if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]}"
    for axis, when in zip(axes, ("untrained", f"after epoch {after}"), strict=True):
        axis.set_title(f"{title}\n{when}", fontsize=8)
        axis.set_xlabel("layer", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
        axis.set_xlim(0.5, table["layer"].max() + 0.5)
    if any(conditions.values()):
        lines = [Line2D([], [], color=colours[each]) for each in conditions]
        axes[0].legend(
            lines, list(conditions.values()), fontsize=6, loc="best", handlelength=1,
        )  # fmt: skip


def _what_was_lost(vanished: int, overflowed: int, of: int) -> str:
    if not vanished + overflowed:
        return "no norm is 0 or beyond float32"
    said = [f"{vanished:,} are 0 in float32 (x: the median is)"] * bool(vanished)
    said += [f"{overflowed:,} are not finite (triangle: the median is not)"] * bool(overflowed)
    return f"of {of:,} norms {' and '.join(said)}"
