"""A-GEM and GEM against a loop with gradients, memories and quadratic programs of its own."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import tensorflow as tf

from core import (
    AGEM,
    GEM,
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
from core.strategies.projection import RIDGE, least
from core.training.build import fresh_model
from data import InputError
from tests.core.by_hand import CLASSES, distance, images, shown_to, trained
from tests.core.strategies.interrupted import ends_in_the_same_bytes

GROUPS = ((0, 1), (2,), (3,))
TASK = np.array([0, 0, 1, 2])
MEMORY = Replay(capacity=12, buffer="task-balanced", fixed_shares=True, mode="add")
RECIPE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(5,)),
    preprocessing=("scale",),
    order=Tasks(groups=GROUPS, epochs_each=2),
    optimiser=spec("SGD", learning_rate=0.3),
    label_noise=SymmetricLabelNoise(0.2),
    replay=MEMORY,
    strategy=AGEM(),
    batch_size=16,
    epochs=6,
    compiler="graph",
)
REFERENCE = replace(RECIPE, strategy=GEM(), replay=replace(MEMORY, fraction=0))
POOLED = replace(RECIPE, strategy=GEM(margin=0.1), replay=Replay(
    capacity=12, buffer="task-balanced", mode="pool"
))  # fmt: skip
IN_HEADS = {"scenario": Scenario("task"), "label_noise": None}


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def kept(replay, held, members, task):
    """What a memory holds after a task: as many of each, the first of those held before."""
    own = replay.capacity // (len(GROUPS) if replay.fixed_shares else task + 1)
    drawn = stream(0, "replay", 0, task).permutation(members)[:own]
    return [each[:own] for each in held] + [drawn]


def gradient(model, x, labels, off):
    with tf.GradientTape() as tape:
        logits = model(x, training=True) + off
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(losses)
    found = [each.numpy() for each in tape.gradient(loss, model.trainable_variables)]
    return np.concatenate([each.ravel() for each in found]).astype(float)


def turned(rule, g, references):
    """The gradient after its projection."""
    if type(rule) is Strategy or all(g @ r >= 0 for r in references):
        return g
    if isinstance(rule, AGEM):
        (r,) = references
        return g - (g @ r) / (r @ r) * r
    matrix = np.array(references)
    return g + matrix.T @ by_trying(
        matrix @ matrix.T + 1e-3 * np.eye(len(matrix)), matrix @ g, rule.margin
    )


def by_trying(matrix, slopes, margin):
    """The program's solution among all choices of entries that are at the margin."""
    best = (np.inf, None)
    for free in product([False, True], repeat=len(slopes)):
        free, v = np.array(free), np.full(len(slopes), float(margin))
        if free.any():
            there = slopes[free] + matrix[np.ix_(free, ~free)] @ v[~free]
            v[free] = np.linalg.solve(matrix[np.ix_(free, free)], -there)
        if (v >= margin).all():
            best = min(best, (v @ matrix @ v / 2 + slopes @ v, v.tolist()))
    return np.array(best[1])


def by_hand(recipe, rule=None):
    """The weights at the end."""
    x, true, labels = shown_to(recipe, 0, images())
    model, replay = fresh_model(recipe, 0, images()), recipe.replay
    rule = rule or recipe.strategy
    off = np.zeros((len(x), CLASSES), dtype=np.float32)
    if recipe.scenario:
        off[TASK[true][:, None] != TASK[None, :]] = -1e9
    memory = []
    for epoch in range(1, recipe.epochs + 1):
        rng = stream(0, "order", epoch)
        schedule = recipe.order(true, epoch=epoch, batch_size=16, rng=rng)
        held = np.full(replay.capacity, -1, dtype=np.int32)
        held[: sum(map(len, memory))] = np.concatenate([held[:0], *memory])
        buffer = replay.empty(CLASSES)._replace(held=held)
        rng = stream(0, "replay", epoch)
        mixed = replay(schedule, labels, buffer, batch_size=16, rng=rng)
        ends = np.cumsum(mixed.schedule.batch_sizes)[:-1]
        parts = (mixed.schedule.indices, mixed.origin.old)
        for chosen, old in zip(*(np.split(each, ends) for each in parts), strict=True):
            shown, others = chosen, memory
            if replay.mode == "add":
                shown, others = chosen[~old], [chosen[old]] if old.any() else []
            if isinstance(rule, GEM):
                others = memory
            g, *rest = (gradient(model, x[i], labels[i], off[i]) for i in (shown, *others))
            step = turned(rule, g, rest)
            at = 0
            for variable in model.trainable_variables:
                size = int(np.prod(variable.shape))
                variable.assign_sub(0.3 * step[at : at + size].reshape(variable.shape))
                at += size
        if epoch % 2 == 0:
            task = epoch // 2 - 1
            memory = kept(replay, memory, np.flatnonzero(TASK[true] == task), task)
    return model.get_weights()


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        pytest.param(REFERENCE, marks=pytest.mark.slow),
        POOLED,
        pytest.param(replace(RECIPE, **IN_HEADS), marks=pytest.mark.slow),
        pytest.param(replace(REFERENCE, **IN_HEADS), marks=pytest.mark.slow),
        pytest.param(replace(RECIPE, compiler="xla"), marks=pytest.mark.slow),
    ],
    ids=["agem", "gem", "gem-pooled", "agem-heads", "gem-heads", "agem-xla"],
)
def test_it_ends_in_the_weights_of_a_loop_by_hand(recipe, trainer):
    weights = trained(recipe, 0, images(), trainer)[1].last
    assert distance(weights, by_hand(recipe)) < 1e-6
    if recipe.scenario is None:
        never_turned = by_hand(recipe, rule=Strategy())
        assert distance(weights, never_turned) > 1e-3


def test_the_memory_has_its_share_of_each_task_from_its_end_on(trainer):
    record = trainer.train(replace(RECIPE, label_noise=None), 0, images())
    counts = record.arrays["buffer_classes"][:, -1]  # at each epoch's end
    by_task = np.stack([counts[:, list(group)].sum(axis=1) for group in GROUPS], axis=1)
    four, none = 12 // 3, 0
    assert by_task.tolist() == [
        [none, none, none],
        [four, none, none],
        [four, none, none],
        [four, four, none],
        [four, four, none],
        [four, four, four],
    ]
    held = record.arrays["buffer"]
    assert len(np.unique(held)) == 12
    assert np.bincount(TASK[images().y_train[held]]).tolist() == [four] * 3


def projected(rule, g, references):
    """What a rule makes of gradients of two variables, flat."""
    variables = [tf.constant(each, tf.float32) for each in (g[:4].reshape(2, 2), g[4:])]
    stacked = [
        tf.constant([each[:4].reshape(2, 2) for each in references], tf.float32),
        tf.constant([each[4:] for each in references], tf.float32),
    ]
    found = tf.function(lambda: rule.gradients([variables, stacked], variables, {}))()
    return np.concatenate([np.ravel(each) for each in found])


@pytest.mark.parametrize("seed", range(2))
def test_after_it_no_reference_loses_over_all_variables_together(seed):
    rng = np.random.default_rng(seed)
    g, r, s = rng.normal(size=(3, 7))
    r = r if g @ r < 0 else -r
    assert projected(AGEM(), g, [r]) @ r >= -1e-5
    after = projected(GEM(margin=0.0), g, [r, s])
    products = np.array([r, s]) @ np.array([r, s]).T
    v = by_trying(products + RIDGE * np.eye(2), np.array([g @ r, g @ s]), 0)
    assert (np.array([after @ r, after @ s]) >= -RIDGE * v - 1e-5).all()


def test_a_gradient_that_harms_no_reference_stays_to_the_bit():
    rng = np.random.default_rng(0)
    g, r = rng.normal(size=(2, 7)).astype(np.float32)
    r = r if g @ r > 0 else -r
    for rule in (AGEM(), GEM()):
        for others in ([r], [np.zeros(7)]):
            assert (projected(rule, g, others) == g).all()
        assert (projected(rule, 0 * g, [r]) == 0).all()


def test_the_program_has_the_published_solution():
    # The example of solve.QP in R's quadprog (Goldfarb & Idnani 1983), by its dual: its Lagrangian
    # multipliers are v, and x = d + A v.
    a = np.array([[-4.0, 2.0, 0.0], [-3.0, 1.0, -2.0], [0.0, 0.0, 1.0]])
    d, b = np.array([0.0, 5.0, 0.0]), np.array([-8.0, 2.0, 0.0])
    v = least(a.T @ a, a.T @ d - b, margin=0.0)
    np.testing.assert_allclose(v, [0, 0.2380952, 2.0952381], atol=1e-6)
    np.testing.assert_allclose(d + a @ v, [0.4761905, 1.0476190, 2.0952381], atol=1e-6)


@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_the_program_is_solved_for_tasks_of_every_kind(margin):
    rng = np.random.default_rng(0)
    for case in range(30):
        rows = rng.normal(size=(3, 6))
        rows[1] = rows[0] if case % 3 == 0 else rows[1]  # the same task twice
        rows[2] *= 0 if case % 5 == 0 else 1  # a task without a gradient
        matrix, slopes = rows @ rows.T + RIDGE * np.eye(3), rows @ rng.normal(size=6)
        v = least(matrix, slopes, margin)
        np.testing.assert_allclose(v, by_trying(matrix, slopes, margin), rtol=1e-6, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [RECIPE, REFERENCE], ids=["agem", "gem"])
def test_it_goes_on_within_a_task_after_an_interruption(recipe, trainer, monkeypatch, tmp_path):
    assert ends_in_the_same_bytes(recipe, trainer, monkeypatch, tmp_path)


@pytest.mark.parametrize(
    ("recipe", "changes", "words"),
    [
        (RECIPE, {"replay": None}, "AGEM without replay; expected replay=Replay"),
        (RECIPE, {"replay": Replay(capacity=9, mode="add")}, "buffer reservoir .* that are over"),
        (RECIPE, {"replay": replace(MEMORY, weights="by-task")}, "weights=by-task"),
        (RECIPE, {"replay": replace(MEMORY, mode="pool")}, "mode=pool .* beside the new"),
        (RECIPE, {"replay": replace(MEMORY, fraction=0)}, "fraction=0; expected"),
        (RECIPE, {"replay": replace(MEMORY, capacity=2)}, "capacity 2 .* 3 tasks"),
        (REFERENCE, {"replay": MEMORY}, r"GEM with replay mode=add and fraction=0\.5"),
        (REFERENCE, {"compiler": "xla"}, "GEM with compiler=xla"),
        (
            RECIPE,
            {"input_noise": GaussianNoise(variance=0.1, when="every-epoch")},
            "AGEM with input noise when=every-epoch",
        ),
    ],
)
def test_what_it_cannot_be_combined_with_is_refused(recipe, changes, words):
    with pytest.raises(InputError, match=words):
        replace(recipe, **changes)


def test_a_network_that_looks_at_whole_batches_is_refused_under_xla(trainer):
    model = spec("mlp", widths=(5,), batch_normalization=True)
    with pytest.raises(InputError, match="compiler=xla with AGEM and layers"):
        trainer.check(replace(RECIPE, model=model, compiler="xla"), images())


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(InputError, match="margin=-1; expected a number from 0"):
        GEM(margin=-1)
    with pytest.raises(InputError, match="fixed_shares with the buffer ring"):
        Replay(capacity=9, buffer="ring", fixed_shares=True)


@pytest.mark.parametrize("recipe", [RECIPE, POOLED], ids=["agem", "gem"])
def test_a_recipe_with_it_is_written_down_and_read_again(recipe):
    assert recipe.to_json()["strategy"]["is"] == type(recipe.strategy).__name__
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_a_margin_can_be_set():
    assert replaced(POOLED, "strategy.margin", 1).strategy.margin == 1
