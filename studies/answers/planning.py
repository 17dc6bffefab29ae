"""How many seeds: from a standard deviation, or from a pilot in the store."""

import json

from analysis.statistics.planning import explain_plan, plan, plan_from_pilot
from core import Store
from data import InputError
from studies.answers.reading import read
from studies.answers.rendering import say
from studies.answers.tables import input_errors


def print_plan(
    store: Store,
    difference: float,
    sd: float | None,
    pilot: str | None,
    conditions: str | None,
    metric: str | None,
    correlation: float | None,
    power: float,
    style: str,
    variant: str | None,
) -> None:
    """Print how many seeds a difference needs.

    Args:
        store: Where the pilot is.
        difference: Smallest difference worth finding, in points.
        sd: Standard deviation over seeds, in points; or
        pilot: a study to take it from, with
        conditions: two of its conditions, `A,B`, and
        metric: one of its metrics, the primary one if None.
        correlation: Of the pairs; for a pilot its own if None.
        power: Probability of finding the difference.
        style: `text` or `json`.
        variant: Of the pilot.

    Raises:
        InputError: A number out of range; a pilot that is not there or says nothing.
    """
    with input_errors():
        if sd is not None:
            found = plan(
                sd,
                difference,
                paired=bool(correlation),
                correlation=correlation or 0.0,
                power=power,
            )
        else:
            a, b, paired = _pilot(store, pilot or "", conditions, metric, variant)
            found = plan_from_pilot(a, b, difference, paired=paired, power=power)
            if correlation is not None:
                found = plan(
                    found.sd,
                    difference,
                    paired=paired,
                    correlation=correlation,
                    power=power,
                    pilot_seeds=len(a),
                )
    say(json.dumps(found.to_json(), indent=1) if style == "json" else explain_plan(found))


def _pilot(
    store: Store, name: str, conditions: str | None, metric: str | None, variant: str | None
) -> tuple[list[float], list[float], bool]:
    """The values of two conditions in points, seed by seed where they are paired."""
    from analysis.values import values_of

    reading = read(store, name, variant)
    definition = reading.definition
    pair = tuple(conditions.split(",")) if conditions else None
    if pair is None and definition is not None and len(definition.comparisons) == 1:
        pair = definition.comparisons[0]
    if pair is None or len(pair) != 2:
        raise InputError(f"Received --conditions {conditions!r}; expected two of them: A,B.")
    chosen = metric or (definition.primary if definition else "test accuracy")
    left, right = (100 * values_of(reading.records, chosen, condition) for condition in pair)
    paired = definition.paired if definition else True
    if paired:
        both = left.index.intersection(right.index)
        left, right = left[both], right[both]
    return left.tolist(), right.tolist(), paired
