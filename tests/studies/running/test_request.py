"""A request: what is asked for, its checks, and the words that ask for it again."""

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest

from analysis.statistics.looks import LookPlan
from core import Replay
from data import InputError
from studies import Study
from studies.definition.catalogue import find
from studies.definition.variant import Scale, is_quick, scale_of, variant_of
from studies.report.provenance import command_of
from studies.results.reading import read
from studies.running.request import chosen_seeds, override_typed, scale_to_type
from tests.studies.conftest import keep, made_record, refused, tiny

study = find("class-order")
MINE = Study(
    name="mine",
    question="?",
    conditions={"plain": tiny(), "replay": tiny(replay=Replay(capacity=50))},
)


def recorded(study, overrides, quick=False):
    """The name of a variant and the recipes of its records: all that a store keeps of it."""
    variant = variant_of(study, overrides, quick=quick)
    return variant.name, [recipe.to_json() for recipe in variant.study.conditions.values()]


SCALES = {
    "full": ({}, []),
    "epochs": ({"epochs": 3}, ["--set", "epochs=3"]),
    "two": (
        {"epochs": 3, "dataset": "fashion-mnist"},
        ["--set", "dataset=fashion-mnist", "--set", "epochs=3"],
    ),
    "rate": ({"optimiser.learning_rate": 1e-05}, ["--set", "optimiser.learning_rate=1e-05"]),
    "widths": ({"model.widths": (5, 6)}, ["--set", "model.widths=5,6"]),
    "large": ({"optimiser.epsilon": 1e16}, ["--set", "optimiser.epsilon=1e+16"]),
    "none": ({"model.dropout": None}, ["--set", "model.dropout=None"]),
    "comma": ({"dataset": "/my data/a, b+c.npz"}, ["--dataset", "/my data/a, b+c.npz"]),
    "equals": (
        {"dataset": "a,epochs=9.npz", "epochs": 3},
        ["--dataset", "a,epochs=9.npz", "--set", "epochs=3"],
    ),
    "kind": ({"optimiser": "SGD"}, ["--set", "optimiser=SGD"]),
    "several": (
        {"preprocessing": ("scale", "standardise")},
        ["--set", "preprocessing=scale,standardise"],
    ),
}


@pytest.mark.parametrize("quick", [False, True], ids=["full", "quick"])
@pytest.mark.parametrize(("overrides", "words"), SCALES.values(), ids=SCALES)
def test_a_record_tells_what_was_asked_for_and_how_it_is_typed(overrides, words, quick):
    name, recipes = recorded(study, overrides, quick)
    scale = scale_of(name, recipes)
    assert scale == Scale(quick, overrides)
    assert scale.name == name
    assert scale_to_type(scale) == ["--quick"] * quick + words


def test_a_fraction_of_the_epochs_is_asked_for_again_as_one():
    assert scale_of(*recorded(study, {"epochs": 0.5})).overrides == {"epochs": 0.5}


def test_a_field_that_some_conditions_lack_is_that_of_the_others():
    scale = scale_of(*recorded(MINE, {"replay.capacity": 20, "epochs": 1}))
    assert scale.overrides == {"epochs": 1, "replay.capacity": 20}


def test_parameters_of_scores_are_told_from_their_records():
    polynomials = find("polynomial-degree")
    scale = scale_of(*recorded(polynomials, {"rule": "true-degree", "folds": 5}, quick=True))
    assert scale == Scale(True, {"folds": 5, "rule": "true-degree"})


@pytest.mark.parametrize(
    "name", ["dataset=a,b.npz", "model.widths=5+6", "quick,dataset=a+b.npz", "nonsense"]
)
def test_nothing_is_made_of_a_name_that_may_mean_either(name):
    assert scale_of(name, [tiny().to_json()]) is None


def test_a_field_whose_name_begins_with_quick_is_not_the_quick_scale():
    assert [is_quick(name) for name in ("quick", "quick,epochs=3")] == [True, True]
    assert [is_quick(name) for name in ("full", "quickness=3")] == [False, False]


def test_what_cannot_be_typed_has_no_words():
    scale = Scale(overrides={"transfer.source.dataset": "a, b.npz"})
    assert scale_to_type(scale) is None
    assert scale_to_type(Scale(overrides={"model.activation": "1e3"})) is None


def test_an_override_is_a_field_and_a_value_or_several():
    assert override_typed("epochs=3") == ("epochs", 3)
    assert override_typed("model.widths=5,6") == ("model.widths", (5, 6))
    with pytest.raises(InputError, match="FIELD=VALUE"):
        override_typed("epochs=")


def test_a_path_with_a_comma_and_spaces_is_run_again_by_the_line_on_the_page(
    ebb, workers, store, tmp_path
):
    x, y = np.zeros((400, 2, 2), np.uint8), np.arange(400) % 10
    own = tmp_path / "my data, old" / "a + b.npz"
    own.parent.mkdir()
    np.savez(own, x_train=x, y_train=y, x_test=x, y_test=y)
    first = ebb("run", "class-order", "--dataset", own, "--set", "split.size=10", "--seeds", "1")
    assert first.status == 0
    more = next(line for line in first.out.splitlines() if line.startswith("More: "))
    assert ebb(*shlex.split(more)[2:-4]).status == 0  # the table, without its figure
    reading = read(store, "class-order")
    line, note = command_of(reading, "class-order", reading.definition)
    assert note == ""
    again = ebb(*shlex.split(line)[1:])
    assert (again.status, len(workers.asked)) == (0, 2)
    assert "0 runs to do, 2 in the store already" in again.err


def test_a_page_has_no_line_where_none_can_be_told(store):
    keep(store, made_record(variant="dataset=a,b.npz"))
    line, note = command_of(read(store, "class-order"), "class-order", None)
    assert line == ""
    assert note == "No line does it again: the variant dataset=a,b.npz cannot be typed."


@pytest.mark.parametrize("word", ["0", "-1", "nan", "inf"])
def test_a_time_that_no_run_can_end_in_is_refused(word, ebb):
    call = ebb("run", "class-order", "--quick", "--timeout", word)
    assert "--timeout" in refused(call)


def test_a_page_of_looks_has_the_line_that_looks_again(store):
    for seed in range(5):
        keep(store, made_record(seed=seed))
    looks = LookPlan((5, 10, 20), "pocock", 1)
    reading = replace(read(store, "class-order"), design=json.dumps(looks.to_json()))
    line, _ = command_of(reading, "class-order", reading.definition)
    assert "--until-decided --looks 5,10,20 --spending pocock" in line
    assert "--seeds" not in line


@pytest.mark.parametrize(
    ("given", "taken"), [(np.arange(2), [0, 1]), (np.int64(2), [0, 1]), ([2**63 - 1], [2**63 - 1])]
)
def test_seeds_are_whole_numbers_of_any_kind(given, taken):
    seeds = chosen_seeds(given)
    assert seeds == taken
    assert {type(each) for each in seeds} == {int}


@pytest.mark.parametrize("given", [[0.5], [True], [], [-1], [2**63]])
def test_what_is_no_seed_is_not_taken(given):
    with pytest.raises((ValueError, TypeError)):
        chosen_seeds(given)
