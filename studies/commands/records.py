"""`ebb status` and `show`: what is in the store."""

from pathlib import Path

import click

from core.storage.store import Store
from studies.commands.options import format_option, store_option
from studies.results.inventory import show_run, store_status, study_name


@click.command()
@click.argument("study", required=False)
@store_option
@format_option("text", "json")
def status(study: str | None, folder: Path, style: str) -> None:
    """What the store holds; with a STUDY, run by run."""
    store_status(Store(folder), study and study_name(study), style)


@click.command()
@click.argument("run")
@store_option
def show(run: str, folder: Path) -> None:
    """One run, by the key that `ebb status STUDY` prints, or its beginning."""
    show_run(Store(folder), run)
