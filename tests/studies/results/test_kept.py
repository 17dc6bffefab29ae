"""The bytes that each method keeps, worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core import (
    AGEM,
    DER,
    EWC,
    MAS,
    SI,
    Domains,
    HoldOut,
    L2Penalty,
    LwF,
    OnlineEWC,
    Recipe,
    Replay,
    Scenario,
    Tasks,
    spec,
)
from core.models.mlp import mlp
from studies.results import kept
from studies.results.kept import bytes_kept

TASKS = Tasks(groups=((0, 1, 2), (3, 4), (5, 6), (7, 8), (9,)))
PLAIN = Recipe(
    dataset="digits",
    model=spec("mlp", widths=(7, 5)),
    preprocessing=("pad-2", "scale"),
    order=TASKS,
    epochs=5,
)
PIXELS, INPUTS = 28 * 28, 32 * 32
WEIGHTS = INPUTS * 7 + 7 + 7 * 5 + 5 + 5 * 10 + 10
VARIABLES = 6


def of(**changes):
    recipe = replace(PLAIN, **changes)
    return bytes_kept(recipe.to_json(), recipe.outputs(10))


@pytest.mark.parametrize(
    ("strategy", "kept"),
    [
        (None, 0),
        (L2Penalty(strength=1), 4 * (WEIGHTS + VARIABLES)),  # the importance is a number for each
        (EWC(strength=1), 4 * 2 * WEIGHTS),
        (OnlineEWC(strength=1), 4 * 2 * WEIGHTS),
        (SI(strength=1), 4 * 3 * WEIGHTS),
        (MAS(strength=1, batch=128), 4 * 2 * WEIGHTS),
    ],
)
def test_a_penalty_keeps_anchors_importances_and_a_path(strategy, kept):
    assert of(strategy=strategy) == kept


@pytest.mark.parametrize("mode", ["add", "pool"])
def test_a_buffer_keeps_images_as_they_are_in_the_file(mode):
    assert of(replay=Replay(capacity=30, buffer="task-balanced", mode=mode)) == 30 * PIXELS
    colour = of(dataset="digits-colour", replay=Replay(capacity=30, mode="add"))
    assert colour == 30 * 32 * 32 * 3


def test_stored_logits_are_kept_beside_the_images():
    # One row more takes what has no slot.
    both = of(strategy=DER(alpha=1), replay=Replay(capacity=30, mode="add"))
    assert both == 30 * PIXELS + 4 * 31 * 10


def test_a_memory_of_gradients_is_its_images():
    memory = Replay(capacity=30, buffer="task-balanced", mode="add")
    assert of(strategy=AGEM(), replay=memory) == 30 * PIXELS


def test_a_teacher_is_a_copy_of_the_network_beside_what_each_head_is_over():
    assert of(strategy=LwF()) == 4 * (WEIGHTS + 10 + 1)
    heads = of(strategy=LwF(), scenario=Scenario("task"))
    assert heads == 4 * (WEIGHTS + 5 * (10 + 1))


def test_both_are_added_up():
    both = of(strategy=EWC(strength=1), replay=Replay(capacity=30, mode="add"))
    assert both == 8 * WEIGHTS + 30 * PIXELS


def test_a_domain_has_as_many_outputs_as_its_largest_task_has_classes():
    assert of(strategy=EWC(strength=1), scenario=Scenario("domain")) == 8 * (WEIGHTS - 7 * 6)


def test_the_maps_of_domains_are_no_method_s():
    order = Domains(kind="permuted", number=5)
    assert of(order=order) == 0
    assert of(order=order, strategy=EWC(strength=1)) == 8 * WEIGHTS
    wide = of(order=order, strategy=EWC(strength=1), scenario=Scenario("class"))
    assert wide == 8 * (WEIGHTS + 40 * 6)


def test_who_is_trained_on_a_part_of_each_class_keeps_that_part():
    part = {"split": HoldOut(per_class=30), "epochs": 1}
    assert of(order=TASKS.joint(), **part) == 300 * PIXELS
    assert of(order=TASKS.joint(), scenario=Scenario("domain"), **part) == 300 * PIXELS
    assert of(order=Domains(kind="rotated", number=3).joint(), **part) == 300 * PIXELS


def test_the_shapes_are_those_of_the_network():
    found = kept._variables(PLAIN.to_json(), (1, 28, 28), 10)
    network = mlp((32, 32), 10, widths=(7, 5))
    assert [each.shape for each in found] == [each.shape for each in network.trainable_variables]


@pytest.mark.parametrize(
    "changes",
    [
        {"order": TASKS.joint(), "epochs": 1},
        {"order": TASKS.cumulative()},
        {"dataset": "mine", "replay": Replay(capacity=30)},
        {"strategy": EWC(strength=1), "model": spec("mlp", batch_normalization=True)},
        {"strategy": EWC(strength=1), "model": spec("cnn")},
    ],
)
def test_what_is_not_known_is_not_made_up(changes):
    assert math.isnan(of(**changes))


def test_a_strategy_of_the_users_own_is_not_looked_for():
    recipe = replace(PLAIN, strategy=EWC(strength=1)).to_json()
    recipe["strategy"] = {"is": "nowhere:Mine"}
    assert np.isnan(bytes_kept(recipe, 10))
