"""Accuracy of each class after each segment, over the seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.confusion import class_accuracy
from analysis.runs import (
    RunLike,
    RunSet,
    class_names,
    class_segments,
    has_segments,
    segment_confusions,
)
from analysis.statistics.intervals import describe

Floats = NDArray[np.float64]
COLUMNS = ("condition", "epoch", "segment", "class", "n", "mean", "sd")


def segment_table(runs: Sequence[RunLike], set: str = "test-sample") -> pd.DataFrame:
    """Accuracy of each class after each segment of the first and of the last epoch.

    Args:
        runs: Records of one study and variant.
        set: Name of the set that was evaluated after every segment.

    Returns:
        Columns condition, epoch, segment (both from 1), class, n, mean, sd (over the finished
        runs that know it; NaN for one), fractions.

    Raises:
        ValueError: If runs of a condition differ in their epochs or segments.
    """
    rows, runs = [], RunSet.of(runs)
    for condition, grids in segment_grids(runs, set).items():
        epochs = grids.shape[1]
        for epoch in dict.fromkeys((1, epochs)):
            values = grids[:, epoch - 1]
            names = class_names(runs.finished[condition], values.shape[2])
            for segment, label in np.ndindex(values.shape[1:]):
                found = describe(values[:, segment, label])
                at = (condition, epoch, segment + 1, names[label])
                rows.append((*at, found["n"], found["mean"], found["sd"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def spread(values: Floats) -> Floats:
    """Standard deviation over the first axis; NaN where there is one seed."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)


def training_segments(runs: Sequence[RunLike], set: str) -> dict[str, NDArray[np.int32]]:
    """Condition to `class_segments` [seeds, epochs, classes] of its runs with segments."""
    found = {}
    for condition, finished in RunSet.of(runs).finished.items():
        chosen = [run for run in finished if has_segments(run, set)]
        if chosen:
            epochs = len(segment_confusions(chosen[0], set))
            found[condition] = np.stack([class_segments(run, epochs) for run in chosen])
    return found


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
