"""`ebb table`, `check`, `compare` and `plan`: what the records say."""

from pathlib import Path

import click

from core.storage.store import Store
from data import InputError
from studies.commands.options import (
    FELL_SHORT,
    data_option,
    figure_option,
    format_option,
    store_option,
    variant_option,
)


@click.command()
@click.argument("study")
@click.option(
    "--kind",
    type=click.Choice(
        [
            *("overview", "summary", "per-class", "forgetting", "history", "position"),
            *("gradients", "dead-units", "misclassified", "proportions"),
        ]
    ),
    help="[default: proportions where scores are 0 or 1, position where the class orders are a "
    "Latin square, overview of more than two conditions, forgetting where it was measured, else summary]",
)
@click.option(
    "--set", "of", help="Evaluated set of --kind per-class, as in gaussian-0.1. [default: test]"
)
@format_option("text", "csv", "json", "markdown", "latex", "parquet")
@figure_option(
    "Draw per-class accuracy over the class segments (position: over recency; overview: every "
    "seed; gradients: by layer; misclassified: the images; "
    "proportions: over a parameter)"
)
@variant_option
@store_option
@data_option
def table(
    study: str,
    kind: str | None,
    of: str | None,
    style: str,
    figure: Path | None,
    variant: str | None,
    folder: Path,
    data_dir: Path | None,
) -> None:
    """A study's results over its seeds."""
    from analysis.rendering.tables import check_binary
    from studies.results.printing import print_table

    if style == "parquet":
        check_binary()
    print_table(Store(folder), study, variant, kind, style, figure, of, data_dir)


@click.command()
@click.argument("study")
@format_option("text", "csv", "json", "markdown", "latex")
@variant_option
@store_option
def check(study: str, style: str, variant: str | None, folder: Path) -> None:
    """What was reported elsewhere, beside what was measured here."""
    from studies.results.printing import print_check

    if not print_check(Store(folder), study, variant, style):
        raise SystemExit(FELL_SHORT)


@click.command()
@click.argument("study")
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option("--metric", help="As in `ebb table`. [default: the study's primary one]")
@click.option("--per-class", is_flag=True, help="Class by class, as one family.")
@click.option("--margin", type=float, help="Points that do not matter, set beforehand.")
@click.option(
    "--correction",
    type=click.Choice(["holm", "bh"]),
    default="holm",
    show_default=True,
    help="Of a family; bh is for exploration.",
)
@click.option("--unpaired", is_flag=True, help="Of a SCORES.csv: its runs share nothing.")
@figure_option("Draw it")
@format_option("text", "json", "markdown", "latex")
@variant_option
@store_option
def compare(
    study: str,
    a: str | None,
    b: str | None,
    metric: str | None,
    per_class: bool,
    margin: float | None,
    correction: str,
    unpaired: bool,
    figure: Path | None,
    style: str,
    variant: str | None,
    folder: Path,
) -> None:
    """Whether a difference is real: conditions A and B of STUDY, or of a file SCORES.csv.

    Without A and B, every comparison that the study plans. The file has the columns condition,
    seed, value (as fractions), and if known class and n_test.
    """
    from studies.results.comparing import Wanted, compare_scores, compare_study

    if (a is None) != (b is None) or (a is not None and a == b):
        raise InputError(
            f"Received the condition {a!r} alone; expected two different ones, or none."
        )
    pairs = ((a, b),) if a is not None and b is not None else ()
    wanted = Wanted(pairs, metric, per_class, margin, correction)
    if study.lower().endswith((".csv", ".tsv", ".txt")):
        compare_scores(Path(study), not unpaired, wanted).show(style, figure)
        return
    if unpaired:
        raise InputError("Received --unpaired; expected it with a SCORES.csv: a study says itself.")
    compare_study(Store(folder), study, variant, wanted).show(style, figure)


@click.command()
@click.option(
    "--difference",
    type=float,
    required=True,
    help="Points worth finding; of a loss, in its unit.",
)
@click.option("--sd", type=float, help="Standard deviation over the seeds, in points.")
@click.option("--pilot", metavar="STUDY", help="Take it from a study in the store.")
@click.option("--conditions", metavar="A,B", help="Of the pilot.")
@click.option("--metric", help="Of the pilot. [default: its primary one]")
@click.option(
    "--correlation", type=float, help="Of the pairs. [default: 0, or the pilot's; 0 is unpaired]"
)
@click.option("--power", type=float, default=0.8, show_default=True)
@format_option("text", "json")
@variant_option
@store_option
def plan(
    difference: float,
    sd: float | None,
    pilot: str | None,
    conditions: str | None,
    metric: str | None,
    correlation: float | None,
    power: float,
    style: str,
    variant: str | None,
    folder: Path,
) -> None:
    """How many seeds a difference needs, before they are run."""
    from studies.results.planning import Pilot, print_plan

    if sd is not None and pilot is None:
        given = {"--conditions": conditions, "--metric": metric, "--variant": variant}
        if wrong := [option for option, value in given.items() if value is not None]:
            raise InputError(
                f"Received {' and '.join(wrong)} with --sd; expected it with --pilot alone."
            )
        spread: float | Pilot = sd
    elif pilot is not None and sd is None:
        spread = Pilot(pilot, conditions, metric, variant)
    else:
        raise InputError("Received neither or both of --sd and --pilot; expected one of them.")
    print_plan(Store(folder), spread, difference, correlation=correlation, power=power, style=style)
