import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import significance
from analysis.statistics.significance import mann_whitney_test, sign_flip_test, t_test, tost
from tests.analysis.conftest import PROPERTY, SMALL, pairs


def test_t_test_works_along_the_last_axis():
    x, y = np.random.default_rng(1).normal(size=(2, 7, 5))
    for paired in (True, False):
        table = t_test(x, y, paired=paired)
        rows = [t_test(x[i], y[i], paired=paired) for i in range(7)]
        np.testing.assert_allclose(table.p, [row.p for row in rows])
        np.testing.assert_allclose(table.difference, x.mean(-1) - y.mean(-1), atol=1e-12)
        np.testing.assert_allclose(tost(table, 1.0)[0], [tost(row, 1.0)[0] for row in rows])


@pytest.mark.parametrize("paired", [True, False])
def test_the_t_tests_are_scipys(paired):
    x, y = np.random.default_rng(2).normal(size=(2, 50, 6))
    if paired:
        theirs = stats.ttest_rel(x, y, axis=1)
    else:
        y = y[:, :4]
        theirs = stats.ttest_ind(x, y, axis=1, equal_var=False)
    low, high = theirs.confidence_interval(0.9)
    ours = t_test(x, y, paired=paired, level=0.9)
    expected = (theirs.statistic, theirs.df, theirs.pvalue, low, high)
    found = (ours.statistic, ours.df, ours.p, ours.ci_low, ours.ci_high)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def _sign_flip_by_hand(d):
    sums = [abs(np.dot(signs, d)) for signs in itertools.product((-1, 1), repeat=len(d))]
    return np.mean(np.array(sums) >= abs(sum(d)))


@PROPERTY
@given(st.lists(st.integers(-30, 30), min_size=1, max_size=9))
def test_sign_flip_is_the_enumeration(d):
    result = sign_flip_test(np.array(d))
    assert result.p == pytest.approx(_sign_flip_by_hand(d))
    zeros = d.count(0)
    assert result.p_smallest == (1.0 if zeros == len(d) else 2 / 2 ** (len(d) - zeros))


@PROPERTY
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=9))
def test_sign_flip_of_numbers_too_large_for_a_convolution(d):
    assert sign_flip_test(np.array(d)).p == pytest.approx(_sign_flip_by_hand(d))


@pytest.mark.parametrize("scale", [1, 1 / 7, math.pi / 100])
def test_sums_that_are_equal_on_paper_are_ties(scale):
    # SciPy's permutation test on these differences rounded to 1e-12 gives .484375 for 1/7.
    counts = np.array([-19, 23, -16, -23, 14, -18, 2])
    result = pairs(scale * counts, np.zeros(7), unit="nats")
    assert result.exact.p == _sign_flip_by_hand(counts) == 0.5


@pytest.mark.parametrize("n", [16, 17, 20])
def test_joined_halves_agree_with_the_convolution(n, monkeypatch):
    d = np.random.default_rng(n).integers(-20, 35, n)
    expected = sign_flip_test(d)
    monkeypatch.setattr(significance, "CONVOLUTION_STEPS", 0)
    assert sign_flip_test(d).p == pytest.approx(expected.p, rel=1e-12)


def test_sign_flip_agrees_with_scipys_permutation_test():
    d = np.random.default_rng(3).integers(-40, 60, 12)
    expected = stats.permutation_test(
        (d,), np.mean, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert sign_flip_test(d).p == pytest.approx(expected)


def test_sign_flip_is_exact_for_fifty_pairs_of_counts():
    d = np.random.default_rng(4).integers(-50, 60, 50)
    result = sign_flip_test(d)
    assert result.name.startswith("exact")
    ways = Counter({0: 1})  # in whole numbers, of all 2^50 patterns
    for size in d.tolist():
        reached = {*ways, *(total + size for total in ways)}
        ways = Counter({total: ways[total] + ways[total - size] for total in reached})
    far = sum(n for plus, n in ways.items() if abs(2 * plus - d.sum()) >= abs(d.sum()))
    assert result.p == pytest.approx(far / 2**50, rel=1e-9)


def test_more_pairs_than_can_be_exact_say_so_and_obey_their_seed():
    rng = np.random.default_rng(6)
    x, y = rng.normal(2, 0.3, (2, 45))
    results = [pairs(x, y, unit="nats", monte_carlo_seed=seed) for seed in (1, 1, 2)]
    assert "Monte Carlo, 9,999 draws, seed 1" in results[0].exact.name
    assert results[0].exact.p == results[1].exact.p
    # A seed that has no effect would give the same p again.
    assert results[0].exact.p != results[2].exact.p
    assert results[0].exact.p == pytest.approx(results[0].test.p, abs=0.03)
    assert results[0].exact.p_smallest == pytest.approx(1 / 10_000)
    assert pairs(x, y - 3, unit="nats").exact.p == 1 / 10_000  # that observed alone


def _rank_sums_by_hand(a, b):
    ranks = stats.rankdata([*a, *b])
    observed = ranks[: len(a)].sum()
    sums = np.array([sum(chosen) for chosen in itertools.combinations(ranks, len(a))])
    return min(1, 2 * min(np.mean(sums <= observed + 1e-9), np.mean(sums >= observed - 1e-9)))


@PROPERTY
@given(SMALL, SMALL)
def test_mann_whitney_with_ties_is_the_enumeration_of_midranks(a, b):
    result = mann_whitney_test(a, b)
    assert result.p == pytest.approx(_rank_sums_by_hand(a, b))
    assert result.p_smallest <= result.p
    assert (
        result.p_smallest >= 2 / math.comb(len(a) + len(b), len(a)) - 1e-12
        or result.p_smallest == 1
    )


def test_mann_whitney_without_ties_is_scipys_exact_one():
    a, b = np.random.default_rng(8).permutation(15)[:14].reshape(2, 7)
    result = mann_whitney_test(a, b)
    assert result.p == pytest.approx(stats.mannwhitneyu(a, b, method="exact").pvalue)
    assert result.p_smallest == pytest.approx(2 / math.comb(14, 7))


def test_one_tied_class_does_not_make_the_others_asymptotic():
    rng = np.random.default_rng(9)
    a, b = rng.permutation(20)[:12].reshape(2, 6), rng.integers(0, 3, (2, 6))
    assert mann_whitney_test(*a).name == "exact Mann-Whitney test"
    assert mann_whitney_test(*b).name == "exact Mann-Whitney test (midranks for ties)"


def test_mann_whitney_beyond_exactness_says_so():
    a, b = np.random.default_rng(10).normal(size=(2, 101))
    assert "normal approximation" in mann_whitney_test(a, b).name
