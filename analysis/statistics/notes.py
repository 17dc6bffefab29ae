"""Notes on a comparison: what a reader must know before believing its figures.

Each function gives one kind of note, as a list that is empty where there is nothing to say.
"""

from __future__ import annotations

import numpy as np

from analysis.rendering.formatting import format_fraction, format_signed
from analysis.statistics.divergence import Failures, WorstCase
from analysis.statistics.grid import UsedRuns
from analysis.statistics.significance import ExactTest
from analysis.statistics.statistical_power import FEWEST_SEEDS, seeds_to_reach
from analysis.statistics.verdict import Verdict

FRAGILE_SEEDS = 4  # up to here an interval hangs on single runs


def small_sample_notes(used: UsedRuns) -> list[str]:
    """Too few runs, or so few that every one must be looked at."""
    more = f"run at least {FEWEST_SEEDS} seeds (ebb plan says how many)"
    if used.n == 0:
        return [f"nothing to compare: {used}"]
    if used.n == 1:
        return [
            f"{used}: one run says nothing about the spread between seeds, so there is no "
            f"interval and no test; {more}"
        ]
    if used.n < FEWEST_SEEDS:
        fragile = ", and the interval is fragile" if used.varies else ""
        return [f"{used}: too few for a test{fragile}; {more}"]
    if used.n <= FRAGILE_SEEDS and used.varies:
        return [f"{used}: the interval is fragile, look at every value"]
    return []


def no_variation_notes(used: UsedRuns, scale: float, unit: str, what: str) -> list[str]:
    """No variation at all, and of which difference (`what`)."""
    if used.n < 2 or used.varies:
        return []
    difference = format_signed(float(used.first[0] - used.second[0]) * used.step * scale, unit)
    return [f"no variation: no test ({what} is {difference} for every seed)"]


def low_resolution_notes(used: UsedRuns) -> list[str]:
    """One value that is so large that others can hardly be told apart beside it."""
    if not used.low_resolution:
        return []
    return [
        "one figure is larger than others by many powers of ten: in tests and ranks those within "
        f"{2 * used.step:.1g} of each other count as equal"
    ]


def sameness_notes(
    used: UsedRuns, name_a: str, name_b: str, chance: float | None = None
) -> list[str]:
    """A condition with one result for every seed, or two conditions that are the same.

    Not where nothing or everything is right, or as much as a guess has: seeds may well agree on it.
    """
    if used.n < 2 or used.low_resolution:
        return []
    bounds = [round(value / used.step) for value in (0, 1, chance or 0)]
    notes = [
        f"{name} has the same result for every seed: does the seed reach the network?"
        for k, name in ((used.ka, name_a), (used.kb, name_b))
        if np.ptp(k) <= used.slack and k[0] not in bounds
    ]
    if used.paired and not used.first.any() and not np.isin(used.ka, bounds).all():
        notes.append(f"{name_a} and {name_b} are identical at every seed: are they one recipe?")
    return notes


def divergence_notes(
    failures: Failures | None, name_a: str, name_b: str, chance: float | None
) -> list[str]:
    """How many runs diverged, if any did."""
    if failures is None or failures.a.diverged + failures.b.diverged == 0:
        return []
    a, b, worst = failures.a, failures.b, failures.worst_case
    notes = [
        f"diverged: {name_a} {a.diverged} of {a.n}, {name_b} {b.diverged} of {b.n}; "
        "the figures are of the other runs (complete case)"
    ]
    if worst is None and chance is None:
        notes.append("no worst case: the chance level was not given")
    return notes


def worst_case_notes(verdict: Verdict, points: float | None, worst: WorstCase | None) -> list[str]:
    """A worst case that reads differently, or the same of a difference of the other sign."""
    if worst is None:
        return []
    signs = (points or 0) * (worst.points or 0)
    opposite = signs < 0 and worst.verdict in ("different", "different-within-margin")
    if worst.verdict == verdict and not opposite:
        return []
    other_way = ", the other way round" if opposite else ""
    return [f"the worst case (diverged runs at chance) reads {worst.verdict}{other_way}"]


def smallest_p_notes(
    used: UsedRuns, exact: ExactTest, alpha: float, *, by_class: bool = True
) -> list[str]:
    """An exact test that has too few runs ever to reach alpha, alone or for each class."""
    if exact.p_smallest is None or exact.p_smallest <= alpha:
        return []
    runs = np.concatenate([used.first, used.second])
    equal = np.unique(runs, return_counts=True)[1]
    ties = int((used.first == 0).sum() if used.paired else equal[equal > 1].sum())
    tied = f", {ties} of them tied" if ties else ""
    untied = " without a tie" if ties else ""
    needs = [seeds_to_reach(alpha / m, paired=used.paired) for m in (1, 10)]
    one, ten = [f"{n}" if used.paired else f"{n} + {n}" for n in needs]
    classes = f" (at least {ten} for ten classes under Holm)" if by_class else ""
    return [
        f"exact test, {used}{tied}: this test cannot reach {format_fraction(alpha)}; {one} "
        f"are needed{untied}{classes}"
    ]


def planning_notes(runs: int, planned: int | None) -> list[str]:
    """More seeds than were planned."""
    if planned is None or runs <= planned:
        return []
    return [
        f"{runs} seeds, but {planned} were planned: p holds for a number of seeds fixed "
        "beforehand (a look after every seed from 5 to 20 gives about 18 % false positives at 5 %)"
    ]
