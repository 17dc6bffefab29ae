"""What stands on the page of a study, as plain data: words, tables and pictures in their order."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.rendering.formatting import counted, format_duration
from core import Store
from data import InputError
from studies.definition.variant import variant_of
from studies.report.figure_choice import illustrate
from studies.report.figures import Picture
from studies.report.protocol import Protocol, protocol
from studies.report.provenance import command_of, environment_table, failures_table, runs_table
from studies.report.text import Table, printable, words_table
from studies.results.checking import check_reading, difference_in_words
from studies.results.comparing import Result, answer
from studies.results.footnotes import footnotes
from studies.results.reading import Reading, read
from studies.results.tables import default_kind, for_people, formatting_of, table_of, title_of

if TYPE_CHECKING:
    from studies.definition.study import Study


@dataclass(frozen=True)
class Report:
    """A study's page.

    Attributes:
        study: Its name.
        variant: Its variant.
        question: Its question, or its name where the question is not known.
        facts: Data, seeds and runs in a line.
        notices: What a reader must know before anything else: stale, incomplete, failed.
        protocol: What was run.
        differing: The protocol's table, if conditions differ.
        verdicts: The answer, a sentence for each planned comparison and interaction.
        comparisons: What stands behind the verdicts.
        tables: The study's table, and what each class lost.
        more: Further tables.
        pictures: The figures.
        missing: Why others could not be drawn.
        check: Reported figures and claims beside ours: sentences, then tables.
        environment: Versions, data and seeds.
        runs: How the runs of each condition ended.
        failures: Runs without a result, one by one.
        command: The line that reproduces it.
        command_note: What to add to it, if anything.
    """

    study: str
    variant: str
    question: str
    facts: str
    notices: tuple[str, ...]
    protocol: Protocol
    differing: Table | None
    verdicts: tuple[str, ...]
    comparisons: tuple[Table, ...]
    tables: tuple[Table, ...]
    more: tuple[Table, ...]
    pictures: tuple[Picture, ...]
    missing: tuple[str, ...]
    check: tuple[str, ...]
    checks: tuple[Table, ...]
    environment: Table
    runs: Table
    failures: Table | None
    command: str
    command_note: str


def report_of(store: Store, name: str, variant: str | None, data_dir: Path | None) -> Report:
    """Gather what stands on a study's page.

    Args:
        store: Where its records are.
        name: The study's name or file.
        variant: See `studies.results.reading.choose_variant`.
        data_dir: Folder of data sets, for pictures of examples.

    Raises:
        InputError: No such study, or it was never run.
    """
    reading = printable_reading(read(store, name, variant))
    finished = [record for record in reading.records if record.status == "finished"]
    planned = _planned(reading)
    recipes = {record.condition: record.recipe for record in reading.records}
    words = protocol(recipes)
    result, verdicts, comparisons = _answer(reading)
    pictures, missing = illustrate(reading, result, data_dir) if finished else ([], [])
    tables, more = _tables(reading) if finished else ([], [])
    check, checks = _check(reading)
    runs = runs_table(reading, planned)
    command, note = command_of(reading, name, planned)
    return Report(
        study=reading.study,
        variant=reading.variant,
        question=planned.question if planned else reading.study,
        facts=_facts(reading),
        notices=tuple(_notices(reading, planned)),
        protocol=words,
        differing=_differing(words),
        verdicts=tuple(verdicts),
        comparisons=tuple(comparisons),
        tables=tuple(tables),
        more=tuple(more),
        pictures=tuple(pictures),
        missing=tuple(missing),
        check=tuple(check),
        checks=tuple(checks),
        environment=environment_table(reading),
        runs=runs,
        failures=failures_table(reading),
        command=command,
        command_note=note,
    )


def picture_table(picture: Picture) -> Table:
    """The numbers behind a picture as the page shows them."""
    caption = f"The numbers behind “{picture.title}”"
    return words_table(picture.shown, caption, heads=picture.heads, **picture.formatting)


def printable_reading(reading: Reading) -> Reading:
    """The reading with names and notes that a page and a drawing can hold."""
    records = [
        record
        if printable(record.condition) == record.condition
        else replace(record, condition=printable(record.condition))
        for record in reading.records
    ]
    notes = tuple(map(printable, reading.notes))
    return replace(reading, records=records, notes=notes, study=printable(reading.study))


def _planned(reading: Reading) -> "Study | None":
    """The study at the scale that was run, where that can be told."""
    if reading.definition is None or reading.variant not in ("full", "quick"):
        return reading.definition
    return variant_of(reading.definition, {}, quick=reading.variant == "quick").study


def _facts(reading: Reading) -> str:
    datasets = sorted({str(record.recipe["dataset"]) for record in reading.records})
    seeds = {record.seed for record in reading.records}
    conditions = {record.condition for record in reading.records}
    seconds = sum(sum(record.seconds.values()) for record in reading.records)
    return (
        f"{', '.join(datasets)} · {counted(len(conditions), 'condition')} · {len(seeds)} of "
        f"{reading.planned} planned seeds · {counted(len(reading.records), 'run')} · "
        f"{format_duration(seconds)} of work"
    )


def _notices(reading: Reading, planned: "Study | None") -> list[str]:
    """What a reader must know before any number."""
    notices = []
    finished = [record for record in reading.records if record.status == "finished"]
    if not finished:
        notices.append("No run finished: there is nothing to average, and there are no figures.")
    there = list(dict.fromkeys(record.condition for record in reading.records))
    conditions = list(planned.conditions) if planned else there
    absent = [name for name in conditions if name not in there]
    expected = reading.planned * len(conditions)
    done = sum(record.status in ("finished", "diverged") for record in reading.records)
    if finished and done < expected:
        notices.append(
            f"Incomplete: {done} of {expected} planned runs have a result; what follows is over "
            "those."
        )
    if absent:
        notices.append(f"Not run: {', '.join(absent)}.")
    failed = sum(record.status == "failed" for record in reading.records)
    if failed:
        notices.append(f"{counted(failed, 'run')} failed and {_are(failed)} left out; see below.")
    if len({record.seed for record in finished}) == 1:
        notices.append("One seed: values without intervals, and no verdict.")
    if reading.variant != "full":
        notices.append(f"This is the variant {reading.variant}, not the full study.")
    if planned is None:
        notices.append(
            "Known by its name alone: the study's file was not given, so its question, its planned "
            "comparisons and reported figures are not known here."
        )
    return notices + [f"{note[:1].upper()}{note[1:]}." for note in reading.notes]


def _differing(words: Protocol) -> Table | None:
    if not words.columns:
        return None
    rows = tuple((name, *values) for name, values in words.rows.items())
    headings = ("condition", *words.columns)
    return Table("What differs by condition", headings, rows, words=(True,) * len(headings))


def _answer(reading: Reading) -> tuple[Result | None, list[str], list[Table]]:
    """The verdicts in words, and every number behind them as `ebb compare` prints it."""
    from analysis.statistics.comparison import Comparison
    from analysis.statistics.comparison_table import comparison_table
    from analysis.statistics.comparison import explain
    from analysis.statistics.families import family_notes, family_text, friedman_text
    from analysis.statistics.interaction import explain_interaction

    try:
        result = answer(reading)
    except InputError as error:
        return None, [f"No verdict. {error}"], []
    if result is None:
        return None, [], []
    tables = []
    if isinstance(result.found, Comparison):
        tables.append(_in_full(explain(result.found)))
    elif result.found is not None:
        family = result.found
        notes = [friedman_text(family), *(f"Note: {note}" for note in family_notes(family))]
        tables.append(
            words_table(
                comparison_table(family),
                family_text(family),
                notes=[n for n in notes if n],
                decimals=2,
            )
        )
    tables += [_in_full(explain_interaction(each)) for each in result.interactions]
    return result, result.sentences(), tables


def _in_full(text: str) -> Table:
    """A comparison's explanation, name by name."""
    sentence, *lines = [line for line in text.splitlines() if line]
    rows = [tuple(map(str.strip, line.partition("  ")[::2])) for line in lines]
    return Table(sentence, ("figure", "value"), tuple(rows), words=(True, True))


def _tables(reading: Reading) -> tuple[list[Table], list[Table]]:
    """The table that answers the study's question, what classes lost; and further ones."""
    kinds = [default_kind(reading)]
    segments = any("class_segments" in r.arrays for r in reading.records if r.status == "finished")
    if segments and "forgetting" not in kinds:
        kinds.append("forgetting")
    tables = [found for kind in kinds if (found := _table(reading, kind)) is not None]
    rest = ["summary"] if "summary" not in kinds else []
    if any("dead_units" in record.arrays for record in reading.records):
        rest.append("dead-units")
    return tables, [found for kind in rest if (found := _table(reading, kind)) is not None]


def _table(reading: Reading, kind: str) -> Table | None:
    """A table as `ebb table` prints it."""
    try:
        frame = for_people(table_of(reading, kind), kind)
    except InputError as error:
        return Table(f"No table of the kind {kind}", ("reason",), ((str(error),),), words=(True,))
    heads = 2 if {"class", "metric", "recency", "layer"} & set(frame.columns[:2]) else 1
    how = formatting_of(reading, kind)
    lines = footnotes(reading, kind)
    return words_table(frame, title_of(reading, kind), heads=heads, notes=lines, **how)


def _check(reading: Reading) -> tuple[list[str], list[Table]]:
    """Reported figures and claims beside ours, as `ebb check` prints them."""
    from analysis.check import claims_sentence, figures_sentence

    definition = reading.definition
    if definition is None or not (definition.reported or definition.claims):
        return [], []
    try:
        checked = check_reading(reading)
    except InputError as error:
        return [f"Not checked. {error}"], []
    figures, claims = checked.figures, checked.claims
    said, tables = [], []
    if reading.variant != "full":
        said.append(f"The figures were reported for the full study, these are {reading.variant}.")
    if len(figures):
        sources = [source for source in dict.fromkeys(figures["source"]) if source]
        said.append(figures_sentence(figures))
        caption = "Reported elsewhere, and measured here"
        caption += f" (reported in: {', '.join(sources)})" if sources else ""
        tables.append(words_table(checked.figures_for_people, caption, heads=2, decimals=2))
    if len(claims):
        said.append(claims_sentence(claims))
        rows = tuple(
            (row["claim"], row["verdict"], difference_in_words(row))
            for row in claims.to_dict("records")
        )
        headings = ("claim", "verdict", "difference")
        tables.append(Table("Claims made elsewhere", headings, rows, words=(True,) * 3))
    return said, tables


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
