"""Networks, losses and optimisers as they are in the field, against Keras' `fit` and `evaluate`."""

from dataclasses import replace

import keras
import pytest
import tensorflow as tf
from keras import layers, regularizers

from core import Trainer, spec
from core.training import checkpoints
from core.training.build import make_optimiser
from core.training.checkpoints import RunFiles
from data import InputError
from tests.core.training.against_fit import (
    by_ebb,
    by_keras,
    hundred_points,
    plain,
    recipe_of,
    stack,
)


@pytest.fixture(scope="module")
def points():
    return hundred_points()


class Penalty(layers.Layer):
    def call(self, x):
        self.add_loss(0.1 * keras.ops.mean(keras.ops.sum(keras.ops.square(x), axis=-1)))
        return x


class Centred(layers.Layer):
    """What it makes of an example depends on the others of its batch."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=0, keepdims=True)


def wave(x):
    return keras.ops.sin(3.0 * x)


def over_the_batch(x):
    return x - keras.ops.mean(x, axis=0)


def activity_l2(shape, classes):
    return stack(shape, classes, layers.Dense(8, activity_regularizer=regularizers.L2(0.01)))


def activity_layer(shape, classes):
    return stack(shape, classes, layers.ActivityRegularization(l1=0.01))


def penalty(shape, classes):
    return stack(shape, classes, Penalty())


def centred(shape, classes):
    return stack(shape, classes, Centred())


class Sums(layers.Layer):
    """Adds an array to the loss, which Keras sums up."""

    def call(self, x):
        self.add_loss(0.01 * keras.ops.square(x))
        return x


def sums(shape, classes):
    return stack(shape, classes, Sums())


def own_activation(shape, classes):
    return stack(shape, classes, layers.Dense(8, activation=wave))


def own_activation_over_the_batch(shape, classes):
    return stack(shape, classes, layers.Dense(8, activation=over_the_batch))


def lambda_layer(shape, classes):
    return stack(shape, classes, layers.Lambda(over_the_batch))


def own_regulariser(shape, classes):
    def small(weights):
        return 0.01 * tf.nn.l2_loss(weights)

    return stack(shape, classes, layers.Dense(8, kernel_regularizer=small))


def own_constraint(shape, classes):
    def bounded(weights):
        return keras.ops.clip(weights, -0.3, 0.3)

    return stack(shape, classes, layers.Dense(8, kernel_constraint=bounded))


def own_initialiser(shape, classes):
    def ninths(shape, dtype=None):
        return keras.ops.ones(shape, dtype) / 9

    return stack(shape, classes, layers.Dense(8, kernel_initializer=ninths))


def batch_normalised(shape, classes):
    return stack(shape, classes, layers.BatchNormalization(momentum=0.8))


def layer_normalised(shape, classes):
    return stack(shape, classes, layers.LayerNormalization())


def softmax_over_the_batch(shape, classes):
    return stack(shape, classes, layers.Softmax(axis=0))


def functional(shape, classes):
    i = layers.Input(shape)
    h = layers.Dense(16, "tanh")(i)
    return keras.Model(i, layers.Dense(classes, "softmax")(layers.Concatenate()([h, i])))


def subclassed(shape, classes):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.last = layers.Dense(16, "relu"), layers.Dense(classes, "softmax")

        def call(self, x):
            return self.last(self.first(x))

    return Own()


def subclassed_over_the_batch(shape, classes):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.last = layers.Dense(16, "relu"), layers.Dense(classes, "softmax")

        def call(self, x):
            return self.last(over_the_batch(self.first(x)))

    return Own()


def half_to_the_end(shape, classes):
    last = layers.Dense(classes, activation="softmax", dtype="mixed_bfloat16")
    return keras.Sequential([layers.Input(shape), layers.Dense(16, "relu"), last])


NETWORKS = (
    sums,
    *(plain, activity_l2, activity_layer, penalty, centred, own_activation),
    *(own_activation_over_the_batch, lambda_layer, own_regulariser, own_constraint),
    *(own_initialiser, batch_normalised, layer_normalised, softmax_over_the_batch, functional),
    *(subclassed, subclassed_over_the_batch, half_to_the_end),
)
QUICK = ("sums", "activity_l2", "penalty", "own_activation", "half_to_the_end")
QUICK_XLA = ("penalty",)
"""In `make test`; the others in `make test-all`."""
OPTIMISERS = {
    "scaled": spec("SGD", learning_rate=0.05, loss_scale_factor=1024.0),
    "averaged": spec("SGD", learning_rate=0.05, use_ema=True, ema_momentum=0.9),
    "clipped": spec("Adam", learning_rate=0.01, clipnorm=0.1),
    "decayed": spec("AdamW", learning_rate=0.01, weight_decay=0.1),
    "accumulated": spec("SGD", learning_rate=0.05, gradient_accumulation_steps=3),
    "lion": spec("Lion", learning_rate=0.001),
    "nadam": spec("Nadam", learning_rate=0.01),
    "rmsprop": spec("RMSprop", learning_rate=0.01, momentum=0.5, centered=True),
}


@pytest.mark.parametrize(
    ("network", "compiler"),
    [
        pytest.param(
            network,
            compiler,
            id=f"{compiler}-{network.__name__}",
            marks=() if network.__name__ in quick else pytest.mark.slow,
        )
        for compiler, quick in (("graph", QUICK), ("xla", QUICK_XLA))
        for network in NETWORKS
    ],
)
def test_a_network_ends_where_fit_does_and_is_evaluated_as_by_evaluate(network, compiler, points):
    recipe, bound = recipe_of(network), 2e-6
    if compiler == "xla":
        # Sines of large sums double a rounding at every step: one epoch of them. XLA keeps
        # float32 between operations that are said to be in bfloat16.
        recipe = replace(recipe, epochs=1 if network is own_activation else 3)
        bound = 1e-3 if network is half_to_the_end else 1e-5
    found, _ = by_ebb(recipe, points, compiler)
    assert found == pytest.approx(by_keras(recipe, points), rel=bound)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("compiler", ["graph", "xla"])
def test_an_optimiser_is_called_as_fit_calls_it(name, compiler, points):
    recipe = recipe_of(optimiser=OPTIMISERS[name])
    expected = by_keras(recipe, points)
    found, _ = by_ebb(recipe, points, compiler)
    assert found == pytest.approx(expected, rel=2e-6 if compiler == "graph" else 1e-5)


def test_the_best_of_averaged_weights_are_restored_as_by_fit(points):
    stopping = {"monitor": "test_loss", "patience": 1, "restore_best_weights": True}
    averaged = spec("SGD", learning_rate=0.5, use_ema=True, ema_momentum=0.999)
    recipe = recipe_of(optimiser=averaged, early_stopping=spec("EarlyStopping", **stopping))
    best = keras.callbacks.EarlyStopping(**stopping | {"monitor": "val_loss"})
    expected = by_keras(recipe, points, [best])
    assert by_ebb(recipe, points, "graph")[0] == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("factor", [2.0, pytest.param(1024.0, marks=pytest.mark.slow)])
def test_loss_scaling_changes_nothing_in_float32(factor, points):
    unscaled = spec("SGD", learning_rate=0.05)
    scaled = spec("SGD", learning_rate=0.05, loss_scale_factor=factor)
    for compiler in ("graph", "xla"):
        found = [by_ebb(recipe_of(optimiser=o), points, compiler)[0] for o in (unscaled, scaled)]
        assert found[0] == found[1]


def test_functions_of_ones_own_are_trained_in_graph_mode_and_said_to_be(points):
    _, record = by_ebb(recipe_of(own_activation), points)
    said = [str(note) for note in record.notes]
    assert said[0] == "compiled: graph"
    assert said[1].startswith("in graph mode for the functions of one's own")
    _, record = by_ebb(recipe_of(plain), points)
    assert [str(note) for note in record.notes] == ["compiled: xla"]


def two_outputs(shape, classes):
    i = layers.Input(shape)
    return keras.Model(i, [layers.Dense(classes, "softmax")(i), layers.Dense(1)(i)])


def named_outputs(shape, classes):
    i = layers.Input(shape)
    return keras.Model(i, {"classes": layers.Dense(classes, "softmax")(i)})


def nothing(shape, classes):
    stack(shape, classes)


def logits(shape, classes):
    return keras.Sequential([layers.Input(shape), layers.Dense(classes)])


def sigmoids(shape, classes):
    return keras.Sequential([layers.Input(shape), layers.Dense(classes, "sigmoid")])


def own_step(method):
    def network(shape, classes):
        own = {method: lambda self, *args, **kwargs: {"loss": 0.0}}
        i = layers.Input(shape)
        return type("Own", (keras.Model,), own)(i, layers.Dense(classes, "softmax")(i))

    network.__name__ = network.__qualname__ = f"own_{method}"
    return network


own_train_step = own_step("train_step")
own_test_step = own_step("test_step")
own_compute_loss = own_step("compute_loss")


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (two_outputs, "with 2 outputs; expected one output for each class"),
        (named_outputs, "with <class 'dict'>; expected one output"),
        (nothing, "returns NoneType; expected a function that returns a Keras model"),
        (logits, "are no probabilities"),
        (sigmoids, "are no probabilities"),
        (own_train_step, "a train_step of its own"),
        (own_test_step, "a test_step of its own"),
        (own_compute_loss, "a compute_loss of its own"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_trains(network, says, points):
    with pytest.raises(InputError, match=says) as refused:
        Trainer().check(recipe_of(network), points)
    assert "\n" not in str(refused.value)


def with_a_layer_of_no_use(shape, classes):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.unused, self.last = layers.Dense(3), layers.Dense(classes, "softmax")

        def build(self, shape):
            self.last.build(shape)

        def call(self, x):
            return self.last(x)

    return Own()


def test_a_layer_may_be_there_and_never_be_called(points):
    assert by_ebb(recipe_of(with_a_layer_of_no_use), points)[1].status == "finished"


def turned(shape, classes):
    image = [layers.Reshape((*shape, 1, 1)), layers.RandomRotation(0.1), layers.Flatten()]
    return keras.Sequential(
        [layers.Input(shape), *image, layers.Dense(classes, activation="softmax")]
    )


def test_an_operation_that_xla_does_not_know_is_refused_in_one_line(points):
    with pytest.raises(InputError, match=r"compiler=xla .* expected compiler=graph") as refused:
        by_ebb(recipe_of(turned), points, "xla")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("rate", [-1, -0.1, True, "fast", float("nan")])
def test_a_rate_that_is_none_is_refused_and_a_whole_one_is_taken(rate):
    assert make_optimiser(spec("SGD", learning_rate=1), None).learning_rate == 1
    with pytest.raises(InputError, match="expected a number of 0 or more"):
        make_optimiser(spec("SGD", learning_rate=rate), None)


def test_an_optimiser_around_an_optimiser_is_refused_in_one_line(points):
    around = spec("LossScaleOptimizer", inner_optimizer="sgd")
    with pytest.raises(InputError, match="LossScaleOptimizer") as refused:
        Trainer().check(recipe_of(optimiser=around), points)
    assert "\n" not in str(refused.value)


class Masked(layers.Layer):
    """A fixed random half of the inputs, drawn when the layer is made."""

    def build(self, shape):
        self.mask = keras.ops.cast(keras.random.uniform((shape[-1],)) < 0.5, "float32")

    def call(self, x):
        return x * self.mask


class Unseeded(layers.Layer):
    def call(self, x, training=False):
        return x + keras.random.normal(keras.ops.shape(x)) if training else x


class Counting(layers.Layer):
    """What it does depends on how often it was called, which no variable of Keras says."""

    def __init__(self):
        super().__init__()
        self.count = tf.Variable(0.0)

    def call(self, x, training=False):
        if training:
            self.count.assign_add(1.0)
        return x * (1 + 0.1 * self.count)


def masked(shape, classes):
    return stack(shape, classes, Masked())


def unseeded(shape, classes):
    return stack(shape, classes, Unseeded())


def counting(shape, classes):
    return stack(shape, classes, Counting())


def drawn_constant(shape, classes):
    weights = keras.random.normal((16, 8))
    return stack(shape, classes, layers.Lambda(lambda x: x @ weights))


def unfitting_constant(shape, classes):
    return stack(shape, classes, layers.Lambda(lambda x: x @ tf.ones((3, 8))))


def test_an_operation_that_does_not_fit_is_refused_in_one_line(points):
    with pytest.raises(InputError, match="incompatible") as caught:
        Trainer().check(recipe_of(unfitting_constant), points)
    assert "\n" not in str(caught.value)


def drawn_scale(shape, classes):
    return stack(shape, classes, layers.Rescaling(float(keras.random.uniform(()))))


@pytest.mark.parametrize("build", [masked, unseeded, counting, drawn_constant, drawn_scale])
def test_what_own_parts_hold_is_that_of_their_own_run(build, points):
    recipe = recipe_of(build)
    shared = Trainer()
    digests = [shared.train(recipe, seed, points).digest() for seed in (0, 1)]
    assert digests[1] == Trainer().train(recipe, 1, points).digest()
    assert len(shared._programs) == 1 + (build is drawn_scale)
    assert len(shared._probes) == len(shared._programs)


def test_networks_of_keras_own_layers_are_compiled_once_for_all_seeds(points):
    shared = Trainer()
    for seed in (0, 1):
        shared.train(recipe_of(batch_normalised), seed, points)
        (program,) = shared._programs.values()
        assert program is next(iter(shared._probes))[0]
    first = program
    shared.train(recipe_of(batch_normalised), 2, points)
    assert list(shared._programs.values()) == [first]


@pytest.mark.parametrize("build", [unseeded, counting])
def test_where_a_network_remembers_more_than_its_variables_a_run_begins_anew(
    build, points, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoints, "LONG", 0.0)
    recipe, files = recipe_of(build), RunFiles(checkpoints=tmp_path)

    def stop(done):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer().train(recipe, 0, points, files=files, progress=stop)
    again = Trainer().train(recipe, 0, points, files=files)
    assert again.digest() == Trainer().train(recipe, 0, points).digest()
