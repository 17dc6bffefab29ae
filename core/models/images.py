"""The beginning of a network that looks at images."""

from typing import Any

from core.models.augmentation import augmentation_layers
from data import InputError


def image_layers(
    input_shape: tuple[int, ...], smallest: int = 1, augmentation: tuple[str, ...] = ()
) -> list[Any]:
    """The layers that bring one example to the form of an image with channels, and augment it.

    Args:
        input_shape: Shape of one example: [height, width], or [height, width, channels].
        smallest: The least height and width that the network's pools leave anything of.
        augmentation: See `core.models.augmentation`.

    Returns:
        Keras layers: the input; one that adds an axis for the channels, where there is none; those
        of the augmentation.

    Raises:
        InputError: The examples are no images, or too small ones; no such augmentation.
    """
    from keras import layers

    if len(input_shape) not in (2, 3):
        raise InputError(
            f"Received inputs of shape {tuple(input_shape)}; expected images for this network: "
            "[height, width] or [height, width, channels]."
        )
    height, width = input_shape[:2]
    if min(height, width) < smallest:
        raise InputError(
            f"Received images of {height} x {width}; expected at least {smallest} x {smallest} "
            "for this network: its pools leave nothing of a smaller one."
        )
    channel = [layers.Reshape((height, width, 1))] if len(input_shape) == 2 else []
    return [layers.Input(input_shape), *channel, *augmentation_layers(augmentation)]
