"""`ebb store export`: a store's content as tables, or whole."""

from pathlib import Path

import click

from core.storage.exchange import ENDING
from core.storage.store import Store
from data import InputError
from studies.commands.options import store_option
from studies.results.exporting import export, export_whole
from studies.results.inventory import study_name


@click.command("export")
@click.argument("target", metavar="TARGET", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["csv", "parquet"]),
    help="Of the tables; parquet needs the extra of that name. [default: csv]",
)
@click.option("--study", help="Only this one. [default: all]")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@store_option
def store_export(
    target: Path, style: str | None, study: str | None, force: bool, folder: Path
) -> None:
    """Write the records into TARGET: a folder of tables, or one file NAME.sqlite.xz.

    The file holds all that the records hold, and `ebb store import` makes a store of it again. The
    tables are runs, evaluations, confusion and history, for other programs: figures in full
    precision, accuracies fractions; `run` and `evaluation` number the rows of the first two tables,
    and join the others to them.
    """
    study = study and study_name(study)
    if not target.name.endswith(ENDING):
        export(Store(folder), target, style or "csv", study, force)
        return
    if style is not None:
        raise InputError(
            f"Received --format {style} for {target.name!r}; expected a folder for tables, or the "
            "file without --format."
        )
    export_whole(Store(folder), target, study, force)
