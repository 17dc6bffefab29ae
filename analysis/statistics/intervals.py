"""Intervals and percentiles over seeds.

The unit is one trained network. Values are one figure per seed, [n] with n >= 1, in any unit
(fractions throughout Ebb); an interval is (low, high) in the same unit. Where it does not exist
(one seed; too few seeds for a distribution-free one) both ends are NaN. Levels are the coverage, in
(0, 1). Every function raises a ValueError of one line for arguments that are not as described.

Only `scipy.special` is imported: `scipy.stats` costs the command line a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, ndtri, stdtrit

Interval = tuple[float, float]
NO_INTERVAL: Interval = (math.nan, math.nan)

# Differences below this are float noise: six times .1 has a standard deviation of 1.5e-17. For
# figures of their own unit, however small, times the largest of them.
NOISE = 1e-12
SMALLEST = 1e-15
"""Fractions that were computed as differences are off by less than this where they are 0."""


@np.errstate(invalid="ignore")  # a score may be infinite: its spread is none
def mean_and_sd(values: ArrayLike) -> tuple[float, float]:
    """Mean and sample standard deviation (n - 1) over seeds.

    The latter is NaN for n = 1, and exactly 0 where all values agree within 1e-12 (of small
    figures: times the largest).
    """
    x = _seeds(values)
    if x.size == 1:
        return float(x[0]), math.nan
    noise = max(NOISE * min(1.0, float(np.abs(x).max())), SMALLEST)
    return float(x.mean()), 0.0 if np.ptp(x) <= noise else float(x.std(ddof=1))


def t_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Student's t-interval of the mean, mean +- t(n - 1) * sd / sqrt(n) (Student 1908).

    Used at every n: it is exact on normal data, where bootstraps of five seeds cover only .83.

    Examples:
        >>> from analysis import t_interval
        >>> low, high = t_interval([0.97, 0.98, 0.96, 0.97, 0.98])
        >>> round(low, 3), round(high, 3)
        (0.962, 0.982)
    """
    return _around_mean(values, level, lambda n: 1 / n)


def prediction_interval(values: ArrayLike, runs: int = 1, level: float = 0.95) -> Interval:
    """Interval in which the mean of further runs falls: mean +- t(n-1) * sd * sqrt(1/n + 1/runs).

    This is what one reported figure is to be compared with, not the interval of our mean: a
    single run varies as single runs do (Hahn & Meeker 1991). `runs` stand behind that figure.

    Examples:
        >>> from analysis import prediction_interval
        >>> low, high = prediction_interval([0.97, 0.98, 0.96, 0.97, 0.98])
        >>> round(low, 3), round(high, 3)
        (0.947, 0.997)
    """
    if runs < 1:
        raise ValueError(f"received runs={runs}; expected 1 or more; pass 1 if it is not known")
    return _around_mean(values, level, lambda n: 1 / n + 1 / runs)


@np.errstate(invalid="ignore")
def percentiles(values: ArrayLike) -> tuple[float, float, float]:
    """25th, 50th and 75th percentile by the linear method (type 7 of Hyndman & Fan 1996).

    Examples:
        >>> from analysis import percentiles
        >>> percentiles([0.90, 0.91, 0.93, 0.92, 0.95])
        (0.91, 0.92, 0.93)
    """
    low, middle, high = np.percentile(_seeds(values), [25, 50, 75], method="linear")
    return float(low), float(middle), float(high)


def quantile_interval(values: ArrayLike, q: float, level: float = 0.95) -> Interval:
    """Distribution-free interval of the quantile q, two of the values, with equal tails.

    The number of values below the true quantile is binomial(n, q), whatever the distribution
    (Conover 1999, section 3.2). Each end leaves at most (1 - level) / 2 outside. At .95 the median
    needs 6 seeds and a quartile 13.

    Examples:
        >>> from analysis import quantile_interval
        >>> quantile_interval(range(80, 95), 0.25)
        (80.0, 87.0)
    """
    x = np.sort(_seeds(values))
    tail = (1 - _inside_unit(level, "level")) / 2
    q = _inside_unit(q, "q")
    counts = np.arange(x.size)
    below = int(np.sum(bdtr(counts, x.size, q) <= tail))
    # The upper end is the lower end seen from above: values over the quantile are
    # binomial(n, 1 - q).
    above = int(np.sum(bdtr(counts, x.size, 1 - q) <= tail))
    if below == 0 or above == 0:
        return NO_INTERVAL
    return float(x[below - 1]), float(x[x.size - above])


def median_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Distribution-free interval of the median; see `quantile_interval`.

    Examples:
        >>> from analysis import median_interval
        >>> median_interval([0.90, 0.91, 0.93, 0.92, 0.95, 0.91])
        (0.9, 0.95)
    """
    return quantile_interval(values, 0.5, level)


def wilson_interval(k: float, n: int, level: float = 0.95) -> Interval:
    """Score interval of a rate, k of n cases (Wilson 1927); its ends are fractions.

    k need not be whole: ties count half.

    Examples:
        >>> from analysis import wilson_interval
        >>> low, high = wilson_interval(9, 10)
        >>> round(low, 2), round(high, 2)
        (0.6, 0.98)
    """
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"received k={k} of n={n}; expected 0 <= k <= n, n >= 1; count again")
    z = float(ndtri(0.5 + _inside_unit(level, "level") / 2))
    rate, shrink = k / n, 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def binomial_standard_error(accuracy: float, n: int) -> float:
    """Standard error that a test set of n examples gives an accuracy: sqrt(a (1 - a) / n).

    It tells how well the test set stands for its population, which more seeds do not improve. Both
    are fractions: .0014 at .98 of 10,000.

    Examples:
        >>> from analysis import binomial_standard_error
        >>> round(binomial_standard_error(0.98, 10_000), 4)
        0.0014
    """
    if not 0 <= accuracy <= 1 or n < 1:
        raise ValueError(
            f"received accuracy={accuracy}, n={n}; expected a fraction in 0..1 and n >= 1; "
            "divide points by 100"
        )
    return math.sqrt(accuracy * (1 - accuracy) / n)


def describe(values: ArrayLike) -> dict[str, float]:
    """Summarise one figure over seeds as the tables print it.

    Args:
        values: One figure per seed, [n]; NaN marks a seed for which the figure is undefined.

    Returns:
        n (seeds that have the figure), mean, sd, ci_low, ci_high (95 % t-interval), p25, p50, p75,
        min, max, in this order; NaN where n is too small.
    """
    x = np.asarray(values, dtype=float)
    x = x[~np.isnan(x)]
    names = ("mean", "sd", "ci_low", "ci_high", "p25", "p50", "p75", "min", "max")
    if x.size == 0:
        return {"n": 0, **dict.fromkeys(names, math.nan)}
    figures = (*mean_and_sd(x), *t_interval(x), *percentiles(x), float(x.min()), float(x.max()))
    return {"n": x.size, **dict(zip(names, figures, strict=True))}


def _around_mean(values: ArrayLike, level: float, variance: Callable[[int], float]) -> Interval:
    n = _seeds(values).size
    tail = 0.5 + _inside_unit(level, "level") / 2
    mean, sd = mean_and_sd(values)
    if n == 1:
        return NO_INTERVAL
    half = float(stdtrit(n - 1, tail)) * sd * math.sqrt(variance(n))
    return mean - half, mean + half


def _seeds(values: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or x.size == 0 or np.isnan(x).any():
        raise ValueError(
            f"received values of shape {x.shape} with {int(np.isnan(x).sum())} NaN; expected one "
            "number per seed, [n], n >= 1; leave out the runs that did not finish"
        )
    return x


def _inside_unit(number: float, name: str) -> float:
    if not 0 < number < 1:
        raise ValueError(
            f"received {name}={number}; expected a fraction between 0 and 1; divide percent by 100"
        )
    return number
