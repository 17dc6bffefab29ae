"""Every definition on a matrix worked out by hand, and what must hold for all matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.metrics import task_metrics as f

# Accuracy on task j (column) after training on task i (row).
R = np.array(
    [
        [0.90, 0.10, 0.20, 0.10],
        [0.60, 0.95, 0.15, 0.05],
        [0.96, 0.50, 0.90, 0.10],
        [0.85, 0.70, 0.60, 0.80],
    ]
)
matrices = st.integers(2, 6).flatmap(
    lambda t: arrays(np.float64, (t, t), elements=st.floats(0, 1, width=32))
)


def test_average_accuracy() -> None:
    assert f.average_accuracy(R) == pytest.approx((0.85 + 0.70 + 0.60 + 0.80) / 4)


def test_backward_transfer_divides_by_the_tasks_that_could_be_forgotten() -> None:
    assert f.backward_transfer(R) == pytest.approx((-0.05 - 0.25 - 0.30) / 3)


def test_chaudhrys_forgetting_takes_the_best_row_before_the_last() -> None:
    np.testing.assert_allclose(f.forgetting_max_minus_last(R), [0.96 - 0.85, 0.25, 0.30])
    assert f.mean_forgetting_max_minus_last(R) == pytest.approx(0.22)


def test_avalanches_forgetting_takes_the_first_row_and_so_differs() -> None:
    np.testing.assert_allclose(f.forgetting_first_minus_last(R), [0.90 - 0.85, 0.25, 0.30])


def test_max_minus_last_is_negative_where_the_last_task_helped_an_earlier_one() -> None:
    # Mammoth lets the maximum include the last row and would report 0.
    np.testing.assert_allclose(f.forgetting_max_minus_last([[0.5, 0.0], [0.8, 0.9]]), [-0.3])


def test_max_minus_last_ignores_what_came_before_the_task_was_learned() -> None:
    r = R.copy()
    r[0, 2] = 1.0
    np.testing.assert_allclose(f.forgetting_max_minus_last(r)[2], 0.30)


def test_average_incremental_accuracy() -> None:
    seen = [0.90, (0.60 + 0.95) / 2, (0.96 + 0.50 + 0.90) / 3, 0.7375]
    assert f.average_incremental_accuracy(R) == pytest.approx(np.mean(seen))


def test_average_incremental_accuracy_weighs_tasks_by_their_examples() -> None:
    assert f.average_incremental_accuracy(R, [100, 100, 200, 100]) == pytest.approx(
        (0.90 + 0.775 + 0.815 + 0.71) / 4
    )


def test_learning_accuracy() -> None:
    assert f.learning_accuracy(R) == pytest.approx((0.90 + 0.95 + 0.90 + 0.80) / 4)


def test_minimum_and_worst_case_accuracy() -> None:
    assert f.minimum_accuracy(R) == pytest.approx((0.60 + 0.50 + 0.60) / 3)
    assert f.worst_case_accuracy(R) == pytest.approx(0.80 / 4 + 0.75 * (1.70 / 3))


def test_entries_before_learning_may_be_unknown() -> None:
    r = np.where(np.triu(np.ones((4, 4)), 1) > 0, np.nan, R)
    for figure in (
        f.average_accuracy,
        f.backward_transfer,
        f.forgetting_max_minus_last,
        f.average_incremental_accuracy,
        f.learning_accuracy,
        f.minimum_accuracy,
        f.worst_case_accuracy,
    ):
        np.testing.assert_array_equal(figure(r), figure(R))


@given(matrices)
def test_backward_transfer_is_minus_the_mean_of_first_minus_last(r: np.ndarray) -> None:
    expected = np.mean([r[-1, j] - r[j, j] for j in range(len(r) - 1)])
    assert f.backward_transfer(r) == pytest.approx(expected)
    assert f.backward_transfer(r) == pytest.approx(-f.forgetting_first_minus_last(r).mean())
    assert f.backward_transfer(r) == -f.mean_forgetting_first_minus_last(r)


@given(matrices)
def test_max_minus_last_is_at_least_first_minus_last(r: np.ndarray) -> None:
    assert (f.forgetting_max_minus_last(r) >= f.forgetting_first_minus_last(r)).all()


@given(matrices)
def test_seeds_in_front_give_each_seeds_own_figure(r: np.ndarray) -> None:
    stack = np.stack([r, r[::-1], r.T])
    for figure in (
        f.average_accuracy,
        f.backward_transfer,
        f.forgetting_max_minus_last,
        f.mean_forgetting_max_minus_last,
        f.average_incremental_accuracy,
        f.learning_accuracy,
        f.worst_case_accuracy,
    ):
        np.testing.assert_allclose(figure(stack), [figure(each) for each in stack])


@pytest.mark.parametrize(
    "figure", [f.backward_transfer, f.forgetting_max_minus_last, f.minimum_accuracy]
)
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (3,)])
def test_a_matrix_that_cannot_show_forgetting_is_refused(figure, shape) -> None:
    with pytest.raises(ValueError, match="received r of shape"):
        figure(np.ones(shape))
