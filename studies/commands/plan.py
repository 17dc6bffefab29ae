"""`ebb plan`: how many seeds to run."""

import json
from pathlib import Path

import click

from analysis.rendering.text import say
from analysis.statistics.planning import explain_plan
from analysis.statistics.planning import plan as plan_seeds
from core.storage.store import Store
from data import InputError
from studies.commands.options import format_option, store_option, variant_option
from studies.results.planning import plan_by_pilot
from studies.results.reading import read
from studies.results.tables import input_errors


@click.command()
@click.option(
    "--difference",
    type=float,
    required=True,
    help="Points worth finding; of a loss, in its unit.",
)
@click.option("--sd", type=float, help="Standard deviation over the seeds, in points.")
@click.option("--pilot", metavar="STUDY", help="Take it from a study in the store.")
@click.option("--conditions", metavar="A,B", help="Of the pilot.")
@click.option("--metric", help="Of the pilot. [default: its primary one]")
@click.option(
    "--correlation", type=float, help="Of the pairs. [default: 0, or the pilot's; 0 is unpaired]"
)
@click.option("--power", type=float, default=0.8, show_default=True)
@format_option("text", "json")
@variant_option
@store_option
def plan(  # noqa: PLR0913  # a user's options
    difference: float,
    sd: float | None,
    pilot: str | None,
    conditions: str | None,
    metric: str | None,
    correlation: float | None,
    power: float,
    style: str,
    variant: str | None,
    folder: Path,
) -> None:
    """How many seeds a difference needs, before they are run."""
    with input_errors():
        if sd is not None and pilot is None:
            of_pilot = {"--conditions": conditions, "--metric": metric, "--variant": variant}
            if given := [option for option, value in of_pilot.items() if value is not None]:
                raise InputError(
                    f"Received {' and '.join(given)} with --sd; expected it with --pilot alone."
                )
            r = correlation or 0.0
            found = plan_seeds(sd, difference, paired=bool(r), correlation=r, power=power)
        elif pilot is not None and sd is None:
            reading = read(Store(folder), pilot, variant)
            found = plan_by_pilot(reading, conditions, metric, difference, correlation, power)
        else:
            raise InputError("Received neither or both of --sd and --pilot; expected one of them.")
    say(json.dumps(found.to_json(), indent=1) if style == "json" else explain_plan(found))
