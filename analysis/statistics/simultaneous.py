"""The largest |t| of a family where every null hypothesis holds: one critical value for all of it.

The values of whole seeds are centred and given random signs (pairs), or whole runs are dealt anew
to the conditions (unpaired), so that whatever a seed does to several comparisons at once it still
does (Westfall & Young 1993; Romano & Wolf 2005). Its .95 quantile is the critical value of every
comparison: it decides the verdict, the adjusted p and the simultaneous interval, so that these
cannot disagree. Below eight seeds, where centred signs cover too little (.93 at four), Bonferroni's
t takes its place.
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
"""Seeds from which on signs and permutations are used."""
DRAWS = 10_000
STREAM = 20
"""Seed of the random patterns, the same for every family."""
AT_ONCE = 500
"""Permutations that are held in memory."""


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
        found = _flipped(runs) if runs[0].paired else _permuted(runs, columns)
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


def _permuted(runs: Sequence[UsedRuns], columns: Sequence[Hashable]) -> Floats:
    """Welch's t of each comparison, with whole centred runs dealt anew to the conditions."""
    ids = sorted({key for each in runs for side in each.ids for key in side}, key=str)
    place = {key: i for i, key in enumerate(ids)}
    names, measured = sorted({key[0] for key in ids}), list(dict.fromkeys(columns))  # type: ignore[index]
    values = np.full((len(ids), len(measured)), np.nan)
    for each, column in zip(runs, columns, strict=True):
        k = measured.index(column)
        for x, keys in zip((each.first, each.second), each.ids, strict=True):
            values[[place[key] for key in keys], k] = (x - x.mean()) * each.step
    belongs = np.array([[key[0] == name for name in names] for key in ids], dtype=np.float64)  # type: ignore[index]
    sides = [[names.index(side[0][0]) for side in each.ids] for each in runs]  # type: ignore[index]
    a, b = np.array(sides).T
    at = [measured.index(column) for column in columns]
    rng = np.random.default_rng(STREAM)
    found = []
    for _ in range(DRAWS // AT_ONCE):
        dealt = values[rng.permuted(np.tile(np.arange(len(ids)), (AT_ONCE, 1)), axis=1)]
        mean, error = _means_and_errors(dealt, belongs)
        difference = mean[:, a, at] - mean[:, b, at]
        found.append(difference / np.sqrt(error[:, a, at] + error[:, b, at]))
    return np.concatenate(found)


def _means_and_errors(values: Floats, belongs: Floats) -> tuple[Floats, Floats]:
    """Mean of each condition and its squared standard error, [patterns, conditions, columns].

    Args:
        values: [patterns, runs, columns], NaN where a run has none.
        belongs: 1 where a run is of a condition, [runs, conditions].
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    counted = known if not known.all() else known[:1]
    n, sums, squares = (
        np.swapaxes(np.swapaxes(each, 1, 2) @ belongs, 1, 2)
        for each in (counted, filled, filled**2)
    )
    mean = sums / n
    return mean, np.maximum(squares / n - mean**2, 0) / (n - 1)
