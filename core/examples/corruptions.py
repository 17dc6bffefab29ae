"""Damaged test sets: what a trained network makes of images that are not as they were.

The kinds are those of common-corruption benchmarks (MNIST-C, Mu & Gilmer 2019; Hendrycks &
Dietterich 2019), each with one number for its severity, and their measures are our own: severities
are stated in shares of the value range or in pixels and degrees, so that they mean the same before
and after scaling.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.checks import is_number
from core.types import Inputs
from data import InputError

Range = tuple[float, float]
"""The lowest and the highest value that a pixel can have."""


@dataclass(frozen=True)
class Corruption:
    """One kind of damage at one severity, named as in `gaussian-0.1`.

    Args:
        kind: One of `KINDS`; the function there says what its severity means.
        severity: 0 leaves the images as they are.

    Examples:
        >>> from core import Corruption
        >>> Corruption.named("salt-and-pepper-0.05")
        Corruption(kind='salt-and-pepper', severity=0.05)
    """

    kind: str
    severity: float

    def __post_init__(self) -> None:
        """Refuse damage that there is not."""
        if self.kind not in KINDS:
            raise InputError(
                f"Received damage {self.kind!r}; expected one of {', '.join(KINDS)}, with its "
                "severity as in gaussian-0.1."
            )
        _, highest, whole = KINDS[self.kind]
        fits = is_number(self.severity, 0, highest) and (not whole or self.severity % 1 == 0)
        if not fits:
            up_to = "from 0 up" if highest == math.inf else f"from 0 to {highest:g}"
            raise InputError(
                f"Received {self.kind} of severity {self.severity!r}; "
                f"expected a {'whole ' if whole else ''}number {up_to}."
            )

    @classmethod
    def named(cls, name: str) -> "Corruption":
        """The damage that a name stands for.

        Raises:
            InputError: It stands for none.
        """
        kind, _, severity = name.rpartition("-")
        if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", severity):
            raise InputError(
                f"Received the corrupted set {name!r}; expected a kind and its severity, "
                f"as in gaussian-0.1; kinds are {', '.join(KINDS)}."
            )
        return cls(kind, float(severity))

    @property
    def name(self) -> str:
        """The name of the evaluation set."""
        return f"{self.kind}-{np.format_float_positional(self.severity, trim='-')}"

    def __call__(self, x: Inputs, values: Range, rng: np.random.Generator) -> Inputs:
        """Damage images.

        Args:
            x: float32 [n, height, width] or [n, height, width, channels]; stays as it is.
            values: The lowest and the highest value that a pixel can have, (0, 255) for the
                numbers in a file.
            rng: The stream to draw from; that of evaluated sets is the same for every run.

        Returns:
            float32, of x's shape, within the values; a new array.

        Raises:
            InputError: These are no images.
        """
        if x.ndim not in (3, 4):
            raise InputError(
                f"Received inputs of shape {x.shape[1:]} to damage; expected images, "
                "(height, width) or (height, width, channels)."
            )
        function, _, _ = KINDS[self.kind]
        return np.clip(function(x, self.severity, values, rng), *values).astype(
            np.float32, copy=False
        )


def gaussian(x: Inputs, severity: float, values: Range, rng: np.random.Generator) -> Inputs:
    """Noise of mean 0, its standard deviation a share of the value range, then clipped."""
    noise = rng.standard_normal(x.shape, dtype=np.float32)
    noise *= np.float32(severity * (values[1] - values[0]))
    noise += x
    return noise


def salt_and_pepper(x: Inputs, severity: float, values: Range, rng: np.random.Generator) -> Inputs:
    """Each pixel, with this probability, takes the lowest or the highest value in all channels."""
    drawn = rng.random(x.shape[:3], dtype=np.float32).reshape(x.shape[:3] + (1,) * (x.ndim - 3))
    extreme = np.where(drawn < severity / 2, np.float32(values[0]), np.float32(values[1]))
    return np.where(drawn < severity, extreme, x)


def blur(x: Inputs, severity: float, values: Range, rng: np.random.Generator) -> Inputs:
    """A Gaussian blur whose standard deviation is the severity in pixels."""
    from scipy import ndimage  # noqa: PLC0415  # recipes are read without SciPy

    blurred: Inputs = ndimage.gaussian_filter(x, severity, mode="nearest", axes=(1, 2))
    return blurred


def contrast(x: Inputs, severity: float, values: Range, rng: np.random.Generator) -> Inputs:
    """Each image comes this share of the way to its own mean; 1 leaves a single grey."""
    mean = x.mean(axis=tuple(range(1, x.ndim)), keepdims=True)
    return x + np.float32(severity) * (mean - x)


def occlusion(x: Inputs, severity: float, values: Range, rng: np.random.Generator) -> Inputs:
    """A box of this share of the area takes the lowest value, somewhere within each image.

    Its sides are the image's sides times the root of the share, to the nearest pixel.
    """
    damaged = x.copy()
    inside = []
    for side in x.shape[1:3]:
        box = round(math.sqrt(severity) * side)
        first = rng.integers(side - box + 1, size=(len(x), 1))
        place = np.arange(side)
        inside.append((place >= first) & (place < first + box))
    damaged[inside[0][:, :, None] & inside[1][:, None, :]] = values[0]
    return damaged


def shift(x: Inputs, severity: float, values: Range, rng: np.random.Generator) -> Inputs:
    """Each image moves this many pixels up, down, left or right; what comes in is lowest."""
    pixels = int(severity)
    damaged = np.full_like(x, values[0])
    way = rng.integers(4, size=len(x))
    for axis in (1, 2):
        for forward in (False, True):
            moved = way == 2 * (axis - 1) + forward
            left = max(x.shape[axis] - pixels, 0)
            to = np.arange(left) + pixels * forward
            part = np.full_like(x[moved], values[0])
            index = (slice(None),) * axis
            part[*index, to] = x[moved][*index, to + pixels * (1 - 2 * forward)]
            damaged[moved] = part
    return damaged


def rotation(x: Inputs, severity: float, values: Range, rng: np.random.Generator) -> Inputs:
    """Each image turns this many degrees about its centre, to the left or to the right.

    Values between pixels are interpolated linearly; what comes in is lowest.
    """
    from scipy import ndimage  # noqa: PLC0415  # recipes are read without SciPy

    damaged = np.empty_like(x)
    left = rng.random(len(x)) < 0.5
    for turned, angle in ((left, severity), (~left, -severity)):
        if turned.any():
            damaged[turned] = ndimage.rotate(
                x[turned], angle, axes=(2, 1), reshape=False, order=1, cval=values[0]
            )
    return damaged


Function = Callable[[Inputs, float, Range, np.random.Generator], Inputs]

KINDS: dict[str, tuple[Function, float, bool]] = {
    "gaussian": (gaussian, math.inf, False),
    "salt-and-pepper": (salt_and_pepper, 1, False),
    "blur": (blur, math.inf, False),
    "contrast": (contrast, 1, False),
    "occlusion": (occlusion, 1, False),
    "shift": (shift, math.inf, True),
    "rotation": (rotation, 180, False),
}
"""Every kind with its function, its highest severity, and whether that is a whole number."""
