import math

import numpy as np
import pytest

from analysis.statistics.planning import (
    explain_plan,
    plan,
    plan_from_pilot,
    sd_interval_factors,
    upper_sd_factor,
)
from analysis.statistics.statistical_power import (
    seeds_for_half_width,
    seeds_for_margin,
    seeds_needed,
)


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


@pytest.mark.parametrize(
    ("goal", "function"), [("half-width", seeds_for_half_width), ("margin", seeds_for_margin)]
)
def test_a_plan_needs_the_seeds_of_its_goal_at_the_level_of_one_of_its_comparisons(goal, function):
    result = plan(1, 0.6, paired=False, goal=goal, comparisons=5)
    assert result.seeds == function(1, 0.6, paired=False, alpha=0.01)
    assert result.seeds != plan(1, 0.6, paired=False, comparisons=5).seeds


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


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: plan(1, 1, paired=False, pilot_seeds=1), "at least 2 seeds"),
        (lambda: plan(1, 1, paired=False, goal="margin", power=80), "received power=80"),
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


def test_the_correlation_may_be_given_and_the_pilots_degrees_of_freedom_stay():
    rng = np.random.default_rng(2)
    a, b = rng.normal(80, 1, 5), rng.normal(80, 1, 8)
    own = plan_from_pilot(a, b, 1, paired=False)
    assert plan_from_pilot(a, b, 1, paired=False, correlation=0.0) == own
    assert own.upper_factor == pytest.approx(upper_sd_factor(11))
    assert "The sd comes from 13 runs of two conditions" in explain_plan(own)
    paired = plan_from_pilot(a, b[:5], 1, paired=True, correlation=0.5)
    assert (paired.correlation, paired.upper_factor) == (0.5, pytest.approx(upper_sd_factor(4)))
