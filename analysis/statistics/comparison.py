"""Two conditions compared over seeds: tests, effect sizes and a verdict that can be "undecidable".

The unit is one trained network (one seed). Whether the runs are paired is declared by the study,
never chosen by the result. The primary test (paired t, or Welch) decides; an exact test stands
beside it with the smallest p that it can give; every test is two-sided. Accuracies come in as
fractions; differences and margins are in points (100 x accuracy), or in a loss's own unit.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.design import Design, Right
from analysis.statistics.divergence import compare_divergence, worst_case
from analysis.statistics.effects import correlation_of
from analysis.statistics.examples_behind import (
    ExamplesBehind,
    examples_behind,
    predicted_examples,
)
from analysis.statistics.grid import Floats, UsedRuns, on_grid
from analysis.statistics.influence import disagreement_notes, one_run_notes, spread_notes
from analysis.statistics.matching import (
    Matched,
    Row,
    match_by_seed,
    seed_ids,
    values_per_seed,
)
from analysis.statistics.notes import (
    Note,
    correlation_notes,
    divergence_notes,
    notes_on,
    sameness_notes,
    unmatched_notes,
)
from analysis.statistics.result import Comparison
from analysis.statistics.verdict import tested

Ids = tuple[tuple[Hashable, ...], tuple[Hashable, ...]]
"""What tells the runs of either side apart; the pairs, and nothing."""


def compare(  # noqa: PLR0913  # a user's options
    a: ArrayLike, b: ArrayLike, *, paired: bool,
    seeds_a: Sequence[Hashable] | None = None, seeds_b: Sequence[Hashable] | None = None,
    n_test: int | None = None, margin: float | None = None, unit: str = "points",
    planned: int | None = None, level: float = 0.95, chance: float | None = None,
    study: str | None = None, variant: str | None = None, metric: str = "accuracy",
    name_a: str = "A", name_b: str = "B", class_: Hashable | None = None,
    monte_carlo_seed: int = 0, rounding: float = 0.0, right: tuple[Right, Right] | None = None,
) -> Comparison:  # fmt: skip
    """Compare one metric of two conditions over seeds.

    Args:
        a: One value per run of the first condition, [n]: fractions, or any number if `unit` names
            a loss. NaN (for a loss also an infinity) marks a diverged run, which is an outcome; a
            run that crashed is left out.
        b: The same for the second condition, [m].
        paired: Whether the conditions share their seeds. Declared by the design of the study.
        seeds_a: Seed of every value of `a`; needed for pairs, which are matched by it.
        seeds_b: The same for `b`.
        n_test: Test examples behind every accuracy, where known: the exact tests then count them.
        margin: Largest difference that does not matter, in points (a loss's unit), given
            beforehand; without it nothing is ever called equivalent.
        unit: "points" for accuracies, else the name of the metric's unit ("nats").
        planned: Number of seeds planned per condition, stored with the first run.
        level: Confidence level; tests are at 1 - level.
        chance: What a network that guesses scores: stands for diverged runs in the worst case.
        study: Name of the study, for the record, as are the next four.
        variant: Variant of the study.
        metric: Name of the metric.
        name_a: Name of the first condition.
        name_b: Name of the second condition.
        class_: Class that the values belong to, if they are one class's.
        monte_carlo_seed: Of the random sign flips that stand in for over 36 pairs of real numbers.
        rounding: The last digit that values were printed to; .001 for .912.
        right: Which test examples each run of A and of B gets right, by seed, bool [examples],
            where known: what the test set adds is then of exactly paired predictions. Needs seeds.

    Returns:
        The comparison; the difference is A minus B.

    Raises:
        ValueError: If values, seeds or options are not as described. One line: what was received,
            what is expected, how to mend it.

    Examples:
        >>> from analysis import compare
        >>> found = compare([0.84, 0.85, 0.83], [0.80, 0.82, 0.80], paired=True,
        ...                 seeds_a=[0, 1, 2], seeds_b=[2, 1, 0])
        >>> round(found.difference.points, 2), found.verdict
        (3.33, 'different')
    """
    design = Design(
        paired, unit, level, margin, chance, n_test, planned, monte_carlo_seed, rounding
    )
    runs = _runs_of((a, b), (seeds_a, seeds_b), (name_a, name_b), design)
    figures = _figures(runs, design, right)
    return Comparison(
        study=study, variant=variant, metric=metric, class_=class_, a=name_a, b=name_b, unit=unit,
        paired=paired, planned=design.planned, **figures,
    )  # fmt: skip


@dataclass(frozen=True)
class _Runs:
    """All runs of both conditions, NaN where one diverged; pairs are in the same order."""

    values: tuple[Floats, Floats]
    ids: Ids
    names: tuple[str, str]
    unmatched: list[Note]


def _runs_of(
    values: tuple[ArrayLike, ArrayLike],
    seeds: tuple[Sequence[Hashable] | None, Sequence[Hashable] | None],
    names: tuple[str, str],
    design: Design,
) -> _Runs:
    checked = zip(values, seeds, names, strict=True)
    (x, ids_x), (y, ids_y) = (_checked(*each, design.unit) for each in checked)
    if not design.paired:
        told = [
            tuple((name, seed) for seed in (map(Row, range(side.size)) if ids is None else ids))
            for side, ids, name in zip((x, y), (ids_x, ids_y), names, strict=True)
        ]
        return _Runs((x, y), (told[0], told[1]), names, [])
    matched = _pairs(x, y, ids_x, ids_y)
    x, y = matched.table
    unmatched = unmatched_notes(matched, names)
    return _Runs((x, y), (tuple(matched.seeds), ()), names, unmatched)


def _checked(
    values: ArrayLike, seeds: Sequence[Hashable] | None, name: str, unit: str
) -> tuple[Floats, list[Hashable] | None]:
    x = values_per_seed(values, unit, name)
    return x, seed_ids(seeds, x.size, name)


def _pairs(
    x: Floats, y: Floats, ids_x: list[Hashable] | None, ids_y: list[Hashable] | None
) -> Matched:
    if ids_x is None or ids_y is None:
        raise ValueError(
            "received paired=True without seeds; expected seeds_a and seeds_b, for pairs are "
            "matched by seed and never by row order; name them or declare paired=False"
        )
    columns = [dict(zip(ids, values, strict=True)) for ids, values in ((ids_x, x), (ids_y, y))]
    return match_by_seed(columns, key=str)


def _figures(runs: _Runs, design: Design, right: tuple[Right, Right] | None) -> dict[str, Any]:
    """Everything that a comparison finds out, by the names of its fields."""
    (x, y), names = runs.values, runs.names

    def used_of(x: Floats, y: Floats) -> UsedRuns:
        """All runs, with a guess in place of those that diverged."""
        return replace(
            on_grid(x, y, design.paired, None, design.unit, design.rounding), ids=runs.ids
        )

    values, ids = _ended(x, y, design.paired, runs.ids)
    grid = on_grid(*values, design.paired, design.n_test, design.unit, design.rounding)
    used = replace(grid, ids=ids)
    found = tested(used, design)
    failures = compare_divergence(x, y, design)
    found["worst_case"] = worst_case((x, y), design, used_of) if failures else None
    rates = zip(names, (failures.a, failures.b), strict=True) if failures else ()
    correlation = correlation_of(used) if design.paired else None
    if failures and found["verdict"] == "undecidable" and failures.differ(design.alpha):
        found["verdict"] = "different"
    of_conditions = [
        *sameness_notes(used, (used.ka, used.kb), names, design.chance),
        *runs.unmatched,
        *divergence_notes([(name, r.diverged, r.n) for name, r in rates], "runs", design.chance),
        *correlation_notes(correlation),
        *spread_notes(used, design, names),
        *disagreement_notes(found["test"], found["exact"], design.alpha),
        *one_run_notes(used, found["test"].p, design.alpha),
    ]
    notes = notes_on(
        used,
        found,
        design,
        what=" minus ".join(names),
        of_conditions=of_conditions,
        runs=max(x.size, y.size),
    )
    mean_a, mean_b = (float(each.mean()) if each.size else None for each in values)
    values_a, values_b = (tuple(each.tolist()) for each in values)
    return found | {
        "mean_a": mean_a,
        "mean_b": mean_b,
        "values_a": values_a,
        "values_b": values_b,
        "correlation": correlation,
        "test_set": _test_set(values, _seeds_of(ids, design.paired), design, right),
        "failures": failures,
        "notes": notes,
    }


def _test_set(
    values: tuple[Floats, Floats], seeds: Ids, design: Design, right: tuple[Right, Right] | None
) -> ExamplesBehind | None:
    """What the test set adds: of pairs of predictions where they are known, else of counts."""
    if right is not None:
        exact = predicted_examples(right, seeds, values, paired=design.paired)
        if exact is not None:
            return exact
    mean_a, mean_b = (float(each.mean()) if each.size else None for each in values)
    return examples_behind(mean_a, mean_b, design.n_test)


def _seeds_of(ids: Ids, paired: bool) -> Ids:
    """The seeds of both sides; unpaired runs are told apart by their condition too."""
    if paired:
        return ids[0], ids[0]
    a, b = (tuple(key[1] for key in side) for side in ids)  # type: ignore[index]
    return a, b


def _ended(x: Floats, y: Floats, paired: bool, ids: Ids) -> tuple[tuple[Floats, Floats], Ids]:
    """The values of the runs that did not diverge, and what these are; if unpaired, ascending."""
    ended_x, ended_y = ~np.isnan(x), ~np.isnan(y)
    if paired:
        both = ended_x & ended_y
        return (x[both], y[both]), (_picked(ids[0], np.flatnonzero(both)), ())
    # Diverged runs are last.
    in_x, in_y = np.argsort(x)[: ended_x.sum()], np.argsort(y)[: ended_y.sum()]
    return (x[in_x], y[in_y]), (_picked(ids[0], in_x), _picked(ids[1], in_y))


def _picked(ids: tuple[Hashable, ...], places: NDArray[np.intp]) -> tuple[Hashable, ...]:
    return tuple(ids[i] for i in places)
