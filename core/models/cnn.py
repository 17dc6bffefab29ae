"""A convolutional network of pairs of convolutions, as for Fashion-MNIST in experiment D6."""

from typing import Any

from core.models.images import image_layers
from core.models.mlp import Activation, activation_layers, penalty
from data import InputError


def cnn(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    filters: tuple[int, ...] = (64, 128, 256),
    widths: tuple[int, ...] = (1024, 512),
    activation: Activation = "relu",
    batch_normalization: bool = False,
    pool_dropout: tuple[float, ...] = (),
    dropout: float = 0.0,
    l2: float = 0.0,
    kernel_initializer: str = "glorot_uniform",
    bias_initializer: str = "zeros",
    augmentation: tuple[str, ...] = (),
) -> Any:
    """Pairs of 3 x 3 convolutions, each pair with a 2 x 2 max pool, then dense layers.

    The defaults are the naive network of D6; the tuned one is `batch_normalization=True`,
    `pool_dropout=(.125, .25, .5)`, `dropout=.5`, `l2=.01`.

    Args:
        input_shape: Shape of one image, [height, width] or [height, width, channels].
        classes: Number of classes.
        filters: Of both convolutions of each pair.
        widths: Units of each dense layer.
        activation: Of convolutions and dense layers, see `mlp`.
        batch_normalization: Whether each convolution's sums are normalised by batch. The dense
            layers' are not: 1,940,938 parameters leave no room for them.
        pool_dropout: Fraction that is dropped after each pool, one for each pair; none if empty.
        dropout: Fraction of each dense layer's outputs that is dropped in training.
        l2: Penalty on the squares of the kernels, but for the output's.
        kernel_initializer: Keras initialiser of every kernel.
        bias_initializer: Keras initialiser of every bias.
        augmentation: What happens to images in training, see `core.models.augmentation`.

    Returns:
        A `keras.Sequential`, not compiled.

    Raises:
        InputError: No images, too small ones; fractions and pairs differ; no such augmentation.
    """
    from keras import Sequential, layers

    _refuse_other_pools(filters, pool_dropout)
    start = {"kernel_initializer": kernel_initializer, "bias_initializer": bias_initializer}
    # Without a seed dropout would draw from the initialisers' generator. The run sets its own.
    stack = image_layers(input_shape, _smallest_side(len(filters)), augmentation)
    for number, dropped in zip(filters, pool_dropout or [0.0] * len(filters), strict=True):
        stack += _pair(number, activation, batch_normalization, l2, start)
        stack.append(layers.MaxPooling2D())
        if dropped:
            stack.append(layers.Dropout(dropped, seed=0))
    stack.append(layers.Flatten())
    for width in widths:
        stack.append(layers.Dense(width, kernel_regularizer=penalty(0.0, l2), **start))
        stack += activation_layers(activation)
        if dropout:
            stack.append(layers.Dropout(dropout, seed=0))
    stack.append(layers.Dense(classes, activation="softmax", **start))
    return Sequential(stack)


def _smallest_side(pairs: int) -> int:
    """Of an image that still has a pixel after so many pairs and pools."""
    side = 1
    for _ in range(pairs):
        side = 2 * side + 2
    return side


def _pair(
    number: int, activation: Activation, batch_normalization: bool, l2: float, start: dict[str, str]
) -> list[Any]:
    """Two convolutions, of which the second takes a pixel from each side."""
    from keras import layers

    stack: list[Any] = []
    for padding in ("same", "valid"):
        kernel = {"kernel_regularizer": penalty(0.0, l2), **start}
        stack.append(layers.Conv2D(number, 3, padding=padding, **kernel))
        if batch_normalization:
            stack.append(layers.BatchNormalization())
        stack += activation_layers(activation)
    return stack


def _refuse_other_pools(filters: tuple[int, ...], pool_dropout: tuple[float, ...]) -> None:
    if pool_dropout and len(pool_dropout) != len(filters):
        raise InputError(
            f"Received pool_dropout {tuple(pool_dropout)} for {len(filters)} pools; expected one "
            "fraction for each, or none."
        )
