"""The figure of the classes over the segments of the last epoch, a heat map for each condition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from analysis.figures.look import PLAIN, Look
from analysis.figures.panels import (
    ANNOTATED_UP_TO,
    colour_bar,
    condition_grid,
    heat_map,
    label_cells,
    label_outside,
)
from analysis.runs import RunLike, RunSet, class_names
from analysis.segments import no_segments, segment_grids, training_segments

Floats = NDArray[np.float64]
NUMBERS_UP_TO = 6
"""Panels whose cells have room for numbers."""


def segment_figure(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    set: str = "test-sample",
) -> Figure:
    """Draw a heat map for each condition: the mean over the seeds in the last epoch, one scale.

    An outlined cell marks a class just after its training segment; it is left out where the order
    of the classes differs between seeds.

    Args:
        runs: Records of one study and variant.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.
        set: Name of the set that was evaluated after every segment.

    Raises:
        ValueError: If no finished run has segments, or runs differ in epochs or segments.
    """
    runs = RunSet.of(runs)
    found = segment_grids(runs, set)
    if not found:
        raise no_segments(runs, set)
    orders = training_segments(runs, set)
    few = len(found) <= NUMBERS_UP_TO
    low = max(grids.shape[-1] for grids in found.values()) > ANNOTATED_UP_TO
    figure, axes = condition_grid(
        {name: len(grids) for name, grids in found.items()},
        question,
        dataset,
        f"accuracy of each class after each segment of the last epoch, {set}, mean",
        across=3 if few else 4,
        high=3.1 if few else 2.5,
        share_y=False,
        look=look,
    )
    for axis, (condition, grids) in zip(axes, found.items(), strict=True):
        mean = 100 * grids[:, -1].mean(axis=0).T
        mesh = heat_map(
            axis, mean, colours="cividis", scale=Normalize(0, 100), numbers=few and not low
        )
        classes, segments = mean.shape
        names = class_names(runs.finished[condition], classes)
        label_cells(axis, [str(k + 1) for k in range(segments)], list(map(str, names)))
        last = orders[condition][:, -1]
        outline(axis, last[0] if (last == last[0]).all() else None)
        axis.set_xlabel("after segment")
        axis.set_ylabel("class")
    label_outside(axes)
    colour_bar(axes, mesh, "accuracy (%)")
    return figure


def outline(axis: Axes, segments: NDArray[np.int32] | None) -> None:
    """Outline the cell of each class, a row, just after its training segment, from 1 (0: none)."""
    if segments is not None:
        for c in np.flatnonzero(segments).tolist():
            corner = (int(segments[c]) - 1, c)
            axis.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="#d62728", linewidth=1.5))
