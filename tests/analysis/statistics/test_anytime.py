"""The interval that holds at every number of seeds."""

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.statistics.anytime import SPREAD, anytime_factor, anytime_interval
from analysis.statistics.verdict import Difference


@pytest.mark.parametrize("n", [5, 10, 40])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_at_its_end_the_mixture_of_likelihood_ratios_is_one_over_alpha(n, alpha):
    """The t statistic's density under effects that are normal around 0, over that under 0."""
    t = anytime_factor(n - 1, n, alpha)
    if not np.isfinite(t):
        assert (n, alpha) == (5, 0.005)
        return

    def weighed(effect):
        ratio = stats.nct.pdf(t, n - 1, effect * np.sqrt(n)) / stats.t.pdf(t, n - 1)
        return ratio * stats.norm.pdf(effect, scale=np.sqrt(SPREAD))

    found, _ = integrate.quad(weighed, -12, 12, points=[0], limit=200)
    assert found == pytest.approx(1 / alpha, rel=1e-6)


def test_whoever_looks_after_every_seed_is_wrong_in_five_of_a_hundred_at_most():
    x = np.random.default_rng(1).normal(size=(4_000, 60))
    wrong = np.zeros(len(x), bool)
    for n in range(3, 61):
        error = x[:, :n].std(axis=1, ddof=1) / np.sqrt(n)
        wrong |= np.abs(x[:, :n].mean(axis=1)) > anytime_factor(n - 1, n) * error
    assert 0.005 < wrong.mean() <= 0.05


def test_two_samples_are_looked_at_in_the_same_way():
    x = np.random.default_rng(2).normal(size=(4_000, 2, 40))
    wrong = np.zeros(len(x), bool)
    for n in range(3, 41):
        difference = np.diff(x[..., :n].mean(axis=2), axis=1)[:, 0]
        error = np.sqrt(x[..., :n].var(axis=2, ddof=1).sum(axis=1) / n)
        wrong |= np.abs(difference) > anytime_factor(2 * n - 2, n / 2) * error
    assert wrong.mean() <= 0.05


def test_there_is_none_of_few_or_of_unequal_numbers():
    d = Difference(1.0, 0.0, 2.0, 0.95, 0.5, 9.0)
    of_one = Difference(1.0, None, None, 0.95)
    assert anytime_interval(of_one, 1, 1, paired=True, alpha=0.05) is None
    low, high = anytime_interval(d, 10, 10, paired=True, alpha=0.05)
    half = 0.5 * anytime_factor(9, 10)
    assert (low, high) == pytest.approx((1 - half, 1 + half))
    half = 0.5 * anytime_factor(18, 10 * 10 / 20)
    of_two = anytime_interval(d, 10, 10, paired=False, alpha=0.05)
    assert of_two == pytest.approx((1 - half, 1 + half))
    assert high - low > 2 * stats.t.isf(0.025, 9) * 0.5
    assert anytime_interval(d, 10, 9, paired=False, alpha=0.05) is None
    assert anytime_interval(d, 3, 3, paired=True, alpha=0.05) is None
    assert (
        anytime_interval(Difference(None, None, None, 0.95), 3, 3, paired=True, alpha=0.1) is None
    )
