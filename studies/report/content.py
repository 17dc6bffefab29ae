"""What stands on the page of a study, as plain data: text, tables and figures in their order."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.check import claims_sentence, figures_sentence
from analysis.rendering.formatting import counted, format_duration
from analysis.rendering.table import Table, text_table
from analysis.runs import SAMPLE, has_segments, has_tasks
from analysis.statistics.comparison_table import comparison_table
from analysis.statistics.families import Family, family_notes, family_text, omnibus_sentences
from analysis.statistics.result import Comparison, explanation
from core import Store
from data import InputError
from studies.definition.study import Study
from studies.definition.variant import variant_of
from studies.report.figure_choice import draw_figures
from studies.report.figures import PageFigure
from studies.report.protocol import Protocol, protocol
from studies.report.provenance import command_of, environment_table, failures_table, runs_table
from studies.results.checking import Checked, check_reading
from studies.results.compared import Compared
from studies.results.comparing import planned_results
from studies.results.forgotten import forgotten_sentences
from studies.results.reading import Reading, read
from studies.results.tables import datasets_of, default_kind, shown_table


@dataclass(frozen=True)
class Report:
    """A study's page.

    Attributes:
        study: Its name.
        variant: Its variant.
        question: Its question, or its name where the question is not known.
        facts: Data, conditions, seeds and runs in a line.
        work: How long the runs took together.
        notices: What a reader must know before anything else: stale, incomplete, failed.
        protocol: What was run.
        differing: The protocol's table, if conditions differ.
        verdicts: The result: sentences on the planned comparisons and interactions, and which
            class was forgotten most.
        comparisons: What stands behind the verdicts.
        tables: The study's table, and what each class lost.
        more: Further tables.
        figures: Those that apply; the first stands beside the verdict.
        missing: Why others could not be drawn.
        check: Reported figures and claims beside ours, in sentences.
        checks: The same, in tables.
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
    work: str
    notices: tuple[str, ...]
    protocol: Protocol
    differing: Table | None
    verdicts: tuple[str, ...]
    comparisons: tuple[Table, ...]
    tables: tuple[Table, ...]
    more: tuple[Table, ...]
    figures: tuple[PageFigure, ...]
    missing: tuple[str, ...]
    check: tuple[str, ...]
    checks: tuple[Table, ...]
    environment: Table
    runs: Table
    failures: Table | None
    command: str
    command_note: str


def report_of(
    store: Store,
    name: str,
    variant: str | None = None,
    data_dir: Path | None = None,
    *,
    drawn: bool = True,
) -> Report:
    """Gather what stands on a study's page.

    Args:
        store: Where its records are.
        name: The study's name or file.
        variant: See `studies.results.reading.choose_variant`.
        data_dir: Folder of data sets, for figures of examples.
        drawn: Whether it has figures.

    Raises:
        InputError: No such study, or it was never run.
    """
    reading = read(store, name, variant)
    finished = bool(reading.finished)
    planned = _planned(reading)
    said = protocol(reading.recipes)
    compared, verdicts, comparisons = _verdicts(reading)
    further = compared.further() if compared is not None else []
    verdicts += [*(forgotten_sentences(reading) if finished else []), *further]
    figures, missing = draw_figures(reading, compared, data_dir) if finished and drawn else ([], [])
    tables, more = _tables(reading) if finished else ([], [])
    check, checks = _check(reading)
    command, note = command_of(reading, name, planned)
    return Report(
        study=reading.study,
        variant=reading.variant,
        question=planned.question if planned else reading.study,
        facts=_facts(reading),
        work=format_duration(sum(sum(record.seconds.values()) for record in reading.records)),
        notices=tuple(_notices(reading, planned)),
        protocol=said,
        differing=_differing(said),
        verdicts=tuple(verdicts),
        comparisons=tuple(comparisons),
        tables=tuple(tables),
        more=tuple(more),
        figures=tuple(figures),
        missing=tuple(missing),
        check=tuple(check),
        checks=tuple(checks),
        environment=environment_table(reading),
        runs=runs_table(reading, planned),
        failures=failures_table(reading),
        command=command,
        command_note=note,
    )


def figure_table(figure: PageFigure) -> Table:
    """The numbers behind a figure as the page shows them."""
    caption = f"The numbers behind “{figure.title}”"
    return replace(figure.shown, title=caption, notes=())


def _planned(reading: Reading) -> Study | None:
    """The study at the scale that was run, where that can be told."""
    if reading.definition is None or reading.scale is None or reading.scale.overrides:
        return reading.definition
    return variant_of(reading.definition, {}, quick=reading.scale.quick).study


def _facts(reading: Reading) -> str:
    data = [*datasets_of(reading), *filter(None, [reading.precision])]
    conditions = counted(len(reading.conditions), "condition")
    return (
        f"{', '.join(data)} · {conditions} · {reading.seeds_said}"
        f" · {counted(len(reading.records), 'run')}"
    )


def _notices(reading: Reading, planned: Study | None) -> Iterator[str]:
    """What a reader must know before any number."""
    yield from _on_the_runs(reading, planned)
    if len({record.seed for record in reading.finished}) == 1:
        yield "One seed: values without intervals, and no verdict."
    if reading.variant != "full":
        yield f"This is the variant {reading.variant}, not the full study."
    if reading.recorded:
        yield "Another program trained these runs; they were recorded here."
    for note in reading.notes:
        yield f"{note[:1].upper()}{note[1:]}."


def _on_the_runs(reading: Reading, planned: Study | None) -> Iterator[str]:
    """What was planned and has no result."""
    if not reading.finished:
        yield "No run finished: there is nothing to average, and there are no figures."
    conditions = list(planned.conditions) if planned else reading.conditions
    expected = reading.planned * len(conditions)
    ended = Counter(r.condition for r in reading.records if r.status in ("finished", "diverged"))
    done = sum(min(reading.planned, ended[name]) for name in conditions)
    # By looks the planned number is the most, which a decided comparison does not need.
    if reading.finished and done < expected and not reading.design:
        yield (
            f"Incomplete: {done} of {expected} planned runs have a result; what follows is over "
            "those."
        )
    absent = [name for name in conditions if name not in reading.conditions]
    if absent:
        yield f"Not run: {', '.join(absent)}."
    failed = sum(record.status == "failed" for record in reading.records)
    if failed:
        are = "is" if failed == 1 else "are"
        yield f"{counted(failed, 'run')} failed and {are} left out; see below."


def _differing(said: Protocol) -> Table | None:
    if not said.columns:
        return None
    rows = [(name, *values) for name, values in said.rows.items()]
    return text_table("What differs by condition", ("condition", *said.columns), rows)


def _verdicts(reading: Reading) -> tuple[Compared | None, list[str], list[Table]]:
    """The verdicts as sentences, and every number behind them as `ebb compare` prints it."""
    try:
        compared = planned_results(reading)
    except InputError as error:
        return None, [f"No verdict. {error}"], []
    if compared is None:
        return None, [], []
    tables = []
    if isinstance(compared.found, Comparison):
        tables.append(_in_full(compared.found))
    elif compared.found is not None:
        tables.append(_family_table(compared.found))
    tables += [_in_full(each) for each in compared.interactions]
    return compared, compared.sentences(), tables


def _family_table(family: Family) -> Table:
    notes = (*omnibus_sentences(family), *(f"Note: {note}" for note in family_notes(family)))
    return comparison_table(family, family_text(family), notes)


def _in_full(found: Comparison) -> Table:
    """A comparison's explanation, name by name."""
    said = explanation(found)
    rows = [*said.rows, *(("note", str(note)) for note in said.notes)]
    return text_table(f"{found.metric} of {found.a} and {found.b}", ("figure", "value"), rows)


def _tables(reading: Reading) -> tuple[list[Table], list[Table]]:
    """The table that answers the study's question, what classes lost; and further ones."""
    kinds = [default_kind(reading)]
    segments = any(has_segments(record, SAMPLE) for record in reading.finished)
    if segments and "forgetting" not in kinds:
        kinds.append("forgetting")
    rest = []
    if any(has_tasks(record) for record in reading.finished):
        kinds += ["tasks"] if "tasks" not in kinds else []
        rest.append("task-matrix")
    tables = [_table(reading, kind) for kind in kinds]
    rest += ["summary"] if "summary" not in kinds else []
    if any("dead_units" in record.arrays for record in reading.records):
        rest.append("dead-units")
    return tables, [_table(reading, kind) for kind in rest]


def _table(reading: Reading, kind: str) -> Table:
    """A table as `ebb table` prints it."""
    try:
        return shown_table(reading, kind)
    except InputError as error:
        return text_table(f"No table of the kind {kind}", ("reason",), [(str(error),)])


def _check(reading: Reading) -> tuple[list[str], list[Table]]:
    """Reported figures and claims beside ours, as `ebb check` prints them."""
    definition = reading.definition
    if definition is None or not (definition.reported or definition.claims):
        return [], []
    try:
        checked = check_reading(reading)
    except InputError as error:
        return [f"Not checked. {error}"], []
    said, tables = [], []
    if reading.variant != "full":
        said.append(f"The figures were reported for the full study, these are {reading.variant}.")
    if len(checked.figures):
        said.append(figures_sentence(checked.figures))
        tables.append(_reported_table(checked))
    if len(checked.claims):
        said.append(claims_sentence(checked.claims))
        tables.append(replace(checked.claim_table, title="Claims made elsewhere"))
    return said, tables


def _reported_table(checked: Checked) -> Table:
    sources = [source for source in dict.fromkeys(checked.figures["source"]) if source]
    caption = "Reported elsewhere, and measured here"
    caption += f" (reported in: {', '.join(sources)})" if sources else ""
    return replace(checked.figure_table, title=caption)
