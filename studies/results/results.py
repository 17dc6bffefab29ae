"""The results of a study for a script or a notebook: data frames, comparisons, figures."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.rendering.tables import html_table
from analysis.statistics.displayed import html_text
from analysis.statistics.families import Family
from analysis.statistics.interaction import DoubleDifference
from analysis.statistics.result import Comparison
from core import Record
from data import InputError
from studies.results import drawing
from studies.results.checking import Checked, check_reading
from studies.results.comparing import (
    Wanted,
    compare_reading,
    interactions_of,
    planned_results,
)
from studies.results.forgotten import forgotten_sentences
from studies.results.reading import Reading
from studies.results.tables import KINDS, default_kind, input_errors, shown_table, table_of

if TYPE_CHECKING:
    from studies.results.drawing import Panels


@dataclass(frozen=True, repr=False)
class Results:
    """What a store holds of a study at one scale.

    Tables are pandas data frames with accuracies as fractions, the columns those of
    `ebb table --format csv`. Figures are the axes of their panels, which show themselves in a
    notebook. Printed, or last in a notebook's cell, the results say what they show.

    Attributes:
        reading: The records, and what a reader should know of what was left out.
        data_dir: Folder of data sets, for figures that show examples.

    Examples:
        >>> from studies import read
        >>> results = read("class-order")
        >>> results.conditions, results.forgetting()["class"].nunique()
        (['shuffled', 'class-sequential'], 10)
    """

    reading: Reading
    data_dir: Path | None = None

    @property
    def records(self) -> list[Record]:
        """The records, in the study's order of conditions and by seed."""
        return list(self.reading.records)

    @property
    def conditions(self) -> list[str]:
        """The names of the conditions that were run."""
        return self.reading.conditions

    def table(self, kind: str | None = None, *, set: str | None = None) -> pd.DataFrame:
        """A table by its kind, as `ebb table --kind` has them.

        Args:
            kind: One of `studies.results.tables.KINDS`; if None the one that answers the study's
                question.
            set: The evaluated set of a per-class table, as in `gaussian-0.1`.

        Raises:
            InputError: The study did not measure what is asked for.
        """
        kind = kind or ("per-class" if set else default_kind(self.reading))
        if kind not in KINDS:
            raise InputError(f"Received the table {kind!r}; expected one of {', '.join(KINDS)}.")
        return table_of(self.reading, kind, set)

    def summary(self) -> pd.DataFrame:
        """Final figures over the seeds: a row for each condition and metric."""
        return self.table("summary")

    def overview(self) -> pd.DataFrame:
        """The conditions beside each other, a row each."""
        return self.table("overview")

    def per_class(self, set: str | None = None) -> pd.DataFrame:
        """Final accuracy of each class on an evaluated set."""
        return self.table("per-class", set=set)

    def forgetting(self) -> pd.DataFrame:
        """What each class loses after its training segment."""
        return self.table("forgetting")

    def tasks(self) -> pd.DataFrame:
        """The conditions beside each other by the published figures of tasks."""
        return self.table("tasks")

    def task_matrix(self) -> pd.DataFrame:
        """The accuracy on each task after each task, over the seeds."""
        return self.table("task-matrix")

    def history(self) -> pd.DataFrame:
        """Every run, epoch by epoch."""
        return self.table("history")

    def position(self) -> pd.DataFrame:
        """Final accuracy by recency, where the places of the classes vary over the seeds."""
        return self.table("position")

    def sweep(self) -> pd.DataFrame:
        """The metric that decides at each value of what is swept."""
        return self.table("sweep")

    def proportions(self) -> pd.DataFrame:
        """How often something is so, for scores that are 0 or 1."""
        return self.table("proportions")

    def gradients(self) -> pd.DataFrame:
        """The norm of the gradient, layer by layer."""
        return self.table("gradients")

    def dead_units(self) -> pd.DataFrame:
        """Units that no training example excites."""
        return self.table("dead-units")

    def misclassified(self) -> pd.DataFrame:
        """The test examples that most runs take for another class."""
        return self.table("misclassified")

    def compare(
        self,
        a: str | None = None,
        b: str | None = None,
        *,
        metric: str | None = None,
        per_class: bool = False,
        margin: float | None = None,
        correction: str = "single-step",
    ) -> Comparison | Family:
        """Whether a difference is real; the result shows itself as text.

        Args:
            a: The first condition; without a and b, every comparison that the study plans.
            b: The second.
            metric: As in the summary table; the study's primary one if None.
            per_class: Class by class, as one family.
            margin: Points that do not matter, set beforehand.
            correction: Of a family: `single-step`, `step-down`, `holm` or `bh` (for exploration).

        Raises:
            InputError: A condition or a metric that is not there; no planned comparison.
        """
        if (a is None) != (b is None) or (a is not None and a == b):
            raise InputError(
                f"Received the conditions {a!r} and {b!r}; expected two different ones, or none."
            )
        pairs = ((a, b),) if a is not None and b is not None else ()
        wanted = Wanted(pairs, metric, per_class, margin, correction)
        compared = compare_reading(self.reading, wanted)
        for note in compared.notes[len(self.reading.notes) :]:
            warnings.warn(note, stacklevel=2)
        found = compared.found
        if found is None:
            raise InputError(
                f"Received no conditions for {self.reading.study}, which plans interactions alone; "
                "expected two conditions, or .interactions()."
            )
        return found

    def interactions(
        self, *, metric: str | None = None, correction: str = "single-step"
    ) -> tuple[DoubleDifference, ...]:
        """Whether the effects that the study crosses add up, one result for each it plans."""
        metric = metric or self.reading.primary
        if self.reading.design:
            warnings.warn(
                "runs were added look by look, and the plan of looks is not of interactions: their "
                "p and intervals hold for a number of seeds fixed beforehand",
                stacklevel=2,
            )
        with input_errors():
            return interactions_of(self.reading, metric, self.reading.margin(metric), correction)

    def check(self) -> Checked:
        """What was reported elsewhere, beside what was measured here."""
        return check_reading(self.reading)

    def plot(
        self, kind: str | None = None, *, set: str | None = None, width: float | None = None
    ) -> "Panels":
        """The figure that belongs to a kind of table.

        Args:
            kind: As `table` takes it.
            set: The evaluated set of the figures that are of one.
            width: In inches: a column of a paper is about 3.4.

        Raises:
            InputError: The study did not measure what is drawn, or the kind has no figure.
        """
        kind = kind or ("per-class" if set else default_kind(self.reading))
        figure = drawing.figure_of(self.reading, kind, self.data_dir, of=set, width=width)
        return drawing.Panels(figure)

    def plot_forgetting(self) -> "Panels":
        """What each class loses, in the order of training."""
        return self.plot("forgetting")

    def plot_segments(self) -> "Panels":
        """Per-class accuracy over the class segments of the last epoch."""
        return self.plot("segments")

    def plot_segment_spread(self) -> "Panels":
        """The same of the first epoch too, with the spread over the seeds."""
        return self.plot("segment-spread")

    def plot_learning_curves(self, set: str | None = None) -> "Panels":
        """Accuracy after each epoch, the conditions over each other."""
        return self.plot("learning-curves", set=set)

    def plot_classes(self, set: str | None = None) -> "Panels":
        """Final accuracy of each class, the conditions in a row."""
        return self.plot("per-class", set=set)

    def plot_confusions(self, set: str | None = None) -> "Panels":
        """What each class is taken for."""
        return self.plot("confusions", set=set)

    def plot_overview(self) -> "Panels":
        """Every seed of every condition."""
        return self.plot("overview")

    def plot_tasks(self) -> "Panels":
        """The accuracy on each task over the epochs."""
        return self.plot("tasks")

    def plot_task_matrix(self) -> "Panels":
        """The accuracy on each task after each task, as heat maps."""
        return self.plot("task-matrix")

    def plot_position(self) -> "Panels":
        """Final accuracy over recency."""
        return self.plot("position")

    def plot_sweep(self) -> "Panels":
        """The metric that decides against what is swept, the best value marked."""
        return self.plot("sweep")

    def plot_proportions(self) -> "Panels":
        """Proportions over a parameter."""
        return self.plot("proportions")

    def plot_gradients(self) -> "Panels":
        """Gradient norms by layer."""
        return self.plot("gradients")

    def plot_misclassified(self) -> "Panels":
        """The misclassified examples as images."""
        return self.plot("misclassified")

    def plot_comparison(
        self,
        a: str | None = None,
        b: str | None = None,
        *,
        metric: str | None = None,
        per_class: bool = False,
    ) -> "Panels":
        """Differences with their intervals; the arguments are those of `compare`."""
        found = self.compare(a, b, metric=metric, per_class=per_class)
        return drawing.Panels(drawing.figure_of_comparison(found, self.reading))

    def __str__(self) -> str:
        name = f"{self.reading.study} ({self.reading.variant})"
        return "\n".join(f"{name}: {sentence}" for sentence in self._sentences())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = [f"<p><strong>{html_text(line)}</strong></p>" for line in str(self).splitlines()]
        notes = [f"note: {note}" for note in self.reading.notes]
        try:
            table = shown_table(self.reading, default_kind(self.reading))
        except InputError as error:
            return "".join([*said, _small([str(error), *notes])])
        title = f"<p>{html_text(table.title)}</p>"
        return "".join([*said, title, html_table(table), _small([*table.notes, *notes])])

    def _sentences(self) -> list[str]:
        """The verdicts on what the study plans; else how much of it there is."""
        try:
            results = planned_results(self.reading)
            found = [*results.sentences(), *results.further()] if results else []
            found += forgotten_sentences(self.reading)
        except InputError as error:
            found = [str(error)]
        plan = f"{self.reading.seeds_said} of {', '.join(self.conditions)}"
        return found or [plan]


def _small(lines: list[str]) -> str:
    return "".join(f"<p><small>{html_text(line)}</small></p>" for line in lines)
