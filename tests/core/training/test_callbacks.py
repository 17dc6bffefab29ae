"""Callbacks: those of a recipe as by `fit`, those that ask for what never comes, divergence."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from core import Recipe, Store, Trainer, spec
from core.training.callbacks import never_called
from data import InputError
from tests.core.training.against_fit import by_ebb, by_keras, hundred_points, recipe_of


@pytest.fixture(scope="module")
def points():
    return hundred_points()


class Halving(keras.callbacks.Callback):
    """Changes the rate and the weights, as a recipe's callback may."""

    def __init__(self, by=0.5):
        super().__init__()
        self.by = by

    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate *= self.by
        self.model.set_weights([0.9 * w for w in self.model.get_weights()])


class Breaking(keras.callbacks.Callback):
    """Leaves a weight that is not finite at the very end."""

    def on_train_end(self, logs=None):
        last = self.model.trainable_variables[-1]
        last.assign(np.full(last.shape, np.inf))


def test_a_callback_of_a_recipe_changes_the_training_as_in_fit(points):
    recipe = recipe_of(callbacks=(spec(Halving, by=0.25),))
    expected = by_keras(recipe, points, [Halving(by=0.25)])
    found, record = by_ebb(recipe, points, "graph")
    assert record.repeatable
    assert found == pytest.approx(expected, rel=2e-6)


def test_it_is_part_of_what_a_result_is_known_by():
    one, two = (recipe_of(callbacks=(spec(Halving, by=by),)) for by in (0.25, 0.5))
    assert len({recipe_of().digest(), one.digest(), two.digest()}) == 3
    assert Recipe.from_json(one.to_json()) == one
    assert Halving in one.own_code()
    assert "callbacks" not in recipe_of().to_json()


def test_each_run_writes_files_of_its_own(points, tmp_path):
    log = spec("CSVLogger", filename=str(tmp_path / "log-{seed}.csv"))
    for seed in (0, 3):
        Trainer().train(replace(recipe_of(callbacks=(log,)), epochs=1), seed, points)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log-0.csv", "log-3.csv"]


@pytest.mark.parametrize(
    ("callbacks", "says"),
    [
        (
            (spec("CSVLoger", filename="x"),),
            "expected a class of keras.callbacks by its Keras name",
        ),
        ((spec(recipe_of),), "expected a class of keras.callbacks by its Keras name"),
        ((spec("CSVLogger"),), "filename"),
    ],
)
def test_what_is_no_callback_is_refused(callbacks, says, points):
    with pytest.raises(InputError, match=says):
        Trainer().check(recipe_of(callbacks=callbacks), points)


@pytest.mark.parametrize("name", ["EarlyStopping", "ReduceLROnPlateau"])
def test_what_a_field_stands_for_is_no_further_callback(name):
    with pytest.raises(InputError, match=rf"expected \w+=spec\('{name}', \.\.\.\)"):
        recipe_of(callbacks=(spec(name, monitor="loss"),))


def test_what_is_watched_has_to_be_measured(points):
    best = {"filepath": "best.keras", "save_best_only": True}
    with pytest.raises(InputError, match="monitor 'val_loss'; expected a figure that is measured"):
        Trainer().check(recipe_of(callbacks=(spec("ModelCheckpoint", **best),)), points)
    for kept in (best | {"monitor": "test_loss"}, best | {"save_best_only": False}):
        Trainer().check(recipe_of(callbacks=(spec("ModelCheckpoint", **kept),)), points)


def test_a_callback_itself_is_refused_with_how_to_name_it():
    with pytest.raises(InputError, match="expected a tuple of them by name"):
        recipe_of(callbacks=(Halving(),))


def test_those_that_ask_for_batches_are_named_once(points, tmp_path):
    saving = keras.callbacks.ModelCheckpoint(tmp_path / "last.keras", save_freq=5)
    counting = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    observing = [saving, counting, keras.callbacks.CSVLogger(tmp_path / "log.csv")]
    record = Trainer().train(replace(recipe_of(), epochs=2), 0, points, callbacks=observing)
    said = [str(note) for note in record.notes if "asks for" in str(note)]
    assert said == [
        "ModelCheckpoint asks for batches or tests (on_train_batch_end): not called",
        "LambdaCallback asks for batches or tests (on_train_batch_end): not called",
    ]


def test_those_that_may_and_do_not_ask_for_batches_are_not(tmp_path):
    callbacks = keras.callbacks
    assert not never_called([
        callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
        callbacks.TensorBoard(tmp_path),
        callbacks.EarlyStopping(),
        callbacks.ReduceLROnPlateau(),
        callbacks.LambdaCallback(on_epoch_end=print),
        Halving(),
    ])  # fmt: skip


def test_a_weight_that_is_not_finite_at_the_end_is_a_divergence_whatever_the_losses(points):
    record = by_ebb(recipe_of(callbacks=(spec(Breaking),)), points)[1]
    losses = [value for _, _, name, value in record.history if name == "loss"]
    assert np.isfinite(losses).all()
    assert record.status == "diverged"


def test_an_older_record_that_ended_so_is_read_as_diverged(points, tmp_path):
    sound = by_ebb(recipe_of(), points)[1]
    *others, last = sound.evaluations
    older = replace(sound, evaluations=(*others, last._replace(loss=float("nan"))), study="s")
    store = Store(tmp_path)
    store.save(older, recipe_of().digest(), 1)
    assert [record.status for record in store.records(store.entries("s"))] == ["diverged"]
