"""An interval that holds at every number of seeds at once, for data looked at as they came.

The confidence sequence for a mean of normal data with unknown variance that Wang & Ramdas (2025,
Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance, Sequential
Analysis 44) take from Lai (1976): the effects mu / sigma for which a mixture of likelihood ratios,
scale-invariant and with a normal distribution of the effect, stays below 1 / alpha. By Ville's
inequality the truth is inside at all times with probability 1 - alpha.
"""

from __future__ import annotations

import math

from analysis.statistics.verdict import Difference

SPREAD = 2.0
"""Variance of the mixture's effect; with less, an interval needs more than four pairs."""


def anytime_factor(df: float, runs: float, alpha: float = 0.05) -> float:
    """What a standard error is multiplied with: the half-width of the interval over it.

    With r = 1 + runs * SPREAD the ratio at a statistic t is r^(-1/2) times
    ((1 + t^2 / df) / (1 + t^2 / (df r)))^((df + 1) / 2), which is solved for t at 1 / alpha.

    Args:
        df: Degrees of freedom of the standard error.
        runs: n of a mean; n m / (n + m) of a difference of two.
        alpha: 1 - the coverage.

    Returns:
        The factor; infinite where so few runs bound nothing.
    """
    r = 1 + runs * SPREAD
    k = math.exp(2 / (df + 1) * math.log(math.sqrt(r) / alpha))
    return math.sqrt(df * (k - 1) / (1 - k / r)) if k < r else math.inf


def anytime_interval(
    d: Difference, n_a: int, n_b: int, *, paired: bool, alpha: float
) -> tuple[float, float] | None:
    """The interval of a difference that holds however often was looked; None where there is none.

    Args:
        d: The difference with its standard error.
        n_a: Runs of the first condition.
        n_b: Of the second; without pairs there is one for equal numbers alone.
        paired: Whether the difference is of pairs, `n_a` of them.
        alpha: 1 - the coverage.
    """
    if d.points is None or d.standard_error is None or n_a != n_b:
        return None
    runs, df = (n_a, n_a - 1) if paired else (n_a / 2, 2 * n_a - 2)
    half = anytime_factor(df, runs, alpha) * d.standard_error
    return (d.points - half, d.points + half) if math.isfinite(half) else None
