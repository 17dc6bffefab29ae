"""Do the procedures keep what they promise? Simulated, with fixed seeds.

The bands are for 5,000 simulations at 99.9 %: size .040 to .060, coverage .940 to .960, power .781
to .818. One-sided promises (exact tests, families) may fall short of alpha and may not exceed it by
more than three standard errors.
"""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from analysis.statistics.comparison import compare
from analysis.statistics.corrections import adjust
from analysis.statistics.significance import mann_whitney_test, sign_flip_test, t_test, tost
from analysis.statistics.statistical_power import power

SIMULATIONS = 5_000
SIZE = (0.040, 0.060)
COVERAGE = (0.940, 0.960)
POWER = (0.781, 0.818)
CEILING = 0.05 + 3 * math.sqrt(0.05 * 0.95 / SIMULATIONS)


def normal_pairs(seed, n, *, correlation=0.5, sd=1.0, shift=0.0, shape=()):
    """Two correlated normal samples, [simulations, *shape, n] each; A is `shift` higher."""
    rng = np.random.default_rng(seed)
    size = (SIMULATIONS, *shape, n)
    shared = math.sqrt(correlation) * rng.normal(size=size)
    own = math.sqrt(1 - correlation)
    a, b = (sd * (shared + own * rng.normal(size=size)) for _ in range(2))
    return a + shift, b


def fraction(decisions):
    return float(np.mean(decisions))


def inside(band, decisions):
    return band[0] <= fraction(decisions) <= band[1]


def test_the_vectorised_test_is_what_compare_uses():
    a, b = normal_pairs(1, 10, sd=0.01)
    a, b = 0.8 + a[:30], 0.8 + b[:30]
    for paired in (True, False):
        table = t_test(a, b, paired=paired)
        p, low, high = tost(table, 0.005)
        for i in range(30):
            one = compare(
                a[i], b[i], paired=paired, seeds_a=range(10), seeds_b=range(10), margin=0.5
            )
            assert one.test.p == pytest.approx(table.p[i], rel=1e-6)
            assert one.difference.ci_low == pytest.approx(100 * table.ci_low[i], abs=1e-8)
            assert one.equivalence.p == pytest.approx(p[i], abs=1e-8)
            assert one.equivalence.ci_low == pytest.approx(100 * low[i], abs=1e-8)
            assert one.equivalence.ci_high == pytest.approx(100 * high[i], abs=1e-8)


# Size, coverage, power


@pytest.mark.parametrize("n", [3, 5, 10, 30])
def test_size_and_coverage_of_the_paired_t_test(n):
    test = t_test(*normal_pairs(n, n, shift=0.7), paired=True)
    assert inside(COVERAGE, (test.ci_low <= 0.7) & (test.ci_high >= 0.7))
    assert inside(SIZE, t_test(*normal_pairs(100 + n, n), paired=True).p <= 0.05)


@pytest.mark.parametrize(("n", "m", "sd"), [(10, 10, 1), (10, 10, 3), (10, 20, 3), (20, 10, 3)])
def test_size_and_coverage_of_welch(n, m, sd):
    rng = np.random.default_rng(n + m + sd)
    a, b = rng.normal(0.7, 1, (SIMULATIONS, n)), rng.normal(0, sd, (SIMULATIONS, m))
    test = t_test(a, b, paired=False)
    assert inside(COVERAGE, (test.ci_low <= 0.7) & (test.ci_high >= 0.7))
    assert inside(SIZE, t_test(a - 0.7, b, paired=False).p <= 0.05)


def test_five_seeds_with_unequal_deviations_need_welch_not_student():
    # Student's true size here is .067, near the .065 asked for: more simulations to tell.
    rng = np.random.default_rng(7)
    a, b = rng.normal(0, 1, (200_000, 5)), rng.normal(0, 3, (200_000, 5))
    assert fraction(t_test(a[:SIMULATIONS], b[:SIMULATIONS], paired=False).p <= 0.05) < 0.065
    assert fraction(t_test(a, b, paired=False).p <= 0.05) < 0.065
    assert fraction(stats.ttest_ind(a, b, axis=-1).pvalue <= 0.05) > 0.065


@pytest.mark.parametrize("paired", [True, False])
def test_planned_power_is_reached(paired):
    # The difference at which 12 seeds have a power of exactly .8.
    options = {"paired": paired, "correlation": 0.5 if paired else 0.0}
    shift = brentq(lambda d: power(12, 1, d, **options) - 0.8, 0.1, 5)
    a, b = normal_pairs(21, 12, correlation=options["correlation"], shift=shift)
    assert inside(POWER, t_test(a, b, paired=paired).p <= 0.05)


@pytest.mark.parametrize("paired", [True, False])
def test_p_is_uniform_under_the_null(paired):
    p = t_test(*normal_pairs(31, 12, correlation=0.5 * paired), paired=paired).p
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_welch_after_every_added_seed_is_not_a_five_percent_test():
    # Why a report says so when there are more seeds than planned.
    a, b = normal_pairs(41, 20, correlation=0)
    looks = [t_test(a[:, :n], b[:, :n], paired=False).p <= 0.05 for n in range(5, 21)]
    assert fraction(np.any(looks, axis=0)) == pytest.approx(0.18, abs=0.02)


# Exact tests


def integer_pairs(seed, n, spread):
    """Exchangeable pairs of counts, ties included, [simulations, n] each."""
    rng = np.random.default_rng(seed)
    shared = rng.integers(0, 50, (SIMULATIONS, n))
    return (shared + rng.integers(0, spread, (SIMULATIONS, n)) for _ in range(2))


@pytest.mark.parametrize("spread", [4, 60])
@pytest.mark.parametrize("n", [6, 9])
def test_the_sign_flip_test_keeps_its_level_and_its_smallest_p(n, spread):
    a, b = integer_pairs(n, n, spread)
    results = [sign_flip_test(d) for d in a - b]
    assert fraction([r.p <= 0.05 for r in results]) <= CEILING
    assert all(r.p_smallest <= r.p <= 1 for r in results)


@pytest.mark.parametrize(
    ("spread", "simulations"),
    [(4, 1000), *(pytest.param(k, SIMULATIONS, marks=pytest.mark.slow) for k in (4, 10_000))],
)
def test_the_mann_whitney_test_keeps_its_level_and_its_smallest_p(spread, simulations):
    a, b = np.random.default_rng(spread).integers(0, spread, (2, simulations, 6))
    results = [mann_whitney_test(x, y) for x, y in zip(a, b, strict=True)]
    ceiling = 0.05 + 3 * math.sqrt(0.05 * 0.95 / simulations)
    assert fraction([r.p <= 0.05 for r in results]) <= ceiling
    assert all(r.p_smallest <= r.p <= 1 for r in results)
    assert all(r.p_smallest >= 2 / math.comb(12, 6) - 1e-12 for r in results)


def test_mcnemars_test_keeps_its_level():
    rng = np.random.default_rng(51)
    failed = rng.random((2, SIMULATIONS, 20)) < 0.3
    only_a, only_b = ((failed[i] & ~failed[1 - i]).sum(axis=1) for i in range(2))

    def p_of(k, m):
        a, b = np.full(20, 0.8), np.full(20, 0.7)
        a[:k], b[k : k + m] = np.nan, np.nan
        return compare(
            a, b, paired=True, seeds_a=range(20), seeds_b=range(20)
        ).failures.test.p or 1.0  # fmt: skip

    p = {pair: p_of(*pair) for pair in set(zip(only_a.tolist(), only_b.tolist(), strict=True))}
    decisions = [p[pair] <= 0.05 for pair in zip(only_a.tolist(), only_b.tolist(), strict=True)]
    assert fraction(decisions) <= CEILING


def test_wilsons_interval_covers():
    # Exactly, over all counts: its average over rates is what it promises.
    intervals = [stats.binomtest(k, 20).proportion_ci(method="wilson") for k in range(21)]
    rates = np.linspace(0.05, 0.95, 181)
    covered = sum(
        stats.binom.pmf(k, 20, rates) * ((ci.low <= rates) & (rates <= ci.high))
        for k, ci in enumerate(intervals)
    )
    assert 0.94 <= covered.mean() <= 0.96


# Families and equivalence


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_holm_keeps_the_family_wise_error_over_ten_null_classes(correlation):
    a, b = normal_pairs(61, 10, correlation=0, shape=(10,))
    rng = np.random.default_rng(62)
    # What a seed does to one class it does to the others: correlated differences.
    common = math.sqrt(2) * rng.normal(size=(SIMULATIONS, 1, 10))
    a = math.sqrt(1 - correlation) * a + math.sqrt(correlation) * common
    b = math.sqrt(1 - correlation) * b
    adjusted = adjust(t_test(a, b, paired=True).p, "holm")
    error = fraction((adjusted <= 0.05).any(axis=1))
    assert error <= CEILING
    if correlation == 0:
        assert error >= SIZE[0]


def test_benjamini_hochberg_keeps_the_false_discovery_rate():
    a, b = normal_pairs(71, 10, shape=(10,))
    a[:, :3] += 1.5  # three classes truly differ
    found = adjust(t_test(a, b, paired=True).p, "bh") <= 0.05
    false = found[:, 3:].sum(axis=1) / np.maximum(1, found.sum(axis=1))
    assert false.mean() <= 0.05


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(("n", "margin"), [(10, 2.0), (10, 0.5)])
def test_equivalence_is_claimed_at_the_margin_no_more_than_alpha_allows(paired, n, margin):
    a, b = normal_pairs(81, n, correlation=0.5 * paired, shift=margin)
    p = tost(t_test(a, b, paired=paired), margin)[0]
    assert fraction(p <= 0.05) <= CEILING


# Invariance


def test_the_tests_do_not_depend_on_order_names_origin_or_unit():
    a, b = normal_pairs(91, 8)
    order = np.random.default_rng(92).permutation(8)
    for paired in (True, False):
        plain = t_test(a, b, paired=paired)
        swapped = t_test(b, a, paired=paired)
        np.testing.assert_allclose(swapped.p, plain.p)
        np.testing.assert_allclose(swapped.statistic, -plain.statistic)
        np.testing.assert_allclose(swapped.ci_low, -plain.ci_high, atol=1e-12)
        shuffled = t_test(a[:, order], b[:, order], paired=paired)
        np.testing.assert_allclose(shuffled.p, plain.p, rtol=1e-9)
        moved = t_test(3 * a + 5, 3 * b + 5, paired=paired)
        np.testing.assert_allclose(moved.p, plain.p, rtol=1e-9)
        np.testing.assert_allclose(moved.ci_low, 3 * plain.ci_low, atol=1e-9)


def test_exact_tests_do_not_depend_on_order_names_or_unit():
    for a, b in itertools.islice(zip(*integer_pairs(93, 8, 12), strict=True), 200):
        one, other = sign_flip_test(a - b), sign_flip_test(7 * (b - a)[::-1])
        assert one.p == pytest.approx(other.p, rel=1e-12)
        one, other = mann_whitney_test(a, b), mann_whitney_test(7 * b[::-1] + 3, 7 * a + 3)
        assert one.p == pytest.approx(other.p, rel=1e-12)
