import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.result import explain, sentence
from tests.analysis.conftest import BASE, PROPERTY, WIGGLE, pairs, samples


@PROPERTY
@given(samples())
def test_pairs_are_tested_by_the_paired_t_test(values):
    a, b = values
    result, expected = pairs(a, b), stats.ttest_rel(a, b)
    assert result.test.name == "paired t-test"
    assert result.test.statistic == pytest.approx(expected.statistic, rel=1e-6, abs=1e-9)
    assert result.test.p == pytest.approx(expected.pvalue, rel=1e-6)
    interval = expected.confidence_interval()
    assert result.difference.ci_low == pytest.approx(100 * interval.low, abs=1e-8)
    assert result.difference.ci_high == pytest.approx(100 * interval.high, abs=1e-8)


@PROPERTY
@given(samples(same_size=False))
def test_independent_runs_are_tested_by_welch(values):
    a, b = values
    result, expected = compare(a, b, paired=False), stats.ttest_ind(a, b, equal_var=False)
    assert result.test.name == "Welch t-test"
    assert result.test.p == pytest.approx(expected.pvalue, rel=1e-6)
    assert result.test.df == pytest.approx(expected.df)
    assert f"t({expected.df:.2f}) = " in explain(result)


@PROPERTY
@given(samples(), st.floats(0.1, 5))
def test_equivalence_agrees_with_statsmodels(values, margin):
    from statsmodels.stats.weightstats import ttost_ind, ttost_paired

    a, b = values
    paired = pairs(a, b, margin=margin).equivalence
    expected = ttost_paired(a, b, -margin / 100, margin / 100)[0]
    assert paired.p == pytest.approx(expected, abs=1e-9)
    assert paired.inside == (paired.p < 0.05)
    unpaired = compare(a, b, paired=False, margin=margin).equivalence
    expected = ttost_ind(a, b, -margin / 100, margin / 100, usevar="unequal")[0]
    assert unpaired.p == pytest.approx(expected, abs=1e-9)


def test_the_equivalence_interval_is_the_ninety_percent_one():
    a, b = [0.80, 0.81, 0.83, 0.80], [0.81, 0.80, 0.83, 0.79]
    result = pairs(a, b, margin=2)
    expected = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert result.equivalence.level == 0.9
    assert result.equivalence.ci_low == pytest.approx(100 * expected.low)
    said = explain(result)
    assert "90 % interval" in said
    assert "95 % interval" in said
    assert "points inside, two one-sided t-tests p" in said
    assert "points not inside, two one-sided t-tests p" in explain(pairs(a, b, margin=0.5))


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("shift", "wiggle", "margin", "verdict", "sentence"),
    [
        (0.05, 1, None, "different", "Different: accuracy of A is 5.00 points higher than of B"),
        (-0.05, 1, 1, "different", "Different: accuracy of A is 5.00 points lower than of B"),
        (0.0, 1, None, "inconclusive", "Inconclusive:"),
        (0.0, 20, 1, "inconclusive", "Inconclusive:"),
    ],
)
def test_verdicts(paired, shift, wiggle, margin, verdict, sentence):
    result = compare(
        BASE + shift + wiggle * WIGGLE, BASE, paired=paired, margin=margin,
        seeds_a=range(8), seeds_b=range(8),
    )  # fmt: skip
    assert result.verdict == verdict
    assert explain(result).startswith(sentence)


def test_equivalent_needs_a_margin_given_beforehand():
    without = pairs(BASE + WIGGLE, BASE)
    assert without.verdict == "inconclusive"
    assert "interval" not in sentence(without)
    result = pairs(BASE + WIGGLE, BASE, margin=0.5)
    assert result.verdict == "equivalent"
    assert explain(result).startswith(
        "Equivalent: accuracy of A and B differs by less than 0.50 points (8 pairs)."
    )


def test_a_difference_may_be_real_and_within_the_margin():
    result = pairs(BASE + WIGGLE + 0.003, BASE, margin=1)
    assert result.verdict == "different-within-margin"
    assert explain(result).startswith("Different, but within the margin of 1.00 points: ")


def test_the_primary_test_decides_even_where_the_exact_test_cannot():
    result = pairs(BASE[:5] + 0.05 + WIGGLE[:5], BASE[:5])
    assert result.verdict == "different"
    assert result.exact.p == result.exact.p_smallest == 0.0625
    assert "5 pairs: this test cannot reach .05; 6 are needed" in result.note
    assert "not significant" not in explain(result)


def test_no_normality_gate_outliers_keep_the_same_tests():
    outlier = BASE.copy()
    outlier[0] = 0.1
    for x in (BASE + WIGGLE, outlier):
        result = pairs(x, BASE[::-1])
        assert (result.test.name, result.exact.name) == (
            "paired t-test",
            "exact sign-flip test of the mean difference",
        )
