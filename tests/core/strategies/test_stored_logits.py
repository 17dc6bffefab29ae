"""DER and DER++ against a loop that keeps the logits of each slot itself."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf

from core import (
    DER,
    GaussianNoise,
    Recipe,
    Replay,
    Scenario,
    Strategy,
    SymmetricLabelNoise,
    Tasks,
    Trainer,
    replaced,
    spec,
)
from core.random_streams import stream
from core.training.build import fresh_model
from data import InputError
from tests.core.by_hand import CLASSES, distance, images, shown_to, trained
from tests.core.strategies.interrupted import ends_in_the_same_bytes

ADDED = Replay(capacity=12, mode="add")
RECIPE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(5,)),
    preprocessing=("scale",),
    order=Tasks(groups=((0, 1), (2,), (3,)), epochs_each=2),
    optimiser=spec("SGD", learning_rate=0.1),
    label_noise=SymmetricLabelNoise(0.2),
    replay=ADDED,
    strategy=DER(alpha=0.5, beta=0.3),
    batch_size=16,
    epochs=6,
    compiler="graph",
)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def by_hand(recipe):
    """The weights at the end, and the logits of every slot that was ever taken."""
    x, true, labels = shown_to(recipe, 0, images())
    model, rule = fresh_model(recipe, 0, images()), recipe.strategy
    buffer, said, held = recipe.replay.empty(CLASSES), {}, {}
    for epoch in range(1, recipe.epochs + 1):
        order = stream(0, "order", epoch)
        size = recipe.batch_size
        schedule = recipe.order(true, epoch=epoch, batch_size=size, rng=order)
        mixed = recipe.replay(
            schedule,
            labels,
            buffer,
            batch_size=size,
            rng=stream(0, "replay", epoch),
            draws=2 if rule.beta else 1,
        )
        buffer = mixed.buffer
        ends = np.cumsum(mixed.schedule.batch_sizes)[:-1]
        parts = (mixed.schedule.indices, mixed.origin.draw, mixed.origin.slot)
        for chosen, draw, slot in zip(*(np.split(each, ends) for each in parts), strict=True):
            new, by_logits, by_label = (chosen[draw == each] for each in range(3))
            replayed = slot[draw > 0]
            assert [held[each] for each in replayed] == [*by_logits, *by_label]
            with tf.GradientTape() as tape:
                logits = model(x[new], training=True)
                loss = cross_entropy(labels[new], logits)
                if len(by_logits):
                    stored = np.stack([said[each] for each in slot[draw == 1]])
                    away = model(x[by_logits], training=True) - stored
                    loss += rule.alpha * tf.reduce_mean(away**2)
                if len(by_label):
                    again = model(x[by_label], training=True)
                    loss += rule.beta * cross_entropy(labels[by_label], again)
            variables = model.trainable_variables
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
                variable.assign_sub(0.1 * gradient)
            for example, place, row in zip(new, slot[draw == 0], logits.numpy(), strict=True):
                if place >= 0:
                    held[place], said[place] = example, row
    return model.get_weights(), said


def cross_entropy(labels, logits):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(losses)


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy": DER(alpha=0.5)},
        {},
        pytest.param(  # batches that are not filled
            {"replay": Replay(capacity=40, mode="add", fraction=0.8)}, marks=pytest.mark.slow
        ),
        pytest.param({"compiler": "xla"}, marks=pytest.mark.slow),
        pytest.param({"replay": replace(ADDED, buffer="class-balanced")}, marks=pytest.mark.slow),
    ],
)
def test_it_ends_in_the_weights_of_a_loop_by_hand(changes, trainer):
    recipe = replace(RECIPE, **changes)
    weights = trained(recipe, 0, images(), trainer)[1].last
    assert distance(weights, by_hand(recipe)[0]) < 1e-6
    assert distance(weights, by_hand(replace(recipe, strategy=DER(alpha=0.0)))[0]) > 1e-2


@dataclass(frozen=True, kw_only=True)
class Watched(DER):
    logits: ClassVar[list] = []

    def between_tasks(self, network, done, coming, state):
        self.logits.append(state["logits"])
        return {}


def test_two_steps_store_what_was_said_before_each_of_them(trainer):
    everything = Tasks(groups=((0, 1, 2, 3),))
    recipe = replace(
        RECIPE,
        order=everything,
        epochs=1,
        batch_size=45,
        replay=replace(ADDED, capacity=90),
        strategy=Watched(alpha=0.5, beta=0.3),
    )
    trainer.train(recipe, 0, images())
    stored, said = Watched.logits[-1][1:], by_hand(recipe)[1]
    np.testing.assert_allclose(stored, [said[slot] for slot in range(90)], atol=1e-6)
    x, true, _ = shown_to(recipe, 0, images())
    first = everything(true, epoch=1, batch_size=45, rng=stream(0, "order", 1)).indices[:45]
    outputs = fresh_model(recipe, 0, images())(x[first]).numpy()
    np.testing.assert_allclose(stored[:45], outputs, atol=1e-6)


def test_a_slot_that_is_taken_twice_in_a_step_keeps_the_later():
    schedule = Tasks(groups=((0,),))(
        np.zeros(50, np.int64), epoch=1, batch_size=50, rng=np.random.default_rng(0)
    )
    replay = Replay(capacity=3, mode="add")
    mixed = replay(
        schedule,
        np.zeros(50, np.int64),
        replay.empty(1),
        batch_size=50,
        rng=np.random.default_rng(1),
    )
    taken = mixed.origin.slot >= 0
    assert taken.sum() == 3
    assert (mixed.buffer.held[mixed.origin.slot[taken]] == schedule.indices[taken]).all()


@pytest.mark.slow
def test_with_nothing_to_match_it_is_training_on_what_is_new(trainer):
    plain = replace(RECIPE, strategy=Strategy(), replay=None)
    still = replace(RECIPE, strategy=DER(alpha=0.0))
    one, other = (trained(each, 0, images(), trainer)[1].last for each in (plain, still))
    assert distance(one, other) < 1e-6


def test_it_goes_on_within_a_task_after_an_interruption(trainer, monkeypatch, tmp_path):
    assert ends_in_the_same_bytes(RECIPE, trainer, monkeypatch, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": Scenario("task"), "label_noise": None},
        {"input_noise": GaussianNoise(standard_deviation=0.1, when="every-epoch")},
    ],
)
def test_it_trains_with(changes, trainer):
    assert trainer.train(replace(RECIPE, **changes), 0, images()).status == "finished"


@pytest.mark.parametrize(
    ("replay", "words"),
    [
        (None, "DER without replay; expected replay="),
        (replace(ADDED, buffer="herding"), "buffer herding, mode=add .* as they are shown"),
        (replace(ADDED, buffer="task-balanced"), "buffer task-balanced"),
        (replace(ADDED, mode="pool"), "mode=pool"),
        (replace(ADDED, weights="by-task"), "weights=by-task"),
    ],
)
def test_what_it_cannot_be_combined_with_is_refused(replay, words):
    with pytest.raises(InputError, match=words):
        replace(RECIPE, replay=replay)


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(InputError, match="alpha=-1; expected a number from 0 up"):
        DER(alpha=-1)


def test_a_recipe_with_it_is_written_down_and_read_again():
    assert RECIPE.to_json()["strategy"] == {"is": "DER", "alpha": 0.5, "beta": 0.3}
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE
    assert replaced(RECIPE, "strategy.alpha", 1).strategy.alpha == 1
