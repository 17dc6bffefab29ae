"""Effect sizes: how large a difference is, apart from how sure one may be of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from analysis.statistics.grid import UsedRuns
from analysis.statistics.statistical_power import FEWEST_SEEDS


@dataclass(frozen=True)
class Effects:
    """Effect sizes, positive where A is higher.

    Attributes:
        name: "d_z" (pairs) or "g" (Hedges, unpaired): which one `value` is.
        value: The standardised mean difference.
        p_superiority: P(A > B), ties counted half; within pairs if paired, else over all n x m.
        cliffs_delta: P(A > B) - P(A < B) over all n x m pairings of runs, paired or not.
    """

    name: Literal["d_z", "g"]
    value: float | None
    p_superiority: float | None
    cliffs_delta: float | None


def cohens_d(a: ArrayLike, b: ArrayLike) -> float:
    """Mean difference over the pooled standard deviation (Cohen 1988). [n], [m] -> float."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    df = x.size + y.size - 2
    pooled = ((x.size - 1) * x.var(ddof=1) + (y.size - 1) * y.var(ddof=1)) / df
    return float((x.mean() - y.mean()) / math.sqrt(pooled))


def hedges_g(a: ArrayLike, b: ArrayLike) -> float:
    """Cohen's d without its small-sample bias, by the exact factor (Hedges 1981)."""
    df = np.size(a) + np.size(b) - 2
    factor = math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)
    return factor * cohens_d(a, b)


def d_z(a: ArrayLike, b: ArrayLike) -> float:
    """Mean of the pairs' differences over their standard deviation (Cohen 1988). [n], [n]."""
    d = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    return float(d.mean() / d.std(ddof=1))


def p_superiority(a: ArrayLike, b: ArrayLike, *, paired: bool) -> float:
    """P(A > B), ties counted half.

    Pairs: the proportion of pairs in which A is higher. Independent samples: of all n x m pairings
    of runs (McGraw & Wong 1992; Vargha & Delaney 2000).
    """
    x, y = np.asarray(a), np.asarray(b)
    d = x - y if paired else np.subtract.outer(x, y)
    return float(((d > 0) + 0.5 * (d == 0)).mean())


def cliffs_delta(a: ArrayLike, b: ArrayLike) -> float:
    """P(A > B) - P(A < B) over all n x m pairings of runs (Cliff 1993), -1 to 1."""
    return float(np.sign(np.subtract.outer(np.asarray(a), np.asarray(b))).mean())


def effects_of(used: UsedRuns) -> Effects:
    """The effect sizes of one comparison; None where there are too few runs or no variation."""
    name: Literal["d_z", "g"] = "d_z" if used.paired else "g"
    if used.n < FEWEST_SEEDS:
        return Effects(name, None, None, None)
    x, y = used.first, used.second
    standardised = (d_z(x, y) if used.paired else hedges_g(x, y)) if used.varies else None
    superiority = p_superiority(x, y, paired=used.paired)
    return Effects(name, standardised, superiority, cliffs_delta(used.ka, used.kb))


def correlation_of(used: UsedRuns) -> float | None:
    """Pearson's r of the pairs; None for fewer than 3, or where one condition is constant."""
    if used.n < FEWEST_SEEDS or np.ptp(used.ka) == 0 or np.ptp(used.kb) == 0:
        return None
    x, y = ((k - k[0]).astype(float) for k in (used.ka, used.kb))
    return float(stats.pearsonr(x, y).statistic)
