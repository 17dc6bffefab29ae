"""How much each weight matters to what a network says, by the gradients of single examples.

With h(g) = g^2 and g the gradient of -log p(label given x) this is the diagonal of the Fisher
information; with h(g) = |g| and g that of the squared norm of the outputs it is what MAS uses. Its
mean over examples is not h of a batch's gradient, which is about as many times smaller as the batch
is large.

Of a Dense layer an example's gradient is the outer product of the layer's input a and the gradient
d of its sums, so that the sum over examples of h(a d') is the product h(a)' h(d): two products of
matrices instead of a gradient for each example. Networks with other weights than these are gone
through example by example. The network is as in evaluation: no dropout, and batch normalisation by
its moving averages.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.training.layers import clonable
from core.training.mapped import Inputs, gathered
from core.types import Indices

CHUNK = 1024
"""Examples at a time; the last ones are padded to as many, as another shape is compiled anew."""
INACTIVE = -1e8
"""An output is not active where its mask is below."""


class Shown(NamedTuple):
    """Examples as the network is shown them.

    Attributes:
        inputs: float32 [b, ...].
        labels: int32 [b].
        masks: Added to the logits, float32 [b, outputs].
        noise: Of sampled labels, float32 [b, outputs].
    """

    inputs: tf.Tensor
    labels: tf.Tensor
    masks: tf.Tensor
    noise: tf.Tensor


class Importance:
    """The importances of a network's trainable variables, compiled once for each kind.

    In graph mode: under XLA the products are as fast (12,000 examples of 784-400-400-10, predicted
    labels: .65 against .63 s of processor time, n = 5), and take seconds to compile.

    Args:
        model: A Keras model whose outputs are logits.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model, self._chain = model, _dense_chain(model)
        sums = self._by_products if self._chain else self._one_by_one
        self._sums = tf.function(sums, autograph=False)
        self._norm = tf.function(self._slope_of_norm, autograph=False)

    def __call__(
        self,
        kind: str,
        x: Inputs,
        y: tf.Tensor,
        examples: Indices,
        masks: NDArray[np.float32],
        rng: np.random.Generator,
        batch: int | None = None,
    ) -> list[NDArray[np.float64]]:
        """The mean over examples, for each variable in its shape.

        Args:
            kind: The label that g is of: `true` as trained on, `predicted`, `sampled` from the
                outputs' distribution, `exact` for the expectation over it; `outputs` for the
                squared norm instead.
            x: Inputs, float32 [n, ...].
            y: Labels, int32 [n].
            examples: Which ones, int32 [k].
            masks: Added to their logits, float32 [k, outputs], see `core.strategies.base.Network`.
            rng: What labels, and batches, are drawn from.
            batch: Of `outputs`: take the mean over random batches of so many instead, g the
                gradient of the mean square of a batch's active outputs.
        """
        if batch is not None:
            return self._of_batches(x, rng.permutation(len(examples)), examples, masks, batch)
        active = np.flatnonzero((masks > INACTIVE).any(axis=0)).astype(np.int32)
        columns = np.resize(active, masks.shape[1])  # of which the first are gone through
        draws = len(active) if kind == "exact" else 1
        total = [np.zeros(each.shape) for each in self._model.trainable_variables]
        for start in range(0, len(examples), CHUNK):
            part = slice(start, start + CHUNK)
            chosen = np.resize(examples[part], CHUNK)
            mask = np.resize(masks[part], (CHUNK, masks.shape[1]))
            noise = np.zeros_like(mask)
            if kind == "sampled":  # the largest of logits and these is a draw from their softmax
                noise[:] = rng.gumbel(size=mask.shape)
            shown = Shown(
                gathered(x, chosen), tf.gather(y, chosen), *map(tf.constant, (mask, noise))
            )
            there = tf.constant(len(examples[part]))
            found = self._sums(kind, shown, tf.constant(columns), tf.constant(draws), there)
            for so_far, more in zip(total, found, strict=True):
                so_far += more.numpy()
        return [each / len(examples) for each in total]

    def _of_batches(
        self,
        x: Inputs,
        order: NDArray[np.intp],
        examples: Indices,
        masks: NDArray[np.float32],
        size: int,
    ) -> list[NDArray[np.float64]]:
        total = [np.zeros(each.shape) for each in self._model.trainable_variables]
        batches = np.split(order, range(size, len(order), size))
        for part in batches:
            chosen = np.resize(part, size)
            active = (masks[chosen] > INACTIVE) & (np.arange(size) < len(part))[:, None]
            share = (active / active.sum()).astype(np.float32)
            found = self._norm(gathered(x, examples[chosen]), tf.constant(share))
            for so_far, more in zip(total, found, strict=True):
                so_far += np.abs(more.numpy())
        return [each / len(batches) for each in total]

    def _slope_of_norm(self, inputs: tf.Tensor, share: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            norm = tf.reduce_sum(share * tf.square(self._model(inputs, training=False)))
        variables = self._model.trainable_variables
        found: list[tf.Tensor] = tape.gradient(
            norm, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return found

    def _by_products(
        self, kind: str, shown: Shown, columns: tf.Tensor, draws: tf.Tensor, there: tf.Tensor
    ) -> list[tf.Tensor]:
        """Sums over the first so many examples, where all weights are those of Dense layers."""
        inputs, sums, value = [], [], shown.inputs
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            for layer in self._chain:
                if type(layer) is not keras.layers.Dense:
                    value = tf.cast(layer(value, training=False), value.dtype)
                    continue
                inputs.append(value)
                value = tf.matmul(value, layer.kernel)
                value = value + layer.bias if layer.use_bias else value
                tape.watch(value)
                sums.append(value)
                value = layer.activation(value)
        size = _size(kind)
        counted = tf.cast(tf.range(value.shape[0]) < there, value.dtype)

        def add(i: tf.Tensor, so_far: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
            weight, gradient = _drawn(kind, value, shown, columns[i])
            deltas = tape.gradient(value, sums, output_gradients=gradient)
            weight = (counted * weight)[:, None]
            return i + 1, [a + weight * size(d) for a, d in zip(so_far, deltas, strict=True)]

        zero = (tf.constant(0), [tf.zeros_like(each) for each in sums])
        _, totals = tf.while_loop(lambda i, _: i < draws, add, zero)
        found = {}
        dense = [layer for layer in self._chain if type(layer) is keras.layers.Dense]
        for layer, a, d in zip(dense, inputs, totals, strict=True):
            found[id(layer.kernel)] = tf.matmul(size(a), d, transpose_a=True)
            if layer.use_bias:
                found[id(layer.bias)] = tf.reduce_sum(d, axis=0)
        return [found[id(each)] for each in self._model.trainable_variables]

    def _one_by_one(
        self, kind: str, shown: Shown, columns: tf.Tensor, draws: tf.Tensor, there: tf.Tensor
    ) -> list[tf.Tensor]:
        """Sums over the first so many examples, by a gradient for each of them."""
        variables, size = self._model.trainable_variables, _size(kind)

        def example(i: tf.Tensor, so_far: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
            one = Shown(*(each[i][None] for each in shown))
            with tf.GradientTape(persistent=True) as tape:
                logits = self._model(one.inputs, training=False)

            def add(j: tf.Tensor, so_far: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
                weight, gradient = _drawn(kind, logits, one, columns[j])
                found = tape.gradient(
                    logits, variables, gradient, unconnected_gradients=tf.UnconnectedGradients.ZERO
                )
                pairs = zip(so_far, map(tf.convert_to_tensor, found), strict=True)
                return j + 1, [a + weight * size(g) for a, g in pairs]

            return i + 1, tf.while_loop(lambda j, _: j < draws, add, (tf.constant(0), so_far))[1]

        zero = (tf.constant(0), [tf.zeros(each.shape) for each in variables])
        sums: list[tf.Tensor] = tf.while_loop(lambda i, _: i < there, example, zero)[1]
        return sums


def _size(kind: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """What is summed of a gradient's entries."""
    return tf.abs if kind == "outputs" else tf.square


def _drawn(
    kind: str, logits: tf.Tensor, shown: Shown, column: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """A weight for each example, and the gradient for its logits, [b] and [b, outputs].

    Args:
        kind: See `Importance`.
        logits: float32 [b, outputs].
        shown: The examples.
        column: The label meant, where all are gone through.
    """
    ones, outputs = tf.ones_like(logits[:, 0]), logits.shape[-1]
    if kind == "outputs":
        active = tf.cast(shown.masks > INACTIVE, logits.dtype)
        return ones, 2 * active * logits
    masked = logits + shown.masks
    p = tf.nn.softmax(masked)
    if kind == "exact":
        return tf.gather(p, column, axis=1), p - tf.one_hot(column, outputs)
    labels = shown.labels
    if kind != "true":
        labels = tf.argmax(masked + shown.noise, axis=-1, output_type=tf.int32)
    return ones, p - tf.one_hot(labels, outputs)


def _dense_chain(model: keras.Model) -> list[Any]:
    """A network's layers one after the other; none where it has other weights than Dense ones."""
    if not clonable(model):
        return []
    layers = [each for each in model.layers if type(each) is not keras.layers.InputLayer]
    dense = keras.layers.Dense
    known = all(
        not each.trainable_variables
        or (
            type(each) is dense
            and len(each.input.shape) == 2
            and len(each.trainable_variables) == 1 + each.use_bias  # an activation may have some
        )
        for each in layers
    )
    return layers if known and _one_after_the_other(model, layers) else []


def _one_after_the_other(model: keras.Model, layers: list[Any]) -> bool:
    if type(model) is keras.Sequential:
        return True
    values = [model.inputs[0], *(each.output for each in layers)]
    follow = all(each.input is value for each, value in zip(layers, values, strict=False))
    return clonable(model) and follow and model.outputs[0] is values[-1]
