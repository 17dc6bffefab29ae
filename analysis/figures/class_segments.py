"""The figure of what classes lose and recover over the segments of an epoch."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from analysis.figures.panels import heat_map, label_cells
from analysis.metrics.confusion import class_accuracy
from analysis.rendering.formatting import counted
from analysis.runs import (
    RunLike,
    RunSet,
    class_segments,
    has_segments,
    segment_confusions,
)

Floats = NDArray[np.float64]
Spread = Literal["sd", "quartiles"]

SPREADS: Mapping[str, str] = {
    "sd": "standard deviation over seeds",
    "quartiles": "75th minus 25th percentile over seeds",
}
# Lightness alone orders either, so the colour-blind read them too; a small spread is pale.
ACCURACY_COLOURS = "cividis"
SPREAD_COLOURS = "PuBuGn"
DPI = 100


def class_segment_heatmap(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    set: str = "test-sample",
    spread: Spread = "sd",
    x_labels: Mapping[str, str] | None = None,
) -> Figure:
    """Accuracy of each class after each segment: mean and spread over seeds.

    One line of panels per condition: the mean in the first epoch, the mean in the last epoch, and
    the spread in the last epoch, classes in rows and segments in columns. All means share
    the scale 0 to 100 %, all spreads one scale from 0. An outlined cell marks a class just after
    its training segment; it is left out where the order of the classes differs between seeds.

    Args:
        runs: Records of one study and variant; finished ones with segments are drawn.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        set: Name of the set that was evaluated after every segment.
        spread: "sd" or "quartiles" (their distance).
        x_labels: Condition to a label of its horizontal axis in place of "after the segment of
            class", for orders in which no segment belongs to a class (shuffled).

    Returns:
        A figure 1400 pixels wide (at 100 dots an inch).

    Raises:
        ValueError: If no finished run has segments, or runs differ in epochs or segments.
    """
    if spread not in SPREADS:
        raise ValueError(f"received spread={spread!r}; expected 'sd' or 'quartiles'; pick one")
    found = _grids(runs, set)
    spreads = {name: 100 * _spread(grid[:, -1], spread) for name, (grid, _) in found.items()}
    widest = max((np.nanmax(each, initial=0) for each in spreads.values()), default=0.0)
    with_first = any(grid.shape[1] > 1 for grid, _ in found.values())
    figure, axes = _canvas([grid for grid, _ in found.values()], 3 if with_first else 2)
    for row, (condition, (grid, order)) in zip(axes, found.items(), strict=True):
        label = (x_labels or {}).get(condition)
        name, last = textwrap.fill(condition, 50), grid.shape[1]
        for axis, epoch in zip(row[:-1], [1, last] if with_first else [last], strict=True):
            mean = 100 * grid[:, epoch - 1].mean(axis=0)
            title = f"{name}\nepoch {epoch} of {last}, mean of {counted(len(grid), 'seed')}"
            _panel(axis, mean, order[:, epoch - 1], title, label, "accuracy (%)")
        title = f"{name}\nepoch {last} of {last}, spread of {counted(len(grid), 'seed')}"
        bar = f"{SPREADS[spread]} (points)"
        _panel(
            row[-1], spreads[condition], order[:, -1], title, label, bar,
            # One seed has no spread, and equal seeds have none: the scale must still have a width.
            highest=max(widest, 1.0), colours=SPREAD_COLOURS,
        )  # fmt: skip
    figure.suptitle(
        f"{textwrap.fill(question, 110)}\n{dataset}, {set}: accuracy of each class "
        "after each segment (outlined: just after the class's own segment)"
    )
    return figure


def _grids(runs: Sequence[RunLike], set: str) -> dict[str, tuple[Floats, NDArray[np.int32]]]:
    """Condition to its accuracies [seeds, epochs, segments, classes] and `class_segments`."""
    found = {}
    for condition, finished in RunSet.of(runs).finished.items():
        chosen = [run for run in finished if has_segments(run, set)]
        if chosen:
            grid = _seeds(chosen, set)
            orders = [class_segments(run, grid.shape[1]) for run in chosen]
            found[condition] = grid, np.stack(orders)
    if not found:
        raise ValueError(
            f"received {len(runs)} runs, none finished with segment evaluations of {set!r}; "
            "expected one after every segment; run a study that evaluates segments"
        )
    return found


def _canvas(grids: Sequence[Floats], columns: int) -> tuple[Figure, NDArray[np.object_]]:
    """A figure with a row of panels for each condition, as high as its classes ask."""
    classes = min(max(grid.shape[-1] for grid in grids), 40)
    high = 1.0 + len(grids) * (1.8 + 0.27 * classes)
    figure = Figure(figsize=(14, high), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(len(grids), columns, squeeze=False)


def _seeds(runs: Sequence[RunLike], set: str) -> Floats:
    """Accuracies [seeds, epochs, segments, classes]."""
    grids = [class_accuracy(segment_confusions(run, set)) for run in runs]
    shapes = {grid.shape for grid in grids}
    if len(shapes) > 1:
        raise ValueError(
            f"received runs of {runs[0].condition!r} with epochs, segments and classes "
            f"{sorted(shapes)}; expected the same for all; draw runs without early stopping"
        )
    return np.stack(grids)


def _spread(values: Floats, spread: Spread) -> Floats:
    """Spread over the first axis; NaN where there is one seed."""
    if len(values) < 2:
        return np.full(values.shape[1:], np.nan)
    if spread == "sd":
        return values.std(axis=0, ddof=1)
    low, high = np.percentile(values, [25, 75], axis=0, method="linear")
    return high - low


def _panel(
    axis: Axes,
    values: Floats,
    orders: NDArray[np.int32],
    title: str,
    x_label: str | None,
    bar_label: str,
    *,
    highest: float = 100.0,
    colours: str = ACCURACY_COLOURS,
) -> None:
    """Draw values [segments, classes] with classes in rows."""
    segments, classes = values.shape
    same = bool((orders == orders[0]).all())
    ticks = [str(segment) for segment in range(1, segments + 1)]
    fallback = "after segment (class order differs by seed)"
    if same:
        shown = [np.flatnonzero(orders[0] == segment) for segment in range(1, segments + 1)]
        ticks = [", ".join(map(str, each)) or "-" for each in shown]
        fallback = "after the segment of class"
    heat_map(
        axis,
        values.T,
        colours=colours,
        scale=Normalize(0, highest),
        decimals=0 if highest >= 100 else 1,
        bar=bar_label,
    )
    if np.isnan(values).all():
        axis.text(0.5, 0.5, "one seed: no spread", transform=axis.transAxes, ha="center")
    elif same:
        for c in np.flatnonzero(orders[0]).tolist():
            corner = (int(orders[0, c]) - 1, c)
            axis.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="#d62728", linewidth=1.5))
    label_cells(axis, ticks, [str(k) for k in range(classes)])
    axis.set_title(title, fontsize=10)
    axis.set_xlabel(textwrap.fill(x_label or fallback, 55))
    axis.set_ylabel("accuracy on class")
