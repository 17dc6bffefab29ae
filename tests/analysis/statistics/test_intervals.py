import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.intervals import (
    binomial_standard_error,
    describe,
    mean_and_sd,
    median_interval,
    percentiles,
    prediction_interval,
    quantile_interval,
    t_interval,
    wilson_interval,
)

VALUES = [0.769, 0.814, 0.795, 0.801, 0.788, 0.779, 0.809, 0.767]
some_values = st.lists(st.floats(-1, 1), min_size=2, max_size=40)


def test_the_t_interval_is_scipys() -> None:
    expected = scipy.stats.ttest_1samp(VALUES, 0).confidence_interval(0.95)
    assert t_interval(VALUES) == pytest.approx(tuple(expected))


def test_the_t_interval_of_a_known_sample() -> None:
    half = 2.7764451 * math.sqrt(2.5 / 5)
    assert t_interval([1, 2, 3, 4, 5]) == pytest.approx((3 - half, 3 + half))


def test_one_seed_has_no_interval() -> None:
    assert all(math.isnan(end) for end in t_interval([0.8]))
    assert all(math.isnan(end) for end in prediction_interval([0.8]))
    assert math.isnan(mean_and_sd([0.8])[1])


def test_equal_values_have_no_spread_whatever_float_noise_says() -> None:
    assert np.std([0.1] * 6, ddof=1) > 0  # the noise that must not count
    assert mean_and_sd([0.1] * 6) == (pytest.approx(0.1), 0.0)


def test_percentiles_interpolate_linearly() -> None:
    assert percentiles([4, 1, 2, 3]) == (1.75, 2.5, 3.25)


@given(some_values)
def test_percentiles_are_numpys_type_7(values: list[float]) -> None:
    assert percentiles(values) == pytest.approx(tuple(np.quantile(values, [0.25, 0.5, 0.75])))


def test_the_median_needs_six_seeds_and_a_quartile_thirteen() -> None:
    x = np.arange(20.0)
    assert all(math.isnan(end) for end in median_interval(x[:5]))
    assert median_interval(x[:6]) == (0, 5)
    for q in (0.25, 0.75):
        assert all(math.isnan(end) for end in quantile_interval(x[:12], q))
        assert not any(math.isnan(end) for end in quantile_interval(x[:13], q))


@pytest.mark.parametrize("n", [6, 7, 10, 13, 20, 31, 50])
@pytest.mark.parametrize("q", [0.25, 0.5, 0.75])
def test_quantile_intervals_are_scipys(n: int, q: float) -> None:
    x = np.random.default_rng(n).normal(size=n)
    expected = tuple(scipy.stats.quantile_test(x, p=q).confidence_interval(0.95))
    if not np.isnan(expected).any():
        assert quantile_interval(x, q) == expected
    else:
        assert all(math.isnan(end) for end in quantile_interval(x, q))


@given(st.integers(6, 60), st.sampled_from([0.3, 0.5, 0.6]))
def test_a_quantile_interval_leaves_at_most_its_tails_outside(n: int, q: float) -> None:
    low, high = quantile_interval(np.arange(1.0, n + 1), q)
    if not math.isnan(low):
        below = scipy.stats.binom.cdf(low - 1, n, q)
        above = scipy.stats.binom.sf(high - 1, n, q)
        assert below <= 0.025 + 1e-12
        assert above <= 0.025 + 1e-12


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 10), (5, 10), (10, 10), (3, 200)])
def test_the_wilson_interval_is_scipys(k: int, n: int) -> None:
    expected = scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
    assert wilson_interval(k, n) == pytest.approx(tuple(expected), abs=1e-12)


def test_the_wilson_interval_of_none_and_of_all_ends_at_0_and_1() -> None:
    for n in range(1, 50):
        assert (wilson_interval(0, n)[0], wilson_interval(n, n)[1]) == (0, 1)


def test_the_test_set_has_its_own_error() -> None:
    assert 100 * binomial_standard_error(0.98, 10_000) == pytest.approx(0.14)
    assert 100 * binomial_standard_error(0.90, 1_000) == pytest.approx(0.95, abs=0.005)
    assert binomial_standard_error(0.5, 1) == 0.5


def test_the_prediction_interval_by_hand() -> None:
    t, sd = scipy.stats.t.ppf(0.975, 7), np.std(VALUES, ddof=1)
    half = t * sd * math.sqrt(1 / 8 + 1)
    mean = np.mean(VALUES)
    assert prediction_interval(VALUES) == pytest.approx((mean - half, mean + half))
    half = t * sd * math.sqrt(1 / 8 + 1 / 10)
    assert prediction_interval(VALUES, runs=10) == pytest.approx((mean - half, mean + half))


@given(some_values, st.floats(-10, 10), st.floats(0.1, 10))
def test_intervals_move_and_stretch_with_their_values(
    values: list[float], shift: float, scale: float
) -> None:
    moved = [shift + scale * each for each in values]
    for interval in (t_interval, prediction_interval):
        expected = [shift + scale * end for end in interval(values)]
        assert interval(moved) == pytest.approx(expected, abs=1e-9)
        low, high = interval(values)
        assert low <= np.mean(values) + 1e-9
        assert high >= np.mean(values) - 1e-9


def test_intervals_cover_what_they_promise() -> None:
    # Bands of 5,000 simulations at 99.9 %.
    draws = np.random.default_rng(0).normal(0.8, 0.01, size=(5000, 6))
    means = [t_interval(each[:5]) for each in draws]
    assert 0.940 < np.mean([low < 0.8 < high for low, high in means]) < 0.960
    singles = [prediction_interval(each[:5]) for each in draws]
    inside = [low < new < high for (low, high), new in zip(singles, draws[:, 5], strict=True)]
    assert 0.940 < np.mean(inside) < 0.960


def test_a_description_leaves_out_seeds_that_lack_the_figure_and_says_so() -> None:
    described = describe([0.2, np.nan, 0.4])
    names = ["n", "mean", "sd", "ci_low", "ci_high", "p25", "p50", "p75", "min", "max"]
    assert list(described) == names
    assert described["n"] == 2
    assert described["mean"] == pytest.approx(0.3)


def test_a_description_of_an_infinite_score_has_no_spread_and_no_warning() -> None:
    found = describe([1.0, 1.0, 1.0, math.inf])
    assert (found["n"], found["mean"], found["p50"], found["max"]) == (4, math.inf, 1, math.inf)
    assert math.isnan(found["sd"])
    assert math.isnan(found["ci_low"])


def test_a_description_of_nothing_has_n_zero() -> None:
    described = describe([])
    assert described.pop("n") == 0
    assert all(math.isnan(value) for value in described.values())


@pytest.mark.parametrize("values", [[], [[0.1, 0.2]], [0.1, math.nan]])
def test_values_that_are_not_one_number_per_seed_are_refused(values) -> None:
    for interval in (t_interval, prediction_interval, percentiles, median_interval):
        with pytest.raises(ValueError, match="expected one number per seed"):
            interval(values)


def test_wrong_arguments_are_refused_in_one_line() -> None:
    for call, message in (
        (lambda: t_interval(VALUES, level=95), "received level=95; expected a fraction"),
        (lambda: quantile_interval(VALUES, 25), "received q=25; expected a fraction"),
        (lambda: prediction_interval(VALUES, runs=0), "received runs=0; expected 1 or more"),
        (lambda: wilson_interval(3, 2), "received k=3 of n=2"),
        (lambda: binomial_standard_error(98, 10), "received accuracy=98"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_figures_of_a_small_unit_vary_like_any_other():
    pico = np.array([0.84, 1.41, 1.0, 1.2]) * 1e-13
    mean, sd = mean_and_sd(pico)
    assert (mean, sd) == pytest.approx((pico.mean(), pico.std(ddof=1)))
    assert mean_and_sd([0.1 + 0.2 - 0.3, 0.0])[1] == 0
