"""The tests of two conditions: t, two one-sided tests, and exact tests without assumptions.

Every test is two-sided. The t-tests (paired, Welch) also give the interval; the exact tests
(sign-flip for pairs, Mann-Whitney for independent runs) say with p the smallest p that they could
have given. They take integers, so that ties are ties; see `analysis.statistics.grid`.

The t-tests are written out, since `scipy.stats` takes longer to import than the rest of a
comparison together; it is brought in where Mann and Whitney's test needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import comb, stdtr, stdtrit

Counts = NDArray[np.int64]

CONVOLUTION_STEPS = 50_000_000  # additions that an exact convolution may cost: some .05 s
LARGEST_RANK_TABLE = 10_000  # n x m up to which Mann-Whitney is exact: 100 runs each
MOST_JOINED_PAIRS = 36  # two halves of 2^18 sums
MONTE_CARLO_DRAWS = 9_999
SIGN_FLIP = "exact sign-flip test of the mean difference"


@dataclass(frozen=True)
class TTest:
    """A t-test along the last axis; every field has the shape of the leading axes."""

    difference: Any
    standard_error: Any
    statistic: Any
    df: Any
    p: Any
    ci_low: Any
    ci_high: Any


def t_test(a: ArrayLike, b: ArrayLike, *, paired: bool, level: float = 0.95) -> TTest:
    """Paired t (Student 1908) or Welch's t (1947) of A minus B, two-sided, with its interval.

    Args:
        a: [..., n]; if paired, run by run the partner of `b`.
        b: [..., m].
        paired: Which of the two tests.
        level: Level of the interval.

    Returns:
        Difference, interval and standard error in the unit of the values.
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if paired:
        d = x - y
        difference, squares = d.mean(axis=-1), d.var(axis=-1, ddof=1) / d.shape[-1]
        df = np.full_like(squares, d.shape[-1] - 1)
    else:
        n, m = x.shape[-1], y.shape[-1]
        of_a, of_b = x.var(axis=-1, ddof=1) / n, y.var(axis=-1, ddof=1) / m
        difference, squares = x.mean(axis=-1) - y.mean(axis=-1), of_a + of_b
        df = squares**2 / (of_a**2 / (n - 1) + of_b**2 / (m - 1))
    error = np.sqrt(squares)
    statistic, half = difference / error, stdtrit(df, (1 + level) / 2) * error
    p = 2 * stdtr(df, -np.abs(statistic))
    return TTest(difference, error, statistic, df, p, difference - half, difference + half)


def tost(test: TTest, margin: float, alpha: float = 0.05) -> tuple[Any, Any, Any]:
    """Two one-sided tests of |difference| >= margin (Schuirmann 1987), from a t-test.

    Args:
        test: The t-test.
        margin: In the unit of the test's difference.
        alpha: Level of either one-sided test.

    Returns:
        p (the larger of the two), and the ends of the interval of level 1 - 2 alpha.
    """
    above = stdtr(test.df, -(test.difference + margin) / test.standard_error)
    below = stdtr(test.df, (test.difference - margin) / test.standard_error)
    half = -stdtrit(test.df, alpha) * test.standard_error
    return np.maximum(above, below), test.difference - half, test.difference + half


@dataclass(frozen=True)
class ExactTest:
    """An exact test's two-sided p and the smallest p that it could have given."""

    name: str
    p: float | None
    p_smallest: float | None


def sign_flip_test(differences: Counts, *, slack: int = 0, monte_carlo_seed: int = 0) -> ExactTest:
    """Exact sign-flip test of the mean difference of pairs (Fisher 1935), two-sided.

    If A and B were alike, every difference could as well have had the other sign: p is the
    proportion of the 2^m sign patterns (zero differences left out) whose sum is at least as far
    from zero. Exact by convolution where the integers are small (any number of pairs), by joining
    all sums of two halves up to 36 pairs; above that by random flips, which the name says.

    `scipy.stats.permutation_test` is not used: it allows no slack, so that sums of rounded
    differences that are equal on paper are no ties (on multiples of 1/7 its p is wrong in one
    case of ten), and 20 pairs take it 18 seconds.

    Args:
        differences: A minus B as integers of a common unit, [n].
        slack: Units per pair by which sums that are equal on paper may lie apart.
        monte_carlo_seed: Seed of the random flips.

    Returns:
        p, and the smallest attainable: 2 / 2^m (random flips: 1 / (draws + 1)); both 1 if all are
        zero.
    """
    d = np.asarray(differences, dtype=np.int64)
    d = d[d != 0]
    if d.size == 0:
        return ExactTest(SIGN_FLIP, 1.0, 1.0)
    name, smallest = SIGN_FLIP, 2.0 ** (1 - d.size)
    if slack == 0:
        d = d // np.gcd.reduce(d)
    sizes, total = np.abs(d), int(np.abs(d).sum())
    reach = abs(int(d.sum())) - d.size * slack
    if reach <= 0:
        return ExactTest(name, 1.0, smallest)
    if d.size * total <= CONVOLUTION_STEPS:
        # distribution[s]: probability that the differences with a plus sign add up to s.
        distribution = np.zeros(total + 1)
        distribution[0] = 1.0
        for size in sizes:
            shifted = np.zeros_like(distribution)
            shifted[size:] = distribution[: total + 1 - size]
            distribution = (distribution + shifted) / 2
        p = 2 * float(distribution[-(-(total + reach) // 2) :].sum())
    elif d.size <= MOST_JOINED_PAIRS:
        left, right = _signed_sums(sizes[::2]), np.sort(_signed_sums(sizes[1::2]))
        reaching = right.size - np.searchsorted(right, reach - left)
        p = 2 * float(reaching.sum()) * 2.0**-d.size
    else:
        rng = np.random.default_rng(monte_carlo_seed)
        signs = 2 * rng.integers(0, 2, (MONTE_CARLO_DRAWS, d.size)) - 1
        # The observed pattern is one of those possible: counted, so that p is never 0.
        p = (1 + int((np.abs(signs @ d) >= reach).sum())) / (MONTE_CARLO_DRAWS + 1)
        name = (
            "sign-flip test of the mean difference "
            f"(Monte Carlo, {MONTE_CARLO_DRAWS:,} draws, seed {monte_carlo_seed})"
        )
        smallest = 1 / (MONTE_CARLO_DRAWS + 1)
    # Sums of 2^-m are exact, but the last bit of a long one may be rounded.
    return ExactTest(name, min(1.0, max(p, smallest)), smallest)


def mann_whitney_test(a: ArrayLike, b: ArrayLike) -> ExactTest:
    """Exact Mann-Whitney test of two independent samples (1947), two-sided.

    Without ties by SciPy. With ties the permutation distribution of the midranks, by convolution:
    no formula covers it, and an asymptotic p would neither be exact nor have a smallest value.

    Args:
        a: [n].
        b: [m]; values must be exact (integers), so that ties are ties.

    Returns:
        p (twice the smaller tail, at most 1) and the smallest attainable: 2 / C(n + m, n), or more
        where ties leave fewer distinct orders.
    """
    from scipy import stats  # noqa: PLC0415  # pairs need not wait for it

    x, y = np.asarray(a), np.asarray(b)
    if x.size > y.size:
        x, y = y, x
    ranks = np.rint(2 * stats.rankdata(np.concatenate([x, y]))).astype(np.int64)  # midranks, twice
    orders = comb(x.size + y.size, x.size)
    if x.size * y.size > LARGEST_RANK_TABLE:
        p = stats.mannwhitneyu(x, y, method="asymptotic").pvalue
        return ExactTest("Mann-Whitney test (normal approximation)", float(p), None)
    if np.unique(ranks).size == ranks.size:
        p = stats.mannwhitneyu(x, y, method="exact").pvalue
        return ExactTest("exact Mann-Whitney test", min(1.0, float(p)), float(2 / orders))
    ranks -= ranks.min()
    ranks //= max(1, np.gcd.reduce(ranks))
    observed = int(ranks[: x.size].sum())
    largest = int(np.sort(ranks)[ranks.size - x.size :].sum())
    # ways[k, s]: in how many ways k runs have ranks that add up to s.
    ways = np.zeros((x.size + 1, largest + 1))
    ways[0, 0] = 1.0
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : largest + 1 - rank]
    possible = ways[-1] / ways[-1].sum()
    tails = (possible[: observed + 1].sum(), possible[observed:].sum())
    smallest = 2 * min(possible[np.flatnonzero(possible)[[0, -1]]])
    name = "exact Mann-Whitney test (midranks for ties)"
    return ExactTest(
        name, min(1.0, max(2 * float(min(tails)), smallest)), min(1.0, float(smallest))
    )


def _signed_sums(sizes: Counts) -> Counts:
    sums = np.zeros(1, dtype=np.int64)
    for size in sizes:
        sums = np.concatenate([sums - size, sums + size])
    return sums
