"""Which pictures a report has: those that apply to what its study measured."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.metrics.recency import class_positions
from analysis.runs import has_segments, whole_sets
from data import InputError
from studies.report.figures import (
    GRADIENTS,
    POSITION,
    PROPORTIONS,
    WRONG,
    Picture,
    confusions_picture,
    curves_picture,
    differences_picture,
    of_kind_picture,
    overview_picture,
    segments_picture,
    strips_picture,
    sweep_picture,
)
from studies.report.inline import literal
from studies.results.comparing import Result
from studies.results.reading import Reading
from studies.results.tables import input_errors

if TYPE_CHECKING:
    from analysis.metrics.sweep import Sweep


def illustrate(
    reading: Reading, result: Result | None, data_dir: Path | None
) -> tuple[list[Picture], list[str]]:
    """Draw what applies to a study.

    Args:
        reading: The records, at least one of a finished run.
        result: The study's planned comparisons, if it plans any that can be made.
        data_dir: Folder of data sets, for pictures of examples.

    Returns:
        The pictures in the order of the page, and why others could not be drawn.
    """
    pictures, missing = [], []
    for title, draw in _applicable(reading, result, data_dir):
        try:
            with literal(), input_errors():
                pictures.append(draw())
        except InputError as error:
            missing.append(f"{title}: {error}")
    return pictures, missing


def _applicable(
    reading: Reading, result: Result | None, data_dir: Path | None
) -> list[tuple[str, Callable[[], Picture]]]:
    runs = reading.records
    found: list[tuple[str, Callable[[], Picture]]] = []
    scored = "scores" in runs[0].recipe
    if result is not None and result.found is not None:
        found.append(("Paired differences", lambda: differences_picture(result.found)))
    if scored:
        if reading.definition is not None and reading.definition.proportions is not None:
            found.append(
                ("Proportions", lambda: of_kind_picture(reading, "proportions", PROPORTIONS))
            )
        return found
    finished = [run for run in runs if run.status == "finished"]
    if any(has_segments(run, "test-sample") for run in finished):
        found.append(("Classes over the segments", lambda: segments_picture(reading)))
    if class_positions(runs):
        found.append(("Recency", lambda: of_kind_picture(reading, "position", POSITION)))
    sets = whole_sets(finished)
    name = "test" if "test" in sets else next(iter(sets), None)
    if name is not None:
        found.append(("Learning curves", lambda: curves_picture(reading, name)))
        found.append(("Final accuracy of each class", lambda: strips_picture(reading, name)))
        found.append(("Confusion matrices", lambda: confusions_picture(reading, name)))
    if len({run.condition for run in finished}) > 2:
        found.append(("Conditions beside each other", lambda: overview_picture(reading)))
    if sweeps := _sweeps(reading):
        found.append(("Against a number", lambda: sweep_picture(reading, sweeps)))
    arrays = {name for run in finished for name in run.arrays}
    if "gradient_norms" in arrays:
        found.append(("Gradients", lambda: of_kind_picture(reading, "gradients", GRADIENTS)))
    if "misclassified" in arrays:
        found.append(
            (
                "Misclassified examples",
                lambda: of_kind_picture(reading, "misclassified", WRONG, data_dir),
            )
        )
    return found


def _sweeps(reading: Reading) -> "list[Sweep]":
    from analysis.metrics.sweep import sweeps

    return sweeps({run.condition: run.recipe for run in reading.records})
