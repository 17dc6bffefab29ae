"""Comparisons with the best (Hsu 1984): how far is each condition from the best of the others?

The interval of a condition bounds its mean minus the best mean of the others, whichever that is,
all simultaneously. It includes 0 by construction: that a condition is the best says that no other
is better, not by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.rendering.formatting import decimals_for, format_amount, format_percent
from analysis.statistics.result import Comparison
from analysis.statistics.simultaneous import FEWEST_RESAMPLED, null_statistics, upper_t
from analysis.statistics.statistical_power import FEWEST_SEEDS

Pair = tuple[str, str]


@dataclass(frozen=True)
class WithBest:
    """A condition beside the best of the others, in points or the metric's own unit.

    Attributes:
        low: Lower end of its mean minus the best of the others', at most 0; higher is better here,
            also of a loss, whose sign is turned.
        high: Upper end, at least 0.
        may_be: Whether it may be the best: no other is ahead of it, whatever the interval allows.
    """

    condition: str
    low: float
    high: float
    may_be: bool


def compare_with_best(
    pairs: Mapping[Pair, Comparison], conditions: Sequence[str], *, higher_is_better: bool = True
) -> tuple[WithBest, ...]:
    """The interval of each condition.

    Args:
        pairs: The comparison of every two conditions, in either order, at one level, unadjusted.
        conditions: Their names.
        higher_is_better: False for a loss.

    Returns:
        In the order of the conditions; nothing where a pair has too few runs to have a spread.
    """
    if any(_without_spread(c) for c in pairs.values()):
        return ()
    better = 1.0 if higher_is_better else -1.0
    ahead, half = {}, {}
    for name in conditions:
        signs = _signs(pairs, name)
        critical = _critical(pairs, signs)
        for (a, b), sign in signs.items():
            key = name, b if a == name else a
            difference = pairs[a, b].difference
            ahead[key] = better * sign * (difference.points or 0.0)
            half[key] = critical[a, b] * (difference.standard_error or 0.0)
    others = {name: [each for each in conditions if each != name] for name in conditions}
    upper = {i: min(ahead[i, j] + half[i, j] for j in others[i]) for i in conditions}
    # 0 itself is a tie at every seed, with an interval without width.
    may_be = [name for name in conditions if upper[name] >= 0]
    found = []
    for i in conditions:
        rivals = [j for j in may_be if j != i]
        # The half-width is of the rival's comparisons, for it is the one taken to be the best.
        low = min([0.0, *(ahead[i, j] - half[j, i] for j in rivals)])
        found.append(WithBest(i, low, max(0.0, upper[i]), i in may_be))
    return tuple(found)


def _without_spread(c: Comparison) -> bool:
    """A pair whose interval is not known: of few runs, unless they tie at three seeds and more."""
    if c.difference.standard_error is not None:
        return False
    return c.used.n < 2 or (c.used.n < FEWEST_SEEDS and bool(c.difference.points))


def best_text(best: Sequence[WithBest], first: Comparison) -> str:
    """What they come to, in a sentence."""
    may_be = [each for each in best if each.may_be]
    below = [each for each in best if not each.may_be]
    if len(may_be) == 1:
        said = [f"{may_be[0].condition} is the best"]
    else:
        said = [
            f"{each.condition} may be the best ({_beside(each, first.unit)})" for each in may_be
        ]
    said += [
        f"{each.condition} is not (worse by up to {format_amount(-each.low, first.unit)})"
        for each in below
    ]
    level = format_percent(first.difference.level)
    return f"Comparisons with the best (Hsu 1984, simultaneous {level}): {'; '.join(said)}"


def _beside(each: WithBest, unit: str) -> str:
    """Where a condition stands beside the best other; without signs, for a better loss is lower."""
    decimals = decimals_for(each.low, each.high)
    worse, better = (format_amount(abs(end), unit, decimals) for end in (each.low, each.high))
    return f"from {worse} worse to {better} better than the best other"


def _signs(pairs: Mapping[Pair, Comparison], name: str) -> dict[Pair, float]:
    """The pairs of a condition, with the sign that makes each its own mean minus the other."""
    return {pair: 1.0 if pair[0] == name else -1.0 for pair in pairs if name in pair}


def _critical(pairs: Mapping[Pair, Comparison], signs: Mapping[Pair, float]) -> dict[Pair, float]:
    """The one-sided critical value of each of these pairs: of the largest t, or Bonferroni's."""
    runs = [pairs[pair].used for pair in signs]
    alpha = pairs[next(iter(signs))].decision.alpha
    of_each = {
        pair: upper_t(alpha / len(signs), pairs[pair].difference.df or 1.0) for pair in signs
    }
    varying = [each.varies for each in runs]
    if min(each.n for each in runs) < FEWEST_RESAMPLED or not all(varying):
        return of_each
    t = null_statistics(runs, [None] * len(runs)) * np.array(list(signs.values()))
    largest = np.concatenate([t.max(axis=1), -t.min(axis=1)])  # signs turned are patterns too
    value = float(np.quantile(largest, 1 - alpha, method="higher"))
    return dict.fromkeys(signs, value) if np.isfinite(value) else of_each
