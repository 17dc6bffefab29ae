"""Measurements on request: what goes on inside a network, before training and after each epoch.

They only look: nothing of the training depends on whether they are made.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.evaluation import stratified
from core.training.compiled import Program
from core.training.layers import clonable
from core.training.mapped import Inputs, gathered
from core.training.preparation import Prepared
from core.types import Indices
from data import InputError

SAMPLE = 2000
"""Training examples that the mean loss and its gradient are taken over."""
PIECE = 200
"""Examples at a time: a convolution's backward pass keeps every feature map."""


class Probe:
    """Looks into a program's network; compiled once, as the program is.

    Args:
        program: Holds the network, with whatever weights it has at the moment.
        wanted: Names from `core.evaluation.MEASUREMENTS`.

    Attributes:
        layers: Names of the layers that have trainable weights of their own, in order.
        relu_layers: Names of the layers that end in a relu, in order.
        relu_units: How many units each of them has; of a convolution a unit is a feature map.

    Raises:
        InputError: Dead units are wanted of a network whose relus are out of reach.
    """

    def __init__(self, program: Program, wanted: Sequence[str]) -> None:
        self._program = program
        self._groups: list[list[Any]] = []
        self.layers: list[str] = []
        for layer in _in_order(program.model):
            if own := _own_weights(layer):
                self.layers.append(layer.name)
                self._groups.append(own)
        self.relu_layers: list[str] = []
        self.relu_units: list[int] = []
        if "dead-units" in wanted:
            relus = _relus(program.model)
            self.relu_layers = [layer.name for layer in relus]
            self.relu_units = [int(layer.output.shape[-1]) for layer in relus]
            if relus:
                outputs = [layer.output for layer in relus]
                self._to_relus = keras.Model(program.model.inputs[0], outputs)
        # In graph mode also where the training is under XLA: compiling sixty layers once more
        # costs more than looking into them a few times gains.
        self._gradient = tf.function(self._slopes, autograph=False, reduce_retracing=True)
        self._fire = tf.function(self._fired, autograph=False)

    def gradient_norms(self, x: Inputs, y: tf.Tensor, rows: Indices) -> NDArray[np.float32]:
        """The Euclidean norm of the gradient of the mean loss, layer by layer.

        With respect to all trainable weights of a layer, kernel and bias as one vector. Dropout is
        off and batch normalisation uses its moving figures; penalties are left out, whose gradient
        depends on the weights alone and would hide one that vanishes.

        Args:
            x: Inputs, float32 [n, ...].
            y: Labels, int32 [n].
            rows: Which examples, int32 [k].

        Returns:
            float32 [layers]. The gradient is float32 as in training: 0 where it underflows, not
            finite where it overflows. The norm itself is taken in float64.
        """
        sums: list[Any] = []
        for piece in np.array_split(rows, -(-len(rows) // PIECE)):
            found = self._gradient(x, y, tf.constant(piece), tf.constant(float(len(rows))))
            parts = [each.numpy().astype(np.float64) for each in found]
            with np.errstate(invalid="ignore"):  # infinities of both signs
                sums = [a + b for a, b in zip(sums, parts, strict=True)] if sums else parts
        ends = np.cumsum([len(group) for group in self._groups])[:-1]
        return _norms([sums[a:b] for a, b in zip([0, *ends], [*ends, len(sums)], strict=True)])

    def weight_norms(self) -> NDArray[np.float32]:
        """The Euclidean norm of each layer's trainable weights, float32 [layers]."""
        return _norms(
            [[each.numpy().astype(np.float64) for each in group] for group in self._groups]
        )

    def dead_units(self, x: Inputs, rows: Indices) -> NDArray[np.int32]:
        """How many units of each relu are 0 for every one of the examples.

        Args:
            x: Inputs, float32 [n, ...].
            rows: Which examples, int32 [k].

        Returns:
            int32 [relu layers].
        """
        if not self.relu_layers:
            return np.zeros(0, dtype=np.int32)
        length = min(PIECE, len(rows))
        # An example that is there twice fires nothing else.
        padded = np.pad(rows, (0, -len(rows) % length), mode="edge").reshape(-1, length)
        fired = self._fire(x, tf.constant(padded))
        return np.array([np.sum(~each.numpy().any(axis=0)) for each in fired], dtype=np.int32)

    def _slopes(self, x: Inputs, y: tf.Tensor, rows: tf.Tensor, n: tf.Tensor) -> list[tf.Tensor]:
        weights = [weight for group in self._groups for weight in group]
        with tf.GradientTape() as tape:
            output = self._program.model(gathered(x, rows), training=False)
            losses = self._program.losses(tf.gather(y, rows), output)
            loss = tf.reduce_sum(losses) / tf.cast(n, losses.dtype)
        found = tape.gradient(loss, weights, unconnected_gradients="zero")
        return [tf.convert_to_tensor(each) for each in found]

    def _fired(self, x: Inputs, rows: tf.Tensor) -> list[tf.Tensor]:
        def piece(chosen: tf.Tensor) -> list[tf.Tensor]:
            outputs = self._to_relus(gathered(x, chosen), training=False)
            each_unit = [
                tf.reshape(each, (-1, each.shape[-1])) for each in tf.nest.flatten(outputs)
            ]
            return [tf.reduce_any(each != 0, axis=0) for each in each_unit]

        kinds = [tf.bool] * len(self.relu_layers)
        found: list[tf.Tensor] = tf.map_fn(piece, rows, fn_output_signature=kinds)
        return found


class Measured:
    """What one run measures, epoch by epoch.

    Args:
        probe: Of the run's program.
        wanted: Names from `core.evaluation.MEASUREMENTS`.
        x: Inputs of all examples, as in `core.training.device_arrays`, float32 [n, ...].
        y: The labels that the network is taught, int32 [n].
        prepared: The run's split and labels.
    """

    def __init__(
        self, probe: Probe, wanted: Sequence[str], x: Inputs, y: tf.Tensor, prepared: Prepared
    ) -> None:
        train = prepared.split.train
        sample = stratified(train, prepared.labels[train], SAMPLE)
        self._looks = {
            "gradient_norms": lambda: probe.gradient_norms(x, y, sample),
            "weight_norms": probe.weight_norms,
            "dead_units": lambda: probe.dead_units(x, train),
        }
        self._rows: dict[str, list[NDArray[Any]]] = {
            name: [] for name in self._looks if name.replace("_", "-") in wanted
        }
        self._constant: dict[str, NDArray[Any]] = {}
        if "gradient_norms" in self._rows or "weight_norms" in self._rows:
            self._constant["layers"] = np.array(probe.layers, dtype=np.str_)
        if "dead_units" in self._rows:
            self._constant["relu_layers"] = np.array(probe.relu_layers, dtype=np.str_)
            self._constant["relu_units"] = np.array(probe.relu_units, dtype=np.int32)

    def look(self) -> None:
        """Measure the network as it is."""
        for name, rows in self._rows.items():
            rows.append(self._looks[name]())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What was measured so far, one row for each look; empty before the first."""
        found = {name: np.stack(rows) for name, rows in self._rows.items() if rows}
        return self._constant | found if found else {}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `arrays` gave."""
        for name, rows in self._rows.items():
            rows[:] = list(arrays[name])


def _norms(groups: Sequence[Sequence[NDArray[np.float64]]]) -> NDArray[np.float32]:
    """Each group's Euclidean norm; float64 on the way, where no square of a float32 is lost."""
    norms = [np.sqrt(sum(np.square(each).sum() for each in group)) for group in groups]
    with np.errstate(over="ignore"):  # a norm beyond float32 is infinite, and recorded so
        return np.array(norms, dtype=np.float64).astype(np.float32)


def _in_order(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """A layer, then the layers that it holds, from the input on."""
    yield layer
    for inner in layer._flatten_layers(include_self=False, recursive=False):
        yield from _in_order(inner)


def _own_weights(layer: keras.layers.Layer) -> list[Any]:
    """A layer's trainable weights without those of the layers that it holds."""
    inner = layer._flatten_layers(include_self=False)
    held = {id(weight) for each in inner for weight in each.trainable_weights}
    return [weight for weight in layer.trainable_weights if id(weight) not in held]


def _relus(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers of a network that end in a relu."""
    found = [each for each in model.layers if _ends_in_relu(each)] if clonable(model) else []
    nodes = getattr(model, "_nodes_by_depth", {}).values()
    uses = Counter(id(node.operation) for level in nodes for node in level)
    if twice := [each.name for each in found if uses[id(each)] > 1]:
        raise InputError(
            f"Received the relu {twice[0]!r} in several places of a network, with the measurement "
            "dead-units; expected a layer for each place: they have different units."
        )
    reached = {id(each) for layer in found for each in (layer, getattr(layer, "activation", None))}
    every = [each for each in _in_order(model) if _ends_in_relu(each)]
    if not clonable(model) or any(id(each) not in reached for each in every):
        raise InputError(
            f"Received a model of class {type(model).__name__} with the measurement dead-units; "
            "expected a Sequential or functional one whose relus are layers of its own, not of a "
            "model inside it."
        )
    return found


def _ends_in_relu(layer: keras.layers.Layer) -> bool:
    return any(map(_is_relu, (layer, getattr(layer, "activation", None))))


def _is_relu(what: Any) -> bool:
    if isinstance(what, keras.layers.ReLU):
        return not what.negative_slope
    return what is keras.activations.relu
