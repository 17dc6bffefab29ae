"""The pictures of a study, by the kind of table that they draw."""

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.metrics.recency import class_positions
from data import Dataset, InputError, load
from studies.results.reading import Reading
from studies.results.tables import (
    datasets_of,
    input_errors,
    planned_proportions,
    shown_metrics,
    table_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure_of(reading: Reading, kind: str, data_dir: Path | None = None) -> "Figure":
    """The picture that belongs to a kind of table; per-class accuracy over the segments else.

    Args:
        reading: The records.
        kind: As `studies.results.tables.table_of` takes it.
        data_dir: Folder of data sets, for a picture that shows examples.

    Raises:
        InputError: The study did not measure what is drawn.
    """
    drawing = {
        "position": _positions,
        "overview": _overview,
        "gradients": _gradients,
        "proportions": _proportions,
    }
    with input_errors():
        if kind == "misclassified":
            return _misclassified(reading, data_dir)
        return drawing.get(kind, _segments)(reading)


def _segments(reading: Reading) -> "Figure":
    from analysis.figures.class_segments import class_segment_heatmap

    labels = {
        record.condition: "after as many examples as the classes up to"
        for record in reading.records
        if record.recipe.get("order", {}).get("is") == "Shuffled"
    }
    question, dataset = heading_of(reading)
    return class_segment_heatmap(
        reading.records, question=question, dataset=dataset, x_labels=labels
    )


def _positions(reading: Reading) -> "Figure":
    from analysis.figures.recency import position_figure

    question, dataset = heading_of(reading)
    return position_figure(class_positions(reading.records), question=question, dataset=dataset)


def heading_of(reading: Reading) -> tuple[str, str]:
    """What a picture says of where it comes from: the question and the data."""
    question = reading.definition.question if reading.definition else reading.study
    return question, ", ".join(datasets_of(reading))


def _proportions(reading: Reading) -> "Figure":
    from analysis.figures.proportions import proportion_figure

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
        question=heading_of(reading)[0],
    )


def _gradients(reading: Reading) -> "Figure":
    from analysis.figures.gradients import gradient_figure

    question, dataset = heading_of(reading)
    return gradient_figure(reading.records, question=question, dataset=dataset)


def _misclassified(reading: Reading, data_dir: Path | None) -> "Figure":
    from analysis.figures.misclassified import misclassified_figure

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
    question, dataset = heading_of(reading)
    table = table_of(reading, "misclassified")
    return misclassified_figure(table, images, question=question, dataset=dataset)


def _overview(reading: Reading) -> "Figure":
    from analysis.figures.overview import overview_figure

    question, dataset = heading_of(reading)
    return overview_figure(
        reading.records,
        shown_metrics(reading),
        question=question,
        dataset=dataset,
        trade_off=reading.definition.trade_off if reading.definition else None,
    )
