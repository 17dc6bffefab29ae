"""`ebb list`: the studies there are."""

import json

import click

from analysis.rendering.formatting import counted, format_duration
from studies.commands.options import format_option
from studies.definition.catalogue import NAMES, find

MOST_NAMES = 16


@click.command("list")
@format_option("text", "json")
def list_studies(style: str) -> None:
    """The studies there are."""
    studies = [find(name) for name in NAMES]
    if style == "json":
        rows = [
            {
                "study": study.name,
                "question": study.question,
                "datasets": sorted({recipe.dataset for recipe in study.conditions.values()}),
                "conditions": list(study.conditions),
                "seeds": study.seeds,
                "runs": study.seeds * len(study.conditions),
                "minutes": study.minutes,
            }
            for study in studies
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    for study in studies:
        sets = ", ".join(sorted({recipe.dataset for recipe in study.conditions.values()}))
        runs = study.seeds * len(study.conditions)
        click.echo(f"{study.name}\n    {study.question}")
        time = f", {format_duration(60 * study.minutes)} of processor time" if study.minutes else ""
        names = list(study.conditions)
        if len(names) > MOST_NAMES:
            names[3:-1] = [f"... ({len(names)} conditions)"]
        click.echo(
            f"    {sets}; {runs} runs{time}: {', '.join(names)}, {counted(study.seeds, 'seed')}"
        )
