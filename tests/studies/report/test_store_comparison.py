"""Two stores of one study: what is identical, what moved, which versions differ."""

import pytest

from core import Store
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
    assert said[0] == "Nothing moved: 12 runs in both stores, each of them identical."
    assert said[1] == "Different between them: numpy."
    page = Page((tmp_path / "class-order-compared.html").read_text())
    assert page.table("to the byte").rows[1] == ["shuffled", "6", "6", "none", "0", "0"]
    assert page.table("not the same in both").rows[1][:2] == ["numpy", "0.0.1"]


def test_a_difference_is_paired_by_seed_and_said_in_words(ebb, two, tmp_path):
    fill(two[0])
    fill(two[1], shift=-0.1, seeds=range(4))
    said = call_of(ebb, two).out.splitlines()
    assert said[0].startswith("Of 8 runs in both stores: 4 identical, 4 not.")
    assert "In one store alone: 4 runs." in said[0]
    page = Page((tmp_path / "class-order-compared.html").read_text())
    rows = page.table("2 comparisons of test accuracy").rows
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["comparison"] == "shuffled in B - shuffled in A"
    assert (first["n"], first["difference (points)"]) == ("4", "-10.00")
    assert (first["mean in B"], first["mean in A"]) == ("82.50 %", "92.50 %")
    assert "The same test accuracy at every seed in class-sequential." in said
    assert page.table("to the byte").rows[1] == ["shuffled", "4", "0", "0 to 3", "2", "0"]


def test_a_move_that_varies_has_its_interval_and_verdict(ebb, two):
    fill(two[0])
    for seed in SEEDS:
        for condition, accuracy in (("shuffled", 0.9), ("class-sequential", 0.5)):
            shift = -0.1 - 0.05 * (seed % 3) if condition == "shuffled" else 0.0
            right = accuracy + 0.05 * (seed % 2) + shift
            keep(two[1], made_record(condition, seed, accuracy=right), planned=6)
    out = call_of(ebb, two).out
    assert (
        "Different: test accuracy of shuffled in B is 15.00 points lower than of shuffled in A "
        "(6 pairs, after Bonferroni over 2 comparisons)." in out
    )


def test_a_mean_that_moved_by_the_same_amount_at_every_seed_has_moved(ebb, two):
    fill(two[0])
    fill(two[1], shift=-0.1)
    said = call_of(ebb, two).out.splitlines()
    assert (
        "Undecidable, test accuracy of shuffled in B and shuffled in A: no variation: no test "
        "(shuffled in B minus shuffled in A is -10.00 points for every seed)." in said
    )


def test_what_could_not_be_compared_did_not_stay_the_same(ebb, two):
    fill(two[0])
    fill(two[1], status="diverged")
    said = call_of(ebb, two).out
    assert "The same" not in said
    for name in ("shuffled", "class-sequential"):
        assert (
            f"Undecidable, test accuracy of {name} in B and {name} in A: nothing to compare: 0 "
            "pairs." in said
        )


def test_the_same_at_every_seed_is_what_one_hopes_for(ebb, two, tmp_path):
    fill(two[0])
    fill(two[1], shift=-0.1)
    call_of(ebb, two)
    assert "one recipe" not in (tmp_path / "class-order-compared.html").read_text()


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
    words = ("report", "class-order", "--compare", two[0].folder, two[0].folder, "--store", ".")
    assert "Received --compare with --store or --data-dir" in refused(ebb(*words))
    assert not list(tmp_path.glob("*.html"))
