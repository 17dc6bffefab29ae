"""The verdict on the runs used: the primary test decides, an exact test stands beside it.

A verdict may be "undecidable": with fewer than 3 runs, or without variation, nothing is tested.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from analysis.statistics.design import Design
from analysis.statistics.effects import effects_of
from analysis.statistics.grid import UsedRuns
from analysis.statistics.significance import (
    SIGN_FLIP,
    ExactTest,
    mann_whitney_test,
    sign_flip_test,
    t_test,
    tost,
)
from analysis.statistics.statistical_power import FEWEST_SEEDS

Verdict = Literal[
    "different", "different-within-margin", "equivalent", "inconclusive", "undecidable"
]


@dataclass(frozen=True)
class Difference:
    """A minus B, in points or in a loss's own unit, with its t-interval.

    `joint` is whether it is simultaneous with those of its family; else it is unadjusted.
    """

    points: float | None
    ci_low: float | None
    ci_high: float | None
    level: float
    standard_error: float | None = None
    df: float | None = None
    joint: bool = False


@dataclass(frozen=True)
class PrimaryTest:
    """The primary test; statistic, df and p are None where there is none."""

    name: str
    statistic: float | None
    df: float | None
    p: float | None


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests against a margin given beforehand (Schuirmann 1987).

    `ci_low`, `ci_high` bound the interval of level 1 - 2 alpha (90 %), in a family with one
    critical value simultaneously; `inside` says whether it lies within the margin, which is the
    same as p < alpha, of the adjusted p in a family.
    """

    margin: float
    ci_low: float | None
    ci_high: float | None
    level: float
    p: float | None
    inside: bool
    p_adjusted: float | None = None
    joint: bool = False


def decide(p: float | None, inside: bool, alpha: float) -> Verdict:
    """The verdict of one comparison; in a family `p` is the adjusted one.

    Args:
        p: Two-sided p of the primary test, None if there was nothing to test.
        inside: Whether the two one-sided tests put the difference inside a margin.
        alpha: Significance level.

    Returns:
        One of the closed list.
    """
    if p is None:
        return "undecidable"
    if p <= alpha:
        return "different-within-margin" if inside else "different"
    return "equivalent" if inside else "inconclusive"


@dataclass(frozen=True)
class Decision:
    """What the primary test says: difference, test, equivalence and the verdict; and of what."""

    difference: Difference
    test: PrimaryTest
    equivalence: Equivalence | None
    verdict: Verdict
    used: UsedRuns = field(repr=False, compare=False)
    p_adjusted: float | None = None

    @property
    def alpha(self) -> float:
        """Significance level of the tests."""
        return round(1 - self.difference.level, 12)

    @property
    def inside(self) -> bool:
        """Whether the difference was shown to lie within a margin."""
        return self.equivalence is not None and self.equivalence.inside


def primary_decision(used: UsedRuns, scale: float, level: float, margin: float | None) -> Decision:
    """The primary test of the runs used: paired t or Welch, and the margin test where there is one.

    Args:
        used: The runs, as integers.
        scale: From the unit of the values to that of the difference: 100 for points, else 1.
        level: Confidence level; the tests are at 1 - level.
        margin: In the unit of the difference, None if none was set beforehand.

    Returns:
        Figures that are None where runs are too few or do not vary, and the verdict.
    """
    alpha = round(1 - level, 12)
    name = "paired t-test" if used.paired else "Welch t-test"
    unit = used.step * scale
    points = float((used.first.mean() - used.second.mean()) * unit) if used.n else None
    difference = Difference(points, None, None, level)
    test = PrimaryTest(name, None, None, None)
    equivalence = None
    if margin is not None:
        equivalence = Equivalence(float(margin), None, None, round(1 - 2 * alpha, 12), None, False)
    if used.n >= 2 and used.varies:
        # A group that is constant must be constant at 0: elsewhere SciPy warns of cancellation.
        origin = used.first[0] if np.ptp(used.first) == 0 else used.second[0]
        t = t_test(used.first - origin, used.second - origin, paired=used.paired, level=level)
        ends = (float(t.ci_low * unit), float(t.ci_high * unit))
        error = float(t.standard_error * unit)
        difference = Difference(points, *ends, level, error, float(t.df))
        if used.n >= FEWEST_SEEDS:
            test = PrimaryTest(name, float(t.statistic), float(t.df), float(t.p))
            if equivalence is not None:
                p, low, high = tost(t, equivalence.margin / unit, alpha)
                ends = (float(low * unit), float(high * unit))
                inside = -equivalence.margin < ends[0] and ends[1] < equivalence.margin
                equivalence = replace(
                    equivalence, ci_low=ends[0], ci_high=ends[1], p=float(p), inside=inside
                )
    inside = equivalence is not None and equivalence.inside
    return Decision(difference, test, equivalence, decide(test.p, inside, alpha), used)


def tested(used: UsedRuns, design: Design) -> dict[str, Any]:
    """Both tests, the effect sizes and the verdict, by the names of a comparison's fields."""
    decided = primary_decision(used, design.scale, design.level, design.margin)
    if decided.test.p is None:
        name = SIGN_FLIP if used.paired else "exact Mann-Whitney test"
        exact = ExactTest(name, None, None)
    elif used.paired:
        seed = design.monte_carlo_seed
        exact = sign_flip_test(used.first, slack=used.slack, monte_carlo_seed=seed)
    else:
        exact = mann_whitney_test(used.first, used.second)
    runs = {"n": used.n, "n_a": used.ka.size, "n_b": used.kb.size}
    return runs | vars(decided) | {"exact": exact, "effects": effects_of(used, design.level)}
