"""The figures of a study, by the kind of table that they draw; imported by who draws."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.class_drops import class_drop_figure
from analysis.figures.class_dumbbells import class_dumbbell_figure
from analysis.figures.class_segments import class_segment_heatmap
from analysis.figures.comparison import comparison_figure
from analysis.figures.confusion import confusion_figure
from analysis.figures.gradients import gradient_figure
from analysis.figures.learning_curve import learning_curve_figure
from analysis.figures.look import Look
from analysis.figures.misclassified import misclassified_figure
from analysis.figures.overview import overview_figure
from analysis.figures.proportions import proportion_figure
from analysis.figures.recency import position_figure
from analysis.figures.reported import reported_figure
from analysis.figures.saving import save
from analysis.figures.segments import segment_figure
from analysis.figures.sweep import sweep_figure
from analysis.figures.tasks import matrix_figure, task_curve_figure
from analysis.recency import class_positions
from analysis.rendering.text import say
from analysis.runs import SAMPLE, has_segments
from analysis.statistics.families import Family
from analysis.statistics.result import Comparison
from analysis.sweep import found_sweeps, sweeps
from data import Dataset, InputError, load
from studies.results.reading import Reading, reference_of
from studies.results.tables import (
    datasets_of,
    input_errors,
    planned_proportions,
    refuse_set,
    shown_metrics,
    shown_set,
    table_of,
)


class Panels(tuple[Axes, ...]):
    """The axes of a figure's panels, row by row; the figure itself last in a notebook's cell.

    The figure belongs to no window and to no `pyplot` state.

    Examples:
        >>> panels = results.plot_segments()  # doctest: +SKIP
        >>> panels[0].set_title("Before")  # doctest: +SKIP
        >>> panels.save("segments.svg")  # doctest: +SKIP

    Attributes:
        figure: The `matplotlib.figure.Figure`.
    """

    figure: Figure

    def __new__(cls, figure: Figure) -> "Panels":
        """The axes of a figure; scales of colours are not among them."""
        panels = (axes for axes in figure.axes if axes.get_label() != "<colorbar>")
        self = super().__new__(cls, panels)
        self.figure = figure
        return self

    def save(self, file: str | Path) -> None:
        """Write the figure, in .png (300 dots an inch), .svg or .pdf.

        Raises:
            InputError: Another ending, or a folder that is not there.
        """
        with input_errors():
            save(self.figure, file)

    def __repr__(self) -> str:
        return f"<{len(self)} axes; the whole is .figure, written by .save(FILE)>"

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        self.figure.savefig(written, format="png")
        return written.getvalue()


DRAWERS: dict[str, Callable[..., Figure]] = {
    "forgetting": class_drop_figure,
    "segments": segment_figure,
    "tasks": task_curve_figure,
    "task-matrix": matrix_figure,
}
"""Figures that need the records alone, by the kind of table that they draw."""
OF_A_SET = {
    "per-class": class_dumbbell_figure,
    "learning-curves": learning_curve_figure,
    "confusions": confusion_figure,
}
"""Figures of one evaluated set."""


def figure_of(
    reading: Reading,
    kind: str,
    data_dir: Path | None = None,
    *,
    of: str | None = None,
    width: float | None = None,
) -> Figure:
    """The figure that belongs to a kind of table.

    Args:
        reading: The records.
        kind: As `studies.results.tables.table_of` takes it.
        data_dir: Folder of data sets, for a figure that shows examples.
        of: The evaluated set of a figure that is of one.
        width: In inches.

    Raises:
        InputError: The study did not measure what is drawn; a kind without a figure.
    """
    others: dict[str, Callable[[Reading, float | None], Figure]] = {
        "segment-spread": _segments,
        "position": _positions,
        "overview": _overview,
        "gradients": _gradients,
        "proportions": _proportions,
        "sweep": _sweep,
        "misclassified": lambda reading, width: _misclassified(reading, data_dir, width),
    }
    refuse_set(kind, of)
    if kind == "wide" and not any(has_segments(each, SAMPLE) for each in reading.records):
        kind = "per-class"
    kind = DRAWN_AS.get(kind, kind)
    with input_errors():
        if kind in OF_A_SET:
            name = shown_set(reading, kind, of)
            return OF_A_SET[kind](reading.records, set=name, **drawn_as(reading, width))
        if kind in DRAWERS:
            return DRAWERS[kind](reading.records, **drawn_as(reading, width))
        if kind in others:
            return others[kind](reading, width)
    known = ", ".join(sorted({*OF_A_SET, *DRAWERS, *others}))
    raise InputError(f"Received --figure for --kind {kind}, which has none; expected {known}.")


DRAWN_AS = {"wide": "forgetting", "summary": "overview", "history": "learning-curves"}
"""Tables whose figure is that of another."""


def drawn_as(reading: Reading, width: float | None = None) -> dict[str, Any]:
    """What a figure is given beside its records: its title, the marks of conditions, its width."""
    return {**heading_of(reading), "look": look_of(reading, width)}


def look_of(reading: Reading, width: float | None = None) -> Look:
    """The marks of a study's conditions, by its own order: those that were not run count."""
    planned = reading.definition.conditions if reading.definition else ()
    return Look((*planned, *reading.conditions), reference_of(reading), width)


def figure_of_comparison(
    found: Comparison | Family, reading: Reading | None = None, width: float | None = None
) -> Figure:
    """The differences of a comparison or a family, with their intervals.

    Args:
        found: What is drawn.
        reading: The study that it is of, whose conditions have their marks.
        width: In inches.

    Raises:
        InputError: There is no difference to draw.
    """
    look = Look(width=width) if reading is None else look_of(reading, width)
    with input_errors():
        return comparison_figure(found, look)


def figure_of_check(reading: Reading, figures: pd.DataFrame, width: float | None = None) -> Figure:
    """The figure of reported figures, in the rows of `check_figures`.

    Raises:
        InputError: None of them was measured.
    """
    with input_errors():
        return reported_figure(figures, **drawn_as(reading, width))


def save_figure(figure: Figure, file: Path, *, titled: bool = True) -> None:
    """Write a figure, and say where.

    Args:
        figure: What to write.
        file: Where to.
        titled: Whether it keeps its title, which a paper says below it.

    Raises:
        InputError: An unknown ending, or a folder that is not there.
    """
    if not titled:
        figure.suptitle("")
    with input_errors():
        save(figure, file)
    say(f"drawn: {file}", err=True)


def _segments(reading: Reading, width: float | None) -> Figure:
    labels = {
        condition: "after as many examples as the classes up to"
        for condition, recipe in reading.recipes.items()
        if recipe.get("order", {}).get("is") == "Shuffled"
    }
    return class_segment_heatmap(reading.records, **drawn_as(reading, width), x_labels=labels)


def _positions(reading: Reading, width: float | None) -> Figure:
    return position_figure(class_positions(reading.records), **drawn_as(reading, width))


def heading_of(reading: Reading) -> dict[str, str]:
    """What a figure says of where it comes from: the question and the data, by these names."""
    question = reading.definition.question if reading.definition else reading.study
    return {"question": question, "dataset": ", ".join(datasets_of(reading))}


def _proportions(reading: Reading, width: float | None) -> Figure:
    proportions = planned_proportions(reading)
    figure = proportion_figure(
        reading.records,
        {each.condition: each.recipe["scores"]["parameters"] for each in reading.records},
        metric=proportions.metrics[0],
        along=proportions.along,
        lines=proportions.lines,
        rows=proportions.rows,
        columns=proportions.columns,
        counted=proportions.counted,
        question=heading_of(reading)["question"],
    )
    if width is not None:
        figure.set_figwidth(width)
    return figure


def _sweep(reading: Reading, width: float | None) -> Figure:
    found, metric = found_sweeps(reading.recipes), shown_metrics(reading)[0]
    return sweep_figure(reading.records, found, metric, **drawn_as(reading, width))


def _gradients(reading: Reading, width: float | None) -> Figure:
    found = sweeps(reading.recipes, fewest=2)
    return gradient_figure(reading.records, found, **drawn_as(reading, width))


def _misclassified(reading: Reading, data_dir: Path | None, width: float | None) -> Figure:
    datasets: dict[str, Dataset] = {}
    images = {}
    for record in reading.records:
        name = str(record.recipe["dataset"])
        if name not in datasets:
            datasets[name] = load(name, data_dir)
        if datasets[name].checksum != record.data.partition(" ")[0]:
            raise InputError(
                f"Received a data set {name} that is not the one the runs saw; expected the same "
                "files: name their folder by --data-dir."
            )
        images[record.condition] = datasets[name].x_test
    table = table_of(reading, "misclassified")
    return misclassified_figure(table, images, **drawn_as(reading, width))


def _overview(reading: Reading, width: float | None) -> Figure:
    return overview_figure(
        reading.records,
        shown_metrics(reading),
        **drawn_as(reading, width),
        trade_off=reading.definition.trade_off if reading.definition else None,
    )
