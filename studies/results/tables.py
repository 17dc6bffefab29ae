"""The tables of a study, by kind: which there are, what they hold, which answers the question."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pandas as pd

from analysis.confusions import confusion_table
from analysis.curves import curve_table, followed_sets
from analysis.drops import wide_table
from analysis.metrics.dead_units import dead_units_table
from analysis.metrics.gradients import gradient_table
from analysis.metrics.misclassified import misclassified_table
from analysis.metrics.task_sequence import PREFIX
from analysis.overview import overview_table
from analysis.proportions import proportion_table
from analysis.recency import class_positions, position_table
from analysis.rendering.table import (
    AS_METRIC,
    COUNT,
    P_VALUE,
    PERCENT,
    POINTS,
    SIGNIFICANT,
    Format,
    Table,
    formats_of,
    heading,
)
from analysis.runs import SAMPLE, has_segments, whole_sets
from analysis.segments import segment_table
from analysis.sweep import found_sweeps, named_sweeps, sweep_table
from analysis.swept import is_number, settings_of
from analysis.tables import forgetting_table, history_table, per_class_table, summary_table
from analysis.tasks import matrix_table
from data import InputError
from data.errors import did_you_mean
from studies.definition.study import Proportions
from studies.results import footnotes
from studies.results.reading import Reading, baseline
from studies.results.tasks import (
    KEPT,
    LEGEND,
    of_the_tasks,
    shown_matrix,
    shown_tasks,
    table_of_tasks,
)

Frame = Callable[[Reading, str], pd.DataFrame]
Formats = Callable[[Reading, pd.DataFrame], Mapping[str, Format]]


@dataclass(frozen=True)
class Kind:
    """A kind of table.

    Attributes:
        name: As `ebb table --kind` takes it.
        title: What the table holds; `{metric}` is the deciding metric, `{set}` the evaluated set.
        frame: Makes it, accuracies as fractions.
        formats: How people see its figures.
        notes: What they must know to read it, and of its seeds; none at all if None.
        shown: The columns and rows that people are shown; programs get all.
        legend: What columns mean, said of those that are shown.
        heads: How many columns name a row.
        of_scores: Whether it needs no network.
    """

    name: str
    title: str
    frame: Frame
    formats: Formats
    notes: str | Callable[[Reading], list[str]] | None = None
    shown: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame
    legend: Mapping[str, str] = field(default_factory=dict)
    heads: int = 2
    of_scores: bool = False


def _all(figures: Format, **others: Format) -> Formats:
    return lambda reading, frame: formats_of(frame, figures, **others)


def _overview_formats(reading: Reading, frame: pd.DataFrame) -> dict[str, Format]:
    """The deciding metric's columns are described by it; the others are metrics themselves."""
    metric = shown_metrics(reading)[0]
    others = {name: Format(metric=name) for name in shown_metrics(reading)[1:]}
    return formats_of(frame, Format(metric=metric), **others)


SEGMENTS = Kind(
    "segments",
    "accuracy of each class after each segment of the first and of the last epoch",
    lambda reading, _: segment_table(reading.records),
    _all(PERCENT),
    "In percent: mean and standard deviation over the seeds, on the test sample.",
    heads=3,
)
"""One table, of which there are two figures."""
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "overview",
            "the conditions beside each other, {metric} in detail",
            lambda reading, _: overview_table(reading.records, shown_metrics(reading)),
            _overview_formats,
            footnotes.of_the_overview,
            heads=1,
            of_scores=True,
        ),
        Kind(
            "summary",
            "final figures over the seeds",
            lambda reading, _: summary_table(reading.records),
            _all(AS_METRIC),
            footnotes.of_the_summary,
            of_scores=True,
        ),
        Kind(
            "per-class",
            "final accuracy of each class on the set {set}",
            lambda reading, set: per_class_table(reading.records, set),
            _all(PERCENT),
            footnotes.INTERVALS,
        ),
        Kind(
            "forgetting",
            "what each class loses after its training segment",
            lambda reading, _: forgetting_table(reading.records),
            _all(PERCENT),
            footnotes.of_the_forgetting,
            shown=lambda frame: frame[
                [
                    *("condition", "class", "n", "learned", "final", "drop", "ci_low", "ci_high"),
                    *("forgetting_max_minus_last", "recovery"),
                ]
            ],
        ),
        Kind(
            "wide",
            "what each class loses, a column for each class",
            lambda reading, _: wide_table(reading.records),
            _all(PERCENT),
            footnotes.of_the_wide,
            shown=lambda frame: frame.assign(figure=frame["figure"].map(heading)),
        ),
        SEGMENTS,
        replace(SEGMENTS, name="segment-spread"),
        Kind(
            "learning-curves",
            "accuracy after each epoch on the set {set}",
            lambda reading, set: curve_table(reading.records, set),
            _all(POINTS, epoch=COUNT),
            footnotes.INTERVALS,
        ),
        Kind(
            "confusions",
            "what each class is taken for at the end, of the set {set}",
            lambda reading, set: confusion_table(reading.records, set),
            _all(PERCENT),
            "In percent of the true class, over all runs together.",
            shown=lambda frame: frame[frame["proportion"].round(3) > 0],
            heads=3,
        ),
        Kind(
            "tasks",
            "the conditions beside each other, by figures of tasks",
            lambda reading, _: table_of_tasks(reading),
            _all(POINTS, **{KEPT: COUNT}),
            of_the_tasks,
            shown=shown_tasks,
            legend=LEGEND,
            heads=1,
        ),
        Kind(
            "task-matrix",
            "accuracy on each task after each task, mean ± standard deviation over the seeds",
            lambda reading, _: matrix_table(reading.records),
            _all(PERCENT),
            "In percent. task 1, task 2, ...: in the order in which they are trained; after: the "
            "task trained last, of a joint training all of them.",
            shown=shown_matrix,
        ),
        Kind(
            "history",
            "every run, epoch by epoch",
            lambda reading, _: history_table(reading.records),
            _all(Format(column="name")),
            heads=1,
            of_scores=True,
        ),
        Kind(
            "sweep",
            "{metric} at each value",
            lambda reading, _: response_table(reading),
            lambda reading, frame: formats_of(
                frame, Format(metric=shown_metrics(reading)[0]), value=COUNT
            ),
            footnotes.of_the_sweep,
            shown=lambda frame: frame.drop(columns="field") if _one_field(frame) else frame,
            of_scores=True,
        ),
        Kind(
            "position",
            "final accuracy by recency, and what recency and similarity change",
            lambda reading, _: position_table(reading.records, baseline(reading)),
            _all(AS_METRIC, recency=COUNT, p=P_VALUE),
            footnotes.of_the_positions,
        ),
        Kind(
            "gradients",
            "the norm of the gradient, layer by layer",
            lambda reading, _: gradient_table(reading.records),
            _all(SIGNIFICANT),
            "The Euclidean norm of the gradient of the mean loss of up to 2,000 training "
            "examples with respect to a layer's trainable weights, penalties left out and "
            "dropout off; layer 1 is next to the input. vanished: 0 in float32; overflowed: not "
            "finite, infinite in the percentiles (type 7). Runs that diverged are counted; one "
            "that ended early counts with its last epoch.",
        ),
        Kind(
            "dead-units",
            "units that no training example excites",
            lambda reading, _: dead_units_table(reading.records),
            _all(COUNT, proportion=PERCENT),
            "Units of a relu that are 0 for every training example; of a convolution a unit is a"
            " feature map. untrained, dead: before training and after the last epoch, means over"
            " the runs; proportion: of the units, in percent.",
        ),
        Kind(
            "misclassified",
            "the test examples that most runs take for another class",
            lambda reading, _: misclassified_table(reading.records),
            _all(COUNT),
            "position: in the test file, from 0; predicted: the class that most of these runs "
            "take it for; runs: how many of the n finished ones misclassify it, with the weights"
            " kept at the end. Shown: the first 10 of each condition; --format csv has all.",
            shown=lambda frame: frame.groupby("condition", sort=False).head(MOST_EXAMPLES),
            heads=1,
        ),
        Kind(
            "proportions",
            "how often, over the seeds",
            lambda reading, _: proportion_table(
                reading.records, planned_proportions(reading).metrics
            ),
            _all(PERCENT),
            footnotes.of_the_proportions,
            heads=1,
            of_scores=True,
        ),
    )
}
"""The kinds of tables, by name."""
RESPONSE = ("n", "mean", "ci_low", "ci_high", "p25", "p50", "p75", "best")
OF_A_SET = ("per-class", "learning-curves", "confusions")
"""Tables of one evaluated set."""
MOST_EXAMPLES = 10
"""Misclassified examples of a condition that people are shown."""


def table_of(reading: Reading, kind: str, of: str | None = None) -> pd.DataFrame:
    """A table of a study in full, accuracies as fractions.

    Args:
        reading: The records.
        kind: One of `KINDS`.
        of: The evaluated set of a per-class table, `test` if None.

    Raises:
        InputError: The study did not measure what is asked for.
    """
    _refuse_what_does_not_apply(reading, kind, of)
    return _with_values(_frame(reading, kind, of))


def refuse_set(kind: str, of: str | None) -> None:
    """Refuse the name of an evaluated set where a kind is of none."""
    if of is not None and kind not in OF_A_SET:
        kinds = ", ".join(OF_A_SET)
        raise InputError(f"Received --set {of} with --kind {kind}; expected --kind {kinds}.")


def _refuse_what_does_not_apply(reading: Reading, kind: str, of: str | None) -> None:
    refuse_set(kind, of)
    if not KINDS[kind].of_scores and "scores" in reading.records[0].recipe:
        known = ", ".join(each.name for each in KINDS.values() if each.of_scores)
        raise InputError(
            f"Received --kind {kind} for {reading.study}, which trains no network; expected "
            f"{known}."
        )


def _frame(reading: Reading, kind: str, of: str | None) -> pd.DataFrame:
    with input_errors():
        return KINDS[kind].frame(reading, shown_set(reading, kind, of))


def _with_values(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with a column for each field that its conditions are named by, after the names."""
    names = frame["condition"] if "condition" in frame else pd.Series(dtype=object)
    settings = {name: settings_of(name) for name in names.unique()}
    fields = dict.fromkeys(path for each in settings.values() for path in each)
    for place, path in enumerate(
        fields, 1 + list(frame.columns).index("condition") if fields else 0
    ):
        values = [settings[name].get(path) for name in names]
        plain = all(value is None or is_number(value) for value in values)
        column = f"swept {path}" if path in frame else path
        frame.insert(place, column, pd.Series(values, dtype=float if plain else object).values)
    return frame


def response_table(reading: Reading) -> pd.DataFrame:
    """The metric that decides at each value of what is swept, a row for each condition and field.

    Raises:
        ValueError: Conditions do not differ in one number.
    """
    found = found_sweeps(reading.recipes)
    if not found:
        raise ValueError(
            f"Received --kind sweep for {reading.study}; expected conditions that differ in one "
            f"number: `ebb run {reading.study} --sweep FIELD=VALUE,VALUE`."
        )
    metric = shown_metrics(reading)[0]
    tables = [sweep_table(reading.records, each, metric).assign(field=each.name) for each in found]
    table = pd.concat(tables, ignore_index=True).rename(columns={"number": "value"})
    return table[["condition", "field", "value", *RESPONSE]]


def _one_field(frame: pd.DataFrame) -> bool:
    return frame["field"].nunique() == 1


def shown_table(
    reading: Reading, kind: str, of: str | None = None, columns: str | None = None
) -> Table:
    """A table as people are shown it; the arguments and errors are those of `table_of`.

    Its title says the study, its scale, data and seeds, and what the table holds.
    """
    made = KINDS[kind]
    _refuse_what_does_not_apply(reading, kind, of)
    frame = made.shown(_frame(reading, kind, of))
    title = made.title.format(set=shown_set(reading, kind, of), metric=shown_metrics(reading)[0])
    title = (
        f"{reading.study} ({reading.variant}), "
        f"{', '.join([*datasets_of(reading), *filter(None, [reading.precision])])}, "
        f"{reading.seeds_said}: {title}"
    )
    with input_errors():
        notes = footnotes.below(reading, made.notes) if made.notes else []
    formats = made.formats(reading, frame)
    notes += footnotes.of_the_bounds(frame, formats)
    frame = of_columns(frame, columns)
    legend = " ".join(f"{name}: {said}." for name, said in made.legend.items() if name in frame)
    notes = [legend] * bool(legend) + notes
    return Table(title, frame, tuple(notes), formats, made.heads)


def of_columns(frame: pd.DataFrame, columns: str | None) -> pd.DataFrame:
    """Some columns of a table's frame, with commas between their names; all if None.

    Raises:
        InputError: It has no such column.
    """
    if columns is None:
        return frame
    names, there = columns.split(","), list(map(str, frame.columns))
    for name in names:
        if name not in there:
            raise InputError(
                f"Received the column {name!r}; expected some of {', '.join(there)}"
                f"{did_you_mean(name, there)}."
            )
    return frame[names]


def default_kind(reading: Reading) -> str:
    """The table that answers what a study asks: by place where the places are a Latin square."""
    if reading.definition is not None and reading.definition.proportions is not None:
        return "proportions"
    if named_sweeps(reading.conditions):
        return "sweep"
    if reading.primary.startswith(PREFIX):
        return "tasks"
    orders = (record.recipe.get("order", {}) for record in reading.records)
    square = any(order.get("classes") == "latin-square" for order in orders)
    if square and class_positions(reading.records):
        return "position"
    if len({record.condition for record in reading.records}) > 2:
        return "overview"
    measured = any(has_segments(record, SAMPLE) for record in reading.records)
    return "forgetting" if measured else "summary"


def shown_set(reading: Reading, kind: str, of: str | None = None) -> str:
    """The evaluated set that a table or a figure is of: the one named, the test set, or the first.

    Learning curves are of one that was followed over the epochs, where there is any.
    """
    sets = whole_sets(reading.records)
    if kind == "learning-curves":
        sets = followed_sets(reading.records) or sets
    return of or ("test" if "test" in sets or not sets else sets[0])


def datasets_of(reading: Reading) -> list[str]:
    """The names of the data sets that the runs saw."""
    return sorted({str(record.recipe["dataset"]) for record in reading.records})


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
    others = study.shown if study else ("validation accuracy",)
    return tuple(dict.fromkeys((reading.primary, *others)))


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
