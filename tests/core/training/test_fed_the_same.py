"""On damaged data and with replay, a run ends where `fit` does on the batches NumPy says it saw."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from core import (
    AugmentedCopy,
    Blurred,
    ClassSequential,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    MatrixLabelNoise,
    Recipe,
    Replay,
    SymmetricLabelNoise,
    Tasks,
    UniformLabelNoise,
    spec,
)
from tests.core.by_hand import CLASSES, batches, distance, fitted, images, shown_to, trained

layers = keras.layers
BASE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(12,), activation="tanh"),
    split=HoldOut(size=0.1, where="random"),
    preprocessing=("scale",),
    optimiser=spec("SGD", learning_rate=0.02, momentum=0.9),
    batch_size=8,
    epochs=3,
    evaluation=EvaluationPlan(sets=("train",)),
)
CONFUSED = MatrixLabelNoise(
    ((0.7, 0.3, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.1, 0.1, 0.7, 0.1), (0.0, 0.0, 0.5, 0.5))
)
FRESH = GaussianNoise(standard_deviation=0.3, when="every-epoch")
CASES = {
    "wrong labels, reservoir": {
        "order": ClassSequential(),
        "label_noise": SymmetricLabelNoise(0.3),
        "replay": Replay(capacity=20),
    },
    "redrawn labels, clipped fresh noise, larger batches": {
        "label_noise": UniformLabelNoise(0.4),
        "input_noise": replace(FRESH, clip=(0, 0.5)),
        "replay": Replay(buffer="class-balanced", capacity=10, fraction=0.6, mode="add"),
        "optimiser": spec("Adam", learning_rate=1e-2),
    },
    "noise learned by heart, ring": {
        "order": Blurred(fraction=0.5),
        "label_noise": CONFUSED,
        "input_noise": GaussianNoise(variance=0.04, clip=(-0.1, 0.6)),
        "replay": Replay(buffer="ring", capacity=11, fraction=0.25),
    },
    "fresh noise on everything, tasks": {
        "order": Tasks(groups=((2, 0), (3, 1)), epochs_each=2),
        "epochs": 4,
        "input_noise": replace(FRESH, on="both"),
        "replay": Replay(buffer="reservoir", capacity=30, fraction=0.4, mode="add"),
    },
    "an augmented copy with wrong labels and noise, reservoir": {
        "augmented_copy": AugmentedCopy(flip=True, rotation=15, shift=0.2, divided_by=2),
        "label_noise": SymmetricLabelNoise(0.3),
        "input_noise": GaussianNoise(variance=0.04),
        "replay": Replay(capacity=30),
    },
}

# A compilation takes seconds: the two that between them have all that XLA could do differently.
XLA = tuple(CASES)[:2]
QUICK = ((XLA[1], "xla"), (XLA[0], "graph"), (tuple(CASES)[-1], "graph"))


@pytest.fixture(scope="module")
def data():
    return images()


def ends_as_fit(recipe, data, bound):
    _, weights = trained(recipe, 1, data)
    assert distance(weights.last, fitted(recipe, 1, data).get_weights()) <= bound


@pytest.mark.parametrize(
    ("case", "compiler"),
    [
        pytest.param(*each, marks=() if each in QUICK else pytest.mark.slow)
        for each in [*((case, "graph") for case in CASES), *((case, "xla") for case in XLA)]
    ],
)
def test_a_run_on_damaged_data_with_replay_ends_where_fit_does(case, compiler, data):
    recipe = replace(BASE, **CASES[case], compiler=compiler)
    sizes = {len(y) for _, y in batches(recipe, 1, data)}
    assert len(sizes) > 1, "smaller batches must occur for the comparison to say much"
    ends_as_fit(recipe, data, 0 if compiler == "graph" else 1e-6)


def normalised(shape, classes):
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Flatten(),
            # A bias in front of it has no true gradient.
            layers.Dense(10, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def convolution(shape, classes):
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Reshape((*shape, 1)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(classes, activation="softmax"),
        ]
    )


@pytest.mark.parametrize(
    ("compiler", "bound"), [("graph", 0), pytest.param("xla", 1e-6, marks=pytest.mark.slow)]
)
def test_batch_normalisation_sees_noisy_batches_of_their_true_size(compiler, bound, data):
    recipe = replace(
        BASE,
        model=spec(normalised),
        epochs=2,
        input_noise=FRESH,
        replay=Replay(capacity=20, mode="add"),
        compiler=compiler,
        optimiser=spec("SGD", learning_rate=0.05),
        # Segments cut the training into pieces: each looks for its own noise.
        evaluation=EvaluationPlan(sets=(), segments=True, segment_examples=4),
    )
    assert {len(y) for _, y in batches(recipe, 1, data)} == {8, 16, 2}
    ends_as_fit(recipe, data, bound)


@pytest.mark.slow
def test_a_convolutional_network_sees_noise_and_replay_too(data):
    recipe = replace(
        BASE,
        model=spec(convolution),
        label_noise=SymmetricLabelNoise(0.2),
        input_noise=replace(FRESH, clip=(0, 1)),
        replay=Replay(buffer="class-balanced", capacity=12, fraction=0.3),
        optimiser=spec("Adam", learning_rate=1e-2),
    )
    ends_as_fit(recipe, data, 0)


def test_where_evaluations_fall_changes_nothing(data):
    recipe = replace(BASE, **CASES["wrong labels, reservoir"], compiler="graph")
    often = EvaluationPlan(sets=("test",), segments=True, segment_examples=5)
    _, seldom = trained(recipe, 1, data)
    _, weights = trained(replace(recipe, evaluation=often), 1, data)
    assert distance(seldom.last, weights.last) == 0


@pytest.mark.slow
def test_a_part_that_were_left_out_would_be_noticed(data):
    recipe = replace(BASE, **CASES["redrawn labels, clipped fresh noise, larger batches"], epochs=1)
    whole = fitted(recipe, 1, data).get_weights()
    for without in ("label_noise", "input_noise", "replay"):
        part = fitted(replace(recipe, **{without: None}), 1, data)
        assert distance(whole, part.get_weights()) > 1e-2


def test_the_data_of_these_tests_have_what_is_tested(data):
    recipe = replace(BASE, **CASES["noise learned by heart, ring"])
    x, true, labels = shown_to(recipe, 1, data)
    assert set(true) == set(range(CLASSES))
    assert 0 < np.mean(true != labels) < 0.5
    assert (x.min(), x.max()) == (np.float32(-0.1), np.float32(0.6))
