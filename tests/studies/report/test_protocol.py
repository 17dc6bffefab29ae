"""Recipes as text: every shipped study is said, differences stand in a table."""

from dataclasses import replace

import pytest

from core import (
    ClassSequential,
    GaussianNoise,
    HoldOut,
    Replay,
    Scenario,
    SymmetricLabelNoise,
    spec,
)
from studies.definition.catalogue import NAMES, find
from studies.report.protocol import protocol
from tests.studies.conftest import tiny


def said(**conditions):
    return protocol({name: recipe.to_json() for name, recipe in conditions.items()})


@pytest.mark.parametrize("name", NAMES)
def test_every_study_has_a_protocol_that_tells_its_conditions_apart(name):
    recipes = {k: recipe.to_json() for k, recipe in find(name).conditions.items()}
    found = protocol(recipes)
    text = " ".join(found.common)
    assert all(sentence.endswith(".") for sentence in found.common)
    assert "{" not in text
    assert "None" not in text
    if len(recipes) > 1:
        assert list(found.rows) == list(recipes)
        # What is evaluated is no part of what is trained.
        trained = {str({k: v for k, v in r.items() if k != "evaluation"}) for r in recipes.values()}
        assert len(set(found.rows.values())) == len(trained)


def test_one_condition_has_no_table():
    found = said(a=tiny())
    assert (found.columns, found.rows) == ((), {})
    assert "The data are scikit-learn's digits." in found.common
    assert "Held out: nothing." in found.common
    assert "Batches have 100 examples." in found.common


def test_a_parameter_that_differs_has_a_column_and_the_rest_is_said_once():
    rates = {f"r{k}": tiny(optimiser=spec("SGD", learning_rate=k, momentum=0.9)) for k in (0.1, 1)}
    found = said(**rates)
    assert found.columns == ("optimiser: learning rate",)
    assert found.rows == {"r0.1": ("0.1",), "r1": ("1",)}
    assert "Optimiser: SGD (momentum 0.9); the rest differs by condition." in found.common


def test_a_part_that_some_do_without_is_none_there():
    noisy = tiny(label_noise=SymmetricLabelNoise(0.2), input_noise=GaussianNoise(variance=0.1))
    found = said(clean=tiny(), noisy=noisy)
    assert found.columns == ("wrong labels", "noise on the inputs")
    assert found.rows["clean"] == ("none", "none")
    assert found.rows["noisy"][0] == "20 % replaced by another class"
    assert "variance 0.1" in found.rows["noisy"][1]


def test_orders_buffers_and_splits_are_said_in_words():
    recipe = replace(
        tiny(split=HoldOut(size=0.1, where="last-of-each-class")),
        order=ClassSequential(),
        replay=Replay(capacity=500),
    )
    text = " ".join(said(a=recipe).common)
    assert "Held out: the last 10 % of each class in the training file for validation." in text
    assert "Examples are shown one class after the other, in every epoch." in text
    assert "from a buffer (buffer reservoir, capacity 500" in text


def test_scenarios_are_said_in_words():
    recipe = find("split-mnist").conditions["class-Adam"]
    text = " ".join(said(a=recipe).common)
    assert "The scenario is class-incremental (outputs of the classes seen so far)." in text
    assert "two pixels of 0 put around each image, then divided by 255, then normalised" in text
    found = said(a=recipe, b=replace(recipe, scenario=Scenario("task")))
    assert found.columns == ("scenario",)
    assert found.rows["b"] == ("task-incremental",)


def test_braces_in_a_name_are_text():
    assert "The data are {0.x}." in protocol({"a": {"dataset": "{0.x}"}}).common
    assert "A{}: b." in protocol({"a": {"dataset": "d", "a{}": "b"}}).common
