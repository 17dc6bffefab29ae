"""What a family changes in its comparisons: adjusted p-values, simultaneous intervals, verdicts.

Single step is the rule: one critical value (`analysis.statistics.simultaneous`) decides verdict, p
and interval of each comparison, and of its margin test. Step-down max-t, Holm and
Benjamini-Hochberg are options by name; they reject more, and have no simultaneous intervals.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

import numpy as np

from analysis.rendering.formatting import format_runs
from analysis.statistics.corrections import Correction, adjust
from analysis.statistics.influence import PofT, one_run_notes
from analysis.statistics.notes import OF_ONE_ALONE, Note, note, worst_case_notes
from analysis.statistics.result import Comparison
from analysis.statistics.simultaneous import CriticalValue, critical_value, step_down
from analysis.statistics.statistical_power import seeds_to_reach
from analysis.statistics.verdict import Decision, Difference, Equivalence, decide

Compared = TypeVar("Compared", bound=Comparison)
Asked = Literal["single-step", "step-down", "holm", "bh", "by", "bonferroni"]
CORRECTIONS = ("single-step", "step-down", "holm", "bh")
"""Those that a user may ask for."""


def adjust_family(
    comparisons: Sequence[Compared], correction: Asked = "single-step"
) -> tuple[Compared, ...]:
    """Comparisons with adjusted p-values, the family's size, and verdicts that use them.

    Args:
        comparisons: One family, in any order, all at one level: of comparisons, or of
            interactions, which are a family of their own.
        correction: "single-step" (max-t from eight seeds on, Bonferroni's t below), "step-down"
            (step-down max-t, Holm below), or what `adjust` takes.

    Returns:
        The same comparisons in the same order; each says which correction was made.
    """
    columns = [c.class_ for c in comparisons]
    decided, used, p_of = correct([c.decision for c in comparisons], columns, correction)
    worst = decided
    if any(c.worst_case for c in comparisons):
        # It is one family too: a comparison without a diverged run is as it is.
        cases = [c.worst_case.decision if c.worst_case else c.decision for c in comparisons]
        worst, *_ = correct(cases, columns, correction)
    of_p = correction if correction in ("bh", "by") else "holm"
    exact = _adjusted([c.exact.p for c in comparisons], of_p)
    of_each = zip(comparisons, decided, worst, exact, strict=True)
    family = len(comparisons), used, p_of
    return tuple(_in_family(c, family, d, w, p) for c, d, w, p in of_each)


def correct(
    decisions: Sequence[Decision], columns: Sequence[Hashable], correction: Asked
) -> tuple[list[Decision], Correction, PofT | None]:
    """The decisions of one family under a correction, and the one that was made.

    Returns:
        The decisions; the name of the correction; and where p follows from a statistic alone, how.
    """
    if not decisions:
        return [], "bonferroni", None
    alpha, size = decisions[0].alpha, len(decisions)
    critical = CriticalValue(size, alpha)
    if correction in ("single-step", "step-down"):
        critical = critical_value([d.used for d in decisions], columns, alpha)
    resampled = critical.statistics is not None
    if correction == "single-step":
        name: Correction = "max-t" if resampled else "bonferroni"
        return [_single_step(d, critical) for d in decisions], name, critical.p
    of_p = "holm" if correction == "step-down" else correction
    margins = _adjusted([d.equivalence.p if d.equivalence else None for d in decisions], of_p)
    if correction == "step-down" and critical.statistics is not None:
        p = _stepped(decisions, critical.statistics)
    else:
        p = _adjusted([d.test.p for d in decisions], of_p)
    decided = [_with_p(d, *each) for d, *each in zip(decisions, p, margins, strict=True)]
    return decided, "step-down" if resampled else of_p, None


def _adjusted(p: Sequence[float | None], correction: Correction) -> list[float | None]:
    adjusted = adjust([np.nan if each is None else each for each in p], correction)
    return [None if np.isnan(each) else float(each) for each in adjusted]


def _stepped(decisions: Sequence[Decision], statistics: np.ndarray) -> list[float | None]:
    """Step-down p of the comparisons that have a test, none below its own unadjusted one."""
    there = [d.test for d in decisions if d.test.p is not None]
    found = step_down(statistics, np.abs([test.statistic for test in there]))  # type: ignore[arg-type]
    left = iter(np.maximum(found, [test.p for test in there]).tolist())  # type: ignore[arg-type]
    return [None if d.test.p is None else next(left) for d in decisions]


def _with_p(d: Decision, p: float | None, margin_p: float | None) -> Decision:
    """A decision that rests on adjusted p-values; its intervals stay unadjusted."""
    e = d.equivalence
    if e is not None and margin_p is not None:
        e = replace(e, p_adjusted=margin_p, inside=margin_p < d.alpha)
    verdict = decide(p, e is not None and e.inside, d.alpha)
    return replace(d, p_adjusted=p, equivalence=e, verdict=verdict)


def _single_step(d: Decision, critical: CriticalValue) -> Decision:
    """A decision on the family's critical value: p, interval and margin test."""
    of, df = d.difference, d.difference.df
    if of.points is None or of.standard_error is None or df is None:
        return d
    half = critical.t(df) * of.standard_error
    difference = replace(of, ci_low=of.points - half, ci_high=of.points + half, joint=True)
    if d.test.statistic is None:
        return replace(d, difference=difference)
    e = d.equivalence and _margin(d.equivalence, of, critical)
    p = critical.p(d.test.statistic, df)
    verdict = decide(p, e is not None and e.inside, d.alpha)
    return replace(d, difference=difference, p_adjusted=p, equivalence=e, verdict=verdict)


def _margin(e: Equivalence, d: Difference, critical: CriticalValue) -> Equivalence:
    points, error, df = d.points or 0.0, d.standard_error or 0.0, d.df or 1.0
    half = critical.margin_t(df) * error
    return replace(
        e,
        ci_low=points - half,
        ci_high=points + half,
        inside=abs(points) + half < e.margin,
        p_adjusted=critical.margin_p((e.margin - abs(points)) / error, df),
        joint=True,
    )


def _in_family(
    c: Compared,
    family: tuple[int, Correction, PofT | None],
    decided: Decision,
    worst: Decision,
    exact_p: float | None,
) -> Compared:
    """A comparison whose verdicts rest on the family."""
    m, correction, p_of = family
    if c.failures and decided.test.p is None and c.failures.differ(decided.alpha, m):
        decided = replace(decided, verdict="different")
    elif decided.test.p is None:
        decided = replace(decided, verdict="undecidable")
    worst_case = c.worst_case and replace(c.worst_case, decision=worst)
    notes = [each for each in c.notes if each.kind not in OF_ONE_ALONE]
    if p_of is not None:
        notes += one_run_notes(decided.used, decided.p_adjusted, decided.alpha, p_of)
    notes += worst_case_notes(decided.verdict, c.difference.points, worst_case)
    notes += _smallest_p_notes(c, decided.alpha, m, correction)
    return replace(
        c,
        **vars(decided),
        exact_p_adjusted=exact_p,
        family=m,
        correction=correction,
        worst_case=worst_case,
        notes=tuple(notes),
    )


def _smallest_p_notes(c: Comparison, alpha: float, m: int, correction: Correction) -> list[Note]:
    """An exact test that could have decided alone, but not as the family's smallest."""
    smallest = c.exact.p_smallest
    # Under a false discovery rate, m tests that all reach their smallest p can decide together.
    if smallest is None or correction in ("bh", "by") or not smallest <= alpha < smallest * m:
        return []
    need = seeds_to_reach(alpha / m, paired=c.paired)
    return [
        note(
            "smallest p in family",
            family=f"{m} {c.kind}",
            alpha=alpha,
            needed=format_runs(need, need, paired=c.paired, noun=c.noun),
            untied=" without a tie" if need <= c.n else "",
        )
    ]
