"""One critical value for a family: verdict, p and interval cannot disagree, and cover jointly."""

import math
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.statistics import simultaneous
from analysis.statistics.families import compare_all, compare_classes
from analysis.statistics.family_correction import adjust_family
from analysis.statistics.simultaneous import CriticalValue, critical_value, step_down

NAN = float("nan")


def runs_of(table, seeds=None):
    """What is tested: differences, [seeds, comparisons]."""
    seeds = tuple(range(len(table))) if seeds is None else seeds
    return [
        SimpleNamespace(
            first=d, second=0 * d, n=len(d), paired=True, varies=True, ids=(seeds, ()), step=1.0
        )
        for d in table.T
    ]


def two_sides(x, y):
    """What is tested of independent runs: [runs, classes] of either side."""
    ids = [tuple((name, i) for i in range(len(side))) for name, side in (("a", x), ("b", y))]
    return [
        SimpleNamespace(
            first=x[:, k], second=y[:, k], n=min(len(x), len(y)), paired=False, varies=True,
            ids=tuple(ids), step=1.0,
        )
        for k in range(x.shape[1])
    ]  # fmt: skip


def t_of(table):
    return np.abs(table.mean(axis=0)) / stats.sem(table, axis=0)


def test_signs_are_those_of_whole_seeds_and_all_of_them_where_they_are_few():
    table = np.random.default_rng(0).normal(size=(8, 3))
    found = critical_value(runs_of(table), [None] * 3, 0.05).statistics
    centred = table - table.mean(axis=0)
    by_hand = [t_of(np.array([1, *s])[:, None] * centred) for s in product([1, -1], repeat=7)]
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(by_hand, axis=0), atol=1e-12)


def test_signs_of_independent_runs_are_those_of_whole_runs_within_their_condition(monkeypatch):
    monkeypatch.setattr(simultaneous, "DRAWS", 50)
    x, y = np.random.default_rng(1).normal(size=(2, 9, 2))
    found = critical_value(two_sides(x, y), [0, 1], 0.05).statistics
    signs = simultaneous._signs(18)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    by_hand = [
        stats.ttest_ind(s[:9, None] * x, s[9:, None] * y, equal_var=False).statistic for s in signs
    ]
    np.testing.assert_allclose(found, np.abs(by_hand))


def test_warp_breaks_agree_with_games_and_howell():
    """R's warpbreaks by tension: the studentised range on Welch's degrees of freedom."""
    low = [26, 30, 54, 25, 70, 52, 51, 26, 67, 27, 14, 29, 19, 29, 31, 41, 20, 44]
    medium = [18, 21, 29, 17, 12, 18, 35, 30, 36, 42, 26, 19, 16, 39, 28, 21, 39, 29]
    high = [36, 21, 24, 18, 10, 43, 28, 15, 26, 20, 21, 24, 17, 13, 15, 15, 16, 28]
    scores = {"L": low, "M": medium, "H": high}
    pairs = [("M", "L"), ("H", "L"), ("H", "M")]
    family = compare_all(scores, pairs, paired=False, unit="breaks")
    assert [round(c.difference.points, 3) for c in family.comparisons] == [-10.0, -14.722, -4.722]
    for c in family.comparisons:
        q = abs(c.test.statistic) * math.sqrt(2)
        expected = stats.studentized_range.sf(q, 3, c.test.df)
        assert c.p_adjusted == pytest.approx(expected, abs=0.01)
    # As R prints it: TukeyHSD's documented example on these data (multcomp's single step for all
    # pairs), and multcomp's quantile in its own example with the wool too (50 degrees of freedom).
    value = critical_value([c.used for c in family.comparisons], [None] * 3, 0.05)
    pooled = 11.88058 * math.sqrt(2 / 18)
    for c, printed in zip(family.comparisons, [0.0384598, 0.0014315, 0.4630831], strict=True):
        p = value.p(c.difference.points / pooled, 51)
        assert p == pytest.approx(printed, rel=0.05, abs=0.01)
    assert value.t(50) == pytest.approx(2.416, abs=0.08)


def test_the_critical_value_of_three_against_one_control_is_dunnetts():
    """Two-sided .05, three treatments, correlation .5: of normal values with known variances."""
    z, weight = np.polynomial.hermite_e.hermegauss(80)

    def covered(d):
        inside = stats.norm.cdf(math.sqrt(2) * d + z) - stats.norm.cdf(-math.sqrt(2) * d + z)
        return (inside**3) @ weight / weight.sum() - 0.95

    dunnett = optimize.brentq(covered, 1, 4)
    rng = np.random.default_rng(9)
    found = []
    for _ in range(10):
        control, *others = rng.normal(size=(4, 100))
        table = np.array(others).T - control[:, None]
        found.append(critical_value(runs_of(table), [None] * 3, 0.05).t(99))
    assert np.mean(found) == pytest.approx(dunnett, abs=0.05)


def test_a_run_that_lacks_a_class_is_left_out_there_alone():
    x, y = np.random.default_rng(1).normal(size=(2, 9, 2))
    runs = two_sides(x, y)
    runs[1].first, runs[1].ids = runs[1].first[:8], (runs[1].ids[0][:8], runs[1].ids[1])
    found = critical_value(runs, [0, 1], 0.05).statistics
    assert np.isfinite(found).all()
    assert found.shape == (simultaneous.DRAWS, 2)


def test_p_and_critical_value_say_the_same():
    table = np.random.default_rng(3).normal(size=(9, 5))
    found = critical_value(runs_of(table), [None] * 5, 0.05)
    for t in np.concatenate([found.maxima, found.maxima + 1e-9, np.linspace(0, 20, 2001)]):
        assert (found.p(t, 8) <= 0.05) == (t > found.t(8)), t


def test_p_and_critical_value_of_a_margin_say_the_same():
    alike = np.random.default_rng(3).normal(size=(10, 1)) + np.zeros(6)
    apart = np.random.default_rng(4).normal(size=(10, 6))
    few = np.random.default_rng(4).normal(size=(5, 6))
    for table in (alike, apart, few):
        critical = critical_value(runs_of(table), [None] * 6, 0.05)
        df = len(table) - 1
        bound = critical.margin_t(df)
        assert critical.margin_p(bound - 0.01, df) > 0.05 > critical.margin_p(bound + 0.01, df)
        assert critical.margin_p(-1.0, df) == 1
    # Of comparisons that are one, the interval decides, not the sixth of alpha.
    assert critical_value(runs_of(alike), [None] * 6, 0.05).margin_t(9) < stats.t.isf(0.05 / 6, 9)


def test_fewer_than_eight_seeds_and_one_comparison_have_bonferronis_t():
    table = np.random.default_rng(4).normal(size=(7, 3))
    found = critical_value(runs_of(table), [None] * 3, 0.05)
    assert found.statistics is None
    assert found.t(6) == pytest.approx(stats.t.isf(0.05 / 6, 6))
    alone = critical_value(runs_of(np.random.default_rng(4).normal(size=(9, 1))), [None], 0.05)
    assert alone.t(8) == pytest.approx(stats.t.isf(0.025, 8))


def test_step_down_goes_on_without_what_was_found():
    statistics = np.array([[1.0, 2, 3], [3, 1, 1], [1, 4, 2], [2, 2, 5]])
    p = step_down(statistics, np.array([4.5, 1.5, 2.5]))
    # Of all: 1 of 4 reaches 4.5; of columns 1 and 2: 3 reach 2.5; of column 1 alone: 3 reach 1.5.
    np.testing.assert_allclose(p, [2 / 5, 4 / 5, 4 / 5])
    assert (p <= [CriticalValue(3, 0.05, statistics).p(t, 1e9) for t in (4.5, 1.5, 2.5)]).all()


@pytest.mark.parametrize("n", [4, 9])
@pytest.mark.parametrize("paired", [True, False])
def test_inconclusive_never_stands_beside_an_interval_without_0(n, paired, monkeypatch):
    monkeypatch.setattr(simultaneous, "DRAWS", 500)
    rng = np.random.default_rng(5)
    for _ in range(12):
        base = rng.normal(0.8, 0.02, n)
        scores = {k: base + rng.normal(0.01 * (k == "a"), 0.012, n) for k in "abcd"}
        pairs = [(x, y) for x in "abcd" for y in "abcd" if x < y]
        seeds = dict.fromkeys(scores, range(n))
        family = compare_all(scores, pairs, paired=paired, seeds=seeds, margin=2)
        for c in family.comparisons:
            d, e = c.difference, c.equivalence
            assert c.correction == ("max-t" if n > 7 else "bonferroni")
            assert (c.verdict in ("inconclusive", "equivalent")) == (d.ci_low <= 0 <= d.ci_high)
            assert (c.p_adjusted <= 0.05) == (not d.ci_low <= 0 <= d.ci_high)
            assert e.inside == (e.ci_low > -2 and e.ci_high < 2) == (e.p_adjusted <= 0.05)
            assert c.p_adjusted >= c.test.p
            assert e.p_adjusted >= e.p
            if d.ci_low > -2 and d.ci_high < 2:
                assert e.inside


def test_margin_tests_of_few_seeds_are_bonferronis():
    rng = np.random.default_rng(6)
    scores = {k: 0.8 + rng.normal(0, 0.004, 5) for k in "abc"}
    options = {"paired": True, "seeds": dict.fromkeys(scores, range(5)), "margin": 1}
    family = compare_all(scores, [("a", "b"), ("a", "c"), ("b", "c")], **options)
    for c in family.comparisons:
        assert c.equivalence.p_adjusted == pytest.approx(min(1, 3 * c.equivalence.p))
        half = stats.t.isf(0.05 / 3, 4) * c.difference.standard_error
        assert c.equivalence.ci_high == pytest.approx(c.difference.points + half)


def test_rows_in_another_order_change_nothing():
    rng = np.random.default_rng(7)
    a, b = rng.normal(0.8, 0.01, (2, 20, 4))
    order = rng.permutation(20)
    for paired in (True, False):
        one = compare_classes(a, b, paired=paired, seeds_a=range(20), seeds_b=range(20))
        turned = {"seeds_a": order, "seeds_b": range(20)}
        other = compare_classes(a[order], b, paired=paired, **turned)
        assert [c.p_adjusted for c in one.comparisons] == [c.p_adjusted for c in other.comparisons]


def test_the_family_may_have_what_cannot_be_tested():
    a = np.random.default_rng(8).normal(0.8, 0.01, (9, 3))
    b = a[::-1].copy()
    a[:, 2] = b[:, 2] = 0.5
    options = {"paired": True, "seeds_a": range(9), "seeds_b": range(9)}
    family = compare_classes(a, b, **options)
    assert [c.verdict for c in family.comparisons][2] == "undecidable"
    assert {c.correction for c in family.comparisons} == {"max-t"}
    # A class of two seeds is one of fewer than eight, and takes its part of alpha.
    a[:7, 2] = NAN
    few = compare_classes(a, b, **options).comparisons
    assert {c.correction for c in few} == {"bonferroni"}
    assert few[0].p_adjusted == pytest.approx(min(1, 3 * few[0].test.p))
    assert adjust_family([]) == ()


# Calibration. Fixed seeds; the quick cases have wider bands, since they have fewer simulations.


def coverage(n, simulations, *, correlation=0.8, paired=True, family=11, sd=1.0):
    """How often all intervals of a family cover: of normal values, correlated by the seed."""
    rng = np.random.default_rng([n, family, paired])
    covered = 0
    for _ in range(simulations):
        x, y = (
            math.sqrt(correlation) * rng.normal(size=(n, 1))
            + math.sqrt(1 - correlation) * rng.normal(size=(n, family))
            for _ in range(2)
        )
        if paired:
            runs, t, df = runs_of(x), t_of(x), np.full(family, n - 1)
        else:
            test = stats.ttest_ind(x, sd * y, equal_var=False)
            runs, t, df = two_sides(x, sd * y), np.abs(test.statistic), test.df
        value = critical_value(runs, list(range(family)), 0.05)
        critical = {f: value.t(f) for f in set(df)}
        covered += all(each <= critical[f] for each, f in zip(t, df, strict=True))
    return covered / simulations


@pytest.mark.parametrize("n", [3, 5, 8, 10, 20])
def test_eleven_intervals_cover_jointly(n, monkeypatch):
    monkeypatch.setattr(simultaneous, "DRAWS", 1000)
    assert coverage(n, 200) >= 0.94 - 3 * math.sqrt(0.05 * 0.95 / 200)


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("n", [3, 5, 8, 10, 20])
def test_eleven_intervals_cover_jointly_in_full(n, correlation, monkeypatch):
    monkeypatch.setattr(simultaneous, "DRAWS", 2000)
    error = 1 - coverage(n, 4000, correlation=correlation)
    assert error <= 0.06
    # The same events are the family-wise error where no condition differs.
    assert error <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 4000)


@pytest.mark.parametrize(
    ("n", "sd", "simulations"),
    [
        (8, 1, 100),
        *(pytest.param(n, sd, 2000, marks=pytest.mark.slow) for n in (8, 10, 20) for sd in (1, 3)),
    ],
)
def test_eleven_intervals_of_independent_runs_cover_jointly(n, sd, simulations, monkeypatch):
    monkeypatch.setattr(simultaneous, "DRAWS", 500)
    error = 1 - coverage(n, simulations, paired=False, sd=sd)
    assert error <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / simulations)
