"""Friedman's test: the omnibus line of k conditions that were run with the same seeds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.grid import Floats, fineness
from analysis.statistics.matching import match_by_seed


@dataclass(frozen=True)
class Friedman:
    """Omnibus test of k conditions; `mean_ranks` by condition, 1 = best.

    `statistic` and `p` are None where every seed has all conditions tied.
    """

    statistic: float | None
    p: float | None
    mean_ranks: tuple[float, ...]
    n: int


def friedman(scores: ArrayLike, *, higher_is_better: bool = True) -> Friedman:
    """Friedman's test of k conditions on the same seeds (1937), corrected for ties, with ranks.

    Args:
        scores: [seeds, conditions]; at least 2 seeds and 3 conditions, all finite.
        higher_is_better: False for a loss.

    Returns:
        Chi-square (k - 1), p, and the mean ranks as in Demsar (2006): 1 = best, ties share.

    Raises:
        ValueError: If scores are not as described.
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 3 or not np.isfinite(table).all():
        raise ValueError(
            f"received scores of shape {table.shape}; expected finite [seeds, conditions] with at "
            "least 2 seeds and 3 conditions; compare two conditions with compare"
        )
    # Rounded, because float noise would break ties.
    table = np.rint(table * fineness(table))
    ranks = stats.rankdata(-table if higher_is_better else table, axis=1)
    means = tuple(float(rank) for rank in ranks.mean(axis=0))
    if (table == table[:, :1]).all():
        return Friedman(None, None, means, len(table))
    result = stats.friedmanchisquare(*table.T)
    return Friedman(float(result.statistic), float(result.pvalue), means, len(table))


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
