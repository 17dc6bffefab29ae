"""Scenarios: outputs that are not active, against networks that have no others."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from core import (
    EvaluationPlan,
    Recipe,
    Replay,
    Scenario,
    Shuffled,
    SymmetricLabelNoise,
    Tasks,
    spec,
)
from core.examples.label_noise import MatrixLabelNoise
from core.random_streams import stream
from core.training.build import fresh_model
from core.training.preparation import prepare
from data import InputError
from tests.core.by_hand import CLASSES, distance, images, shown_to, trained

GROUPS = ((0, 3), (1, 2))
TASK = np.array([0, 1, 1, 0])
PLACE = np.array([0, 0, 1, 1])
PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,)),
    preprocessing=("scale",),
    optimiser=spec("SGD", learning_rate=0.5),
    order=Tasks(groups=GROUPS, epochs_each=2),
    scenario=Scenario("class"),
    batch_size=8,
    epochs=4,
    evaluation=EvaluationPlan(sets=("test", "test-tasks")),
    compiler="graph",
)


def steps(recipe):
    """Every batch: inputs, labels, which are replayed, the task."""
    x, true, labels = shown_to(recipe, 0, images())
    buffer = recipe.replay and recipe.replay.empty(CLASSES)
    for epoch in range(1, recipe.epochs + 1):
        schedule = recipe.order(true, epoch=epoch, batch_size=8, rng=stream(0, "order", epoch))
        old, task = np.zeros(len(schedule.indices), dtype=bool), int(schedule.tasks[0])
        if recipe.replay:
            rng = stream(0, "replay", epoch)
            mixed = recipe.replay(schedule, labels, buffer, batch_size=8, rng=rng)
            schedule, old, buffer = mixed.schedule, mixed.origin.old, mixed.buffer
            if recipe.replay.rule.at_task_ends and epoch == 2:
                buffer = keep(recipe.replay, buffer, np.flatnonzero(TASK[true] == task))
        ends = np.cumsum(schedule.batch_sizes)[:-1]
        for chosen, again in zip(
            np.split(schedule.indices, ends), np.split(old, ends), strict=True
        ):
            yield x[chosen], labels[chosen], again, task


def keep(replay, buffer, examples):
    drawn = stream(0, "replay", 0, 0).permutation(examples)[: replay.capacity]
    held = np.full_like(buffer.held, -1)
    held[: len(drawn)] = drawn
    return buffer._replace(held=held)


def active(scenario, label, replayed, task):
    """The classes that an example's softmax is over."""
    if scenario.kind == "task":
        return list(GROUPS[TASK[label]])
    seen = [c for t in range(task + 1) for c in GROUPS[t]]
    if scenario.active == "current" and not replayed:
        return list(GROUPS[task])
    return list(range(CLASSES)) if scenario.active == "all" else seen


def by_hand(recipe, weigh=lambda old, task: np.ones(len(old))):
    """The weights after training with a softmax over the active columns alone."""
    model = fresh_model(recipe, 0, images())
    variables = model.trainable_variables
    for x, labels, old, task in steps(recipe):
        weights = weigh(old, task).astype(np.float32) / len(labels)
        pairs = zip(labels, old, strict=True)
        heads = [tuple(active(recipe.scenario, label, again, task)) for label, again in pairs]
        if recipe.scenario.kind == "domain":
            heads, labels = [(0, 1)] * len(labels), PLACE[labels]
        with tf.GradientTape() as tape:
            logits, total = model(x, training=True), 0.0
            for head in set(heads):  # the columns of a head are all that its examples have
                rows = [i for i, each in enumerate(heads) if each == head]
                mine = tf.gather(tf.gather(logits, rows), head, axis=1)
                places = [head.index(label) for label in labels[rows]]
                of_each = tf.nn.sparse_softmax_cross_entropy_with_logits(places, mine)
                total += tf.reduce_sum(weights[rows] * of_each)
        for variable, gradient in zip(variables, tape.gradient(total, variables), strict=True):
            variable.assign_sub(0.5 * gradient)
    return model.get_weights()


def last(recipe, seed=0):
    return trained(recipe, seed, images())[1].last


ADDED = Replay(capacity=20, mode="add")


@pytest.mark.parametrize(
    ("scenario", "replay"),
    [
        (Scenario("task"), None),
        (Scenario("task"), ADDED),
        (Scenario("domain"), ADDED),
        (Scenario("class"), None),
        (Scenario("class", active="all"), None),
        (Scenario("class", active="current"), ADDED),
        (Scenario("class"), Replay(capacity=6, buffer="task-balanced", mode="pool")),
    ],
)
def test_what_is_not_active_is_as_if_it_were_not_there(scenario, replay):
    recipe = replace(PLAIN, scenario=scenario, replay=replay)
    assert distance(last(recipe), by_hand(recipe)) < 1e-6


@pytest.mark.slow
def test_the_same_under_xla():
    recipe = replace(PLAIN, scenario=Scenario("task"), replay=ADDED)
    assert distance(last(replace(recipe, compiler="xla")), last(recipe)) < 1e-6


def test_by_task_the_means_of_new_and_old_count_by_how_many_tasks_there_are():
    def weigh(old, task):
        new = 1 / (task + 1) if old.any() else 1
        counts = np.where(old, old.sum(), (~old).sum())
        return np.where(old, 1 - new, new) * len(old) / counts

    recipe = replace(PLAIN, replay=replace(ADDED, weights="by-task"))
    assert distance(last(recipe), by_hand(recipe, weigh)) < 1e-6


@pytest.mark.parametrize("which", ["seen", "all"])
def test_asymmetric_replay_adds_the_means_and_leaves_earlier_classes_alone(which, monkeypatch):
    def weigh(old, task):
        counts = np.where(old, old.sum(), (~old).sum())
        return len(old) / counts if old.any() else np.ones(len(old))

    def apart(scenario, label, replayed, task):
        if replayed:
            return list(GROUPS[0] + GROUPS[1])[: 4 if which == "all" or task else 2]
        # Of two tasks nothing follows the second, and the first has both before it.
        later = [c for group in GROUPS[task:] for c in group]
        return later if which == "all" else list(GROUPS[task])

    monkeypatch.setattr(f"{__name__}.active", apart)
    scenario = Scenario("class", active=which)
    recipe = replace(PLAIN, scenario=scenario, replay=replace(ADDED, weights="asymmetric"))
    assert distance(last(recipe), by_hand(recipe, weigh)) < 1e-6


def test_heads_of_other_tasks_stay_to_the_bit():
    recipe = replace(PLAIN, scenario=Scenario("task"), order=Tasks(groups=GROUPS), epochs=2)
    weights = trained(recipe, 0, images())[1]
    before, after = weights.epochs
    assert (before[2][:, [0, 3]] == after[2][:, [0, 3]]).all()
    assert (before[2][:, [1, 2]] != after[2][:, [1, 2]]).any()


def confusions(record, epoch):
    return {e.set: e.confusion for e in record.evaluations if e.epoch == epoch}


@pytest.mark.parametrize(
    ("scenario", "shape", "allowed"),
    [
        (Scenario("task"), 4, [{0, 3}, {1, 2}]),
        (Scenario("class-masked-at-test"), 4, [{0, 3}, {1, 2}]),
        (Scenario("class"), 4, [{0, 3}, {0, 3}]),
        (Scenario("domain"), 2, [{0, 1}, {0, 1}]),
    ],
)
def test_a_task_is_tested_on_its_examples_among_the_outputs_it_has(scenario, shape, allowed):
    record, _ = trained(replace(PLAIN, scenario=scenario, input_noise=None), 0, images())
    sizes = [np.isin(images().y_test, group).sum() for group in GROUPS]
    for epoch in (0, 2, 4):
        found = confusions(record, epoch)
        tasks = [found["test-task-1"], found["test-task-2"]]
        assert [each.sum() for each in tasks] == sizes
        assert (sum(tasks) == found["test"]).all()
        assert found["test"].shape == (shape, shape)
    for confusion, among in zip(confusions(record, 2).values(), [None, *allowed], strict=True):
        predicted = set(np.flatnonzero(confusion.sum(axis=0)))
        assert among is None or predicted <= among
    # The loss of a class that cannot be predicted yet is no number of a thousand million.
    assert all(e.loss < 100 for e in record.evaluations)


def test_label_noise_stays_within_the_tasks():
    recipe = replace(PLAIN, label_noise=SymmetricLabelNoise(0.4))
    prepared = prepare(recipe, 0, images())
    part, wrong = prepared.split.train, prepared.changed[prepared.split.train]
    true, taught = prepared.classes[part], prepared.training_labels[part]
    assert (TASK[true] == TASK[taught]).all()
    for task in (0, 1):
        of_task = TASK[true] == task
        assert wrong[of_task].sum() == round(0.4 * of_task.sum())
    domain = prepare(replace(recipe, scenario=Scenario("domain")), 0, images())
    assert (domain.training_labels == PLACE[prepared.training_labels]).all()
    assert (domain.changed == prepared.changed).all()


def test_wrong_labels_of_another_task_are_refused():
    matrix = tuple(tuple(float(j == (i + 1) % 4) for j in range(4)) for i in range(4))
    with pytest.raises(InputError, match="a class of another task"):
        prepare(replace(PLAIN, label_noise=MatrixLabelNoise(matrix)), 0, images())


def test_the_optimiser_begins_anew_with_each_task_where_that_is_asked():
    momentum = replace(PLAIN, optimiser=spec("SGD", learning_rate=0.05, momentum=0.9))
    anew = replace(momentum, reset_optimiser=True)
    kept, fresh = trained(momentum, 0, images())[1], trained(anew, 0, images())[1]
    assert distance(kept.epochs[1], fresh.epochs[1]) == 0
    assert distance(kept.epochs[2], fresh.epochs[2]) > 1e-3
    # By hand: the second task from the first one's weights with momentum 0.
    model = fresh_model(anew, 0, images())
    model.set_weights(fresh.epochs[1])
    model.compile(
        tf.keras.optimizers.SGD(0.05, 0.9),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    second = [(x, y) for x, y, _, task in steps(anew) if task == 1]
    for x, y in second[: len(second) // 2]:
        model.train_on_batch(x, y)
    assert distance(model.get_weights(), fresh.epochs[2]) < 1e-6


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"order": "shuffled"}, "expected Tasks"),
        ({"scenario": None, "reset_optimiser": True, "order": "shuffled"}, "reset_optimiser"),
        ({"replay": replace(ADDED, weights="by-task"), "order": "joint"}, "one after the other"),
        (
            {"replay": replace(ADDED, weights="asymmetric"), "scenario": Scenario("task")},
            "class-incremental",
        ),
    ],
)
def test_what_needs_tasks_is_refused_without(change, match):
    orders = {"shuffled": (Shuffled(), 4), "joint": (PLAIN.order.joint(), 2)}
    if "order" in change:
        order, epochs = orders[change["order"]]
        sets = PLAIN.evaluation if change["order"] == "joint" else EvaluationPlan()
        change = {**change, "order": order, "epochs": epochs, "evaluation": sets}
    with pytest.raises(InputError, match=match):
        replace(PLAIN, **change)


def test_active_outputs_are_a_choice_of_class_incremental_scenarios():
    with pytest.raises(InputError, match="a task's own outputs"):
        Scenario("task", active="all")


def test_a_recipe_with_a_scenario_is_read_back_and_one_without_says_nothing_of_it():
    recipe = replace(PLAIN, replay=replace(ADDED, weights="by-task"), reset_optimiser=True)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert not {"scenario", "reset_optimiser"} & set(replace(PLAIN, scenario=None).to_json())


@pytest.mark.parametrize("kind", ["task", "domain", "class"])
def test_a_class_has_its_own_weight_whatever_its_output_is(kind):
    recipe = replace(PLAIN, scenario=Scenario(kind), class_weight=(1.0, 2.0, 3.0, 4.0))
    prepared = prepare(recipe, 0, images())
    assert prepared.weights.tolist() == (prepared.classes[prepared.split.train] + 1).tolist()
