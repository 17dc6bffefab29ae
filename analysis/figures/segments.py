"""Accuracy of each class after each segment, as a table and as small panels of many conditions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures.panels import colour_bar, grid, heading, heat_map, label_cells, seed_titles
from analysis.metrics.confusion import class_accuracy
from analysis.runs import RunLike, RunSet, class_names, has_segments, segment_confusions

Floats = NDArray[np.float64]
COLUMNS = ("condition", "epoch", "segment", "class", "n", "mean", "sd")
NUMBERS_UP_TO = 6
"""Panels whose cells have room for numbers."""


def segment_table(runs: Sequence[RunLike], set: str = "test-sample") -> pd.DataFrame:
    """Accuracy of each class after each segment of the first and of the last epoch.

    Args:
        runs: Records of one study and variant.
        set: Name of the set that was evaluated after every segment.

    Returns:
        Columns condition, epoch, segment (both from 1), class, n, mean, sd (over the finished
        runs; NaN for one), fractions.

    Raises:
        ValueError: If runs of a condition differ in their epochs or segments.
    """
    rows, runs = [], RunSet.of(runs)
    for condition, grids in segment_grids(runs, set).items():
        epochs = grids.shape[1]
        for epoch in dict.fromkeys((1, epochs)):
            values = grids[:, epoch - 1]
            mean = values.mean(axis=0)
            sd = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(mean.shape, np.nan)
            names = class_names(runs.finished[condition], mean.shape[1])
            for segment, label in np.ndindex(mean.shape):
                at = (condition, epoch, segment + 1, names[label], len(values))
                rows.append((*at, float(mean[segment, label]), float(sd[segment, label])))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def segment_figure(
    runs: Sequence[RunLike], *, set: str = "test-sample", question: str, dataset: str
) -> Figure:
    """Draw a small heat map for each condition: the mean over the seeds in the last epoch.

    Args:
        runs: Records of one study and variant.
        set: Name of the set that was evaluated after every segment.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.

    Raises:
        ValueError: If no finished run has segments, or runs differ in epochs or segments.
    """
    runs = RunSet.of(runs)
    found = segment_grids(runs, set)
    if not found:
        raise no_segments(runs, set)
    what = f"accuracy of each class after each segment of the last epoch, {set}, mean"
    few = len(found) <= NUMBERS_UP_TO
    figure, axes = grid(
        seed_titles({name: len(grids) for name, grids in found.items()}),
        across=3 if few else 4,
        high=3.1 if few else 2.5,
        share_y=False,
        heading=heading(question, dataset, what),
    )
    for axis, (condition, grids) in zip(axes, found.items(), strict=True):
        mean = 100 * grids[:, -1].mean(axis=0).T
        mesh = heat_map(axis, mean, colours="cividis", scale=Normalize(0, 100), numbers=few)
        classes, segments = mean.shape
        names = class_names(runs.finished[condition], classes)
        label_cells(axis, [str(k + 1) for k in range(segments)], list(map(str, names)))
        axis.set_xlabel("after segment")
        axis.set_ylabel("class")
    colour_bar(axes, mesh, "accuracy (%)", shrink=0.6)
    return figure


def no_segments(runs: Sequence[RunLike], set: str) -> ValueError:
    """The refusal of runs without evaluations after their segments."""
    return ValueError(
        f"received {len(runs)} runs, none finished with segment evaluations of {set!r}; "
        "expected one after every segment; run a study that evaluates segments"
    )


def segment_grids(runs: Sequence[RunLike], set: str) -> dict[str, Floats]:
    """Condition to accuracies [seeds, epochs, segments, classes] of the runs that have segments.

    Raises:
        ValueError: If runs of a condition differ in their epochs or segments.
    """
    found = {}
    for condition, finished in RunSet.of(runs).finished.items():
        grids = [
            class_accuracy(segment_confusions(run, set))
            for run in finished
            if has_segments(run, set)
        ]
        shapes = {each.shape for each in grids}
        if len(shapes) > 1:
            raise ValueError(
                f"received runs of {condition!r} with epochs, segments and classes "
                f"{sorted(shapes)}; expected the same for all; draw runs without early stopping"
            )
        if grids:
            found[condition] = np.stack(grids)
    return found
