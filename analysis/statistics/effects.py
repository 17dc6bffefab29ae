"""Effect sizes: how large a difference is, apart from how sure one may be of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.grid import UsedRuns
from analysis.statistics.intervals import wilson_interval
from analysis.statistics.statistical_power import FEWEST_SEEDS

EDGE = 1e-9
"""How near to 0 or 1 a rate that is not there may be."""
LARGEST_T = 1e4
"""Up to which SciPy inverts the noncentral t; beyond, its ends are wrong, or take it minutes."""


@dataclass(frozen=True)
class Effects:
    """Effect sizes, positive where A is higher.

    Attributes:
        name: "d_z" (pairs) or "g" (Hedges, unpaired): which one `value` is.
        value: The standardised mean difference, without its small-sample bias.
        ci_low, ci_high: The population's interval, from the noncentral t.
        p_superiority: P(A > B), ties counted half; within pairs if paired, else over all n x m.
        superiority_low, superiority_high: Its interval: Wilson's of pairs, else Newcombe's.
        higher, equal, lower: In how many pairs (pairings of runs) A is so.
        cliffs_delta: P(A > B) - P(A < B) over all n x m pairings of runs, which ignores pairs.
    """

    name: Literal["d_z", "g"]
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_superiority: float | None = None
    superiority_low: float | None = None
    superiority_high: float | None = None
    higher: int | None = None
    equal: int | None = None
    lower: int | None = None
    cliffs_delta: float | None = None


def cohens_d(a: ArrayLike, b: ArrayLike) -> float:
    """Mean difference over the pooled standard deviation (Cohen 1988). [n], [m] -> float."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    df = x.size + y.size - 2
    pooled = ((x.size - 1) * x.var(ddof=1) + (y.size - 1) * y.var(ddof=1)) / df
    return float((x.mean() - y.mean()) / math.sqrt(pooled))


def unbiased(df: float) -> float:
    """The factor that takes the small-sample bias out of Cohen's d (Hedges 1981)."""
    return math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)


def hedges_g(a: ArrayLike, b: ArrayLike) -> float:
    """Cohen's d without its small-sample bias, by the exact factor (Hedges 1981)."""
    return unbiased(np.size(a) + np.size(b) - 2) * cohens_d(a, b)


def d_z(a: ArrayLike, b: ArrayLike) -> float:
    """Mean of the pairs' differences over their standard deviation (Cohen 1988), unbiased."""
    d = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    return unbiased(d.size - 1) * float(d.mean() / d.std(ddof=1))


def standardised_interval(
    effect: float, n: float, df: float, level: float = 0.95
) -> tuple[float | None, float | None]:
    """Interval of the population's standardised difference, from the noncentral t (Steiger 2004).

    The factor that takes the bias out of an estimate is none of its ends': with it (as R's
    effectsize has them) 95 % intervals of three pairs cover 70 %.

    Args:
        effect: What `d_z` or `hedges_g` returned.
        n: Its t statistic is d * sqrt(n): the number of pairs, or n m / (n + m).
        df: Degrees of freedom.
        level: Of the interval.

    Returns:
        Both ends; None where they cannot be computed, because the values hardly vary.
    """
    tail, t = (1 - level) / 2, effect / unbiased(df) * math.sqrt(n)
    if abs(t) > LARGEST_T:
        return None, None
    ends = (float(special.nctdtrinc(df, p, t)) for p in (1 - tail, tail))
    low, high = (end / math.sqrt(n) for end in ends)
    return low, high


def _orders(x: NDArray[Any], y: NDArray[Any], paired: bool) -> tuple[int, int, int]:
    """In how many pairs, or pairings of runs, A is higher, equal, lower."""
    d = x - y if paired else np.subtract.outer(x, y)
    return int((d > 0).sum()), int((d == 0).sum()), int((d < 0).sum())


def superiority_interval(
    rate: float, n: int, m: int | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Interval of P(A > B): of n pairs Wilson's, of n and m runs Newcombe's (2006, method 5)."""
    if m is None:
        return wilson_interval(rate * n, n, level)
    from scipy.optimize import brentq  # noqa: PLC0415  # pairs need not wait for it

    z, half = float(special.ndtri(0.5 + level / 2)), (n + m) / 2 - 1

    def beyond(p: float) -> float:
        variance = 1 + half * ((1 - p) / (2 - p) + p / (1 + p))
        return (rate - p) ** 2 - z * z * p * (1 - p) * variance / (n * m)

    low = 0.0 if rate == 0 else brentq(beyond, 0, min(rate, 1 - EDGE))
    high = 1.0 if rate == 1 else brentq(beyond, max(rate, EDGE), 1)
    return float(low), float(high)


def cliffs_delta(a: ArrayLike, b: ArrayLike) -> float:
    """P(A > B) - P(A < B) over all n x m pairings of runs (Cliff 1993), -1 to 1."""
    return float(np.sign(np.subtract.outer(np.asarray(a), np.asarray(b))).mean())


def effects_of(used: UsedRuns, level: float = 0.95) -> Effects:
    """The effect sizes of one comparison; None where there are too few runs or no variation."""
    name: Literal["d_z", "g"] = "d_z" if used.paired else "g"
    if used.n < FEWEST_SEEDS:
        return Effects(name)
    x, y = used.first, used.second
    value: float | None = None
    ends: tuple[float | None, float | None] = (None, None)
    if used.varies:
        value = d_z(x, y) if used.paired else hedges_g(x, y)
        n = x.size if used.paired else x.size * y.size / (x.size + y.size)
        df = x.size - 1 if used.paired else x.size + y.size - 2
        ends = standardised_interval(value, n, df, level)
    orders = _orders(x, y, used.paired)
    rate = (orders[0] + orders[1] / 2) / sum(orders)
    bounds = superiority_interval(rate, x.size, None if used.paired else y.size, level)
    return Effects(name, value, *ends, rate, *bounds, *orders, cliffs_delta(used.ka, used.kb))


def correlation_of(used: UsedRuns) -> float | None:
    """Pearson's r of the pairs; None for fewer than 3, or where one condition is constant."""
    if used.n < FEWEST_SEEDS or np.ptp(used.ka) == 0 or np.ptp(used.kb) == 0:
        return None
    x, y = ((k - k[0]).astype(float) for k in (used.ka, used.kb))
    return float(np.corrcoef(x, y)[0, 1])
