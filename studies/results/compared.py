"""A comparison that was made, as it is shown: in a terminal, as a table, as JSON, drawn."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.answers import answers
from analysis.rendering.formatting import counted, format_percent
from analysis.rendering.table import Table
from analysis.rendering.tables import write
from analysis.rendering.text import clean, say
from analysis.statistics.comparison_table import comparison_table
from analysis.statistics.families import (
    Family,
    family_notes,
    family_sentences,
    family_text,
    intervals_text,
    omnibus_sentences,
)
from analysis.statistics.interaction import DoubleDifference
from analysis.statistics.result import (
    Comparison,
    correction_name,
    explain,
    explanation,
    sentence,
)
from data import InputError
from studies.results import drawing
from studies.results.reading import Reading
from studies.results.sketch import Sketch
from studies.results.undecided import further_lines


@dataclass(frozen=True)
class Compared:
    """One comparison or a family of them, and planned interactions.

    Attributes:
        found: The comparison or the family; None where there are interactions alone.
        notes: What a reader should know of the records.
        interactions: The planned interactions.
        reading: The records that are compared, where they are a study's.
    """

    found: Comparison | Family | None
    notes: tuple[str, ...] = ()
    interactions: tuple[DoubleDifference, ...] = ()
    reading: Reading | None = None

    @property
    def comparisons(self) -> Sequence[Comparison]:
        """The comparison alone, or those of the family."""
        if isinstance(self.found, Family):
            return self.found.comparisons
        return () if self.found is None else (self.found,)

    def sentences(self) -> list[str]:
        """The verdicts on the comparisons, those that are alike together, and the interactions."""
        return [*answers(self.comparisons), *map(sentence, self.interactions)]

    def further(self) -> list[str]:
        """What is said of a study below an open verdict: the means, and how to plan."""
        return further_lines(self.reading, self.comparisons) if self.reading else []

    def show(self, style: str, sketch: Sketch | None) -> None:
        """Print it, and draw its figure where one is asked for."""
        if sketch is not None:
            self._draw(sketch)
        if style == "json":
            self._show_json()
        elif style in ("markdown", "latex"):
            self._show_tables(style)
        else:
            self._show_text()
        for note in self.notes:
            say(f"note: {clean(note)}", err=True)

    def _draw(self, sketch: Sketch) -> None:
        if self.found is None:
            raise InputError(
                "Received --figure for a study that plans no comparison; expected two "
                "conditions to draw."
            )
        figure = drawing.figure_of_comparison(self.found, self.reading, sketch.width)
        drawing.save_figure(figure, sketch.file, titled=sketch.titled)

    def _show_json(self) -> None:
        record = {} if self.found is None else self.found.to_json()
        if self.interactions:
            record["interactions"] = [each.to_json() for each in self.interactions]
        say(json.dumps(record, indent=1, allow_nan=False))

    def _show_text(self) -> None:
        if isinstance(self.found, Comparison):
            say(explain(self.found))
        elif self.found is not None:
            _show_family(self.found)
        if self.interactions:
            if self.found is not None:
                say("")
            say(interactions_text(self.interactions))
            for each in self.interactions:
                say(f"\n{explain(each)}")
        for line in self.further():
            say(f"\n{clean(line)}")

    def _show_tables(self, style: str) -> None:
        """The comparisons as a table and their sentences; then the interactions likewise."""
        first = (self.comparisons or self.interactions)[0]
        where = f"{first.study} ({first.variant}): " if first.study else ""
        for i, table in enumerate(self._tables()):
            if i and style == "markdown":
                say("")
            label = f"tab:{first.study or 'scores'}-comparison{i or ''}"
            titled = replace(table, title=f"{where}{table.title}", label=label)
            write(titled, style)

    def _tables(self) -> list[Table]:
        tables = []
        if isinstance(self.found, Comparison):
            tables.append(_table_of_one(self.found))
        elif self.found is not None:
            lines = family_sentences(self.found)
            tables.append(comparison_table(self.found, family_text(self.found), lines))
        if self.interactions:
            lines = list(map(sentence, self.interactions))
            title = interactions_text(self.interactions)
            tables.append(comparison_table(self.interactions, title, lines))
        return tables


def interactions_text(found: Sequence[DoubleDifference]) -> str:
    """What interactions are a family of."""
    first, several = found[0], len(found) > 1
    return (
        f"{counted(len(found), 'interaction')} of {first.metric}, a family of "
        f"{'their' if several else 'its'} own ({correction_name(first)}), apart from the "
        f"comparisons; effects are added up in {first.unit}, intervals are "
        f"{intervals_text(found)}"
    )


def _table_of_one(found: Comparison) -> Table:
    level = format_percent(found.difference.level)
    title = f"{found.metric} of {found.a} and {found.b}: {found.test.name}, {level} interval"
    said = explanation(found)
    margin = [f"{name}: {text}" for name, text in said.rows if name == "equivalence"]
    lines = [said.sentence, *margin, *(f"note: {note}" for note in said.notes)]
    return comparison_table(found, title, lines)


def _show_family(family: Family) -> None:
    for line in omnibus_sentences(family):
        say(f"{line}\n")
    write(comparison_table(family, family_text(family)), "text")
    say("")
    for line in answers(family.comparisons):
        say(line)
    for note in family_notes(family):
        say(f"note: {note}")
