"""Friedman's test: the omnibus line of k conditions that were run with the same seeds.

Under its null the ranks of each seed could as well be in any other order, so p is the proportion of
these orders whose rank sums are at least as far apart. It is exact where the distribution can be
added up seed by seed, and by random orders otherwise. The chi-square approximation is .0498 where
the exact p is .028 (three seeds that agree on three conditions).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analysis.statistics.grid import Floats, fineness
from analysis.statistics.matching import match_by_seed

Ranks = NDArray[np.int64]
DRAWS = 9_999
STREAM = 20
"""Seed of the random orders."""
MOST_STATES = 400_000
"""Rank sums that may be looked at for each seed."""
LARGEST_CODE = 2**62


@dataclass(frozen=True)
class Friedman:
    """Omnibus test of k conditions; `mean_ranks` by condition, 1 = best.

    `statistic` and the three p are None where every seed has all conditions tied.

    Attributes:
        p: By the orders of the ranks, `p_smallest` the smallest that they could give.
        p_chi_square: By the chi-square approximation.
        method: Whether all orders were counted, or random ones.
    """

    statistic: float | None
    p: float | None
    mean_ranks: tuple[float, ...]
    n: int
    p_smallest: float | None = None
    p_chi_square: float | None = None
    method: Literal["exact", "permutation"] = "exact"


def friedman(scores: ArrayLike, *, higher_is_better: bool = True) -> Friedman:
    """Friedman's test of k conditions on the same seeds (1937), corrected for ties, with ranks.

    Args:
        scores: [seeds, conditions]; at least 2 seeds and 3 conditions, all finite.
        higher_is_better: False for a loss.

    Returns:
        Chi-square (k - 1), p, and the mean ranks as in Demsar (2006): 1 = best, ties share.

    Raises:
        ValueError: If scores are not as described.

    Examples:
        >>> from analysis import friedman
        >>> found = friedman([[0.90, 0.92, 0.95], [0.89, 0.91, 0.93], [0.91, 0.92, 0.94]])
        >>> found.mean_ranks, round(found.p, 3)
        ((3.0, 2.0, 1.0), 0.028)
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 3 or not np.isfinite(table).all():
        raise ValueError(
            f"received scores of shape {table.shape}; expected finite [seeds, conditions] with at "
            "least 2 seeds and 3 conditions; compare two conditions with compare"
        )
    # Rounded, because float noise would break ties.
    table = np.rint(table * fineness(table))
    ranks = _midranks(-table if higher_is_better else table)
    means = tuple(float(rank) for rank in ranks.mean(axis=0))
    if (table == table[:, :1]).all():
        return Friedman(None, None, means, len(table))
    k = table.shape[1]
    away = ranks - (k + 1) / 2
    statistic = float((k - 1) * (away.sum(axis=0) ** 2).sum() / (away**2).sum())
    p, smallest, method = _p_of(np.rint(2 * ranks).astype(np.int64))
    p_chi_square = float(chdtrc(k - 1, statistic))
    return Friedman(statistic, p, means, len(table), smallest, p_chi_square, method)


def complete_seeds(
    scores: Mapping[str, ArrayLike], seeds: Mapping[str, Sequence[Hashable]]
) -> Floats:
    """[seeds, conditions] over the seeds that finished in every condition, matched by id."""
    columns = [
        dict(zip(seeds[name], np.asarray(values, dtype=float), strict=True))
        for name, values in scores.items()
    ]
    table = match_by_seed(columns, key=str).table.T
    return table[np.isfinite(table).all(axis=1)]


def _midranks(table: Floats) -> Floats:
    """Ranks of each row from 1, ties sharing their mean, [seeds, conditions]."""
    each, others = table[:, :, None], table[:, None, :]
    return np.asarray((others < each).sum(axis=2) + ((others == each).sum(axis=2) + 1) / 2)


def _p_of(ranks: Ranks) -> tuple[float, float, Literal["exact", "permutation"]]:
    """The p of doubled midranks, [seeds, conditions], the smallest p, and how it was found.

    Ties of a seed stay with it, so chi-square grows with the squares of the rank sums alone.
    """
    ranks = ranks - ranks.sum(axis=1, keepdims=True) // ranks.shape[1]
    observed = _spread(ranks.sum(axis=0))
    found = _rank_sums(ranks)
    if found is not None:
        spread = _spread(found[0])
        p, smallest = (float(found[1][spread >= least].sum()) for least in (observed, spread.max()))
        return min(1.0, p), smallest, "exact"
    rng = np.random.default_rng(STREAM)
    spread = np.array([_spread(rng.permuted(ranks, axis=1).sum(axis=0)) for _ in range(DRAWS)])
    return (1 + int((spread >= observed).sum())) / (DRAWS + 1), 1 / (DRAWS + 1), "permutation"


def _spread(sums: Ranks) -> Ranks:
    """How far apart rank sums are, [..., conditions] -> [...]."""
    k = sums.shape[-1]
    return np.asarray(k * (sums**2).sum(axis=-1) - sums.sum(axis=-1) ** 2)


def _rank_sums(ranks: Ranks) -> tuple[Ranks, Floats] | None:
    """All rank sums in ascending order and their probabilities; None where they are too many.

    Which condition has which sum does not matter to the statistic, so that sums which differ in
    their order alone are one state.
    """
    k = ranks.shape[1]
    base = 2 * int(np.abs(ranks).max(axis=1).sum()) + 1
    if math.factorial(k) > MOST_STATES or base**k > LARGEST_CODE:
        return None
    weights = base ** np.arange(k)
    states: Ranks = np.sort(ranks[:1], axis=1)
    chances: Floats = np.ones(1)
    for row in ranks[1:]:
        orders = np.unique(list(permutations(row.tolist())), axis=0)
        if len(states) * len(orders) > MOST_STATES:
            return None
        sums = np.sort((states[:, None] + orders).reshape(-1, k), axis=1)
        _, first, place = np.unique(
            (sums + base // 2) @ weights, return_index=True, return_inverse=True
        )
        shares = np.repeat(chances / len(orders), len(orders))
        chances = np.asarray(np.bincount(place, weights=shares), dtype=np.float64)
        states = sums[first]
    return states, chances
