"""Prints the tables and checks of a study; draws their figures where they are asked for."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.check import claims_sentence, figures_sentence
from analysis.rendering.table import Table
from analysis.rendering.tables import rows, write
from analysis.rendering.text import clean, say
from core import Store
from studies.results import drawing
from studies.results.checking import check_reading, difference_text
from studies.results.reading import Reading, read
from studies.results.sketch import Sketch
from studies.results.tables import default_kind, of_columns, shown_table, table_of

BY_CONDITION = ("overview", "sweep")
"""Tables with a line for each condition, whose mean is of the metric that decides."""
IN_BOLD = "Bold: the only one that may be the best (Hsu 1984, simultaneous 95 %)."
NOT_IN_BOLD = "None is in bold: which is the best is not told apart (Hsu 1984, simultaneous 95 %)."


def print_table(
    reading: Reading,
    kind: str | None,
    style: str,
    sketch: Sketch | None = None,
    of: str | None = None,
    data_dir: Path | None = None,
    columns: str | None = None,
) -> None:
    """Print a table of a study, and draw its figure where one is asked for.

    Args:
        reading: Its records.
        kind: One of `studies.results.tables.KINDS`; if None the one that answers what the study
            asks.
        style: As `analysis.rendering.tables.write` takes it.
        sketch: The figure to draw.
        of: The evaluated set of a table of one, `test` if None.
        data_dir: Folder of data sets, for a figure that shows examples.
        columns: The only columns to print, in this order, with commas between; all if None.

    Raises:
        InputError: The study did not measure what is asked for.
    """
    kind = kind or ("per-class" if of else default_kind(reading))
    programs = style in ("csv", "json", "parquet")
    table = (
        Table("", of_columns(table_of(reading, kind, of), columns))
        if programs
        else shown_table(reading, kind, of, columns)
    )
    if style == "latex":
        table = _for_latex(reading, table, kind)
    if sketch is not None:
        figure = drawing.figure_of(reading, kind, data_dir, of=of, width=sketch.width)
        drawing.save_figure(figure, sketch.file, titled=sketch.titled)
    write(table, style)
    for note in reading.notes:
        say(f"note: {clean(note)}", err=True)


def _for_latex(reading: Reading, table: Table, kind: str) -> Table:
    """The table with its label, and with the best mean in bold where it is told apart."""
    table = replace(table, label=f"tab:{reading.study}-{kind}")
    if kind not in BY_CONDITION or not {"condition", "mean"} <= {*table.frame}:
        return table
    from studies.results.best import may_be_best  # noqa: PLC0415  # few tables need it

    best = may_be_best(reading)
    if not best:
        return table
    rows_of_best = [i for i, name in enumerate(table.frame["condition"]) if [name] == best]
    said = IN_BOLD if rows_of_best else NOT_IN_BOLD
    bold = tuple((row, "mean") for row in rows_of_best)
    return replace(table, bold=bold, notes=(*table.notes, said))


def _write_check(figures: pd.DataFrame, claims: pd.DataFrame) -> None:
    """One table as CSV: of the figures, else of the claims."""
    write(Table("", figures if len(figures) else claims), "csv")
    if len(figures) and len(claims):
        say("note: the claims are left out: --format json has both", err=True)


def print_check(
    store: Store, name: str, variant: str | None, style: str, sketch: Sketch | None = None
) -> bool:
    """Print reported figures and claims beside ours, and draw the figures; whether all hold.

    Raises:
        InputError: The study reports nothing, or was never run.
    """
    reading = read(store, name, variant)
    checked = check_reading(reading)
    figures, claims = checked.figures, checked.claims
    if style == "json":
        say(json.dumps({"figures": rows(figures), "claims": rows(claims)}, indent=1))
    elif style == "csv":
        _write_check(figures, claims)
    elif style == "latex":
        named = f"{reading.study} ({reading.variant})"
        for table in (checked.figure_table, checked.claim_table):
            if len(table.frame):
                write(replace(table, title=f"{named}: {table.title}"), style)
    else:
        markdown = style == "markdown"
        gap = "\n" if markdown else ""
        said = f"{reading.study} ({reading.variant}): {figures_sentence(figures)}"
        if len(figures):
            write(replace(checked.figure_table, title=said), style)
        else:
            say(said, markdown=markdown)
        for row in claims.to_dict("records"):
            line = f"claim: {row['claim']}: {row['verdict']} ({difference_text(row)})"
            say(gap + clean(line), markdown=markdown)
        if len(claims):
            say(gap + claims_sentence(claims), markdown=markdown)
    for note in checked.notes:
        say(note, err=True)
    if sketch is not None:
        figure = drawing.figure_of_check(reading, figures, sketch.width)
        drawing.save_figure(figure, sketch.file, titled=sketch.titled)
    for note in reading.notes:
        say(f"note: {clean(note)}", err=True)
    return checked.holds
