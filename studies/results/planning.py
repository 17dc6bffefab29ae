"""How many seeds a study needs, from a pilot in the store or in a file of scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.metrics.values import values_of
from analysis.scores import condition_scores
from analysis.statistics.planning import Plan, plan_from_pilot
from data import InputError
from studies.results.comparing_scores import scores_of
from studies.results.reading import Reading
from studies.results.units import unit_in


def plan_by_pilot(
    reading: Reading,
    conditions: str | None,
    metric: str | None,
    size: float,
    unpaired: bool,
    options: Mapping[str, Any],
) -> Plan:
    """How many seeds are needed, by the values of two conditions.

    Args:
        reading: The pilot's records.
        conditions: Two of them, `A,B`; None for the only planned comparison.
        metric: As in the summary table; None for the study's primary one.
        size: Of the difference, the margin or the half-width, in points; of a loss in its unit.
        unpaired: Plan runs that share no seeds, whatever the pilot's do.
        options: What `plan_from_pilot` takes besides.

    Raises:
        ValueError: A number out of range; a pilot that says nothing.
    """
    metric = metric or reading.primary
    planned = reading.definition.comparisons if reading.definition else ()
    only = planned[0] if len(planned) == 1 else None
    a, b = (values_of(reading.records, metric, name) for name in _pair(conditions, only))
    paired = reading.paired and not unpaired
    return _planned(a, b, metric, size, paired, {"unit": unit_in(reading, metric), **options})


def plan_by_scores(
    path: Path,
    conditions: str | None,
    metric: str | None,
    size: float,
    unpaired: bool,
    options: Mapping[str, Any],
) -> Plan:
    """The same by a file of scores; two of its conditions, or the only two.

    Raises:
        ValueError: As `plan_by_pilot`; the file is not as described.
    """
    metric = metric or "accuracy"
    unit = metric_named(metric).unit
    scores = scores_of(path, unit, {})
    names = list(map(str, scores["condition"].unique()))
    only = (names[0], names[1]) if len(names) == 2 else None
    sides = [condition_scores(scores, name) for name in _pair(conditions, only)]
    if any(side.classes is not None for side in sides):
        raise InputError(f"Received {str(path)!r} with classes; expected one value for each run.")
    a, b = (pd.Series(side.values, index=list(side.seeds)).dropna() for side in sides)
    return _planned(a, b, metric, size, not unpaired, {"unit": unit, **options})


def _planned(
    a: pd.Series, b: pd.Series, metric: str, size: float, paired: bool, options: Mapping[str, Any]
) -> Plan:
    scale = 100 if metric_named(metric).is_fraction else 1
    if paired:
        both = a.index.intersection(b.index)
        a, b = a[both], b[both]
    return plan_from_pilot(scale * a, scale * b, size, paired=paired, **options)


def _pair(conditions: str | None, only: tuple[str, str] | None) -> tuple[str, ...]:
    """The two conditions that are named, or the only ones."""
    if not conditions and only:
        return only
    pair = tuple(conditions.split(",")) if conditions else ()
    if len(pair) != 2:
        raise InputError(f"Received --conditions {conditions!r}; expected two of them: A,B.")
    return pair
