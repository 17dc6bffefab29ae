"""Multi-layer perceptrons: from none to sixty hidden layers."""

import math
from typing import Any

from core.models.images import image_layers
from data import InputError

Activation = str | tuple[str, ...]
ACTIVATION_LAYERS = ("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
"""Keras layers that are nothing but an activation."""


def linear(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    kernel_initializer: str = "glorot_uniform",
    bias_initializer: str = "zeros",
) -> Any:
    """A linear classifier: a softmax over weighted sums of the inputs.

    Args:
        input_shape: Shape of one example; flattened.
        classes: Number of classes.
        kernel_initializer: Keras initialiser of the kernel.
        bias_initializer: Keras initialiser of the bias.

    Returns:
        A `keras.Sequential`, not compiled.
    """
    return mlp(
        input_shape,
        classes,
        kernel_initializer=kernel_initializer,
        bias_initializer=bias_initializer,
    )


def mlp(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    widths: tuple[int, ...] = (),
    activation: Activation = "relu",
    dropout: float = 0.0,
    l1: float = 0.0,
    l2: float | tuple[float, ...] = 0.0,
    batch_normalization: bool = False,
    kernel_initializer: str = "glorot_uniform",
    bias_initializer: str = "zeros",
    output_initializer: str | None = None,
    augmentation: tuple[str, ...] = (),
) -> Any:
    """A multi-layer perceptron with a softmax output; without `widths`, a linear classifier.

    Args:
        input_shape: Shape of one example; flattened.
        classes: Number of classes.
        widths: Units of each hidden layer.
        activation: Of the hidden layers: the name of a Keras activation (`relu`), or of an
            activation layer where its defaults are meant (`LeakyReLU`, whose slope is .3 where
            that of `leaky_relu` is .2), or several in a row.
        dropout: Fraction of each hidden layer's outputs that is dropped in training.
        l1: Penalty on the sizes of the hidden kernels.
        l2: Penalty on their squares; several for each layer its own.
        batch_normalization: Whether each hidden layer's sums are normalised by batch.
        kernel_initializer: Keras initialiser of every kernel; or `torch`, PyTorch's default:
            uniform within 1 / sqrt(inputs of the layer).
        bias_initializer: The same of every bias.
        output_initializer: Of the output's kernel, if another.
        augmentation: What happens to images in training, see `core.models.augmentation`.

    Returns:
        A `keras.Sequential`, not compiled.

    Raises:
        InputError: No such activation or augmentation; augmentation of what are no images.
    """
    from keras import Sequential, layers

    plain = [layers.Input(input_shape)]
    first = image_layers(input_shape, augmentation=augmentation) if augmentation else plain
    model = Sequential([*first, layers.Flatten()])
    start = {"kernel_initializer": kernel_initializer, "bias_initializer": bias_initializer}
    inputs = [math.prod(input_shape), *widths]
    penalties = l2 if isinstance(l2, tuple) else (l2,) * len(widths)
    for width, own_l2, before in zip(widths, penalties, inputs[:-1], strict=True):
        own = initialisers(start, before)
        model.add(layers.Dense(width, kernel_regularizer=penalty(l1, own_l2), **own))
        if batch_normalization:
            model.add(layers.BatchNormalization())
        for each in activation_layers(activation):
            model.add(each)
        if dropout:
            model.add(layers.Dropout(dropout))
    start["kernel_initializer"] = output_initializer or kernel_initializer
    model.add(layers.Dense(classes, activation="softmax", **initialisers(start, inputs[-1])))
    return model


def deep_mlp(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    depth: int = 60,
    width: int = 100,
    activation: Activation = "LeakyReLU",
    first_width: int = 300,
    first_activation: Activation | None = None,
    kernel_initializer: str = "he_normal",
    output_initializer: str = "glorot_uniform",
) -> Any:
    """A wide layer, then `depth` equal ones, then a softmax.

    Args:
        input_shape: Shape of one example; flattened.
        classes: Number of classes.
        depth: How many equal layers follow the first.
        width: Units of each of them.
        activation: Of them, see `mlp`.
        first_width: Units of the first layer.
        first_activation: Of the first layer; that of the others if None.
        kernel_initializer: Keras initialiser of the hidden kernels.
        output_initializer: Keras initialiser of the output's kernel.

    Returns:
        A `keras.Sequential`, not compiled.
    """
    from keras import Sequential, layers

    stack = [layers.Input(input_shape), layers.Flatten()]
    hidden = [(first_width, first_activation or activation)] + [(width, activation)] * depth
    for units, shape in hidden:
        stack.append(layers.Dense(units, kernel_initializer=kernel_initializer))
        stack += activation_layers(shape)
    stack.append(layers.Dense(classes, activation="softmax", kernel_initializer=output_initializer))
    return Sequential(stack)


def activation_layers(activation: Activation) -> list[Any]:
    """The Keras layers that an activation's name, or several in a row, stand for.

    Raises:
        InputError: Keras has no such activation.
    """
    names = activation if isinstance(activation, tuple | list) else (activation,)
    return [_activation_layer(name) for name in names]


def _activation_layer(name: str) -> Any:
    from keras import layers

    if name in ACTIVATION_LAYERS:
        return getattr(layers, name)()
    try:
        return layers.Activation(name)
    except (TypeError, ValueError):
        raise InputError(
            f"Received activation {name!r}; expected a Keras activation by its name, such as relu, "
            f"or one of the layers {', '.join(ACTIVATION_LAYERS)}."
        ) from None


def initialisers(named: dict[str, str], inputs: int) -> dict[str, Any]:
    """Keras initialisers, where `torch` stands for PyTorch's of a layer with so many inputs."""
    from keras import initializers

    # Made only where it is asked for: each one made moves the seeds of those that follow.
    largest = 1 / math.sqrt(inputs)
    return {
        name: initializers.RandomUniform(-largest, largest) if each == "torch" else each
        for name, each in named.items()
    }


def penalty(l1: float, l2: float) -> Any:
    """The Keras regulariser of a kernel; None where both penalties are 0."""
    from keras import regularizers

    return regularizers.L1L2(l1=l1, l2=l2) if l1 or l2 else None
