"""From what was passed in to what is compared: values checked, and matched by their seeds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def values_per_seed(values: ArrayLike, unit: str, name: str) -> Floats:
    """One value per seed, [n], with NaN for every diverged run.

    Raises:
        ValueError: If they are no row of values, or no fractions where the unit is points.
    """
    x = np.asarray(values, dtype=float)
    if x.ndim != 1:
        raise ValueError(
            f"received values of shape {x.shape} for {name}; expected one value per seed, [n]; "
            "compare classes with compare_classes"
        )
    if unit != "points":
        return np.where(np.isfinite(x), x, np.nan)  # a loss that is not finite has diverged
    outside = x[(x < 0) | (x > 1)]
    if outside.size:
        raise ValueError(
            f"received {outside[0]:g} for {name}; expected accuracies as fractions from 0 to 1; "
            "divide percent by 100, or name the metric's unit if it is a loss"
        )
    return x


def seed_ids(seeds: Sequence[Hashable] | None, n: int, name: str) -> list[Hashable] | None:
    """The seeds of n values; None where none were given.

    Raises:
        ValueError: If their number is not n, or one stands there twice.
    """
    if seeds is None:
        return None
    ids = list(seeds)
    if len(ids) != n:
        raise ValueError(
            f"received {len(ids)} seeds for {n} values of {name}; expected one seed per value; "
            "check that both come from the same rows"
        )
    twice = {str(seed) for seed in ids if ids.count(seed) > 1} if len(set(ids)) < n else set()
    if twice:
        raise ValueError(
            f"received seed {min(twice)} twice for {name}; expected one value per seed; average "
            "or remove the repeated run"
        )
    return ids


class Row(int):
    """A row that has no seed."""


@dataclass(frozen=True)
class Matched:
    """The values of conditions seed by seed, NaN where a run diverged.

    Attributes:
        seeds: Those that all conditions have, in an order that does not depend on that of the rows.
        table: Their values, [conditions, seeds].
        missing: For each condition, the seeds that it lacks and another has.
        seen: How many seeds any condition has.
    """

    seeds: list[Hashable]
    table: Floats
    missing: list[set[Hashable]]
    seen: int


def match_by_seed(
    columns: Sequence[Mapping[Hashable, float]], key: Callable[[Hashable], Any]
) -> Matched:
    """The values of conditions by seed id, never by row order.

    Args:
        columns: For each condition, seed to value.
        key: What seeds are ordered by.
    """
    seen = set().union(*columns)
    missing = [seen - column.keys() for column in columns]
    common = sorted(seen.difference(*missing), key=key)
    rows = [[column[seed] for seed in common] for column in columns]
    return Matched(common, np.array(rows, dtype=float), missing, len(seen))


def natural(seed: Hashable) -> tuple[int, str]:
    """What orders seeds as people count them: 2 before 10."""
    return len(str(seed)), str(seed)
