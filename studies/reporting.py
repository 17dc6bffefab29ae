"""Prints the tables and checks of a study; draws their pictures where they are asked for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.check import check_claims, check_figures, claims_sentence, figures_sentence, gather
from analysis.formatting import is_fraction
from core import Store
from data import InputError
from studies.footnotes import footnotes
from studies.pictures import figure_of
from studies.reading import Reading, read
from studies.rendering import clean, rows, say, show
from studies.tables import COLUMNS, TITLES, default_kind, input_errors, shown_metrics, table_of
from studies.units import unit_of

if TYPE_CHECKING:
    import pandas as pd

NOT_SHOWN = ["source", "sd", "runs", "p"]
"""Columns of the check that people are not shown."""
MOST_EXAMPLES = 10
"""Misclassified examples of a condition that people are shown."""


def print_table(
    store: Store,
    name: str,
    variant: str | None,
    kind: str | None,
    style: str,
    figure: Path | None,
    of: str | None = None,
    data_dir: Path | None = None,
) -> None:
    """Print a table of a study, and draw its figure where one is asked for.

    Args:
        store: Where its records are.
        name: The study's name or file.
        variant: See `studies.reading.choose_variant`.
        kind: One of `TITLES`; if None the one that answers what the study asks.
        style: As `studies.rendering.show` takes it.
        figure: The file to draw into.
        of: The evaluated set of a per-class table, `test` if None.
        data_dir: Folder of data sets, for a figure that shows examples.

    Raises:
        InputError: The study was never run, or did not measure what is asked for.
    """
    reading = read(store, name, variant)
    kind = kind or ("per-class" if of else default_kind(reading))
    frame = table_of(reading, kind, of)
    if figure is not None:
        from analysis.figures import save

        with input_errors():
            save(figure_of(reading, kind, data_dir), figure)
        say(f"drawn: {figure}", err=True)
    notes: list[str] = []
    if style in ("text", "markdown"):
        frame = for_people(frame, kind)
        with input_errors():
            notes = [] if kind == "history" else footnotes(reading, kind)
        say(title_of(reading, kind, of), markdown=style == "markdown")
    show(frame, style, **formatting_of(reading, kind))
    if notes:
        say("\n".join(notes), markdown=style == "markdown")
    for remark in reading.remarks:
        say(f"note: {clean(remark)}", err=True)


def for_people(frame: "pd.DataFrame", kind: str) -> "pd.DataFrame":
    """The columns and rows of a table that people are shown."""
    frame = frame[COLUMNS.get(kind, list(frame.columns))]
    if kind == "misclassified":
        frame = frame.groupby("condition", sort=False).head(MOST_EXAMPLES)
    return frame


def formatting_of(reading: Reading, kind: str) -> dict[str, Any]:
    """How the numbers of a table are written, as `studies.rendering.cells` takes it."""
    decimals = {"per-class": 1, "forgetting": 1, "dead-units": 1, "gradients": None, "shares": 1}
    metric = shown_metrics(reading)[0] if kind == "overview" else ""
    return {"decimals": decimals.get(kind, 2), "metric": metric}


def title_of(reading: Reading, kind: str, of: str | None = None) -> str:
    """What a table is of, in a line."""
    seeds = {record.seed for record in reading.records}
    datasets = sorted({str(record.recipe["dataset"]) for record in reading.records})
    title = TITLES[kind].format(set=of or "test", metric=shown_metrics(reading)[0])
    return (
        f"{reading.study} ({reading.variant}), {', '.join(datasets)}, {len(seeds)} of "
        f"{reading.planned} planned seeds: {title}"
    )


def after_run(store: Store, name: str, variant: str) -> None:
    """Print what a study that was just run has to say: a sentence and a table."""
    reading = read(store, name, variant)
    if not any(record.status == "finished" for record in reading.records):
        return
    from studies.comparing import sentences

    for sentence in sentences(reading):
        say(f"{reading.study} ({reading.variant}): {sentence}\n")
    print_table(store, name, variant, None, "text", None)
    more = "--figure" if "scores" in reading.records[0].recipe else "--kind per-class --figure"
    say(f"\nMore: ebb table {name} --variant {variant} {more} FILE.png")


def print_check(store: Store, name: str, variant: str | None, style: str) -> bool:
    """Print reported figures and claims beside ours; whether all hold.

    Raises:
        InputError: The study reports nothing, or was never run.
    """
    reading = read(store, name, variant)
    study = reading.definition
    if study is None or not (study.reported or study.claims):
        raise InputError(
            f"Received study {name!r}; expected one with reported figures (a file of yours is "
            "named by its path)."
        )
    figures, claims = check_of(reading)
    if style == "json":
        say(json.dumps({"figures": rows(figures), "claims": rows(claims)}, indent=1))
    elif style == "csv":
        show(figures, style)
    else:
        say(f"{reading.study} ({reading.variant}): {figures_sentence(figures)}")
        if len(figures):
            show(figures.drop(columns=NOT_SHOWN), style, decimals=2)
        for row in claims.to_dict("records"):
            say(f"claim: {row['claim']}: {row['verdict']} ({difference_in_words(row)})")
        if len(claims):
            say(claims_sentence(claims))
    if reading.variant != "full":
        say(
            f"note: the figures were reported for the full study, these are {reading.variant}",
            err=True,
        )
    for remark in reading.remarks:
        say(f"note: {clean(remark)}", err=True)
    fell_short = (figures["agrees"] == False).any()  # noqa: E712  (None is undecided)
    return not (fell_short or (claims["verdict"] == "contradicted").any())


def check_of(reading: Reading) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Reported figures and claims beside ours, as `check_figures` and `check_claims` have them."""
    study = reading.definition
    reported, claims = (study.reported, study.claims) if study else ((), ())
    with input_errors():
        values = gather(reading.records, reported, claims)
        return check_figures(reported, values), check_claims(claims, values)


def difference_in_words(row: Mapping[str, Any]) -> str:
    """A claim's difference with its interval, losses and epochs in their own unit."""
    metric = row["metric"]
    factor, digits, unit = (100, 1, " points") if is_fraction(metric) else (1, 3, "")
    if unit_of(metric) == "epochs":
        digits, unit = 1, " epochs"
    if row["n"] == 0:
        return "no pair of runs"
    text = f"{factor * row['difference']:+.{digits}f}{unit}"
    if row["n"] < 2:
        return f"{text}, one pair of runs: no interval"
    return (
        f"{text}, 95 % interval {factor * row['low']:+.{digits}f} to "
        f"{factor * row['high']:+.{digits}f}, {row['n']} pairs of runs"
    )
