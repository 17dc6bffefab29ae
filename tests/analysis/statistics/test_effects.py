import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.effects import (
    LARGEST_T,
    cliffs_delta,
    cohens_d,
    d_z,
    hedges_g,
    standardised_interval,
    superiority_interval,
    unbiased,
)
from analysis.statistics.result import explain
from tests.analysis.conftest import PROPERTY, SMALL, pairs


def test_effect_sizes_are_named_and_signed():
    a, b = [0.80, 0.82, 0.83, 0.80], [0.79, 0.82, 0.80, 0.81]
    paired, unpaired = pairs(a, b), compare(a, b, paired=False)
    d = np.array(a) - b
    assert paired.effects.name == "d_z"
    assert paired.effects.value == pytest.approx(unbiased(d.size - 1) * d.mean() / d.std(ddof=1))
    assert unpaired.effects.name == "g"
    assert unpaired.effects.value == pytest.approx(hedges_g(a, b))
    # 2 of 4 pairs are higher and 1 is tied; of the 16 pairings 9 are higher and 4 are tied.
    assert paired.effects.p_superiority == pytest.approx(2.5 / 4)
    assert unpaired.effects.p_superiority == pytest.approx((9 + 3 / 2) / 16)
    assert paired.effects.cliffs_delta == unpaired.effects.cliffs_delta


@PROPERTY
@given(SMALL, SMALL)
def test_cliffs_delta_is_superiority_on_another_scale(a, b):
    higher, equal = np.greater.outer(a, b).mean(), np.equal.outer(a, b).mean()
    assert cliffs_delta(a, b) == pytest.approx(2 * (higher + equal / 2) - 1)


def test_hedges_factor_is_the_exact_one():
    # Gamma(2) / (sqrt(2) Gamma(3/2)) at 4 degrees of freedom; 1 - 3 / (4 df - 1) is near it.
    a, b = [1.0, 2.0, 3.0], [2.0, 3.0, 5.0]
    factor = hedges_g(a, b) / cohens_d(a, b)
    assert factor == pytest.approx(np.sqrt(2 / np.pi))
    assert factor == pytest.approx(1 - 3 / 15, abs=0.003)


def test_the_pairs_correlation_is_given():
    a, b = [0.80, 0.82, 0.83, 0.80], [0.79, 0.82, 0.80, 0.81]
    assert pairs(a, b).correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert compare(a, b, paired=False).correlation is None
    assert "pairs' correlation" in explain(pairs(a, b))


MANUAL = [21, 21, 22.8, 32.4, 30.4, 33.9, 27.3, 26, 30.4, 15.8, 19.7, 15, 21.4]
AUTOMATIC = [
    *(21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3),
    *(15.2, 10.4, 10.4, 14.7, 21.5, 15.5, 15.2, 13.3, 19.2),
]
SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)


def test_intervals_are_those_of_rs_effectsize():
    """As printed in effectsize's vignette "Standardized Differences" (mtcars; sleep, paired).

    Of Cohen's d: the ends of Hedges' g are multiplied there by what takes the bias out of g.
    """
    g = hedges_g(AUTOMATIC, MANUAL)
    low, high = standardised_interval(g, 19 * 13 / 32, 30)
    assert [round(each, 2) for each in (g / unbiased(30), low, high)] == [-1.48, -2.27, -0.67]
    corrected = [g, low * unbiased(30), high * unbiased(30)]
    assert [round(each, 2) for each in corrected] == [-1.44, -2.21, -0.65]
    d = d_z(*SLEEP)
    ends = standardised_interval(d, 10, 9)
    # In its reference page of cohens_d.
    assert [round(each, 2) for each in (d / unbiased(9), *ends)] == [-1.28, -2.12, -0.41]
    # And so they stand in a comparison, with the interval of the pairings.
    of_cars = compare(AUTOMATIC, MANUAL, paired=False, unit="miles").effects
    assert [of_cars.value, of_cars.ci_low, of_cars.ci_high] == pytest.approx([g, low, high])
    bounds = of_cars.superiority_low, of_cars.superiority_high
    assert bounds == superiority_interval(of_cars.p_superiority, 19, 13)
    of_sleep = pairs(*SLEEP, unit="hours").effects
    assert [of_sleep.value, of_sleep.ci_low, of_sleep.ci_high] == pytest.approx([d, *ends])


def test_the_interval_turns_with_its_effect_and_has_its_level():
    d = 1.3
    low, high = standardised_interval(d, 8, 7, level=0.9)
    assert standardised_interval(-d, 8, 7, level=0.9) == pytest.approx((-high, -low))
    t = d / unbiased(7) * np.sqrt(8)
    for end, tail in ((low, 0.95), (high, 0.05)):
        assert stats.nct.cdf(t, 7, end * np.sqrt(8)) == pytest.approx(tail, abs=1e-6)


@pytest.mark.parametrize(("n", "effect"), [(3, 1.0), (3, 4.0), (10, 2.0)])
def test_the_interval_covers_the_effect_of_the_population_as_often_as_it_says(n, effect):
    differences = np.random.default_rng(0).normal(effect, 1, (1000, n))
    ends = [standardised_interval(d_z(each, 0 * each), n, n - 1) for each in differences]
    covered = np.mean([low <= effect <= high for low, high in ends])
    assert covered == pytest.approx(0.95, abs=0.03)  # 4 standard errors


def test_values_that_hardly_vary_have_an_effect_without_an_interval():
    # Near the limit the mean counts as known: t is its noncentrality over chi / sqrt(df).
    d = 0.99 * LARGEST_T * unbiased(9) / np.sqrt(10)
    for end, tail in zip(standardised_interval(d, 10, 9), (0.025, 0.975), strict=True):
        assert end == pytest.approx(
            d / unbiased(9) * np.sqrt(stats.chi2.ppf(tail, 9) / 9), rel=2e-3
        )
    found = pairs([1e6, 1e6 + 1, 1e6 - 1, 1e6 + 1], [0.0] * 4, unit="steps")
    assert found.effects.value > 1e5
    assert (found.effects.ci_low, found.effects.ci_high) == (None, None)
    assert "d_z" in explain(found)
    assert "(unbiased)" not in explain(found)


def test_the_probability_of_superiority_says_what_it_is_made_of():
    text = explain(pairs([0.8, 0.82, 0.83, *[0.7] * 5], [0.79, 0.8, 0.83, *[0.7] * 5]))
    assert "0.62 (2 higher, 6 equal, 0 lower), 95 % interval 0.31 to 0.86" in text
    assert "Cliff's delta" in text
    assert "(ignores the pairs)" in text
    unpaired = explain(compare([0.8, 0.81, 0.82], [0.7, 0.71, 0.72], paired=False))
    assert "1.00 (9 higher, 0 equal, 0 lower of all pairings of runs), 95 % interval 0." in unpaired


@pytest.mark.parametrize(("rate", "n", "m"), [(0.5, 5, 5), (0.7, 20, 15), (1.0, 10, 8)])
def test_superiority_of_independent_runs_has_newcombes_interval(rate, n, m):
    z, each = stats.norm.ppf(0.95), (n + m) / 2  # in the place of n and of m
    low, high = superiority_interval(rate, n, m, level=0.9)
    for end in (low, high) if rate < 1 else (low,):
        # Hanley and McNeil's (1982) variance.
        q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
        of_pairings = (each - 1) * (q1 - end**2) + (each - 1) * (q2 - end**2)
        variance = (end * (1 - end) + of_pairings) / (n * m)
        assert abs(rate - end) == pytest.approx(z * np.sqrt(variance))
    assert low < rate <= high
    assert superiority_interval(1 - rate, n, m, level=0.9) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("n", "m", "shift"), [(10, 10, 0.5), (20, 15, 1.0)])
def test_superiority_of_independent_runs_is_covered(n, m, shift):
    rng, truth = np.random.default_rng(n), stats.norm.cdf(shift / np.sqrt(2))
    covered = []
    for _ in range(300):
        rate = np.greater.outer(rng.normal(shift, 1, n), rng.normal(0, 1, m)).mean()
        low, high = superiority_interval(rate, n, m)
        covered.append(low <= truth <= high)
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)
