"""The figure of the confusion matrices, one beside the other."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from analysis.confusions import confusion_proportions
from analysis.figures.look import PLAIN, Look
from analysis.figures.panels import (
    colour_bar,
    condition_grid,
    heat_map,
    label_cells,
    label_outside,
)
from analysis.runs import RunLike, RunSet, class_names, no_evaluation

NUMBERS_UP_TO = 4
"""Panels whose cells have room for numbers."""


def confusion_figure(
    runs: Sequence[RunLike],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
    set: str = "test",
) -> Figure:
    """Draw a heat map for each condition: true classes in rows, predicted classes in columns.

    Colours go by the square root of the proportion, so that errors of a few percent are seen; what
    rounds to 0 has no number.

    Args:
        runs: Records of one study and variant.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.
        set: Name of the evaluated set.

    Raises:
        ValueError: If no finished run evaluated the set.
    """
    runs = RunSet.of(runs)
    found = confusion_proportions(runs, set)
    if not found:
        raise no_evaluation(runs, set)
    few = len(found) <= NUMBERS_UP_TO
    figure, axes = condition_grid(
        {name: n for name, (n, _) in found.items()},
        question,
        dataset,
        f"what each class is taken for, {set} set, in percent of the true class",
        across=2 if few else 4,
        high=4.6 if few else 2.7,
        share_y=False,
        look=look,
    )
    scale = PowerNorm(0.5, 0, 100)
    for axis, (condition, (_, proportions)) in zip(axes, found.items(), strict=True):
        mesh = heat_map(
            axis, 100 * proportions, colours="cividis", scale=scale, numbers=few, zeros=False
        )
        axis.set_aspect("equal")
        labels = list(map(str, class_names(runs.finished[condition], len(proportions))))
        label_cells(axis, labels, labels)
        axis.set_xlabel("predicted class")
        axis.set_ylabel("true class")
    label_outside(axes)
    # Square panels in a grid that is not: else the labels of one may lie under its neighbour.
    figure.set_layout_engine("compressed")
    colour_bar(axes, mesh, "proportion of the true class (%)")
    return figure
