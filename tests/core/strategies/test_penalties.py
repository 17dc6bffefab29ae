"""Quadratic penalties against a loop that is written out, term by term, for the test."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from core import (
    EWC,
    MAS,
    SI,
    L2Penalty,
    OnlineEWC,
    Recipe,
    Strategy,
    SymmetricLabelNoise,
    Tasks,
    Trainer,
    replaced,
    spec,
)
from core.training.build import fresh_model
from data import InputError
from tests.core.by_hand import CLASSES, batches, distance, images, shown_to, trained
from tests.core.strategies.interrupted import ends_in_the_same_bytes

GROUPS = ((0, 1), (2,), (3,))
RECIPE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(5,)),
    preprocessing=("scale",),
    order=Tasks(groups=GROUPS, epochs_each=2),
    optimiser=spec("SGD", learning_rate=0.1, momentum=0.9),
    label_noise=SymmetricLabelNoise(0.2),
    batch_size=16,
    epochs=6,
    compiler="graph",
)
PENALTIES = {
    "l2": L2Penalty(strength=0.1),
    "ewc": EWC(strength=0.5),
    "true": EWC(strength=0.3, fisher="true"),
    "online": OnlineEWC(strength=0.5, fisher="predicted", gamma=0.5),
    "si": SI(strength=0.2, damping=0.05),
    "mas": MAS(strength=0.03),
}


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.fixture(scope="module")
def fine_tuned(trainer):
    return trained(replace(RECIPE, strategy=Strategy()), 0, images(), trainer)[1].last


def tasks_by_hand(recipe):
    """For each task its batches, and all its examples."""
    x, true, labels = shown_to(recipe, 0, images())
    shown = batches(recipe, 0, images())
    for group in GROUPS:
        members = np.isin(true, group)
        steps = -(-members.sum() // recipe.batch_size) * recipe.order.epochs_each
        yield [next(shown) for _ in range(steps)], x[members], labels[members]


def forward(weights, x):
    """The hidden layer and the outputs' probabilities and logits."""
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    logits = hidden @ weights[2] + weights[3]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return hidden, p / p.sum(axis=1, keepdims=True), logits


def example_gradients(weights, x, hidden, of_logits):
    """For each variable the gradient of every example, from that for its logits."""
    below = (of_logits @ weights[2].T) * (hidden > 0)
    return [
        x[:, :, None] * below[:, None, :],
        below,
        hidden[:, :, None] * of_logits[:, None, :],
        of_logits,
    ]


def fisher(weights, x, y, kind):
    """The mean of the squared gradients of every example's log-probability."""
    hidden, p, _ = forward(weights, x)
    labels = {"true": y, "predicted": p.argmax(axis=1)}.get(kind)
    share = p if kind == "exact" else np.eye(CLASSES)[labels]
    total = [0.0] * 4
    for k in range(CLASSES):
        found = example_gradients(weights, x, hidden, np.eye(CLASSES)[k] - p)
        parts = zip(total, found, strict=True)
        total = [t + np.tensordot(share[:, k], g**2, axes=1) / len(x) for t, g in parts]
    return total


def sensitivity(weights, x):
    """The mean size of the gradient of every example's squared norm of logits."""
    hidden, _, logits = forward(weights, x)
    found = example_gradients(weights, x, hidden, 2 * logits)
    return [np.abs(each).mean(axis=0) for each in found]


def terms_after(rule, terms, weights, x, y, start, path):
    """The terms of a penalty, each an importance and an anchor, after a task."""
    last = terms[-1][0] if terms else [np.zeros_like(each) for each in weights]
    match rule:
        case L2Penalty():
            return [([np.ones_like(each) for each in weights], weights)]
        case OnlineEWC():
            found = fisher(weights, x, y, rule.fisher)
            return [([rule.gamma * a + f for a, f in zip(last, found, strict=True)], weights)]
        case EWC():
            return [*terms, (fisher(weights, x, y, rule.fisher), weights)]
        case MAS():
            found = sensitivity(weights, x)
            return [([a + f for a, f in zip(last, found, strict=True)], weights)]
        case SI():
            parts = zip(last, path, weights, start, strict=True)
            return [([a + w / ((v - s) ** 2 + rule.damping) for a, w, v, s in parts], weights)]


def by_hand(recipe):
    """The weights at the end, and the penalty's value there."""
    rule, rate, momentum = recipe.strategy, *recipe.optimiser.parameters.values()
    weights = [each.astype(float) for each in fresh_model(recipe, 0, images()).get_weights()]
    velocity, terms = [np.zeros_like(each) for each in weights], []
    for steps, x, y in tasks_by_hand(recipe):
        start, path = weights, [np.zeros_like(each) for each in weights]
        for inputs, labels in steps:
            flat = inputs.reshape(len(inputs), -1).astype(float)
            hidden, p, _ = forward(weights, flat)
            found = example_gradients(weights, flat, hidden, p - np.eye(CLASSES)[labels])
            data = [each.mean(axis=0) for each in found]
            both = [
                g + sum(2 * rule.strength * a[i] * (weights[i] - at[i]) for a, at in terms)
                for i, g in enumerate(data)
            ]
            velocity = [momentum * v - rate * g for v, g in zip(velocity, both, strict=True)]
            path = [w - g * v for w, g, v in zip(path, data, velocity, strict=True)]
            weights = [w + v for w, v in zip(weights, velocity, strict=True)]
        held = terms
        flat = x.reshape(len(x), -1).astype(float)
        terms = terms_after(rule, terms, weights, flat, y, start, path)
    value = sum(
        rule.strength * np.sum(a[i] * (weights[i] - at[i]) ** 2) for a, at in held for i in range(4)
    )
    return weights, value


@pytest.mark.parametrize(
    "name", ["l2", "ewc", "online", "si", "mas", pytest.param("true", marks=pytest.mark.slow)]
)
def test_it_ends_in_the_weights_of_a_loop_by_hand(name, trainer, fine_tuned):
    recipe = replace(RECIPE, strategy=PENALTIES[name])
    record, weights = trained(recipe, 0, images(), trainer)
    expected, penalty = by_hand(recipe)
    assert distance(weights.last, expected) < 1e-6
    assert distance(weights.last, fine_tuned) > 1e-2
    rows = [(row[0], row[3]) for row in record.history if row[2] == "penalty"]
    assert [epoch for epoch, _ in rows] == [3, 4, 5, 6]
    if name not in ("ewc", "true"):  # there the terms by themselves differ by a constant
        assert rows[-1][1] == pytest.approx(penalty, rel=1e-4)


@pytest.mark.parametrize("name", ["si", pytest.param("ewc", marks=pytest.mark.slow)])
def test_at_strength_0_it_is_fine_tuning(name, trainer, fine_tuned):
    recipe = replace(RECIPE, strategy=replace(PENALTIES[name], strength=0))
    assert distance(trained(recipe, 0, images(), trainer)[1].last, fine_tuned) == 0


@pytest.mark.parametrize("name", ["si", pytest.param("ewc", marks=pytest.mark.slow)])
def test_xla_and_graph_mode_agree(name, trainer):
    recipe = replace(RECIPE, strategy=PENALTIES[name])
    graph, xla = (
        trained(replace(recipe, compiler=each), 0, images(), trainer)[1].last
        for each in ("graph", "xla")
    )
    assert distance(graph, xla) < 1e-5


@pytest.mark.parametrize("name", ["si", pytest.param("ewc", marks=pytest.mark.slow)])
def test_it_goes_on_within_a_task_after_an_interruption(name, trainer, monkeypatch, tmp_path):
    recipe = replace(RECIPE, strategy=PENALTIES[name])
    assert ends_in_the_same_bytes(recipe, trainer, monkeypatch, tmp_path)


@dataclass(frozen=True, kw_only=True)
class Watched(SI):
    paths: ClassVar[list] = []

    def between_tasks(self, network, done, coming, state):
        self.paths.append(sum(float(state[f"path {i}"].sum()) for i in range(4)))
        return super().between_tasks(network, done, coming, state)


def test_the_path_integral_is_the_drop_of_the_loss(trainer):
    recipe = replace(
        RECIPE,
        strategy=Watched(strength=0.0),
        optimiser=spec("SGD", learning_rate=0.01),
        batch_size=90,
        order=replace(RECIPE.order, epochs_each=20),
        epochs=60,
    )
    record = trainer.train(recipe, 0, images())
    losses = [row[3] for row in record.history if row[2] == "loss"]
    # An epoch is one step of all examples, and its loss that before the step.
    after_last = losses[19] + (losses[19] - losses[18])
    assert Watched.paths[0] == pytest.approx(losses[0] - after_last, rel=0.02)


def test_the_record_tells_how_strong_it_is(trainer):
    record, weights = trained(replace(RECIPE, strategy=PENALTIES["l2"]), 0, images(), trainer)
    quantiles = record.arrays["penalty_quantiles"]
    np.testing.assert_allclose(quantiles, [[0] * 6, [0.1] * 6, [0.1] * 6], rtol=1e-6)
    moved = [v - at for v, at in zip(weights.epochs[3], weights.epochs[1], strict=True)]
    value = 0.1 * sum(float((each**2).sum()) for each in moved)
    assert (4, value) == pytest.approx(
        next((row[0], row[3]) for row in record.history if row[2] == "penalty" and row[0] == 4),
        rel=1e-5,
    )


def test_a_penalty_that_is_no_part_of_the_loss_is_remarked(trainer):
    weak, strong = (
        trainer.train(replace(RECIPE, strategy=L2Penalty(strength=each)), 0, images())
        for each in (1e-9, 0.1)
    )
    assert [each.figures for each in weak.notes if each.kind == "small-penalty"] == [
        {"largest": "1e-09"}
    ]
    assert not [each for each in strong.notes if each.kind == "small-penalty"]


@pytest.mark.parametrize("rule", [L2Penalty, EWC, OnlineEWC, SI, MAS])
def test_without_a_strength_the_published_ones_are_named(rule):
    with pytest.raises(InputError, match=r"without a strength; expected strength=.*Hsu"):
        rule()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: EWC(strength=-1), "strength=-1; expected a number from 0 up"),
        (lambda: EWC(strength="100"), "expected a number from 0 up"),
        (lambda: EWC(strength=1, fisher="empirical"), "expected one of exact, predicted"),
        (lambda: OnlineEWC(strength=1, gamma=2), "expected a number from 0 to 1"),
        (lambda: SI(strength=1, damping=0), "expected a number above 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        wrong()


@pytest.mark.parametrize("name", PENALTIES)
def test_a_recipe_with_it_is_written_down_and_read_again(name):
    recipe = replace(RECIPE, strategy=PENALTIES[name])
    assert recipe.to_json()["strategy"]["is"] == type(recipe.strategy).__name__
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert replaced(recipe, "strategy.strength", 7).strategy.strength == 7


def test_a_class_of_ones_own_may_have_the_same_name():
    own = dataclass(frozen=True)(type("EWC", (Strategy,), {"__module__": __name__}))
    recipe = replace(RECIPE, strategy=own())
    assert recipe.to_json()["strategy"] == {"is": f"{__name__}:EWC"}
