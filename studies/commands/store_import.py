"""`ebb store import`: an export becomes a store again."""

from pathlib import Path

import click

from core.storage.exchange import read_export
from core.storage.store import Store
from studies.commands.options import note, store_option


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@store_option
def store_import(file: Path, folder: Path) -> None:
    """Make a store again of what `ebb store export NAME.sqlite.xz` wrote, or add it to one.

    All of it is stored, or nothing. Records that the store has already stay as they are.
    """
    store = Store(folder)
    done = read_export(file, store)
    note(f"{store.folder}: {', '.join(f'{n:,} {what}' for what, n in done.items()) or 'nothing'}")
