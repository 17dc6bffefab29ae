"""The figures of a study, by the kind of table that they draw; imported by who draws."""

import io
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.class_segments import class_segment_heatmap
from analysis.figures.comparison import comparison_figure
from analysis.figures.gradients import gradient_figure
from analysis.figures.misclassified import misclassified_figure
from analysis.figures.overview import overview_figure
from analysis.figures.proportions import proportion_figure
from analysis.figures.recency import position_figure
from analysis.figures.reported import reported_figure
from analysis.figures.saving import save
from analysis.figures.sweep import sweep_figure
from analysis.figures.tasks import matrix_figure, task_curve_figure
from analysis.recency import class_positions
from analysis.rendering.text import say
from analysis.statistics.families import Family
from analysis.statistics.result import Comparison
from analysis.sweep import found_sweeps, sweeps
from data import Dataset, InputError, load
from studies.results.reading import Reading
from studies.results.tables import (
    datasets_of,
    input_errors,
    planned_proportions,
    shown_metrics,
    table_of,
)


class Panels(tuple[Axes, ...]):
    """The axes of a figure's panels, row by row; the figure itself last in a notebook's cell.

    The figure belongs to no window and to no `pyplot` state.

    Example:
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
        """Write the figure, in .png or .svg.

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


def figure_of(reading: Reading, kind: str, data_dir: Path | None = None) -> Figure:
    """The figure that belongs to a kind of table; per-class accuracy over the segments else.

    Args:
        reading: The records.
        kind: As `studies.results.tables.table_of` takes it.
        data_dir: Folder of data sets, for a figure that shows examples.

    Raises:
        InputError: The study did not measure what is drawn.
    """
    draw = {
        "position": _positions,
        "overview": _overview,
        "gradients": _gradients,
        "proportions": _proportions,
        "sweep": _sweep,
        "tasks": lambda reading: task_curve_figure(reading.records, **heading_of(reading)),
        "task-matrix": lambda reading: matrix_figure(reading.records, **heading_of(reading)),
    }
    with input_errors():
        if kind == "misclassified":
            return _misclassified(reading, data_dir)
        return draw.get(kind, _segments)(reading)


def figure_of_comparison(found: Comparison | Family) -> Figure:
    """The differences of a comparison or a family, with their intervals.

    Raises:
        InputError: There is no difference to draw.
    """
    with input_errors():
        return comparison_figure(found)


def figure_of_check(reading: Reading, figures: pd.DataFrame) -> Figure:
    """The figure of reported figures, in the rows of `check_figures`.

    Raises:
        InputError: None of them was measured.
    """
    with input_errors():
        return reported_figure(figures, **heading_of(reading))


def save_figure(figure: Figure, file: Path) -> None:
    """Write a figure, and say where.

    Raises:
        InputError: An ending other than .png and .svg, or a folder that is not there.
    """
    with input_errors():
        save(figure, file)
    say(f"drawn: {file}", err=True)


def _segments(reading: Reading) -> Figure:
    labels = {
        record.condition: "after as many examples as the classes up to"
        for record in reading.records
        if record.recipe.get("order", {}).get("is") == "Shuffled"
    }
    return class_segment_heatmap(reading.records, **heading_of(reading), x_labels=labels)


def _positions(reading: Reading) -> Figure:
    return position_figure(class_positions(reading.records), **heading_of(reading))


def heading_of(reading: Reading) -> dict[str, str]:
    """What a figure says of where it comes from: the question and the data, by these names."""
    question = reading.definition.question if reading.definition else reading.study
    return {"question": question, "dataset": ", ".join(datasets_of(reading))}


def _proportions(reading: Reading) -> Figure:
    proportions = planned_proportions(reading)
    return proportion_figure(
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


def _sweep(reading: Reading) -> Figure:
    found = found_sweeps({record.condition: record.recipe for record in reading.records}, fewest=2)
    return sweep_figure(reading.records, found, shown_metrics(reading)[0], **heading_of(reading))


def _gradients(reading: Reading) -> Figure:
    found = sweeps({record.condition: record.recipe for record in reading.records}, fewest=2)
    return gradient_figure(reading.records, found, **heading_of(reading))


def _misclassified(reading: Reading, data_dir: Path | None) -> Figure:
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
    return misclassified_figure(table, images, **heading_of(reading))


def _overview(reading: Reading) -> Figure:
    return overview_figure(
        reading.records,
        shown_metrics(reading),
        **heading_of(reading),
        trade_off=reading.definition.trade_off if reading.definition else None,
    )
