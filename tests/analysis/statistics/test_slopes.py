import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.slopes import slope_over_runs

RUNS, PLACES = 6, 4
RNG = np.random.default_rng(1)
X = RNG.normal(size=(RUNS, PLACES))
Y = RNG.normal(size=(RUNS, PLACES)) + 0.5 * X
EACH_RUN = np.repeat(np.eye(RUNS), PLACES, axis=0)
EACH_PLACE = np.tile(np.eye(PLACES), (RUNS, 1))


def test_with_intercepts_alone_it_is_the_ordinary_regression_of_each_run_and_students_t():
    x = np.tile([0.0, 1.0, 2.0, 4.0], (RUNS, 1))
    found = slope_over_runs(Y, x, EACH_RUN)
    expected = [np.polyfit(a, b, 1)[0] for a, b in zip(x, Y, strict=True)]
    np.testing.assert_allclose(found.values, expected)
    test = stats.ttest_1samp(expected, 0)
    interval = test.confidence_interval()
    assert found.statistic == pytest.approx(test.statistic)
    assert found.df == pytest.approx(RUNS - 1)
    assert found.p == pytest.approx(test.pvalue)
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high))
    assert (found.mean, found.sd) == pytest.approx((np.mean(expected), np.std(expected, ddof=1)))


def test_the_mean_is_the_slope_of_one_regression_over_all_runs():
    beside = np.hstack([EACH_RUN, EACH_PLACE])
    columns = np.column_stack([X.ravel(), beside])
    expected = np.linalg.lstsq(columns, Y.ravel(), rcond=None)[0][0]
    assert slope_over_runs(Y, X, beside).mean == pytest.approx(expected)


@given(st.integers(0, 99))
def test_what_is_held_equal_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    beside = np.hstack([EACH_RUN, EACH_PLACE])
    anything = (beside @ rng.normal(size=(beside.shape[1], 2))).T.reshape(2, RUNS, PLACES)
    plain = slope_over_runs(Y, X, beside)
    moved = slope_over_runs(Y + anything[0], X + anything[1], beside)
    np.testing.assert_allclose(moved.values, plain.values)
    np.testing.assert_allclose(moved.p, plain.p)


def test_a_line_without_noise_is_found_and_has_no_test():
    beside = np.hstack([EACH_RUN, EACH_PLACE])
    found = slope_over_runs(3 * X + np.arange(PLACES), X, beside)
    np.testing.assert_allclose(found.values, 3)
    assert (found.ci_low, found.ci_high) == pytest.approx((3, 3))
    assert np.isnan(found.p)


def test_several_studies_of_one_design_are_tested_at_once():
    beside = np.hstack([EACH_RUN, EACH_PLACE])
    together = slope_over_runs(np.stack([Y, 2 * Y**2]), X, beside)
    for i, y in enumerate((Y, 2 * Y**2)):
        one = slope_over_runs(y, X, beside)
        for name in ("mean", "sd", "ci_low", "ci_high", "statistic", "df", "p"):
            assert getattr(together, name)[i] == pytest.approx(getattr(one, name))


def test_where_nothing_of_x_is_left_there_is_no_slope():
    found = slope_over_runs(Y, np.tile([0.0, 1.0, 2.0, 4.0], (RUNS, 1)), EACH_PLACE)
    assert np.isnan(found.values).all()
    assert np.isnan([found.mean, found.p]).all()


def test_a_run_in_which_nothing_of_x_is_left_counts_for_nothing():
    x = np.vstack([X[:-1], np.ones(PLACES)])
    found = slope_over_runs(Y, x, EACH_RUN @ RNG.normal(size=(RUNS, RUNS)))  # but for rounding
    assert np.isnan(found.values).tolist() == [False] * 5 + [True]
    assert found.mean == pytest.approx(slope_over_runs(Y[:-1], X[:-1], EACH_RUN[:-4, :-1]).mean)


def test_two_runs_that_share_no_covariate_have_students_t():
    x = np.tile([0.0, 1.0, 2.0, 4.0], (2, 1))
    found = slope_over_runs(Y[:2], x, EACH_RUN[: 2 * PLACES, :2])
    assert found.df == pytest.approx(1)
    assert found.p == pytest.approx(stats.ttest_1samp(found.values, 0).pvalue)


@pytest.mark.parametrize("runs", [1, 2])
def test_too_few_runs_have_no_test(runs):
    beside = np.hstack([EACH_RUN, EACH_PLACE])[: runs * PLACES]
    found = slope_over_runs(Y[:runs], X[:runs], beside)
    assert np.isnan([found.sd, found.ci_low, found.ci_high, found.p]).all()


@pytest.mark.parametrize(
    ("y", "x", "beside"),
    [
        (Y[:, :3], X, EACH_RUN),
        (Y, X, EACH_RUN[:5]),
        (Y, X[0], EACH_RUN),
        (np.where(Y > 1, np.nan, Y), X, EACH_RUN),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(y, x, beside):
    with pytest.raises(ValueError, match=r"^received [^\n]+; expected [^\n]+$"):
        slope_over_runs(y, x, beside)
