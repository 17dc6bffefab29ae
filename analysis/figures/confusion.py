"""The figure of the confusion matrices, one beside the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures.panels import colour_bar, grid, heading, heat_map, label_cells, seed_titles
from analysis.runs import RunLike, RunSet, class_names, last_evaluation

Floats = NDArray[np.float64]
COLUMNS = ("condition", "true", "predicted", "n", "proportion")
NUMBERS_UP_TO = 4
"""Panels whose cells have room for numbers."""


def confusion_table(runs: Sequence[RunLike], set: str = "test") -> pd.DataFrame:
    """What each class is taken for at the end, over all finished runs together.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.

    Returns:
        Columns condition, true, predicted (classes), n (runs), proportion (of the true class's
        examples in all these runs, a fraction; NaN for a class without examples).

    Raises:
        ValueError: If runs of a condition differ in their classes.
    """
    rows, runs = [], RunSet.of(runs)
    for condition, (n, proportions) in _proportions(runs, set).items():
        names = class_names(runs.finished[condition], len(proportions))
        for (true, predicted), proportion in np.ndenumerate(proportions):
            rows.append((condition, names[true], names[predicted], n, float(proportion)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def confusion_figure(
    runs: Sequence[RunLike], *, set: str = "test", question: str, dataset: str
) -> Figure:
    """Draw a heat map for each condition: true classes in rows, predicted classes in columns.

    Colours go by the square root of the proportion, so that errors of a few percent are seen.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.

    Raises:
        ValueError: If no finished run evaluated the set.
    """
    runs = RunSet.of(runs)
    found = _proportions(runs, set)
    if not found:
        raise ValueError(
            f"received {len(runs)} runs, none finished with an evaluation of {set!r}; expected "
            "one at the end; run the study first"
        )
    few = len(found) <= NUMBERS_UP_TO
    what = f"what each class is taken for, {set} set, in percent of the true class"
    figure, axes = grid(
        seed_titles({name: n for name, (n, _) in found.items()}),
        across=2 if few else 4,
        high=4.6 if few else 2.7,
        share_y=False,
        heading=heading(question, dataset, what),
    )
    scale = PowerNorm(0.5, 0, 100)
    for axis, (condition, (_, proportions)) in zip(axes, found.items(), strict=True):
        mesh = heat_map(axis, 100 * proportions, colours="cividis", scale=scale, numbers=few)
        axis.set_aspect("equal")
        labels = list(map(str, class_names(runs.finished[condition], len(proportions))))
        label_cells(axis, labels, labels)
        axis.set_xlabel("predicted class")
        axis.set_ylabel("true class")
    colour_bar(axes, mesh, "proportion of the true class (%)", shrink=0.6)
    return figure


def _proportions(runs: Sequence[RunLike], set: str) -> dict[str, tuple[int, Floats]]:
    """Condition to its number of runs and [true, predicted] proportions."""
    found = {}
    for condition, finished in RunSet.of(runs).finished.items():
        last = [each for run in finished if (each := last_evaluation(run, set)) is not None]
        if not last:
            continue
        shapes = {each.confusion.shape for each in last}
        if len(shapes) > 1:
            raise ValueError(
                f"received runs of {condition!r} with confusion matrices {sorted(shapes)}; "
                "expected one shape; pass the runs of one variant"
            )
        counts = np.sum([each.confusion for each in last], axis=0)
        sizes = counts.sum(axis=1, keepdims=True).astype(float)
        proportions = np.divide(counts, sizes, out=np.full(counts.shape, np.nan), where=sizes > 0)
        found[condition] = (len(last), proportions)
    return found
