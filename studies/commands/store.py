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
        "Write the records into TARGET: a folder of tables, or one file NAME.sqlite.xz.",
    ),
    "import": (
        "studies.commands.store_import:store_import",
        "Make a store again of what `ebb store export NAME.sqlite.xz` wrote, or add it to one.",
    ),
}


@click.group("store", cls=LazyGroup, lazy=COMMANDS)
def store_group() -> None:
    """The store itself: whether it is sound, and its content as tables or a file."""
