import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.significance import t_test, tost
from analysis.statistics.statistical_power import (
    equivalence_power,
    power,
    sd_of_differences,
    seeds_for_half_width,
    seeds_for_margin,
    seeds_needed,
    seeds_to_reach,
    smallest_p,
)

PROPERTY = settings(deadline=None, derandomize=True, max_examples=60)


@pytest.mark.parametrize(
    ("sd", "unpaired", "at_5", "at_8"),
    [
        (0.3, 3, 3, 3), (0.5, 6, 5, 4), (0.8, 12, 8, 5), (1, 17, 10, 6),
        (1.5, 37, 20, 10), (2, 64, 34, 15), (3, 143, 73, 31),
    ],
)  # fmt: skip
def test_the_table_of_seeds_needed_for_one_point(sd, unpaired, at_5, at_8):
    assert seeds_needed(sd, 1, paired=False) == unpaired
    assert seeds_needed(sd, 1, paired=True, correlation=0.5) == at_5
    assert seeds_needed(sd, 1, paired=True, correlation=0.8) == at_8


def test_never_fewer_than_three_seeds():
    assert seeds_needed(0.001, 1, paired=True, correlation=0.9) == 3


@PROPERTY
@given(st.floats(0.05, 5), st.floats(0.1, 3), st.floats(0, 0.9), st.floats(0.5, 0.95))
def test_one_seed_fewer_would_not_do(sd, difference, correlation, target):
    n = seeds_needed(sd, difference, paired=True, correlation=correlation, power=target)
    options = {"paired": True, "correlation": correlation}
    assert power(n, sd, difference, **options) >= target
    assert n == 3 or power(n - 1, sd, difference, **options) < target


def test_power_agrees_with_statsmodels():
    from statsmodels.stats.power import TTestIndPower, TTestPower

    for n, d in [(5, 0.3), (10, 0.8), (40, 0.5), (100, 1.0)]:
        expected = TTestIndPower().power(d, n, 0.05)
        assert power(n, 1, d, paired=False) == pytest.approx(expected, rel=1e-6)
        expected = TTestPower().power(d, n, 0.05)
        assert power(n, 1, d, paired=True, correlation=0.5) == pytest.approx(expected, rel=1e-6)


def test_power_is_a_number_in_the_far_tail():
    for n in (3, 30, 3000):
        for sd in (1e-4, 1e-2, 1, 100):
            assert 0.05 <= power(n, sd, 1, paired=False) <= 1


def test_power_without_a_difference_is_alpha_in_both_tails():
    assert power(10, 1, 1e-12, paired=False, alpha=0.01) == pytest.approx(0.01)


def test_pairs_are_planned_with_the_deviation_of_their_differences_not_with_d_av():
    assert sd_of_differences(2, 0.5) == pytest.approx(2)
    assert sd_of_differences(1, 0.8) == pytest.approx(math.sqrt(0.4))
    # d_av would be 1 / sd whatever the correlation, and 10 pairs would do for neither.
    uncorrelated = power(10, 1, 1, paired=True, correlation=0)
    correlated = power(10, 1, 1, paired=True, correlation=0.8)
    assert uncorrelated < 0.6 < 0.98 < correlated


def test_smallest_p_of_the_exact_tests():
    assert smallest_p(5, paired=True) == 0.0625
    assert smallest_p(4, paired=False) == pytest.approx(2 / 70)
    assert [seeds_to_reach(alpha, paired=True) for alpha in (0.05, 0.005)] == [6, 9]
    assert [seeds_to_reach(alpha, paired=False) for alpha in (0.05, 0.005)] == [4, 6]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: seeds_needed(1, 0, paired=False), "received difference=0"),
        (lambda: seeds_needed(0, 1, paired=False), "received sd=0"),
        (lambda: seeds_needed(-1, 1, paired=True), "received sd=-1"),
        (lambda: seeds_needed(1, 1, paired=True, correlation=1), "received correlation=1"),
        (lambda: seeds_needed(1, 1, paired=False, correlation=0.5), "declare paired=True"),
        (lambda: seeds_needed(1, 1, paired=False, power=80), "received power=80"),
        (lambda: seeds_needed(1, 1, paired=False, alpha=5), "received power"),
        (lambda: power(10, 1, 1, paired=False, alpha=5), "write .05"),
        (lambda: power(1, 1, 1, paired=False), "one seed has no spread"),
        (lambda: seeds_needed(1, 1e-6, paired=False), "name a larger difference"),
    ],
)
def test_impossible_questions_are_refused_in_one_line(call, said):
    with pytest.raises(ValueError, match=said) as error:
        call()
    assert "\n" not in str(error.value)


def test_the_power_of_an_equivalence_test_is_power_tosts():
    """R: PowerTOST::power.TOST(CV = .3, theta0 = .95, n = 40), a 2 x 2 crossover on logarithms."""
    variance = math.log(1 + 0.3**2)
    found = equivalence_power(
        math.log(1.25), math.sqrt(2 * variance / 40), 38, difference=math.log(0.95)
    )
    assert found == pytest.approx(0.8158, abs=2e-4)


@pytest.mark.parametrize("paired", [True, False])
def test_seeds_for_a_margin_have_the_power_that_was_asked_for(paired):
    n = seeds_for_margin(1.0, 1.0, paired=paired, correlation=0.5 * paired)
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(4000, n)) * math.sqrt(0.5 * paired)
    a, b = (shared + rng.normal(size=(4000, n)) * math.sqrt(1 - 0.5 * paired) for _ in range(2))
    shown = tost(t_test(a, b, paired=paired), 1.0)[0] <= 0.05
    assert 0.78 <= shown.mean() <= 0.86


def test_seeds_for_a_half_width():
    n = seeds_for_half_width(1.0, 0.5, paired=True, correlation=0.5)
    half = [stats.t.isf(0.025, k - 1) / math.sqrt(k) for k in (n, n - 1)]
    assert half[0] <= 0.5 < half[1]
