"""From what was passed in to what is compared: values checked, and matched by their seeds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.rendering.formatting import counted

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
    """The seeds of n values, None where none were given.

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


@dataclass(frozen=True)
class Matched:
    """The values of two conditions as they are compared, NaN where a run diverged.

    Attributes:
        x: Values of A, [n]; pairs stand in one order, which does not depend on that of the rows.
        y: Values of B, [m]; for pairs m = n.
        paired: Whether they are pairs.
        seen: How many seeds there are on either side; None for runs that are no pairs.
        notes: What was left out.
    """

    x: Floats
    y: Floats
    paired: bool = False
    seen: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def runs(self) -> int:
        """Number of pairs; unpaired: of runs on the larger side. Diverged ones count."""
        return max(self.x.size, self.y.size)

    def ended(self) -> tuple[Floats, Floats]:
        """The values of the runs that did not diverge; if unpaired, in ascending order."""
        ended_x, ended_y = ~np.isnan(self.x), ~np.isnan(self.y)
        if self.paired:
            return self.x[ended_x & ended_y], self.y[ended_x & ended_y]
        return np.sort(self.x[ended_x]), np.sort(self.y[ended_y])


def match_by_seed(
    x: Floats,
    y: Floats,
    ids_x: list[Hashable] | None,
    ids_y: list[Hashable] | None,
    names: tuple[str, str],
) -> Matched:
    """Pairs by seed id; seeds without a partner are dropped, and a note says so.

    Raises:
        ValueError: If the seeds of one side are not known.
    """
    if ids_x is None or ids_y is None:
        raise ValueError(
            "received paired=True without seeds; expected seeds_a and seeds_b, for pairs are "
            "matched by seed and never by row order; name them or declare paired=False"
        )
    at_x, at_y = (dict(zip(ids, v, strict=True)) for ids, v in ((ids_x, x), (ids_y, y)))
    common = sorted(at_x.keys() & at_y.keys(), key=str)
    return Matched(
        np.array([at_x[seed] for seed in common], dtype=float),
        np.array([at_y[seed] for seed in common], dtype=float),
        paired=True,
        seen=len(at_x.keys() | at_y.keys()),
        notes=_without_partner((at_x.keys() - at_y.keys(), at_y.keys() - at_x.keys()), names),
    )


def _without_partner(alone: Sequence[set[Hashable]], names: Sequence[str]) -> tuple[str, ...]:
    """A note on the seeds that one side alone has, if there are any."""
    lists = [
        f"only in {name}: {_listed(seeds)}"
        for seeds, name in zip(alone, names, strict=True)
        if seeds
    ]
    if not lists:
        return ()
    dropped = sum(map(len, alone))
    return (f"{counted(dropped, 'seed')} without a partner dropped ({', '.join(lists)})",)


def match_in_all(
    columns: Mapping[str, Mapping[Hashable, float]],
) -> tuple[list[Hashable], Floats, list[str]]:
    """The seeds that all conditions have, and their values.

    Args:
        columns: Condition to seed to value.

    Returns:
        The seeds; the values [conditions, seeds]; a note on the seeds left out, if there are any.
    """
    seen = {seed for column in columns.values() for seed in column}
    common = [seed for seed in seen if all(seed in column for column in columns.values())]
    common.sort(key=lambda seed: _natural(str(seed)))
    rows = [[column[seed] for seed in common] for column in columns.values()]
    notes = []
    if left_out := len(seen) - len(common):
        missing = {name: seen - column.keys() for name, column in columns.items()}
        lists = [f"in {name}: {_listed(seeds)}" for name, seeds in missing.items() if seeds]
        notes.append(
            f"{counted(left_out, 'seed')} left out, not finished in all "
            f"{len(columns)} conditions (missing {', '.join(lists)})"
        )
    return common, np.array(rows, dtype=float), notes


def _natural(text: str) -> tuple[int, str]:
    return len(text), text


def _listed(seeds: set[Hashable]) -> str:
    """The first five seeds in their order, and how many more there are."""
    names = sorted(map(str, seeds), key=_natural)
    return " ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
