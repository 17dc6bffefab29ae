"""Planned interactions: the right values reach the statistics, and the answer is shown."""

import json
import shutil

import pytest

from analysis.metrics.registry import metric_named
from analysis.statistics.comparison import compare
from analysis.statistics.families import adjust_family
from analysis.statistics.interaction import double_difference
from core import Evaluation, Store
from data import InputError
from studies import Interaction, Study
from studies.results.comparing import planned_results
from studies.results.reading import read
from tests.studies.conftest import confusion, keep, made_record, refused, tiny

HEAD = """
from core import Recipe, spec
from studies import Interaction, Study

NAMES = ("plain", "noisy", "in-order", "noisy-in-order", "replayed", "noisy-replayed")
noise_and_order = Interaction(
    a="label noise",
    b="one class after the other",
    neither="plain",
    only_a="noisy",
    only_b="in-order",
    both="noisy-in-order",
)
noise_and_replay = Interaction(
    a="label noise",
    b="replay",
    neither="plain",
    only_a="noisy",
    only_b="replayed",
    both="noisy-replayed",
)
"""
STUDY = """
study = Study(
    name="mine",
    question="Do they add up?",
    conditions={
        name: Recipe(dataset="digits", model=spec("mlp"), epochs=epochs)
        for epochs, name in enumerate(NAMES, 1)
    },
    seeds=6,
    comparisons=(("noisy", "plain"),),
    interactions=(noise_and_order, noise_and_replay),
)
"""
VALUES = {
    "plain": (0.95, 0.9, 0.95, 0.95, 0.9, 0.95),
    "noisy": (0.9, 0.85, 0.85, 0.9, 0.9, 0.85),
    "in-order": (0.75, 0.8, 0.7, 0.75, 0.8, 0.75),
    "noisy-in-order": (0.5, 0.55, 0.4, 0.45, 0.6, 0.5),
    "replayed": (0.95, 0.9, 0.9, 0.95, 0.9, 0.9),
    "noisy-replayed": (0.9, 0.85, 0.85, 0.85, 0.9, 0.85),
}
REPLAY = {"b": "replay", "only_b": "replayed", "both": "noisy-replayed"}
WORSE = (
    "Worse together: test accuracy of noisy-in-order is 20.00 points lower than what the effects "
    "of label noise and one class after the other add up to (6 seeds, after Bonferroni over 2 "
    "interactions)."
)


def crossing(**changes):
    given = {"neither": "plain", "only_a": "noisy", "only_b": "in-order", "both": "noisy-in-order"}
    return Interaction(**{"a": "label noise", "b": "order"} | given | changes)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(HEAD + STUDY)
    return path


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Six seeds of every condition, each stored from the last to the first."""
    store = Store(tmp_path_factory.mktemp("six"))
    for condition, values in VALUES.items():
        for seed in reversed(range(6)):
            keep(store, run(condition, seed, accuracy=values[seed]), planned=6)
    return store


@pytest.fixture
def six(stored, store):
    """The same where `ebb` looks for it."""
    shutil.copytree(stored.folder, store.folder)
    return store


def recipe(condition):
    """Another one for every condition: records are kept by recipe and seed."""
    return tiny(epochs=1 + list(VALUES).index(condition))


def run(condition, seed, **more):
    return made_record(
        condition, seed, study="mine", recipe=recipe(condition), segments=False, **more
    )


def test_the_planned_comparison_comes_first_and_keeps_its_shape(ebb, six, file):
    seeds = range(6)
    expected = compare(
        VALUES["noisy"], VALUES["plain"], paired=True, seeds_a=seeds, seeds_b=seeds, n_test=200
    ).to_json()
    found = json.loads(ebb("compare", file, "--format", "json").out)
    for key in ("difference", "test", "exact", "effects", "verdict"):
        assert found[key] == expected[key]
    # Interactions are a family of their own.
    assert "p_adjusted" not in found
    assert list(found)[-1] == "interactions"
    text = ebb("compare", file).out
    places = [text.index(part) for part in ("mean of noisy", "2 interactions of", WORSE)]
    assert text.startswith("Different: test accuracy of noisy is")
    assert places == sorted(places)


def test_interactions_are_one_family_in_json(ebb, six, file):
    found = json.loads(ebb("compare", file, "--format", "json").out)["interactions"]
    planned = [crossing(b="one class after the other"), crossing(**REPLAY)]
    expected = adjust_family(
        [
            double_difference(
                VALUES,
                (each.a, each.b),
                each.conditions,
                seeds=dict.fromkeys(VALUES, range(6)),
                n_test=200,
                chance=0.1,
                planned=6,
                study="mine",
                variant="full",
                metric="test accuracy",
            )
            for each in planned
        ]
    )
    assert found == json.loads(json.dumps([each.to_json() for each in expected]))
    assert [each["family"] for each in found] == [2, 2]
    assert [each["reading"] for each in found] == ["worse together", "no interaction shown"]
    assert found[0]["seeds"] == list(range(6))
    assert found[0]["differences"] == pytest.approx([-20, -20, -20, -25, -20, -15])


def test_the_output_says_what_the_family_is_and_on_which_scale_effects_add_up(ebb, six, file):
    lines = ebb("compare", file).out.splitlines()
    assert (
        "2 interactions of test accuracy, a family of their own (Bonferroni), apart from the "
        "comparisons; effects are added up in points, intervals are simultaneous 95 %"
    ) in lines
    assert "(Benjamini-Hochberg)" in ebb("compare", file, "--correction", "bh").out


def test_a_margin_given_beforehand_lets_effects_add_up(ebb, six, file):
    assert "Add up:" not in ebb("compare", file).out
    out = ebb("compare", file, "--margin", "6").out
    assert "Add up: test accuracy of noisy-replayed is within 6" in out
    assert "(6 seeds, after Bonferroni over 2 interactions)" in out


def test_a_loss_is_better_where_it_is_lower(ebb, six, file):
    found = json.loads(ebb("compare", file, "--metric", "test loss", "--format", "json").out)
    assert {each["unit"] for each in found["interactions"]} == {"nats"}
    assert {each["higher_is_better"] for each in found["interactions"]} == {False}


@pytest.mark.parametrize("words", [("noisy", "plain"), ("--per-class",)], ids=" ".join)
def test_one_pair_or_its_classes_have_no_interaction(ebb, six, file, words):
    found = json.loads(ebb("compare", file, *words, "--format", "json").out)
    assert "interactions" not in found


def test_seeds_that_did_not_finish_everywhere_are_left_out_and_named(ebb, store, file):
    for condition, values in VALUES.items():
        for seed, accuracy in enumerate(values):
            status = {}
            if (condition, seed) == ("noisy", 2):
                status = {"status": "failed", "evaluations": ()}
            if (condition, seed) == ("noisy-in-order", 4):
                lost = Evaluation("test", 1, 10, 10, confusion(0.0), float("nan"))
                status = {"status": "diverged", "evaluations": (lost,)}
            keep(store, run(condition, seed, accuracy=accuracy, **status), planned=6)
    out = ebb("compare", file).out
    assert "1 seed left out, not finished in all 4 conditions (missing in noisy: 2)" in out
    assert "diverged: noisy-in-order 1 of 6" in out
    assert "4 seeds of 6 planned" in out
    first, second = json.loads(ebb("compare", file, "--format", "json").out)["interactions"]
    assert first["seeds"] == [0, 1, 3, 5]
    assert second["seeds"] == [0, 1, 3, 4, 5]


def test_a_condition_that_was_not_run_leaves_its_interaction_in_the_family(ebb, store, file):
    for condition in VALUES.keys() - {"in-order"}:
        for seed in range(6):
            keep(store, run(condition, seed, accuracy=VALUES[condition][seed]), planned=6)
    first, second = json.loads(ebb("compare", file, "--format", "json").out)["interactions"]
    assert first["reading"] == "cannot be decided"
    assert "nothing to compare: 0 seeds" in first["note"]
    assert second["family"] == 2
    # After a run, only what was run is spoken of.
    assert len(planned_results(read(store, str(file))).sentences()) == 2


def test_an_interaction_is_told_where_no_planned_comparison_was_run(ebb, store, file):
    file.write_text(file.read_text().replace('("noisy", "plain")', '("replayed", "plain")'))
    for condition in ("plain", "noisy", "in-order", "noisy-in-order"):
        for seed in range(6):
            keep(store, run(condition, seed, accuracy=VALUES[condition][seed]), planned=6)
    (sentence,) = planned_results(read(store, str(file))).sentences()
    assert sentence == WORSE
    call = ebb("compare", file)
    assert "1 of 1 planned comparisons left out: a condition of theirs was not run" in call.err
    (first, _) = json.loads(ebb("compare", file, "--format", "json").out)["interactions"]
    assert first["reading"] == "worse together"


def test_a_study_may_plan_interactions_alone(ebb, six, file, tmp_path):
    file.write_text(file.read_text().replace('comparisons=(("noisy", "plain"),),', ""))
    out = ebb("compare", file).out
    assert out.startswith("2 interactions of test accuracy")
    assert list(json.loads(ebb("compare", file, "--format", "json").out)) == ["interactions"]
    assert "two conditions" in refused(ebb("compare", file, "--figure", tmp_path / "a.png"))
    refused(ebb("compare", file, "--per-class"))


def test_a_run_ends_with_the_verdicts_on_interactions(six, file):
    said = planned_results(read(six, str(file))).sentences()
    assert len(said) == 3
    assert said[1] == WORSE
    assert said[2].startswith("No interaction shown: 6 seeds do not tell whether the effects of")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interactions": (crossing(only_a="nosy"),)}, "condition 'nosy'"),
        ({"interactions": (crossing(only_a="in-order"),)}, "expected four different ones"),
        ({"interactions": (crossing(),), "paired": False}, "unpaired study 'mine'"),
    ],
)
def test_a_study_whose_interactions_do_not_fit_is_refused(changes, said):
    conditions = {name: recipe(name) for name in VALUES}
    with pytest.raises(InputError, match=said):
        Study(name="mine", question="?", conditions=conditions, **changes)


@pytest.mark.parametrize(
    ("metric", "better"),
    [
        ("test accuracy", True),
        ("test loss", False),
        ("mean drop", False),
        ("mean forgetting_max_minus_last", False),
        ("mean recovery", True),
        ("recency bias: last class", None),
        ("gradient norm", None),
    ],
)
def test_which_way_is_better_is_only_said_where_it_is_known(metric, better):
    assert metric_named(metric).higher_is_better is better
