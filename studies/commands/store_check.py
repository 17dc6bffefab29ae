"""`ebb store check`: whether a store is sound."""

from pathlib import Path

import click

from core.storage.store import Store
from studies.commands.options import FELL_SHORT, store_option
from studies.results.validation import check_store


@click.command("check")
@store_option
def store_check(folder: Path) -> None:
    """Read all of a store; a line for each fault says which run, and how to mend it."""
    if not check_store(Store(folder)):
        raise SystemExit(FELL_SHORT)
