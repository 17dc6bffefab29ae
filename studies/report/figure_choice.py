"""Which figures a report has: those that apply to what its study measured."""

from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.curves import followed_sets
from analysis.recency import class_positions
from analysis.runs import SAMPLE, has_segments, has_tasks, task_sets, whole_sets
from analysis.sweep import named_sweeps, sweeps
from data import InputError
from studies.report import figures
from studies.report.figures import PageFigure
from studies.report.inline import literal
from studies.results.compared import Compared
from studies.results.forgotten import forgotten_sentences
from studies.results.reading import Reading
from studies.results.tables import input_errors, shown_set

Drawable = tuple[str, Callable[[], PageFigure]]
"""What a figure shows, and what draws it."""
MANY = 3
"""Conditions up to which the figure of the segments is shown in full."""


def draw_figures(
    reading: Reading, compared: Compared | None, data_dir: Path | None
) -> tuple[list[PageFigure], list[str]]:
    """Draw what applies to a study.

    Args:
        reading: The records, at least one of a finished run.
        compared: The study's planned comparisons, if it plans any that can be made.
        data_dir: Folder of data sets, for figures of examples.

    Returns:
        The figures in the order of the page, and why others could not be drawn.
    """
    drawn, missing = [], []
    for title, draw in _applicable(reading, compared, data_dir):
        try:
            with literal(), input_errors():
                drawn.append(draw())
        except InputError as error:
            missing.append(f"{title}: {error}")
    return drawn, missing


def _applicable(
    reading: Reading, compared: Compared | None, data_dir: Path | None
) -> Iterator[Drawable]:
    """The figures in their order: what answers the study's question stands at the head."""
    if swept := named_sweeps(reading.conditions):
        yield "Against a number", lambda: figures.sweeps(reading, swept)
    if "scores" in reading.records[0].recipe:
        if reading.definition is not None and reading.definition.proportions is not None:
            yield "Proportions", lambda: figures.proportions(reading)
        yield from _of_comparisons(reading, compared)
        return
    yield from _of_classes(reading)
    many = len({run.condition for run in reading.finished}) > 2
    if many and not forgotten_sentences(reading) and not named_sweeps(reading.conditions):
        yield "The metric that decides", lambda: figures.primary(reading)
    if any(task_sets(run) for run in reading.finished):
        yield "Tasks over the epochs", lambda: figures.tasks(reading)
    if any(has_tasks(run) for run in reading.finished):
        yield "Accuracy by task", lambda: figures.task_matrix(reading)
    if class_positions(reading.records):
        yield "Recency", lambda: figures.positions(reading)
    yield from _of_conditions(reading)
    yield from _of_comparisons(reading, compared)
    yield from _of_the_end(reading)
    yield from _of_measurements(reading, data_dir)


def _of_comparisons(reading: Reading, compared: Compared | None) -> Iterator[Drawable]:
    found = compared.found if compared is not None else None
    if found is not None:
        yield "Paired differences", lambda: figures.differences(found, reading)


def _of_classes(reading: Reading) -> Iterator[Drawable]:
    """What classes lose, and when."""
    if forgotten_sentences(reading):
        yield "What each class loses", lambda: figures.drops(reading)
        yield "Classes over the segments", lambda: figures.segments(reading)


def _of_the_end(reading: Reading) -> Iterator[Drawable]:
    """Over the epochs, and what becomes of each class; then the segments in full."""
    name, followed = shown_set(reading, "per-class"), shown_set(reading, "learning-curves")
    if followed in followed_sets(reading.finished):
        yield "Learning curves", lambda: figures.curves(reading, followed)
    if whole_sets(reading.finished):
        yield "Final accuracy of each class", lambda: figures.dumbbells(reading, name)
        yield "Confusion matrices", lambda: figures.confusions(reading, name)
    if any(has_segments(run, SAMPLE) for run in reading.finished):
        if not forgotten_sentences(reading):
            yield "Classes over the segments", lambda: figures.segments(reading)
        if len(reading.conditions) <= MANY:
            yield "Spread over the segments", lambda: figures.segment_spread(reading)


def _of_conditions(reading: Reading) -> Iterator[Drawable]:
    """The conditions beside each other, and against the numbers in which they differ."""
    if len({run.condition for run in reading.finished}) > 2:
        yield "Conditions beside each other", lambda: figures.overview(reading)
    found = sweeps(reading.recipes)
    if found and not named_sweeps(reading.conditions):
        yield "Against a number", lambda: figures.sweeps(reading, found)


def _of_measurements(reading: Reading, data_dir: Path | None) -> Iterator[Drawable]:
    """What was measured on request."""
    arrays = {name for run in reading.finished for name in run.arrays}
    if "gradient_norms" in arrays:
        yield "Gradients", lambda: figures.gradients(reading)
    if "misclassified" in arrays:
        yield "Misclassified examples", lambda: figures.misclassified(reading, data_dir)
