"""Gaussian noise on the inputs, in the units that the network sees."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.checks import Checked, Kind, is_number
from core.types import Inputs
from data import InputError

POOL = 2**19
"""Values in each half of a pool of noise, see `Fresh`: 2 MB, so that it stays in the cache."""


class Fresh(NamedTuple):
    """An epoch's fresh noise, as arrays: a pool of Gaussian values and where each step looks.

    A step's noise is the sum of two stretches of the pool, one from each half, from where its two
    offsets say: normal values with the deviation asked for, without a draw from a generator for
    each, which would take longer than the training. Sums of a pool's values are how Wallace (1996,
    ACM TOMS 22) makes his normal deviates. Within a step all values are independent. Over an epoch
    each half is read many times, so a value shares one of its two terms with some others, in other
    steps at other places of the inputs. Every epoch has a pool of its own.

    Attributes:
        pool: float32 [2 p], of mean 0 and the deviation asked for divided by sqrt(2).
        offsets: int32 [steps, 2], one into the first half and one into the second.
    """

    pool: NDArray[np.float32]
    offsets: NDArray[np.int32]

    def at(self, step: int, shape: tuple[int, ...]) -> Inputs:
        """The noise of a step (from 0) for inputs of a shape, float32."""
        size = math.prod(shape)
        first, second = (self.pool[place : place + size] for place in self.offsets[step])
        return (first + second).reshape(shape)


def _is_range(clip: Any) -> bool:
    pair = isinstance(clip, tuple) and len(clip) == 2
    numbers = pair and all(isinstance(limit, int | float) for limit in clip)
    return numbers and clip[0] < clip[1]


CLIP = Kind(_is_range, "the lowest and the highest value, as in (0, 1)", "noise clip")


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(Checked):
    """Noise of mean 0 added to every input, in the units after preprocessing.

    Exactly one of `standard_deviation` and `variance` is given; they are easily mistaken for each
    other (a variance of .01 is a standard deviation of .1).

    Args:
        standard_deviation: Of the noise, 0 or larger.
        variance: The same as its square.
        when: `once` draws it once a run: the network can memorise the noise. `every-epoch`
            draws it anew each time an example is shown, inside the compiled epoch.
        on: Which inputs: `train` (the training part), `test` (all that is evaluated apart from
            it), or `both`. What is evaluated has its noise drawn once in either case.
        clip: Lowest and highest value that may come out, or None for no limit. Limits that the
            inputs touch give the noise a mean other than 0 there.

    Examples:
        >>> from core import GaussianNoise
        >>> round(GaussianNoise(variance=0.01).deviation, 3)
        0.1
    """

    standard_deviation: float | None = None
    variance: float | None = None
    when: Literal["once", "every-epoch"] = "once"
    on: Literal["train", "test", "both"] = "train"
    clip: Annotated[tuple[float, float], CLIP] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no noise."""
        super().__post_init__()
        given = [size for size in (self.standard_deviation, self.variance) if size is not None]
        if len(given) != 1 or not is_number(given[0], 0):
            raise InputError(
                f"Received noise with standard_deviation={self.standard_deviation!r} and "
                f"variance={self.variance!r}; expected exactly one of them, 0 or larger."
            )
        if self.when == "every-epoch" and self.on == "test":
            raise InputError(
                "Received noise when=every-epoch on=test; expected when=once: "
                "what is evaluated has its noise drawn once."
            )

    @property
    def deviation(self) -> float:
        """The standard deviation, however it was given."""
        if self.standard_deviation is not None:
            return self.standard_deviation
        assert self.variance is not None
        return math.sqrt(self.variance)

    def __call__(self, x: Inputs, rng: np.random.Generator) -> Inputs:
        """Inputs with noise drawn once.

        Args:
            x: Preprocessed inputs, float32 [n, ...]; they stay as they are.
            rng: The stream to draw from.

        Returns:
            float32 [n, ...], a new array.
        """
        noisy = rng.standard_normal(x.shape, dtype=np.float32)
        noisy *= np.float32(self.deviation)
        noisy += x
        if self.clip is not None:
            np.clip(noisy, *self.clip, out=noisy)
        return noisy

    def fresh(self, steps: int, size: int, rng: np.random.Generator) -> Fresh:
        """An epoch's noise for `when="every-epoch"`.

        Args:
            steps: How many steps the epoch has.
            size: Input values in the largest batch.
            rng: The epoch's stream.
        """
        half = max(POOL, 4 * size)
        pool = rng.standard_normal(2 * half, dtype=np.float32)
        pool *= np.float32(self.deviation / math.sqrt(2))
        offsets = rng.integers(half - size + 1, size=(steps, 2), dtype=np.int32)
        return Fresh(pool, offsets + np.array([0, half], dtype=np.int32))
