"""`ebb store`: the store as such."""

import click

from studies.commands.lazy import LazyGroup

COMMANDS = {
    "check": (
        "studies.commands.store_check:store_check",
        "Read all of a store; a line for each fault says which run, and how to mend it.",
    ),
    "export": (
        "studies.commands.store_export:store_export",
        "Write the records as tables into FOLDER: runs, evaluations, confusion, history.",
    ),
}


@click.group("store", cls=LazyGroup, lazy=COMMANDS)
def store_group() -> None:
    """The store itself: whether it is sound, and its content as tables for other programs."""
