"""A study about classes says which was forgotten most; an open verdict, how to learn more."""

import json
import shlex

import numpy as np
import pytest

import studies
from core import Store
from studies.definition.catalogue import find
from studies.results.forgotten import forgotten_sentences
from studies.results.reading import read
from tests.studies.conftest import keep, made_record

CLOSE = {"shuffled": (0.90, 0.93, 0.91), "class-sequential": (0.91, 0.92, 0.93)}


@pytest.fixture
def close(tmp_path):
    """Two conditions that three pairs do not tell apart."""
    store = Store(tmp_path / "results")
    for condition, values in CLOSE.items():
        for seed, accuracy in enumerate(values):
            keep(store, made_record(condition, seed, accuracy=accuracy), planned=3)
    return store


def test_an_open_verdict_gives_the_means_in_order_and_a_plan_that_runs(close, ebb):
    call = ebb("compare", "class-order", "--store", close.folder)
    assert call.out.startswith("Inconclusive: ")
    order, line = call.out.rstrip().split("\n\n")[-2:]
    assert order.startswith("Means of test accuracy in order: class-sequential 9")
    words = shlex.split(line.split("`")[1])
    assert words[1:4] == ["plan", "--pilot", "class-order"]
    planned = ebb(*words[1:], "--store", close.folder)
    assert planned.status == 0
    assert "find a difference of 1.00 points" in planned.out


def test_a_clear_verdict_is_said_without_them(close, ebb):
    for seed in range(3):
        keep(close, made_record("class-sequential", seed, accuracy=0.5 + seed / 100), planned=3)
    call = ebb("compare", "class-order", "--store", close.folder)
    assert "ebb plan" not in call.out
    assert "in order" not in call.out


def test_a_study_that_is_shuffled_alone_forgets_nothing(close):
    reading = read(close, "class-order")
    assert len(forgotten_sentences(reading)) == 1
    alone = [each for each in reading.records if each.condition == "shuffled"]
    assert forgotten_sentences(type(reading)(**vars(reading) | {"records": alone})) == []


def test_a_class_that_is_surely_forgotten_is_not_denied_beside_a_larger_drop_that_is_not_sure():
    labels = np.repeat([0, 1, 2], 10)
    for seed, (first, second) in enumerate([(9, 3), (-1, 3), (6, 2), (0, 3)]):
        with studies.record("mine", condition="a", seed=seed, classes=3) as run:
            for segment, right in enumerate([(9, 0, 0), (9, 8, 0), (9 - first, 8 - second, 9)]):
                predicted = np.where(np.arange(30) % 10 < np.take(right, labels), labels, 2)
                predicted[20 + right[2] :] = 0
                run.evaluate("test", labels, predicted, segment=segment + 1, shown=segment)
    (said,) = forgotten_sentences(studies.read("mine").reading)
    assert said.startswith("Largest drop, not surely above 0: class 0, 35.0 points (-")
    table = studies.read("mine").forgetting()
    assert table["ci_low"][1] > 0


def test_a_plan_takes_the_comparisons_that_a_study_plans(tmp_path, ebb):
    store = Store(tmp_path / "results")
    values = {"noise-0": (0.9, 0.92, 0.91), "noise-0-stopped": (0.91, 0.92, 0.94)}
    values |= {"noise-0.1": (0.8, 0.82, 0.87), "noise-0.1-stopped": (0.81, 0.85, 0.84)}
    for condition, each in values.items():
        for seed, accuracy in enumerate(each):
            recipe = find("label-noise").conditions[condition]
            record = made_record(
                condition, seed, study="label-noise", recipe=recipe, accuracy=accuracy
            )
            keep(store, record, planned=3)
    asked = ("plan", "--pilot", "label-noise", "--difference", "1", "--store", store.folder)
    call = ebb(*asked)
    assert call.status == 0
    assert [line.split(":")[0] for line in call.out.splitlines()[:3]] == [
        "noise-0.1 - noise-0",
        "noise-0-stopped - noise-0",
        "noise-0.1-stopped - noise-0.1",
    ]
    assert "Bonferroni over 7 comparisons" in call.out
    plans = json.loads(ebb(*asked, "--format", "json").out)["plans"]
    one = ebb(*asked, "--conditions", "noise-0-stopped,noise-0", "--comparisons", "7",
              "--format", "json")  # fmt: skip
    alone = json.loads(one.out)
    assert plans[1] == {"a": "noise-0-stopped", "b": "noise-0"} | alone
