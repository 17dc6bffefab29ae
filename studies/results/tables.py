"""The tables of a study, by kind: which there are, what they hold, which answers the question."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from analysis.metrics.dead_units import dead_units_table
from analysis.metrics.gradients import gradient_table
from analysis.metrics.misclassified import misclassified_table
from analysis.overview import overview_table
from analysis.proportions import proportion_table
from analysis.recency import class_positions, position_table
from analysis.tables import forgetting_table, history_table, per_class_table, summary_table
from data import InputError
from studies.definition.study import Proportions
from studies.results.reading import Reading, baseline

TITLES = {
    "overview": "the conditions beside each other, {metric} in detail",
    "summary": "final figures over the seeds",
    "per-class": "final accuracy of each class on the set {set}",
    "forgetting": "what each class loses after its training segment",
    "history": "every run, epoch by epoch",
    "position": "final accuracy by recency, and what recency and similarity change",
    "proportions": "how often, over the seeds",
    "gradients": "the norm of the gradient, layer by layer",
    "dead-units": "units that no training example excites",
    "misclassified": "the test examples that most runs take for another class",
}
OF_SCORES = ("overview", "summary", "history", "proportions")
"""Tables that need no network."""
COLUMNS = {
    "forgetting": [
        *("condition", "class", "n", "learned", "final", "drop", "ci_low", "ci_high"),
        *("forgetting_max_minus_last", "recovery"),
    ]
}
"""Columns shown to people, where the programs' table has more."""
DECIMALS = {"per-class": 1, "forgetting": 1, "dead-units": 1, "gradients": None, "proportions": 1}
"""Decimals of the percentages that people are shown, where they are not 2."""
MOST_EXAMPLES = 10
"""Misclassified examples of a condition that people are shown."""


def table_of(reading: Reading, kind: str, of: str | None = None) -> pd.DataFrame:
    """A table of a study, accuracies as fractions.

    Args:
        reading: The records.
        kind: One of `TITLES`.
        of: The evaluated set of a per-class table, `test` if None.

    Raises:
        InputError: The study did not measure what is asked for.
    """
    if of is not None and kind != "per-class":
        raise InputError(f"Received --set {of} with --kind {kind}; expected --kind per-class.")
    if kind not in OF_SCORES and "scores" in reading.records[0].recipe:
        raise InputError(
            f"Received --kind {kind} for {reading.study}, which trains no network; expected "
            f"{', '.join(OF_SCORES)}."
        )
    with input_errors():
        if kind == "position":
            return position_table(reading.records, baseline(reading))
        if kind == "proportions":
            return proportion_table(reading.records, planned_proportions(reading).metrics)
        if kind == "overview":
            return overview_table(reading.records, shown_metrics(reading))
        if kind == "per-class":
            return per_class_table(reading.records, of or "test")
        return {
            "summary": summary_table,
            "forgetting": forgetting_table,
            "history": history_table,
            "gradients": gradient_table,
            "dead-units": dead_units_table,
            "misclassified": misclassified_table,
        }[kind](reading.records)


def default_kind(reading: Reading) -> str:
    """The table that answers what a study asks: by place where the places are a Latin square."""
    if reading.definition is not None and reading.definition.proportions is not None:
        return "proportions"
    orders = (record.recipe.get("order", {}) for record in reading.records)
    square = any(order.get("classes") == "latin-square" for order in orders)
    if square and class_positions(reading.records):
        return "position"
    if len({record.condition for record in reading.records}) > 2:
        return "overview"
    measured = any("class_segments" in record.arrays for record in reading.records)
    return "forgetting" if measured else "summary"


def title_of(reading: Reading, kind: str, of: str | None = None) -> str:
    """What stands above a table: the study, its scale, data and seeds, and what the table holds."""
    seeds = {record.seed for record in reading.records}
    title = TITLES[kind].format(set=of or "test", metric=shown_metrics(reading)[0])
    return (
        f"{reading.study} ({reading.variant}), {', '.join(datasets_of(reading))}, {len(seeds)} of "
        f"{reading.planned} planned seeds: {title}"
    )


def datasets_of(reading: Reading) -> list[str]:
    """The names of the data sets that the runs saw."""
    return sorted({str(record.recipe["dataset"]) for record in reading.records})


def for_people(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The columns and rows of a table that people are shown; programs get all."""
    frame = frame[COLUMNS.get(kind, list(frame.columns))]
    if kind == "misclassified":
        return frame.groupby("condition", sort=False).head(MOST_EXAMPLES)
    return frame


def formatting_of(reading: Reading, kind: str) -> dict[str, Any]:
    """How the numbers of a table are written, as `analysis.rendering.tables.cells` takes it."""
    metric = shown_metrics(reading)[0] if kind == "overview" else ""
    return {"decimals": DECIMALS.get(kind, 2), "metric": metric}


def planned_proportions(reading: Reading) -> Proportions:
    """How the study counts what is so or is not."""
    if reading.definition is None or reading.definition.proportions is None:
        raise InputError(
            f"Received --kind proportions for {reading.study}; expected a study whose scores are 0 "
            "or 1, such as polynomial-degree (a file of yours is named by its path)."
        )
    return reading.definition.proportions


def shown_metrics(reading: Reading) -> tuple[str, ...]:
    """The metrics of the overview, the deciding one first."""
    study = reading.definition
    return (study.primary, *study.shown) if study else ("test accuracy", "validation accuracy")


@contextmanager
def input_errors() -> Iterator[None]:
    """What the analysis refuses is the call's input: say so in one line."""
    try:
        yield
    except ValueError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(
            f"Received {error.filename!r}; expected a file in a folder that is there and can be "
            f"read and written ({error.strerror})."
        ) from error
