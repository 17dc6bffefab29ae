"""The figure of a check: what was reported elsewhere, minus what was measured here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.look import COLOURS, PLAIN, Look
from analysis.figures.panels import GROUND, INK, LETTER, blank, filled, legend_below, write_title
from analysis.metrics.registry import metric_named
from analysis.rendering.text import clean

OURS, THEIRS = COLOURS[0], COLOURS[1]
ROW = 0.24
"""Inches of a row."""


def reported_figure(
    figures: pd.DataFrame, *, question: str, dataset: str, look: Look = PLAIN
) -> Figure:
    """Draw every reported figure as its difference from the mean of our runs.

    A bar is our prediction interval, around our mean at 0; a point is the reported figure, hollow
    where it lies outside. What cannot be decided is drawn without a bar.

    Args:
        figures: What `check_figures` returned; in a study with several units a panel for each.
        question: The study's question, for the title.
        dataset: The data set's name, for the title.
        look: How wide the figure is.

    Raises:
        ValueError: If none of our runs has one of the figures.
    """
    measured = figures[figures["n"] > 0]
    if measured.empty:
        raise ValueError("received no runs of a reported figure; expected some to draw; run them")
    units = measured["metric"].map(lambda metric: metric_named(metric).unit)
    groups = [rows for _, rows in measured.groupby(units, sort=False)]
    figure = blank(look.wide(8), 1.4 + sum(0.7 + ROW * len(rows) for rows in groups))
    panels = figure.subplots(len(groups), height_ratios=[len(g) + 2 for g in groups], squeeze=False)
    several = bool((measured.groupby("condition")["metric"].nunique() > 1).any())
    for axes, rows in zip(panels[:, 0], groups, strict=True):
        _panel(axes, rows, figure.get_figwidth(), named=several)
    inside = int((measured["inside"] == True).sum())  # noqa: E712  (None is undecided)
    write_title(
        figure,
        f"{question}\n{dataset}: {inside} of {measured['inside'].count()} reported figures inside "
        "our 95 % prediction interval",
    )
    legend_below(figure, *panels[0, 0].get_legend_handles_labels())
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, width: float, *, named: bool) -> None:
    """The figures of one unit, the first on top."""
    metric = metric_named(str(rows["metric"].iloc[0]))
    scale, unit = (100, "points") if metric.is_fraction else (1, metric.unit)
    place = np.arange(len(rows))
    mean, low, high, reported = (
        scale * rows[name].to_numpy(float) for name in ("mean", "low", "high", "reported")
    )
    reach = np.nan_to_num(np.array([mean - low, high - mean]))
    axes.errorbar(
        np.zeros(len(rows)),
        place,
        xerr=reach,
        fmt="none",
        ecolor=OURS,
        elinewidth=5,
        alpha=0.45,
        label="our 95 % prediction interval",
    )
    decided = rows["inside"].notna().to_numpy()
    inside = (rows["inside"] == True).to_numpy()  # noqa: E712
    faces = np.where(inside, THEIRS, GROUND)[decided]
    said, open_ = "reported (hollow: outside)", "reported (undecided: one run of ours)"
    for chosen, look in (
        (decided, {"c": faces, "edgecolors": THEIRS, "label": said}),
        (~decided, {"c": THEIRS, "marker": "x", "label": open_}),
    ):
        if chosen.any():
            axes.scatter((reported - mean)[chosen], place[chosen], s=30, zorder=3, **look)
    axes.axvline(0, color=INK, linewidth=1, linestyle="--", zorder=0)
    labels = [clean(_label(row, named)) for row in rows.to_dict("records")]
    axes.set_yticks(place, labels)
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    room = width - LETTER * max(map(len, labels))
    axes.set_xlabel(filled(f"reported minus our mean ({unit})", room))
    axes.spines[["top", "right", "left"]].set_visible(False)


def _label(row: dict[str, Any], named: bool) -> str:
    """A figure's condition, with its class and its metric where they are needed."""
    class_ = "" if pd.isna(row["class"]) else f", class {row['class']}"
    metric = f": {row['metric']}" if named else ""
    return f"{row['condition']}{metric}{class_}"
