"""Comparisons with the best: intervals that hold whichever condition is the best."""

import math
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.statistics import best, simultaneous
from analysis.statistics.best import compare_with_best
from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_all, explain_family


def all_pairs(scores, **options):
    n = len(next(iter(scores.values())))
    options = {"unit": "points of a loss", "paired": True, **options}
    return {
        (a, b): compare(
            scores[a], scores[b], name_a=a, name_b=b, seeds_a=range(n), seeds_b=range(n), **options
        )
        for a, b in combinations(scores, 2)
    }  # fmt: skip


def by_hand(means, half):
    """Hsu (1996), section 4.1.1, one half-width for all pairs."""
    high = {i: max(0, min(means[i] - means[j] + half for j in means if j != i)) for i in means}
    may_be = [i for i in means if high[i] > 0]
    low = {}
    for i in means:
        rivals = [means[i] - means[j] - half for j in may_be if j != i]
        low[i] = 0 if may_be == [i] else min(0, *rivals) if rivals else 0
    return {i: (low[i], high[i]) for i in means}


@pytest.mark.parametrize("gap", [0.0, 1.0, 8.0])
def test_the_intervals_are_hsus(gap):
    # Four seeds, so Bonferroni's t; differences of every pair have the same spread.
    x = np.array([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
    x = x + gap * np.arange(3)[:, None]
    scores = dict(zip("abc", x.astype(float), strict=True))
    found = compare_with_best(all_pairs(scores), "abc")
    half = stats.t.isf(0.05 / 2, 3) * math.sqrt(8 / 3 / 4)
    expected = by_hand({name: values.mean() for name, values in scores.items()}, half)
    assert {each.condition: (each.low, each.high) for each in found} == {
        name: pytest.approx(ends) for name, ends in expected.items()
    }
    turned = compare_with_best(all_pairs({k: -v for k, v in scores.items()}), "abc",
                               higher_is_better=False)  # fmt: skip
    assert [(each.low, each.high) for each in turned] == [
        pytest.approx((each.low, each.high)) for each in found
    ]


# Hsu's own example (1984): colonies on seven brands of water filter. Data and intervals as printed
# in the SAS Sample Library, macro MCB ("Example: Comparison of filters"; Hsu 1996, p. 94).
FILTERS = {
    1: (69, 122, 95), 2: (118, 154, 102), 3: (171, 132, 182), 4: (122, 119),
    5: (204, 225, 190), 6: (140, 130, 127), 7: (170, 165),
}  # fmt: skip
SAS_INTERVALS = {
    1: (-153.94, 0), 2: (-124.61, 0), 3: (-87.608, 0), 4: (-133.84, 0),
    5: (-7.950, 86.8428), 6: (-116.94, 0), 7: (-86.843, 7.9498),
}  # fmt: skip


def dunnett_one_sided(n, others, df):
    """Dunnett's .95 quantile: of the largest t of the others against a control of n runs."""
    share = np.sqrt(others / (others + n))  # of the control in each difference's spread
    z, weight = np.polynomial.hermite_e.hermegauss(30)
    weight = weight / weight.sum()
    s = np.sqrt(stats.chi2.ppf((np.arange(300) + 0.5) / 300, df) / df)

    def beyond(d):
        each = (share * z[:, None] + d * s[:, None, None]) / np.sqrt(1 - share**2)
        return (stats.norm.cdf(each).prod(axis=-1) @ weight).mean() - 0.95

    return optimize.brentq(beyond, 1, 5)


def test_the_filters_of_hsu_have_the_intervals_that_sas_prints(monkeypatch):
    """With SAS' pooled spread and Dunnett's quantile in place of Welch's and of the largest t."""
    n = {brand: len(values) for brand, values in FILTERS.items()}
    mean = {brand: np.mean(values) for brand, values in FILTERS.items()}
    df = sum(n.values()) - len(n)
    spread = math.sqrt(sum(np.var(v) * len(v) for v in FILTERS.values()) / df)
    pairs = {
        (a, b): SimpleNamespace(
            difference=SimpleNamespace(
                points=mean[a] - mean[b], standard_error=spread * math.sqrt(1 / n[a] + 1 / n[b])
            )
        )
        for a, b in combinations(FILTERS, 2)
    }

    def quantile(_, signs):
        control = max(set(signs and FILTERS), key=lambda x: sum(x in pair for pair in signs))
        others = np.array([n[brand] for brand in n if brand != control])
        return dict.fromkeys(signs, dunnett_one_sided(n[control], others, df))

    monkeypatch.setattr(best, "_critical", quantile)
    for each in compare_with_best(pairs, tuple(FILTERS)):
        assert (each.low, each.high) == pytest.approx(SAS_INTERVALS[each.condition], abs=0.1)


def test_one_that_is_clearly_best_is_said_to_be():
    rng = np.random.default_rng(0)
    base = rng.normal(0.8, 0.01, 10)
    scores = {
        k: base + shift + rng.normal(0, 0.002, 10)
        for k, shift in zip("abc", (0, 0.05, 0), strict=True)
    }
    seeds, pairs = dict.fromkeys(scores, range(10)), list(combinations("abc", 2))
    family = compare_all(scores, pairs, paired=True, seeds=seeds, best=True)
    assert "b is the best; a is not (worse by up to 5." in explain_family(family)
    assert [each["condition"] for each in family.to_json()["best"]] == ["a", "b", "c"]
    close = compare_all(scores | {"b": scores["a"] + rng.normal(0, 0.002, 10)}, pairs, paired=True,
                        seeds=seeds, best=True)  # fmt: skip
    assert " points better than the best other)" in explain_family(close)


def test_of_a_loss_the_lower_one_is_said_to_be_better():
    scores = {"a": [0.1, 0.2, 0.3, 0.2], "b": [0.2, 0.2, 0.4, 0.3], "c": [0.9, 0.9, 0.8, 0.7]}
    family = compare_all(
        scores, list(combinations("abc", 2)), paired=True, seeds=dict.fromkeys(scores, range(4)),
        best=True, higher_is_better=False, unit="nats", metric="loss",
    )  # fmt: skip
    a, b, c = family.best
    assert (a.may_be, b.may_be, c.may_be) == (True, True, False)
    assert f"b may be the best (from {-b.low:.4g} nats worse to {b.high:.4g} nats" in str(family)
    assert b.high < -b.low  # its mean is the higher one


@pytest.mark.parametrize(
    ("n", "paired", "simulations"),
    [
        (10, False, 40),
        *(
            pytest.param(n, paired, 400, marks=pytest.mark.slow)
            for n in (5, 10)
            for paired in (True, False)
        ),
    ],
)
def test_they_cover_jointly(n, paired, simulations, monkeypatch):
    monkeypatch.setattr(simultaneous, "DRAWS", 500)
    rng, means = np.random.default_rng(n), np.array([0.0, 0.5, 0.5, -1.0])
    truth = means - [np.delete(means, i).max() for i in range(4)]
    covered = []
    for _ in range(simulations):
        values = rng.normal(size=(4, n)) + means[:, None] + rng.normal(size=n) * paired
        found = compare_with_best(
            all_pairs(dict(zip("abcd", values, strict=True)), paired=paired), "abcd"
        )
        covered.append(all(f.low <= t <= f.high for f, t in zip(found, truth, strict=True)))
    assert np.mean(covered) >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / simulations)


def test_two_that_are_equal_at_every_seed_may_both_be_the_best():
    rng = np.random.default_rng(0)
    first = rng.normal(1, 0.01, 4)
    scores = {"a": first, "b": first, "c": first - rng.normal(0.5, 0.01, 4)}
    found = compare_with_best(all_pairs(scores), list(scores))
    assert [each.may_be for each in found] == [True, True, False]


def test_two_seeds_that_differ_alike_have_no_best():
    scores = {"a": [0.9, 0.9], "b": [0.8, 0.8], "c": [0.7, 0.7]}
    pairs = all_pairs(scores, unit="points")
    assert compare_with_best(pairs, "abc") == ()
    same = all_pairs({name: [0.9, 0.9] for name in "abc"}, unit="points")
    assert [each.may_be for each in compare_with_best(same, "abc")] == [True] * 3
