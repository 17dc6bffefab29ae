"""A training that starts from layers which another network learned on other data."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from core import EvaluationPlan, HoldOut, Pretraining, Recipe, Trainer, Transfer, replaced, spec
from core.training.build import fresh_model
from core.training.checkpoints import RunFiles
from data import Dataset, InputError
from tests.core.by_hand import images


def with_part(shape, classes, width=5, name="part", front=False):
    layers = keras.layers
    part = keras.Sequential(
        [layers.Input((9,)), layers.Dense(width, activation="relu"), layers.Dense(classes)],
        name=name,
    )
    stack = [layers.Input(shape), layers.Flatten()]
    if front:
        stack.append(layers.Dense(9))
    return keras.Sequential([*stack, part, layers.Softmax()])


def other_images():
    rng = np.random.default_rng(5)
    y = np.arange(60) % images().classes
    x = rng.normal(size=(60, 3, 3)).astype(np.float32) + y[:, None, None]
    arrays = {"x_train": x[:40], "y_train": y[:40], "x_test": x[40:], "y_test": y[40:]}
    return Dataset.from_arrays("others", arrays)


SOURCE = Recipe(
    dataset="others",
    model=spec(with_part),
    optimiser=spec("SGD", learning_rate=0.1),
    batch_size=8,
    epochs=3,
    compiler="graph",
)
RECIPE = Recipe(
    dataset="images",
    model=spec(with_part, front=True),
    split=HoldOut(size=0.2),
    optimiser=spec("Adam"),
    transfer=Transfer(source=SOURCE, layers=("part",)),
    batch_size=8,
    epochs=2,
    evaluation=EvaluationPlan(sets=("test",)),
    compiler="graph",
)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def test_it_starts_from_what_the_source_learned(trainer, tmp_path):
    trainer.train(SOURCE, 0, other_images(), files=RunFiles(weights=tmp_path, keep_weights=True))
    learned = fresh_model(SOURCE, 0, other_images())
    learned.load_weights(next(tmp_path.glob("*.weights.h5")))
    expected = fresh_model(RECIPE, 0, images())
    expected.get_layer("part").set_weights(learned.get_layer("part").get_weights())
    x = images().x_test.astype(np.float32)
    predicted = expected.predict(x, verbose=0).argmax(axis=1)
    record = trainer.train(RECIPE, 0, images(), source=other_images())
    confusion = record.evaluations[0].confusion
    assert np.trace(confusion) == (predicted == images().y_test).sum()
    fresh = trainer.train(replace(RECIPE, transfer=None), 0, images())
    assert fresh.evaluations[0].loss != record.evaluations[0].loss


def test_the_same_in_a_fresh_process_and_after_other_runs(trainer):
    first = trainer.train(RECIPE, 0, images(), source=other_images())
    assert Trainer().train(RECIPE, 0, images(), source=other_images()).digest() == first.digest()
    assert trainer.train(RECIPE, 1, images(), source=other_images()).digest() != first.digest()


def test_the_key_knows_both_data_sets_and_both_recipes():
    assert RECIPE.datasets == ("images", "others")
    key = RECIPE.key(0, "a", "b")
    assert key != RECIPE.key(0, "a", "c")
    longer = replace(RECIPE, transfer=replace(RECIPE.transfer, source=replace(SOURCE, epochs=4)))
    assert key != longer.key(0, "a", "b")


def test_it_survives_json():
    assert Recipe.from_json(json.loads(json.dumps(RECIPE.to_json()))) == RECIPE


def test_the_source_can_be_changed_by_path():
    changed = replaced(RECIPE, "transfer.source.optimiser.learning_rate", 0.5)
    assert changed.transfer.source.optimiser.parameters == {"learning_rate": 0.5}
    assert replace(changed, transfer=RECIPE.transfer) == RECIPE
    with pytest.raises(InputError, match=r"expected transfer\.layers at most"):
        replaced(RECIPE, "transfer.layers.x", 1)


def with_source(**fields):
    return replace(RECIPE, transfer=replace(RECIPE.transfer, source=replace(SOURCE, **fields)))


WRONG = {
    "another width": (with_source(model=spec(with_part, width=6)), "expected the same"),
    "no such layer": (
        with_source(model=spec(with_part, name="other")),
        "the layer 'part'; expected layers of both networks, of flatten, other",
    ),
    "the source itself": (with_source(optimiser=spec("Adamm")), "'Adamm'; expected a class"),
}


@pytest.mark.parametrize(("recipe", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused_before_anything_trains(recipe, said, trainer):
    with pytest.raises(InputError, match=said):
        trainer.check(recipe, images(), other_images())


@pytest.mark.parametrize("recipe", [RECIPE, replace(RECIPE, transfer=None)])
def test_the_sources_data_come_with_a_transfer_and_only_then(recipe, trainer):
    source = None if recipe.transfer else other_images()
    with pytest.raises(InputError, match="expected source="):
        trainer.train(recipe, 0, images(), source=source)


def test_wrong_transfers_are_refused():
    with pytest.raises(InputError, match="expected one training that comes first"):
        replace(RECIPE, pretraining=Pretraining(epochs=1))
    with pytest.raises(InputError, match="expected a Recipe without a training before it"):
        Transfer(source=RECIPE, layers=("part",))
    with pytest.raises(InputError, match="expected a tuple of at least one"):
        Transfer(source=SOURCE, layers=())
