"""The seam for learning rules: what a strategy is given, when, and what it may change."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf

from core import (
    AGEM,
    EWC,
    ClassSequential,
    EvaluationPlan,
    LwF,
    Recipe,
    Replay,
    Scenario,
    Strategy,
    Tasks,
    Trainer,
    spec,
)
from core.training import checkpoints
from core.training.build import fresh_model
from core.training.checkpoints import RunFiles
from data import InputError
from tests.core import pull
from tests.core.by_hand import CLASSES, batches, distance, images, trained
from tests.core.pull import Pull

PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,)),
    preprocessing=("scale",),
    optimiser=spec("SGD", learning_rate=0.1),
    batch_size=8,
    epochs=2,
    compiler="graph",
)
IN_TASKS = replace(PLAIN, order=Tasks(groups=((0, 1), (2, 3)), epochs_each=2), epochs=4)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.fixture(autouse=True)
def nothing_recorded_yet():
    Recorder.calls.clear()


def last(recipe):
    """The weights that a run ends with."""
    return trained(recipe, 0, images())[1].last


@dataclass(frozen=True)
class Recorder(Strategy):
    """Counts in its state what it is shown, and notes when it is called."""

    calls: ClassVar[list] = []

    def columns(self, schedule, origin, rng):
        assert len(schedule.indices) == len(origin.draw) == len(origin.slot)
        self.calls.append(("columns", schedule.tasks.tolist(), int(origin.old.sum())))
        return {"again": origin.old.astype(np.float32)}

    def state(self, sizes):
        self.calls.append(("state", sizes))
        return {"shown": np.zeros(2, np.float32), "ended": np.zeros((), np.int32)}

    def after_step(self, rows, logits, data_gradients, before, after, state):
        again = rows["again"] * rows["mask"]
        counts = [keras.ops.sum(each) for each in (rows["mask"] - again, again)]
        return {"shown": state["shown"] + keras.ops.stack(counts)}

    def between_tasks(self, network, done, coming, state):
        labels = set(network.y.numpy()[done.examples].tolist())
        following = coming and coming.number
        self.calls.append(("between", done.number, labels, following, state["shown"].tolist()))
        return {"ended": state["ended"] + np.int32(1)}


@pytest.mark.parametrize(
    ("loss", "compiler"),
    [
        ("sparse_categorical_crossentropy", "xla"),
        pytest.param("sparse_categorical_crossentropy", "graph", marks=pytest.mark.slow),
        pytest.param("categorical_crossentropy", "xla", marks=pytest.mark.slow),
        ("categorical_crossentropy", "graph"),
    ],
)
def test_the_neutral_strategy_is_plain_training(loss, compiler):
    plain = replace(PLAIN, compiler=compiler, loss=loss, model=spec("mlp", widths=(8,), l2=0.01))
    one, other = (last(replace(plain, strategy=each)) for each in (None, Strategy()))
    # The softmax is taken in the loss instead of in the network: equal up to rounding.
    assert distance(one, other) < 1e-6


def looked_up(shape, classes):
    layers = keras.layers
    stack = [layers.Input(shape), layers.Embedding(256, 2), layers.Flatten()]
    return keras.Sequential([*stack, layers.Dense(classes, activation="softmax")])


LOOKED_UP = replace(
    IN_TASKS,
    model=spec(looked_up),
    preprocessing=(),
    optimiser=spec("Adam", learning_rate=0.01),
    scenario=Scenario("task"),
)
"""Of a lookup's rows most have no gradient in a step, and Adam goes on with those that had one."""


def test_steps_of_looked_up_rows_do_not_depend_on_the_strategy():
    plain, penalised = (last(replace(LOOKED_UP, strategy=s)) for s in (None, EWC(strength=0.0)))
    assert distance(plain, penalised) < 1e-6
    memory = Replay(buffer="task-balanced", mode="add", capacity=9)
    projected = replace(LOOKED_UP, strategy=AGEM(), replay=memory)
    assert trained(projected, 0, images())[0].status == "finished"


def turned(shape, classes):
    layers = keras.layers
    stack = [layers.Input(shape), layers.Reshape((*shape[:2], 1)), layers.RandomRotation(0.1)]
    return keras.Sequential([*stack, layers.Flatten(), layers.Dense(classes, "softmax")])


def test_images_drawn_anew_are_refused_in_own_networks_too(trainer):
    recipe = replace(IN_TASKS, model=spec(turned), scenario=Scenario("task"), strategy=LwF())
    with pytest.raises(InputError, match="LwF with a network that has RandomRotation"):
        trainer.check(recipe, images())


@pytest.mark.parametrize("compiler", [pytest.param("xla", marks=pytest.mark.slow), "graph"])
def test_a_rule_that_pulls_weights_to_zero_does_so(compiler):
    recipe = replace(PLAIN, compiler=compiler)
    model = fresh_model(recipe, 0, images())
    loss = keras.losses.SparseCategoricalCrossentropy()
    for x, y in batches(recipe, 0, images()):
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        variables = model.trainable_variables
        for variable, gradient in zip(variables, tape.gradient(value, variables), strict=True):
            variable.assign(variable - 0.1 * (gradient + 0.3 * variable))
    pulled = last(replace(recipe, strategy=Pull(strength=0.3)))
    assert distance(pulled, model.get_weights()) < 1e-6
    assert distance(pulled, last(recipe)) > 1e-2


def test_a_learning_rule_is_one_short_file():
    assert len(Path(pull.__file__).read_text().splitlines()) < 60


def test_a_strategy_is_told_the_sizes_of_its_arrays(trainer):
    recipe = replace(IN_TASKS, strategy=Recorder(), replay=Replay(capacity=7, mode="add"))
    trainer.train(recipe, 0, images())
    kind, sizes = Recorder.calls[0]
    assert kind == "state"
    shapes = ((30, 8), (8,), (8, CLASSES), (CLASSES,))
    assert tuple(each.shape for each in sizes.variables) == shapes
    first = fresh_model(recipe, 0, images()).get_weights()
    assert distance(sizes.variables, first) == 0
    assert sizes[1:] == (CLASSES, 90, 7, 2, 1)


def test_a_task_ends_once_after_all_its_epochs(trainer):
    trainer.train(replace(IN_TASKS, strategy=Recorder()), 0, images())
    ends = [call[1:] for call in Recorder.calls if call[0] == "between"]
    size = [np.isin(images().y_train, group).sum() for group in ((0, 1), (2, 3))]
    assert ends == [
        (0, {0, 1}, 1, [2 * size[0], 0]),
        (1, {2, 3}, None, [2 * (size[0] + size[1]), 0]),
    ]


@pytest.mark.parametrize("compiler", [pytest.param("xla", marks=pytest.mark.slow), "graph"])
def test_its_columns_come_with_the_rows(trainer, compiler):
    replay = Replay(capacity=7, mode="add")
    recipe = replace(IN_TASKS, strategy=Recorder(), replay=replay, compiler=compiler)
    trainer.train(recipe, 0, images())
    columns = [call for call in Recorder.calls if call[0] == "columns"]
    assert [call[1] for call in columns] == [[0], [0], [1], [1]]
    last = [call for call in Recorder.calls if call[0] == "between"][-1]
    assert last[4][1] == sum(call[2] for call in columns) > 0


def test_its_arrays_go_on_after_an_interruption(trainer, monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "LONG", 0.0)
    recipe, files = replace(IN_TASKS, strategy=Recorder()), RunFiles(checkpoints=tmp_path)
    whole = trainer.train(recipe, 0, images())
    undisturbed = Recorder.calls[-1]

    def interrupt(epoch):
        if epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train(recipe, 0, images(), files=files, progress=interrupt)
    again = Trainer().train(recipe, 0, images(), files=files)
    assert any("gone on with after epoch 2" in str(note) for note in again.notes)
    assert again.digest() == whole.digest()
    assert Recorder.calls[-1] == undisturbed


def test_herding_and_a_strategy_share_their_boundaries(trainer):
    replay = Replay(buffer="herding", capacity=8)
    plain = trainer.train(replace(IN_TASKS, replay=replay, compiler="graph"), 0, images())
    recipe = replace(IN_TASKS, replay=replay, strategy=Recorder(), compiler="graph")
    record = trainer.train(recipe, 0, images())
    assert (record.arrays["buffer_classes"] == plain.arrays["buffer_classes"]).all()
    assert len([call for call in Recorder.calls if call[0] == "between"]) == 2


@dataclass(frozen=True)
class Stubborn(Strategy):
    """Predicts class 2, whatever it sees."""

    def scores(self, features, logits, state):
        assert features.shape[-1] == 8
        return keras.ops.one_hot(keras.ops.zeros_like(logits[:, 0], dtype="int32") + 2, CLASSES)


def test_its_scores_decide_the_predicted_class(trainer):
    plan = EvaluationPlan(sets=("test",))
    recipe = replace(PLAIN, strategy=Stubborn(), evaluation=plan)
    record = trainer.train(recipe, 0, images())
    for each in record.evaluations:
        assert each.confusion[:, 2].sum() == each.confusion.sum() == 40


@dataclass(frozen=True)
class Weighted(Strategy):
    """Trains on every other example only."""

    def columns(self, schedule, origin, rng):
        return {"weight": (np.arange(len(origin.draw)) % 2).astype(np.float32)}


def test_a_weight_multiplies_the_loss_of_its_example():
    recipe = replace(PLAIN, epochs=1, batch_size=30, optimiser=spec("SGD", learning_rate=0.5))
    model = fresh_model(recipe, 0, images())
    for x, y in batches(recipe, 0, images()):
        variables = model.trainable_variables
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(y, model(x, training=True))
            value = keras.ops.sum(losses[1::2]) / len(y)
        for variable, gradient in zip(variables, tape.gradient(value, variables), strict=True):
            variable.assign(variable - 0.5 * gradient)
    assert distance(last(replace(recipe, strategy=Weighted())), model.get_weights()) < 1e-6


def test_a_recipe_with_a_strategy_is_written_down_and_read_again():
    recipe = replace(PLAIN, strategy=Pull(strength=0.3))
    assert recipe.to_json()["strategy"] == {"is": "tests.core.pull:Pull", "strength": 0.3}
    assert Recipe.from_json(recipe.to_json()) == recipe
    strategies = (None, Strategy(), Pull(), Pull(1))
    digests = {replace(PLAIN, strategy=each).digest() for each in strategies}
    assert len(digests) == 4


def test_the_code_of_a_users_strategy_is_part_of_its_identity():
    recipe = replace(PLAIN, strategy=Pull())
    assert recipe.digest(lambda made: "another version of it") != recipe.digest()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"order": ClassSequential(), "epochs": 2}, "expected Tasks"),
        ({"loss": "mean_squared_error"}, "with a strategy or a scenario; expected one of"),
        ({"model": spec("tests.core.strategies.test_base:ends_in_dropout")}, "last layer is Dense"),
    ],
)
def test_what_a_strategy_cannot_be_added_to_is_refused_before_anything_trains(wrong, words):
    with pytest.raises(InputError, match=words):
        Trainer().check(replace(IN_TASKS, strategy=Recorder(), **wrong), images())


def ends_in_dropout(shape, classes):
    dense = keras.layers.Dense(classes, activation="softmax")
    flat = keras.layers.Flatten()
    return keras.Sequential([keras.Input(shape), flat, dense, keras.layers.Dropout(0.1)])
