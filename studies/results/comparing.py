"""Comparisons of a study's conditions, from its records."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, compress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.registry import metric_named
from analysis.metrics.values import values_of
from analysis.runs import class_names
from analysis.statistics.boundaries import Spending
from analysis.statistics.comparison import compare
from analysis.statistics.design import Right
from analysis.statistics.families import Family, compare_all
from analysis.statistics.family_correction import adjust_family
from analysis.statistics.interaction import DoubleDifference, double_difference
from analysis.statistics.looks import USUAL_SPENDING, LookPlan
from analysis.statistics.result import Comparison
from analysis.statistics.sequential import ENDED, compare_by_looks
from data import InputError
from data.errors import did_you_mean
from studies.results.compared import Compared
from studies.results.reading import Reading
from studies.results.tables import input_errors
from studies.results.units import (
    chance_of,
    class_examples_behind,
    classes_of,
    examples_behind,
    right_in,
    unit_in,
)

Pairs = tuple[tuple[str, str], ...]
USUAL_CORRECTION = "single-step"
SHARED = "expected none: looks share their error equally among the comparisons (Bonferroni)"
NOT_BY_LOOKS = "interactions are left out: the plan of looks is not of them"


@dataclass(frozen=True)
class Wanted:
    """What a call asks to compare.

    Attributes:
        pairs: The pairs of conditions.
        metric: As in the summary table; None for the study's primary one.
        per_class: Whether to compare class by class.
        margin: Largest difference that does not matter, in points.
        correction: One of `CORRECTIONS`.
        all_pairs: Every two conditions, where no pairs are named.
        control: Each condition against this one.
        best: Each condition with the best too, which takes all pairs.
        chance: What a guess scores, where the values do not say it.
        columns: What the columns of a file of scores are called in it.
        looks: The numbers of seeds at which is looked, where the comparisons are sequential.
        spending: How the error is shared among the looks; None for `pocock`.
        plan: The plan of looks that the records were made by.
        higher: Whether a higher value is better; None where the metric says it.
    """

    pairs: Pairs
    metric: str | None = None
    per_class: bool = False
    margin: float | None = None
    correction: str = USUAL_CORRECTION
    all_pairs: bool = False
    control: str | None = None
    best: bool = False
    chance: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    looks: tuple[int, ...] = ()
    spending: Spending | None = None
    plan: LookPlan | None = None
    higher: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what says twice which conditions are meant."""
        said = [bool(self.pairs), self.all_pairs, self.control is not None]
        if sum(said) > 1 or (self.best and (self.pairs or self.control)):
            raise InputError(
                "Received more than one of two conditions, --all-pairs, --control and --best; "
                "expected one of them (--best is of all pairs)."
            )
        if self.per_class and self.best:
            raise InputError(
                "Received --per-class with --best; expected one: the best is of conditions."
            )
        if self.spending and not self.looks:
            raise InputError("Received --spending; expected it with --looks.")
        if self.looks and self.correction != USUAL_CORRECTION:
            raise InputError(f"Received --correction {self.correction} with --looks; {SHARED}.")
        if self.looks and (self.best or self.per_class):
            raise InputError(
                "Received --looks with --best or --per-class; expected comparisons of conditions: "
                "a plan of looks is of these."
            )

    @property
    def among(self) -> bool:
        """Whether all conditions are meant, not those of a plan or of a call."""
        return self.all_pairs or self.best or self.control is not None

    @property
    def whole(self) -> bool:
        """Whether all is asked for that a study plans; one pair or class has no interactions."""
        return not (self.pairs or self.per_class or self.among)

    def pairs_among(self, conditions: Sequence[str]) -> Pairs:
        """Every two conditions, or each against the control.

        Raises:
            InputError: There is no such control, or nothing beside it.
        """
        if self.control is None:
            pairs = tuple(combinations(conditions, 2))
        else:
            if self.control not in conditions:
                raise InputError(
                    f"Received --control {self.control!r}; expected one of {', '.join(conditions)}."
                )
            pairs = tuple((each, self.control) for each in conditions if each != self.control)
        if not pairs:
            raise InputError(f"Received {', '.join(conditions)} alone; expected two conditions.")
        return pairs


def compare_reading(reading: Reading, wanted: Wanted) -> Compared:
    """Compare conditions of a study.

    Args:
        reading: Its records.
        wanted: What to compare; without pairs, every comparison that the study plans, and its
            interactions.

    Raises:
        InputError: A condition or metric is unknown.
    """
    crossed = wanted.whole and bool(reading.definition and reading.definition.interactions)
    notes: tuple[str, ...] = ()
    if wanted.among:
        pairs = wanted.pairs_among(reading.conditions)
    elif wanted.pairs:
        pairs = wanted.pairs
        _refuse_unknown(reading, pairs)
    else:
        pairs, notes = _planned_pairs(reading, crossed)
    if not (pairs or crossed):
        known = reading.definition or reading.recorded
        plans = "which plans no comparison" if known else "whose comparisons are in its file alone"
        or_file = "" if known else ", or its file in place of its name"
        raise InputError(
            f"Received no conditions for {reading.study}, {plans}; "
            f"expected two of {', '.join(reading.conditions)}{or_file}."
        )
    metric = wanted.metric or reading.primary
    margin = reading.margin(metric) if wanted.margin is None else wanted.margin
    if reading.design:
        wanted, said = _under_plan(reading, wanted, pairs, metric)
        notes += said
        crossed = crossed and not wanted.plan
    elif wanted.looks and crossed:
        crossed, notes = False, (*notes, NOT_BY_LOOKS)
    with input_errors():
        found: Comparison | Family | None = None
        if wanted.per_class:
            found = _classes(reading, pairs, metric, margin, wanted.correction)
        elif pairs:
            found = _conditions(reading, pairs, metric, margin, wanted)
        interactions: tuple[DoubleDifference, ...] = ()
        if crossed:
            interactions = interactions_of(reading, metric, margin, wanted.correction)
    notes += rank_notes(found, metric, wanted)
    if wanted.best and isinstance(found, Family) and not found.best:
        notes += ("no comparison with the best: a pair has too few runs",)
    return Compared(found, reading.notes + notes, interactions, reading)


def _refuse_unknown(reading: Reading, pairs: Pairs) -> None:
    for name in (each for pair in pairs for each in pair):
        if name not in reading.conditions:
            raise InputError(
                f"Received condition {name!r}; expected one of those that were run: "
                f"{', '.join(reading.conditions)}{did_you_mean(name, reading.conditions)}."
            )


def _under_plan(
    reading: Reading, wanted: Wanted, pairs: Pairs, metric: str
) -> tuple[Wanted, tuple[str, ...]]:
    """What is wanted of records that were made by looks; a note on what their plan is not of.

    Raises:
        InputError: Other looks are named than those of the plan.
    """
    plan = LookPlan.stored(reading.design)
    asked = wanted.looks, wanted.spending or USUAL_SPENDING
    if wanted.looks and asked != (plan.looks, plan.spending):
        raise InputError(
            f"Received other looks than those of the plan that was made with the first record "
            f"({plan}); expected none: leave out --looks."
        )
    # Conditions may have come after the plan; intervals hold for whatever number shares the error.
    shared = max(plan.comparisons, len(reading.planned_pairs))
    plan = replace(plan, comparisons=shared)
    definition = reading.definition
    known = set(map(frozenset, definition.comparisons)) if definition else set()
    planned = set(map(frozenset, pairs)) <= known
    if planned and metric == reading.primary and not wanted.per_class:
        if wanted.correction != USUAL_CORRECTION:
            raise InputError(
                f"Received --correction {wanted.correction} for runs of a plan ({plan}); {SHARED}."
            )
        notes: tuple[str, ...] = ()
        if definition and definition.interactions:
            notes = (NOT_BY_LOOKS,)
        return replace(wanted, looks=(), plan=plan), notes
    return replace(wanted, looks=()), (
        f"the runs were added look by look ({plan}) and this comparison is none of the plan: its "
        "p and intervals hold for a number of seeds fixed beforehand",
    )


def open_comparisons(reading: Reading) -> Pairs:
    """The comparisons of a plan of looks that need more seeds: open, and not at their last look."""
    found = []
    for pair in reading.planned_pairs:
        try:
            (c,) = compare_reading(reading, Wanted((pair,))).comparisons
        except InputError:  # its first look is not reached: a run failed
            found.append(pair)
            continue
        if not (c.verdict in ENDED or (c.looks and c.looks.last)):
            found.append(pair)
    return tuple(found)


def planned_results(reading: Reading) -> Compared | None:
    """What a study says: the comparisons and interactions that it plans and that were run.

    Returns:
        None where there are none. A condition that was not run leaves its interactions out, but
        in the family that p-values are adjusted for.

    Raises:
        InputError: No finished run has the metric that decides.
    """
    definition = reading.definition
    if definition is None:
        return None
    run = set(reading.conditions)
    crossed = [set(each.conditions) <= run for each in definition.interactions]
    if not (any(crossed) or reading.planned_pairs):
        return None
    found = compare_reading(reading, Wanted(()))
    return replace(found, interactions=tuple(compress(found.interactions, crossed)))


def _planned_pairs(reading: Reading, crossed: bool) -> tuple[Pairs, tuple[str, ...]]:
    """The planned comparisons whose conditions were run; a note on the others.

    If none was run they are all there, to be refused; not beside interactions, which were planned.
    """
    planned = reading.definition.comparisons if reading.definition else ()
    there = reading.planned_pairs
    pairs = there or (() if crossed else planned)
    if pairs == planned:
        return pairs, ()
    left_out = f"{len(planned) - len(there)} of {len(planned)} planned comparisons left out"
    return pairs, (f"{left_out}: a condition of theirs was not run",)


def interactions_of(
    reading: Reading, metric: str, margin: float | None, correction: str
) -> tuple[DoubleDifference, ...]:
    """The interactions that a study plans, one family.

    A condition without any run leaves its interactions undecidable, but in the family: its size
    is what was planned.

    Raises:
        ValueError: The finished runs of a condition do not have the metric.
    """
    crossings = reading.definition.interactions if reading.definition else ()
    names = {name for each in crossings for name in each.conditions}
    values = dict.fromkeys(names, pd.Series(dtype=float))
    values |= {name: values_in(reading, metric, name) for name in names & {*reading.conditions}}
    options = _options(reading, metric, margin) | {"n_test": examples_behind(reading, metric)}
    del options["paired"]
    found = [
        double_difference(
            {name: series.to_numpy() for name, series in values.items()},
            (each.a, each.b),
            each.conditions,
            seeds={name: series.index.tolist() for name, series in values.items()},
            higher_is_better=metric_named(metric).higher_is_better,
            **options,
        )
        for each in crossings
    ]
    return adjust_family(found, correction)  # type: ignore[arg-type]


def values_in(reading: Reading, metric: str, condition: str) -> pd.Series:
    """A metric of each run of a condition, by seed, in the unit that it is compared in.

    Raises:
        ValueError: The finished runs of the condition do not have it.
    """
    return (
        values_of(reading.records, metric, condition, diverged=True) * metric_named(metric).factor
    )


def compare_series(a: pd.Series, b: pd.Series, **options: Any) -> Comparison:
    """Compare values that are by seed; the options are those of `compare`."""
    seeds = {"seeds_a": a.index.tolist(), "seeds_b": b.index.tolist()}
    return compare(a.to_numpy(), b.to_numpy(), **seeds, **options)


def _options(reading: Reading, metric: str, margin: float | None) -> dict[str, Any]:
    """What is the same for each comparison of a study."""
    return {
        "paired": reading.paired,
        "planned": reading.planned or None,
        "study": reading.study,
        "variant": reading.variant,
        "metric": metric,
        "margin": margin,
        "unit": unit_in(reading, metric),
        "chance": chance_of(reading, metric),
    }


def _conditions(
    reading: Reading, pairs: Pairs, metric: str, margin: float | None, wanted: Wanted
) -> Comparison | Family:
    """What a study's conditions come to."""
    names = dict.fromkeys(name for pair in pairs for name in pair)
    values = {name: values_in(reading, metric, name) for name in names}
    options = _options(reading, metric, margin) | {"n_test": examples_behind(reading, metric)}
    arrays = {name: series.to_numpy() for name, series in values.items()}
    seeds = {name: series.index.tolist() for name, series in values.items()}
    right = right_in(reading, metric, tuple(names))
    return compare_pairs(arrays, seeds, pairs, wanted, options, right)


def compare_pairs(
    values: Mapping[str, NDArray[np.float64]],
    seeds: Mapping[str, Sequence[Hashable]],
    pairs: Pairs,
    wanted: Wanted,
    options: Mapping[str, Any],
    right: Mapping[str, Right] | None = None,
) -> Comparison | Family:
    """One comparison, or several as a family with Friedman's line.

    Args:
        values: Of each condition, in the unit that it is compared in, [seeds of it].
        seeds: Of each condition's values.
        pairs: Those that are compared.
        wanted: How.
        options: What `compare` takes besides, `metric` among it.
        right: Which test examples each run gets right, by condition and seed, where known.
    """
    plan = wanted.plan
    if wanted.looks:
        plan = LookPlan(wanted.looks, wanted.spending or USUAL_SPENDING, len(pairs))
    if plan is not None:
        return compare_by_looks(values, seeds, pairs, plan, right=right, **options)
    if len(pairs) == 1 and not wanted.best:
        ((a, b),) = pairs
        of_pair: dict[str, Any] = {
            "name_a": a,
            "name_b": b,
            "seeds_a": seeds[a],
            "seeds_b": seeds[b],
            "right": right and (right[a], right[b]),
        }
        return compare(values[a], values[b], **of_pair, **options)
    return compare_all(
        values,
        pairs,
        seeds=seeds,
        higher_is_better=_higher_is_better(options["metric"], wanted),
        correction=wanted.correction,  # type: ignore[arg-type]
        best=wanted.best,
        right=right,
        **options,
    )


def _higher_is_better(metric: str, wanted: Wanted) -> bool:
    """Which way a metric is better, for ranks and the best.

    Raises:
        InputError: Nobody says it, and the best is asked for.
    """
    known = _known_to_be_better(metric, wanted)
    if known is None and wanted.best:
        raise InputError(
            f"Received --best by the metric {metric!r}, whose name does not say which way is "
            "better; expected --higher-is-better or --lower."
        )
    return known is not False


def _known_to_be_better(metric: str, wanted: Wanted) -> bool | None:
    return metric_named(metric).higher_is_better if wanted.higher is None else wanted.higher


def rank_notes(found: Comparison | Family | None, metric: str, wanted: Wanted) -> tuple[str, ...]:
    """Which end of ranks is the first, where nobody says which way the metric is better."""
    ranked = isinstance(found, Family) and found.friedman is not None
    if not ranked or _known_to_be_better(metric, wanted) is not None:
        return ()
    said = f"rank 1 is the highest: the name {metric!r} does not say which way is better (--lower)"
    return (said,)


def _classes(
    reading: Reading, pairs: Pairs, metric: str, margin: float | None, correction: str
) -> Family:
    """The classes of one pair of conditions as a family."""
    if len(pairs) != 1:
        raise InputError(
            f"Received --per-class for {len(pairs)} pairs of conditions; expected one: name two "
            "conditions."
        )
    if metric_named(metric).scope == "classes":
        raise InputError(
            f"Received --per-class with the metric {metric!r}, which is over all classes; expected "
            "one that each class has: --metric 'test accuracy', or one of the forgetting table "
            "(--metric drop)."
        )
    count = classes_of(reading)
    if count is None:
        raise InputError(
            f"Received --per-class for {reading.study}; expected a study that trains networks on "
            "classes."
        )
    ((a, b),) = pairs
    # Of one condition: where the other has them in another order, a class is found by its name.
    classes = class_names((run for run in reading.records if run.condition == a), count)
    values = [_of_each_class(reading, metric, name, classes) for name in (a, b)]
    sizes = class_examples_behind(reading, metric) or [0] * count
    options = _options(reading, metric, margin) | {"name_a": a, "name_b": b}
    right = [right_in(reading, metric, (a, b), name) for name in classes]
    found = [
        compare_series(
            x, y, n_test=n_test or None, class_=name, right=each and (each[a], each[b]), **options
        )
        for name, x, y, n_test, each in zip(classes, *values, sizes, right, strict=True)
    ]
    return Family(adjust_family(found, correction))  # type: ignore[arg-type]


def _of_each_class(
    reading: Reading, metric: str, condition: str, classes: list[int]
) -> list[pd.Series]:
    """A figure of each class, by the seeds that have it: a class shown last has no later segment.

    Raises:
        ValueError: No class has it.
    """
    found: list[pd.Series] = []
    for c in classes:
        try:
            values = values_of(reading.records, metric, condition, c, diverged=True)
            found.append(values * metric_named(metric).factor)
        except ValueError:
            # The last one may say why, if all the others were refused too.
            if c == classes[-1] and not any(map(len, found)):
                raise
            found.append(pd.Series(dtype=float))
    return found
