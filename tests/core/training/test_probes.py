"""What is measured inside a network, against Keras and against NumPy by hand."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from core import (
    EvaluationPlan,
    HoldOut,
    Pretraining,
    Recipe,
    SymmetricLabelNoise,
    Trainer,
    spec,
)
from core.evaluation import MEASUREMENTS, stratified
from core.examples.preprocessing import preprocess
from core.random_streams import stream
from core.training import checkpoints
from core.training.build import fresh_model
from core.training.checkpoints import RunFiles
from core.training.compiled import Program
from core.training.probes import Probe
from data import InputError
from tests.core.by_hand import CLASSES, Weights, images, shown_to

BASE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8, 6), dropout=0.2, l2=0.01),
    split=HoldOut(size=0.2, where="random"),
    preprocessing=("scale",),
    optimiser=spec("SGD", learning_rate=0.1),
    batch_size=8,
    epochs=3,
    label_noise=SymmetricLabelNoise(0.2),
)
EVERYTHING = EvaluationPlan(measurements=MEASUREMENTS)


def conv(shape, classes):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Reshape((*shape, 1)),
            layers.Conv2D(5, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(4, 2, bias_initializer=keras.initializers.Constant(-0.1)),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def two_branches(shape, classes):
    """A functional network; a layer serves as the activation of another."""
    layers = keras.layers
    inputs = layers.Input(shape)
    flat = layers.Flatten()(inputs)
    one = layers.Dense(5, activation=layers.ReLU())(flat)
    other = layers.Dense(4, activation=layers.LeakyReLU())(flat)
    outputs = layers.Dense(classes, activation="softmax")(layers.concatenate([one, other]))
    return keras.Model(inputs, outputs)


def nested(shape, classes):
    layers = keras.layers
    inner = keras.Sequential(
        [layers.Input(shape), layers.Flatten(), layers.Dense(5, activation="relu"), layers.Dense(4)]
    )
    return keras.Sequential([layers.Input(shape), inner, layers.Dense(classes, "softmax")])


class Subclassed(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.hidden = keras.layers.Dense(5, activation="relu")
        self.out = keras.layers.Dense(classes, activation="softmax")
        self.flatten = keras.layers.Flatten()

    def call(self, inputs):
        return self.out(self.hidden(self.flatten(inputs)))


def subclassed(shape, classes):
    return Subclassed(classes)


MODELS = {
    "xla": BASE.model,
    "graph": BASE.model,
    "conv": spec(conv),
    "functional": spec(two_branches),
}


def recipe_of(name):
    return replace(
        BASE,
        model=MODELS[name],
        compiler="graph" if name == "graph" else "auto",
        evaluation=EVERYTHING,
    )


@pytest.fixture(scope="module")
def data():
    return images()


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.fixture(scope="module")
def measured(trainer, data):
    """A record of each network and its weights before training and after every epoch."""
    found = {}
    for name in MODELS:
        recipe, weights = recipe_of(name), Weights()
        record = trainer.train(recipe, 1, data, callbacks=[weights])
        model = fresh_model(recipe, 1, data)
        found[name] = record, model, [model.get_weights(), *weights.epochs]
    return found


def program_of(model, compiler="graph", loss="sparse_categorical_crossentropy"):
    program = Program(model, keras.optimizers.SGD(), loss, CLASSES, compiler)
    program.load(model, keras.optimizers.SGD())
    return program


# Gradients


@pytest.mark.parametrize("compiler", ["xla", "graph"])
def test_the_gradient_of_one_dense_layer_is_that_of_numpy_by_hand(compiler):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(70, 5)).astype(np.float32)
    y = rng.integers(0, CLASSES, 70)
    layers = keras.layers
    model = keras.Sequential([layers.Input((5,)), layers.Dense(CLASSES, activation="softmax")])
    kernel, bias = rng.normal(size=(5, CLASSES)), rng.normal(size=CLASSES)
    model.set_weights([kernel, bias])
    rows = np.arange(3, 60, dtype=np.int32)
    chosen = x[rows].astype(np.float64)
    outputs = np.exp(chosen @ kernel + bias)
    outputs /= outputs.sum(axis=1, keepdims=True)
    delta = (outputs - np.eye(CLASSES)[y[rows]]) / len(rows)
    expected = np.sqrt(np.square(chosen.T @ delta).sum() + np.square(delta.sum(axis=0)).sum())
    probe = Probe(program_of(model, compiler), ("gradient-norms",))
    found = probe.gradient_norms(tf.constant(x), tf.constant(y.astype(np.int32)), rows)
    assert found.dtype == np.float32
    assert found == pytest.approx([expected], rel=1e-5)
    size = np.sqrt(np.square(kernel).sum() + np.square(bias).sum())
    assert probe.weight_norms() == pytest.approx([size], rel=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_those_of_a_tape_over_the_training_part(name, measured, data):
    record, model, states = measured[name]
    x, _, labels = shown_to(recipe_of(name), 1, data)
    names = [layer.name for layer in model.layers if layer.trainable_weights]
    assert record.arrays["layers"].tolist() == names
    assert record.arrays["gradient_norms"].shape == (BASE.epochs + 1, len(names))
    for row, state in zip(record.arrays["gradient_norms"], states, strict=True):
        model.set_weights(state)
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(labels, model(x, training=False))
            loss = tf.reduce_mean(losses)
        gradients = dict(
            zip(
                (weight.path for weight in model.trainable_weights),
                tape.gradient(loss, model.trainable_weights),
                strict=True,
            )
        )
        expected = [
            np.linalg.norm(
                np.concatenate([gradients[w.path].numpy().ravel() for w in layer.trainable_weights])
            )
            for layer in model.layers
            if layer.trainable_weights
        ]
        assert row == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("compiler", ["xla", "graph"])
def test_of_many_examples_a_fixed_stratified_sample_is_taken(compiler):
    many = images(n=3100, m=10)
    recipe = replace(
        BASE,
        model=spec("linear"),
        label_noise=None,
        split=HoldOut(),
        epochs=1,
        compiler=compiler,
        evaluation=EvaluationPlan(sets=("test",), measurements=("gradient-norms",)),
    )
    record = Trainer().train(recipe, 0, many)
    sample = stratified(np.arange(3100, dtype=np.int32), many.y_train, 2000)
    x = preprocess(many, recipe.preprocessing, np.arange(3100))[sample].reshape(2000, -1)
    kernel, bias = fresh_model(recipe, 0, many).get_weights()
    outputs = np.exp(x @ kernel + bias)
    outputs /= outputs.sum(axis=1, keepdims=True)
    delta = (outputs - np.eye(CLASSES)[many.y_train[sample]]) / 2000
    expected = np.sqrt(np.square(x.T @ delta).sum() + np.square(delta.sum(axis=0)).sum())
    assert record.arrays["gradient_norms"][0] == pytest.approx([expected], rel=1e-4)


@pytest.mark.parametrize(("size", "expected"), [(1e-30, 0.0), (1e30, np.inf)])
def test_gradients_beyond_float32_are_0_or_not_finite_and_never_an_error(size, expected):
    layers = keras.layers
    model = keras.Sequential([layers.Input((4,))])
    for _ in range(3):
        model.add(layers.Dense(4, use_bias=False))
    model.add(layers.Dense(CLASSES, use_bias=False))
    for layer in model.layers:
        layer.set_weights([np.full(layer.kernel.shape, size)])
    probe = Probe(program_of(model, loss="mean_squared_error"), ("gradient-norms",))
    x, y = tf.ones((6, 4)), tf.zeros(6, tf.int32)
    norm = probe.gradient_norms(x, y, np.arange(6, dtype=np.int32))[0]
    assert norm == expected or (expected and np.isnan(norm))


# Weights and units


@pytest.mark.parametrize("name", MODELS)
def test_weight_norms_are_those_of_the_weights(name, measured):
    record, model, states = measured[name]
    for row, state in zip(record.arrays["weight_norms"], states, strict=True):
        model.set_weights(state)
        expected = [
            np.sqrt(sum(float((w.numpy() ** 2).sum()) for w in layer.trainable_weights))
            for layer in model.layers
            if layer.trainable_weights
        ]
        assert row == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "relus", "units"),
    [
        ("xla", ["activation", "activation_1"], [8, 6]),
        ("graph", ["activation", "activation_1"], [8, 6]),
        ("conv", ["conv2d", "re_lu"], [5, 4]),
        ("functional", ["dense"], [5]),
    ],
)
def test_dead_units_are_those_that_fire_for_no_training_example(name, relus, units, measured, data):
    record, model, states = measured[name]
    x = shown_to(recipe_of(name), 1, data).x
    assert record.arrays["relu_layers"].tolist() == relus
    assert record.arrays["relu_units"].tolist() == units
    assert record.arrays["dead_units"].dtype == np.int32
    seen = keras.Model(model.inputs[0], [model.get_layer(relu).output for relu in relus])
    for row, state in zip(record.arrays["dead_units"], states, strict=True):
        model.set_weights(state)
        outputs = tf.nest.flatten(seen(x, training=False))
        expected = []
        for output in outputs:
            highest = output.numpy().reshape(-1, output.shape[-1]).max(axis=0)
            expected.append(int((highest == 0).sum()))
        assert row.tolist() == expected


@pytest.mark.parametrize("compiler", ["xla", "graph"])
def test_a_unit_is_dead_only_if_no_example_at_all_fires_it(compiler):
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((1,)), layers.Dense(3, activation="relu"), layers.Dense(CLASSES, "softmax")]
    )
    # The first unit fires above .5, the second above 900.5, the third never.
    weights = [np.ones((1, 3)), np.array([-0.5, -900.5, -5000.0])]
    model.layers[0].set_weights(weights)
    x = tf.reshape(tf.range(5000, dtype=tf.float32), (-1, 1))
    probe = Probe(program_of(model, compiler), ("dead-units",))
    assert probe.relu_units == [3]
    assert probe.dead_units(x, np.arange(901, dtype=np.int32)).tolist() == [2]
    assert probe.dead_units(x, np.arange(902, dtype=np.int32)).tolist() == [1]
    assert probe.dead_units(x, np.array([0], dtype=np.int32)).tolist() == [3]
    assert probe.dead_units(x, np.arange(4200, dtype=np.int32)).tolist() == [1]


def test_a_network_without_a_relu_has_none_to_count(trainer, data):
    recipe = replace(
        BASE,
        model=spec("mlp", widths=(4,), activation="tanh"),
        evaluation=EvaluationPlan(measurements=("dead-units",)),
    )
    arrays = trainer.train(recipe, 0, data).arrays
    assert arrays["dead_units"].shape == (BASE.epochs + 1, 0)
    assert arrays["relu_layers"].tolist() == []


# Misclassified examples


def test_misclassified_examples_are_found_with_their_classes(measured, data):
    record, model, states = measured["xla"]
    model.set_weights(states[-1])
    x = preprocess(data, BASE.preprocessing, np.arange(len(data.x_train)))[len(data.x_train) :]
    predicted = model.predict(x, verbose=0).argmax(axis=1)
    wrong = np.flatnonzero(predicted != data.y_test)
    expected = np.stack([wrong, data.y_test[wrong], predicted[wrong]], axis=1)
    assert record.arrays["misclassified"].dtype == np.int32
    assert record.arrays["misclassified"].tolist() == expected.tolist()
    confusion = [e for e in record.evaluations if e.set == "test"][-1].confusion
    assert len(expected) == confusion.sum() - np.trace(confusion)


def test_predictions_are_of_the_whole_test_set_in_the_smallest_type(measured, data):
    arrays = measured["xla"][0].arrays
    true, predicted = arrays["predictions"]
    assert arrays["predictions"].dtype == np.uint8
    assert true.tolist() == data.y_test.tolist()
    wrong = np.flatnonzero(true != predicted)
    found = np.stack([wrong, true[wrong], predicted[wrong]], axis=1)
    assert found.tolist() == arrays["misclassified"].tolist()


def test_positions_are_in_the_file_also_where_the_validation_part_is_taken_from_it(trainer, data):
    recipe = replace(
        BASE,
        split=HoldOut(size=0.5, where="first", of="test"),
        evaluation=EvaluationPlan(measurements=("misclassified",)),
        epochs=1,
    )
    found = trainer.train(recipe, 0, data).arrays["misclassified"]
    assert len(found)
    assert (found[:, 0] >= 20).all()
    assert (data.y_test[found[:, 0]] == found[:, 1]).all()
    assert (found[:, 1] != found[:, 2]).all()


def test_they_are_those_of_the_weights_that_early_stopping_restored(trainer, data):
    # By `max` the first epoch counts as the best: the run stops and its weights come back.
    stopping = spec(
        "EarlyStopping", monitor="loss", mode="max", patience=2, restore_best_weights=True
    )
    recipe = replace(BASE, early_stopping=stopping, epochs=9, evaluation=EVERYTHING)
    record = trainer.train(recipe, 0, data)
    epochs = record.evaluations[-1].epoch
    assert epochs == 3
    assert all(len(record.arrays[name]) == epochs + 1 for name in ("gradient_norms", "dead_units"))
    confusion = [each for each in record.evaluations if each.set == "test"][-1].confusion
    assert "evaluated once more after the weights were restored" in map(str, record.notes)
    counted = np.zeros_like(confusion)
    for _, true, predicted in record.arrays["misclassified"]:
        counted[true, predicted] += 1
    assert (counted == confusion - np.diag(np.diag(confusion))).all()


# The training and its record


@pytest.mark.parametrize("name", MODELS)
def test_measuring_changes_nothing_else(name, measured, trainer, data):
    record, _, states = measured[name]
    weights = Weights()
    bare = replace(recipe_of(name), evaluation=EvaluationPlan())
    without = trainer.train(bare, 1, data, callbacks=[weights])
    assert without.arrays == {}
    assert without.history == record.history
    for a, b in zip(record.evaluations, without.evaluations, strict=True):
        assert a.loss == b.loss
        assert (a.confusion == b.confusion).all()
    for a, b in zip(states[-1], weights.last, strict=True):
        assert a.tobytes() == b.tobytes()


def test_only_what_is_asked_for_is_recorded(trainer, data):
    for name, expected in (
        ("weight-norms", {"layers", "weight_norms"}),
        ("dead-units", {"dead_units", "relu_layers", "relu_units"}),
        ("misclassified", {"misclassified"}),
        ("predictions", {"predictions"}),
    ):
        recipe = replace(BASE, epochs=1, evaluation=EvaluationPlan(measurements=(name,)))
        assert set(trainer.train(recipe, 0, data).arrays) == expected


def test_a_divergence_is_measured_to_its_end(trainer, data):
    recipe = replace(BASE, optimiser=spec("SGD", learning_rate=1e30), evaluation=EVERYTHING)
    record = trainer.train(recipe, 0, data)
    assert record.status == "diverged"
    norms = record.arrays["gradient_norms"]
    assert len(norms) == 2
    assert np.isfinite(norms[0]).all()
    assert not np.isfinite(norms[1]).all()


def test_epoch_0_is_after_a_pretraining(trainer, data):
    first = replace(BASE, label_noise=None, evaluation=EVERYTHING)
    then = replace(BASE, pretraining=Pretraining(epochs=BASE.epochs), evaluation=EVERYTHING)
    before, after = (trainer.train(recipe, 0, data).arrays for recipe in (first, then))
    assert (after["weight_norms"][0] == before["weight_norms"][-1]).all()


def test_a_run_that_was_interrupted_has_all_its_rows(trainer, data, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "LONG", 0.0)
    recipe = recipe_of("xla")
    undisturbed = trainer.train(recipe, 0, data)

    def interrupt(epoch):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train(recipe, 0, data, files=RunFiles(checkpoints=tmp_path), progress=interrupt)
    record = Trainer().train(recipe, 0, data, files=RunFiles(checkpoints=tmp_path))
    assert any("gone on with after epoch 1" in str(note) for note in record.notes)
    assert record.digest() == undisturbed.digest()


# What cannot be measured


def one_relu_twice(shape, classes):
    relu, i = keras.layers.ReLU(), keras.layers.Input(shape)
    x = relu(keras.layers.Dense(4)(keras.layers.Flatten()(i)))
    return keras.Model(i, keras.layers.Dense(classes, "softmax")(relu(keras.layers.Dense(5)(x))))


def test_a_relu_in_two_places_is_refused(trainer, data):
    plan = EvaluationPlan(measurements=("dead-units",))
    with pytest.raises(InputError, match=r"relu '.*' in several places"):
        trainer.check(replace(BASE, model=spec(one_relu_twice), evaluation=plan), data)


@pytest.mark.parametrize("build", [nested, subclassed])
def test_dead_units_out_of_reach_are_refused_before_anything_trains(build, trainer, data):
    recipe = replace(
        BASE, model=spec(build), evaluation=EvaluationPlan(measurements=("dead-units",))
    )
    for attempt in (trainer.check, lambda recipe, data: trainer.train(recipe, 0, data)):
        with pytest.raises(InputError, match="whose relus are layers of its own"):
            attempt(recipe, data)


@pytest.mark.parametrize(
    ("build", "layers"),
    [(nested, ["dense", "dense_1", "dense_2"]), (subclassed, ["dense", "dense_1"])],
)
def test_the_other_measurements_work_for_every_model(build, layers, trainer, data):
    plan = EvaluationPlan(measurements=("gradient-norms", "weight-norms", "misclassified"))
    recipe = replace(BASE, model=spec(build), evaluation=plan)
    trainer.check(recipe, data)
    arrays = trainer.train(recipe, 0, data).arrays
    assert arrays["layers"].tolist() == layers
    assert (arrays["gradient_norms"] > 0).all()


@pytest.mark.parametrize("wrong", [("gradients",), ("dead-units", "dead-units"), "dead-units"])
def test_unknown_measurements_are_refused(wrong):
    with pytest.raises(InputError, match="Received measurement"):
        EvaluationPlan(measurements=wrong)


def test_the_sample_has_nothing_of_the_validation_part(data):
    split = BASE.split(data.y_train, data.y_test, stream(0, "data"))
    assert set(stratified(split.train, data.y_train[split.train], 30)) <= set(split.train)
