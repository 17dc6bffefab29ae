"""Pixel maps inside the compiled step, against images that are really stored transformed."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from core import (
    DER,
    EWC,
    GEM,
    MAS,
    SI,
    AugmentedCopy,
    Domains,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    Recipe,
    Replay,
    Scenario,
    SymmetricLabelNoise,
    Tasks,
    Trainer,
    spec,
)
from core.examples.pixel_maps import checksum, permutations
from core.random_streams import stream
from core.training.build import fresh_model
from core.training.preparation import prepare
from data import Dataset, InputError
from tests.core.by_hand import CLASSES, distance, images, trained

TASKS = 3
PERMUTED = Domains(kind="permuted", number=TASKS)
ROTATED = Domains(kind="rotated", number=TASKS, angles=(0, 31, 118.5))
PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,)),
    preprocessing=("scale",),
    optimiser=spec("SGD", learning_rate=0.5, momentum=0.9),
    order=PERMUTED,
    batch_size=8,
    epochs=TASKS,
    evaluation=EvaluationPlan(sets=("test-tasks",)),
    compiler="graph",
)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def stored(order, x, seed=0):
    """Each task's images, one task after the other, uint8 [tasks * n, 6, 5]."""
    if order.kind == "rotated":
        turned = [[Image.fromarray(each).rotate(angle) for each in x] for angle in order.angles]
        return np.concatenate([np.stack(list(map(np.asarray, task))) for task in turned])
    rng = stream(seed, "data", 3)
    maps = [rng.permutation(30) for _ in range(TASKS)]
    return np.concatenate([x.reshape(-1, 30)[:, each].reshape(x.shape) for each in maps])


def in_classes(order, data):
    """The same as data of their own, with other classes in each task."""
    arrays = {}
    for part in ("train", "test"):
        labels = getattr(data, f"y_{part}")
        arrays[f"x_{part}"] = stored(order, getattr(data, f"x_{part}"))
        arrays[f"y_{part}"] = np.concatenate([labels + CLASSES * task for task in range(TASKS)])
    return Dataset.from_arrays("images", arrays)


GROUPS = tuple(tuple(range(CLASSES * t, CLASSES * (t + 1))) for t in range(TASKS))


@pytest.mark.parametrize("order", [PERMUTED, ROTATED])
@pytest.mark.parametrize("compiler", ["graph", pytest.param("xla", marks=pytest.mark.slow)])
def test_the_weights_are_those_of_a_plain_loop_over_stored_images(order, compiler, trainer):
    data = images()
    x = stored(order, data.x_train).astype(np.float32) / 255
    recipe = replace(PLAIN, order=order, optimiser=spec("SGD", learning_rate=0.5))
    model = fresh_model(recipe, 0, data)
    variables, n = model.trainable_variables, len(data.y_train)
    for task in range(TASKS):
        shown = stream(0, "order", task + 1).permutation(n)
        for start in range(0, n, 8):
            rows = shown[start : start + 8]
            with tf.GradientTape() as tape:
                p = model(x[task * n + rows], training=True)
                right = tf.gather(p, data.y_train[rows], batch_dims=1)
                loss = -tf.reduce_mean(tf.math.log(right))
            for variable, slope in zip(variables, tape.gradient(loss, variables), strict=True):
                variable.assign_sub(0.5 * slope)
    found = trained(replace(recipe, compiler=compiler), 0, data, trainer)[1].last
    assert distance(found, model.get_weights()) < 1e-6


@pytest.mark.parametrize(
    ("order", "changes"),
    [
        (PERMUTED, {"scenario": Scenario("domain"), "strategy": EWC(strength=5.0)}),
        (ROTATED, {"scenario": Scenario("class"), "strategy": MAS(strength=0.1, batch=16)}),
        (
            ROTATED,
            {
                "scenario": Scenario("domain"),
                "strategy": SI(strength=0.1),
                "replay": Replay(capacity=20, mode="add"),
            },
        ),
        (
            PERMUTED,
            {
                "scenario": Scenario("task"),
                "replay": Replay(buffer="task-balanced", capacity=20, mode="pool"),
            },
        ),
        (
            PERMUTED,
            {"scenario": Scenario("class"), "replay": Replay(buffer="herding", capacity=24)},
        ),
        (
            ROTATED,
            {
                "scenario": Scenario("domain"),
                "replay": Replay(capacity=20, mode="add"),
                "strategy": DER(alpha=0.5, beta=0.5),
            },
        ),
        (
            PERMUTED,
            {
                "scenario": Scenario("domain"),
                "replay": Replay(buffer="task-balanced", capacity=20, mode="add", fraction=0),
                "strategy": GEM(margin=0.5),
            },
        ),
    ],
)
def test_methods_meet_the_images_of_their_tasks(order, changes, trainer):
    mapped = replace(PLAIN, order=order, **changes)
    record, weights = trained(mapped, 0, images(), trainer)
    plain = replace(mapped, order=Tasks(groups=GROUPS))
    expected, by_hand = trained(plain, 0, in_classes(order, images()), trainer)
    assert distance(weights.last, by_hand.last) < 1e-6
    assert [(e.set, e.epoch) for e in record.evaluations] == [
        (e.set, e.epoch) for e in expected.evaluations
    ]
    for mine, theirs in zip(record.evaluations, expected.evaluations, strict=True):
        assert np.array_equal(mine.confusion, theirs.confusion)


def test_each_task_is_tested_under_its_map_before_training_too(trainer):
    data = images()
    record = trainer.train(replace(PLAIN, order=ROTATED), 0, data)
    x = stored(ROTATED, data.x_test).astype(np.float32) / 255
    predicted = fresh_model(PLAIN, 0, data)(x).numpy().argmax(axis=1).reshape(TASKS, -1)
    before = [each for each in record.evaluations if each.epoch == 0]
    assert [each.set for each in before] == ["test-task-1", "test-task-2", "test-task-3"]
    for found, expected in zip(before, predicted, strict=True):
        counts = np.zeros((CLASSES, CLASSES), dtype=int)
        np.add.at(counts, (data.y_test, expected), 1)
        assert np.array_equal(found.confusion, counts)


def test_all_test_examples_are_asked_only_when_the_last_task_is_over(trainer):
    plan = EvaluationPlan(sets=("test-tasks",), task_examples=10)
    record = trainer.train(replace(PLAIN, evaluation=plan), 0, images())
    sizes = {(each.epoch, each.confusion.sum()) for each in record.evaluations}
    assert sizes == {(0, 10), (1, 10), (2, 10), (3, 40)}


def test_a_label_is_wrong_in_every_task_alike():
    recipe = replace(
        PLAIN, label_noise=SymmetricLabelNoise(0.3), split=HoldOut(size=0.2), order=ROTATED
    )
    for scenario in (None, Scenario("class")):
        found = prepare(replace(recipe, scenario=scenario), 0, images())
        taught = found.training_labels.reshape(TASKS, -1)
        if scenario is not None:
            taught = taught - CLASSES * np.arange(TASKS)[:, None]
        assert (taught == taught[0]).all()
        assert 0 < found.changed.mean() < 0.3
        assert found.changed[found.split.train].mean() == pytest.approx(0.3, abs=0.01)


def test_the_record_says_which_maps_there_were(trainer):
    texts = []
    for seed, order in ((0, PERMUTED), (1, PERMUTED), (1, replace(PERMUTED, seed=0))):
        record = trainer.train(replace(PLAIN, order=order, epochs=3), seed, images())
        texts += [str(each) for each in record.notes if each.kind == "pixel-maps"]
    assert texts[0] == texts[2] != texts[1]
    assert checksum(permutations((6, 5), TASKS, PERMUTED.rng(0))) in texts[0]
    rotated = trainer.train(replace(PLAIN, order=ROTATED), 0, images())
    assert rotated.arrays["degrees"].tolist() == [0, 31, 118.5]


def test_black_is_what_preprocessing_makes_of_0_and_copies_are_of_the_images(trainer):
    recipe = replace(
        PLAIN,
        order=ROTATED,
        preprocessing=("scale", "normalise"),
        augmented_copy=AugmentedCopy(flip=True),
        input_noise=GaussianNoise(standard_deviation=0.1, when="every-epoch"),
    )
    assert trainer.train(recipe, 0, images()).status == "finished"
    black = float(trainer._device.x.black)
    scaled = images().x_train / 255
    assert black == pytest.approx(-scaled.mean() / scaled.std(), rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 4}, "expected epochs=3"),
        ({"input_noise": GaussianNoise(standard_deviation=0.1)}, "when='every-epoch'"),
        ({"evaluation": EvaluationPlan(at_end=("blur-1",))}, "evaluation of blur-1"),
        ({"evaluation": EvaluationPlan(measurements=("predictions",))}, "of predictions"),
        ({"order": ROTATED, "preprocessing": ("standardise",)}, "pad-2, scale, normalise"),
        ({"order": ROTATED, "preprocessing": ("normalise", "pad-2")}, "in this order"),
    ],
)
def test_what_cannot_be_mapped_is_refused_in_a_line(changes, message):
    with pytest.raises(InputError, match=message) as caught:
        replace(PLAIN, **changes)
    assert "\n" not in str(caught.value)
