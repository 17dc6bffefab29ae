"""A changed copy of the training part, made once and trained on beside the part itself.

Augmentation that is fresh every epoch is the network's own, see `core.models.augmentation`.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from core.checks import Checked, number
from core.types import Inputs
from data import InputError

DIVISOR = number(1e-30, 1e30, "a number above 0, from 1e-30 to 1e30: pixels are float32")


@dataclass(frozen=True, kw_only=True)
class AugmentedCopy(Checked):
    """One copy of every training image, changed once a run and appended to the training part.

    The training part doubles; each copy has the label that its original is taught. Copies are made
    of what preprocessing returns, whose steps measure the originals alone. An image is turned about
    its centre and shifted, what comes in at the edge is the nearest pixel, values between pixels
    are interpolated linearly, and then it may be mirrored: as Keras' `ImageDataGenerator` does it.

    Args:
        flip: Whether half of the images, on average, are mirrored left to right.
        rotation: The largest angle in degrees; each is uniform within it to either side.
        shift: The largest shift as a share of the height and of the width; each is uniform within
            it either way.
        divided_by: What the values of the copies are divided by, above 0: 255 where a notebook
            scaled its copies twice.

    Examples:
        >>> from core import AugmentedCopy, Recipe, spec
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)),
        ...                 augmented_copy=AugmentedCopy(rotation=10, shift=0.1))
        >>> recipe.augmented_copy.rotation
        10
    """

    flip: bool = False
    rotation: Annotated[float, number(0, 180, "a number from 0 to 180 degrees")] = 0.0
    shift: Annotated[float, number(0, 1, "a number from 0 to 1 of the side")] = 0.0
    divided_by: Annotated[float, DIVISOR] = 1.0

    def __call__(self, x: Inputs, rng: np.random.Generator) -> Inputs:
        """Copy images, changed.

        What is drawn does not depend on the sizes, so copies of different sizes are comparable:
        the same images are mirrored, and turned and shifted the same way.

        Args:
            x: float32 [n, height, width] or [n, height, width, channels]; stays as it is.
            rng: The run's augmentation stream.

        Returns:
            float32, of x's shape; a new array.

        Raises:
            InputError: These are no images.
        """
        from scipy import ndimage  # noqa: PLC0415  # recipes are read without SciPy

        if x.ndim not in (3, 4):
            raise InputError(
                f"Received inputs of shape {x.shape[1:]} with an augmented copy; expected images, "
                "(height, width) or (height, width, channels)."
            )
        sides = np.array(x.shape[1:3])
        angles = np.deg2rad(self.rotation) * rng.uniform(-1, 1, len(x))
        shifts = self.shift * sides * rng.uniform(-1, 1, (len(x), 2))
        mirrored = (rng.random(len(x)) < 0.5) & self.flip
        # Where in the original each pixel of the copy is looked up; channels stay where they are.
        matrix, offset = np.eye(x.ndim - 1), np.zeros(x.ndim - 1)
        centre = (sides - 1) / 2
        copies = np.empty_like(x)
        for i, angle in enumerate(angles):
            cos, sin = np.cos(angle), np.sin(angle)
            matrix[:2, :2] = (cos, -sin), (sin, cos)
            offset[:2] = centre + matrix[:2, :2] @ (shifts[i] - centre)
            ndimage.affine_transform(
                x[i], matrix, offset, output=copies[i], order=1, mode="nearest", prefilter=False
            )
        copies[mirrored] = copies[mirrored, :, ::-1]
        copies /= np.float32(self.divided_by)
        return copies
