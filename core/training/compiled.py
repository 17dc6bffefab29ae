"""The compiled program: a whole schedule of training steps in one call.

Keras' `fit` returns to Python after every step. Here a loop inside one compiled function
gathers each batch from arrays that stay where they are, and nothing Python happens per step.
The same batches from the same weights end in the same weights as `fit`.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.compiler.tf2xla.python.xla import dynamic_slice

from core.examples.input_noise import Fresh, GaussianNoise
from core.recipe import CALLBACK_SCHEDULES
from core.schedule.orders import Schedule
from core.spec import Spec
from core.training import lr_schedules
from data import InputError

# Under XLA a network of these kinds is several times faster and within 1e-6 of graph mode.
# Convolutions are slower there, and random layers draw from a slow generator or have no kernel.
XLA_LAYERS = {
    "Activation",
    "Dense",
    "Dropout",
    "ELU",
    "Flatten",
    "InputLayer",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
}
BLOCK = 64
"""Step counts are padded to multiples of this: a new shape would cost a compilation."""
CHUNK = 2000
"""Examples evaluated at a time, at most."""
LARGEST = 2**26
"""Bytes that one layer's outputs may take while examples are evaluated."""


class CountedDropout(keras.layers.Dropout):
    """Keras' Dropout with its mask from a counter-based generator (Threefry).

    Under XLA, Keras' own takes twenty times as long as the rest of the network. The share that
    is dropped, the scaling and the seed state are Keras'; which units are dropped differs.
    """

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drop and scale in training; pass on otherwise."""
        if not training or self.rate == 0:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        shape = tf.shape(inputs)
        if self.noise_shape is not None:
            shape = [shape[i] if n is None else n for i, n in enumerate(self.noise_shape)]
        drawn = tf.random.stateless_uniform(shape, seed=seed, dtype=inputs.dtype, alg="threefry")
        return tf.where(drawn >= self.rate, inputs / (1 - self.rate), tf.zeros_like(inputs))


# A model that a callback saves is loaded by plain Keras, as the layer that this stands for.
CountedDropout.__module__, CountedDropout.__name__ = "keras.layers", "Dropout"


def chosen_compiler(model: keras.Model, asked: str) -> Literal["xla", "graph"]:
    """`xla` where every layer is of a kind that gains by it, `graph` otherwise."""
    if asked == "auto":
        kinds = {type(layer) for layer in leaf_layers(model)}
        known = all(k.__name__ in XLA_LAYERS and k.__module__.startswith("keras.") for k in kinds)
        return "xla" if known and clonable(model) else "graph"
    return "xla" if asked == "xla" else "graph"


def leaf_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """All layers that hold no other layers, in the model's order."""
    return [layer for layer in model._flatten_layers(include_self=False) if not _children(layer)]


def _children(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    return list(layer._flatten_layers(include_self=False, recursive=False))


def evaluated_at_a_time(model: keras.Model) -> int:
    """How many examples a network is evaluated on at a time, by the size of its largest output.

    2,000 images of 96 x 96 take 9 GB in a network that begins with 32 filters, and more than
    twice as long as 64 of them at a time (8.0 against 3.6 s of processor time, n = 1). The number
    depends on the network alone, as the result's last bits may.

    Args:
        model: A network; one that does not tell its layers' outputs has `CHUNK`.

    Returns:
        A multiple of `BLOCK`, or `CHUNK`.
    """
    outputs = keras.tree.flatten([getattr(layer, "output", []) for layer in leaf_layers(model)])
    largest = max((4 * math.prod(each.shape[1:]) for each in outputs if None not in each.shape[1:]),
                  default=1)  # fmt: skip
    return min(CHUNK, max(LARGEST // largest // BLOCK, 1) * BLOCK)


def clonable(model: keras.Model) -> bool:
    """Whether its layers can be exchanged: a subclassed model's cannot."""
    return type(model).__name__ in ("Sequential", "Functional")


def structure(model: keras.Model) -> str | None:
    """What a network computes, as text: its layers without what only sets their first weights.

    Two models of one structure can share a compiled program. None where a model says it not
    completely: one that is subclassed, or that has layers of somebody's own.
    """
    own = all(type(layer).__module__.startswith("keras.") for layer in leaf_layers(model))
    if not own or not clonable(model):
        return None

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            starts = ("kernel_initializer", "bias_initializer")
            return {name: without(each) for name, each in value.items() if name not in starts}
        return [without(each) for each in value] if isinstance(value, list) else value

    return json.dumps(without(json.loads(model.to_json())), sort_keys=True)


def make_optimiser(optimiser: Spec, schedule: Spec | None) -> keras.optimizers.Optimizer:
    """A Keras optimiser by its name, with a schedule of Keras' or of Ebb's if there is one."""
    parameters = dict(optimiser.parameters)
    if schedule is not None and schedule.name not in CALLBACK_SCHEDULES:
        module = lr_schedules if schedule.name in lr_schedules.OWN else keras.optimizers.schedules
        parameters["learning_rate"] = make(
            schedule, module, keras.optimizers.schedules.LearningRateSchedule
        )
    return make(optimiser, keras.optimizers, keras.optimizers.Optimizer, parameters)


def in_one_line(error: Exception) -> str:
    """What Keras has to say of a wrong call, without colours and lists of arguments."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received by")[0]
    return " ".join(text.split())


def make(what: Spec, module: Any, kind: type, parameters: dict[str, Any] | None = None) -> Any:
    """The Keras object that a recipe names, or an `InputError` that says what was wrong."""
    found = getattr(module, what.name, None)
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise InputError(
            f"Received {what.name!r}; expected a class of keras.{module.__name__.split('.')[-1]} "
            f"by its Keras name."
        )
    arguments = dict(what.parameters) if parameters is None else parameters
    try:
        return found(**{k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items()})
    except (TypeError, ValueError) as error:
        reason = in_one_line(error)
        raise InputError(
            f"Received {what.name} with {json.dumps(dict(what.parameters))}; {reason}"
        ) from None


class Program:
    """A model and its optimiser, compiled to run schedules.

    One program serves any number of runs: `load` puts fresh variables in place.

    Args:
        model: A Keras model that ends in one output per class.
        optimiser: Keras optimiser, not shared with another model.
        loss: Keras loss by name.
        classes: Number of classes; labels are 0 to `classes` - 1.
        compiler: `xla` or `graph`.
        noise: Input noise, of which the fresh kind is added as batches are shown.
    """

    def __init__(
        self,
        model: keras.Model,
        optimiser: keras.optimizers.Optimizer,
        loss: str,
        classes: int,
        compiler: Literal["xla", "graph"],
        noise: GaussianNoise | None = None,
    ) -> None:
        self.compiler = compiler
        self._clip = noise.clip if noise is not None else None
        self._losses = _loss_per_example(loss)
        if compiler == "xla" and clonable(model):
            model = keras.models.clone_model(model, clone_function=_counted)
        self.model = model
        self._at_a_time = evaluated_at_a_time(model)
        self.optimiser = optimiser
        self.model.compile(optimizer=optimiser, loss=loss)
        optimiser.build(model.trainable_variables)
        self._one_hot = classes if not loss.startswith("sparse") else 0
        # Padding would change what a batch normalisation sees: there each batch size that
        # occurs is compiled for itself. Graph mode takes any size.
        kinds = {type(layer).__name__ for layer in leaf_layers(model)}
        self._exact = compiler == "xla" and "BatchNormalization" in kinds
        xla = compiler == "xla"
        self._train = tf.function(self._steps, jit_compile=xla, autograph=False)
        self._predict = tf.function(self._look, jit_compile=xla, autograph=False)
        self._see = tf.function(self._features, jit_compile=xla, autograph=False)

    def load(self, model: keras.Model, optimiser: keras.optimizers.Optimizer) -> None:
        """Start from the variables of a freshly built model and optimiser of the same kind."""
        optimiser.build(model.trainable_variables)
        pairs = zip(
            [*self.model.variables, *self.optimiser.variables],
            [*model.variables, *optimiser.variables],
            strict=True,
        )
        for mine, fresh in pairs:
            mine.assign(fresh)
        self.model.stop_training = False

    def train(
        self, x: tf.Tensor, y: tf.Tensor, batches: "Batches", start: int, stop: int
    ) -> tuple[float, float]:
        """Run steps `start` to `stop` (not included).

        Args:
            x: Inputs, float32 [n, ...].
            y: Labels, int32 [n].
            batches: The epoch's batches.
            start: First step.
            stop: Where to end.

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
            sums = self._train(x, y, indices, batches.sizes, *span, batches.noise)
            total, correct = total + float(sums[0]), correct + float(sums[1])
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
        self, x: tf.Tensor, y: tf.Tensor, indices: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], float]:
        """Classify examples.

        Args:
            x: Inputs, float32 [n, ...].
            y: Labels, int32 [n].
            indices: Which examples, int32 [k].

        Returns:
            The predicted classes, int32 [k], and the mean loss, penalties included.
        """
        rows = _in_chunks(indices, self._at_a_time)
        predicted, losses, penalties = self._predict(x, y, rows)
        mean = losses.numpy().ravel()[: len(indices)].mean(dtype=np.float64)
        return predicted.numpy().ravel()[: len(indices)], float(mean + penalties.numpy().mean())

    def check_features(self) -> None:
        """Refuse a network whose layers are not known one by one, and so its features.

        Raises:
            InputError: It is one.
        """
        if not clonable(self.model):
            raise InputError(
                f"Received a model of class {type(self.model).__name__} with herding; expected a "
                "Sequential or functional one: herding reads the inputs of its last layer."
            )

    def features(self, x: tf.Tensor, indices: NDArray[np.int32]) -> NDArray[np.float32]:
        """What the network makes of examples just before its output layer.

        Args:
            x: Inputs, float32 [n, ...].
            indices: Which examples, int32 [k].

        Returns:
            float32 [k, d].
        """
        seen = self._see(x, _in_chunks(indices, self._at_a_time)).numpy()
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
        return self._losses(self._targets(labels), output)

    def _targets(self, labels: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(labels, self._one_hot) if self._one_hot else labels

    def _steps(
        self,
        x: tf.Tensor,
        y: tf.Tensor,
        indices: tf.Tensor,
        sizes: tf.Tensor,
        start: tf.Tensor,
        stop: tf.Tensor,
        noise: tuple[tf.Tensor, ...],
    ) -> tuple[tf.Tensor, tf.Tensor]:
        padded = self.compiler == "xla" and not self._exact
        place = tf.range(indices.shape[1] or 0)

        def step(i: tf.Tensor, total: tf.Tensor, correct: tf.Tensor) -> tuple[tf.Tensor, ...]:
            size = tf.cast(sizes[i], x.dtype)
            chosen = indices[i] if self.compiler == "xla" else indices[i, : sizes[i]]
            inputs, labels = tf.gather(x, chosen), tf.gather(y, chosen)
            if noise:
                inputs = self._with_noise(inputs, noise, i)
            weight = tf.cast(place < sizes[i], x.dtype) if padded else tf.ones((), x.dtype)
            with tf.GradientTape() as tape:
                output = self.model(inputs, training=True)
                targets = self._targets(labels)
                if padded:
                    mean = tf.reduce_sum(weight * self._losses(targets, output)) / size
                    loss = tf.add_n([mean, *self.model.losses])
                else:
                    loss = self.model.compute_loss(inputs, targets, output)
            variables = self.model.trainable_variables
            self.optimiser.apply(tape.gradient(loss, variables), variables)
            hits = tf.equal(tf.argmax(output, axis=-1, output_type=labels.dtype), labels)
            hit = tf.reduce_sum(weight * tf.cast(hits, x.dtype))
            return i + 1, total + loss * size, correct + hit

        zero = tf.zeros((), x.dtype)
        sums = tf.while_loop(lambda i, *_: i < stop, step, (start, zero, zero))
        return sums[1], sums[2]

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

    def _features(self, x: tf.Tensor, indices: tf.Tensor) -> tf.Tensor:
        before = keras.Model(self.model.inputs, self.model.layers[-1].input)

        def chunk(chosen: tf.Tensor) -> tf.Tensor:
            return tf.reshape(before(tf.gather(x, chosen), training=False), (indices.shape[1], -1))

        return tf.map_fn(chunk, indices, fn_output_signature=x.dtype)

    def _look(
        self, x: tf.Tensor, y: tf.Tensor, indices: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        def chunk(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            output = self.model(tf.gather(x, chosen), training=False)
            losses = self.losses(tf.gather(y, chosen), output)
            penalty = tf.add_n([tf.zeros((), x.dtype), *self.model.losses])
            return tf.argmax(output, axis=-1, output_type=tf.int32), losses, penalty

        return tf.map_fn(chunk, indices, fn_output_signature=(tf.int32, x.dtype, x.dtype))


class Batches:
    """A schedule as the program takes it: one row of positions per step, padded.

    Args:
        schedule: The epoch's schedule.
        examples: Where the schedule's positions lie in the arrays, int32 [n].
        batch_size: The largest batch that can occur.
        noise: Fresh noise for the schedule's steps.
    """

    def __init__(
        self,
        schedule: Schedule,
        examples: NDArray[np.int32],
        batch_size: int,
        noise: Fresh | None = None,
    ) -> None:
        steps = len(schedule.batch_sizes)
        rows = np.zeros((-(-steps // BLOCK) * BLOCK, batch_size), dtype=np.int32)
        sizes = np.zeros(len(rows), dtype=np.int32)
        sizes[:steps] = schedule.batch_sizes
        rows[np.arange(batch_size) < sizes[:, None]] = examples[schedule.indices]
        self.steps = steps
        self.indices = tf.constant(rows)
        self.sizes = tf.constant(sizes)
        self.noise: tuple[tf.Tensor, ...] = ()
        if noise is not None:
            offsets = np.zeros((len(rows), 2), dtype=np.int32)
            offsets[:steps] = noise.offsets
            self.noise = (tf.constant(noise.pool), tf.constant(offsets))


def _in_chunks(indices: NDArray[np.int32], largest: int) -> tf.Tensor:
    """Positions in rows of equal length, the last one padded with 0; int32 [rows, length]."""
    # Sets that are nearly of one size have one shape: another would cost a compilation.
    length = min(largest, -(-len(indices) // BLOCK) * BLOCK)
    padded = np.zeros(-(-len(indices) // length) * length, dtype=np.int32)
    padded[: len(indices)] = indices
    return tf.constant(padded.reshape(-1, length))


def _loss_per_example(name: str) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """A Keras loss function, which returns a loss for each example."""
    try:
        found = keras.losses.get(name)
    except (TypeError, ValueError):
        found = None
    if found is None or isinstance(found, keras.losses.Loss):
        raise InputError(
            f"Received loss {name!r}; expected the name of a Keras loss function, such as "
            "sparse_categorical_crossentropy."
        )
    function: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = found
    return function


def _counted(layer: keras.layers.Layer) -> keras.layers.Layer:
    if type(layer) is keras.layers.Dropout:
        return CountedDropout.from_config(layer.get_config())
    return layer.__class__.from_config(layer.get_config())


def seed_generators(layers: Sequence[keras.layers.Layer]) -> list[tuple[str, Any]]:
    """The seed state of every random layer with the name of the stream that it draws from."""
    return [
        ("dropout" if "Dropout" in type(layer).__name__ else "augmentation", generator.state)
        for layer in layers
        for generator in getattr(layer, "_seed_generators", [])
    ]
