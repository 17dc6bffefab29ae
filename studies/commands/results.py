"""`ebb table` and `check`: what the records say."""

from pathlib import Path

import click

from analysis.rendering.tables import check_parquet
from core.storage.store import Store
from studies.commands.options import (
    FELL_SHORT,
    data_option,
    figure_options,
    format_option,
    out_option,
    printed_into,
    store_option,
    variant_option,
)
from studies.results.printing import print_check, print_table
from studies.results.reading import read
from studies.results.sketch import Sketch
from studies.results.tables import KINDS, input_errors


@click.command()
@click.argument("study")
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    help="[default: proportions where scores are 0 or 1, tasks where a figure of tasks decides, "
    "position where the class orders are a Latin square, overview of more than two conditions, "
    "forgetting where it was measured, else summary]",
)
@click.option(
    "--set",
    "of",
    help="Evaluated set of --kind per-class, learning-curves or confusions, as in gaussian-0.1. "
    "[default: test if there, learning-curves of one followed over the epochs]",
)
@format_option("text", "csv", "json", "markdown", "latex", "parquet")
@click.option("--columns", metavar="A,B,...", help="Only these columns, in this order.")
@out_option
@figure_options("Draw what the table holds")
@variant_option
@store_option
@data_option
def table(  # noqa: PLR0913  # a user's options
    study: str,
    kind: str | None,
    of: str | None,
    style: str,
    columns: str | None,
    out: Path | None,
    figure: Sketch | None,
    variant: str | None,
    folder: Path,
    data_dir: Path | None,
) -> None:
    """A study's results over its seeds."""
    with printed_into(out):
        if style == "parquet":
            with input_errors():
                check_parquet()
        reading = read(Store(folder), study, variant)
        print_table(reading, kind, style, figure, of, data_dir, columns)


@click.command()
@click.argument("study")
@format_option("text", "csv", "json", "markdown", "latex")
@figure_options("Draw each reported figure beside our prediction interval")
@variant_option
@store_option
def check(study: str, style: str, figure: Sketch | None, variant: str | None, folder: Path) -> None:
    """What was reported elsewhere, beside what was measured here."""
    if not print_check(Store(folder), study, variant, style, figure):
        raise SystemExit(FELL_SHORT)
