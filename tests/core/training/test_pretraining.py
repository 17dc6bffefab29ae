"""A training on clean data that comes first: its weights are kept, its optimiser is not."""

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
    spec,
)
from tests.core.by_hand import distance, fitted, images, trained
from tests.core.training.test_fed_the_same import convolution

BASE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(10,)),
    split=HoldOut(size=0.2, where="random"),
    preprocessing=("scale",),
    optimiser=spec("SGD", learning_rate=0.05, momentum=0.9),
    label_noise=SymmetricLabelNoise(0.4),
    input_noise=GaussianNoise(standard_deviation=0.3, when="every-epoch"),
    replay=Replay(capacity=10),
    pretraining=Pretraining(epochs=3),
    batch_size=8,
    epochs=2,
    evaluation=EvaluationPlan(sets=("train", "validation", "test")),
    compiler="graph",
)
CLEAN = {"label_noise": None, "input_noise": None, "pretraining": None}


@pytest.fixture(scope="module")
def data():
    return images()


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="mlp"),
        pytest.param(
            {"input_noise": GaussianNoise(variance=0.1, on="both"), "order": ClassSequential()},
            id="once",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"model": spec(convolution), "optimiser": spec("Adam", learning_rate=1e-2)},
            id="convolution",
            marks=pytest.mark.slow,
        ),
        # Without noise on the inputs both trainings share a compiled program.
        pytest.param(
            {"input_noise": None, "replay": None, "optimiser": spec("Adam", learning_rate=1e-2)},
            id="one program",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_it_is_the_clean_training_and_then_the_other_from_its_weights(change, trainer, data):
    recipe = replace(BASE, **change)
    _, first = trained(replace(recipe, **CLEAN, epochs=3), 2, data)
    record, weights = trained(recipe, 2, data, trainer)
    then = fitted(recipe, 2, data, start=first.last)
    assert distance(weights.last, then.get_weights()) == 0
    assert max(e.epoch for e in record.evaluations) == len(weights.epochs) == 2
    again, _ = trained(recipe, 2, data, trainer)
    assert again.digest() == record.digest()


def test_without_it_the_training_ends_elsewhere(trainer, data):
    _, weights = trained(BASE, 2, data, trainer)
    _, without = trained(replace(BASE, pretraining=None), 2, data, trainer)
    assert distance(weights.last, without.last) > 1e-2


@pytest.mark.parametrize("restore", [pytest.param(False, marks=pytest.mark.slow), True])
def test_it_can_stop_early_and_start_from_restored_weights(restore, trainer, data):
    stop = spec(
        "EarlyStopping", monitor="val_loss", patience=2, min_delta=0.1, restore_best_weights=restore
    )
    recipe = replace(
        BASE,
        pretraining=Pretraining(epochs=30, early_stopping=stop),
    )
    clean = replace(recipe, **CLEAN, epochs=30, early_stopping=stop)
    record, first = trained(clean, 0, data, trainer)
    assert 3 <= len(first.epochs) < 30, "it must stop early for this to say anything"
    assert (distance(first.last, first.epochs[-1]) > 0) == restore
    ends = {e.set: e for e in record.evaluations}
    record, weights = trained(recipe, 0, data, trainer)
    for evaluation in record.evaluations[1:3]:  # validation and test, before the training proper
        assert (evaluation.epoch, evaluation.step) == (0, 0)
        assert evaluation.loss == ends[evaluation.set].loss
        assert (evaluation.confusion == ends[evaluation.set].confusion).all()
    # It does not stop the training proper.
    assert len(weights.epochs) == 2
    assert distance(weights.last, fitted(recipe, 0, data, start=first.last).get_weights()) == 0


def test_its_sets_may_be_parts_that_clean_data_do_not_have(trainer, data):
    plan = EvaluationPlan(
        sets=("train-corrupted", "gaussian-0.2"), at_end=("train-clean",), segments=True
    )
    record = trainer.train(replace(BASE, evaluation=plan), 0, data)
    assert {e.set for e in record.evaluations} == {"test-sample", *plan.sets, "train-clean"}
    assert sum(e.set == "train-clean" for e in record.evaluations) == 1


def test_one_that_diverges_ends_the_run_as_diverged(trainer, data):
    wild = replace(
        BASE, optimiser=spec("SGD", learning_rate=1e30), pretraining=Pretraining(epochs=3)
    )
    assert trainer.train(wild, 0, data).status == "diverged"


def test_the_buffer_of_the_training_proper_begins_empty(trainer, data):
    arrays = trainer.train(BASE, 0, data).arrays
    without = trainer.train(replace(BASE, pretraining=None), 0, data).arrays
    assert arrays.keys() == without.keys()
    assert all(np.array_equal(arrays[name], without[name]) for name in arrays)
