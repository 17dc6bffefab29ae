"""`ebb compare`: whether a difference is real."""

from pathlib import Path

import click

from analysis.statistics.boundaries import Spending
from analysis.statistics.family_correction import CORRECTIONS
from core.storage.store import Store
from data import InputError
from studies.commands.options import (
    figure_options,
    format_option,
    looks_typed,
    out_option,
    printed_into,
    spending_option,
    store_option,
    variant_option,
)
from studies.results.comparing import Wanted, compare_reading
from studies.results.comparing_scores import compare_scores, is_file_of_scores, named_columns
from studies.results.reading import read
from studies.results.sketch import Sketch
from studies.results.variants import compare_variants


@click.command()
@click.argument("study")
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option(
    "--metric", help="A name as in `ebb table --kind summary`. [default: the study's primary one]"
)
@click.option("--per-class", is_flag=True, help="Class by class, as one family.")
@click.option("--margin", type=float, help="Points that do not matter, set beforehand.")
@click.option(
    "--correction",
    type=click.Choice(CORRECTIONS),
    default="single-step",
    show_default=True,
    help="Of a family; bh is for exploration.",
)
@click.option("--all-pairs", is_flag=True, help="Every two conditions, as one family.")
@click.option("--control", metavar="NAME", help="Each condition against this one, as one family.")
@click.option("--best", is_flag=True, help="Each condition with the best too (Hsu), of all pairs.")
@click.option("--chance", type=float, help="Of a SCORES.csv: what a guess scores, a fraction.")
@click.option(
    "--columns",
    metavar="condition=NAME,value=NAME",
    help="Of a SCORES.csv: what its columns are called.",
)
@click.option(
    "--variants",
    metavar="V,V",
    help="Two variants instead: each condition (or A, or A and B) of one with itself in the other.",
)
@click.option(
    "--higher-is-better/--lower",
    "higher",
    default=None,
    help="Which way the metric is better, where its name does not say: for ranks and --best.",
)
@click.option("--unpaired", is_flag=True, help="Of a SCORES.csv: its runs share nothing.")
@click.option(
    "--looks",
    metavar="5,10,20",
    help="Seeds at which was looked, planned before the first: intervals and p allow for it.",
)
@spending_option
@figure_options("Draw it")
@format_option("text", "json", "markdown", "latex")
@out_option
@variant_option
@store_option
def compare(  # noqa: PLR0913  # a user's options
    study: str,
    a: str | None,
    b: str | None,
    metric: str | None,
    per_class: bool,
    margin: float | None,
    correction: str,
    all_pairs: bool,
    control: str | None,
    best: bool,
    chance: float | None,
    columns: str | None,
    higher: bool | None,
    unpaired: bool,
    looks: str | None,
    spending: Spending | None,
    figure: Sketch | None,
    style: str,
    out: Path | None,
    variant: str | None,
    variants: str | None,
    folder: Path,
) -> None:
    """Whether a difference is real: conditions A and B of STUDY, or of a file SCORES.csv.

    Without A and B, every comparison that the study plans; --all-pairs or --control for others. The
    file has the columns condition, seed, value (as fractions), and if known class and n_test.
    """
    alone = (a is None) != (b is None) and variants is None
    if alone or (a is not None and a == b):
        raise InputError(
            f"Received the condition {a!r} alone; expected two different ones, or none."
        )
    pairs = ((a, b),) if a is not None and b is not None and variants is None else ()
    among = all_pairs, control, best
    named = named_columns(columns)
    at = () if looks is None else looks_typed(looks)
    wanted = Wanted(
        pairs, metric, per_class, margin, correction, *among, chance, named, at, spending,
        higher=higher,
    )  # fmt: skip
    of_scores = is_file_of_scores(study)
    if of_scores and (variant or variants):
        raise InputError("Received --variant or --variants with a SCORES.csv; expected a study.")
    if variant and variants:
        raise InputError("Received --variant with --variants; expected one of them.")
    if of_scores:
        found = compare_scores(Path(study), not unpaired, wanted)
    elif unpaired or chance is not None or columns:
        option = "--unpaired" if unpaired else "--columns" if columns else "--chance"
        raise InputError(f"Received {option}; expected it with a SCORES.csv: a study says itself.")
    elif variants is not None:
        conditions = [each for each in (a, b) if each is not None]
        found = compare_variants(Store(folder), study, variants, conditions, wanted)
    else:
        found = compare_reading(read(Store(folder), study, variant), wanted)
    with printed_into(out):
        found.show(style, figure)
