"""Every definition on a matrix worked out by hand, and what must hold for all matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.metrics import class_forgetting as f
from analysis.metrics import task_metrics as tasks
from tests.analysis.conftest import GROUPS, TASKS, segments_of

# Two epochs, three segments, three classes; the second epoch starts with class 1.
A = np.array(
    [
        [[0.90, 0.00, 0.99], [0.50, 0.80, 0.20], [0.30, 0.60, 0.90]],
        [[0.40, 0.95, 0.50], [0.85, 0.70, 0.40], [0.60, 0.65, 0.92]],
    ]
)
S = np.array([[1, 2, 3], [2, 1, 3]])

# Six epochs of one segment: classes 2 and 0 in the first two, 1 in the next two, then 3.
TASKS_A = np.array(TASKS)[:, None]
TASKS_S = segments_of(GROUPS, 2)
OF_CLASSES = (
    f.learned,
    f.drop,
    f.recency,
    f.recovery,
    f.max_minus_last,
    f.first_minus_last,
    f.minimum_after_first_segment,
)


def test_learned_final_and_drop_are_those_of_the_last_epoch() -> None:
    np.testing.assert_allclose(f.learned(A, S), [0.85, 0.95, 0.92])
    np.testing.assert_allclose(f.final(A), [0.60, 0.65, 0.92])
    np.testing.assert_allclose(f.drop(A, S), [0.25, 0.30, 0.0])


def test_recency_counts_the_segments_that_follow() -> None:
    np.testing.assert_array_equal(f.recency(A, S), [1, 2, 0])


def test_recovery_is_what_each_training_segment_wins_back() -> None:
    np.testing.assert_allclose(f.recovery(A, S), [0.85 - 0.30, 0.95 - 0.60, 0.92 - 0.90])


def test_recovery_is_averaged_over_epochs() -> None:
    a, s = np.concatenate([A, A[:1]]), np.concatenate([S, S[:1]])
    expected = np.mean([[0.55, 0.35, 0.02], [0.90 - 0.60, 0.80 - 0.65, 0.90 - 0.92]], axis=0)
    np.testing.assert_allclose(f.recovery(a, s), expected, atol=1e-12)


def test_recovery_needs_two_epochs() -> None:
    with pytest.raises(ValueError, match="2 or more"):
        f.recovery(A[:1], S[:1])


def test_maximum_counts_from_the_first_training_segment_on() -> None:
    # Class 2 stood at .99 before it was ever shown: that is not learned and so not forgotten.
    np.testing.assert_allclose(f.max_minus_last(A, S), [0.30, 0.30, 0.0])


def test_first_minus_last_spans_the_whole_training() -> None:
    np.testing.assert_allclose(f.first_minus_last(A, S), [0.30, 0.15, -0.02])


def test_minimum_is_over_the_evaluations_after_the_first_training_segment() -> None:
    np.testing.assert_allclose(f.minimum_after_first_segment(A, S), [0.30, 0.60, 0.40])
    one = f.minimum_after_first_segment(A[:1], S[:1])
    np.testing.assert_array_equal(one, [0.30, 0.60, np.nan])


def test_with_one_epoch_drop_and_first_minus_last_are_the_same() -> None:
    np.testing.assert_allclose(f.drop(A[:1], S[:1]), f.first_minus_last(A[:1], S[:1]))


@given(arrays(np.float64, (3, 4, 4), elements=st.floats(0, 1)), st.permutations(range(1, 5)))
def test_what_holds_for_every_order(a: np.ndarray, segments: list[int]) -> None:
    s = np.tile(segments, (3, 1))
    assert (f.max_minus_last(a, s) >= 0).all()
    assert (f.max_minus_last(a, s) >= f.drop(a, s)).all()
    assert (f.max_minus_last(a, s) >= f.first_minus_last(a, s)).all()
    assert f.drop(a, s)[int(np.argmax(segments))] == 0
    assert sorted(f.recency(a, s)) == [0, 1, 2, 3]
    stacked = f.max_minus_last(np.stack([a, a / 2]), np.stack([s, s]))
    np.testing.assert_allclose(stacked[1], f.max_minus_last(a, s) / 2)


def test_segments_that_do_not_exist_are_refused() -> None:
    for wrong in (S + 1, S - 2):
        with pytest.raises(ValueError, match="count segments from 1"):
            f.learned(A, wrong)
    with pytest.raises(ValueError, match="received a of shape"):
        f.learned(A, S[:1])


def test_in_tasks_learned_is_after_the_last_epoch_that_trains_the_class() -> None:
    np.testing.assert_allclose(f.learned(TASKS_A, TASKS_S), [0.90, 0.96, 0.94, 0.98])
    np.testing.assert_allclose(f.final(TASKS_A), [0.20, 0.40, 0.50, 0.98])
    np.testing.assert_allclose(f.drop(TASKS_A, TASKS_S), [0.70, 0.56, 0.44, 0])
    np.testing.assert_array_equal(f.recency(TASKS_A, TASKS_S), [4, 2, 4, 0])


def test_in_tasks_the_first_training_segment_is_that_of_the_tasks_first_epoch() -> None:
    np.testing.assert_allclose(f.max_minus_last(TASKS_A, TASKS_S), [0.78, 0.56, 0.46, 0])
    np.testing.assert_allclose(f.first_minus_last(TASKS_A, TASKS_S), [0.60, 0.40, 0.40, -0.08])
    lowest = f.minimum_after_first_segment(TASKS_A, TASKS_S)
    np.testing.assert_allclose(lowest, [0.10, 0.40, 0.30, 0.98])


def test_in_tasks_nothing_comes_back_and_so_nothing_recovers() -> None:
    # From .80 to .90 in its own two epochs class 0 was learned, not won back.
    np.testing.assert_array_equal(f.recovery(TASKS_A, TASKS_S), np.full(4, np.nan))


def test_a_class_recovers_with_each_segment_after_an_absence() -> None:
    # Class 0 in epochs 1, 2, 4, 5 and 7: only the segments of epochs 4 and 7 follow an absence.
    a = np.array([0.5, 0.8, 0.3, 0.7, 0.9, 0.2, 0.6])[:, None, None]
    s = np.array([1, 1, 0, 1, 1, 0, 1])[:, None]
    np.testing.assert_allclose(f.recovery(a, s), [np.mean([0.7 - 0.3, 0.6 - 0.2])])


def test_a_class_that_is_never_absent_does_not_recover() -> None:
    np.testing.assert_array_equal(f.recovery(np.ones((3, 1, 2)), np.ones((3, 2))), [np.nan] * 2)


def test_a_class_without_any_training_segment_was_never_learned() -> None:
    s = np.where(np.arange(3) == 1, 0, S)
    for figure in OF_CLASSES:
        np.testing.assert_array_equal(np.isnan(figure(A, s)), [False, True, False])
    trained = [0, 2]
    np.testing.assert_array_equal(f.drop(A, s)[trained], f.drop(A, S)[trained])


@st.composite
def orders(draw, least: int = 1):
    """Accuracies of up to five epochs, segments and classes; training segments from `least` on."""
    epochs, segments, classes = draw(
        st.tuples(st.integers(2, 5), st.integers(2, 5), st.integers(1, 5))
    )
    a = draw(arrays(np.float64, (epochs, segments, classes), elements=st.floats(0, 1)))
    s = draw(arrays(np.int32, (epochs, classes), elements=st.integers(least, segments)))
    return a, s


@given(orders())
def test_where_classes_come_round_every_figure_is_the_plain_formula(order) -> None:
    a, s = order
    classes = range(a.shape[-1])
    after = np.array([[a[e, s[e, c] - 1, c] for c in classes] for e in range(len(a))])
    since = [a.reshape(-1, a.shape[-1])[s[0, c] - 1 :, c] for c in classes]
    later = [row[1:].min() for row in since]
    end = a[-1, -1]
    assert f.learned(a, s).tolist() == after[-1].tolist()
    assert f.drop(a, s).tolist() == (after[-1] - end).tolist()
    assert f.recency(a, s).tolist() == (a.shape[1] - s[-1]).tolist()
    assert f.recovery(a, s).tolist() == (after[1:] - a[:-1, -1]).mean(axis=0).tolist()
    assert f.max_minus_last(a, s).tolist() == [max(since[c]) - end[c] for c in classes]
    assert f.first_minus_last(a, s).tolist() == (after[0] - end).tolist()
    assert f.minimum_after_first_segment(a, s).tolist() == later


@given(orders(least=0), st.randoms(use_true_random=False))
def test_other_labels_give_the_same_figures_in_another_order(order, random) -> None:
    a, s = order
    labels = random.sample(range(a.shape[-1]), a.shape[-1])
    for figure in OF_CLASSES:
        np.testing.assert_array_equal(figure(a[..., labels], s[:, labels]), figure(a, s)[labels])


@given(orders(least=0))
def test_seeds_in_front_give_each_seeds_own_figure(order) -> None:
    a, s = order
    for figure in OF_CLASSES:
        both = figure(np.stack([a, a / 2]), np.stack([s, s[::-1]]))
        np.testing.assert_array_equal(both, [figure(a, s), figure(a / 2, s[::-1])])


@given(st.integers(2, 5).flatmap(lambda t: arrays(np.float64, (t, t), elements=st.floats(0, 1))))
def test_with_one_class_a_task_and_one_epoch_each_drop_is_the_tasks_first_minus_last(r) -> None:
    drops = f.drop(r[:, None], np.eye(len(r), dtype=int))
    assert drops[:-1].tolist() == tasks.forgetting_first_minus_last(r).tolist()
    assert drops[-1] == 0


def test_recency_bias_is_the_fraction_of_errors_that_name_the_last_class() -> None:
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
