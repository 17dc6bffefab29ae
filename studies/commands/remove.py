"""`ebb remove`: records that are no more wanted."""

from pathlib import Path

import click

from analysis.rendering.formatting import counted
from core.storage.store import Entry, Store
from data import InputError
from studies.commands.locking import lock
from studies.commands.options import confirm, store_option
from studies.results.inventory import study_name
from studies.results.leftovers import remove_files
from studies.results.reading import choose_variant


@click.command()
@click.argument("study")
@click.option("--variant", help="Only this one. [default: all]")
@click.option("--run", "key", help="Only the run of this key, as `ebb status STUDY` prints it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
def remove(study: str, variant: str | None, key: str | None, yes: bool, folder: Path) -> None:
    """Remove a study's records from the store, its kept weights and unfinished runs with them."""
    store, study = Store(folder), study_name(study)
    entries = _entries(store, study, variant, key)
    variants = sorted({entry.variant for entry in entries})
    for each in variants:
        lock(store, study, each)
    confirm(f"Remove {counted(len(entries), 'record')} of {study}?", yes)
    # A variant that a driver has begun since is not of those that were asked about.
    count = sum(store.remove(study, each, key) for each in variants)
    for each in variants:
        remove_files(store, study, each, None if key is None else entries)
    click.echo(f"{counted(count, 'record')} removed")


def _entries(store: Store, study: str, variant: str | None, key: str | None) -> list[Entry]:
    """The records of a study, or of a variant or a run of it.

    Raises:
        InputError: There are none.
    """
    entries = store.entries(study)
    if not entries:
        raise InputError(
            f"Received study {study!r}; expected one with records in "
            f"{str(store.folder.resolve())!r}."
        )
    if variant is not None:
        choose_variant(entries, study, variant)
        entries = [entry for entry in entries if entry.variant == variant]
    if key is not None:
        entries = [entry for entry in entries if entry.key == key]
        if not entries:
            raise InputError(
                f"Received run {key!r}; expected one of {study}, as `ebb status {study}` prints it."
            )
    return entries
