"""How many seeds a difference needs, from a pilot in the store."""

from analysis.metrics.registry import metric_named
from analysis.metrics.values import values_of
from analysis.statistics.planning import Plan, plan_from_pilot
from data import InputError
from studies.results.reading import Reading
from studies.results.units import unit_in


def plan_by_pilot(
    reading: Reading,
    conditions: str | None,
    metric: str | None,
    difference: float,
    correlation: float | None,
    power: float,
) -> Plan:
    """How many seeds a difference needs, by the values of two conditions.

    Args:
        reading: The pilot's records.
        conditions: Two of them, `A,B`; None for the only planned comparison.
        metric: As in the summary table; None for the study's primary one.
        difference: Smallest difference worth finding, in points; of a loss in its unit.
        correlation: Of the pairs; the pilot's own if None.
        power: Probability of finding the difference.

    Raises:
        ValueError: A number out of range; a pilot that says nothing.
    """
    metric = metric or reading.primary
    scale = 100 if metric_named(metric).is_fraction else 1
    a, b = (scale * values_of(reading.records, metric, name) for name in _pair(reading, conditions))
    # A correlation of 0 is how the call says that seeds are not to be shared.
    paired = reading.paired and correlation != 0
    if paired:
        both = a.index.intersection(b.index)
        a, b = a[both], b[both]
    unit = unit_in(reading, metric)
    return plan_from_pilot(
        a, b, difference, paired=paired, correlation=correlation, power=power, unit=unit
    )


def _pair(reading: Reading, conditions: str | None) -> tuple[str, ...]:
    """The two conditions that are named, or those of the only planned comparison."""
    planned = reading.definition.comparisons if reading.definition else ()
    if not conditions and len(planned) == 1:
        return planned[0]
    pair = tuple(conditions.split(",")) if conditions else ()
    if len(pair) != 2:
        raise InputError(f"Received --conditions {conditions!r}; expected two of them: A,B.")
    return pair
