"""`ebb new`: a study file to begin with."""

import shlex
from pathlib import Path

import click

from analysis.rendering.text import say
from studies.definition.new_file import KINDS, write_study
from studies.results.program import program


@click.command()
@click.argument("file", metavar="FILE.py", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    default="order",
    show_default=True,
    help="; ".join(f"{kind}: {what}" for kind, what in KINDS.items()) + ".",
)
def new(file: Path, kind: str) -> None:
    """Write a commented study that runs at once, to be changed into your own."""
    write_study(file, kind)
    say(f"Written: {file}. Next: {shlex.join([program(), 'run', str(file)])}")
