"""From values to what is tested: input checks, pairing by seed, and integers of a common step.

Arithmetic is done on integers: numbers of correct answers where the number of test examples is
known, multiples of 1e-12 otherwise. Float noise would break ties and hide constant differences
(six times .1 is no variation at all, yet gives p = 1.7e-80).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.rendering.formatting import counted, format_runs

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

RESOLUTION = 1e-12  # accuracies (losses: times a typical one) nearer than this are ties
DENOMINATORS = np.concatenate([np.arange(1.0, 10_001.0), [5e4, 6e4, 1e5, 1e6]])
LARGEST_COUNT = 1e12  # integers stay exact in a float
FINEST = 4e15  # of the largest value: so do these, and its own float noise is below two


def check_options(
    n_test: int | None,
    margin: float | None,
    unit: str,
    level: float,
    chance: float | None,
    planned: int | None,
) -> None:
    """Refuse options of a comparison that mean nothing; see `compare`.

    Raises:
        ValueError: If one is out of range.
    """
    if not 0 < level < 1:
        raise ValueError(f"received level={level}; expected between 0 and 1; write .95 for 95 %")
    if margin is not None and not (0 < margin < math.inf):
        raise ValueError(
            f"received margin={margin}; expected a positive number of {unit}; leave it out if no "
            "margin was set beforehand"
        )
    if n_test is not None and (n_test < 1 or unit != "points"):
        raise ValueError(
            f"received n_test={n_test} with unit={unit!r}; expected 1 or more test examples, for "
            "accuracies only; leave it out otherwise"
        )
    if planned is not None and planned < 1:
        raise ValueError(f"received planned={planned}; expected 1 or more seeds; or leave it out")
    in_range = chance is None or (0 <= chance <= 1 if unit == "points" else math.isfinite(chance))
    if not in_range:
        raise ValueError(
            f"received chance={chance}; expected what a guessing network scores, as a fraction "
            "from 0 to 1; divide percent by 100"
        )


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


def match_by_seed(
    x: Floats,
    y: Floats,
    ids_x: list[Hashable],
    ids_y: list[Hashable],
    name_a: str,
    name_b: str,
    notes: list[str],
) -> tuple[Floats, Floats]:
    """Pairs by seed id, in an order that does not depend on the rows'.

    Seeds without a partner are dropped, which is added to `notes`.
    """
    at_x, at_y = (dict(zip(ids, v, strict=True)) for ids, v in ((ids_x, x), (ids_y, y)))
    common = sorted(at_x.keys() & at_y.keys(), key=str)
    alone = [(sorted(map(str, at_x.keys() - at_y.keys()), key=_natural), name_a)]
    alone += [(sorted(map(str, at_y.keys() - at_x.keys()), key=_natural), name_b)]
    if any(seeds for seeds, _ in alone):
        lists = [f"only in {name}: {_short(seeds)}" for seeds, name in alone if seeds]
        dropped = sum(len(seeds) for seeds, _ in alone)
        notes.append(f"{counted(dropped, 'seed')} without a partner dropped ({', '.join(lists)})")
    return (
        np.array([at_x[seed] for seed in common], dtype=float),
        np.array([at_y[seed] for seed in common], dtype=float),
    )


def match_in_all(
    columns: Mapping[str, Mapping[Hashable, float]], notes: list[str]
) -> tuple[list[Hashable], Floats]:
    """The seeds that all conditions have, and their values, [conditions, seeds].

    Other seeds are left out, which is added to `notes`.
    """
    seen = {seed for column in columns.values() for seed in column}
    common = [seed for seed in seen if all(seed in column for column in columns.values())]
    common.sort(key=lambda seed: _natural(str(seed)))
    if left_out := len(seen) - len(common):
        missing = {name: seen - column.keys() for name, column in columns.items()}
        lists = [
            f"in {name}: {_short(sorted(map(str, seeds), key=_natural))}"
            for name, seeds in missing.items()
            if seeds
        ]
        notes.append(
            f"{counted(left_out, 'seed')} left out, not finished in all "
            f"{len(columns)} conditions (missing {', '.join(lists)})"
        )
    rows = [[column[seed] for seed in common] for column in columns.values()]
    return common, np.array(rows, dtype=float)


def _natural(text: str) -> tuple[int, str]:
    return len(text), text


def _short(seeds: list[str]) -> str:
    return " ".join(seeds[:5]) + (f" and {len(seeds) - 5} more" if len(seeds) > 5 else "")


@dataclass(frozen=True)
class UsedRuns:
    """The values used, as integers of a common step (in the unit of the values).

    `first` and `second` are what is tested: the pairs' differences against zeros, or A against B.
    `slack` is by how many units rounding may have moved them: 0 for counts, 2 on the 1e-12 grid.
    `noun` is what the runs of one seed are called: two of them are a pair. `low_resolution` is
    whether the largest value is so large that the step is wide for a typical one.
    """

    ka: Counts
    kb: Counts
    first: Counts
    second: Counts
    step: float
    slack: int
    paired: bool
    noun: str = "pair"
    low_resolution: bool = False

    @property
    def n(self) -> int:
        """Number of pairs; unpaired: of runs on the smaller side."""
        return min(self.ka.size, self.kb.size)

    @property
    def varies(self) -> bool:
        """Whether there is any variation to test with."""
        return bool(self.n) and bool(max(np.ptp(self.first), np.ptp(self.second)) > self.slack)

    def __str__(self) -> str:
        return format_runs(self.ka.size, self.kb.size, paired=self.paired, noun=self.noun)


def fineness(values: ArrayLike) -> float:
    """How many steps the unit is divided into so that what is nearer than a step is a tie.

    Args:
        values: Losses or other figures of any size. One that is huge must not make the others
            equal, so the step is of their median as long as the largest allows it.
    """
    sizes = np.abs(np.asarray(values, dtype=float))
    sizes = sizes[sizes > 0]
    if not sizes.size:
        return 1 / RESOLUTION
    typical, largest = max(float(np.median(sizes)), 1e-200), float(sizes.max())
    return min(1 / (RESOLUTION * typical), FINEST / largest)


def on_grid(x: Floats, y: Floats, paired: bool, n_test: int | None, unit: str) -> UsedRuns:
    """Values as multiples of 1/n for the smallest n that fits them all, else of 1e-12.

    Args:
        x: Values of A, none of them NaN; if paired, in the same order of seeds as `y`.
        y: Values of B.
        paired: Whether they are pairs.
        n_test: Number of test examples, if known: n is this number then.
        unit: "points" for accuracies, else the metric's own.

    Raises:
        ValueError: If a value is no whole number of `n_test` correct answers.
    """
    both = np.concatenate([x, y])
    size = 1.0 if unit == "points" else float(np.abs(both).max(initial=0.0))
    fine = 1 / RESOLUTION if unit == "points" else fineness(both)
    if n_test is not None:
        off = np.abs(both * n_test - np.rint(both * n_test)) > 0.01  # float32 is off by .004
        if off.any():
            raise ValueError(
                f"received accuracy {both[off][0]:.12g} with n_test={n_test}; expected a whole "
                "number of correct answers; give accuracies in full precision or leave n_test out"
            )
        parts = float(n_test)
    else:
        # Accuracies are multiples of 1/n even where n was not given, and so are rounded values.
        fits = DENOMINATORS[DENOMINATORS * size < LARGEST_COUNT]
        for value in both:
            away = np.abs(value * fits - np.rint(value * fits))
            fits = fits[away <= np.minimum(fits / fine, 1e-6)]
        parts = float(fits[0]) if fits.size else fine
    low_resolution = bool(np.isclose(parts * size, FINEST)) and unit != "points"
    # A difference of two rounded values is off by up to 1, and two sums of such are compared.
    slack = 2 if parts == fine else 0
    ka, kb = (np.rint(values * parts).astype(np.int64) for values in (x, y))
    if not paired:
        return UsedRuns(ka, kb, ka, kb, 1 / parts, slack, paired, low_resolution=low_resolution)
    d = ka - kb
    return UsedRuns(
        ka, kb, d, np.zeros_like(d), 1 / parts, slack, paired, low_resolution=low_resolution
    )


def double_differences_on_grid(
    table: Floats, n_test: int | None, unit: str
) -> tuple[Counts, UsedRuns]:
    """Two treatments crossed: values as integers, and (both + neither) - (only_a + only_b).

    Args:
        table: [4, n], the values of neither, only A, only B and both, seed by seed; none NaN.
        n_test: As for `on_grid`.
        unit: As for `on_grid`.

    Returns:
        The values as multiples of the step, [4, n], and what is tested: the sums as pairs.
    """
    grid = on_grid(table[:2].ravel(), table[2:].ravel(), True, n_test, unit)
    cells = np.concatenate([grid.ka, grid.kb]).reshape(4, -1)
    neither, only_a, only_b, both = cells
    first, second = both + neither, only_a + only_b
    d = first - second
    # Four rounded values may leave what is 0 on paper at 2 units: it is a tie all the same.
    d[np.abs(d) <= grid.slack] = 0
    zeros = np.zeros_like(d)
    return cells, UsedRuns(first, second, d, zeros, grid.step, 2 * grid.slack, True, noun="seed")
