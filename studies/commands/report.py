"""`ebb report`: pages."""

import webbrowser
from pathlib import Path

import click
from click.core import ParameterSource

from core.storage.store import Store
from data import InputError
from studies.commands.options import data_option, note, store_option, variant_option
from studies.report.publishing import write_markdown, write_reports
from studies.report.store_comparison import write_store_comparison


@click.command()
@click.argument("studies", nargs=-1, metavar="STUDY...", required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The page; of several studies the folder. [default: STUDY.html, or STUDY-VARIANT.html]",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Each figure as .png and .svg as well, and the numbers behind it as .csv.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(("html", "markdown")),
    default="html",
    show_default=True,
    help="Markdown goes to standard output or into --out: tables and sentences, no figures.",
)
@click.option(
    "--compare",
    "stores",
    nargs=2,
    type=click.Path(path_type=Path),
    metavar="STORE_A STORE_B",
    help="Instead: what moved between two stores, of two versions for instance.",
)
@click.option("--open", "opened", is_flag=True, help="Show the page in the browser.")
@variant_option
@store_option
@data_option
def report(
    studies: tuple[str, ...],
    out: Path | None,
    figures: Path | None,
    style: str,
    stores: tuple[Path, Path] | None,
    opened: bool,
    variant: str | None,
    folder: Path,
    data_dir: Path | None,
) -> None:
    """A study as one HTML page (or a section in Markdown): protocol, verdict, tables, figures.

    The page needs no network and runs nothing, and says the environment. Of several studies, a
    page each and an index.
    """
    if opened and (style == "markdown" or stores is not None):
        raise InputError("Received --open with --format markdown or --compare; expected a page.")
    if style == "markdown":
        if figures is not None or stores is not None:
            raise InputError(
                "Received --format markdown with --figures or --compare; expected it without."
            )
        write_markdown(Store(folder), studies, variant=variant, out=out)
        return
    if stores is not None:
        if figures is not None or len(studies) > 1:
            raise InputError(
                "Received --compare with --figures or several studies; expected one study alone."
            )
        source = click.get_current_context().get_parameter_source
        if ParameterSource.COMMANDLINE in map(source, ("folder", "data_dir")):
            raise InputError("Received --compare with --store or --data-dir; expected it alone.")
        write_store_comparison(Store(stores[0]), Store(stores[1]), studies[0], variant, out)
        return
    page = write_reports(
        Store(folder), studies, variant=variant, out=out, figures=figures, data_dir=data_dir
    )
    if opened and not webbrowser.open(page.resolve().as_uri()):
        note(f"no browser was found: open {page} in one")
