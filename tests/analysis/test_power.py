import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.power import (
    explain_plan,
    plan,
    plan_from_pilot,
    power,
    sd_interval_factors,
    sd_of_differences,
    seeds_needed,
    seeds_to_reach,
    smallest_p,
    upper_sd_factor,
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


def test_a_pilots_deviation_is_uncertain():
    assert round(upper_sd_factor(4), 2) == 1.56
    assert round(upper_sd_factor(9), 2) == 1.29
    assert tuple(round(factor, 2) for factor in sd_interval_factors(4)) == (0.60, 2.87)


def test_the_upper_bound_covers_the_truth_in_eighty_percent():
    rng = np.random.default_rng(11)
    sd = rng.normal(size=(20_000, 5)).std(axis=1, ddof=1)
    assert np.mean(sd * upper_sd_factor(4) >= 1) == pytest.approx(0.8, abs=0.01)


def test_a_plan_prints_both_numbers():
    result = plan(1, 1, paired=True, correlation=0.5, pilot_seeds=5)
    assert (result.seeds, result.seeds_upper) == (10, 22)
    assert result.seeds_upper == seeds_needed(upper_sd_factor(4), 1, paired=True, correlation=0.5)
    text = explain_plan(result)
    assert "10 pairs of seeds find a difference of 1.00 points" in text
    assert "0.60 to 2.87 times" in text
    assert "1.56 times: 22 pairs" in text
    assert "uncertain" not in explain_plan(plan(1, 1, paired=False))


def test_a_plan_of_pairs_uses_the_pilots_differences():
    a, b = np.array([80.0, 82, 81, 84, 83]), np.array([79.0, 80.5, 80, 83.5, 81])
    result = plan_from_pilot(a, b, 1, paired=True)
    assert result.sd_difference == pytest.approx((a - b).std(ddof=1))
    assert result.truth_high == pytest.approx(2.87, abs=0.005)
    unpaired = plan_from_pilot(a, b, 1, paired=False)
    assert unpaired.sd == pytest.approx(math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2))
    assert unpaired.upper_factor == pytest.approx(upper_sd_factor(8))
    assert unpaired.seeds > result.seeds


def test_no_post_hoc_power_the_observed_difference_changes_no_plan():
    rng = np.random.default_rng(5)
    a, b = rng.normal(80, 1, (2, 6))
    for paired in (True, False):
        near, far = (plan_from_pilot(a, b + shift, 1, paired=paired) for shift in (0, 10))
        assert (near.seeds, near.seeds_upper) == (far.seeds, far.seeds_upper)


def test_floors_of_the_exact_tests():
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
        (lambda: plan(1, 1, paired=False, pilot_seeds=1), "at least 2 seeds"),
        (lambda: plan_from_pilot([1], [2], 1, paired=True), "at least 2"),
        (lambda: plan_from_pilot([1, 2], [1, 2, 3], 1, paired=True), "for every seed"),
        (lambda: plan_from_pilot([1, 2, 3], [2, 3, 4], 1, paired=True), "without variation"),
        (lambda: plan_from_pilot([1, np.nan, 3], [2, 3, 4], 1, paired=True), "finite"),
    ],
)
def test_impossible_plans_are_refused_in_one_line(call, said):
    with pytest.raises(ValueError, match=said) as error:
        call()
    assert "\n" not in str(error.value)
