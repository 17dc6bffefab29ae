"""Every definition on a matrix worked out by hand, and what must hold for all matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis import forgetting as f

# Accuracy on task j (column) after training on task i (row).
R = np.array(
    [
        [0.90, 0.10, 0.20, 0.10],
        [0.60, 0.95, 0.15, 0.05],
        [0.96, 0.50, 0.90, 0.10],
        [0.85, 0.70, 0.60, 0.80],
    ]
)
B = np.full(4, 0.1)
matrices = st.integers(2, 6).flatmap(
    lambda t: arrays(np.float64, (t, t), elements=st.floats(0, 1, width=32))
)

# Two epochs, three segments, three classes; the second epoch starts with class 1.
A = np.array(
    [
        [[0.90, 0.00, 0.99], [0.50, 0.80, 0.20], [0.30, 0.60, 0.90]],
        [[0.40, 0.95, 0.50], [0.85, 0.70, 0.40], [0.60, 0.65, 0.92]],
    ]
)
S = np.array([[1, 2, 3], [2, 1, 3]])


def test_average_accuracy() -> None:
    assert f.average_accuracy(R) == pytest.approx((0.85 + 0.70 + 0.60 + 0.80) / 4)


def test_backward_transfer_divides_by_the_tasks_that_could_be_forgotten() -> None:
    assert f.backward_transfer(R) == pytest.approx((-0.05 - 0.25 - 0.30) / 3)


def test_forward_transfer() -> None:
    assert f.forward_transfer(R, B) == pytest.approx((0.0 + 0.05 + 0.0) / 3)


def test_forward_transfer_is_refused_where_a_class_cannot_be_predicted_before() -> None:
    r = np.where(np.triu(np.ones((4, 4)), 1) > 0, np.nan, R)
    with pytest.raises(ValueError, match="forward transfer is undefined"):
        f.forward_transfer(r, B)


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


def test_intransigence_is_what_joint_training_would_have_gained() -> None:
    joint = [0.90, 0.96, 0.93, 0.75]
    np.testing.assert_allclose(f.intransigence(R, joint), [0, 0.01, 0.03, -0.05], atol=1e-12)


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


@given(matrices)
def test_max_minus_last_is_at_least_first_minus_last(r: np.ndarray) -> None:
    assert (f.forgetting_max_minus_last(r) >= f.forgetting_first_minus_last(r)).all()


@given(matrices)
def test_seeds_in_front_give_each_seeds_own_figure(r: np.ndarray) -> None:
    stack = np.stack([r, r[::-1], r.T])
    for figure in (f.average_accuracy, f.forgetting_max_minus_last, f.worst_case_accuracy):
        np.testing.assert_allclose(figure(stack), [figure(each) for each in stack])


@pytest.mark.parametrize(
    "figure", [f.backward_transfer, f.forgetting_max_minus_last, f.minimum_accuracy]
)
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (3,)])
def test_a_matrix_that_cannot_show_forgetting_is_refused(figure, shape) -> None:
    with pytest.raises(ValueError, match="received r of shape"):
        figure(np.ones(shape))


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="received b of shape"):
        f.forward_transfer(R, [0.1, 0.1])
    with pytest.raises(ValueError, match="received joint of shape"):
        f.intransigence(R, [0.1, 0.1])


def test_learned_final_and_drop_are_those_of_the_last_epoch() -> None:
    np.testing.assert_allclose(f.learned(A, S), [0.85, 0.95, 0.92])
    np.testing.assert_allclose(f.final(A), [0.60, 0.65, 0.92])
    np.testing.assert_allclose(f.drop(A, S), [0.25, 0.30, 0.0])


def test_recency_counts_the_segments_that_follow() -> None:
    np.testing.assert_array_equal(f.recency(A, S), [1, 2, 0])


def test_recovery_is_what_each_turn_wins_back() -> None:
    np.testing.assert_allclose(f.recovery(A, S), [0.85 - 0.30, 0.95 - 0.60, 0.92 - 0.90])


def test_recovery_is_averaged_over_epochs() -> None:
    a, s = np.concatenate([A, A[:1]]), np.concatenate([S, S[:1]])
    expected = np.mean([[0.55, 0.35, 0.02], [0.90 - 0.60, 0.80 - 0.65, 0.90 - 0.92]], axis=0)
    np.testing.assert_allclose(f.recovery(a, s), expected, atol=1e-12)


def test_recovery_needs_two_epochs() -> None:
    with pytest.raises(ValueError, match="2 or more"):
        f.recovery(A[:1], S[:1])


def test_maximum_counts_from_the_first_turn_on() -> None:
    # Class 2 stood at .99 before it was ever shown: that is not learned and so not forgotten.
    np.testing.assert_allclose(f.max_minus_last(A, S), [0.30, 0.30, 0.0])


def test_first_minus_last_spans_the_whole_training() -> None:
    np.testing.assert_allclose(f.first_minus_last(A, S), [0.30, 0.15, -0.02])


def test_minimum_is_over_the_evaluations_after_the_first_turn() -> None:
    np.testing.assert_allclose(f.minimum_after_first_turn(A, S), [0.30, 0.60, 0.40])
    one = f.minimum_after_first_turn(A[:1], S[:1])
    np.testing.assert_array_equal(one, [0.30, 0.60, np.nan])


def test_with_one_epoch_drop_and_first_minus_last_are_the_same() -> None:
    np.testing.assert_allclose(f.drop(A[:1], S[:1]), f.first_minus_last(A[:1], S[:1]))


@given(arrays(np.float64, (3, 4, 4), elements=st.floats(0, 1)), st.permutations(range(1, 5)))
def test_what_holds_for_every_order(a: np.ndarray, turns: list[int]) -> None:
    s = np.tile(turns, (3, 1))
    assert (f.max_minus_last(a, s) >= 0).all()
    assert (f.max_minus_last(a, s) >= f.drop(a, s)).all()
    assert (f.max_minus_last(a, s) >= f.first_minus_last(a, s)).all()
    assert f.drop(a, s)[int(np.argmax(turns))] == 0
    assert sorted(f.recency(a, s)) == [0, 1, 2, 3]
    stacked = f.max_minus_last(np.stack([a, a / 2]), np.stack([s, s]))
    np.testing.assert_allclose(stacked[1], f.max_minus_last(a, s) / 2)


def test_turns_outside_the_segments_are_refused() -> None:
    with pytest.raises(ValueError, match="count segments from 1"):
        f.learned(A, S - 1)
    with pytest.raises(ValueError, match="received a of shape"):
        f.learned(A, S[:1])


def test_recency_bias_is_the_share_of_errors_that_name_the_last_class() -> None:
    confusion = [[5, 1, 4], [0, 8, 2], [1, 1, 8]]
    assert f.recency_bias(confusion, 2) == pytest.approx(6 / 9)
    assert f.recency_bias(confusion, [1, 2]) == pytest.approx(8 / 9)
    assert f.recency_bias(confusion, [0, 1, 2]) == 1


def test_recency_bias_is_undefined_without_errors() -> None:
    biases = f.recency_bias([np.eye(3), np.ones((3, 3))], 2)
    np.testing.assert_allclose(biases, [np.nan, 1 / 3])


def test_recency_bias_refuses_a_class_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="classes from 0 to 2"):
        f.recency_bias(np.ones((3, 3)), 3)
    with pytest.raises(ValueError, match="shape"):
        f.recency_bias(np.ones((3, 2)), 1)
