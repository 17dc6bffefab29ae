"""A group of commands that are imported when they are called, so that help is light."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from data.errors import did_you_mean


class LazyGroup(click.Group):
    """A group that knows of a command where it is and what it does in a line.

    Args:
        lazy: By a command's name its "module:attribute", and the first line of its docstring.
        settings: As `click.Group` takes them.
    """

    def __init__(self, *, lazy: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(**settings)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(self.lazy)

    def get_command(self, ctx: click.Context | None, cmd_name: str) -> click.Command | None:
        """A command, imported now."""
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command by its name; of one that is none, which there are."""
        name = args[0]
        if name not in self.lazy and not name.startswith("-"):
            ctx.fail(
                f"No such command {name!r}; expected one of {', '.join(self.list_commands(ctx))}"
                f"{did_you_mean(name, self.lazy)}"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; none is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.lazy[name][1]) for name in self.list_commands(ctx)])
