"""Variants: a study in full, in quick, or with named overrides."""

import dataclasses

import numpy as np
import pytest

from core import ClassSequential, Replay, SymmetricLabelNoise, replaced, spec
from data import InputError
from studies import Claim, Quick, Reported, Study
from studies.definition.catalogue import find
from studies.definition.variant import variant_of
from tests.studies.conftest import tiny

study = find("class-order")


def test_without_overrides_a_study_is_full_and_unchanged():
    variant = variant_of(study, {})
    assert variant.name == "full"
    assert variant.study.conditions == study.conditions
    assert variant.study.seeds == study.seeds


def test_quick_takes_the_studys_own_small_scale():
    variant = variant_of(study, {}, quick=True)
    assert variant.name == "quick"
    assert variant.study.seeds == study.quick.seeds
    for recipe in variant.study.conditions.values():
        assert (recipe.dataset, recipe.epochs) == ("digits", study.quick.epochs)


def test_quick_leaves_what_sets_the_conditions_apart():
    conditions = variant_of(study, {}, quick=True).study.conditions
    assert conditions["class-sequential"].order == ClassSequential()
    assert conditions["shuffled"].order != ClassSequential()


def test_a_variant_is_named_by_its_overrides_in_alphabetical_order():
    overrides = {"epochs": 3, "dataset": "digits"}
    assert variant_of(study, overrides).name == "dataset=digits,epochs=3"
    assert variant_of(study, overrides, quick=True).name == "quick,dataset=digits,epochs=3"


def test_an_override_outdoes_quick():
    variant = variant_of(study, {"epochs": 1}, quick=True)
    assert {recipe.epochs for recipe in variant.study.conditions.values()} == {1}


def test_several_values_are_joined_in_a_variants_name():
    variant = variant_of(study, {"model.widths": (5, 6)})
    assert variant.name == "model.widths=5+6"
    assert variant.study.conditions["shuffled"].model.parameters["widths"] == (5, 6)


def test_an_override_holds_in_every_condition():
    variant = variant_of(study, {"optimiser.learning_rate": 0.5})
    rates = [r.optimiser.parameters["learning_rate"] for r in variant.study.conditions.values()]
    assert rates == [0.5, 0.5]


def test_a_quick_scale_may_change_any_field():
    mine = Study(
        name="mine",
        question="?",
        conditions={"a": tiny()},
        quick=Quick(seeds=2, epochs=1, overrides={"batch_size": 7, "optimiser": "SGD"}),
    )
    recipe = variant_of(mine, {}, quick=True).study.conditions["a"]
    assert (recipe.batch_size, recipe.optimiser) == (7, spec("SGD"))


def test_a_quick_scale_may_leave_out_conditions_and_what_is_said_of_them():
    claim = Claim(text="b over a", metric="test accuracy", greater="b", smaller="a")
    mine = Study(
        name="mine",
        question="?",
        conditions={name: tiny() for name in "abc"},
        comparisons=(("a", "b"), ("a", "c")),
        reported=(
            Reported(condition="b", metric="test accuracy", value=0.5),
            Reported(condition="c", metric="test accuracy", value=0.5),
        ),
        claims=(claim,),
        quick=Quick(conditions=("c", "a")),
    )
    assert variant_of(mine, {}).study.comparisons == mine.comparisons
    quick = variant_of(mine, {}, quick=True).study
    assert list(quick.conditions) == ["c", "a"]
    assert quick.comparisons == (("a", "c"),)
    assert quick.reported == mine.reported[1:]
    assert quick.claims == ()
    with pytest.raises(InputError, match="condition 'd'"):
        dataclasses.replace(mine, quick=Quick(conditions=("d",)))


WRONG = {
    "batch_size": [0, -1, "x", 2.5, True],
    "epochs": [0, -3, "x", 1e9],
    "nonsense": [1],
    "nonsense.more": [1],
    "order": ["Nonsense"],
    "order.nonsense": [1],
    "model": ["nonsense"],
    "model.nonsense": [1],
    "dataset": [3, None],
    "loss": [3],
    "loss.more": [1],
    "preprocessing": ["nonsense"],
    "split.size": [1.0, -1],
    "split.where": ["nowhere"],
    "compiler": ["nonsense"],
    "precision": ["float16", 16],
    "early_stopping": ["Nonsense"],
    "schedule": ["ExponentialDecay"],
    "evaluation.sets": [("nonsense",)],
    "evaluation.segment_examples": [0],
}


@pytest.mark.parametrize(("path", "value"), [(p, v) for p, vs in WRONG.items() for v in vs])
def test_a_field_that_no_recipe_has_or_a_value_that_it_refuses_is_an_input_error(path, value):
    with pytest.raises(InputError, match=r"Received .*expected|got an unexpected"):
        variant_of(study, {path: value})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("evaluation", None, id="evaluation=none"),
        pytest.param("split", None, id="split=none"),
        pytest.param("split", 0.1, id="split=0.1"),
        pytest.param("order", 3, id="order=3"),
        pytest.param("model", 3, id="model=3"),
        pytest.param("order", "HoldOut", id="order=HoldOut"),
        pytest.param("split", "Shuffled", id="split=Shuffled"),
        pytest.param("order.classes", 3, id="order.classes=3"),
        pytest.param("evaluation.segment_examples", 2.5, id="evaluation.segment_examples=2.5"),
    ],
)
def test_a_part_of_the_wrong_kind_is_an_input_error(path, value):
    with pytest.raises(InputError):
        variant_of(study, {path: value})


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [("model.widths", 5, (5,)), ("evaluation.sets", "test", ("test",))],
)
def test_one_value_where_several_are_meant_is_a_list_of_one(path, value, expected):
    recipe = replaced(study.conditions["shuffled"], path, value)
    name, inner = path.split(".")
    part = getattr(recipe, name)
    assert dict(getattr(part, "parameters", None) or vars(part))[inner] == expected


WITH_AND_WITHOUT = Study(
    name="mine",
    question="?",
    conditions={
        "plain": tiny(),
        "replay": tiny(replay=Replay(capacity=50)),
        "both": tiny(replay=Replay(capacity=70), label_noise=SymmetricLabelNoise(0.1)),
    },
)


def test_a_field_of_a_part_is_changed_where_there_is_the_part():
    variant = variant_of(WITH_AND_WITHOUT, {"replay.capacity": 100, "label_noise.rate": 0.3})
    assert variant.name == "label_noise.rate=0.3,replay.capacity=100"
    plain, replay, both = variant.study.conditions.values()
    assert plain == tiny()
    assert (replay.replay, replay.label_noise) == (Replay(capacity=100), None)
    assert (both.replay, both.label_noise) == (Replay(capacity=100), SymmetricLabelNoise(0.3))


def test_a_field_of_a_part_that_no_condition_has_is_refused():
    with pytest.raises(InputError, match=r"'pretraining.epochs' of a recipe without pretraining"):
        variant_of(WITH_AND_WITHOUT, {"pretraining.epochs": 2})
    with pytest.raises(InputError, match=r"'replay.capacity' of a recipe without replay"):
        variant_of(study, {"replay.capacity": 100})


def test_a_wrong_field_of_a_part_is_refused_although_some_conditions_do_without():
    with pytest.raises(InputError, match="expected one of buffer, capacity"):
        variant_of(WITH_AND_WITHOUT, {"replay.size": 100})
    with pytest.raises(InputError, match="capacity 0"):
        variant_of(WITH_AND_WITHOUT, {"replay.capacity": 0})


@pytest.mark.parametrize("values", ["relu", 5])
def test_a_sweep_of_no_several_values_is_refused(values):
    with pytest.raises(InputError, match="expected"):
        variant_of(study, {}, sweep={"model.activation": values})


BOTH_OPTIMISERS = {"optimiser": "SGD", "optimiser.learning_rate": 0.5}


def optimisers_of(variant):
    return [recipe.optimiser for recipe in variant.study.conditions.values()]


@pytest.mark.parametrize("order", [1, -1])
def test_a_whole_part_is_changed_before_what_is_inside_of_it(order):
    variant = variant_of(study, dict(list(BOTH_OPTIMISERS.items())[::order]))
    assert optimisers_of(variant) == [spec("SGD", learning_rate=0.5)] * 2


@pytest.mark.parametrize("order", [1, -1])
def test_a_sweep_of_a_whole_part_leaves_what_is_set_or_swept_inside_of_it(order):
    rates, names = (0.1, 0.5), ("SGD", "Adam")
    set_inside = variant_of(study, {"optimiser.learning_rate": 0.5}, sweep={"optimiser": names})
    assert optimisers_of(set_inside) == [spec(n, learning_rate=0.5) for n in names] * 2
    grid = {"optimiser": names, "optimiser.learning_rate": rates}
    swept = optimisers_of(variant_of(study, {}, sweep=dict(list(grid.items())[::order])))
    assert all(swept.count(spec(n, learning_rate=r)) == 2 for n in names for r in rates)


def test_what_would_take_away_a_swept_value_is_refused():
    rates = study.sweep({"optimiser.learning_rate": (0.1, 0.5)})
    with pytest.raises(
        InputError, match=r"optimiser with optimiser\.learning_rate, which it would"
    ):
        variant_of(rates, {"optimiser": "SGD"})
    tasks = find("split-mnist")
    for overrides in ({"epochs": 5, "order.epochs_each": 2}, {"order.epochs_each": 2, "epochs": 5}):
        with pytest.raises(InputError, match="epochs with order"):
            variant_of(tasks, overrides)


def test_quick_leaves_a_swept_length_of_tasks():
    tasks = find("split-mnist").sweep({"order.epochs_each": (2, 3)})
    quick = variant_of(tasks, {}, quick=True).study.conditions.values()
    assert {recipe.order.epochs_each for recipe in quick} == {2, 3}


def test_a_sweep_takes_numbers_of_numpy_and_refuses_parts():
    swept = study.sweep({"batch_size": np.array([16, 32])})
    assert {recipe.batch_size for recipe in swept.conditions.values()} == {16, 32}
    with pytest.raises(InputError, match=r"sweep of model over .*expected numbers or names"):
        study.sweep({"model": (spec("linear"), spec("mlp", widths=(3,)))})


def test_a_crop_is_set_where_there_was_none():
    variant = variant_of(study, {"preprocessing": ("scale",), "random_crop": 2})
    assert {recipe.random_crop for recipe in variant.study.conditions.values()} == {2}
    with pytest.raises(InputError, match="random_crop='two'; expected int"):
        variant_of(study, {"random_crop": "two"})
