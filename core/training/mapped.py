"""Inputs that are read through the pixel maps of their tasks."""

import math
from typing import Any, NamedTuple

import tensorflow as tf


class Mapped(NamedTuple):
    """Inputs, and how each task maps their values.

    The example at position t * n + i is input i under the map of task t.

    Attributes:
        x: Inputs, float32 [n, ...].
        maps: From where each value comes, int32 [tasks, values]; `values` stands for `black`.
        black: float32 [].
    """

    x: tf.Tensor
    maps: tf.Tensor
    black: tf.Tensor

    @property
    def dtype(self) -> tf.DType:
        """Of the inputs."""
        return self.x.dtype

    @property
    def shape(self) -> tf.TensorShape:
        """Of the inputs as they are stored."""
        return self.x.shape


Inputs = tf.Tensor | Mapped


def gathered(inputs: Any, rows: Any) -> tf.Tensor:
    """Examples as a network is shown them.

    Args:
        inputs: Inputs, float32 [n, ...], or `Mapped` ones.
        rows: Positions, int32 [k].

    Returns:
        float32 [k, ...].
    """
    if not isinstance(inputs, Mapped):
        return tf.gather(inputs, rows)
    examples, values = inputs.shape[0], math.prod(inputs.shape[1:])
    maps = tf.gather(inputs.maps, rows // examples)
    chosen = tf.gather(tf.reshape(inputs.x, (examples, values)), rows % examples)
    found = tf.gather(chosen, tf.minimum(maps, values - 1), batch_dims=1)
    found = tf.where(maps < values, found, inputs.black)
    return tf.reshape(found, (-1, *inputs.shape[1:]))
