"""Two stores of one study: what is identical, what moved, which versions differ."""

import pytest

from analysis.statistics.comparison import compare
from core import Store
from studies.report.store_comparison import _sentence
from tests.studies.conftest import OTHER_ENVIRONMENT, keep, made_record, refused
from tests.studies.report.pages import Page

SEEDS = range(6)


@pytest.fixture
def two(tmp_path):
    """Two empty stores."""
    return Store(tmp_path / "old"), Store(tmp_path / "new")


def fill(store, shift=0.0, seeds=SEEDS, **more):
    for seed in seeds:
        for condition, accuracy in (("shuffled", 0.9), ("class-sequential", 0.5)):
            moved = accuracy + 0.05 * (seed % 2) + (shift if condition == "shuffled" else 0)
            keep(store, made_record(condition, seed, accuracy=moved, **more), planned=6)


def call_of(ebb, two):
    return ebb("report", "class-order", "--compare", two[0].folder, two[1].folder)


def test_identical_runs_are_counted_and_nothing_moved(ebb, two, tmp_path):
    fill(two[0], environment=OTHER_ENVIRONMENT)
    fill(two[1])
    call = call_of(ebb, two)
    assert call.status == 0
    said = call.out.splitlines()
    assert said[0] == "Nothing moved: all 12 runs that both stores hold are identical."
    assert said[1] == "Different between them: numpy."
    page = Page((tmp_path / "class-order-compared.html").read_text())
    assert page.table("to the byte").rows[1] == ["shuffled", "6", "6", "none", "0", "0"]
    assert page.table("not the same in both").rows[1][:2] == ["numpy", "0.0.1"]


def test_a_difference_is_paired_by_seed_and_said_in_words(ebb, two, tmp_path):
    fill(two[0])
    fill(two[1], shift=-0.1, seeds=range(4))
    said = call_of(ebb, two).out.splitlines()
    assert said[0].startswith("4 of the 8 runs that both stores hold are identical, 4 are not.")
    assert "4 runs are in one store alone" in said[0]
    page = Page((tmp_path / "class-order-compared.html").read_text())
    rows = page.table("Means of both stores").rows
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["metric"], first["condition"]) == ("test accuracy", "shuffled")
    assert (first["runs"], first["B minus A"]) == ("4 pairs", "-10")
    second = dict(zip(rows[0], rows[2], strict=True))
    assert (second["condition"], second["verdict"]) == ("class-sequential", "identical")
    assert page.table("to the byte").rows[1] == ["shuffled", "4", "0", "0 to 3", "2", "0"]


def test_a_move_that_varies_has_its_interval_and_verdict(ebb, two):
    fill(two[0])
    for seed in SEEDS:
        for condition, accuracy in (("shuffled", 0.9), ("class-sequential", 0.5)):
            shift = -0.1 - 0.05 * (seed % 3) if condition == "shuffled" else 0.0
            right = accuracy + 0.05 * (seed % 2) + shift
            keep(two[1], made_record(condition, seed, accuracy=right), planned=6)
    out = call_of(ebb, two).out
    assert "test accuracy moved in 1 of 2 conditions (Holm): largest difference -15" in out


def test_a_mean_that_moved_by_the_same_amount_at_every_seed_has_moved(ebb, two):
    fill(two[0])
    fill(two[1], shift=-0.1)
    said = call_of(ebb, two).out.splitlines()
    assert (
        "test accuracy moved by the same amount at every seed in shuffled (-10 points): no "
        "variation, so no test. test accuracy: the same mean in every other condition." in said
    )


def test_what_could_not_be_compared_did_not_stay_the_same(ebb, two):
    fill(two[0])
    fill(two[1], status="diverged")
    said = call_of(ebb, two).out
    assert "same mean" not in said
    assert (
        "test accuracy could not be compared in shuffled, class-sequential: no runs that finished "
        "in both stores." in said
    )


def test_of_a_single_condition_no_number_of_conditions_is_said():
    old, new = [0.9, 0.8, 0.85], [0.9, 0.82, 0.84]
    seeds = range(3)
    compared = {"x": compare(new, old, paired=True, seeds_a=seeds, seeds_b=seeds)}
    sentence = _sentence("test accuracy", compared)
    assert sentence.startswith("test accuracy: no move shown in x (Holm); largest difference")
    moved = [0.6, 0.49, 0.54]
    compared = {"x": compare(moved, old, paired=True, seeds_a=seeds, seeds_b=seeds)}
    assert "moved in 1 of 1 condition (Holm): largest" in _sentence("test accuracy", compared)


def test_other_recipes_are_no_change_of_version(ebb, two):
    from dataclasses import replace

    from studies.definition.catalogue import find

    fill(two[0])
    recipe = replace(find("class-order").conditions["shuffled"], epochs=7)
    keep(two[1], made_record("shuffled", 0, recipe=recipe))
    assert "did not run the same: the recipes of shuffled differ" in call_of(ebb, two).out


def test_wrong_calls_are_refused(ebb, two, tmp_path):
    fill(two[0])
    assert "has no records" in refused(call_of(ebb, two))
    keep(two[1], made_record(variant="quick"))
    assert "expected one that both stores have" in refused(call_of(ebb, two))
    words = ("report", "class-order", "--compare", two[0].folder, two[0].folder, "--figures", ".")
    assert "expected one study alone" in refused(ebb(*words))
    assert not list(tmp_path.glob("*.html"))
