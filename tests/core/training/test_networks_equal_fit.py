"""Networks x optimisers x compilers: each ends where Keras' `fit` does."""

from dataclasses import replace
from itertools import product

import keras
import numpy as np
import pytest
from keras import layers

from core import Recipe, Trainer, spec
from core.models import BUILDERS
from core.numerics import NUMERICS
from core.training import layers as chosen
from core.training.layers import chosen_compiler
from tests.core.by_hand import images
from tests.core.training.same_batches import BATCH, CLASSES, both

SHAPE = (16, 16, 3)
OPTIMISERS = {
    "Adam": lambda: keras.optimizers.Adam(1e-4),
    "momentum": lambda: keras.optimizers.SGD(1e-3, momentum=0.9),
    "RMSprop": lambda: keras.optimizers.RMSprop(1e-4),
    "Adagrad": lambda: keras.optimizers.Adagrad(1e-3),
    "AdamW, clipped": lambda: keras.optimizers.AdamW(1e-4, weight_decay=0.1, global_clipnorm=0.5),
    "scaled, accumulated": lambda: keras.optimizers.SGD(
        0.02, nesterov=True, clipvalue=0.1, loss_scale_factor=64, gradient_accumulation_steps=2
    ),
}
"""At small rates: what is all rounding becomes steps of their size."""


def alexnet():
    return BUILDERS["alexnet"](SHAPE, CLASSES, filters=(4, 6, 5, 5, 4), widths=(12, 10, 8), l2=1e-4)


def cnn():
    return BUILDERS["cnn"](SHAPE, CLASSES, filters=(3, 4), widths=(6, 5), dropout=0.3)


def resnet():
    """Two blocks with shortcuts, as ResNet50 has them."""
    inputs = layers.Input(SHAPE)
    value = layers.Conv2D(6, 3, strides=2, use_bias=False)(inputs)
    for _ in range(2):
        shortcut = value
        for _ in range(2):
            value = layers.Conv2D(6, 3, padding="same", use_bias=False)(value)
            value = layers.BatchNormalization()(value)
            value = layers.Activation("relu")(value)
        value = layers.Add()([value, shortcut])
    value = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(value))
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(value))


NETWORKS = {"alexnet": alexnet, "cnn": cnn, "resnet": resnet}
QUICK = {("resnet", "AdamW, clipped", "graph+xla")}


CASES = [
    pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow)
    for case in product(NETWORKS, OPTIMISERS, ("graph", "graph+xla"))
]


def apart(model, other):
    """The largest distance of two networks' weights, but for those without a true gradient.

    What shifts the inputs of a batch normalisation, a bias or an earlier one's beta, has none: of
    its rounding Adam makes steps, which the normalisation's moving mean follows.
    """
    pairs = list(zip(model.weights, other.weights, strict=True))
    normalised = any("moving" in each.path for each in model.weights)
    free = ("bias", "beta", "moving_mean") if normalised else ()
    found = [(v, w) for v, w in pairs if not v.path.endswith(free)]
    assert len(found) >= len(pairs) / 3
    return max(np.abs(v.numpy() - w.numpy()).max() for v, w in found)


@pytest.mark.parametrize(("network", "optimiser", "compiler"), CASES)
def test_a_network_ends_where_fit_does(network, optimiser, compiler):
    # Normalised in nine places, over 4 to 8 examples, the small AlexNet soon multiplies rounding.
    n, epochs = (28, 1) if network == "alexnet" else (100, 2)
    program, model, sums, history, _ = both(
        NETWORKS[network], OPTIMISERS[optimiser], compiler=compiler, epochs=epochs, shape=SHAPE, n=n
    )
    assert apart(program.model, model) <= (0 if compiler == "graph" else 1e-6)
    keras.utils.set_random_seed(3)
    assert apart(program.model, NETWORKS[network]()) > 1e-4, "or there is nothing to compare"
    assert sums[-1][0] / n == pytest.approx(history[-1]["loss"][0], rel=1e-5)
    steps = -(-n // BATCH) * epochs  # updates: what accumulates has half as many
    assert program.optimiser._iterations.numpy() == steps


def test_large_networks_that_are_in_graph_mode_have_their_optimisers_step_by_xla(monkeypatch):
    monkeypatch.setattr(chosen, "LARGE", 12 * 4 + 12 * 10 + 10 * 8 + 8 * CLASSES)
    assert chosen_compiler(alexnet(), "auto", large=True) == "graph+xla"
    assert chosen_compiler(alexnet(), "auto") == "graph"
    assert chosen_compiler(alexnet(), "graph", large=True) == "graph"
    assert chosen_compiler(cnn(), "auto", large=True) == "graph"
    dense = keras.Sequential([layers.Input((64,)), layers.Dense(500, "softmax")])
    assert chosen_compiler(dense, "auto", large=True) == "xla"


def of_my_own(shape, classes):
    stack = [layers.Input(shape), layers.Reshape((*shape, 1)), layers.Conv2D(2, 3)]
    stack += [layers.Flatten(), layers.Dense(classes, activation="softmax")]
    return keras.Sequential(stack)


def test_the_record_and_the_identity_of_a_network_that_may_be_large_say_so(monkeypatch):
    monkeypatch.setattr(chosen, "LARGE", 10)
    recipe = Recipe(
        dataset="images", model=spec(of_my_own), epochs=1, preprocessing=("scale",), batch_size=30
    )
    record = Trainer().train(recipe, 0, images())
    assert "compiled: graph+xla" in map(str, record.notes)
    upto = [entry for entry in NUMERICS if entry[0] <= 4]
    monkeypatch.setattr("core.numerics.NUMERICS", upto)
    touched = {"alexnet": True, "resnet50": False, "cnn": False, "mlp": False}
    recipes = {name: replace(recipe, model=spec(name)) for name in touched}
    now = {name: each.digest() for name, each in recipes.items()}
    by_graph = replace(recipe, compiler="graph").digest()
    monkeypatch.setattr("core.numerics.NUMERICS", upto[:-1])
    assert {name: each.digest() != now[name] for name, each in recipes.items()} == touched
    assert replace(recipe, compiler="graph").digest() == by_graph
