"""Figures published elsewhere, to the digits given there."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import false_discovery_control, ttest_ind, ttest_ind_from_stats

from analysis.statistics.comparison import compare
from analysis.statistics.corrections import adjust
from analysis.statistics.effects import cliffs_delta, cohens_d
from analysis.statistics.friedman import _rank_sums, friedman
from analysis.statistics.significance import t_test
from analysis.statistics.statistical_power import power

# Demsar 2006 (JMLR 7), table 6: ranks of C4.5, C4.5+m, C4.5+cf, C4.5+m+cf on 14 data sets.
DEMSAR_RANKS = np.array(
    [
        *([4, 3, 2, 1], [1, 2, 3, 4], [4, 1, 2, 3], [4, 1, 3, 2], [4, 2, 3, 1]),
        *([1, 2.5, 4, 2.5], [3, 2, 4, 1], [2.5, 2.5, 4, 1], [4, 3, 2, 1], [2.5, 2.5, 2.5, 2.5]),
        *([4, 2.5, 1, 2.5], [3, 2, 4, 1], [4, 1, 2, 3], [3, 1, 4, 2]),
    ]
)
P_VALUES = [0.52, 0.12, 0.0001, 0.03, 0.14]


def test_demsar_table_6_mean_ranks_and_friedman():
    result = friedman(DEMSAR_RANKS, higher_is_better=False)
    assert [round(rank, 3) for rank in result.mean_ranks] == [3.143, 2.000, 2.893, 1.964]
    assert result.statistic == pytest.approx(10.2283, abs=5e-5)
    assert result.p_chi_square == pytest.approx(0.01672, abs=5e-6)
    assert result.method == "exact"
    assert result.p < result.p_chi_square
    n, k = DEMSAR_RANKS.shape
    uncorrected = (
        12 * n / (k * (k + 1)) * (np.square(result.mean_ranks).sum() - k * (k + 1) ** 2 / 4)
    )
    assert uncorrected == pytest.approx(9.28, abs=0.005)


# Least statistics with an exact p of at most .05 and .01, by conditions and seeds, from the table
# "Critical values for the Friedman test" that textbooks carry (scribd.com/document/464088360).
FRIEDMAN_TABLE = {
    (3, 3): (6.0, None), (3, 4): (6.5, 8.0), (3, 5): (6.4, 8.4), (3, 6): (7.0, 9.0),
    (3, 7): (7.143, 8.857), (3, 8): (6.25, 9.0), (3, 9): (6.222, 9.556), (3, 10): (6.2, 9.6),
    (4, 2): (6.0, None), (4, 3): (7.4, 9.0), (4, 4): (7.8, 9.6), (4, 5): (7.8, 9.96),
    (4, 6): (7.6, 10.2), (5, 2): (7.6, 8.0), (5, 3): (8.533, 10.13),
}  # fmt: skip


@pytest.mark.parametrize(("k", "n"), FRIEDMAN_TABLE)
def test_the_exact_p_of_friedman_are_those_of_the_table(k, n):
    ranks = np.tile(np.arange(1, k + 1), (n, 1))
    sums, chances = _rank_sums(2 * ranks - k - 1)
    squares = (sums / 2).astype(float) ** 2
    statistic = 12 * squares.sum(axis=1) / (n * k * (k + 1))
    for alpha, printed in zip((0.05, 0.01), FRIEDMAN_TABLE[k, n], strict=True):
        values = np.unique(statistic.round(9))
        p = np.array([chances[statistic >= value - 1e-9].sum() for value in values])
        reached = values[p <= alpha]
        assert (reached[:1].tolist() or None) == (printed and [pytest.approx(printed, abs=0.005)])


def test_holm_as_r_gives_it():
    np.testing.assert_allclose(adjust(P_VALUES, "holm"), [0.52, 0.36, 0.0005, 0.12, 0.36])


def test_benjamini_hochberg_as_r_gives_it():
    np.testing.assert_allclose(adjust(P_VALUES, "bh"), [0.52, 0.175, 0.0005, 0.075, 0.175])


def test_benjamini_yekutieli_as_r_gives_it():
    expected = [1, 0.3995833, 0.0011417, 0.17125, 0.3995833]
    np.testing.assert_allclose(adjust(P_VALUES, "by"), expected, atol=5e-8)
    np.testing.assert_allclose(
        adjust(P_VALUES, "by"), false_discovery_control(P_VALUES, method="by")
    )


def test_bonferroni_as_r_gives_it():
    np.testing.assert_allclose(adjust(P_VALUES, "bonferroni"), [1, 0.6, 0.0005, 0.15, 0.7])


TOST_A, TOST_B = [4, 7, 8, 6, 3, 2], [6, 8, 7, 10, 11, 9]


@pytest.mark.parametrize(
    ("paired", "bound", "p"),
    [(False, 1, 0.9643479), (True, 1, 0.9293826), (True, 2, 0.8286101)],
)
def test_two_one_sided_tests(paired, bound, p):
    seeds = range(6)
    result = compare(
        TOST_A, TOST_B, paired=paired, seeds_a=seeds, seeds_b=seeds, margin=bound, unit="units"
    )
    assert result.equivalence.p == pytest.approx(p, abs=5e-8)
    if not paired:
        assert result.test.df == pytest.approx(9.49, abs=0.005)


def test_power_of_the_two_sample_t_test():
    assert power(20, 1, 0.5, paired=False) == pytest.approx(0.337939, abs=5e-7)


def test_power_of_the_paired_t_test():
    # R names d of the differences; here it is the sd of a condition at correlation .5.
    assert power(20, 1, 0.5, paired=True, correlation=0.5) == pytest.approx(0.5645044, abs=5e-8)


@pytest.mark.parametrize(("paired", "n"), [(False, 63.76561), (True, 33.36713)])
def test_sample_size_for_eighty_percent_power(paired, n):
    correlation = 0.5 if paired else 0.0

    def short_of(seeds):
        return power(seeds, 1, 0.5, paired=paired, correlation=correlation) - 0.8

    assert brentq(short_of, 2, 200) == pytest.approx(n, abs=5e-6)


def test_cohens_d_and_cliffs_delta():
    x, y = [1, 2, 3, 4], [3, 4, 5, 6, 7]
    assert cohens_d(x, y) == pytest.approx(-1.707825, abs=5e-7)
    assert cliffs_delta(x, y) == pytest.approx(-0.8)


# The example in SciPy's documentation of ttest_ind_from_stats.
SCIPY_A = [1, 3, 4, 6, 11, 13, 15, 19, 22, 24, 25, 26, 26]
SCIPY_B = [2, 4, 6, 9, 11, 13, 14, 15, 18, 19, 21]


def test_scipys_documented_example():
    pooled = ttest_ind(SCIPY_A, SCIPY_B)
    assert pooled.statistic == pytest.approx(0.905135809331027)
    assert pooled.pvalue == pytest.approx(0.3751996797581486)
    assert cohens_d(SCIPY_A, SCIPY_B) == pytest.approx(pooled.statistic * np.sqrt(1 / 13 + 1 / 11))

    welch = compare(SCIPY_A, SCIPY_B, paired=False, unit="units")
    expected = ttest_ind_from_stats(15, 87.5**0.5, 13, 12, 39**0.5, 11, equal_var=False)
    assert welch.test.statistic == pytest.approx(expected.statistic)
    assert welch.test.p == pytest.approx(expected.pvalue)
    assert welch.difference.points == pytest.approx(3)


def test_welch_by_hand():
    # (15 - 12) / sqrt(87.5/13 + 39/11), and Welch-Satterthwaite's degrees of freedom.
    result = t_test(SCIPY_A, SCIPY_B, paired=False)
    x, y = 87.5 / 13, 39 / 11
    assert result.standard_error == pytest.approx(np.sqrt(x + y))
    assert result.df == pytest.approx((x + y) ** 2 / (x**2 / 12 + y**2 / 10))


def test_autorank_readme_example():
    rng = np.random.RandomState(42)  # the README's generator
    populations = [rng.normal(mean, 0.3, 50).clip(0, 1) for mean in (0.2, 0.3, 0.5, 0.8, 0.85, 0.9)]
    result = friedman(np.column_stack(populations))
    assert result.p_chi_square == pytest.approx(2.3412212612e-28, rel=1e-10)
    assert [round(rank, 2) for rank in result.mean_ranks] == [5.40, 4.71, 3.95, 2.47, 2.29, 2.18]
