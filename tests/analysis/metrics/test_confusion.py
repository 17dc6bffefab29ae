import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.metrics.confusion import accuracy, class_accuracy, mean_class_accuracy

UNEVEN = [[90, 10], [5, 5]]  # 100 of the first class, 10 of the second


def test_micro_and_macro_accuracy_differ_where_classes_differ_in_size() -> None:
    assert accuracy(UNEVEN) == pytest.approx(95 / 110)
    assert mean_class_accuracy(UNEVEN) == pytest.approx((0.9 + 0.5) / 2)


def test_class_accuracy_is_by_true_class_in_rows() -> None:
    np.testing.assert_allclose(class_accuracy(UNEVEN), [0.9, 0.5])


def test_a_class_without_examples_is_nan_and_left_out_of_the_mean() -> None:
    confusion = [[4, 0, 0], [1, 3, 0], [0, 0, 0]]
    np.testing.assert_array_equal(class_accuracy(confusion), [1.0, 0.75, np.nan])
    assert mean_class_accuracy(confusion) == pytest.approx(0.875)


def test_an_empty_matrix_has_no_accuracy() -> None:
    assert np.isnan(accuracy(np.zeros((3, 3))))
    assert np.isnan(mean_class_accuracy(np.zeros((3, 3))))


def test_leading_axes_are_kept() -> None:
    stack = np.broadcast_to(UNEVEN, (4, 5, 2, 2))
    assert accuracy(stack).shape == (4, 5)
    assert class_accuracy(stack).shape == (4, 5, 2)
    assert mean_class_accuracy(stack).shape == (4, 5)


@given(arrays(np.int64, (3, 3), elements=st.integers(1, 1000)))
def test_micro_accuracy_is_the_mean_of_the_classes_weighted_by_their_size(
    confusion: np.ndarray,
) -> None:
    weighted = np.average(class_accuracy(confusion), weights=confusion.sum(axis=1))
    assert accuracy(confusion) == pytest.approx(weighted)
    assert 0 <= accuracy(confusion) <= 1


@pytest.mark.parametrize("function", [accuracy, class_accuracy, mean_class_accuracy])
def test_a_matrix_that_is_not_square_is_refused(function) -> None:
    with pytest.raises(ValueError, match=r"received a confusion matrix of shape \(2, 3\)"):
        function(np.ones((2, 3)))
