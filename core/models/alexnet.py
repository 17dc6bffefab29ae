"""An AlexNet for images of 32 x 32, as in experiment E1."""

from typing import Any

from core.models.images import image_layers
from core.models.mlp import penalty
from data import InputError


def alexnet(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    filters: tuple[int, ...] = (96, 256, 384, 384, 256),
    widths: tuple[int, ...] = (4096, 4096, 1000),
    dropout: float = 0.4,
    l2: float = 0.0,
    kernel_initializer: str = "glorot_uniform",
    bias_initializer: str = "zeros",
) -> Any:
    """The layers of AlexNet (Krizhevsky et al. 2012) with pools that fit small images.

    Convolutions 11 x 11 with stride 4, 5 x 5, and three of 3 x 3; 2 x 2 max pools after the
    first, second and fifth; dense layers; softmax. Everything is padded (`same`), so the sides of
    a 32 x 32 image go 8, 4, 4, 2, 2, 2, 2, 1. Each layer's sums are normalised by batch before its
    activation, the output's before the softmax too. 25,730,506 parameters with three channels and
    ten classes.

    Args:
        input_shape: Shape of one image, [height, width] or [height, width, channels].
        classes: Number of classes.
        filters: Of the five convolutions.
        widths: Units of the dense layers before the output.
        dropout: Fraction of each dense layer's outputs that is dropped in training.
        l2: Penalty on the squares of every kernel and every bias.
        kernel_initializer: Keras initialiser of every kernel.
        bias_initializer: Keras initialiser of every bias.

    Returns:
        A `keras.Sequential`, not compiled.

    Raises:
        InputError: No images, or another number of filters than five.
    """
    from keras import Sequential, layers

    if len(filters) != 5:
        raise InputError(
            f"Received {len(filters)} numbers of filters; expected 5, one for each convolution."
        )
    options = {
        "kernel_initializer": kernel_initializer,
        "bias_initializer": bias_initializer,
        "kernel_regularizer": penalty(0.0, l2),
        "bias_regularizer": penalty(0.0, l2),
    }
    # Dropout without a seed draws one from the initialisers' generator, and what comes after it
    # would start from other weights than without dropout. The trainer sets the run's own seed.
    stack = [*image_layers(input_shape), *_convolutions(filters, options), layers.Flatten()]
    for width in widths:
        stack.append(layers.Dense(width, **options))
        stack.append(layers.BatchNormalization())
        stack.append(layers.Activation("relu"))
        if dropout:
            stack.append(layers.Dropout(dropout, seed=0))
    stack.append(layers.Dense(classes, **options))
    stack.append(layers.BatchNormalization())
    stack.append(layers.Activation("softmax"))
    return Sequential(stack)


def _convolutions(filters: tuple[int, ...], options: dict[str, Any]) -> list[Any]:
    """The five convolutions and the pools between them."""
    from keras import layers

    stack: list[Any] = []
    convolutions = zip(filters, (11, 5, 3, 3, 3), (4, 1, 1, 1, 1), strict=True)
    for place, (number, size, stride) in enumerate(convolutions):
        stack.append(layers.Conv2D(number, size, strides=stride, padding="same", **options))
        stack.append(layers.BatchNormalization())
        stack.append(layers.Activation("relu"))
        if place in (0, 1, 4):
            stack.append(layers.MaxPooling2D(padding="same"))
    return stack
