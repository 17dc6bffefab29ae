"""What the record says of a replay buffer is what NumPy alone, or the network by hand, says."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from core import (
    ClassSequential,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    Recipe,
    Replay,
    Shuffled,
    SymmetricLabelNoise,
    Tasks,
    Trainer,
    UniformLabelNoise,
    spec,
)
from core.random_streams import stream
from core.schedule.buffers import candidates, exemplars
from core.schedule.orders import segments
from core.training.build import fresh_model
from data import Dataset, InputError
from tests.core.by_hand import CLASSES, distance, images, shown_to, trained

BASE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(10, 7)),
    split=HoldOut(size=0.2, where="random"),
    preprocessing=("scale",),
    optimiser=spec("Adam", learning_rate=1e-2),
    label_noise=SymmetricLabelNoise(0.3),
    batch_size=8,
    epochs=3,
    evaluation=EvaluationPlan(sets=()),
    compiler="graph",
)
IN_SEGMENTS = EvaluationPlan(sets=("test",), segments=True, segment_examples=8)


@pytest.fixture(scope="module")
def data():
    return images()


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def told(contents, labels, wrong):
    """How many of each class a buffer holds, and which share is wrong, one slot at a time."""
    held = [example for example in contents if example != -1]
    counts = [sum(labels[example] == label for example in held) for label in range(CLASSES)]
    return counts, sum(bool(wrong[example]) for example in held) / len(held)


REPLAYS = {
    "reservoir": Replay(capacity=13),
    "class-balanced": Replay(buffer="class-balanced", capacity=9, fraction=0.3, mode="add"),
    "ring": Replay(buffer="ring", capacity=10, fraction=0.7),
    "larger than the data": Replay(capacity=500),
}


@pytest.mark.parametrize("name", REPLAYS)
@pytest.mark.parametrize(
    "order", [ClassSequential(), Tasks(groups=((3,), (0, 2), (1,)))], ids=["classes", "tasks"]
)
@pytest.mark.parametrize("plan", [BASE.evaluation, IN_SEGMENTS], ids=["epochs", "segments"])
def test_the_record_tells_what_the_buffer_held_at_every_evaluation(
    name, order, plan, trainer, data
):
    recipe = replace(BASE, replay=REPLAYS[name], order=order, evaluation=plan)
    record = trainer.train(recipe, 4, data)
    _, true, labels = shown_to(recipe, 4, data)
    buffer = recipe.replay.empty(CLASSES)
    steps, shares = [], []
    for epoch in range(1, 4):
        schedule = order(true, epoch=epoch, batch_size=8, rng=stream(4, "order", epoch))
        rng = stream(4, "replay", epoch)
        contents = []
        # A segment at a time: the same as the epoch at once, see the tests of replay.
        for part in segments(schedule):
            mixed = recipe.replay(part, labels, buffer, batch_size=8, rng=rng)
            buffer = mixed.buffer
            contents.append(buffer.held)
            steps.append(len(mixed.schedule.batch_sizes))
        seen = [told(held, labels, labels != true) for held in contents]
        seen = seen if plan.segments else seen[-1:]
        assert record.arrays["buffer_classes"][epoch - 1].tolist() == [row[0] for row in seen]
        assert record.arrays["buffer_mislabelled"][epoch - 1].tolist() == [row[1] for row in seen]
        shares.append(seen[-1][1])
    assert record.arrays["buffer"].tolist() == sorted(buffer.held)
    assert record.history[-1][1] == sum(steps)
    history = [row[3] for row in record.history if row[2] == "mislabelled share of the buffer"]
    assert history == shares
    if plan.segments:
        looks = [e.step for e in record.evaluations if e.set == "test-sample"]
        assert looks == [0, *np.cumsum(steps)]


def test_without_label_noise_nothing_is_said_of_wrong_labels(trainer, data):
    recipe = replace(BASE, label_noise=None, replay=Replay(capacity=9))
    record = trainer.train(recipe, 0, data)
    assert {row[2] for row in record.history} == {"loss", "accuracy", "learning_rate"}
    assert not record.arrays["buffer_mislabelled"].any()


def test_without_replay_the_record_has_no_buffer(trainer, data):
    assert not trainer.train(replace(BASE, evaluation=IN_SEGMENTS), 0, data).arrays.keys() & {
        "buffer",
        "buffer_classes",
        "buffer_mislabelled",
    }


# Herding


def herded_by_hand(recipe, seed, data):
    """A run with herding by Keras alone: features from a sub-model at the end of each segment."""
    x, true, labels = shown_to(recipe, seed, data)
    model = fresh_model(recipe, seed, data)
    model.compile(keras.optimizers.Adam(**recipe.optimiser.parameters), recipe.loss)
    below = keras.Model(model.inputs[0], model.layers[-2].output)
    buffer = recipe.replay.empty(CLASSES)
    contents = []
    for epoch in range(1, recipe.epochs + 1):
        schedule = recipe.order(
            true, epoch=epoch, batch_size=recipe.batch_size, rng=stream(seed, "order", epoch)
        )
        rng, noise = stream(seed, "replay", epoch), stream(seed, "corruption", 3, epoch)
        for part in segments(schedule):
            mixed = recipe.replay(part, labels, buffer, batch_size=recipe.batch_size, rng=rng)
            sizes = mixed.schedule.batch_sizes
            fresh = recipe.input_noise and recipe.input_noise.fresh(
                len(sizes), recipe.replay.largest_batch(recipe.batch_size) * x[0].size, noise
            )
            for step, chosen in enumerate(np.split(mixed.schedule.indices, np.cumsum(sizes)[:-1])):
                shown = x[chosen]
                if fresh:
                    shown = shown + fresh.at(step, shown.shape)
                model.train_on_batch(shown, labels[chosen])
            buffer = mixed.buffer
            if len(part.indices):
                examples = candidates(buffer, part.indices, labels)
                buffer = exemplars(buffer, examples, below(x[examples]).numpy(), labels)
            contents.append(told(buffer.held, labels, labels != true))
    return model.get_weights(), buffer.held, contents


@pytest.mark.parametrize(
    "change",
    [
        {"order": ClassSequential(), "replay": Replay(buffer="herding", capacity=13)},
        {
            "order": Tasks(groups=((3, 0), (2, 1)), epochs_each=2),
            "epochs": 4,
            "replay": Replay(buffer="herding", capacity=9, fraction=0.3, mode="add"),
            # The features are those of inputs without it.
            "input_noise": GaussianNoise(standard_deviation=0.2, when="every-epoch"),
        },
    ],
    ids=["classes", "noisy tasks"],
)
def test_herding_asks_the_network_as_it_is_when_a_segment_ends(change, trainer, data):
    recipe = replace(BASE, **change)
    weights, held, contents = herded_by_hand(recipe, 1, data)
    record, watched = trained(recipe, 1, data, trainer)
    assert record.arrays["buffer"].tolist() == sorted(held)
    assert distance(watched.last, weights) == 0
    record = trainer.train(replace(recipe, evaluation=IN_SEGMENTS), 1, data)
    counts = record.arrays["buffer_classes"].reshape(-1, CLASSES)
    assert counts.tolist() == [row[0] for row in contents]
    assert record.arrays["buffer_mislabelled"].ravel().tolist() == [row[1] for row in contents]


def test_another_network_herds_another_buffer(trainer, data):
    recipe = replace(
        BASE, order=ClassSequential(), replay=Replay(buffer="herding", capacity=13), epochs=1
    )
    other = replace(recipe, optimiser=spec("Adam", learning_rate=0.5))
    buffers = [trainer.train(each, 1, data).arrays["buffer"].tolist() for each in (recipe, other)]
    assert buffers[0] != buffers[1]


@pytest.mark.parametrize("compiler", ["graph", pytest.param("xla", marks=pytest.mark.slow)])
@pytest.mark.parametrize("buffer", ["herding", "class-balanced"])
def test_segments_without_a_step_of_their_own_do_no_harm(compiler, buffer, trainer, data):
    # In one batch of 72 shuffled examples, the first classes' turns are over before it is.
    recipe = replace(
        BASE,
        order=Shuffled(),
        batch_size=100,
        replay=Replay(buffer=buffer, capacity=9, fraction=0.1),
        evaluation=IN_SEGMENTS,
        compiler=compiler,
    )
    record = trainer.train(recipe, 0, data)
    steps = [e.step for e in record.evaluations if e.set == "test-sample" and e.epoch == 1]
    assert len(steps) == CLASSES
    assert steps[0] == 0
    assert (record.arrays["buffer_classes"][-1].sum(axis=1) <= 9).all()
    assert (record.arrays["buffer"] != -1).sum() >= 8


# Only what was shown


@pytest.mark.parametrize("buffer", ["reservoir", "class-balanced", "ring", "herding"])
@pytest.mark.parametrize("of", [pytest.param("train", marks=pytest.mark.slow), "test"])
def test_nothing_held_out_ever_enters_a_buffer_or_a_batch(buffer, of, trainer, data):
    recipe = replace(
        BASE,
        split=HoldOut(size=0.3, where="random", of=of),
        order=ClassSequential(),
        preprocessing=(),
        replay=Replay(buffer=buffer, capacity=20),
        label_noise=UniformLabelNoise(0.2),
        evaluation=EvaluationPlan(sets=("train",), segments=True),
    )
    split = recipe.split(data.y_train, data.y_test, stream(0, "data"))
    x = np.concatenate([data.x_train, data.x_test]).astype(np.float32) / 255
    # One look at any of them in training and the loss is no number any more.
    x[np.concatenate([split.validation, split.test])] = np.nan
    n = len(data.y_train)
    poisoned = Dataset("images", x[:n], data.y_train, x[n:], data.y_test, CLASSES, "00", "here")
    record, weights = trained(recipe, 0, poisoned, trainer)
    assert all(np.isfinite(value) for *_, name, value in record.history if name == "loss")
    assert all(np.isfinite(w).all() for w in weights.last)
    buffer = record.arrays["buffer"]
    assert buffer[buffer != -1].min() >= 0
    assert buffer.max() < len(split.train)
    assert not set(split.train[buffer]) & {*split.validation, *split.test}


def test_a_buffer_lives_on_when_the_training_stops_early(trainer, data):
    stop = spec("EarlyStopping", monitor="loss", patience=0, min_delta=9, mode="min")
    recipe = replace(BASE, replay=Replay(capacity=9), epochs=6, early_stopping=stop)
    record, weights = trained(recipe, 0, data, trainer)
    shorter = replace(recipe, epochs=2, early_stopping=None)
    other, others = trained(shorter, 0, data, trainer)
    assert record.results() == other.results()
    assert distance(weights.last, others.last) == 0
    assert record.arrays["buffer_classes"].shape == (2, 1, CLASSES)


def subclassed(shape, classes):
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = keras.layers.Dense(classes, activation="softmax")

        def call(self, inputs):
            return self.last(keras.ops.reshape(inputs, (-1, 30)))

    return Mine()


def test_herding_with_a_subclassed_model_is_refused_before_it_trains(trainer, data):
    recipe = replace(BASE, model=spec(subclassed), replay=Replay(capacity=9))
    assert trainer.train(recipe, 0, data).status == "finished"
    begun = []

    class Began(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            begun.append(self)

    herding = replace(recipe, replay=Replay(buffer="herding", capacity=9))
    said = (
        "Received a model of class Mine with herding or a strategy that reads features; "
        "expected a Sequential or functional one"
    )
    with pytest.raises(InputError, match=said):
        trainer.train(herding, 0, data, callbacks=[Began()])
    assert not begun
