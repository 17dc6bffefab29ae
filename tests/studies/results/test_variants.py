"""`ebb compare --variants`: the same conditions of two variants, paired by seed."""

import json

import pytest

from analysis.statistics.comparison import compare
from data import InputError
from studies.definition.catalogue import find
from studies.definition.variant import variant_of
from studies.results.variants import two_variants
from tests.studies.conftest import keep, made_record, refused

SMALL = "epochs=3"
FULL, FEW = (0.9, 0.95, 0.9), (0.8, 0.7, 0.8)


@pytest.fixture
def both(store):
    """Three seeds of both conditions in full, and with fewer epochs in one of them."""
    few = variant_of(find("class-order"), {"epochs": 3}).study.conditions
    for seed in range(3):
        keep(store, made_record("shuffled", seed, accuracy=FULL[seed]))
        keep(store, made_record("class-sequential", seed, accuracy=0.5))
        recipe = {"recipe": few["shuffled"], "variant": SMALL}
        keep(store, made_record("shuffled", seed, accuracy=FEW[seed], **recipe))
        keep(store, made_record("class-sequential", seed, accuracy=0.5, variant=SMALL))
    return store


def test_a_condition_is_compared_with_itself_by_seed(both, ebb):
    words = ("compare", "class-order", "--variants", f"full,{SMALL}", "--format", "json")
    call = ebb(*words)
    found = json.loads(call.out)
    expected = compare(FULL, FEW, paired=True, seeds_a=range(3), seeds_b=range(3), n_test=200)
    assert found["difference"]["points"] == pytest.approx(
        expected.to_json()["difference"]["points"]
    )
    assert (found["a"], found["b"]) == ("shuffled (full)", f"shuffled ({SMALL})")
    assert found["paired"]
    assert found["n"] == 3
    assert "the same recipe in both, not compared: class-sequential" in call.err


def test_a_condition_that_is_the_same_in_both_is_refused(both, ebb):
    words = ("compare", "class-order", "class-sequential", "--variants", f"full,{SMALL}")
    assert "the same recipe in both" in refused(ebb(*words))


def test_a_variant_that_was_not_run_is_refused_with_those_that_were(both, ebb):
    line = refused(ebb("compare", "class-order", "--variants", "full,epochs=9"))
    assert f"{SMALL} | full" in line


def test_names_with_commas_are_told_apart():
    known = {"quick", "quick,epochs=3", "full", "dataset=digits,epochs=3"}
    assert two_variants("quick,quick,epochs=3", known) == ("quick", "quick,epochs=3")
    assert two_variants("dataset=digits,epochs=3,full", known)[1] == "full"
    with pytest.raises(InputError, match="expected two"):
        two_variants("full,full", known)


def test_no_plan_is_advised_that_would_take_two_variants_for_one(both, ebb):
    few = variant_of(find("class-order"), {"epochs": 3}).study.conditions
    recipe = {"recipe": few["shuffled"], "variant": SMALL}
    for seed, accuracy in enumerate((0.95, 0.9, 0.9)):
        keep(both, made_record("shuffled", seed, accuracy=accuracy, **recipe))
    said = ebb("compare", "class-order", "--variants", f"full,{SMALL}").out
    assert said.startswith("Inconclusive")
    assert "Means of test accuracy in order" in said
    assert "ebb plan" not in said
