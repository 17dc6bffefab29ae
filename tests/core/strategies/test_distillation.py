"""LwF and iCaRL against a loop with teachers, exemplars and class means of its own."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from core import (
    EvaluationPlan,
    GaussianNoise,
    ICaRL,
    LwF,
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
from core.schedule.herding import herding
from core.training.build import fresh_model
from core.training.checkpoints import RunFiles
from data import InputError
from tests.core.by_hand import CLASSES, distance, images, shown_to, trained
from tests.core.strategies.interrupted import ends_in_the_same_bytes

GROUPS = ((0, 1), (2,), (3,))
TASK = np.array([0, 0, 1, 2])
RECIPE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(5,)),
    preprocessing=("scale",),
    order=Tasks(groups=GROUPS, epochs_each=2),
    optimiser=spec("SGD", learning_rate=0.3),
    label_noise=SymmetricLabelNoise(0.2),
    strategy=LwF(strength=2.0),
    batch_size=16,
    epochs=6,
    compiler="graph",
)
EXEMPLARS = Replay(capacity=12, buffer="exemplars", mode="join")
IN_CLASSES = replace(
    RECIPE,
    model=spec("mlp", widths=(5,), activation="tanh"),  # no features that are 0
    label_noise=None,
    scenario=Scenario("class"),
    strategy=ICaRL(temperature=2.0),
    replay=EXEMPLARS,
    evaluation=EvaluationPlan(sets=("test",)),
)


PAIRS = Tasks(groups=((0, 1), (2, 3)), epochs_each=2)
IN_HEADS = {"scenario": Scenario("task"), "order": PAIRS, "epochs": 4, "label_noise": None}


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def heads_after(recipe, task):
    """The outputs that each softmax of the teacher is over."""
    scenario = recipe.scenario
    if scenario is None or scenario.kind == "domain" or scenario.active == "all":
        return [list(range(2 if scenario and scenario.kind == "domain" else CLASSES))]
    if scenario.kind == "task":
        return [list(group) for group in recipe.order.groups[: task + 1]]
    return [[label for group in recipe.order.groups[: task + 1] for label in group]]


def active_in(recipe, task):
    """The outputs that new examples are trained on."""
    scenario = recipe.scenario
    if scenario is None or scenario.active == "all":
        return list(range(CLASSES))
    if scenario.kind == "domain":
        return [0, 1]
    if scenario.kind == "task":
        return list(recipe.order.groups[task])
    return heads_after(recipe, task)[0]


def softmax_loss(labels, logits, active):
    places = [active.index(label) for label in labels]
    mine = tf.gather(logits, active, axis=1)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(places, mine))


def distilled(rule, old, new, heads):
    """The mean over heads and examples of the cross-entropy of old outputs and new."""
    total = 0.0
    for head in heads:
        p = tf.nn.softmax(tf.gather(old, head, axis=1) / rule.temperature)
        q = tf.nn.log_softmax(tf.gather(new, head, axis=1) / rule.temperature)
        total -= tf.reduce_mean(tf.reduce_sum(p * q, axis=1)) / len(heads)
    return total


def lwf_by_hand(recipe):
    x, true, labels = shown_to(recipe, 0, images())
    if recipe.scenario and recipe.scenario.kind == "domain":
        labels = np.array([0, 1, 0, 0])[labels]
    model, rule = fresh_model(recipe, 0, images()), recipe.strategy
    for epoch in range(1, recipe.epochs + 1):
        task = (epoch - 1) // 2
        if task and epoch % 2:
            teacher, heads = model(x).numpy(), heads_after(recipe, task - 1)
        rng = stream(0, "order", epoch)
        schedule = recipe.order(true, epoch=epoch, batch_size=16, rng=rng)
        for chosen in np.split(schedule.indices, np.cumsum(schedule.batch_sizes)[:-1]):
            with tf.GradientTape() as tape:
                logits = model(x[chosen], training=True)
                loss = softmax_loss(labels[chosen], logits, active_in(recipe, task))
                if task:
                    strength = rule.strength * (task if rule.by_task else 1)
                    loss += strength * distilled(rule, teacher[chosen], logits, heads)
            variables = model.trainable_variables
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
                variable.assign_sub(0.3 * gradient)
    return model.get_weights()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, marks=pytest.mark.slow),
        IN_HEADS,
        pytest.param({"scenario": Scenario("class"), "label_noise": None}, marks=pytest.mark.slow),
        pytest.param(
            {"scenario": Scenario("class", active="all"), "label_noise": None},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {
                "scenario": Scenario("domain"),
                "label_noise": None,
                "strategy": LwF(by_task=True, temperature=1.0),
            },
            marks=pytest.mark.slow,
        ),
        pytest.param({"compiler": "xla"}, marks=pytest.mark.slow),
    ],
)
def test_lwf_ends_in_the_weights_of_a_loop_by_hand(changes, trainer):
    recipe = replace(RECIPE, **changes)
    weights = trained(recipe, 0, images(), trainer)[1].last
    assert distance(weights, lwf_by_hand(recipe)) < 1e-6
    without = replace(recipe, strategy=LwF(strength=0.0))
    assert distance(weights, lwf_by_hand(without)) > 1e-3


def test_with_several_heads_it_is_the_mean_over_them():
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=(2, 5, CLASSES)).astype(np.float32)
    state = {
        "teacher": tf.constant(old),
        "heads": tf.constant([[0, 0, -1e9, -1e9], [-1e9, -1e9, 0, 0], [0] * 4], tf.float32),
        "shares": tf.constant([0.5, 0.5, 0.0]),  # the third is not there yet
    }
    rows = {"teacher": tf.range(5), "new": tf.fill([5], 0.2)}
    found = LwF().loss(tf.constant(new), rows, state)
    expected = distilled(LwF(), old, new, [[0, 1], [2, 3]])
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_distillation_by_itself_moves_active_outputs_and_no_others():
    rng = np.random.default_rng(0)
    logits = tf.Variable(rng.normal(size=(6, CLASSES)).astype(np.float32))
    state = {
        "teacher": tf.constant(rng.normal(size=(9, CLASSES)).astype(np.float32)),
        "heads": tf.constant([[0, 0, -1e9, -1e9]], tf.float32),
        "shares": tf.constant([1.0]),
    }
    rows = {"teacher": tf.range(6), "new": tf.constant([0.25] * 4 + [0.0] * 2)}
    with tf.GradientTape() as tape:
        loss = LwF().loss(logits, rows, state)
    gradient = tape.gradient(loss, logits).numpy()
    assert (np.abs(gradient[:4, :2]) > 1e-4).all()
    assert (gradient[:, 2:] == 0).all()
    assert (gradient[4:] == 0).all()  # replayed examples and padding


@pytest.mark.slow
def test_at_strength_0_it_is_fine_tuning(trainer):
    recipes = (replace(RECIPE, strategy=each) for each in (Strategy(), LwF(strength=0.0)))
    one, other = (trained(each, 0, images(), trainer)[1].last for each in recipes)
    assert distance(one, other) < 1e-6


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def icarl_by_hand(recipe):
    """The weights and, by class, the exemplars at the end."""
    x, true, labels = shown_to(recipe, 0, images())
    model, rule, replay = fresh_model(recipe, 0, images()), recipe.strategy, recipe.replay
    seen, held, teacher = [], {}, np.zeros((len(x), CLASSES))
    for epoch in range(1, recipe.epochs + 1):
        task = (epoch - 1) // 2
        active = np.zeros(CLASSES)
        active[active_in(recipe, task)] = 1
        if task and epoch % 2:
            teacher = model(x).numpy()
        kept = np.concatenate([np.zeros(0, np.int32), *held.values()]).astype(np.int32)
        buffer = replay.empty(CLASSES)
        buffer.held[: len(kept)] = kept
        schedule = recipe.order(true, epoch=epoch, batch_size=16, rng=stream(0, "order", epoch))
        rng = stream(0, "replay", epoch)
        mixed = replay(schedule, labels, buffer, batch_size=16, rng=rng)
        assert len(mixed.schedule.indices) == len(schedule.indices) + len(kept)  # each once
        for chosen in np.split(mixed.schedule.indices, np.cumsum(mixed.schedule.batch_sizes)[:-1]):
            target = np.eye(CLASSES)[labels[chosen]]
            old = 1 / (1 + np.exp(-teacher[chosen] / rule.temperature))
            target[:, seen] = old[:, seen]
            with tf.GradientTape() as tape:
                logits = model(x[chosen], training=True)
                each = tf.nn.sigmoid_cross_entropy_with_logits(target.astype(np.float32), logits)
                loss = tf.reduce_mean(tf.reduce_sum(each * active.astype(np.float32), axis=1))
            variables = model.trainable_variables
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
                variable.assign_sub(0.3 * gradient)
        if epoch % 2 == 0:
            seen += GROUPS[task]
            features = features_of(model, x)
            own = replay.capacity // (CLASSES if replay.fixed_shares else len(seen))
            for label in GROUPS[task]:
                members = np.flatnonzero(labels == label)
                held[label] = members[herding(features[members], own)]
            held = {label: each[:own] for label, each in held.items()}
    return model, held


def features_of(model, x):
    return keras.Model(model.inputs[0], model.layers[-1].input)(x).numpy()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        pytest.param(
            {
                "scenario": Scenario("class", active="all"),
                "replay": replace(EXEMPLARS, fixed_shares=True),
            },
            marks=pytest.mark.slow,
        ),
        pytest.param({"compiler": "xla"}, marks=pytest.mark.slow),
    ],
)
def test_icarl_is_a_loop_by_hand_and_classifies_by_the_nearest_mean(changes, trainer):
    recipe = replace(IN_CLASSES, **changes)
    record, weights = trained(recipe, 0, images(), trainer)
    model, held = icarl_by_hand(recipe)
    assert distance(weights.last, model.get_weights()) < 1e-6
    buffer = record.arrays["buffer"]
    assert sorted(buffer[buffer >= 0]) == sorted(np.concatenate(list(held.values())))

    x, data = shown_to(recipe, 0, images()).x, images()
    means = np.stack([
        unit(unit(features_of(model, x[held[label]])).mean(axis=0)) for label in range(CLASSES)
    ])  # fmt: skip
    features = unit(features_of(model, data.x_test.astype(np.float32) / 255))
    away = ((features[:, None] - means) ** 2).sum(axis=-1)
    confusion = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(confusion, (data.y_test, away.argmin(axis=1)), 1)
    assert (record.evaluations[-1].confusion == confusion).all()


def test_within_a_task_predictions_are_those_of_the_outputs(trainer):
    record, weights = trained(IN_CLASSES, 0, images(), trainer)
    model = fresh_model(IN_CLASSES, 0, images())
    for epoch, group in ((1, GROUPS[0]), (3, GROUPS[0] + GROUPS[1])):
        model.set_weights(weights.epochs[epoch - 1])
        outputs = model(images().x_test.astype(np.float32) / 255).numpy()[:, group]
        counts = np.bincount(np.array(group)[outputs.argmax(axis=1)], minlength=CLASSES)
        (look,) = (each for each in record.evaluations if each.epoch == epoch)
        assert look.confusion.sum(axis=0).tolist() == counts.tolist()


def test_exemplars_are_of_tasks_that_are_over(trainer):
    record = trainer.train(IN_CLASSES, 0, images())
    counts = record.arrays["buffer_classes"][:, -1]
    assert counts[:, list(GROUPS[0])].sum(axis=1).tolist() == [0, 12, 12, 8, 8, 6]
    assert counts[:, 2].tolist() == [0, 0, 0, 4, 4, 3]


@pytest.mark.parametrize(
    "recipe", [pytest.param(RECIPE, marks=pytest.mark.slow), IN_CLASSES], ids=["lwf", "icarl"]
)
def test_it_goes_on_within_a_task_after_an_interruption(recipe, trainer, monkeypatch, tmp_path):
    assert ends_in_the_same_bytes(recipe, trainer, monkeypatch, tmp_path)


@pytest.mark.slow
def test_icarl_learns_from_wrong_labels_too(trainer):
    recipe = replace(IN_CLASSES, order=PAIRS, epochs=4, label_noise=SymmetricLabelNoise(0.2))
    assert trainer.train(recipe, 0, images()).status == "finished"


NOISY = {"input_noise": GaussianNoise(variance=0.1, when="every-epoch")}
CHANGING = {"model": spec("cnn", augmentation=("horizontal-flip",))}


@pytest.mark.parametrize(
    ("recipe", "changes", "words"),
    [
        (RECIPE, NOISY, "LwF with input noise when=every-epoch; expected when=once: the teacher"),
        (RECIPE, CHANGING, "LwF with a network that has augmentation"),
        (IN_CLASSES, NOISY, "ICaRL with input noise"),
        (IN_CLASSES, {"replay": None}, "ICaRL without replay; expected replay=Replay"),
        (IN_CLASSES, {"replay": replace(EXEMPLARS, buffer="herding")}, "buffer herding .* exempl"),
        (IN_CLASSES, {"replay": replace(EXEMPLARS, mode="add")}, "mode=add"),
        (IN_CLASSES, {"scenario": Scenario("domain")}, "exemplars where tasks share their outputs"),
        (IN_CLASSES, {"scenario": None, "label_noise": SymmetricLabelNoise(0.2)}, "label noise"),
    ],
)
def test_what_it_cannot_be_combined_with_is_refused(recipe, changes, words):
    with pytest.raises(InputError, match=words):
        replace(recipe, **changes)


@pytest.mark.parametrize("rule", [LwF, ICaRL])
def test_what_cannot_be_meant_is_refused(rule):
    with pytest.raises(InputError, match="temperature=0; expected a number above 0"):
        rule(temperature=0)


@pytest.mark.parametrize("recipe", [RECIPE, IN_CLASSES], ids=["lwf", "icarl"])
def test_a_recipe_with_it_is_written_down_and_read_again(recipe):
    assert recipe.to_json()["strategy"]["is"] == type(recipe.strategy).__name__
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert replaced(recipe, "strategy.temperature", 3).strategy.temperature == 3


def test_tasks_that_are_not_learned_yet_are_predicted_by_the_outputs(trainer):
    recipe = replace(
        IN_CLASSES,
        scenario=Scenario("task"),
        order=PAIRS,
        epochs=4,
        evaluation=EvaluationPlan(sets=("test-tasks",)),
    )
    record = trainer.train(recipe, 0, images())
    looks = {each.epoch: each for each in record.evaluations if each.set == "test-task-2"}
    # Task 1 is over, and its exemplars are there; the network's outputs for task 2 are untrained.
    assert (looks[2].confusion.sum(axis=0) > 0).sum() == 2


def test_tasks_of_unequal_sizes_fit_into_one_program(trainer):
    few = images()
    keep = np.concatenate([np.flatnonzero(few.y_train < 2), np.flatnonzero(few.y_train >= 2)[:7]])
    uneven = replace(few, x_train=few.x_train[keep], y_train=few.y_train[keep])
    for recipe in (IN_CLASSES, replace(RECIPE, label_noise=None)):
        uneven_run = replace(recipe, order=Tasks(groups=GROUPS, epochs_each=1), epochs=3)
        assert trainer.train(uneven_run, 0, uneven).status == "finished"


def test_kept_weights_of_icarl_predict_by_the_exemplars_as_the_training_did(trainer, tmp_path):
    files = RunFiles(weights=tmp_path, keep_weights=True)
    trainer.train(IN_CLASSES, 0, images(), files=files)
    later = replace(IN_CLASSES, evaluation=replace(IN_CLASSES.evaluation, at_end=("gaussian-0.1",)))
    again = trainer.train(later, 0, images(), files=RunFiles(weights=tmp_path))
    assert again.digest() == trainer.train(later, 0, images()).digest()
