"""Divergence as an outcome: how often either condition diverged, and what the worst case says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from analysis.statistics.design import Design
from analysis.statistics.grid import Floats, UsedRuns
from analysis.statistics.intervals import wilson_interval
from analysis.statistics.significance import ExactTest
from analysis.statistics.verdict import Decision, Verdict, primary_decision


@dataclass(frozen=True)
class FailureRate:
    """Diverged runs of one condition: k of n, the rate and its Wilson interval (fractions)."""

    diverged: int
    n: int
    rate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class WorstCase:
    """The primary result when a diverged run counts as one that guesses (`chance`).

    In a family its p is adjusted among the worst cases of all comparisons.
    """

    chance: float
    decision: Decision

    @property
    def verdict(self) -> Verdict:
        """How it reads."""
        return self.decision.verdict

    @property
    def points(self) -> float | None:
        """The difference."""
        return self.decision.difference.points

    def to_json(self) -> dict[str, Any]:
        """Its figures; `inside` is whether it lies within the margin."""
        found, d = self.decision, self.decision.difference
        return {
            "chance": self.chance,
            "points": d.points,
            "ci_low": d.ci_low,
            "ci_high": d.ci_high,
            "p": found.test.p,
            "verdict": found.verdict,
            "inside": found.inside,
            "p_adjusted": found.p_adjusted,
        }


def worst_case(
    table: Sequence[Floats], design: Design, on_grid: Callable[..., UsedRuns]
) -> WorstCase | None:
    """The primary result with the chance level in place of every diverged run.

    Args:
        table: Values of each condition, NaN where a run diverged.
        design: How they are compared.
        on_grid: From these rows to what is tested. A network that guesses need not have a whole
            number of correct answers.

    Returns:
        None where no run diverged, or no chance level was given.
    """
    chance = design.chance
    if chance is None or not any(np.isnan(row).any() for row in table):
        return None
    used = on_grid(*(np.where(np.isnan(row), chance, row) for row in table))
    return WorstCase(
        float(chance), primary_decision(used, design.scale, design.level, design.margin)
    )


@dataclass(frozen=True)
class Failures:
    """Divergence as an outcome: both rates and their exact comparison.

    The other figures of a comparison are complete-case: diverged runs (and their partners) left
    out.
    """

    a: FailureRate
    b: FailureRate
    test: ExactTest

    @property
    def any(self) -> bool:
        """Whether any run diverged."""
        return self.a.diverged + self.b.diverged > 0

    def differ(self, alpha: float, comparisons: int = 1) -> bool:
        """Whether the rates differ, among so many comparisons (Bonferroni)."""
        return self.test.p is not None and self.test.p * comparisons <= alpha


def compare_divergence(x: Floats, y: Floats, design: Design) -> Failures | None:
    """Both conditions' rates of divergence, compared.

    Args:
        x: Values of A, [n], NaN where a run diverged; if paired, in the same order of seeds as y.
        y: Values of B, [m].
        design: How they are compared.

    Returns:
        None if one side has no runs at all.
    """
    if not (x.size and y.size):
        return None
    a, b = np.isnan(x), np.isnan(y)
    return Failures(
        failure_rate(a, design.level),
        failure_rate(b, design.level),
        compare_failures(a, b, design.paired),
    )


def failure_rate(failed: NDArray[np.bool_], level: float) -> FailureRate:
    """Rate of the runs that diverged, with its Wilson interval."""
    k, n = int(failed.sum()), failed.size
    return FailureRate(k, n, k / n, *wilson_interval(k, n, level))


def compare_failures(a: NDArray[np.bool_], b: NDArray[np.bool_], paired: bool) -> ExactTest:
    """Exact McNemar (1947) for pairs, Fisher's exact test otherwise."""
    if paired:
        only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
        name, discordant = "exact McNemar test", only_a + only_b
        if discordant == 0:
            return ExactTest(name, None, None)
        p = min(1.0, 2 * float(bdtr(min(only_a, only_b), discordant, 0.5)))
        return ExactTest(name, p, min(1.0, 2.0 ** (1 - discordant)))
    name, failed = "Fisher's exact test", int(a.sum() + b.sum())
    if failed in (0, a.size + b.size):
        return ExactTest(name, None, None)
    from scipy import stats  # noqa: PLC0415  # where nothing diverged nobody waits for it

    def p_of(k: int) -> float:
        table = [[k, a.size - k], [failed - k, b.size - failed + k]]
        return float(stats.fisher_exact(table).pvalue)

    possible = range(max(0, failed - b.size), min(failed, a.size) + 1)
    return ExactTest(name, p_of(int(a.sum())), min(p_of(k) for k in possible))
