"""Labels of all kinds: with gaps, and classes that a part has no examples of."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.tables import forgetting_table, per_class_table, summary_table
from core import (
    AugmentedCopy,
    Blocks,
    Blurred,
    ClassSequential,
    EvaluationPlan,
    HoldOut,
    Recipe,
    Replay,
    Shuffled,
    SymmetricLabelNoise,
    Tasks,
    Trainer,
    spec,
)
from data import Dataset, InputError
from tests.core.by_hand import images

NOISY = Recipe(
    dataset="points",
    model=spec("mlp", widths=(8,)),
    compiler="graph",
    epochs=2,
    label_noise=SymmetricLabelNoise(0.45),
    evaluation=EvaluationPlan(sets=("test", "train-corrupted", "train-corrupted-true-labels")),
)


def points(labels=(0, 1), n=90):
    """Points of as many classes as there are labels, two thirds of them to train on."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % len(labels)
    x = (rng.normal(size=(n, 8)) + 2 * np.eye(len(labels), 8)[y]).astype(np.float32)
    y, cut = np.array(labels)[y], 2 * n // 3
    arrays = {"x_train": x[:cut], "y_train": y[:cut], "x_test": x[cut:], "y_test": y[cut:]}
    return Dataset.from_arrays("points", arrays)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def test_labels_with_gaps_give_the_figures_of_the_same_classes_without(trainer):
    dense, gap = (trainer.train(NOISY, 1, points(labels)) for labels in ((0, 1), (3, 8)))
    assert "class_names" not in dense.arrays
    assert gap.arrays["class_names"].tolist() == [3, 8]
    assert replace(gap, arrays={}).digest() == dense.digest()
    assert any("labels 3, 8 are classes 0, 1" in str(note) for note in gap.notes)
    assert dense.key != gap.key
    assert [each.confusion.shape for each in gap.evaluations[:1]] == [(2, 2)]


def some_slow(*values):
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def without(dataset, part, label):
    """The data set without a class's examples in one part."""
    arrays = dataset.as_stored()
    kept = arrays[f"y_{part}"] != label
    arrays |= {name: arrays[name][kept] for name in (f"x_{part}", f"y_{part}")}
    return Dataset.from_arrays(dataset.name, arrays)


SEGMENTS = EvaluationPlan(sets=("test", "train"), segments=True, segment_examples=20)
ORDERS = {
    "shuffled": Shuffled(),
    "sequential": ClassSequential(),
    "random": ClassSequential("random"),
    "latin square": ClassSequential("latin-square"),
    "given": ClassSequential((3, 1, 0, 2)),
    "blurred": Blurred(fraction=0.5),
    "blocks": Blocks(length=4),
    "tasks": Tasks(groups=((3, 1), (0, 2))),
}


@pytest.mark.parametrize("absent", [1, *some_slow(3)])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_class_without_training_examples_has_no_segment_and_no_figures(trainer, order, absent):
    recipe = replace(NOISY, label_noise=None, order=order, evaluation=SEGMENTS)
    record = trainer.train(recipe, 1, without(points(range(4), 60), "train", absent))
    assert record.status == "finished"
    segments = record.arrays["class_segments"]
    assert segments.shape == (2, 4)
    assert not segments[:, absent].any()
    assert segments[:, [each for each in range(4) if each != absent]].any(axis=0).all()
    assert {each.confusion.shape for each in record.evaluations} == {(4, 4)}
    rows = forgetting_table([record]).set_index("class")
    assert np.isnan(
        rows.loc[absent, ["learned", "drop", "recency", "recovery"]].astype(float)
    ).all()
    assert rows.loc[absent, "n"] == 0
    assert rows.drop(absent)["learned"].notna().all()
    assert f"no training examples of class {absent}" in map(str, record.notes)
    summary = summary_table([record]).set_index("metric")
    assert summary.loc["test accuracy", "n"] == 1


@pytest.mark.parametrize("buffer", ["reservoir", *some_slow("class-balanced", "ring", "herding")])
def test_a_class_without_training_examples_is_replayed_around(trainer, buffer):
    replay = Replay(buffer=buffer, capacity=8)
    recipe = replace(NOISY, order=ClassSequential(), replay=replay, evaluation=SEGMENTS)
    record = trainer.train(recipe, 1, without(points(range(4), 60), "train", 3))
    assert record.arrays["buffer_classes"].shape == (2, 3, 4)
    assert forgetting_table([record])["learned"].isna().tolist() == [False, False, False, True]


def test_a_class_without_test_examples_has_no_accuracy(trainer):
    recipe = replace(NOISY, order=ClassSequential(), evaluation=SEGMENTS)
    record = trainer.train(recipe, 1, without(points((3, 8, 9)), "test", 8))
    assert per_class_table([record])["mean"].isna().tolist() == [False, True, False]
    rows = forgetting_table([record]).set_index("class")
    assert np.isnan(rows.loc[8, ["learned", "final", "drop"]].astype(float)).all()
    assert "no test examples of class 8" in map(str, record.notes)


def test_a_class_may_be_held_out_whole(trainer):
    data = points(range(3))
    order = np.argsort(data.y_train, kind="stable")
    arrays = data.as_stored()
    arrays |= {name: arrays[name][order] for name in ("x_train", "y_train")}
    recipe = replace(
        NOISY,
        split=HoldOut(size=20),
        order=ClassSequential(),
        evaluation=EvaluationPlan(segments=True, segment_examples=20),
    )
    record = trainer.train(recipe, 0, Dataset.from_arrays("sorted", arrays))
    assert record.arrays["class_segments"].tolist() == [[1, 2, 0]] * 2
    held_out = [each.confusion for each in record.evaluations if each.set == "validation"]
    assert all(each[:2].sum() == 0 and each[2].sum() == 20 for each in held_out)


def test_an_order_names_every_class_of_the_data(trainer):
    recipe = replace(NOISY, order=ClassSequential((1, 0, 2)))
    with pytest.raises(InputError, match="each of the classes 0 to 3 exactly once"):
        trainer.check(recipe, without(points(range(4), 60), "train", 3))


def with_given_part(dataset, size):
    """The data set with the last of its training file as a validation part of its own."""
    arrays = dataset.as_stored()
    for name in ("x", "y"):
        train = arrays[f"{name}_train"]
        arrays[f"{name}_train"], arrays[f"{name}_val"] = train[:-size], train[-size:]
    return Dataset.from_arrays(dataset.name, arrays)


@pytest.mark.parametrize("copies", [None, AugmentedCopy(flip=True)])
def test_a_given_validation_part_is_as_one_that_is_held_out(trainer, copies):
    data = images()
    recipe = replace(
        NOISY,
        split=HoldOut(size=20),
        preprocessing=("standardise",),
        augmented_copy=copies,
        evaluation=EvaluationPlan(sets=("validation", "test", "gaussian-0.1")),
    )
    held_out = trainer.train(recipe, 1, data)
    given = replace(recipe, split=HoldOut(where="given"))
    record = trainer.train(given, 1, with_given_part(data, 20))
    assert record.digest() == held_out.digest()
    assert not any("validation part" in str(note) for note in record.notes)


def test_a_given_validation_part_that_is_not_used_changes_nothing_and_is_named(trainer):
    data = with_given_part(images(), 20)
    arrays = {name: data.as_stored()[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    record = trainer.train(NOISY, 1, data)
    plain = trainer.train(NOISY, 1, Dataset.from_arrays("images", arrays))
    assert record.digest() == plain.digest()
    assert any("validation part of 20 examples is not used" in str(each) for each in record.notes)


def test_a_given_part_is_refused_where_there_is_none_or_of_another_size(trainer):
    recipe = replace(NOISY, split=HoldOut(where="given"))
    with pytest.raises(InputError, match=r"no validation part of their own; expected .* x_val"):
        trainer.check(recipe, images())
    for more in ({"size": 5}, {"of": "test"}):
        recipe = replace(NOISY, split=HoldOut(where="given", **more))
        with pytest.raises(InputError, match="expected size=0, of='train'"):
            trainer.check(recipe, with_given_part(images(), 20))
