"""The lock of a command that writes records."""

import click

from core.storage.lock import exclusive
from core.storage.store import Store
from studies.commands.options import note


def lock(store: Store, study: str, variant: str) -> None:
    """Be the only process that writes these records, until the command ends."""
    locked = exclusive(store.file.parent, study, variant)
    no_locks = click.get_current_context().with_resource(locked)
    if no_locks:
        note(f"note: {no_locks}")
