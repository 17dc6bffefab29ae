"""The figure of sequential comparisons: the estimate with its repeated interval, look by look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.panels import COLOURS, INK, grid, legend_below
from analysis.rendering.text import clean
from analysis.statistics.looks import Looked
from analysis.statistics.result import Comparison

MOST = 6.0
"""What the axis shows, in half-widths of the narrowest interval: early ones may be a hundred."""


def looks_figure(comparisons: Sequence[Comparison]) -> Figure:
    """Draw a panel for each comparison: its difference at each look, with the boundary.

    Bars are repeated intervals, which hold together; the shaded range is where a difference would
    not be told from 0 at its look: an estimate outside it ends the comparison.

    Args:
        comparisons: Under one plan of looks.

    Raises:
        ValueError: None has reached a look with an interval.
    """
    looked = [
        c
        for c in comparisons
        if c.looks is not None and any(d.ci_low is not None for d in c.looks.differences)
    ]
    if not looked:
        raise ValueError(
            "received no comparison with a look at values that vary; expected some; run the first "
            "look"
        )
    titles = [f"{clean(c.a)} minus {clean(c.b)}: {c.verdict}" for c in looked]
    first = looked[0]
    assert first.looks is not None
    about = f"{first.metric}: {first.looks.plan}"
    figure, axes = grid(titles, high=3.0, share_y=False, heading=about)
    for axis, c in zip(axes, looked, strict=True):
        _panel(axis, c, c.looks)  # type: ignore[arg-type]
    axes[0].set_ylabel(f"difference ({first.unit})")
    legend_below(figure, *axes[0].get_legend_handles_labels())
    return figure


def _panel(axis: Axes, c: Comparison, looked: Looked) -> None:
    there = [(k, d) for k, d in enumerate(looked.differences) if d.ci_low is not None]
    seeds = [looked.plan.looks[k] for k, _ in there]
    mean = np.array([d.points for _, d in there], dtype=float)
    half = np.array([d.ci_high for _, d in there], dtype=float) - mean
    axis.fill_between(
        seeds,
        -half,
        half,
        color=COLOURS[0],
        alpha=0.15,
        linewidth=0,
        label="within the boundary: not told from 0",
    )
    if len(seeds) == 1:  # a band of no width is not seen
        axis.vlines(seeds, -half, half, color=COLOURS[0], alpha=0.3, linewidth=12)
    axis.errorbar(
        seeds,
        mean,
        yerr=half,
        fmt="o",
        color=INK,
        capsize=4,
        label=f"difference, repeated {100 * c.difference.level:g} % interval",
    )
    if c.equivalence is not None:
        for margin in (-c.equivalence.margin, c.equivalence.margin):
            axis.axhline(margin, color=COLOURS[2], linewidth=1, linestyle=":")
    axis.axhline(0, color=INK, linewidth=1, linestyle="--", zorder=0)
    axis.set_xlim(0, 1.05 * looked.plan.looks[-1])
    axis.set_xticks(looked.plan.looks)
    shown = max(MOST * half.min(), 1.2 * float(np.abs(mean).max()))
    axis.set_ylim(-shown, shown)
    axis.set_xlabel("seeds")
