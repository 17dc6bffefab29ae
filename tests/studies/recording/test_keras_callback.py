"""Plain `fit` with the callback: recorded like a training, and trained as without it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

import studies
from analysis.tables import forgetting_table, per_class_table, summary_table
from core import ClassSequential, EvaluationPlan, Tasks, Trainer, spec
from core.training.build import fresh_model
from data import InputError
from tests.core.training.against_fit import CLASSES, hundred_points, recipe_of
from tests.studies.conftest import HOUSE

POINTS = hundred_points()
GROUPS = ((0,), (1, 2))
SLOW = pytest.mark.slow
WHOLE_CLASS = 80
"""A batch that takes all examples of a class, so that their order does not matter."""


def compiled(recipe):
    model = fresh_model(recipe, 0, POINTS)
    model.compile(
        optimizer=keras.optimizers.SGD(1.0),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def recorder(**more):
    given = {"study": "mine", "condition": "fit", "seed": 0} | more
    return studies.ForgettingRecorder(POINTS.x_test, POINTS.y_test, **given)


def fit(model, classes, **more):
    chosen = np.isin(POINTS.y_train, classes)
    x, y = POINTS.x_train[chosen], POINTS.y_train[chosen]
    return model.fit(x, y, batch_size=WHOLE_CLASS, shuffle=False, verbose=0, **more)


@pytest.mark.parametrize(
    "tasks", [pytest.param(False, id="repeats"), pytest.param(True, id="tasks", marks=SLOW)]
)
def test_fit_for_each_class_in_turn_gives_the_figures_of_the_trainer(tasks):
    order, epochs = Tasks(groups=GROUPS) if tasks else ClassSequential(), 2
    plan = EvaluationPlan(sets=("test",), segments=True)
    recipe = replace(
        recipe_of(), order=order, epochs=epochs, batch_size=WHOLE_CLASS, evaluation=plan,
        optimiser=spec("SGD", learning_rate=1.0), compiler="graph",
    )  # fmt: skip
    trained = replace(Trainer().train(recipe, 0, POINTS), condition="fit")
    model = compiled(recipe)
    with recorder() as recorded:
        for _ in range(1 if tasks else epochs):
            for shown in GROUPS if tasks else range(CLASSES):
                recorded.segment(classes=shown)
                fit(model, shown, callbacks=[recorded])
    own = studies.read("mine").records
    for table in (forgetting_table, per_class_table, summary_table):
        pd.testing.assert_frame_equal(table(own), table([trained]), rtol=1e-5)
    assert forgetting_table(own)["drop"].max() > 0.3


def test_a_single_fit_is_recorded_epoch_by_epoch_and_trained_as_without():
    with_it, without = compiled(recipe_of()), compiled(recipe_of())
    validation = {"validation_data": (POINTS.x_test, POINTS.y_test), "epochs": 3}
    history = fit(with_it, range(CLASSES), callbacks=[recorder()], **validation).history
    assert fit(without, range(CLASSES), **validation).history == history
    for a, b in zip(with_it.get_weights(), without.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    (record,) = studies.read("mine").records
    assert [(e.set, e.epoch, e.segment) for e in record.evaluations] == [
        ("test", epoch, min(epoch, 1)) for epoch in range(4)
    ]
    assert [e.loss for e in record.evaluations[1:]] == pytest.approx(history["val_loss"])
    right = [e.confusion.trace() / 45 for e in record.evaluations[1:]]
    assert right == pytest.approx(history["val_accuracy"])
    losses = [row[3] for row in record.history if row[2] == "loss"]
    assert losses == pytest.approx(history["loss"])


@SLOW
def test_one_hot_labels_and_other_outputs_are_taken():
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="sgd", loss="binary_crossentropy")
    x, y = POINTS.x_train, (POINTS.y_train > 0)[:, None].astype("f4")
    given = {"study": "mine", "condition": "binary", "seed": 0}
    with pytest.raises(InputError, match="give predicted="):
        model.fit(x, y, verbose=0, callbacks=[studies.ForgettingRecorder(x, y, **given)])
    said = studies.ForgettingRecorder(
        x, y, predicted=lambda model, x: model.predict(x, verbose=0)[:, 0] > 0.5, **given
    )
    with pytest.raises(InputError, match="bool"):
        model.fit(x, y, verbose=0, callbacks=[said])
    labels = np.eye(CLASSES)[POINTS.y_test]
    model = compiled(recipe_of())
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
    model.fit(
        POINTS.x_train, np.eye(CLASSES)[POINTS.y_train], verbose=0,
        callbacks=[studies.ForgettingRecorder(POINTS.x_test, labels, **given)],
    )  # fmt: skip
    assert studies.read("mine").records[0].evaluations[-1].confusion.sum() == 45


def test_a_wrong_use_is_refused_and_stores_nothing():
    with pytest.raises(InputError, match="with recorder:"):
        recorder(seed=1).segment(classes=0)
    given = {"study": "mine", "condition": "fit", "seed": 2}
    for labels in (POINTS.y_test + 0.5, POINTS.y_test - 1, POINTS.y_test.astype(str)):
        with pytest.raises(InputError, match="whole numbers"):
            studies.ForgettingRecorder(POINTS.x_test, labels, **given)
    assert not Path("results").exists()


def test_what_could_not_be_recorded_is_refused_before_it_is_trained():
    with pytest.raises(InputError, match="from 0 to 2"), recorder() as recorded:
        recorded.segment(classes=3)
    x = keras.Input(POINTS.x_train.shape[1:])
    two = keras.Model(x, [keras.layers.Dense(n)(keras.layers.Flatten()(x)) for n in (3, 2)])
    two.compile(loss="mse")
    with pytest.raises(InputError, match="a model with 2 outputs"):
        two.fit(
            POINTS.x_train, [np.eye(3)[POINTS.y_train], np.eye(2)[POINTS.y_train % 2]],
            callbacks=[recorder()], verbose=0,
        )  # fmt: skip


def test_more_outputs_than_classes_and_predictions_of_none_are_refused_before_training():
    model = compiled(recipe_of())
    few = POINTS.y_test < CLASSES - 1
    given = {"study": "mine", "condition": "few", "seed": 0}
    for said, words in (
        (f"expected classes={CLASSES}", {}),
        ("bool", {"predicted": lambda model, x: model.predict(x, verbose=0)[:, 0] > 0.5}),
    ):
        callback = studies.ForgettingRecorder(
            POINTS.x_test[few], POINTS.y_test[few], **given, **words
        )
        before = model.get_weights()
        with pytest.raises(InputError, match=said):
            fit(model, range(CLASSES), callbacks=[callback])
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    callback = studies.ForgettingRecorder(
        POINTS.x_test[few], POINTS.y_test[few], classes=CLASSES, **given
    )
    fit(model, range(CLASSES), callbacks=[callback])
    assert studies.read("mine").records[0].status == "finished"


def test_a_second_fit_needs_a_block():
    model, recorded = compiled(recipe_of()), recorder()
    fit(model, range(CLASSES), callbacks=[recorded])
    with pytest.raises(InputError, match="after the run was stored"):
        fit(model, range(CLASSES), callbacks=[recorded])
    assert [record.status for record in studies.read("mine").records] == ["finished"]


def test_a_block_that_fails_is_recorded_as_failed(ebb):
    def fails():
        with recorder() as recorded:
            recorded.segment(classes=0)
            1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError):
        fails()
    assert "fit seed 0  failed" in ebb("status", "mine").out


def test_keras_is_imported_only_for_the_callback():
    words = "import sys, studies; studies.record; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], cwd=HOUSE).returncode == 0


def test_a_segment_without_a_fit_that_the_recorder_saw_is_refused():
    def skip_one():
        with recorder() as watched:
            watched.segment(0)
            watched.segment((1, 2))

    with pytest.raises(InputError, match="no fit after it"):
        skip_one()


def test_labels_that_the_model_has_no_output_for_are_refused():
    given = {"study": "mine", "condition": "from-1", "seed": 0, "classes": CLASSES + 1}
    from_1 = studies.ForgettingRecorder(POINTS.x_test, POINTS.y_test + 1, **given)
    with pytest.raises(InputError, match=f"y_test with the class {CLASSES}"):
        fit(compiled(recipe_of()), range(CLASSES), callbacks=[from_1])


def test_the_last_look_is_of_the_weights_that_are_restored():
    model = compiled(recipe_of())
    stopping = {"monitor": "loss", "mode": "max", "patience": 3, "restore_best_weights": True}
    best = keras.callbacks.EarlyStopping(**stopping)
    fit(model, range(CLASSES), epochs=9, callbacks=[best, recorder()])
    looks = studies.read("mine").records[0].evaluations
    predicted = model.predict(POINTS.x_test, verbose=0).argmax(axis=1)
    counts = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(counts, (POINTS.y_test, predicted), 1)
    assert len(looks) == 5  # the best epoch is the first, the fourth the last
    assert (looks[-1].confusion == counts).all()
    assert (looks[-2].confusion != counts).any()
