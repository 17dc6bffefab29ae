"""The largest |t| of a family where every null hypothesis holds: one critical value for all of it.

The values of whole seeds (pairs), or of whole runs within their condition (unpaired), are centred
and given random signs, so that whatever a seed does to several comparisons at once it still does
(Westfall & Young 1993; Romano & Wolf 2005). Its .95 quantile is the critical value of every
comparison: it decides the verdict, the adjusted p and the simultaneous interval, so that these
cannot disagree. Runs are not dealt anew to the conditions: of those that spread three times as far
as others, eleven intervals of eight runs cover in .90 then, and in .94 with signs. Below eight
seeds, where centred signs cover too little (.93 at four), Bonferroni's t takes its place.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.statistics.grid import Floats, UsedRuns
from analysis.statistics.matching import natural

FEWEST_RESAMPLED = 8
"""Seeds from which on signs are used."""
DRAWS = 10_000
STREAM = 20
"""Seed of the random patterns, the same for every family."""


@dataclass(frozen=True)
class CriticalValue:
    """What one family's |t| is held against; see `critical_value`.

    Attributes:
        size: Number of comparisons, undecidable ones too.
        alpha: Family-wise error.
        statistics: |t| under the null, [patterns, comparisons with a test]; None for Bonferroni.
    """

    size: int
    alpha: float
    statistics: Floats | None = None

    @cached_property
    def maxima(self) -> Floats | None:
        """The largest |t| of each pattern, ascending."""
        return None if self.statistics is None else np.sort(self.statistics.max(axis=1))

    def t(self, df: float) -> float:
        """The critical value of a comparison with so many degrees of freedom.

        Of max-t it is the same for all, unless one comparison alone would need more.
        """
        if self.maxima is None:
            return upper_t(self.alpha / 2 / self.size, df)
        # As many patterns as p <= alpha allows reach beyond it.
        beyond = int(np.floor(self.alpha * (self.maxima.size + 1) + 1e-9)) - 1
        return max(float(self.maxima[-1 - beyond]), upper_t(self.alpha / 2, df))

    def p(self, t: float, df: float) -> float:
        """The adjusted two-sided p of a statistic: at most alpha where |t| is beyond `t(df)`."""
        alone = two_sided_p(t, df)
        if self.maxima is None:
            return min(1.0, self.size * alone)
        return max(alone, _proportion(self.maxima, abs(t)))

    def margin_t(self, df: float) -> float:
        """The critical value of two one-sided tests against a margin.

        Bonferroni's, one-sided, or that of the simultaneous intervals where this is smaller: an
        interval inside the margin is always enough.
        """
        one_sided = upper_t(self.alpha / self.size, df)
        if self.maxima is None:
            return one_sided
        return max(min(one_sided, self.t(df)), upper_t(self.alpha, df))

    def margin_p(self, t: float, df: float) -> float:
        """The adjusted p of the nearer margin, whose one-sided statistic is `t`."""
        alone = float(stdtr(df, -t))
        p = min(1.0, self.size * alone)
        if self.maxima is not None and t > 0:
            p = min(p, self.p(t, df))
        return max(alone, p)


def upper_t(tail: float, df: float) -> float:
    """The value of Student's t that is exceeded with this probability."""
    return -float(stdtrit(df, tail))


def two_sided_p(t: float, df: float) -> float:
    """The two-sided p of Student's t."""
    return 2 * float(stdtr(df, -abs(t)))


def critical_value(
    runs: Sequence[UsedRuns], columns: Sequence[Hashable], alpha: float
) -> CriticalValue:
    """The critical value of a family.

    Args:
        runs: What is tested in each comparison; one without variation has no test, and counts.
        columns: What is measured in each: the class, or one thing for all.
        alpha: Family-wise error.

    Returns:
        Bonferroni's where there is one comparison, where one has fewer than eight seeds, where only
        some are paired, or where the patterns are too few for `alpha`.
    """
    size, there = len(runs), [each.varies for each in runs]
    alike = len({each.paired for each in runs}) == 1
    few = min(each.n for each in runs) < FEWEST_RESAMPLED
    if size == 1 or not alike or few or not any(there):
        return CriticalValue(size, alpha)
    found = null_statistics(list(compress(runs, there)), list(compress(columns, there)))
    result = CriticalValue(size, alpha, np.abs(found))
    enough = alpha * (len(found) + 1) >= 1 and np.isfinite(result.t(1e9))
    return result if enough else CriticalValue(size, alpha)


def null_statistics(runs: Sequence[UsedRuns], columns: Sequence[Hashable]) -> Floats:
    """Each comparison's t where no condition differs, [patterns, comparisons].

    Args:
        runs: What is tested in each, all paired or all unpaired; each varies.
        columns: What is measured in each.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _flipped(runs) if runs[0].paired else _flipped_runs(runs, columns)
    return np.where(np.isnan(found), 0.0, found)


def step_down(statistics: Floats, t: Floats) -> Floats:
    """Adjusted p of each |t| by the step-down method (Westfall & Young 1993, algorithm 4.1).

    Args:
        statistics: |t| under the null, [patterns, comparisons].
        t: |t| observed, [comparisons].
    """
    order = np.argsort(-t, kind="stable")
    # The largest of a comparison and of all that are less extreme than it.
    largest = np.maximum.accumulate(statistics[:, order[::-1]], axis=1)[:, ::-1]
    p = [
        _proportion(np.sort(column), each) for column, each in zip(largest.T, t[order], strict=True)
    ]
    adjusted = np.empty(t.size)
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted


def _proportion(ascending: Floats, t: float) -> float:
    """The p of a statistic: that observed is counted among the patterns, so it is never 0."""
    reaching = ascending.size - np.searchsorted(ascending, t, side="left")
    return float((1 + reaching) / (1 + ascending.size))


def _flipped(runs: Sequence[UsedRuns]) -> Floats:
    """The t of each comparison's centred differences, with the signs of whole seeds flipped."""
    seeds = sorted({seed for each in runs for seed in each.ids[0]}, key=natural)
    place = {seed: i for i, seed in enumerate(seeds)}
    centred = np.zeros((len(seeds), len(runs)))
    for column, each in zip(centred.T, runs, strict=True):
        column[[place[seed] for seed in each.ids[0]]] = each.first - each.first.mean()
    n = np.array([each.n for each in runs])
    means = _signs(len(seeds)) @ centred / n
    # Squares have no sign, so the variance follows from the mean.
    spread = (centred**2).sum(axis=0) / n - means**2
    return means / np.sqrt(np.maximum(spread, 0) / (n - 1))


def _signs(n: int) -> Floats:
    """All patterns of n signs up to a common one where they are few, else random ones; [., n]."""
    if 2 ** (n - 1) <= DRAWS:
        bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n) & 1
    else:
        bits = np.random.default_rng(STREAM).integers(0, 2, (DRAWS, n))
    return np.asarray(1.0 - 2 * bits, dtype=np.float64)


def _flipped_runs(runs: Sequence[UsedRuns], columns: Sequence[Hashable]) -> Floats:
    """Welch's t of each comparison's centred runs, with the signs of whole runs flipped."""
    keys = sorted({key for each in runs for side in each.ids for key in side}, key=str)
    place = {key: i for i, key in enumerate(keys)}
    names, measured = sorted({key[0] for key in keys}), list(dict.fromkeys(columns))  # type: ignore[index]
    centred = np.zeros((len(keys), len(measured)))
    n = np.zeros((len(names), 1, len(measured)))
    sides = []
    for each, column in zip(runs, columns, strict=True):
        k, conditions = measured.index(column), [names.index(side[0][0]) for side in each.ids]  # type: ignore[index]
        for x, side, condition in zip((each.first, each.second), each.ids, conditions, strict=True):
            centred[[place[key] for key in side], k] = (x - x.mean()) * each.step
            n[condition, 0, k] = len(x)
        sides.append((*conditions, k))
    signs = _signs(len(keys))
    of = [np.array([key[0] == name for key in keys]) for name in names]  # type: ignore[index]
    mean = np.stack([signs[:, rows] @ centred[rows] for rows in of]) / n
    squares = np.stack([(centred[rows] ** 2).sum(axis=0, keepdims=True) for rows in of]) / n
    error = np.maximum(squares - mean**2, 0) / (n - 1)
    a, b, at = np.array(sides).T
    return np.asarray(
        (mean[a, :, at] - mean[b, :, at]) / np.sqrt(error[a, :, at] + error[b, :, at])
    ).T
