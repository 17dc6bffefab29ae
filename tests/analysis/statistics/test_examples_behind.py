"""What more seeds do not tell: how far the test set stands for others."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_classes
from analysis.statistics.result import explain
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


def test_the_interval_covers_new_networks_on_a_new_test_set():
    """Networks and images are drawn anew; conditions err independently, the case of the bound."""
    rng, covered = np.random.default_rng(0), []
    for _ in range(300):
        images = rng.normal(size=(2, 500))
        skill = 0.8 + 0.3 * rng.normal(size=(2, 8))
        right = (images[:, None] + skill[:, :, None] + rng.normal(size=(2, 8, 500)) > 0).sum(axis=2)
        result = compare(*(right / 500), paired=False, n_test=500)
        low, high = result.test_set.interval(result.difference)
        covered.append(low <= 0 <= high)
    assert np.mean(covered) >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 300)


def test_in_a_family_it_is_simultaneous_and_without_a_size_it_is_not_there():
    a = np.stack([BASE + WIGGLE, BASE - WIGGLE], axis=1)
    b = np.stack([BASE, BASE], axis=1)
    options = {"paired": True, "seeds_a": range(8), "seeds_b": range(8)}
    family = compare_classes(a, b, n_test=1000, **options)
    assert "for a new network and test set simultaneous 95 %" in explain(family.comparisons[0])
    assert compare_classes(a, b, **options).comparisons[0].to_json()["test_set"] is None
