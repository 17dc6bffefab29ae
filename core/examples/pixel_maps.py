"""Pixel maps: from where each pixel of a task's images comes.

One array of whole numbers for all tasks says it, and training reads images through it. Pixels are
counted along the rows of an image as it is after preprocessing; one number more, how many there
are, is a pixel from outside: black, as preprocessing leaves it.
"""

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data import InputError

Maps = NDArray[np.int32]
"""int32 [tasks, values of an example], from 0 up to, and with, the number of values."""


def permutations(shape: tuple[int, ...], tasks: int, rng: np.random.Generator) -> Maps:
    """A random permutation of the pixels for each task; an image's channels stay together.

    Args:
        shape: Of one example: features, an image, or one with channels.
        tasks: How many.
        rng: The stream to draw from.
    """
    pixels, channels = _pixels(shape)
    drawn = np.stack([rng.permutation(pixels) for _ in range(tasks)])
    return _of_values(drawn, pixels, channels)


def rotations(shape: tuple[int, ...], degrees: Sequence[float]) -> Maps:
    """Images turned about their centre, counterclockwise, each pixel the nearest one.

    Read off an image of its own positions, which Pillow turns: the same to the pixel as turning
    every image with it.

    Args:
        shape: Of one image.
        degrees: By how much in each task.

    Raises:
        InputError: These are no images.
    """
    from PIL import Image  # noqa: PLC0415  # recipes are read without Pillow

    _refuse_others_than_images(shape, "rotated tasks")
    pixels, channels = _pixels(shape)
    # 0 is what Pillow fills in.
    positions = Image.fromarray(np.arange(1, pixels + 1, dtype=np.int32).reshape(shape[:2]))
    turned = [np.asarray(positions.rotate(angle, Image.Resampling.NEAREST)) for angle in degrees]
    found = np.stack(turned).reshape(len(degrees), -1) - 1
    return _of_values(np.where(found < 0, pixels, found), pixels, channels)


def shifts(shape: tuple[int, ...], padding: int) -> Maps:
    """Images moved by whole pixels, up to so many along each axis; the first map moves nothing.

    A map drawn at random is a random crop of an image with so many pixels of black around it.

    Args:
        shape: Of one image.
        padding: Of the image, before it is cropped to the size that it had.

    Returns:
        int32 [(2 padding + 1)^2, values].

    Raises:
        InputError: These are no images.
    """
    _refuse_others_than_images(shape, "random crops")
    pixels, channels = _pixels(shape)
    positions = np.arange(pixels).reshape(shape[:2])
    padded = np.pad(positions, padding, constant_values=pixels)
    windows = np.lib.stride_tricks.sliding_window_view(padded, shape[:2])
    found = windows.reshape(-1, pixels)
    return _of_values(np.roll(found, len(found) // 2 + 1, axis=0), pixels, channels)


def checksum(maps: Maps) -> str:
    """What tells maps from others, 16 hex digits."""
    return hashlib.sha256(str(maps.shape).encode() + maps.tobytes()).hexdigest()[:16]


def _refuse_others_than_images(shape: tuple[int, ...], what: str) -> None:
    if len(shape) not in (2, 3):
        raise InputError(
            f"Received {what} of examples of shape {shape}; expected images, (height, width) or "
            "(height, width, channels)."
        )


def _pixels(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many places an example has, and values at each of them."""
    places = shape[:2] if len(shape) == 3 else shape
    return math.prod(places), math.prod(shape[len(places) :])


def _of_values(maps: NDArray[np.int64], pixels: int, channels: int) -> Maps:
    """Maps of pixels as maps of all their channels' values."""
    values = np.minimum(maps[:, :, None] * channels + np.arange(channels), pixels * channels)
    return values.reshape(len(maps), -1).astype(np.int32)
