"""What more seeds do not tell: how far the test set stands for others."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.examples_behind import (
    ExamplesBehind,
    crossed_standard_error,
    examples_behind,
)
from analysis.statistics.families import compare_all, compare_classes
from analysis.statistics.result import explain
from analysis.statistics.verdict import Difference
from tests.analysis.conftest import BASE, WIGGLE, pairs

A_FEW = np.array([8120, 8131, 8109, 8140, 8122, 8135, 8118, 8127])


def test_one_or_two_images_are_a_difference_on_this_test_set():
    b = A_FEW - np.array([1, 2, 1, 1, 2, 1, 1, 2])
    result = pairs(A_FEW / 10_000, b / 10_000, n_test=10_000)
    said = explain(result)
    assert said.startswith(
        "Different: accuracy of A is 0.0138 points higher than of B on this test set (8 pairs)."
    )
    assert "95 % interval +0.0094 to +0.0181 points" in said
    assert "10,000 examples, whose own standard error is at most 0.55 points" in said
    assert "for a new network and test set 95 % interval -1.29 to +1.32 points (a bound)" in said


def test_the_bound_is_of_two_independent_test_sets():
    result = pairs(BASE + 0.05 + WIGGLE, BASE, n_test=1000)
    p, q = result.mean_a, result.mean_b
    error = math.sqrt((p * (1 - p) + q * (1 - q)) / 1000)
    assert result.test_set.standard_error == pytest.approx(100 * error)
    half = stats.t.isf(0.025, 7) * math.hypot(100 * error, result.difference.standard_error)
    record = result.to_json()["test_set"]
    assert record["ci_low"] == pytest.approx(result.difference.points - half)
    assert record["ci_high"] == pytest.approx(result.difference.points + half)
    assert "on this test set" not in explain(pairs(BASE + 0.1 + WIGGLE, BASE, n_test=1000))


def difference(a, b, paired):
    """The difference of accuracies over seeds, in points, as `compare` has it."""
    test = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
    error = stats.sem(a - b) if paired else math.hypot(stats.sem(a), stats.sem(b))
    ends = test.confidence_interval(0.95)
    figures = (100 * float(each) for each in (a.mean() - b.mean(), *ends, error))
    points, low, high, error = figures
    return Difference(points, low, high, 0.95, error, test.df)


def test_the_interval_covers_new_networks_on_a_new_test_set():
    """Networks and images are drawn anew; conditions err independently, the case of the bound."""
    rng, covered = np.random.default_rng(0), []
    for _ in range(150):
        images = rng.normal(size=(2, 500))
        skill = 0.8 + 0.3 * rng.normal(size=(2, 8))
        a, b = (images[:, None] + skill[:, :, None] + rng.normal(size=(2, 8, 500)) > 0).mean(axis=2)
        behind = examples_behind(a.mean(), b.mean(), 500)
        low, high = behind.interval(difference(a, b, paired=False))
        covered.append(low <= 0 <= high)
    assert np.mean(covered) >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 150)


def test_in_a_family_it_is_simultaneous_and_without_a_size_it_is_not_there():
    a = np.stack([BASE + WIGGLE, BASE - WIGGLE], axis=1)
    b = np.stack([BASE, BASE], axis=1)
    options = {"paired": True, "seeds_a": range(8), "seeds_b": range(8)}
    family = compare_classes(a, b, n_test=1000, **options)
    assert "for a new network and test set simultaneous 95 %" in explain(family.comparisons[0])
    assert compare_classes(a, b, **options).comparisons[0].to_json()["test_set"] is None


# Where it is known which examples each network gets right.

RIGHT_A = np.array([[1, 1, 1, 0], [1, 1, 0, 1], [1, 1, 1, 1]])
RIGHT_B = np.array([[0, 1, 1, 0], [0, 1, 0, 0], [1, 0, 1, 0]])


def by_seed(*sides):
    return tuple({seed: row > 0 for seed, row in enumerate(side)} for side in sides)


def predicted(a, b, paired=True, **options):
    seeds = {"seeds_a": range(len(a)), "seeds_b": range(len(b))}
    values = a.mean(axis=1), b.mean(axis=1)
    given = {"paired": paired, "n_test": a.shape[1], "right": by_seed(a, b)} | seeds | options
    return compare(*values, **given)


def test_pairs_of_predictions_are_a_two_way_table_by_hand():
    # Means over networks 1, 1/2, 0, 0: MS examples 11/24. Over examples 1/4, 1/2: MS residual 1/8.
    d = [[1, 0, 0, 0], [1, 1, 0, 0]]
    assert crossed_standard_error([d]) == pytest.approx(math.sqrt((11 / 24 - 1 / 8) / (2 * 4)))
    # All examples are alike, up to which network gets them right.
    assert crossed_standard_error([[[1, 0], [0, 1]]]) == 0


def test_networks_that_share_nothing_have_a_residual_each():
    a, b = np.array([[1, 0, 0, 0], [1, 1, 0, 0]]), np.array([[0, 0, 1, 0], [0, 0, 0, 0]])
    of_each = np.array([1, 0.5, -0.5, 0])
    noise = (1 / 8 + 1 / 8) / 2
    expected = math.sqrt((of_each.var(ddof=1) - noise) / 4)
    assert crossed_standard_error([a, b]) == pytest.approx(expected)


def test_pairs_of_predictions_give_an_interval_that_is_no_bound():
    rng = np.random.default_rng(1)
    easy = rng.normal(size=400) + 1
    a, b = ((easy + shift + 0.3 * rng.normal(size=(6, 400)) > 0).astype(int) for shift in (0.2, 0))
    result, bound = predicted(a, b), predicted(a, b, right=None)
    assert result.test_set.exact
    assert not bound.test_set.exact
    assert result.test_set.standard_error < bound.test_set.standard_error / 2
    d, error = result.difference, result.test_set.standard_error
    total = math.hypot(d.standard_error, error)
    half = stats.t.isf(0.025, 5 * (total / d.standard_error) ** 4) * total
    record = result.to_json()["test_set"]
    assert record["ci_low"] == pytest.approx(d.points - half)
    assert record["ci_high"] == pytest.approx(d.points + half)
    assert (record["exact"], record["bound"]) == (True, None)
    assert predicted(a[:1], b[:1]).test_set == predicted(a[:1], b[:1], right=None).test_set
    assert bound.to_json()["test_set"]["bound"] == "unpaired"
    said = explain(result)
    assert "400 examples, paired by stored predictions, whose own standard error is " in said
    assert "(a bound)" not in said


def test_predictions_are_matched_by_seed_and_only_of_runs_that_ended():
    rng = np.random.default_rng(2)
    a, b = (rng.random((4, 60)) < 0.7).astype(int), (rng.random((4, 60)) < 0.6).astype(int)
    values = [*a.mean(axis=1)[[2, 0, 1]], np.nan], [*b.mean(axis=1)]
    seeds = {"seeds_a": [2, 0, 1, 3], "seeds_b": [0, 1, 2, 3]}
    right = by_seed(a[:3], b)
    for paired in (True, False):
        found = compare(*values, paired=paired, n_test=60, right=right, **seeds).test_set
        tables = [a[:3] - b[:3]] if paired else [a[:3], b]
        assert found.standard_error == pytest.approx(100 * crossed_standard_error(tables))


def test_predictions_of_something_else_are_refused():
    for wrong in (1 - RIGHT_A, RIGHT_A[:, :3], RIGHT_A[:2]):
        with pytest.raises(ValueError, match="predictions that are not of these accuracies"):
            predicted(RIGHT_A, RIGHT_B, right=by_seed(wrong, RIGHT_B))


def test_a_family_takes_the_predictions_of_its_conditions():
    rng = np.random.default_rng(3)
    tables = {name: (rng.random((5, 80)) < 0.7).astype(int) for name in "abc"}
    scores = {name: table.mean(axis=1) for name, table in tables.items()}
    family = compare_all(
        scores, [("a", "b"), ("a", "c")], paired=True, seeds=dict.fromkeys("abc", range(5)),
        n_test=80, right=dict(zip("abc", by_seed(*tables.values()), strict=True)),
    )  # fmt: skip
    assert all(c.test_set.exact for c in family.comparisons)
    assert "new network and test set simultaneous 95 % interval" in explain(family.comparisons[0])


def crossed(n, m, paired, rng):
    """Networks and examples drawn anew, [networks, examples] of two conditions that are alike."""
    easy, own = rng.normal(size=m), 0.5 * rng.normal(size=(2, 1, m))
    skill = 0.8 + 0.15 * (rng.normal(size=(2, n)) + paired * rng.normal(size=n))
    noise = 0.5 * rng.normal(size=(2, n, m))
    return ((easy + own + skill[:, :, None] + noise) > 0).astype(int)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("n", "simulations"),
    [(5, 150), *(pytest.param(n, 2000, marks=pytest.mark.slow) for n in (3, 5, 10))],
)
def test_the_interval_of_pairs_covers_new_networks_on_a_new_test_set(n, simulations, paired):
    rng, covered = np.random.default_rng(n), []
    for _ in range(simulations):
        a, b = crossed(n, 200, paired, rng)
        if any(np.ptp(x.sum(axis=1)) == 0 for x in ([a - b] if paired else [a, b])):
            continue  # without variation over seeds there is no interval
        error = 100 * crossed_standard_error([a - b] if paired else [a, b])
        d = difference(a.mean(axis=1), b.mean(axis=1), paired)
        low, high = ExamplesBehind(200, error, exact=True).interval(d)
        covered.append(low <= 0 <= high)
    # Satterthwaite's degrees of freedom are approximate, most of all those of three networks.
    least = 0.94 if n > 3 else 0.92
    assert np.mean(covered) >= least - 3 * math.sqrt(least * (1 - least) / simulations)
