"""A run's result depends on recipe, seed, data and environment alone."""

import json
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from core import ClassSequential, EvaluationPlan, HoldOut, Recipe, Shuffled, Trainer, spec
from core.training.environment import environment, fingerprint
from core.training.layers import CountedDropout
from data import Dataset, InputError, load

PLAIN = Recipe(
    dataset="digits",
    model=spec("mlp", widths=(16,), dropout=0.2),
    split=HoldOut(size=0.2, where="last-of-each-class"),
    preprocessing=("scale",),
    optimiser=spec("Adam", learning_rate=1e-2),
    order=ClassSequential(),
    evaluation=EvaluationPlan(segments=True, segment_examples=50),
    epochs=2,
)


def conv(shape, classes, filters=3):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(shape),
            layers.Reshape((*shape, 1)),
            layers.Conv2D(filters, 3, strides=3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(classes, activation="softmax"),
        ]
    )


@pytest.fixture(scope="module")
def digits():
    whole = load("digits")
    part = {"x_train": whole.x_train[:400], "y_train": whole.y_train[:400]}
    part |= {"x_test": whole.x_test[:100], "y_test": whole.y_test[:100]}
    return Dataset.from_arrays("digits", part)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.fixture(scope="module")
def first(trainer, digits):
    return trainer.train(PLAIN, 0, digits)


def test_the_same_run_again_in_the_same_process_is_the_same_bytes(trainer, digits, first):
    other = replace(PLAIN, model=spec("mlp", widths=(5, 5)), order=ClassSequential((9, *range(9))))
    other = replace(other, compiler="graph")
    trainer.train(other, 7, digits)
    trainer.train(PLAIN, 3, digits)
    assert trainer.train(PLAIN, 0, digits).results() == first.results()
    assert Trainer().train(PLAIN, 0, digits).results() == first.results()


def test_a_network_in_graph_mode_is_the_same_bytes_too(trainer, digits):
    recipe = replace(PLAIN, model=spec(conv), epochs=1)
    runs = [trainer.train(recipe, seed, digits) for seed in (0, 1, 0)]
    assert "compiled: graph" in map(str, runs[0].notes)
    assert runs[0].results() == runs[2].results()
    assert runs[0].results() != runs[1].results()


OTHER_PROCESS = """
import json, sys
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
import numpy as np
from core import Recipe, Trainer
from data import Dataset, load
whole = load("digits")
part = {"x_train": whole.x_train[:400], "y_train": whole.y_train[:400]}
part |= {"x_test": whole.x_test[:100], "y_test": whole.y_test[:100]}
recipe = Recipe.from_json(json.loads(sys.argv[1]))
print(Trainer().train(recipe, 0, Dataset.from_arrays("digits", part)).digest())
"""


@pytest.mark.slow
def test_another_process_beside_another_run_ends_in_the_same_bytes(first):
    command = [sys.executable, "-P", "-W", "ignore", "-c", OTHER_PROCESS]
    two = [
        subprocess.Popen(
            [*command, json.dumps(PLAIN.to_json())], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]  # fmt: skip
    digests = [process.communicate()[0].strip() for process in two]
    assert digests == [first.digest()] * 2


def test_another_seed_is_another_result(trainer, digits, first):
    assert trainer.train(PLAIN, 1, digits).results() != first.results()


def test_the_record_says_what_was_measured_when(first):
    sets = [(e.set, e.epoch, e.segment) for e in first.evaluations]
    assert sets[:3] == [("test-sample", 0, 0), ("test", 0, 0), ("validation", 0, 0)]
    whole = [("test", 1, 10), ("validation", 1, 10)]
    assert sets[3:15] == [("test-sample", 1, segment) for segment in range(1, 11)] + whole
    assert len(sets) == 3 + 2 * 12
    sizes = {e.set: int(e.confusion.sum()) for e in first.evaluations}
    assert sizes == {"test-sample": 50, "test": 100, "validation": sizes["validation"]}
    assert first.arrays["class_segments"].tolist() == [list(range(1, 11))] * 2
    assert [row[2] for row in first.history] == ["loss", "accuracy", "learning_rate"] * 2
    assert first.key == PLAIN.key(0, first.data)


def test_the_network_learns(trainer, digits):
    record = trainer.train(replace(PLAIN, order=Shuffled(), epochs=15), 0, digits)
    last = record.evaluations[-2].confusion
    assert last.trace() / last.sum() > 0.6
    assert record.history[-3][3] < record.history[0][3] / 3


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(trainer, digits):
    wild = replace(PLAIN, optimiser=spec("SGD", learning_rate=1e30), epochs=5, compiler="graph")
    record = trainer.train(wild, 0, digits)
    assert record.status == "diverged"
    assert record.history[-1][0] < 5


def keras_early_stopping(digits, patience, restore):
    """The same training by Keras' own fit: shuffled orders, as the run's stream gives them."""
    from core.random_streams import stream
    from core.training.build import fresh_model

    recipe = stopping(patience, restore)
    split = recipe.split(digits.y_train, digits.y_test, stream(0, "data"))
    model = fresh_model(recipe, 0, digits)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-2),
        loss=recipe.loss,
        metrics=["accuracy"],
        jit_compile=False,
    )
    x, y = digits.x_train.astype(np.float32) / 255, digits.y_train
    stop = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=patience, restore_best_weights=restore
    )
    losses = []

    class OneEpoch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            losses.append(logs["val_loss"])

    # One fit an epoch would restart the callback: feed all epochs from one generator instead.
    def batches():
        for epoch in range(1, recipe.epochs + 1):
            schedule = recipe.order(
                y[split.train], epoch=epoch, batch_size=32, rng=stream(0, "order", epoch)
            )
            for chosen in np.split(schedule.indices, np.cumsum(schedule.batch_sizes)[:-1]):
                yield x[split.train[chosen]], y[split.train[chosen]]

    model.fit(
        batches(),
        epochs=recipe.epochs,
        steps_per_epoch=-(-len(split.train) // 32),
        validation_data=(x[split.validation], y[split.validation]),
        callbacks=[stop, OneEpoch()],
        verbose=0,
        shuffle=False,
    )
    test = digits.x_test.astype(np.float32) / 255
    return losses, model.evaluate(test, digits.y_test, verbose=0)


def stopping(patience, restore):
    return replace(
        PLAIN,
        model=spec("mlp", widths=(64,)),
        order=Shuffled(),
        epochs=40,
        evaluation=EvaluationPlan(),
        compiler="graph",
        early_stopping=spec(
            "EarlyStopping",
            monitor="val_loss",
            patience=patience,
            restore_best_weights=restore,
        ),
    )


@pytest.mark.parametrize("restore", [pytest.param(False, marks=pytest.mark.slow), True])
def test_early_stopping_stops_and_restores_as_keras_fit_does(trainer, digits, restore):
    losses, (test_loss, test_accuracy) = keras_early_stopping(digits, 2, restore)
    record = trainer.train(stopping(2, restore), 0, digits)
    ours = [e.loss for e in record.evaluations if e.set == "validation" and e.epoch > 0]
    assert len(losses) < 40, "it must stop early for the comparison to say anything"
    assert np.allclose(ours[: len(losses)], losses, rtol=1e-5)
    assert len(ours) == len(losses) + restore
    last = [e for e in record.evaluations if e.set == "test"][-1]
    assert last.loss == pytest.approx(test_loss, rel=1e-5)
    assert last.confusion.trace() / last.confusion.sum() == pytest.approx(test_accuracy)


def test_learning_rate_schedules_are_keras_own(trainer, digits):
    schedule = spec("ExponentialDecay", initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5)
    record = trainer.train(
        replace(PLAIN, optimiser=spec("SGD"), lr_schedule=schedule, compiler="graph"), 0, digits
    )
    rates = {step: value for _, step, name, value in record.history if name == "learning_rate"}
    assert rates == pytest.approx({step: 0.1 * 0.5 ** (step / 10) for step in rates})
    plateau = spec("ReduceLROnPlateau", monitor="loss", factor=0.1, patience=0, min_delta=9)
    record = trainer.train(
        replace(PLAIN, lr_schedule=plateau, epochs=3, compiler="graph"), 0, digits
    )
    rates = [value for _, _, name, value in record.history if name == "learning_rate"]
    assert rates == pytest.approx([1e-2, 1e-2, 1e-3])


def test_callbacks_that_observe_change_nothing(trainer, digits, first, tmp_path):
    seen = []

    class Mine(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            seen.append((epoch, sorted(logs)))

    record = trainer.train(
        PLAIN,
        0,
        digits,
        callbacks=[
            Mine(),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
            keras.callbacks.TensorBoard(tmp_path / "board", write_graph=False),
        ],
    )
    assert record.repeatable
    assert record.results() == first.results()
    names = ["accuracy", "loss", "test_accuracy", "test_loss", "val_accuracy", "val_loss"]
    assert seen == [(0, names), (1, names)]
    assert (tmp_path / "log.csv").read_text().count("\n") == 3
    assert (tmp_path / "best.keras").stat().st_size > 1000
    assert list((tmp_path / "board").rglob("events*"))


def first_program(trainer):
    return next(iter(trainer._programs.values()))


def test_a_saved_model_predicts_as_the_record_says(trainer, digits, tmp_path):
    path = tmp_path / "last.keras"
    record = trainer.train(PLAIN, 0, digits, callbacks=[keras.callbacks.ModelCheckpoint(path)])
    kinds = [type(layer) for layer in first_program(trainer).model.layers]
    assert CountedDropout in kinds
    model = keras.models.load_model(path)
    assert keras.layers.Dropout in [type(layer) for layer in model.layers]
    predicted = model.predict(digits.x_test / np.float32(255), verbose=0).argmax(axis=1)
    last = [e for e in record.evaluations if e.set == "test"][-1].confusion
    assert (predicted == digits.y_test).sum() == last.trace()


@pytest.mark.parametrize("when", ["on_train_begin", "on_epoch_begin", "on_epoch_end"])
@pytest.mark.parametrize("what", ["weights", "rate", "stop"])
def test_a_callback_that_changes_training_is_found_out(trainer, digits, what, when):
    class Meddler(keras.callbacks.Callback):
        def meddle(self, *args):
            if what == "weights":
                self.model.set_weights([w * 0.5 for w in self.model.get_weights()])
            elif what == "rate":
                self.model.optimizer.learning_rate = 1e-9
            else:
                self.model.stop_training = True

    setattr(Meddler, when, Meddler.meddle)
    record = trainer.train(PLAIN, 0, digits, callbacks=[Meddler()])
    assert not record.repeatable
    assert any("Meddler" in str(note) for note in record.notes)


def wrong_output(shape, classes):
    return keras.Sequential([keras.layers.Input(shape), keras.layers.Flatten()])


def broken(shape, classes):
    raise ValueError("two\nlines")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": spec(wrong_output)}, r"\(1, 784\); expected \(1, 10\)"),
        ({"model": spec(broken)}, "two lines"),
        ({"model": spec("mlp", widths=(5,), activation="rleu")}, "rleu"),
        ({"optimiser": spec("Adm")}, "'Adm'; expected a class of keras.optimizers"),
        ({"optimiser": spec("Adam", rate=1)}, "rate"),
        ({"optimiser": spec("Adam"), "lr_schedule": spec("Cosine")}, "'Cosine'; expected"),
        ({"loss": "cross"}, "'cross'; expected a Keras loss by its name"),
    ],
)
def test_a_recipe_that_keras_cannot_build_is_refused_in_one_line(trainer, digits, change, said):
    with pytest.raises(InputError, match=said) as caught:
        trainer.train(replace(PLAIN, **change), 0, digits)
    assert "\n" not in str(caught.value)


def test_the_environment_names_what_can_move_numbers():
    here = environment()
    assert set(here) == {
        "ebb",
        "tensorflow",
        "keras",
        "numpy",
        "processor",
        "threads",
        "xla",
    }
    assert fingerprint(here) == fingerprint(dict(reversed(list(here.items()))))
    assert fingerprint(here) != fingerprint({**here, "numpy": "0"})


@pytest.mark.slow
def test_networks_that_differ_only_in_their_first_weights_are_compiled_once(digits):
    sharing = Trainer()
    for initialiser in ("glorot_uniform", "he_normal"):
        model = spec("mlp", widths=(16,), kernel_initializer=initialiser)
        recipe = replace(PLAIN, model=model, epochs=1, compiler="graph")
        digest = sharing.train(recipe, 0, digits).digest()
        assert digest == Trainer().train(recipe, 0, digits).digest()
    assert len(sharing._programs) == 1
    sharing.train(replace(recipe, model=spec("mlp", widths=(16,), activation="tanh")), 0, digits)
    assert len(sharing._programs) == 2


def sloped(shape, classes, slope):
    layers = keras.layers
    scaled = layers.Lambda(lambda x: slope * x)
    stack = [layers.Input(shape), layers.Flatten(), scaled, layers.Dense(classes)]
    return keras.Sequential([*stack, layers.Softmax()])


def test_networks_of_a_users_builder_are_told_apart_by_their_parameters(digits):
    shared = Trainer()
    for slope in (0.1, 0.9):
        recipe = replace(PLAIN, model=spec(sloped, slope=slope), epochs=1, compiler="graph")
        alone = Trainer().train(recipe, 0, digits).digest()
        assert shared.train(recipe, 0, digits).digest() == alone
