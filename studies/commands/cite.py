"""`ebb cite`: the sources of a study."""

import click

from studies.definition.catalogue import find
from studies.definition.citing import bibliography


@click.command()
@click.argument("study")
def cite(study: str) -> None:
    """What a paper should cite for STUDY, in BibTeX: Ebb, its methods, data and tests."""
    click.echo(bibliography(find(study)))
