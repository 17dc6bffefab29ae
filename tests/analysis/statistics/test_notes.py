import numpy as np
import pytest

from analysis.statistics.comparison import compare
from analysis.statistics.notes import note
from tests.analysis.conftest import BASE, WIGGLE, pairs


def test_tied_pairs_raise_the_smallest_p():
    d = np.array([0, 0, 3, 4, 5, 6, 7]) / 1000
    result = pairs(BASE[:7] + d, BASE[:7])
    assert result.exact.p_smallest == 2 / 2**5
    assert "2 of them tied: this test cannot reach .05; 6 are needed without a tie" in result.note


def test_three_runs_each_cannot_reach_five_percent():
    result = compare(BASE[:3] + 0.05, BASE[:3], paired=False)
    assert result.exact.p_smallest == pytest.approx(0.1)
    assert "3 + 3 runs: this test cannot reach .05; 4 + 4 are needed" in result.note
    assert "cannot reach" not in compare(BASE[:3] + 0.05, BASE[:3], paired=False, level=0.9).note


def test_five_seeds_are_no_longer_called_fragile():
    for n in (3, 4):
        few = pairs(BASE[:n] + WIGGLE[:n], BASE[:n]).note
        assert few.startswith(f"{n} pairs: the interval is fragile")
    assert "fragile" not in pairs(BASE[:5] + WIGGLE[:5], BASE[:5]).note


def test_identical_samples():
    result = pairs(BASE, BASE)
    assert result.verdict == "undecidable"
    assert "no variation: no test" in result.note
    assert "identical at every seed: are they one recipe?" in result.note
    assert "identical" not in compare(BASE, BASE, paired=False).note
    assert result.effects.p_superiority == 0.5


@pytest.mark.parametrize("paired", [True, False])
def test_identical_results_for_every_seed_ask_whether_the_seed_arrives(paired):
    result = compare([0.9] * 6, [0.8] * 6, paired=paired, seeds_a=range(6), seeds_b=range(6))
    assert result.verdict == "undecidable"
    assert result.test.p is None
    assert "no variation: no test" in result.note
    assert "A has the same result for every seed: does the seed reach the network?" in result.note


def test_more_seeds_than_planned_are_reported():
    result = pairs(BASE + WIGGLE, BASE, planned=5)
    assert "8 seeds, but 5 were planned" in result.note
    one_side = compare(BASE + WIGGLE, BASE[:5], paired=False, planned=5)
    assert "8 seeds, but 5 were planned" in one_side.note
    assert "planned:" not in pairs(BASE + WIGGLE, BASE, planned=8).note


def test_equal_values_raise_the_smallest_p_of_runs_that_are_not_paired():
    result = compare([0.81, 0.84, 0.80, 0.83], [0.78, 0.80, 0.79, 0.79], paired=False)
    assert "4 + 4 runs, 4 of them tied: this test cannot reach .05; 4 + 4 are needed" in result.note
    assert "needed without a tie" in result.note


def test_seeds_may_agree_on_a_guess():
    guessed = np.full(6, 0.1)
    assert "same result" in pairs(guessed, BASE[:6], n_test=100).note
    assert "same result" not in pairs(guessed, BASE[:6], n_test=100, chance=0.1).note


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_seeds_may_agree_that_nothing_or_everything_is_right(value):
    options = {"paired": True, "seeds_a": range(6), "seeds_b": range(6), "chance": 0.1}
    one = compare([value] * 6, BASE[:6], **options)
    both = compare([value] * 6, [value] * 6, **options)
    assert "does the seed reach" not in one.note
    assert "are they one recipe" not in both.note


def test_a_note_is_a_value_that_is_told_by_its_kind():
    result = pairs(BASE + WIGGLE, BASE, planned=5)
    assert note("more than planned", runs=8, planned=5) in result.notes
    assert [each.kind for each in pairs(BASE, BASE).notes] == ["no variation", "identical"]
