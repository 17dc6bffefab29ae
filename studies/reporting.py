"""From a store's records to the tables, sentences and pictures of the command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.check import check_claims, check_figures, claims_sentence, figures_sentence, gather
from analysis.dead_units import dead_units_table
from analysis.formatting import is_fraction
from analysis.gradients import gradient_table
from analysis.misclassified import misclassified_table
from analysis.overview import overview_table
from analysis.position import class_positions, position_table
from analysis.shares import share_table
from analysis.tables import forgetting_table, history_table, per_class_table, summary_table
from core import Store
from data import Dataset, InputError, load
from studies.footnotes import footnotes
from studies.reading import Reading, baseline, read
from studies.rendering import clean, rows, show
from studies.study import Shares
from studies.units import unit_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TITLES = {
    "overview": "the conditions beside each other, {metric} in detail",
    "summary": "final figures over the seeds",
    "per-class": "final accuracy of each class on the set {set}",
    "forgetting": "what each class loses after its turn",
    "history": "every run, epoch by epoch",
    "position": "final accuracy by recency, and what recency and resemblance change",
    "shares": "how often, over the seeds",
    "gradients": "the norm of the gradient, layer by layer",
    "dead-units": "units that no training example excites",
    "misclassified": "the test examples that most runs take for another class",
}
OF_SCORES = ("overview", "summary", "history", "shares")
"""Tables that need no network."""
COLUMNS = {
    "forgetting": [
        *("condition", "class", "n", "learned", "final", "drop", "ci_low", "ci_high"),
        *("forgetting_max_minus_last", "recovery"),
    ]
}
"""Columns shown to people, where the programs' table has more."""
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
    kind = kind or ("per-class" if of else _default_kind(reading))
    if of is not None and kind != "per-class":
        raise InputError(f"Received --set {of} with --kind {kind}; expected --kind per-class.")
    if kind not in OF_SCORES and "scores" in reading.records[0].recipe:
        raise InputError(
            f"Received --kind {kind} for {reading.study}, which trains no network; expected "
            f"{', '.join(OF_SCORES)}."
        )
    with input_errors():
        if kind == "position":
            frame = position_table(reading.records, baseline(reading))
        elif kind == "shares":
            frame = share_table(reading.records, _planned_shares(reading).metrics)
        elif kind == "overview":
            frame = overview_table(reading.records, _shown(reading))
        elif kind == "per-class":
            frame = per_class_table(reading.records, of or "test")
        else:
            frame = {
                "summary": summary_table,
                "forgetting": forgetting_table,
                "history": history_table,
                "gradients": gradient_table,
                "dead-units": dead_units_table,
                "misclassified": misclassified_table,
            }[kind](reading.records)
    if figure is not None:
        from analysis.figures import save

        drawing = {
            "position": _positions,
            "overview": _overview,
            "gradients": _gradients,
            "shares": _shares,
        }
        with input_errors():
            if kind == "misclassified":
                drawn = _misclassified(reading, frame, data_dir)
            else:
                drawn = drawing.get(kind, _segments)(reading)
            save(drawn, figure)
        click.echo(f"drawn: {figure}", err=True)
    if style in ("text", "markdown"):
        frame = frame[COLUMNS.get(kind, list(frame.columns))]
        if kind == "misclassified":
            frame = frame.groupby("condition", sort=False).head(MOST_EXAMPLES)
        _title(reading, kind, of)
    decimals = {"per-class": 1, "forgetting": 1, "dead-units": 1, "gradients": None, "shares": 1}
    metric = _shown(reading)[0] if kind == "overview" else ""
    show(frame, style, decimals=decimals.get(kind, 2), metric=metric)
    if style in ("text", "markdown") and kind != "history":
        click.echo("\n".join(footnotes(reading, kind)))
    for remark in reading.remarks:
        click.echo(f"note: {clean(remark)}", err=True)


def after_run(store: Store, name: str, variant: str) -> None:
    """Print what a study that was just run has to say: a sentence and a table."""
    reading = read(store, name, variant)
    if not any(record.status == "finished" for record in reading.records):
        return
    from studies.comparing import sentences

    for sentence in sentences(reading):
        click.echo(f"{reading.study} ({reading.variant}): {sentence}\n")
    print_table(store, name, variant, None, "text", None)
    more = "--figure" if "scores" in reading.records[0].recipe else "--kind per-class --figure"
    click.echo(f"\nMore: ebb table {name} --variant {variant} {more} FILE.png")


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
    with input_errors():
        values = gather(reading.records, study.reported, study.claims)
        figures = check_figures(study.reported, values)
        claims = check_claims(study.claims, values)
    if style == "json":
        click.echo(json.dumps({"figures": rows(figures), "claims": rows(claims)}, indent=1))
    elif style == "csv":
        show(figures, style)
    else:
        click.echo(f"{reading.study} ({reading.variant}): {figures_sentence(figures)}")
        if len(figures):
            show(figures.drop(columns=["source", "sd", "runs", "p"]), style, decimals=2)
        for claim, row in zip(study.claims, claims.to_dict("records"), strict=True):
            click.echo(f"claim: {claim.text}: {row['verdict']} ({_difference(claim.metric, row)})")
        if len(claims):
            click.echo(claims_sentence(claims))
    if reading.variant != "full":
        click.echo(
            f"note: the figures were reported for the full study, these are {reading.variant}",
            err=True,
        )
    for remark in reading.remarks:
        click.echo(f"note: {clean(remark)}", err=True)
    fell_short = (figures["agrees"] == False).any()  # noqa: E712  (None is undecided)
    return not (fell_short or (claims["verdict"] == "contradicted").any())


def _default_kind(reading: Reading) -> str:
    """The table that answers what a study asks: by place where the places are a Latin square."""
    if reading.definition is not None and reading.definition.shares is not None:
        return "shares"
    orders = (record.recipe.get("order", {}) for record in reading.records)
    square = any(order.get("classes") == "latin-square" for order in orders)
    if square and class_positions(reading.records):
        return "position"
    if len({record.condition for record in reading.records}) > 2:
        return "overview"
    measured = any("class_segments" in record.arrays for record in reading.records)
    return "forgetting" if measured else "summary"


def _planned_shares(reading: Reading) -> Shares:
    """How the study counts what is so or is not."""
    if reading.definition is None or reading.definition.shares is None:
        raise InputError(
            f"Received --kind shares for {reading.study}; expected a study whose scores are 0 or "
            "1, such as polynomial-degree (a file of yours is named by its path)."
        )
    return reading.definition.shares


def _shown(reading: Reading) -> tuple[str, ...]:
    """The metrics of the overview, the deciding one first."""
    study = reading.definition
    return (study.primary, *study.shown) if study else ("test accuracy", "validation accuracy")


def _title(reading: Reading, kind: str, of: str | None) -> None:
    seeds = {record.seed for record in reading.records}
    datasets = sorted({str(record.recipe["dataset"]) for record in reading.records})
    title = TITLES[kind].format(set=of or "test", metric=_shown(reading)[0])
    click.echo(
        f"{reading.study} ({reading.variant}), {', '.join(datasets)}, {len(seeds)} of "
        f"{reading.planned} planned seeds: {title}"
    )


def _difference(metric: str, row: dict) -> str:
    """A claim's difference with its interval, losses and epochs in their own unit."""
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


def _segments(reading: Reading) -> "Figure":
    from analysis.figures import class_segment_heatmap

    labels = {
        record.condition: "after as many examples as the classes up to"
        for record in reading.records
        if record.recipe.get("order", {}).get("is") == "Shuffled"
    }
    question, dataset = _heading(reading)
    return class_segment_heatmap(
        reading.records, question=question, dataset=dataset, x_labels=labels
    )


def _positions(reading: Reading) -> "Figure":
    from analysis.position_figure import position_figure

    question, dataset = _heading(reading)
    return position_figure(class_positions(reading.records), question=question, dataset=dataset)


def _heading(reading: Reading) -> tuple[str, str]:
    """What a picture says of where it comes from: the question and the data."""
    question = reading.definition.question if reading.definition else reading.study
    datasets = sorted({str(record.recipe["dataset"]) for record in reading.records})
    return question, ", ".join(datasets)


def _shares(reading: Reading) -> "Figure":
    from analysis.share_figure import share_figure

    shares = _planned_shares(reading)
    return share_figure(
        reading.records,
        {each.condition: each.recipe["scores"]["parameters"] for each in reading.records},
        metric=shares.metrics[0],
        along=shares.along,
        lines=shares.lines,
        rows=shares.rows,
        columns=shares.columns,
        counted=shares.counted,
        question=_heading(reading)[0],
    )


def _gradients(reading: Reading) -> "Figure":
    from analysis.gradient_figure import gradient_figure

    question, dataset = _heading(reading)
    return gradient_figure(reading.records, question=question, dataset=dataset)


def _misclassified(reading: Reading, table: "pd.DataFrame", data_dir: Path | None) -> "Figure":
    from analysis.misclassified_figure import misclassified_figure

    datasets: dict[str, Dataset] = {}
    images = {}
    for record in reading.records:
        name = str(record.recipe["dataset"])
        if name not in datasets:
            datasets[name] = load(name, data_dir)
        if datasets[name].checksum != record.data.partition(" ")[0]:
            raise InputError(
                f"Received a data set {name} that is not the one the runs saw; expected the same "
                "files: name their folder by --data-dir."
            )
        images[record.condition] = datasets[name].x_test
    question, dataset = _heading(reading)
    return misclassified_figure(table, images, question=question, dataset=dataset)


def _overview(reading: Reading) -> "Figure":
    from analysis.overview_figure import overview_figure

    question, dataset = _heading(reading)
    return overview_figure(
        reading.records,
        _shown(reading),
        question=question,
        dataset=dataset,
        trade_off=reading.definition.trade_off if reading.definition else None,
    )


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
