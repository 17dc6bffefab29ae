"""The networks that Ebb can name. Any other function that returns a Keras model does as well.

A builder takes the shape of one input, the number of classes, and its own keyword parameters.
Keras is imported inside, so that recipes can be written without it.
"""

from collections.abc import Callable
from typing import Any

from core.named import resolve


def mlp(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    widths: tuple[int, ...] = (),
    activation: str = "relu",
    dropout: float = 0.0,
    kernel_initializer: str = "glorot_uniform",
    bias_initializer: str = "zeros",
) -> Any:
    """A multi-layer perceptron with a softmax output; without `widths`, a linear classifier.

    Args:
        input_shape: Shape of one example; flattened.
        classes: Number of classes.
        widths: Units of each hidden layer.
        activation: Keras activation of the hidden layers.
        dropout: Share of each hidden layer's outputs that is dropped in training.
        kernel_initializer: Keras initialiser of every kernel.
        bias_initializer: Keras initialiser of every bias.

    Returns:
        A `keras.Sequential`, not compiled.
    """
    from keras import Sequential, layers

    start = {"kernel_initializer": kernel_initializer, "bias_initializer": bias_initializer}
    model = Sequential([layers.Input(input_shape), layers.Flatten()])
    for width in widths:
        model.add(layers.Dense(width, activation=activation, **start))
        if dropout:
            model.add(layers.Dropout(dropout))
    model.add(layers.Dense(classes, activation="softmax", **start))
    return model


BUILDERS: dict[str, Callable[..., Any]] = {"mlp": mlp}


def builder(name: str) -> Callable[..., Any]:
    """The function that builds a model: one of `BUILDERS`, or `module:function`."""
    return BUILDERS[name] if name in BUILDERS else resolve(name)
