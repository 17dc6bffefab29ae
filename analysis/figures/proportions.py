"""The figure of a proportion: against one parameter, line by line of another, panel by panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.figures.look import COLOURS
from analysis.figures.panels import blank, write_title
from analysis.metrics.values import values_of
from analysis.proportions import proportion_table
from analysis.runs import RunLike, RunSet

Ints = NDArray[np.int64]

MARK = COLOURS[1]
STYLES = tuple(zip(COLOURS, "os^D", strict=False))


def proportion_figure(
    runs: Sequence[RunLike],
    parameters: Mapping[str, Mapping[str, Any]],
    *,
    metric: str,
    along: str,
    lines: str,
    rows: str,
    columns: str,
    counted: str,
    question: str,
) -> Figure:
    """Draw how often a metric is 1, and beside it the distribution of a whole-number score.

    Args:
        runs: Records of one study and variant.
        parameters: Of each condition.
        metric: The figure that is 0 or 1; conditions without it are left out.
        along: The parameter on the horizontal axis, a number above 0.
        lines: The parameter with a line, and its 95 % intervals, for each value.
        rows: The parameter with a row of panels for each value; marked in the distributions.
        columns: The parameter with a column of panels for each value.
        counted: The score whose distribution is shown, a line for each condition.
        question: The study's question, for the title.

    Returns:
        A figure with two panels for each value of `rows` with each of `columns`.

    Raises:
        ValueError: If no run has the metric.
    """
    table = _table(runs, parameters, metric, (along, lines, rows, columns))
    runs = RunSet.of(runs)
    scores = {name: values_of(runs, counted, name) for name in table["its condition"]}
    lowest, highest = (f(f(each) for each in scores.values()) for f in (min, max))
    bins = np.arange(min(1, int(lowest)), int(highest) + 1)
    down, across = (list(dict.fromkeys(table[name])) for name in (rows, columns))
    figure = blank(1.5 + 3.2 * 2 * len(across), 1.2 + 3.2 * len(down))
    axes = figure.subplots(len(down), 2 * len(across), squeeze=False)
    left, right = axes[:, : len(across)], axes[:, len(across) :]
    for i, row in enumerate(down):
        for j, column in enumerate(across):
            part = table[(table[rows] == row) & (table[columns] == column)]
            _proportions(left[i, j], part, along, lines)
            image = _distribution(right[i, j], part.sort_values([lines, along]), scores, bins)
            right[i, j].axvspan(row - 0.5, row + 0.5, fill=False, edgecolor=MARK, linewidth=2)
            right[i, j].set_xlabel(counted)
            for axis in (left[i, j], right[i, j]):
                axis.set_title(f"{column}, {rows} {row}", fontsize=9)
        _name_conditions(right[i, 0], table[table[rows] == row], along, lines)
        left[i, 0].set_ylabel(f"{metric} (%)")
    for axis in left.flat:
        axis.set_ylim(0, min(100.0, 105 * float(table["its ci_high"].max())))
    left[0, 0].legend(title=lines, fontsize=8, title_fontsize=8)
    figure.colorbar(image, ax=list(right.flat), label="% of the seeds")
    what = f"{metric}, n = {table['its n'].max()} seeds each, with Wilson's 95 % intervals"
    title = f"left: {what}; right: {counted}, outlined where it is right"
    write_title(figure, f"{question}\n{title}")
    return figure


def _table(
    runs: Sequence[RunLike],
    parameters: Mapping[str, Mapping[str, Any]],
    metric: str,
    names: Sequence[str],
) -> pd.DataFrame:
    """The proportions of the conditions ("its n", ...) beside the parameters by their names."""
    # A parameter may be called as a column is: n.
    table = proportion_table(runs, [metric]).add_prefix("its ")
    for name in names:
        table[name] = [parameters[condition][name] for condition in table["its condition"]]
    return table


def _name_conditions(axis: Axes, table: pd.DataFrame, along: str, lines: str) -> None:
    """Name the lines of a row of distributions by their parameters."""
    labels = table.sort_values([lines, along]).drop_duplicates([lines, along])
    names = [f"{a:g}, {b:g}" for a, b in zip(labels[lines], labels[along], strict=True)]
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_ylabel(f"{lines}, {along}")


def _proportions(axis: Axes, table: pd.DataFrame, along: str, lines: str) -> None:
    """A line for each value, the values side by side where their intervals would overlap."""
    values = list(dict.fromkeys(table[lines]))
    for k, value in enumerate(values):
        part = table[table[lines] == value].sort_values(along)
        colour, marker = STYLES[k % len(STYLES)]
        percent = 100 * part["its proportion"]
        ends = [percent - 100 * part["its ci_low"], 100 * part["its ci_high"] - percent]
        x = part[along] * 1.04 ** (k - (len(values) - 1) / 2)
        axis.errorbar(
            x, percent, yerr=ends, label=f"{value:g}", color=colour, marker=marker, capsize=2
        )
    ticks = sorted(set(table[along]))
    axis.set_xscale("log")
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel(along)
    axis.grid(alpha=0.3)


def _distribution(
    axis: Axes, table: pd.DataFrame, scores: Mapping[str, pd.Series], bins: Ints
) -> AxesImage:
    """The proportion of the seeds at each score, a line for each condition: dark is often."""
    counts = [(scores[c].to_numpy()[:, None] == bins).mean(axis=0) for c in table["its condition"]]
    edges = (bins[0] - 0.5, bins[-1] + 0.5, len(counts) - 0.5, -0.5)
    image = axis.imshow(
        100 * np.array(counts), cmap="Blues", vmin=0, vmax=100, aspect="auto", extent=edges
    )
    axis.set_yticks([])
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    return image
