"""The choice of a degree: its data, its cross-validation, its rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from data import InputError
from studies.polynomials import (
    RULES,
    SIMPLEST,
    SMALLEST,
    TRUE,
    basis,
    choose,
    cross_validation_errors,
    scores,
)
from tests.analysis.conftest import PROPERTY

CASE = {"degree": 3, "noise": 0.5, "size": 40}


def test_the_errors_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 43)  # no multiple of the folds: their sizes differ
    y = np.sin(3 * x) + rng.normal(0, 0.3, 43)
    errors = cross_validation_errors(x, y, 10, 6)
    for degree in range(1, 7):
        model = make_pipeline(PolynomialFeatures(degree), LinearRegression())
        theirs = cross_val_score(
            model, x[:, None], y, cv=KFold(10), scoring="neg_mean_squared_error"
        )
        np.testing.assert_allclose(errors[:, degree - 1], -theirs, rtol=1e-9)


def test_the_basis_is_orthonormal_over_uniform_inputs():
    x, weights = np.polynomial.legendre.leggauss(16)  # exact up to degree 31
    design = basis(x, 15)
    np.testing.assert_allclose(design.T @ (weights[:, None] / 2 * design), np.eye(16), atol=1e-12)


def test_the_squared_error_is_the_mean_over_all_inputs():
    found = scores(4, rule=TRUE, degree=1, noise=0.7, size=30, highest=3, folds=5)
    # The same by hand: a line through the same draws, against a line of variance 1.
    from core.random_streams import stream

    slope = stream(4, "data", 0).choice((-1.0, 1.0), size=1)[0] * np.sqrt(3)
    x = stream(4, "data", 1).uniform(-1, 1, 30)
    y = slope * x + 0.7 * stream(4, "data", 2).standard_normal(30)
    b, a = np.polyfit(x, y, 1)
    assert found["squared error"] == pytest.approx(a**2 + (b - slope) ** 2 / 3)
    assert found["log10 squared error"] == pytest.approx(np.log10(found["squared error"]))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(5))
def test_without_noise_all_degrees_from_the_true_one_on_tie_and_the_lowest_is_chosen(rule, seed):
    found = scores(seed, rule=rule, degree=5, noise=0, size=50)
    assert found["squared error"] < 1e-20
    assert found["log10 squared error"] == -20
    assert found.get("chosen degree", 5) == 5


def test_the_smallest_error_wins_and_of_equal_ones_the_lowest_degree():
    # Means over two folds: 3, 1, 1.
    errors = np.array([[3.0, 0.5, 1.5], [3.0, 1.5, 0.5]])
    assert choose(errors, SMALLEST, 1.0) == 2


def test_one_standard_error_takes_the_lowest_degree_within_it():
    # Means 1.4 and 1.0; the second's folds .6 and 1.4 have a standard error of .4.
    within = np.array([[1.4, 0.6], [1.4, 1.4]])
    assert choose(within, SMALLEST, 1.0) == 2
    assert choose(within, SIMPLEST, 1.0) == 1
    beyond = np.array([[1.41, 0.6], [1.41, 1.4]])
    assert choose(beyond, SIMPLEST, 1.0) == 2


def test_an_error_that_is_rounding_counts_as_none():
    errors = np.array([[1.0, 2e-30, 1e-30]] * 2)
    assert choose(errors, SMALLEST, 1.0) == 2
    assert choose(errors, SMALLEST, 1e-15) == 3  # beside such data it is none


@PROPERTY
@given(
    st.lists(st.lists(st.floats(0.01, 10), min_size=4, max_size=4), min_size=2, max_size=6),
)
def test_one_standard_error_never_chooses_a_higher_degree(errors):
    assert choose(np.array(errors), SIMPLEST, 1.0) <= choose(np.array(errors), SMALLEST, 1.0)


@pytest.mark.parametrize("rule", RULES)
def test_a_seed_gives_the_same_scores_again_and_another_seed_others(rule):
    assert scores(1, rule=rule, **CASE) == scores(1, rule=rule, **CASE)
    assert scores(1, rule=rule, **CASE) != scores(2, rule=rule, **CASE)


def test_a_rule_that_chose_the_true_degree_has_the_error_of_the_one_that_knew_it():
    both = [(scores(s, rule=SIMPLEST, **CASE), scores(s, rule=TRUE, **CASE)) for s in range(5)]
    right = [(a, b) for a, b in both if a["chosen degree"] == CASE["degree"]]
    assert right
    assert all(a["squared error"] == b["squared error"] for a, b in right)


@pytest.mark.parametrize("seed", range(20))
def test_noise_does_not_change_which_higher_degree_is_chosen(seed):
    low, high = (
        scores(seed, rule=SMALLEST, degree=2, noise=noise, size=50)["chosen degree"]
        for noise in (0.01, 0.1)
    )
    assert low == high >= 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rule": "best"}, "rule 'best'; expected one of smallest-error"),
        ({"degree": 0}, "degree=0; expected a whole number from 1 up"),
        ({"degree": 2.5}, "degree=2.5"),
        ({"degree": 16}, "degree=16; expected one up to highest=15"),
        ({"noise": -1}, "noise=-1; expected a number from 0 up"),
        ({"noise": float("nan")}, "noise=nan"),
        ({"folds": 1}, "folds=1; expected a whole number from 2 to 40"),
        ({"folds": 41}, "folds=41"),
        ({"folds": True}, "folds=True"),
        ({"size": 17}, "fits to 15 observations; expected 16 or more for degree 15"),
        ({"size": "many"}, "size='many'"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_is_expected(wrong, said):
    with pytest.raises(InputError, match=said):
        scores(0, **({"rule": SMALLEST} | CASE | wrong))
