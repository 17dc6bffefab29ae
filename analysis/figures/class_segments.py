"""The figure of what classes lose and recover over the segments of an epoch."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures.look import PLAIN, Look
from analysis.figures.panels import blank, heat_map, label_cells, write_title
from analysis.figures.segments import outline
from analysis.rendering.formatting import counted
from analysis.runs import RunLike, RunSet, class_names
from analysis.segments import no_segments, segment_grids, spread, training_segments

Floats = NDArray[np.float64]


class Scale(NamedTuple):
    """How values are coloured. Lightness alone orders either, so the colour-blind read them too."""

    highest: float
    colours: str
    label: str


MOST_ROWS = 40
"""Classes up to which each has a row that holds a number."""
MEANS = Scale(100.0, "cividis", "accuracy (%)")


def class_segment_heatmap(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    set: str = "test-sample",
    x_labels: Mapping[str, str] | None = None,
) -> Figure:
    """Accuracy of each class after each segment: mean and standard deviation over seeds.

    One line of panels per condition: the mean in the first epoch, the mean in the last epoch, and
    the spread in the last epoch, classes in rows and segments in columns. All means share
    the scale 0 to 100 %, all spreads one scale from 0. An outlined cell marks a class just after
    its training segment; it is left out where the order of the classes differs between seeds.

    Args:
        runs: Records of one study and variant; finished ones with segments are drawn.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.
        set: Name of the set that was evaluated after every segment.
        x_labels: Condition to a label of its horizontal axis, where no segment belongs to a class.

    Returns:
        A figure 14 inches wide where its look does not say another width.

    Raises:
        ValueError: If no finished run has segments, or runs differ in epochs or segments.

    Examples:
        >>> from analysis import class_segment_heatmap
        >>> from studies import read
        >>> runs = read("class-order").records
        >>> figure = class_segment_heatmap(runs, question="What is lost?", dataset="MNIST")
        >>> figure.axes[0].get_ylabel()
        'accuracy on class'
    """
    runs = RunSet.of(runs)
    grids = segment_grids(runs, set)
    if not grids:
        raise no_segments(runs, set)
    orders = training_segments(runs, set)
    spreads = {name: 100 * spread(grid[:, -1]) for name, grid in grids.items()}
    # One seed has no spread, and equal seeds have none: the scale must still have a width.
    widest = max(1.0, *(np.nanmax(each, initial=0) for each in spreads.values()))
    with_first = any(grid.shape[1] > 1 for grid in grids.values())
    classes = min(max(grid.shape[-1] for grid in grids.values()), MOST_ROWS)
    figure = blank(look.wide(14), 1.0 + len(grids) * (1.8 + 0.27 * classes))
    axes = figure.subplots(len(grids), 3 if with_first else 2, squeeze=False)
    for row, (condition, grid) in zip(axes, grids.items(), strict=True):
        label = (x_labels or {}).get(condition)
        name, last = textwrap.fill(condition, 50), grid.shape[1]
        seeds = counted(len(grid), "seed")
        names = class_names(runs.finished[condition], grid.shape[-1])
        for axis, epoch in zip(row[:-1], [1, last] if with_first else [last], strict=True):
            title = f"{name}\nepoch {epoch} of {last}, mean of {seeds}"
            mean = 100 * grid[:, epoch - 1].mean(axis=0)
            _panel(axis, mean, orders[condition][:, epoch - 1], title, label, MEANS, names)
        title = f"{name}\nepoch {last} of {last}, spread of {seeds}"
        scale = Scale(widest, "PuBuGn", "standard deviation over seeds (points)")
        _panel(row[-1], spreads[condition], orders[condition][:, -1], title, label, scale, names)
    write_title(
        figure,
        f"{question}\n{dataset}, {set}: accuracy of each class after each segment (outlined: just "
        "after the class's own segment)",
    )
    return figure


def _panel(
    axis: Axes,
    values: Floats,
    orders: NDArray[np.int32],
    title: str,
    x_label: str | None,
    shown: Scale,
    names: Sequence[int],
) -> None:
    """Draw values [segments, classes] with classes in rows."""
    segments = len(values)
    same = bool((orders == orders[0]).all())
    ticks = [str(segment) for segment in range(1, segments + 1)]
    fallback = "after segment (class order differs by seed)"
    if same:
        each = [np.flatnonzero(orders[0] == segment) for segment in range(1, segments + 1)]
        ticks = [", ".join(str(names[k]) for k in labels.tolist()) or "-" for labels in each]
        fallback = "after the segment of class"
    heat_map(
        axis,
        values.T,
        colours=shown.colours,
        scale=Normalize(0, shown.highest),
        decimals=0 if shown.highest >= 100 else 1,
        numbers=values.shape[1] <= MOST_ROWS,
        bar=shown.label,
    )
    if np.isnan(values).all():
        axis.text(0.5, 0.5, "one seed: no spread", transform=axis.transAxes, ha="center")
    elif same:
        outline(axis, orders[0])
    label_cells(axis, ticks, list(map(str, names)))
    axis.set_title(title, fontsize=10)
    axis.set_xlabel(textwrap.fill(x_label or fallback, 55))
    axis.set_ylabel("accuracy on class")
