"""The compiled program: a whole schedule of training steps in one call.

Keras' `fit` returns to Python after every step. Here a loop inside one compiled function
gathers each batch from arrays that stay where they are, and nothing Python happens per step.
The same batches from the same weights end in the same weights as `fit`.
"""

import math
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.compiler.tf2xla.python.xla import dynamic_slice

from core.examples.input_noise import GaussianNoise
from core.spec import Spec
from core.strategies.base import Strategy
from core.training.batches import Batches, in_chunks
from core.training.importance import Importance
from core.training.layers import (
    Compiler,
    clonable,
    evaluated_at_a_time,
    rebuilt,
    treats_examples_apart,
)
from core.training.losses import make_loss
from core.training.mapped import Inputs, gathered
from data import InputError

Active = tuple[()] | tuple[NDArray[np.float32], NDArray[np.int32]]
"""Masks [r, outputs] and a row of them for each example [n]; empty without a scenario."""

DRAWS = ("Random", "TruncatedNormal", "Multinomial")
"""How the names of operations begin that keep a generator's state to themselves."""


class Look(NamedTuple):
    """What a network makes of examples.

    Attributes:
        classes: The predicted ones, int32 [k].
        losses: Of each example, without penalties, float32 [k].
        penalty: The network's own, which is part of a mean loss.
    """

    classes: NDArray[np.int32]
    losses: NDArray[np.float32]
    penalty: float

    def loss(self, which: slice | NDArray[np.bool_] = slice(None)) -> float:
        """The mean loss of all or some of the examples, penalties included."""
        return float(self.losses[which].mean(dtype=np.float64) + self.penalty)


class Program:
    """A model and its optimiser, compiled to run schedules.

    One program serves any number of runs: `load` puts fresh variables in place.

    Args:
        model: A Keras model that ends in one output per class.
        optimiser: Keras optimiser, not shared with another model.
        loss: See `Recipe.loss`.
        classes: Number of outputs; labels are 0 to `classes` - 1.
        compiler: How its training is compiled.
        noise: Input noise, of which the fresh kind is added as batches are shown.
        strategy: A learning rule; the model's outputs are then logits.
        batch_size: How many examples are evaluated at a time where they are not treated apart.
    """

    def __init__(
        self,
        model: keras.Model,
        optimiser: keras.optimizers.Optimizer,
        loss: str | Spec,
        classes: int,
        compiler: Compiler,
        noise: GaussianNoise | None = None,
        strategy: Strategy | None = None,
        batch_size: int = 32,
    ) -> None:
        self.compiler, self._strategy = compiler, strategy
        self._clip = noise.clip if noise is not None else None
        self._loss = make_loss(loss, from_logits=strategy is not None)
        if compiler == "xla":
            model = rebuilt(model) or model
        self.model = model
        self._apart = self._loss.apart and treats_examples_apart(model, training=False)
        self._at_a_time = evaluated_at_a_time(model) if self._apart else batch_size
        self.optimiser = optimiser
        self.model.compile(optimizer=optimiser, loss=self._loss.compiled)
        optimiser.build(model.trainable_variables)
        self._one_hot = classes if self._loss.one_hot else 0
        # Padding would change what layers see that look at a batch as a whole: there each batch
        # size that occurs is compiled for itself. Graph mode takes any size.
        apart = self._loss.apart and treats_examples_apart(model, training=True)
        self._exact = compiler == "xla" and not apart
        self._padded = compiler == "xla" and apart
        if self._exact and strategy is not None and strategy.references:
            raise InputError(
                f"Received compiler=xla with {type(strategy).__name__} and layers that look at a "
                "batch as a whole; expected compiler=graph: its references are filled up there."
            )
        xla = compiler == "xla"
        self._train = tf.function(self._steps, jit_compile=xla, autograph=False)
        self._apply = self._optimiser_step
        if compiler == "graph+xla":
            # As separate operations each reads and writes all weights; by XLA one pass does.
            self._apply = tf.function(self._apply, jit_compile=True, autograph=False)
        self._predict = tf.function(self._look, jit_compile=xla, autograph=False)
        self._see = tf.function(self._features, jit_compile=xla, autograph=False)
        self._say = tf.function(self._logits, autograph=False, reduce_retracing=True)
        self.importance = Importance(model)

    def load(self, model: keras.Model, optimiser: keras.optimizers.Optimizer) -> None:
        """Start from the variables of a freshly built model and optimiser of the same kind."""
        for mine, fresh in zip(self.model.variables, model.variables, strict=True):
            mine.assign(fresh)
        self.load_optimiser(optimiser)
        self.model.stop_training = False

    def load_optimiser(self, optimiser: keras.optimizers.Optimizer) -> None:
        """Start from a fresh optimiser's variables, some of which may begin at the weights."""
        optimiser.build(self.model.trainable_variables)
        for mine, fresh in zip(self.optimiser.variables, optimiser.variables, strict=True):
            mine.assign(fresh)

    def remembers(self) -> bool:
        """Whether its steps go on with something that lies in no variable of network or optimiser.

        So it is where a layer draws without a seed of its own, or counts in a plain `tf.Variable`.
        """
        known = {id(each.value) for each in [*self.model.variables, *self.optimiser.variables]}
        for traced in self._train._list_all_concrete_functions():
            graph = traced.graph.as_graph_def()
            parts = [graph.node, *(each.node_def for each in graph.library.function)]
            drawn = any(node.op.startswith(DRAWS) for nodes in parts for node in nodes)
            if drawn or not {id(each) for each in traced.variables} <= known:
                return True
        return False

    def train(
        self,
        x: Inputs,
        y: tf.Tensor,
        batches: Batches,
        start: int,
        stop: int,
        state: MutableMapping[str, tf.Tensor] | None = None,
    ) -> tuple[float, float]:
        """Run steps `start` to `stop` (not included).

        Args:
            x: Inputs, float32 [n, ...].
            y: Labels, int32 [n].
            batches: The epoch's batches.
            start: First step.
            stop: Where to end.
            state: The strategy's arrays, changed as its steps change them.

        Returns:
            Sum over the examples shown of their batch's loss (penalties included), and how many
            were classified correctly at that moment (with dropout active), as `fit` counts.
        """
        total, correct = 0.0, 0.0
        if start == stop:  # a segment of few examples may have no step of its own
            return total, correct
        for first, last, width in self._pieces(batches.sizes, start, stop):
            indices = batches.indices[:, :width]
            span = (tf.constant(first), tf.constant(last))
            columns = {name: each[:, :width] for name, each in batches.columns.items()}
            other = batches.references
            references = (other.indices, other.sizes, (), other.columns) if other else ()
            shown = (indices, batches.sizes, batches.noise, columns)
            rows = (shown, batches.masks, references)
            try:
                *sums, changed = self._train(x, y, rows, *span, dict(state or {}))
            except tf.errors.InvalidArgumentError as error:
                if self.compiler == "xla" and "unsupported operations" in str(error):
                    raise InputError(
                        "Received compiler=xla with a network that has an operation which XLA does "
                        "not know here, as of rotated images; expected compiler=graph."
                    ) from error
                raise
            total, correct = total + float(sums[0]), correct + float(sums[1])
            if state is not None:
                state.update(changed)
        return total, correct

    def _pieces(self, sizes: tf.Tensor, start: int, stop: int) -> list[tuple[int, int, int | None]]:
        if not self._exact:
            return [(start, stop, None)]
        part = sizes.numpy()[start:stop]
        ends = [*(np.flatnonzero(np.diff(part)) + 1), len(part)]
        starts = [0, *ends[:-1]]
        return [
            (start + int(a), start + int(b), int(part[a]))
            for a, b in zip(starts, ends, strict=True)
        ]

    def predict(
        self,
        x: Inputs,
        y: tf.Tensor,
        indices: NDArray[np.int32],
        state: Mapping[str, tf.Tensor] | None = None,
        active: Active = (),
    ) -> Look:
        """Classify examples.

        Args:
            x: Inputs, float32 [n, ...].
            y: Labels, int32 [n].
            indices: Which examples, int32 [k].
            state: The strategy's arrays.
            active: With a scenario: masks and, int32 [n], each example's row of them. A loss of an
                example whose label is not active is over all outputs.
        """
        active = tuple(map(tf.constant, active))
        if not self._apart:
            return self._predict_in_batches(x, y, indices, dict(state or {}), active)
        rows = in_chunks(indices, self._at_a_time)
        predicted, losses, penalties = self._predict(x, y, rows, dict(state or {}), active)
        classes, each = (found.numpy().ravel()[: len(indices)] for found in (predicted, losses))
        return Look(classes, each, penalties.numpy().mean())

    def _predict_in_batches(
        self,
        x: Inputs,
        y: tf.Tensor,
        indices: NDArray[np.int32],
        state: dict[str, tf.Tensor],
        active: Active,
    ) -> Look:
        """As `predict`, in batches of their true size: as Keras' `evaluate`, loss included."""
        whole = len(indices) // self._at_a_time * self._at_a_time
        pieces = [indices[:whole].reshape(-1, self._at_a_time), indices[None, whole:]]
        looks = []
        for rows in pieces:
            if rows.size:
                classes, losses, penalties = self._predict(x, y, tf.constant(rows), state, active)
                weighted = rows.shape[1] * penalties.numpy().sum(dtype=np.float64)
                looks.append((classes.numpy().ravel(), losses.numpy().ravel(), weighted))
        predicted, each, penalty = zip(*looks, strict=True)
        return Look(np.concatenate(predicted), np.concatenate(each), sum(penalty) / len(indices))

    def check_features(self) -> None:
        """Refuse a network whose layers are not known one by one, and so its features.

        Raises:
            InputError: It is one.
        """
        if not clonable(self.model):
            raise InputError(
                f"Received a model of class {type(self.model).__name__} with herding or a strategy "
                "that reads features; expected a Sequential or functional one: its features are "
                "the inputs of its last layer."
            )

    def features(self, x: Inputs, indices: NDArray[np.int32]) -> NDArray[np.float32]:
        """What the network makes of examples just before its output layer.

        Args:
            x: Inputs, float32 [n, ...].
            indices: Which examples, int32 [k].

        Returns:
            float32 [k, d].
        """
        return self._of_each(self._see, x, indices)

    def logits(self, x: Inputs, indices: NDArray[np.int32]) -> NDArray[np.float32]:
        """What the network says of examples in evaluation, float32 [k, outputs]; see `features`."""
        return self._of_each(self._say, x, indices)

    def _of_each(self, made: Any, x: tf.Tensor, indices: NDArray[np.int32]) -> NDArray[np.float32]:
        seen = made(x, in_chunks(indices, self._at_a_time)).numpy()
        found: NDArray[np.float32] = seen.reshape(-1, seen.shape[-1])[: len(indices)]
        return found

    def losses(self, labels: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        """The loss of each example, without penalties.

        Args:
            labels: int32 [n].
            output: The network's, float32 [n, classes].

        Returns:
            float32 [n].
        """
        return self._loss.per_example(self._targets(labels), tf.cast(output, tf.float32))

    def _targets(self, labels: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(labels, self._one_hot) if self._one_hot else labels

    def _steps(
        self,
        x: Inputs,
        y: tf.Tensor,
        batches: tuple[Any, ...],
        start: tf.Tensor,
        stop: tf.Tensor,
        state: dict[str, tf.Tensor],
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        shown, masks, references = batches

        def step(
            i: tf.Tensor, total: tf.Tensor, correct: tf.Tensor, state: dict[str, tf.Tensor]
        ) -> tuple[Any, ...]:
            rows, size = self._rows(x, y, shown, masks, i)
            if self._strategy is None:
                output, loss = self._plain_step(rows, size)
            else:

                def others() -> list[list[tf.Tensor]]:
                    return self._reference_gradients(x, y, references, masks, i)

                output, loss, state = self._strategy_step(self._strategy, rows, size, state, others)
            labels = rows["labels"]
            hits = tf.equal(tf.argmax(output, axis=-1, output_type=labels.dtype), labels)
            hit = tf.reduce_sum(rows["mask"] * tf.cast(hits, x.dtype))
            return i + 1, total + loss * size, correct + hit, state

        zero = tf.zeros((), x.dtype)
        sums = tf.while_loop(lambda i, *_: i < stop, step, (start, zero, zero, state))
        return sums[1], sums[2], sums[3]

    def _rows(
        self, x: Inputs, y: tf.Tensor, shown: tuple[Any, ...], masks: Any, i: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """What a step shows, see `Strategy.loss`, and how many examples that is."""
        indices, sizes, noise, columns = shown

        def row(of: tf.Tensor) -> tf.Tensor:
            return of[i] if self.compiler == "xla" else of[i, : sizes[i]]

        chosen = row(indices)
        inputs, labels = gathered(x, chosen), tf.gather(y, chosen)
        if noise:
            inputs = self._with_noise(inputs, noise, i)
        there = tf.range(indices.shape[1] or 0) < sizes[i]
        mask = tf.cast(there, x.dtype) if self._padded else tf.ones((), x.dtype)
        rows = {"inputs": inputs, "labels": labels, "mask": mask}
        rows |= {name: row(each) for name, each in columns.items()}
        if self._strategy is not None:
            rows["mask"] *= tf.ones_like(labels, dtype=x.dtype)
            rows["off"] = tf.gather(masks, rows["active"]) if "active" in rows else 0.0
        return rows, tf.cast(sizes[i], x.dtype)

    def _penalties(self) -> list[tf.Tensor]:
        """What the network's layers add to the loss, each as Keras sums it up."""
        return [tf.cast(tf.reduce_sum(each), tf.float32) for each in self.model.losses]

    def _plain_step(
        self, rows: dict[str, tf.Tensor], size: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Outputs and loss of a batch, after which the weights are those of the next step."""
        inputs, labels, mask = rows["inputs"], rows["labels"], rows["mask"]
        weight = rows.get("weight")
        with tf.GradientTape() as tape:
            output = self.model(inputs, training=True)
            if self._padded:
                counted = mask if weight is None else mask * weight
                mean = tf.reduce_sum(counted * self.losses(labels, output)) / size
                loss = tf.add_n([mean, *self._penalties()])
            else:
                loss = self.model.compute_loss(inputs, self._targets(labels), output, weight)
            scaled = self.optimiser.scale_loss(loss)
        self._apply(tape.gradient(scaled, self.model.trainable_variables))
        return output, loss

    def _optimiser_step(self, gradients: list[tf.Tensor]) -> None:
        self.optimiser.apply(gradients, self.model.trainable_variables)

    def _strategy_step(
        self,
        strategy: Strategy,
        rows: dict[str, tf.Tensor],
        size: tf.Tensor,
        state: dict[str, tf.Tensor],
        others: Callable[[], list[list[tf.Tensor]]],
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor]]:
        """The same by a strategy, with the gradients of its references; also its arrays after."""
        with tf.GradientTape() as tape:
            logits, mean = self._data_loss(rows, size)
            mean = mean if strategy.cross_entropy else tf.zeros_like(mean)
            loss = tf.add_n([mean, *self._penalties()]) + strategy.loss(logits, rows, state)
        variables = self.model.trainable_variables
        # A lookup's gradient is of some rows: made whole, as it is where a strategy adds to it, or
        # the optimiser's steps would differ.
        data_gradients = [
            each if each is None else tf.convert_to_tensor(each)
            for each in tape.gradient(loss, variables)
        ]
        before = [tf.convert_to_tensor(each) for each in variables]
        gradients = strategy.gradients([data_gradients, *others()], before, state)
        self._apply(list(gradients))
        if strategy.overrides("after_step"):
            after = [tf.convert_to_tensor(each) for each in variables]
            changed = strategy.after_step(rows, logits, data_gradients, before, after, state)
            state = {**state, **changed}
        return logits + rows["off"], loss, state

    def _data_loss(
        self, rows: dict[str, tf.Tensor], size: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Logits of examples, and the mean of their losses by weight."""
        logits = self.model(rows["inputs"], training=True)
        losses = self.losses(rows["labels"], logits + rows["off"])
        weight = rows["mask"] * rows.get("weight", 1.0)
        return logits, tf.reduce_sum(weight * losses) / size

    def _reference_gradients(
        self, x: Inputs, y: tf.Tensor, references: tuple[Any, ...], masks: Any, step: tf.Tensor
    ) -> list[list[tf.Tensor]]:
        """Of a strategy with references their gradients, see `Strategy.gradients`."""
        if not references:
            return []
        variables, sizes = self.model.trainable_variables, references[1]

        def gradient(i: tf.Tensor) -> list[tf.Tensor]:
            rows, size = self._rows(x, y, references, masks, i)
            with tf.GradientTape() as tape:
                _, mean = self._data_loss(rows, size)
            found = tape.gradient(
                mean, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
            )
            return [tf.convert_to_tensor(each) for each in found]

        if self._strategy is not None and self._strategy.references == "tasks":
            over = tf.reduce_sum(tf.cast(sizes > 0, tf.int32))
            kinds = [tf.TensorSpec(each.shape, x.dtype) for each in variables]
            return [tf.map_fn(gradient, tf.range(over), fn_output_signature=kinds)]
        none = [tf.zeros(each.shape, x.dtype) for each in variables]
        found = tf.cond(sizes[step] > 0, lambda: gradient(step), lambda: none)
        return [[each[None] for each in found]]

    def _with_noise(
        self, inputs: tf.Tensor, noise: tuple[tf.Tensor, ...], step: tf.Tensor
    ) -> tf.Tensor:
        """A batch with its fresh noise, see `core.examples.input_noise.Fresh`."""
        pool, offsets = noise
        if self.compiler == "xla":
            # Of a plain slice XLA wants to know the place, and would compile again every epoch.
            # Of offsets[step, half : half + 1] it takes the first column for both, in a loop.
            size = math.prod(inputs.shape)
            places = [tf.reshape(offsets[step, half], [1]) for half in (0, 1)]
            stretches = [dynamic_slice(pool, place, [size]) for place in places]
        else:
            stretches = [tf.slice(pool, [offsets[step, i]], [tf.size(inputs)]) for i in (0, 1)]
        noisy = inputs + tf.reshape(tf.add_n(stretches), tf.shape(inputs))
        return noisy if self._clip is None else tf.clip_by_value(noisy, *self._clip)

    def _before_last_layer(self) -> keras.Model:
        return keras.Model(self.model.inputs, self.model.layers[-1].input)

    def _features(self, x: Inputs, indices: tf.Tensor) -> tf.Tensor:
        return self._through(self._before_last_layer(), x, indices)

    def _logits(self, x: Inputs, indices: tf.Tensor) -> tf.Tensor:
        return self._through(self.model, x, indices)

    def _through(self, network: Any, x: Inputs, indices: tf.Tensor) -> tf.Tensor:
        def chunk(chosen: tf.Tensor) -> tf.Tensor:
            found = tf.cast(network(gathered(x, chosen), training=False), x.dtype)
            return tf.reshape(found, (tf.shape(chosen)[0], -1))

        return tf.map_fn(chunk, indices, fn_output_signature=x.dtype)

    def _look(
        self,
        x: Inputs,
        y: tf.Tensor,
        indices: tf.Tensor,
        state: dict[str, tf.Tensor],
        active: Active,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        strategy = self._strategy
        scored = strategy is not None and strategy.overrides("scores")
        before = self._before_last_layer() if scored else None

        def chunk(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            inputs, labels = gathered(x, chosen), tf.gather(y, chosen)
            output, off = self.model(inputs, training=False), 0.0
            if active:
                masks, rows = active
                off = tf.gather(masks, tf.gather(rows, chosen))
                counted = tf.gather(off, labels[:, None], batch_dims=1) == 0
                losses = self.losses(labels, tf.where(counted, output + off, output))
            else:
                losses = self.losses(labels, output)
            penalty = tf.add_n([tf.zeros((), x.dtype), *self._penalties()])
            scores = output
            if strategy is not None and before is not None:
                features = tf.cast(before(inputs, training=False), x.dtype)
                scores = strategy.scores(features, output, state)
            return tf.argmax(scores + off, axis=-1, output_type=tf.int32), losses, penalty

        return tf.map_fn(chunk, indices, fn_output_signature=(tf.int32, x.dtype, x.dtype))
