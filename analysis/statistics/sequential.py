"""Group-sequential comparisons: as many seeds as the question needs, with the error rate kept.

A comparison ends at the first planned look at which its p is at or below the boundary's
("different"), or its repeated interval lies within the margin ("equivalent"); else it is open at
the largest number of seeds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from analysis.rendering.formatting import counted
from analysis.statistics.boundaries import stagewise_p
from analysis.statistics.comparison import compare
from analysis.statistics.design import Right
from analysis.statistics.families import Family
from analysis.statistics.looks import Looked, LookPlan
from analysis.statistics.matching import match_by_seed, natural
from analysis.statistics.notes import (
    OF_ONE_ALONE,
    Note,
    note,
    unmatched_notes,
    worst_case_notes,
)
from analysis.statistics.result import Comparison
from analysis.statistics.verdict import Decision, Difference, decide

Compared = TypeVar("Compared", bound=Comparison)
ENDED = ("different", "different-within-margin", "equivalent")
"""Verdicts with which a comparison needs no more seeds."""


def decide_by_looks(looked: Sequence[Compared], plan: LookPlan) -> Compared:
    """One comparison under a plan, from what it is at each look that was reached.

    Args:
        looked: The comparison over the first `plan.looks[k]` seeds, for each look k that was
            reached, in their order; at least one.
        plan: The plan.

    Returns:
        The comparison at the look that decided it, else at the last one there: its interval is the
        repeated one, its p that of stage-wise ordering.
    """
    differences: list[Difference] = []
    for k, each in enumerate(looked):
        nominal = plan.boundary.nominal[k]
        decided = _at_look(each.decision, nominal)
        if decided.test.p is None:  # nothing to test but how many diverged, if that
            apart = each.failures is not None and each.failures.differ(nominal)
            decided = replace(decided, verdict="different" if apart else "undecidable")
        differences.append(decided.difference)
        if decided.verdict in ENDED:
            break
    k, p = len(differences) - 1, [each.test.p for each in looked[: len(differences)]]
    over = decided.verdict in ENDED or k == len(plan.looks) - 1
    stagewise = _stagewise(decided, plan, k) if over else None
    worst = each.worst_case
    if worst is not None:
        of_worst = _at_look(worst.decision, plan.boundary.nominal[k])
        worst = replace(worst, decision=of_worst)
    notes = [said for said in each.notes if said.kind not in OF_ONE_ALONE]
    notes += worst_case_notes(decided.verdict, decided.difference.points, worst)
    return replace(
        each,
        **vars(replace(decided, p_adjusted=stagewise)),
        family=plan.comparisons,
        correction="sequential",
        worst_case=worst,
        notes=tuple(notes),
        looks=Looked(plan, tuple(differences), tuple(p), stagewise),
    )


def _at_look(d: Decision, nominal: float) -> Decision:
    """A decision on the boundary of one look: verdict and repeated interval."""
    of, df = d.difference, d.difference.df
    if of.points is None or of.standard_error is None or df is None:
        return d
    half = -float(stdtrit(df, nominal / 2)) * of.standard_error
    ends = {"ci_low": of.points - half, "ci_high": of.points + half}
    difference = replace(of, **ends, joint=True)
    e = d.equivalence
    if e is not None:
        inside = d.test.p is not None and abs(of.points) + half < e.margin
        e = replace(e, **ends, level=of.level, inside=inside, joint=True)
    if d.test.p is None:
        return replace(d, difference=difference, equivalence=e)
    reached = 0.0 if d.test.p <= nominal else 1.0
    verdict = decide(reached, e is not None and e.inside, d.alpha)
    return replace(d, difference=difference, equivalence=e, verdict=verdict)


def _stagewise(d: Decision, plan: LookPlan, look: int) -> float | None:
    """The p by stage-wise ordering of a comparison that is over, for all that share the error."""
    if d.test.p is None or d.test.statistic is None:
        return None
    z = float(np.sign(d.test.statistic) * -ndtri(d.test.p / 2))
    return min(1.0, plan.comparisons * stagewise_p(plan.boundary, look, z))


def compare_by_looks(
    values: Mapping[str, Sequence[float] | NDArray[np.float64]],
    seeds: Mapping[str, Sequence[Hashable]],
    pairs: Sequence[tuple[str, str]],
    plan: LookPlan,
    *,
    paired: bool,
    right: Mapping[str, Right] | None = None,
    **options: Any,
) -> Comparison | Family:
    """Comparisons under a plan of looks, from all values there are.

    A look takes the first seeds, in ascending order; it is reached when so many are there of both
    conditions (of pairs: in common). What comes after a comparison's last look is left out.

    Args:
        values: Of each condition, [seeds of it].
        seeds: Of each condition's values.
        pairs: Those that are compared, `plan.comparisons` of them or fewer.
        plan: The plan.
        paired: Whether the conditions share their seeds.
        right: Which test examples each run gets right, by condition, where known.
        **options: What `compare` takes besides.

    Returns:
        The comparison, or the family of several.

    Raises:
        ValueError: A comparison has not reached its first look.
    """
    found = []
    for a, b in pairs:
        columns = {name: dict(zip(seeds[name], values[name], strict=True)) for name in (a, b)}
        matched = match_by_seed([*columns.values()], key=natural)
        there = dict.fromkeys(columns, matched.seeds) if paired else _in_order(columns)
        looked = [
            compare(
                *([columns[name][seed] for seed in of_look[name]] for name in (a, b)),
                paired=paired,
                seeds_a=of_look[a],
                seeds_b=of_look[b],
                name_a=a,
                name_b=b,
                right=(right[a], right[b]) if right else None,
                **options | {"planned": plan.looks[-1]},
            )
            for of_look in _looks(there, plan)
        ]
        if not looked:
            raise ValueError(
                f"received {min(map(len, columns.values()))} seeds of {a} and {b}; expected "
                f"{plan.looks[0]} or more, those of the first look; run them first"
            )
        decided = decide_by_looks(looked, plan)
        apart = unmatched_notes(matched, (a, b)) if paired else []
        left_out = (*apart, *_left_out(decided, there, plan))
        found.append(replace(decided, notes=decided.notes + left_out))
    return found[0] if len(found) == 1 else Family(tuple(found), tuple(values))


def _in_order(columns: Mapping[str, Iterable[Hashable]]) -> dict[str, list[Hashable]]:
    """The seeds of each condition as people count them."""
    return {name: sorted(ids, key=natural) for name, ids in columns.items()}


def _left_out(c: Comparison, there: Mapping[str, Sequence[Hashable]], plan: LookPlan) -> list[Note]:
    """The runs of an open comparison beyond the last look that was reached."""
    fewest = min(map(len, there.values()))
    at = max(n for n in plan.looks if n <= fewest)
    if c.verdict in ENDED or fewest == at:
        return []
    kind = "beyond the last look" if at == plan.looks[-1] else "between looks"
    runs = counted(fewest - at, "pair" if c.paired else "run of each")
    following = next((n for n in plan.looks if n > at), None)
    return [note(kind, runs=runs, at=at, following=following)]


def _looks(
    there: Mapping[str, Sequence[Hashable]], plan: LookPlan
) -> list[dict[str, Sequence[Hashable]]]:
    """The seeds of both conditions at each look that was reached, of those there are in order."""
    fewest = min(map(len, there.values()))
    reached = [n for n in plan.looks if n <= fewest]
    return [{name: ids[:n] for name, ids in there.items()} for n in reached]
