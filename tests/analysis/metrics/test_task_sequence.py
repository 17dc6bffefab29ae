"""R and the published figures of a run over tasks, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics.task_sequence import accuracy_matrix, task_ends, task_figures
from tests.analysis.conftest import GROUPS, SIZES, TASKS, confusion, segments_of

S = segments_of(GROUPS, 2)
COUNTS = np.array([[confusion(*row, sizes=SIZES)] for row in TASKS])
# Of 400 examples of the first task 90 + 282 are right after it, then 98 + 288, then 20 + 150.
R = [[0.93, 0, 0], [0.965, 0.96, 0], [0.425, 0.40, 0.98]]


def test_consecutive_epochs_with_the_same_classes_are_one_task() -> None:
    assert task_ends(S).tolist() == [1, 3, 5]
    assert task_ends([[1, 0, 0], [0, 1, 2], [0, 2, 1]]).tolist() == [0, 2]


@pytest.mark.parametrize(
    "s",
    [
        [[1, 2], [2, 1]],  # every epoch shows both
        [[1, 1], [1, 1]],
        [[1, 0], [0, 1], [1, 0]],  # a task comes round
        [[1, 1, 0], [0, 1, 1]],  # a class in two tasks
        [[1, 0, 0], [0, 1, 0]],  # ended before the last task
        [[1, 0], [1, 0]],
    ],
)
def test_where_not_each_of_several_tasks_is_shown_once_there_are_none(s) -> None:
    assert task_ends(s).tolist() == []
    counts = np.ones((len(s), 2, len(s[0]), len(s[0])), dtype=int)
    assert task_figures(counts, s) == {}
    with pytest.raises(ValueError, match="orders that repeat"):
        accuracy_matrix(counts, s)


def test_r_counts_the_examples_of_a_task_whatever_their_class() -> None:
    np.testing.assert_allclose(accuracy_matrix(COUNTS, S), R)


def test_r_is_taken_after_the_last_segment_of_a_task() -> None:
    halves = np.concatenate([np.zeros_like(COUNTS), COUNTS], axis=1)
    np.testing.assert_array_equal(accuracy_matrix(halves, S), accuracy_matrix(COUNTS, S))


def test_the_published_figures() -> None:
    assert task_figures(COUNTS, S) == pytest.approx(
        {
            "tasks: average accuracy": (0.425 + 0.40 + 0.98) / 3,
            "tasks: backward transfer": (0.425 - 0.93 + 0.40 - 0.96) / 2,
            "tasks: mean forgetting_max_minus_last": (0.965 - 0.425 + 0.96 - 0.40) / 2,
            "tasks: mean forgetting_first_minus_last": (0.93 - 0.425 + 0.96 - 0.40) / 2,
            "tasks: learning accuracy": (0.93 + 0.96 + 0.98) / 3,
            "tasks: minimum accuracy": (0.425 + 0.40) / 2,
            "tasks: worst-case accuracy": 0.98 / 3 + 2 / 3 * (0.425 + 0.40) / 2,
            # 372 of 400 examples, 434 of 450, 239 of 500.
            "tasks: average incremental accuracy": (372 / 400 + 434 / 450 + 239 / 500) / 3,
        }
    )


def test_a_task_without_test_examples_leaves_the_figures_out() -> None:
    counts = COUNTS.copy()
    counts[:, :, 1] = 0
    assert task_figures(counts, S) == {}
    np.testing.assert_array_equal(accuracy_matrix(counts, S)[:, 1], [np.nan] * 3)


@given(st.permutations(range(4)))
def test_the_labels_of_the_classes_do_not_matter(labels: list[int]) -> None:
    relabelled = COUNTS[..., labels, :][..., labels]
    assert task_figures(relabelled, S[:, labels]) == task_figures(COUNTS, S)


def test_shapes_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ValueError, match=r"received s of shape \(2, 6, 4\)"):
        task_ends(np.stack([S, S]))
    with pytest.raises(ValueError, match=r"received counts of shape \(5, 1, 4, 4\)"):
        accuracy_matrix(COUNTS[:5], S)
