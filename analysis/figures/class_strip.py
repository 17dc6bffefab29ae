"""The figure of the classes at the end: a strip of all seeds for each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.panels import FAINT, INK, MOST_MARKS, TICKS, grid, heading, seed_titles
from analysis.metrics.confusion import class_accuracy
from analysis.runs import RunLike, RunSet, class_names, last_evaluation

COLUMNS = ("condition", "class", "seed", "accuracy")
HALF = 0.3
"""Half the width of a strip, where the distance of two classes is 1."""


def class_strip_table(runs: Sequence[RunLike], set: str = "test") -> pd.DataFrame:
    """Final accuracy of each class in each finished run, from the last evaluation of a set.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.

    Returns:
        Columns condition, class, seed, accuracy (a fraction; NaN for a class without examples).
    """
    rows = []
    for condition, finished in RunSet.of(runs).finished.items():
        for run in sorted(finished, key=lambda run: run.seed):
            last = last_evaluation(run, set)
            if last is not None:
                values = class_accuracy(last.confusion).tolist()
                names = class_names([run], len(values))
                rows += [(condition, *each, run.seed) for each in zip(names, values, strict=True)]
    table = pd.DataFrame(rows, columns=["condition", "class", "accuracy", "seed"])
    return table[list(COLUMNS)]


def class_strip_figure(
    runs: Sequence[RunLike], *, set: str = "test", question: str, dataset: str
) -> Figure:
    """Draw a panel for each condition: every seed of every class as a point, medians as bars.

    Within a strip the seeds stand from left to right in their order, so that equal values are seen.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.

    Raises:
        ValueError: If no finished run evaluated the set.
    """
    table = class_strip_table(runs, set)
    if table.empty:
        raise ValueError(
            f"received {len(runs)} runs, none finished with an evaluation of {set!r}; expected "
            "one at the end; run the study first"
        )
    seeds = table.groupby("condition", sort=False)["seed"].nunique()
    what = f"final {set} accuracy of each class: each seed, and the median"
    figure, axes = grid(
        seed_titles(seeds.to_dict()),
        across=2,
        high=2.6,
        heading=heading(question, dataset, what),
    )
    for axis, (_, rows) in zip(axes, table.groupby("condition", sort=False), strict=True):
        wide = 100 * rows.pivot(index="seed", columns="class", values="accuracy")
        classes = np.arange(wide.shape[1])
        beside = np.linspace(-HALF, HALF, len(wide)) if len(wide) > 1 else np.zeros(1)
        axis.plot(
            (classes + beside[:, None]).ravel(),
            wide.to_numpy().ravel(),
            "o",
            color=FAINT,
            alpha=0.55,
            markersize=3,
            markeredgewidth=0,
            rasterized=len(table) > MOST_MARKS,
        )
        middle = wide.median().to_numpy()
        axis.hlines(middle, classes - 0.4, classes + 0.4, color=INK, linewidth=1.8)
        shown = classes[:: -(-len(classes) // TICKS)]
        axis.set_xticks(shown, wide.columns[shown])
        axis.set_xlabel("class")
        axis.grid(axis="y", alpha=0.3)
    for axis in axes[::2]:
        axis.set_ylabel(f"{set} accuracy (%)")
    return figure
