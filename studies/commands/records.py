"""`ebb status`, `show` and `remove`: what is in the store."""

from pathlib import Path

import click

from core.storage.store import Store
from data import InputError
from studies.commands.options import confirm, format_option, hold, store_option


@click.command()
@click.argument("study", required=False)
@store_option
@format_option("text", "json")
def status(study: str | None, folder: Path, style: str) -> None:
    """What the store holds; with a STUDY, run by run."""
    from studies.results.inventory import store_status
    from studies.results.reading import study_name

    store_status(Store(folder), study and study_name(study), style)


@click.command()
@click.argument("run")
@store_option
def show(run: str, folder: Path) -> None:
    """One run: the key that `ebb status STUDY` prints, or its beginning."""
    from studies.results.inventory import show_run

    show_run(Store(folder), run)


@click.command()
@click.argument("study")
@click.option("--variant", help="Only this one. [default: all]")
@click.option("--run", "key", help="Only the run of this key, as `ebb status STUDY` prints it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
def remove(study: str, variant: str | None, key: str | None, yes: bool, folder: Path) -> None:
    """Remove a study's records from the store, its kept weights and unfinished runs with them."""
    from analysis.rendering.formatting import counted
    from studies.results.leftovers import remove_files
    from studies.results.reading import choose_variant, study_name

    store = Store(folder)
    study = study_name(study)
    entries = store.entries(study)
    if not entries:
        raise InputError(f"Received study {study!r}; expected one with records in {str(folder)!r}.")
    if variant is not None:
        choose_variant(entries, study, variant)
        entries = [entry for entry in entries if entry.variant == variant]
    if key is not None:
        entries = [entry for entry in entries if entry.key == key]
        if not entries:
            raise InputError(
                f"Received run {key!r}; expected one of {study}, as `ebb status {study}` prints it."
            )
    variants = sorted({entry.variant for entry in entries})
    for each in variants:
        hold(store, study, each)
    confirm(f"Remove {counted(len(entries), 'record')} of {study}?", yes)
    # A variant that a driver has begun since is not of those that were asked about.
    count = sum(store.remove(study, each, key) for each in variants)
    for each in variants:
        remove_files(store, study, each, None if key is None else entries)
    click.echo(f"{counted(count, 'record')} removed")
