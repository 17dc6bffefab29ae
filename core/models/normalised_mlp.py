"""A multi-layer perceptron in which every sum is normalised by batch, the logits too."""

import math
from typing import Any

from core.models.mlp import initialisers


def normalised_mlp(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    widths: tuple[int, ...] = (100, 100),
    epsilon: float = 1e-6,
    momentum: float = 0.9,
) -> Any:
    """The network of GDumb on MNIST (Prabhu et al. 2020): layers without biases, each normalised.

    Kernels start as PyTorch's do, uniform within 1 / sqrt(inputs of the layer).

    Args:
        input_shape: Shape of one example; flattened.
        classes: Number of classes.
        widths: Units of each hidden layer, with relu.
        epsilon: Added to a batch's variance.
        momentum: Of the moving averages: what is kept in each step (PyTorch counts what is not).

    Returns:
        A `keras.Sequential`, not compiled.
    """
    from keras import Sequential, layers

    model = Sequential([layers.Input(input_shape), layers.Flatten()])
    inputs = [math.prod(input_shape), *widths]
    activations = ["relu"] * len(widths) + ["softmax"]
    for before, units, activation in zip(inputs, [*widths, classes], activations, strict=True):
        start = initialisers({"kernel_initializer": "torch"}, before)
        model.add(layers.Dense(units, use_bias=False, **start))
        model.add(layers.BatchNormalization(epsilon=epsilon, momentum=momentum))
        model.add(layers.Activation(activation))
    return model
