"""Tests that disagree, a verdict that hangs on one run, pairs that are none: said aloud."""

import numpy as np
import pytest
from scipy import stats

from analysis.rendering.formatting import format_p
from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_all
from analysis.statistics.notes import correlation_notes
from analysis.statistics.result import explain
from tests.analysis.conftest import BASE, WIGGLE, pairs

ONE_COLLAPSED = [0.95, 0.955, 0.952, 0.948, 0.951, 0.949, 0.953, 0.954, 0.947, 0.10]
OTHERS = [0.90, 0.905, 0.902, 0.898, 0.901, 0.899, 0.903, 0.904, 0.897, 0.90]


def test_a_run_that_collapsed_is_named_with_both_readings():
    result = compare(ONE_COLLAPSED, OTHERS, paired=False, seeds_a=range(10), seeds_b=range(10))
    assert "the tests disagree: Welch t-test p = .6905, exact Mann-Whitney test" in result.note
    assert (
        "seed 9 of A decides: with it no difference is shown (p = .6905), without it there is a "
        "difference (p < .0001)" in result.note
    )
    assert "of the distributions, not of the means alone" in explain(result)
    assert "the run of A at 0.1 decides" in compare(ONE_COLLAPSED, OTHERS, paired=False).note


@pytest.mark.parametrize("paired", [True, False])
def test_each_run_is_left_out_in_turn(paired):
    rng = np.random.default_rng(0)
    for _ in range(30):
        a, b = np.rint(rng.normal([[810], [803]], 6, (2, 7))) / 1000
        result = compare(a, b, paired=paired, seeds_a=range(7), seeds_b=range(7))
        test = stats.ttest_rel if paired else lambda x, y: stats.ttest_ind(x, y, equal_var=False)
        left = [(np.delete(a, i), np.delete(b, i) if paired else b) for i in range(7)]
        left += [] if paired else [(a, np.delete(b, i)) for i in range(7)]
        p = [test(*each).pvalue for each in left]
        without = min(p) if result.test.p > 0.05 else max(p)
        flips = (without <= 0.05) != (result.test.p <= 0.05)
        assert ("decides: with it" in result.note) == flips
        assert (f"({format_p(without)})" in result.note) == flips


def test_a_family_asks_with_its_own_critical_value():
    shift = np.array([8, 9, 8, 9, 8, 9, 8, -60]) / 1000
    scores = {"a": BASE + shift, "b": BASE + WIGGLE, "control": BASE}
    seeds = dict.fromkeys(scores, range(8))
    family = compare_all(scores, [("a", "control"), ("b", "control")], paired=True, seeds=seeds)
    first, second = family.comparisons
    assert f"seed 7 decides: with it no difference is shown (p = {first.p_adjusted:.4f}" .replace(
        "0.", ".") in first.note  # fmt: skip
    assert "decides" not in second.note
    holm = compare_all(scores, [("a", "control"), ("b", "control")], paired=True, seeds=seeds,
                       correction="holm")  # fmt: skip
    assert "decides" not in holm.comparisons[0].note


def test_few_runs_on_the_noisier_side_are_remarked():
    few, many = [0.80, 0.90, 0.85], np.linspace(0.79, 0.81, 10)
    said = "the side with fewer runs varies more (A: 3 runs, sd 5.00 points; B: 10 runs, sd 0.67"
    assert said in compare(few, many, paired=False).note
    assert "varies more" not in compare(many, few[:1] * 3, paired=False).note
    assert "varies more" not in compare([0.8, 0.801, 0.802], many, paired=False).note
    assert "varies more" in compare([0.783, 0.8, 0.817], many, paired=False).note  # 2.5 times
    assert "varies more" not in compare([0.788, 0.8, 0.812], many, paired=False).note  # 1.8 times
    assert "varies more" not in compare(few[:2], many, paired=False).note


def test_pairs_that_correlate_negatively_are_remarked():
    turned = 1.6 - BASE
    assert "the pairs correlate negatively (r = -1.00)" in pairs(turned, BASE).note
    assert [bool(correlation_notes(r)) for r in (None, 0.2, -0.29, -0.31)] == [False] * 3 + [True]
    assert "negatively" not in pairs(BASE + WIGGLE, BASE).note


def test_disjoint_seeds_name_the_other_design():
    result = compare([0.8] * 3, [0.7] * 3, paired=True, seeds_a=range(3), seeds_b=range(5, 8))
    assert "compared unpaired (--unpaired)" in result.note


def test_identical_pairs_inside_a_margin_are_said_to_be_so():
    result = pairs(BASE, BASE, margin=1)
    assert result.verdict == "undecidable"
    assert "every difference is inside the margin of 1.00 points" in result.note
    assert "inside the margin" not in pairs(BASE + 0.02, BASE, margin=1).note


def test_a_run_without_which_nothing_varies_does_not_decide():
    a = [0.91, 0.91, 0.91, 0.912]
    result = pairs(a, [0.9] * 4, n_test=10_000)
    assert result.verdict == "different"
    assert "decides" not in result.note
