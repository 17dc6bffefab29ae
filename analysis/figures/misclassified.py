"""The figure of the test images that most networks of a condition take for another class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.figures.look import PLAIN, Look
from analysis.figures.panels import blank, heading, write_title

ACROSS = 10
MOST_CONDITIONS = 12


def misclassified_figure(
    table: pd.DataFrame,
    images: Mapping[str, NDArray[np.generic]],
    *,
    question: str,
    dataset: str,
    look: Look = PLAIN,
) -> Figure:
    """Draw the images at the head of each condition's part of a `misclassified_table`.

    Above each its true class, the class that it is most often taken for, and by how many runs.

    Args:
        table: As `misclassified_table` returns it.
        images: Condition to the images of its test file, [m, height, width] or
            [m, height, width, 1 or 3]. At most the first 12 conditions are drawn.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.

    Returns:
        A figure 13 inches wide where its look does not say another width.

    Raises:
        ValueError: If nothing was misclassified, or the examples are no images.
    """
    every = list(dict.fromkeys(table["condition"]))
    conditions = every[:MOST_CONDITIONS]
    if not conditions:
        raise ValueError(
            "received runs that misclassify nothing; expected an error to draw; look at the table"
        )
    _check_images([images[condition] for condition in conditions])
    down = 2 if len(conditions) <= 4 else 1
    figure = blank(look.wide(13), 0.9 + len(conditions) * (0.4 + 1.65 * down))
    parts = figure.subfigures(len(conditions), 1, squeeze=False).ravel()
    for part, condition in zip(parts, conditions, strict=True):
        rows = table[table["condition"] == condition]
        n = int(rows["n"].iloc[0])
        part.suptitle(
            f"{condition}: {len(rows):,} test examples misclassified by "
            f"{'the only run' if n == 1 else f'at least one of {n} runs'}",
            fontsize=9,
        )
        axes = part.subplots(down, ACROSS, squeeze=False).ravel()
        _draw_images(axes, rows, images[condition])
    part_of = f", {len(conditions)} of {len(every)} conditions" * (len(conditions) < len(every))
    what = f"the test images that most runs take for another class{part_of}"
    write_title(figure, heading(question, dataset, what))
    return figure


def _check_images(examples: Sequence[NDArray[np.generic]]) -> None:
    for each in examples:
        shape = each.shape[1:]
        if not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))):
            raise ValueError(
                f"received examples of shape {shape}; expected images of height x width, or with "
                "one or three channels; look at the table instead"
            )


def _draw_images(axes: Sequence[Axes], rows: pd.DataFrame, images: NDArray[np.generic]) -> None:
    """Draw the first images of a condition, each with its classes and its number of runs."""
    for axis in axes:
        axis.set_axis_off()
    low, high = float(images.min()), float(images.max())
    for axis, row in zip(axes, rows.head(len(axes)).to_dict("records"), strict=False):
        pixels = images[row["position"]].squeeze()
        axis.imshow(pixels, cmap="gray_r" if pixels.ndim == 2 else None, vmin=low, vmax=high)
        axis.set_title(
            f"{row['true']}, taken for {row['predicted']}\n{row['runs']} of {row['n']} runs",
            fontsize=7,
        )
