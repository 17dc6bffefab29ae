"""How many seeds: from a standard deviation, or from a pilot in the store."""

import json
from dataclasses import dataclass

from analysis.metrics.values import values_of
from analysis.rendering.tables import say
from analysis.rendering.units import is_fraction
from analysis.statistics.planning import Plan, explain_plan, plan, plan_from_pilot
from core import Store
from data import InputError
from studies.results.reading import Reading, read
from studies.results.tables import input_errors
from studies.results.units import unit_in


@dataclass(frozen=True)
class Pilot:
    """Runs in the store that a standard deviation is taken from.

    Attributes:
        study: The study's name or file.
        conditions: Two of its conditions, `A,B`; None for its only planned comparison.
        metric: As in the summary table; None for the study's primary one.
        variant: See `studies.results.reading.choose_variant`.
    """

    study: str
    conditions: str | None = None
    metric: str | None = None
    variant: str | None = None


def print_plan(
    store: Store,
    spread: float | Pilot,
    difference: float,
    *,
    correlation: float | None = None,
    power: float = 0.8,
    style: str = "text",
) -> None:
    """Print how many seeds a difference needs.

    Args:
        store: Where the pilot is.
        spread: Standard deviation over seeds, in points; or a pilot that has one.
        difference: Smallest difference worth finding, in points; of a pilot's loss in its unit.
        correlation: Of the pairs; for a pilot its own if None.
        power: Probability of finding the difference.
        style: `text` or `json`.

    Raises:
        InputError: A number out of range; a pilot that is not there or says nothing.
    """
    with input_errors():
        if isinstance(spread, Pilot):
            found = _from_pilot(store, spread, difference, correlation, power)
        else:
            found = plan(
                spread,
                difference,
                paired=bool(correlation),
                correlation=correlation or 0.0,
                power=power,
            )
    say(json.dumps(found.to_json(), indent=1) if style == "json" else explain_plan(found))


def _from_pilot(
    store: Store, pilot: Pilot, difference: float, correlation: float | None, power: float
) -> Plan:
    """The plan by the values of two conditions, seed by seed where they are paired."""
    reading = read(store, pilot.study, pilot.variant)
    metric = pilot.metric or reading.primary
    scale = 100 if is_fraction(metric) else 1
    a, b = (scale * values_of(reading.records, metric, name) for name in _pair(reading, pilot))
    # A correlation of 0 is how the call says that seeds are not to be shared.
    paired = reading.paired and correlation != 0
    if paired:
        both = a.index.intersection(b.index)
        a, b = a[both], b[both]
    return plan_from_pilot(
        a,
        b,
        difference,
        paired=paired,
        correlation=correlation,
        power=power,
        unit=unit_in(reading, metric),
    )


def _pair(reading: Reading, pilot: Pilot) -> tuple[str, ...]:
    """The two conditions that are named, or those of the only planned comparison."""
    planned = reading.definition.comparisons if reading.definition else ()
    if not pilot.conditions and len(planned) == 1:
        return planned[0]
    pair = tuple(pilot.conditions.split(",")) if pilot.conditions else ()
    if len(pair) != 2:
        raise InputError(f"Received --conditions {pilot.conditions!r}; expected two of them: A,B.")
    return pair
