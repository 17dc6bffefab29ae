"""`ebb plan`: how many seeds to run."""

import json
from pathlib import Path
from typing import Any

import click

from analysis.rendering.text import say
from analysis.statistics.boundaries import Spending
from analysis.statistics.looks import LOOKS, USUAL_SPENDING, LookPlan
from analysis.statistics.planning import Plan, explain_plan
from analysis.statistics.planning import plan as plan_seeds
from analysis.statistics.sequential_planning import SequentialPlan, explain_looks, plan_looks
from core.storage.store import Store
from data import InputError
from studies.commands.options import (
    format_option,
    looks_typed,
    spending_option,
    store_option,
    variant_option,
)
from studies.results.comparing_scores import is_file_of_scores
from studies.results.planning import StudyPlan, plan_by_pilot, plan_by_scores
from studies.results.reading import read
from studies.results.tables import input_errors


@click.command()
@click.option("--difference", type=float, help="Points worth finding; of a loss, in its unit.")
@click.option("--margin", type=float, help="Points within which alike conditions are shown to be.")
@click.option("--half-width", type=float, help="Points to which the difference is to be known.")
@click.option("--sd", type=float, help="Standard deviation over the seeds, in points.")
@click.option("--pilot-seeds", type=int, help="Seeds that --sd was estimated from.")
@click.option(
    "--pilot", metavar="STUDY", help="Take it from a study in the store, or a SCORES.csv."
)
@click.option(
    "--conditions", metavar="A,B", help="Of the pilot. [default: the comparisons that it plans]"
)
@click.option("--metric", help="Of the pilot. [default: its primary one]")
@click.option(
    "--correlation",
    type=float,
    help="Of the pairs, 0 too. [default: the pilot's; with --sd none, for unpaired runs]",
)
@click.option(
    "--unpaired", is_flag=True, help="Plan runs that share no seeds, whatever the pilot's."
)
@click.option(
    "--comparisons",
    type=int,
    help="Size of the family. [default: 1; of a pilot's own comparisons, how many it plans]",
)
@click.option(
    "--power", type=float, help="Chance to find it, of a difference or margin. [default: 0.8]"
)
@click.option(
    "--sequential", is_flag=True, help="Beside it, seeds added look by look until it is decided."
)
@click.option("--looks", metavar="5,10,20", help="Seeds of its looks. [default: 5,10,20,40]")
@spending_option
@format_option("text", "json")
@variant_option
@store_option
def plan(  # noqa: PLR0913  # a user's options
    difference: float | None,
    margin: float | None,
    half_width: float | None,
    sd: float | None,
    pilot_seeds: int | None,
    pilot: str | None,
    conditions: str | None,
    metric: str | None,
    correlation: float | None,
    unpaired: bool,
    comparisons: int | None,
    power: float | None,
    sequential: bool,
    looks: str | None,
    spending: Spending | None,
    style: str,
    variant: str | None,
    folder: Path,
) -> None:
    """How many seeds a difference needs, before they are run; or a margin, or an interval."""
    goal, size = _goal({"difference": difference, "margin": margin, "half-width": half_width})
    options: dict[str, Any] = {"goal": goal, "comparisons": comparisons, **_power(power, goal)}
    if unpaired and correlation is not None:
        raise InputError("Received --unpaired with --correlation; expected one: pairs have one.")
    with input_errors():
        if sd is not None and pilot is None:
            of_pilot = {"--conditions": conditions, "--metric": metric, "--variant": variant}
            if given := [option for option, value in of_pilot.items() if value is not None]:
                raise InputError(
                    f"Received {' and '.join(given)} with --sd; expected it with --pilot alone."
                )
            options |= {"paired": correlation is not None, "correlation": correlation or 0.0}
            options["comparisons"] = 1 if comparisons is None else comparisons
            found: Plan | StudyPlan = plan_seeds(sd, size, pilot_seeds=pilot_seeds, **options)
        elif pilot is not None and sd is None and pilot_seeds is None:
            asked = conditions, metric, size, unpaired, options | {"correlation": correlation}
            if is_file_of_scores(pilot) and variant is None:
                found = plan_by_scores(Path(pilot), *asked)
            else:
                found = plan_by_pilot(read(Store(folder), pilot, variant), *asked)
        else:
            raise InputError(
                "Received neither or both of --sd (with --pilot-seeds) and --pilot; expected one "
                "of them."
            )
    if (looks or spending) and not sequential:
        raise InputError("Received --looks or --spending; expected it with --sequential.")
    words = found.explain() if isinstance(found, StudyPlan) else explain_plan(found)
    shown = [json.dumps(found.to_json(), indent=1) if style == "json" else words]
    if sequential:
        if isinstance(found, StudyPlan):
            raise InputError(
                "Received --sequential for several comparisons; expected two: --conditions A,B."
            )
        by_looks = _sequential(found, looks_typed(looks) if looks else LOOKS, spending)
        text = json.dumps(by_looks.to_json(), indent=1)
        shown = [text] if style == "json" else [*shown, explain_looks(by_looks)]
    for each in shown:
        say(each)


def _sequential(fixed: Plan, looks: tuple[int, ...], spending: Spending | None) -> SequentialPlan:
    """The same by looks."""
    if fixed.goal != "difference":
        raise InputError(f"Received --sequential with --{fixed.goal}; expected --difference.")
    with input_errors():
        return plan_looks(
            LookPlan(looks, spending or USUAL_SPENDING, fixed.comparisons, 1 - fixed.alpha),
            fixed.sd,
            fixed.difference,
            paired=fixed.paired,
            correlation=fixed.correlation,
            power=fixed.power,
            unit=fixed.unit,
        )


def _power(power: float | None, goal: str) -> dict[str, float]:
    """The power, where one was named."""
    if power is not None and goal == "half-width":
        raise InputError("Received --power with --half-width; expected one: a width has none.")
    return {} if power is None else {"power": power}


def _goal(sizes: dict[str, float | None]) -> tuple[str, float]:
    """The one that is asked for."""
    given = [(goal, size) for goal, size in sizes.items() if size is not None]
    if len(given) != 1:
        raise InputError(
            f"Received {len(given)} of --difference, --margin and --half-width; expected one."
        )
    return given[0]
