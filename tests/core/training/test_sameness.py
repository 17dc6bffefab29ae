"""With damaged data and replay too, a result depends on recipe, seed, data, environment alone."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from core import (
    ClassSequential,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    Pretraining,
    Recipe,
    Replay,
    SymmetricLabelNoise,
    Trainer,
    UniformLabelNoise,
    spec,
)
from core.training.preparation import prepare
from data import Dataset
from tests.core.by_hand import images

pytestmark = pytest.mark.slow
EVERYTHING = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,), dropout=0.2),
    split=HoldOut(size=0.2, where="random"),
    preprocessing=("standardise",),
    optimiser=spec("Adam", learning_rate=1e-2),
    order=ClassSequential("random"),
    label_noise=SymmetricLabelNoise(0.25),
    input_noise=GaussianNoise(standard_deviation=0.2, when="every-epoch", clip=(-2, 2)),
    replay=Replay(buffer="herding", capacity=12),
    pretraining=Pretraining(epochs=1),
    batch_size=8,
    epochs=2,
    evaluation=EvaluationPlan(
        sets=("test", "train-clean", "train-corrupted-true-labels"),
        at_end=("validation",),
        segments=True,
        segment_examples=8,
    ),
    compiler="graph",
)
DAMAGED = EvaluationPlan(sets=("test", "gaussian-0.3"), at_end=("blur-1",))
APART = {"pretraining": None, "evaluation": DAMAGED}
RUNS = {
    "everything": (EVERYTHING, 0),
    "another seed": (EVERYTHING, 1),
    "another clip": (
        replace(EVERYTHING, **APART, input_noise=replace(EVERYTHING.input_noise, clip=None)),
        0,
    ),
    "noise on all": (
        replace(
            EVERYTHING,
            **APART | {"evaluation": EvaluationPlan(sets=("test", "train"))},
            input_noise=GaussianNoise(variance=0.1, on="both"),
            replay=Replay(buffer="class-balanced", capacity=9, mode="add"),
        ),
        0,
    ),
    "part of the test file": (
        replace(EVERYTHING, **APART, split=HoldOut(size=0.5, where="random", of="test")),
        0,
    ),
    "another part of it": (
        replace(EVERYTHING, **APART, split=HoldOut(size=0.5, where="random", of="test")),
        1,
    ),
    "other damage": (
        replace(
            EVERYTHING,
            **APART | {"evaluation": EvaluationPlan(sets=("gaussian-0.4", "blur-1"))},
            label_noise=UniformLabelNoise(0.5),
        ),
        0,
    ),
}


@pytest.fixture(scope="module")
def data():
    return images()


@pytest.fixture(scope="module")
def alone(data):
    """Each run's record, by a trainer of its own."""
    return {name: Trainer().train(*run, data) for name, run in RUNS.items()}


def test_a_run_depends_on_nothing_that_the_trainer_trained_before(alone, data):
    trainer = Trainer()
    for name in [*RUNS, "everything"]:
        assert trainer.train(*RUNS[name], data).digest() == alone[name].digest(), name
        if name == "another clip":
            trainer.train(*RUNS[name], images(n=70, m=60, seed=5))


def test_all_of_these_runs_differ(alone):
    assert len({record.digest() for record in alone.values()}) == len(RUNS)


OTHER_PROCESS = """
import json, sys
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
from core import Recipe, Trainer
from tests.core.by_hand import images
print(Trainer().train(Recipe.from_json(json.loads(sys.argv[1])), 0, images()).digest())
"""


def test_another_process_ends_in_the_same_bytes(alone):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OTHER_PROCESS, json.dumps(EVERYTHING.to_json())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == alone["everything"].digest()


def test_two_seeds_differ_in_everything_that_is_drawn(alone, data):
    prepared = [prepare(EVERYTHING, seed, data) for seed in (0, 1)]
    assert not np.array_equal(*(p.split.train for p in prepared))
    assert not np.array_equal(*(np.flatnonzero(p.changed) for p in prepared))
    for name in ("buffer", "class_segments"):
        assert not np.array_equal(
            alone["everything"].arrays[name], alone["another seed"].arrays[name]
        )


def test_conditions_that_share_a_seed_share_what_they_have_in_common(data):
    # Pairs are compared: what differs between them must be what the study asks about.
    one = prepare(EVERYTHING, 3, data)
    other = replace(EVERYTHING, model=spec("mlp"), order=ClassSequential(), replay=None)
    other = replace(other, input_noise=GaussianNoise(variance=1), epochs=1)
    two = prepare(other, 3, data)
    assert np.array_equal(one.split.train, two.split.train)
    assert np.array_equal(one.training_labels, two.training_labels)


def test_only_the_training_part_is_taught_wrong_labels(data):
    for of in ("train", "test"):
        recipe = replace(
            EVERYTHING,
            split=HoldOut(size=0.3, where="random", of=of),
            label_noise=SymmetricLabelNoise(1.0),
        )
        prepared = prepare(recipe, 0, data)
        wrong = np.flatnonzero(prepared.changed)
        assert wrong.tolist() == sorted(prepared.split.train.tolist())
        for part in (prepared.split.validation, prepared.split.test):
            assert (prepared.training_labels[part] == prepared.labels[part]).all()


def test_a_run_leaves_the_data_as_they_were(data):
    before = data.checksum
    Trainer().train(*RUNS["noise on all"], data)
    again = Dataset.from_arrays(
        "images", {name: getattr(data, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    )
    assert again.checksum == before
