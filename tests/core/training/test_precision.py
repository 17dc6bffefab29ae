"""Precision: as Keras' dtype policy has it, and said wherever figures are shown."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from core import Recipe, Trainer, spec
from core.training.build import fresh_model
from data import Dataset, InputError
from tests.core.training.against_fit import by_ebb, by_keras, hundred_points, recipe_of, stack

MIXED = "mixed_bfloat16"
HALF = 2.0**-8
"""What a number of 16 bits is rounded by, as a share of it."""


def normalised(shape, classes):
    return stack(shape, classes, layers.BatchNormalization(), layers.Dropout(0.2))


def of_its_own(shape, classes):
    return stack(shape, classes, layers.Dense(8, dtype="float32"))


def sets_the_policy(shape, classes):
    keras.config.set_dtype_policy("mixed_float16")
    return stack(shape, classes)


class Subclassed(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.out = layers.Dense(classes, activation="softmax")

    def call(self, inputs):
        return self.out(inputs)


def subclassed(shape, classes):
    return Subclassed(classes)


def test_it_ends_where_fit_does_under_keras_own_policy():
    points = hundred_points()
    recipe = recipe_of(normalised, precision=MIXED, compiler="graph")
    weights = fresh_model(replace(recipe, precision="float32"), 0, points).get_weights()
    ours = fresh_model(recipe, 0, points)
    assert all((a == b).all() for a, b in zip(weights, ours.get_weights(), strict=True))
    keras.config.set_dtype_policy(MIXED)
    try:
        theirs = keras.Sequential(
            [layers.Input((6,)), layers.Dense(16, "relu"), layers.BatchNormalization(),
             layers.Dropout(0.2), layers.Dense(3, activation="softmax", dtype="float32")]
        )  # fmt: skip
    finally:
        keras.config.set_dtype_policy("float32")
    kinds = [[each.compute_dtype for each in model.layers] for model in (ours, theirs)]
    assert kinds[0] == kinds[1] == ["bfloat16"] * 3 + ["float32"]
    theirs.set_weights(weights)
    x = points.x_train
    assert (ours(x).numpy() == theirs(x).numpy()).all()
    fitted = by_keras(recipe, points)
    (loss, accuracy), _ = by_ebb(recipe, points, "graph")
    assert (loss, accuracy) == pytest.approx(fitted, rel=1e-6)
    full, _ = by_ebb(replace(recipe, precision="float32"), points, "graph")
    assert 1e-5 < abs(full[0] - loss) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["xla", "graph+xla"])
def test_other_compilers_end_within_the_rounding_of_sixteen_bits(compiler):
    recipe, points = recipe_of(precision=MIXED), hundred_points()
    (loss, _), _ = by_ebb(recipe, points, compiler)
    assert loss == pytest.approx(by_keras(recipe, points)[0], rel=HALF)


def test_weights_and_outputs_of_the_networks_by_name_stay_in_float32():
    for name, shape in (("mlp", (6, 6)), ("cnn", (10, 10, 3)), ("alexnet", (8, 8, 3))):
        more = {"mlp": {"widths": (4,)}, "cnn": {"filters": (2,), "widths": (3,)},
                "alexnet": {"filters": (2,) * 5, "widths": (3,)}}[name]  # fmt: skip
        data = points_of(shape)
        recipe = Recipe(dataset="points", model=spec(name, **more), precision=MIXED)
        model = fresh_model(recipe, 0, data)
        assert {each.dtype for each in model.weights} == {"float32"}
        assert model(data.x_train[:2].astype("f4")).dtype == "float32"
        kinds = {each.compute_dtype for each in model.layers[:-3] if each.weights}
        assert kinds <= {"bfloat16"}
    assert keras.config.dtype_policy().name == "float32"


def points_of(shape):
    rng = np.random.default_rng(0)
    y = np.arange(12) % 3
    x = rng.integers(0, 255, (12, *shape)).astype("u1")
    return Dataset.from_arrays("points", {"x_train": x, "y_train": y, "x_test": x, "y_test": y})


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (of_its_own, "whose layer dense(_1)? has the dtype policy 'float32'"),
        (sets_the_policy, "whose code sets the dtype policy 'mixed_float16'"),
        (subclassed, "class Subclassed; expected a Sequential or functional one"),
    ],
)
def test_a_network_that_fixes_its_own_is_refused(network, said):
    with pytest.raises(InputError, match=said):
        Trainer().check(recipe_of(network, precision=MIXED), hundred_points())
    assert keras.config.dtype_policy().name == "float32"


def test_it_is_left_out_where_it_is_the_default():
    recipe = recipe_of()
    assert "precision" not in recipe.to_json()
    mixed = replace(recipe, precision=MIXED)
    assert mixed.to_json()["precision"] == MIXED
    assert Recipe.from_json(mixed.to_json()) == mixed
    assert mixed.digest() != recipe.digest()
    with pytest.raises(InputError, match="expected one of float32, mixed_bfloat16"):
        replace(recipe, precision="float16")
