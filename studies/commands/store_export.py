"""`ebb store export`: a store's content as tables."""

from pathlib import Path

import click

from core.storage.store import Store
from studies.commands.options import store_option
from studies.results.exporting import export
from studies.results.inventory import study_name


@click.command("export")
@click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="parquet needs the extra of that name.",
)
@click.option("--study", help="Only this one. [default: all]")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@store_option
def store_export(target: Path, style: str, study: str | None, force: bool, folder: Path) -> None:
    """Write the records as tables into FOLDER: runs, evaluations, confusion, history.

    Figures are in full precision, accuracies fractions. `run` and `evaluation` number the rows of
    the first two tables, and join the others to them.
    """
    export(Store(folder), target, style, study and study_name(study), force)
