"""How many seeds a study needs, from a pilot in the store or in a file of scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.metrics.registry import metric_named
from analysis.metrics.values import values_of
from analysis.rendering.formatting import format_amount
from analysis.scores import condition_scores
from analysis.statistics.planning import Plan, explain_plan, plan_from_pilot
from data import InputError
from studies.results.comparing_scores import scores_of
from studies.results.reading import Reading
from studies.results.units import unit_in


@dataclass(frozen=True)
class StudyPlan:
    """How many seeds each comparison that a study plans needs, as one family.

    Attributes:
        plans: By the two conditions; None of a pair whose pilot says nothing, as one without
            variation.
    """

    plans: Mapping[tuple[str, str], Plan | None]

    @property
    def most(self) -> tuple[tuple[str, str], Plan] | None:
        """The comparison that needs most seeds, and its plan."""
        known = [(pair, plan) for pair, plan in self.plans.items() if plan is not None]
        return max(known, key=lambda each: _safe(each[1]), default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain objects for `json.dumps`."""
        plans = [
            {"a": a, "b": b, **({} if plan is None else plan.to_json())}
            for (a, b), plan in self.plans.items()
        ]
        return {"plans": plans}

    def explain(self) -> str:
        """A line for each comparison, and what the whole study needs."""
        if self.most is None:
            return "No comparison of the pilot varies over its seeds: nothing can be planned by it."
        (a, b), plan = self.most
        lines = []
        for (first, second), each in self.plans.items():
            said = "no plan: the pilot does not vary"
            if each is not None:
                sd = each.sd_difference if each.paired else each.sd
                said = (
                    f"{each.seeds} seeds, {_safe(each)} to be on the safe side "
                    f"(sd {format_amount(sd or 0.0, each.unit)}"
                    f"{' of the differences' if each.paired else ''})"
                )
            lines.append(f"{first} - {second}: {said}")
        whole = f"All {len(lines)} comparisons; {a} - {b} needs most. {explain_plan(plan)}"
        return "\n".join([*lines, "", whole])


def _safe(plan: Plan) -> int:
    return plan.seeds if plan.seeds_upper is None else plan.seeds_upper


def plan_by_pilot(
    reading: Reading,
    conditions: str | None,
    metric: str | None,
    size: float,
    unpaired: bool,
    options: Mapping[str, Any],
) -> Plan | StudyPlan:
    """How many seeds are needed, by the values of two conditions.

    Args:
        reading: The pilot's records.
        conditions: Two of them, `A,B`; None for the study's planned comparisons, as one family.
        metric: As in the summary table; None for the study's primary one.
        size: Of the difference, the margin or the half-width, in points; of a loss in its unit.
        unpaired: Plan runs that share no seeds, whatever the pilot's do.
        options: What `plan_from_pilot` takes besides; `comparisons` None is the size of the family.

    Raises:
        ValueError: A number out of range; a pilot that says nothing.
    """
    metric = metric or reading.primary
    planned = reading.definition.comparisons if reading.definition else ()
    run = reading.planned_pairs
    paired = reading.paired and not unpaired

    def of_pair(pair: tuple[str, ...], family: int) -> Plan:
        a, b = (values_of(reading.records, metric, name) for name in pair)
        given = {"unit": unit_in(reading, metric), **options}
        if given.get("comparisons") is None:
            given["comparisons"] = family
        return _planned(a, b, metric, size, paired, given)

    if conditions or len(run) < 2:
        only = run[0] if len(run) == 1 else None
        return of_pair(_pair(conditions, only, list(reading.conditions)), 1)
    plans: dict[tuple[str, str], Plan | None] = {}
    for pair in run:
        try:
            plans[pair] = of_pair(pair, len(planned))
        except ValueError as error:
            if not any(each in str(error) for each in ("without variation", "received a pilot of")):
                raise
            plans[pair] = None
    return StudyPlan(plans)


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
    if options.get("comparisons") is None:
        options = {**options, "comparisons": 1}
    scores = scores_of(path, unit, {})
    names = list(map(str, scores["condition"].unique()))
    only = (names[0], names[1]) if len(names) == 2 else None
    sides = [condition_scores(scores, name) for name in _pair(conditions, only, names)]
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


def _pair(
    conditions: str | None, only: tuple[str, str] | None, there: Sequence[str]
) -> tuple[str, ...]:
    """The two conditions that are named, or the only ones."""
    if not conditions and only:
        return only
    pair = tuple(conditions.split(",")) if conditions else ()
    if len(set(pair)) != 2 or len(pair) != 2:
        given = repr(conditions) if conditions else "none"
        raise InputError(
            f"Received {given} as --conditions; expected two, as in --conditions A,B, "
            f"of {', '.join(there)}."
        )
    return pair
