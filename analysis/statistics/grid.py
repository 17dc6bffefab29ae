"""Values as integers of a common step, so that ties are ties.

Arithmetic is done on integers: numbers of correct answers where the number of test examples is
known, multiples of 1e-12 otherwise. Float noise would break ties and hide constant differences
(six times .1 is no variation at all, yet gives p = 1.7e-80). So would float32, as Keras and PyTorch
write it, and so do printed digits: what varies by no more than that does not vary.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.rendering.formatting import format_runs

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

RESOLUTION = 1e-12  # accuracies (losses: times a typical one) nearer than this are ties
DENOMINATORS = np.concatenate([np.arange(1.0, 10_001.0), [5e4, 6e4, 1e5, 1e6]])
LARGEST_COUNT = 1e12  # integers stay exact in a float
COARSE = 2.0**-12  # multiples of this are float32 by chance
FINEST = 4e15  # of the largest value: so do these, and its own float noise is below two


@dataclass(frozen=True)
class UsedRuns:
    """The values used, as integers of a common step (in the unit of the values).

    `first` and `second` are what is tested: the pairs' differences against zeros, or A against B.
    `slack` is by how many units rounding may have moved them: 0 for counts, 2 on the 1e-12 grid.
    `noun` is what the runs of one seed are called: two of them are a pair. `low_resolution` is
    whether the largest value is so large that the step is wide for a typical one. `ids` are what
    tells runs apart in a family: the seeds of the pairs; unpaired: (condition, seed) of each side.
    `rounding` is the last digit that values were printed to, in their unit: the differences of
    pairs that are all the same may be printed as two neighbours. `float32`: whether they are it.
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
    ids: tuple[tuple[Hashable, ...], tuple[Hashable, ...]] = ((), ())
    rounding: float = 0.0
    float32: bool = False

    @property
    def n(self) -> int:
        """Number of pairs; unpaired: of runs on the smaller side."""
        return min(self.ka.size, self.kb.size)

    @property
    def varies(self) -> bool:
        """Whether there is any variation to test with."""
        printed = self.rounding / self.step * (1 + 1e-9) if self.paired else 0.0
        spread = max(np.ptp(self.first), np.ptp(self.second)) if self.n else 0
        return bool(spread > max(self.slack, printed))

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


def on_grid(
    x: Floats, y: Floats, paired: bool, n_test: int | None, unit: str, rounding: float = 0.0
) -> UsedRuns:
    """Values as multiples of 1/n for the smallest n that fits them all, else of 1e-12.

    Args:
        x: Values of A, none of them NaN; if paired, in the same order of seeds as `y`.
        y: Values of B.
        paired: Whether they are pairs.
        n_test: Number of test examples, if known: n is this number then.
        unit: "points" for accuracies, else the metric's own.
        rounding: The last digit that values were printed to, 0 for all of them.

    Raises:
        ValueError: If a value is no whole number of `n_test` correct answers.
    """
    both = np.concatenate([x, y])
    size = float(np.abs(both).max(initial=0.0))
    fine = 1 / RESOLUTION if unit == "points" else fineness(both)
    error = _float32_error(both, rounding)
    if n_test is None:
        parts = _whole_parts(both, size, fine, error)
    else:
        parts, rounding, error = _test_examples(both, n_test, rounding), 0.0, 0.0
    ka, kb = (np.rint(values * parts).astype(np.int64) for values in (x, y))
    first, second = (ka - kb, np.zeros_like(ka)) if paired else (ka, kb)
    return UsedRuns(
        ka,
        kb,
        first,
        second,
        step=1 / parts,
        # A difference of two rounded values is off by up to 1, and two sums of such are compared.
        slack=max(2, math.ceil(4 * error * parts)) if parts == fine else 0,
        paired=paired,
        low_resolution=bool(np.isclose(parts * size, FINEST)),
        rounding=0.0 if error else rounding,
        float32=error > 0,
    )


def _float32_error(values: Floats, rounding: float) -> float:
    """By how much float32 moved the largest value; 0 where they are not all float32.

    Written with eight digits or more, they are so within the last one.
    """
    if rounding > 1e-8 or not values.size or (values % COARSE == 0).all():
        return 0.0
    nearest = values.astype(np.float32)
    if (np.abs(values - nearest) > 0.5001 * rounding).any():
        return 0.0
    return float(np.spacing(np.abs(nearest).max())) / 2 + rounding / 2


def _test_examples(values: Floats, n_test: int, rounding: float = 0.0) -> float:
    """The number of test examples, of which every value is a whole number."""
    # Float32 is off by .004; printed digits that leave one number of examples say which.
    printed = n_test * rounding / 2
    tolerance = 0.01 + (printed if printed < 0.49 else 0.0)
    off = np.abs(values * n_test - np.rint(values * n_test)) > tolerance
    if off.any():
        raise ValueError(
            f"received accuracy {values[off][0]:.12g} with n_test={n_test}; expected a whole "
            "number of correct answers; give accuracies in full precision or leave n_test out"
        )
    return float(n_test)


def _whole_parts(values: Floats, size: float, fine: float, error: float = 0.0) -> float:
    """The smallest number of parts of which all values are whole numbers, else `fine`.

    Accuracies are multiples of 1/n even where n was not given, and so are rounded values.

    Args:
        values: All of them.
        size: Of the largest.
        fine: The number of parts where none fits.
        error: By how much float32 moved them.
    """
    fits = DENOMINATORS[(DENOMINATORS * size < LARGEST_COUNT) & (DENOMINATORS * error < 0.01)]
    for value in values:
        away = np.abs(value * fits - np.rint(value * fits))
        fits = fits[away <= np.minimum(fits / fine, 1e-6) + fits * error]
    return float(fits[0]) if fits.size else fine


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
