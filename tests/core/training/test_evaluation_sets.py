"""What is evaluated: parts of the training set, corrupted test sets, noise on what is evaluated."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from core import (
    ClassSequential,
    Corruption,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    MatrixLabelNoise,
    Recipe,
    Replay,
    Shuffled,
    SymmetricLabelNoise,
    Trainer,
    spec,
)
from core.evaluation import PARTS
from core.examples.preprocessing import preprocess
from core.random_streams import stream
from core.training.build import fresh_model
from core.training.preparation import corrupted_test_file
from data import Dataset
from tests.core.by_hand import CLASSES, images, shown_to

BASE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(10,)),
    split=HoldOut(size=0.2, where="random"),
    preprocessing=("scale", "standardise"),
    optimiser=spec("SGD", learning_rate=0.1),
    batch_size=8,
    epochs=2,
    compiler="graph",
)
NOISE = GaussianNoise(standard_deviation=0.5)


@pytest.fixture(scope="module")
def data():
    return images()


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


class Outputs(keras.callbacks.Callback):
    """What the network makes of inputs at the end of every epoch."""

    def __init__(self, x):
        super().__init__()
        self.x, self.outputs = x, []

    def on_epoch_end(self, epoch, logs=None):
        self.outputs.append(self.model(self.x, training=False).numpy())


def looks(record, name):
    return [e for e in record.evaluations if e.set == name]


def counted(labels, outputs):
    """A confusion matrix, one example at a time."""
    matrix = np.zeros((CLASSES, CLASSES), dtype=int)
    for label, output in zip(labels, outputs, strict=True):
        matrix[label, output.argmax()] += 1
    return matrix.tolist()


def loss(labels, outputs):
    return -np.log(outputs[np.arange(len(labels)), labels]).mean()


# The training part and its parts


@pytest.mark.parametrize(
    "noise",
    [
        SymmetricLabelNoise(0.3),
        MatrixLabelNoise(tuple(tuple(row) for row in (np.eye(4) * 0.8 + 0.05).tolist())),
    ],
    ids=["exact", "matrix"],
)
@pytest.mark.parametrize("input_noise", [None, NOISE], ids=["", "noisy"])
def test_parts_of_the_training_set_are_held_against_the_right_labels(
    noise, input_noise, trainer, data
):
    recipe = replace(
        BASE,
        label_noise=noise,
        input_noise=input_noise,
        order=ClassSequential(),
        evaluation=EvaluationPlan(sets=("train", *PARTS)),
    )
    x, true, labels = shown_to(recipe, 3, data)
    wrong = true != labels
    outputs = Outputs(x)
    record = trainer.train(recipe, 3, data, callbacks=[outputs])
    found = {name: looks(record, name)[1:] for name in ("train", *PARTS)}
    for epoch, output in enumerate(outputs.outputs):
        expected = {
            "train": (labels, output),
            "train-clean": (labels[~wrong], output[~wrong]),
            "train-corrupted": (labels[wrong], output[wrong]),
            "train-corrupted-true-labels": (true[wrong], output[wrong]),
        }
        for name, held in expected.items():
            assert found[name][epoch].confusion.tolist() == counted(*held)
            assert found[name][epoch].loss == pytest.approx(loss(*held), rel=1e-5)
        whole, clean, corrupted, seen_through = (e[epoch].confusion for e in found.values())
        assert (whole == clean + corrupted).all()
        # The same examples and predictions, against other labels.
        assert (corrupted.sum(axis=0) == seen_through.sum(axis=0)).all()
        assert corrupted.sum() == wrong.sum()


@pytest.mark.parametrize(
    ("noise", "left"),
    [
        (None, ["train", "train-clean"]),
        (SymmetricLabelNoise(0.0), ["train", "train-clean"]),
        (SymmetricLabelNoise(1.0), ["train", "train-corrupted", "train-corrupted-true-labels"]),
    ],
    ids=["none", "0", "1"],
)
@pytest.mark.parametrize("when", ["sets", "at_end"])
def test_parts_without_examples_are_left_out(noise, left, when, trainer, data):
    plan = EvaluationPlan(**{"sets": (), when: ("validation", "train", *PARTS)})
    recipe = replace(BASE, split=HoldOut(), label_noise=noise, evaluation=plan, epochs=1)
    record = trainer.train(recipe, 0, data)
    assert [e.set for e in record.evaluations] == left * (2 if when == "sets" else 1)


def test_early_stopping_can_watch_a_part_of_the_training_set(trainer, data):
    name = "train-corrupted-true-labels_loss"
    watch = spec("EarlyStopping", monitor=name, patience=0, mode="min")
    plan = EvaluationPlan(sets=("train-corrupted-true-labels",))
    recipe = replace(BASE, label_noise=SymmetricLabelNoise(0.3), evaluation=plan, epochs=30)
    record = trainer.train(replace(recipe, early_stopping=watch), 0, data)
    losses = [e.loss for e in record.evaluations[1:]]
    assert 1 < len(losses) < 30
    assert losses[-1] >= losses[-2] == min(losses)


# Damaged test sets


def by_hand(recipe, seed, data, name):
    """A damaged and preprocessed test set, and its labels."""
    split = recipe.split(data.y_train, data.y_test, stream(seed, "data"))
    values = (0, 255) if data.x_test.dtype == np.uint8 else (data.x_train.min(), data.x_train.max())
    x = Corruption.named(name)(data.x_test.astype(np.float32), values, stream(0, "data", 1))
    whole = preprocess(replace(data, x_test=x), recipe.preprocessing, split.train)
    return whole[split.test], data.y_test[split.test - len(data.y_train)]


def floats(data):
    """The same images in another unit, which their range must be read from."""
    arrays = {name: getattr(data, name) / 100 - 1 for name in ("x_train", "x_test")}
    return Dataset.from_arrays("images", arrays | {"y_train": data.y_train, "y_test": data.y_test})


@pytest.mark.parametrize("of", ["train", "test"])
@pytest.mark.parametrize("unit", ["pixels", "floats"])
def test_damaged_test_sets_are_the_test_file_damaged_and_preprocessed(of, unit, trainer, data):
    data = data if unit == "pixels" else floats(data)
    recipe = replace(
        BASE,
        split=HoldOut(size=0.3, where="random", of=of),
        preprocessing=("subtract-mean-image", "standardise"),
        input_noise=NOISE,  # on what is trained: the corrupted sets know nothing of it
        evaluation=EvaluationPlan(sets=("gaussian-0.1", "shift-1"), at_end=("occlusion-0.2",)),
    )
    sets = {name: by_hand(recipe, 5, data, name) for name in recipe.evaluation.corrupted}
    watchers = {name: Outputs(x) for name, (x, _) in sets.items()}
    record = trainer.train(recipe, 5, data, callbacks=list(watchers.values()))
    for name, (_, y) in sets.items():
        found = looks(record, name)
        expected = watchers[name].outputs
        if name in recipe.evaluation.at_end:
            assert [(e.epoch, e.segment) for e in found] == [(2, 1)]
            expected = expected[-1:]
        else:
            found = found[1:]
        for evaluation, output in zip(found, expected, strict=True):
            assert evaluation.confusion.tolist() == counted(y, output)
            assert evaluation.loss == pytest.approx(loss(y, output), rel=1e-4)


def test_bytes_of_a_small_range_are_damaged_within_it(data):
    arrays = {name: getattr(data, name) for name in ("y_train", "y_test")}
    small = {name: getattr(data, name) // 16 for name in ("x_train", "x_test")}
    of_bytes = Dataset.from_arrays("images", small | arrays)
    of_floats = Dataset.from_arrays(
        "images", {name: x.astype(np.float32) for name, x in small.items()} | arrays
    )
    assert of_bytes.x_test.dtype == np.uint8
    found = corrupted_test_file(of_bytes, "salt-and-pepper-0.2")
    np.testing.assert_array_equal(found, corrupted_test_file(of_floats, "salt-and-pepper-0.2"))
    assert found.max() == of_bytes.x_train.max()


def test_a_damaged_set_of_severity_0_is_the_test_set(trainer, data):
    plan = EvaluationPlan(sets=("test", "gaussian-0"))
    record = trainer.train(replace(BASE, input_noise=NOISE, evaluation=plan), 0, data)
    for whole, damaged in zip(looks(record, "test"), looks(record, "gaussian-0"), strict=True):
        assert (whole.confusion == damaged.confusion).all()
        assert whole.loss == damaged.loss


def test_damage_is_the_same_for_every_seed(trainer, data):
    plan = EvaluationPlan(sets=("gaussian-0.3",))
    recipe = replace(BASE, split=HoldOut(), evaluation=plan, epochs=1)
    first, second = (by_hand(recipe, seed, data, "gaussian-0.3")[0] for seed in (0, 1))
    assert np.array_equal(first, second)
    outputs = Outputs(first)
    record = trainer.train(recipe, 1, data, callbacks=[outputs])
    assert looks(record, "gaussian-0.3")[1].confusion.tolist() == counted(
        data.y_test, outputs.outputs[0]
    )


# At the end


@pytest.mark.parametrize("restore", [False, True])
def test_sets_at_the_end_are_evaluated_once_with_the_weights_that_stay(restore, trainer, data):
    stop = spec(
        "EarlyStopping", monitor="val_loss", patience=2, min_delta=9, restore_best_weights=restore
    )
    plan = EvaluationPlan(sets=("test", "validation"), at_end=("train", "blur-1"), segments=True)
    recipe = replace(BASE, epochs=9, early_stopping=stop, evaluation=plan, order=Shuffled())
    record = trainer.train(recipe, 0, data)
    last = record.evaluations[-1]
    assert last.epoch == 3
    assert [e.set for e in record.evaluations[-2:]] == ["train", "blur-1"]
    assert [len(looks(record, name)) for name in ("train", "blur-1")] == [1, 1]
    assert (last.segment, last.step) == (record.evaluations[-3].segment, record.history[-1][1])
    # An end without further sets has the same results, and so does one with nothing else.
    shorter = replace(recipe, evaluation=replace(plan, at_end=()))
    assert trainer.train(shorter, 0, data).results() != record.results()
    before = trainer.train(shorter, 0, data).evaluations
    assert [e[:4] for e in before] == [e[:4] for e in record.evaluations[:-2]]


def test_sets_at_the_end_need_no_others(trainer, data):
    alone = EvaluationPlan(sets=(), at_end=("test", "blur-1"))
    record = trainer.train(replace(BASE, evaluation=alone), 0, data)
    assert [(e.set, e.epoch, e.segment) for e in record.evaluations] == [
        ("test", 2, 1),
        ("blur-1", 2, 1),
    ]
    beside = replace(BASE, evaluation=EvaluationPlan(sets=("test",)))
    assert record.evaluations[0].loss == trainer.train(beside, 0, data).evaluations[-1].loss
    # Restored weights are evaluated once more, of whatever there is to evaluate.
    stop = spec("EarlyStopping", monitor="loss", patience=0, min_delta=9, restore_best_weights=1)
    record = trainer.train(replace(BASE, evaluation=alone, early_stopping=stop), 0, data)
    assert [e.set for e in record.evaluations] == ["test", "blur-1"]


# Noise on what is evaluated


@pytest.mark.parametrize("when", ["once", "every-epoch"])
@pytest.mark.parametrize("on", ["train", "test", "both"])
def test_noise_lies_on_the_sets_that_it_is_meant_for(on, when, trainer, data):
    if (when, on) == ("every-epoch", "test"):
        pytest.skip("refused")
    recipe = replace(
        BASE,
        input_noise=replace(NOISE, on=on, when=when, clip=(-1, 1.5)),
        evaluation=EvaluationPlan(
            sets=("train", "validation", "test"), segments=True, segment_examples=9
        ),
        epochs=1,
        replay=Replay(capacity=5),
    )
    split = recipe.split(data.y_train, data.y_test, stream(2, "data"))
    x = preprocess(data, recipe.preprocessing, split.train)
    y = np.concatenate([data.y_train, data.y_test])
    apart = np.concatenate([split.validation, split.test])
    noisy = x.copy()
    if when == "once":
        noisy[split.train] = recipe.input_noise(x[split.train], stream(2, "corruption", 1))
    noisy[apart] = recipe.input_noise(x[apart], stream(2, "corruption", 2))
    record = trainer.train(recipe, 2, data)
    model = fresh_model(recipe, 2, data)  # what was evaluated before the training
    for name in recipe.evaluation.sets:
        meant = on == "both" or (name == "train") == (on == "train")
        part = getattr(split, name)
        outputs = model((noisy if meant else x)[part]).numpy()
        first = looks(record, name)[0]
        assert first.confusion.tolist() == counted(y[part], outputs)
        assert first.loss == pytest.approx(loss(y[part], outputs), rel=1e-5)
        other = model((x if meant else noisy)[part]).numpy()
        if meant and (name != "train" or when == "once"):
            assert first.loss != pytest.approx(loss(y[part], other), rel=1e-3)
    assert looks(record, "test-sample")[0].confusion.sum() == 9
