"""Notes on a comparison: what a reader must know before believing its figures.

A note is a value, its kind with its figures, and `TEXTS` has the words of each kind. Each function
gives one kind, as a list that is empty where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.rendering.formatting import (
    counted,
    format_fraction,
    format_level,
    format_margin,
    format_signed,
)
from analysis.statistics.design import Design
from analysis.statistics.divergence import WorstCase
from analysis.statistics.grid import Counts, UsedRuns
from analysis.statistics.matching import Matched, natural
from analysis.statistics.significance import ExactTest
from analysis.statistics.statistical_power import FEWEST_SEEDS, seeds_to_reach
from analysis.statistics.verdict import Verdict

MOST_NEGATIVE = -0.3  # correlation of pairs that share nothing and happen to differ
FRAGILE_SEEDS = 4  # up to here an interval hangs on single runs
OF_ONE_ALONE = ("worst case", "one run decides", "tests disagree")  # by an unadjusted p
MORE_SEEDS = f"run at least {FEWEST_SEEDS} seeds (ebb plan says how many)"

TEXTS = {
    "nothing to compare": "nothing to compare: {runs}",
    "one run": "{runs}: one run says nothing about the spread between seeds, so there is no "
    f"interval and no test; {MORE_SEEDS}",
    "too few runs": "{runs}: too few for a test{fragile}; " + MORE_SEEDS,
    "fragile interval": "{runs}: the interval is fragile, look at every value",
    "no variation": "no variation: no test ({what} is {difference} for every seed)",
    "no variation printed": "no variation beyond the rounding of the input ({rounding}): no test "
    "({what} is about {difference} for every seed); give n_test or all digits if there are more",
    "within margin": "every difference is inside the margin of {margin}, which has no test without "
    "variation",
    "tests disagree": "the tests disagree: {t}, {exact}",
    "one run decides": "{run} decides: with it {found} ({p}), without it {other} ({p_without})",
    "noisier side has fewer runs": "the side with fewer runs varies more ({sides}): Welch's test "
    "finds too much there (7 % at the nominal 5 with 3 runs against 10)",
    "negative correlation": "the pairs correlate negatively (r = {r}), so "
    "pairing made the interval wider",
    "no common seed": "no seed is on both sides: runs that share nothing are compared unpaired "
    "(--unpaired)",
    "float32": "the values are float32: they are {taken}",
    "low resolution": "one figure is larger than others by many powers of ten: in tests and ranks "
    "those within {step} of each other count as equal",
    "same result": "{name} has the same result for every seed: does the seed reach the network?",
    "identical": "{a} and {b} are identical at every seed: are they one recipe?",
    "without partner": "{seeds} without a partner dropped ({lists})",
    "between looks": "{runs} more than at the look at {at} left out; the next is at {following}",
    "beyond the last look": "{runs} more than at the last look, at {at}, left out",
    "not in all": "{seeds} left out, not finished in all {conditions} conditions (missing {lists})",
    "diverged": "diverged: {counts}; the figures are of the other {what} (complete case)",
    "no worst case": "no worst case: the chance level was not given",
    "worst case": "the worst case (diverged runs at chance) reads {verdict}{other_way}",
    "smallest p": "exact test, {runs}{tied}: this test cannot reach {alpha}; {needed} are "
    "needed{untied}",
    "smallest p in family": "exact test: alone among {family} this test cannot reach {alpha:g} "
    "after correction; {needed} are needed{untied}",
    "more than planned": "{runs} seeds, but {planned} were planned: p holds for a number of seeds "
    "fixed beforehand (a look after every seed from 5 to 20 gives about 18 % false positives at "
    "5 %)",
    "out of bounds": "if the effects added up, {metric} of {both} would be {added}, {bound}: "
    "effects as large as these can hardly add up",
}
"""What each kind of note says of its figures."""


@dataclass(frozen=True)
class Note:
    """A note as a value, which `str` turns to text.

    Attributes:
        kind: Of those in `TEXTS`.
        figures: What its text names, each with its name there.
    """

    kind: str
    figures: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return TEXTS[self.kind].format(**dict(self.figures))


def note(kind: str, **figures: object) -> Note:
    """A note of this kind with these figures."""
    return Note(kind, tuple(figures.items()))


def notes_on(
    used: UsedRuns,
    found: Mapping[str, Any],
    design: Design,
    *,
    what: str,
    of_conditions: Sequence[Note],
    bounds: Sequence[Note] | None = None,
    runs: int,
) -> tuple[Note, ...]:
    """All notes on a comparison, each once; the reason for "undecidable" comes first.

    Args:
        used: The runs used.
        found: What was found of them, by the names of a comparison's fields.
        design: How they are compared.
        what: The difference in words.
        of_conditions: What there is to say of the conditions and of what was left out.
        bounds: Of the four conditions of an interaction, those of `bounds_notes`.
        runs: Number of runs of a condition, diverged ones too.
    """
    return tuple(
        dict.fromkeys(
            [
                *_no_variation_notes(used, design, what),
                *_small_sample_notes(used),
                *_low_resolution_notes(used),
                *_float32_notes(used),
                *of_conditions,
                *worst_case_notes(
                    found["verdict"], found["difference"].points, found["worst_case"]
                ),
                *(bounds or ()),
                *_smallest_p_notes(used, found["exact"], design.alpha),
                *_planning_notes(runs, design.planned),
            ]
        )
    )


def _small_sample_notes(used: UsedRuns) -> list[Note]:
    """Too few runs, or so few that every one must be looked at."""
    if used.n == 0:
        return [note("nothing to compare", runs=str(used))]
    if used.n == 1:
        return [note("one run", runs=str(used))]
    if used.n < FEWEST_SEEDS:
        fragile = ", and the interval is fragile" if used.varies else ""
        return [note("too few runs", runs=str(used), fragile=fragile)]
    if used.n <= FRAGILE_SEEDS and used.varies:
        return [note("fragile interval", runs=str(used))]
    return []


def _no_variation_notes(used: UsedRuns, design: Design, what: str) -> list[Note]:
    if used.n < 2 or used.varies:
        return []
    difference = float(used.first.mean() - used.second.mean()) * used.step * design.scale
    said = {"what": what, "difference": format_signed(difference, design.unit)}
    if np.ptp(used.first) > used.slack:
        notes = [note("no variation printed", rounding=f"{used.rounding:g}", **said)]
    else:
        notes = [note("no variation", **said)]
    if design.margin is not None and abs(difference) < design.margin:
        notes.append(note("within margin", margin=format_margin(design.margin, design.unit)))
    return notes


def _float32_notes(used: UsedRuns) -> list[Note]:
    """What float32 is taken for: whole numbers of test examples, or numbers that may be equal."""
    if not used.float32:
        return []
    if used.slack == 0:
        return [note("float32", taken=f"taken as multiples of 1/{1 / used.step:,.0f}")]
    near = f"{used.slack * used.step:.1g}"
    return [note("float32", taken=f"taken as equal where they differ by less than {near}")]


def _low_resolution_notes(used: UsedRuns) -> list[Note]:
    return [note("low resolution", step=f"{2 * used.step:.1g}")] if used.low_resolution else []


def sameness_notes(
    used: UsedRuns,
    values: Sequence[Counts] | Counts,
    names: Sequence[str],
    chance: float | None,
    beside: Sequence[tuple[int, int]] = ((0, 1),),
) -> list[Note]:
    """A condition with one result for every seed, or two conditions that are the same.

    Not where nothing or everything is right, or as much as a guess has: seeds may well agree on it.

    Args:
        used: What is tested.
        values: Of each condition, as integers.
        names: Of the conditions.
        chance: What a network that guesses scores.
        beside: Which conditions differ in one thing.
    """
    if used.n < 2 or used.low_resolution:
        return []
    bounds = [round(value / used.step) for value in (0, 1, chance or 0)]
    notes = []
    for pair in beside:
        notes += [
            note("same result", name=names[i])
            for i in pair
            if np.ptp(values[i]) <= used.slack and values[i][0] not in bounds
        ]
        a, b = pair
        same = used.paired and np.array_equal(values[a], values[b])
        if same and not np.isin(values[a], bounds).all():
            notes.append(note("identical", a=names[a], b=names[b]))
    return notes


def unmatched_notes(matched: Matched, names: Sequence[str]) -> list[Note]:
    """Seeds that were left out because not all conditions have them, if there are any."""
    dropped = matched.seen - len(matched.seeds)
    if not dropped:
        return []
    apart = not matched.seeds and all(len(each) < matched.seen for each in matched.missing)
    pair = len(names) == 2
    # What one of a pair lacks is only in the other.
    lacking = matched.missing[::-1] if pair else matched.missing
    where = "only in" if pair else "in"
    lists = [
        f"{where} {name}: {_listed(seeds)}"
        for name, seeds in zip(names, lacking, strict=True)
        if seeds
    ]
    kind, seeds = "without partner" if pair else "not in all", counted(dropped, "seed")
    notes = [note(kind, seeds=seeds, conditions=len(names), lists=", ".join(lists))]
    return notes + [note("no common seed")] * (apart and pair)


def correlation_notes(correlation: float | None) -> list[Note]:
    """Pairs that correlate negatively, though what they share should make them alike."""
    if correlation is None or correlation > MOST_NEGATIVE:
        return []
    return [note("negative correlation", r=f"{correlation:.2f}")]


def _listed(seeds: set[Hashable]) -> str:
    """The first five seeds in their order, and how many more there are."""
    names = sorted(map(str, seeds), key=natural)
    return " ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def divergence_notes(
    counts: Sequence[tuple[str, int, int]], what: str, chance: float | None
) -> list[Note]:
    """How many runs diverged, if any did.

    Args:
        counts: A condition, how many of its runs diverged, and how many it has.
        what: What the figures are of: "runs", "seeds".
        chance: What a network that guesses scores.
    """
    if not any(diverged for _, diverged, _ in counts):
        return []
    said = ", ".join(f"{name} {diverged} of {n}" for name, diverged, n in counts)
    return [note("diverged", counts=said, what=what)] + [note("no worst case")] * (chance is None)


def worst_case_notes(verdict: Verdict, points: float | None, worst: WorstCase | None) -> list[Note]:
    """A worst case that reads differently, or the same of a difference of the other sign."""
    if worst is None:
        return []
    signs = (points or 0) * (worst.points or 0)
    opposite = signs < 0 and worst.verdict in ("different", "different-within-margin")
    if worst.verdict == verdict and not opposite:
        return []
    other_way = ", the other way round" if opposite else ""
    return [note("worst case", verdict=worst.verdict, other_way=other_way)]


def _smallest_p_notes(used: UsedRuns, exact: ExactTest, alpha: float) -> list[Note]:
    """An exact test that has too few runs ever to reach alpha."""
    if exact.p_smallest is None or exact.p_smallest <= alpha:
        return []
    runs = np.concatenate([used.first, used.second])
    equal = np.unique(runs, return_counts=True)[1]
    ties = int((used.first == 0).sum() if used.paired else equal[equal > 1].sum())
    need = seeds_to_reach(alpha, paired=used.paired)
    return [
        note(
            "smallest p",
            runs=str(used),
            tied=f", {ties} of them tied" if ties else "",
            alpha=format_fraction(alpha),
            needed=f"{need}" if used.paired else f"{need} + {need}",
            untied=" without a tie" if ties else "",
        )
    ]


def _planning_notes(runs: int, planned: int | None) -> list[Note]:
    if planned is None or runs <= planned:
        return []
    return [note("more than planned", runs=runs, planned=planned)]


def bounds_notes(means: Mapping[str, float], metric: str, design: Design) -> list[Note]:
    """A sum of effects that no accuracy can reach: floor and ceiling look like interactions.

    Args:
        means: Conditions neither, only A, only B and both, in this order, to their means.
        metric: Name of the metric.
        design: How they are compared.
    """
    if not means or design.unit != "points":
        return []
    (neither, only_a, only_b, _), least = means.values(), design.chance or 0.0
    added, both = only_a + only_b - neither, list(means)[-1]
    if least - 1e-9 <= added <= 1 + 1e-9:
        return []
    bound = "above 100 %" if added > 1 else f"below {format_level(least, design.unit)}"
    if added < least and design.chance:
        bound += ", which is chance"
    said = format_level(added, design.unit)
    return [note("out of bounds", metric=metric, both=both, added=said, bound=bound)]
