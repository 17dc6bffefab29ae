"""Losses as they are named in the field, against Keras' `fit` and `evaluate`."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from core import AugmentedCopy, HoldOut, Trainer, spec
from core.overrides import replaced
from core.recipe import Recipe
from core.training.preparation import prepare
from data import Dataset, InputError
from tests.core.training.against_fit import by_ebb, by_keras, hundred_points, plain, recipe_of


@pytest.fixture(scope="module")
def points():
    return hundred_points()


def logits(shape, classes):
    return keras.Sequential([layers.Input(shape), layers.Dense(16, "relu"), layers.Dense(classes)])


def sigmoids(shape, classes):
    ends = layers.Dense(classes, "sigmoid")
    return keras.Sequential([layers.Input(shape), layers.Dense(16, "relu"), ends])


def generalised(y, output, q=0.7):
    """Zhang and Sabuncu 2018, of one-hot rows."""
    return (1 - keras.ops.sum(y * output, axis=-1) ** q) / q


def sparse_squares(y, output):
    rows = keras.ops.one_hot(keras.ops.cast(y, "int32"), 3)
    return keras.ops.sum(keras.ops.square(rows - output), axis=-1)


def of_the_batch(y, output):
    return keras.ops.max(keras.ops.sum(keras.ops.square(y - output), axis=-1))


class Smoothed(keras.losses.Loss):
    def __init__(self, by=0.1, **more):
        super().__init__(**more)
        self.by = by

    def call(self, y, output):
        return keras.losses.categorical_crossentropy(y, output, label_smoothing=self.by)


LOSSES = {
    "logits": (logits, spec("SparseCategoricalCrossentropy", from_logits=True)),
    "a class left out": (plain, spec("SparseCategoricalCrossentropy", ignore_class=1)),
    "smoothed": (plain, spec("CategoricalCrossentropy", label_smoothing=0.1)),
    "smoothed logits": (
        logits,
        spec("categorical_crossentropy", from_logits=True, label_smoothing=0.2),
    ),
    "sum": (plain, spec("SparseCategoricalCrossentropy", reduction="sum")),
    "focal": (plain, spec("CategoricalFocalCrossentropy", gamma=3.0)),
    "binary": (sigmoids, "binary_crossentropy"),
    "binary logits": (logits, spec("BinaryCrossentropy", from_logits=True)),
    "squares": (plain, "mean_squared_error"),
    "huber": (logits, spec("Huber", delta=0.5)),
    "hinge": (logits, "categorical_hinge"),
    "divergence": (plain, "kl_divergence"),
    "cosine": (plain, "CosineSimilarity"),
    "dice": (plain, "dice"),
    "tversky": (plain, spec("Tversky", alpha=0.3, beta=0.7)),
    "own": (plain, spec(generalised)),
    "own with a parameter": (plain, spec(generalised, q=0.5)),
    "own of labels": (plain, spec(sparse_squares)),
    "own of the batch": (plain, spec(of_the_batch)),
    "own class": (plain, spec(Smoothed, by=0.3)),
}
GRAPH, XLA = (pytest.param(name, marks=pytest.mark.slow) for name in ("graph", "xla"))
QUICK = ("logits", "own of the batch")


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in LOSSES]
)
@pytest.mark.parametrize("compiler", ["graph", "xla"])
def test_a_loss_is_trained_as_by_fit_and_evaluated_as_by_evaluate(name, compiler, points):
    network, loss = LOSSES[name]
    recipe = recipe_of(network, loss=loss, optimiser=spec("SGD", learning_rate=0.02))
    expected, (found, _) = by_keras(recipe, points), by_ebb(recipe, points, compiler)
    assert found == pytest.approx(expected, rel=2e-6 if compiler == "graph" else 1e-5)


@pytest.mark.parametrize("compiler", ["graph", XLA])
def test_classes_count_in_the_loss_as_in_fit(compiler, points):
    recipe = recipe_of(class_weight=(1.0, 5.0, 0.5))
    expected = by_keras(recipe, points, class_weight={0: 1.0, 1: 5.0, 2: 0.5})
    found, _ = by_ebb(recipe, points, compiler)
    assert found == pytest.approx(expected, rel=2e-6 if compiler == "graph" else 1e-5)
    assert found != pytest.approx(by_ebb(recipe_of(), points, compiler)[0], rel=1e-3)


@pytest.mark.parametrize("compiler", [GRAPH, "xla"])
def test_examples_count_in_the_loss_as_in_fit(compiler, points):
    weights = np.random.default_rng(0).uniform(0, 3, size=len(points.y_train))
    weighted = with_arrays(points, weights_train=weights)
    assert weighted.checksum != points.checksum
    expected = by_keras(recipe_of(), weighted)
    found, _ = by_ebb(recipe_of(), weighted, compiler)
    assert found == pytest.approx(expected, rel=2e-6 if compiler == "graph" else 1e-5)
    assert found != pytest.approx(by_ebb(recipe_of(), points, compiler)[0], rel=1e-3)


def test_a_copy_counts_as_much_as_its_original(points):
    weights = np.arange(len(points.y_train), dtype="f4")
    recipe = recipe_of(augmented_copy=AugmentedCopy(shift=0), split=HoldOut(size=10, where="first"))
    images = with_arrays(points, weights_train=weights, **as_images(points))
    prepared = prepare(recipe, 0, images)
    assert prepared.weights.tolist() == [*range(10, 100)] * 2


def as_images(points):
    return {name: getattr(points, name).reshape(-1, 2, 3) for name in ("x_train", "x_test")}


def with_arrays(points, **more):
    names = ("x_train", "y_train", "x_test", "y_test")
    return Dataset.from_arrays("points", {name: getattr(points, name) for name in names} | more)


def test_weights_of_classes_and_of_examples_are_refused_together(points):
    weighted = with_arrays(points, weights_train=np.ones(len(points.y_train)))
    with pytest.raises(InputError, match="class_weight and points, which has weights_train"):
        Trainer().check(recipe_of(class_weight=(1.0, 2.0, 1.0)), weighted)


def fails(y, output):
    return tf.gather(output, y, batch_dims=1)


def of_each_class(y, output):
    return y - output


class Odd(keras.losses.Loss):
    def __init__(self, way):
        super().__init__(reduction=None)

    def call(self, y, output):
        return of_each_class(y, output)


@pytest.mark.parametrize(
    ("loss", "network", "says"),
    [
        ("crossentropy", plain, "expected a Keras loss by its name"),
        (spec("Adam"), plain, "expected a Keras loss by its name"),
        (spec(Recipe), plain, "expected a Keras loss by its name"),
        (spec("CategoricalCrossentropy", smooth=0.1), plain, "smooth"),
        (spec("categorical_crossentropy", smooth=0.1), plain, "smooth"),
        (spec("CategoricalCrossentropy", label_smoothing=0.1), logits, "are no probabilities"),
        ("binary_crossentropy", logits, "lie beyond 0 and 1"),
        (spec("BinaryFocalCrossentropy"), logits, "lie beyond 0 and 1"),
        (spec(fails), plain, "fails on one-hot rows"),
        (spec(Odd, way=1), plain, "it gives an array"),
        (spec(Odd), plain, "way"),
    ],
)
def test_what_is_no_loss_is_refused_before_anything_trains(loss, network, says, points):
    with pytest.raises(InputError, match=says) as refused:
        Trainer().check(recipe_of(network, loss=loss), points)
    assert "\n" not in str(refused.value)


def test_a_loss_with_parameters_is_part_of_what_a_result_is_known_by():
    plainly = recipe_of(loss="CategoricalCrossentropy")
    smoothed = recipe_of(loss=spec("CategoricalCrossentropy", label_smoothing=0.1))
    assert plainly.digest() != smoothed.digest()
    assert Recipe.from_json(smoothed.to_json()) == smoothed
    assert replaced(smoothed, "loss.label_smoothing", 0.2).loss.parameters["label_smoothing"] == 0.2
    assert replaced(smoothed, "loss", "mean_squared_error").loss == "mean_squared_error"


def test_the_code_of_a_loss_of_ones_own_is_part_of_it_too():
    own = recipe_of(loss=spec(generalised))
    assert own.own_code() == [plain, generalised]


def test_a_weight_for_each_class_or_none():
    with pytest.raises(InputError, match="class_weight with 2 numbers for data of 3 classes"):
        Trainer().check(recipe_of(class_weight=(1.0, 2.0)), hundred_points())
    with pytest.raises(InputError, match="a number from 0 up for each class"):
        recipe_of(class_weight=(1.0, -2.0, 1.0))


class Halved(keras.optimizers.SGD):
    def __init__(self, learning_rate=0.1, **more):
        super().__init__(learning_rate / 2, **more)


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1 / (1 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {}


def test_the_code_of_an_optimiser_and_a_schedule_of_ones_own_is_part_of_it_too():
    own = recipe_of(optimiser=spec(Halved), lr_schedule=spec(Falling))
    assert own.own_code() == [plain, Halved, Falling]
