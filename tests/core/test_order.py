import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.order import ClassSequential, Shuffled
from data import InputError

ORDERS = [Shuffled(), ClassSequential(), ClassSequential((2, 0, 1)), Shuffled((2, 0, 1))]

# Three classes, each there at least once.
labels = st.lists(st.integers(0, 2), max_size=60).map(
    lambda rest: np.array([0, 1, 2, *rest], dtype=np.int64)
)


def write(order, labels, batch_size=4, epoch=1, seed=0):
    rng = np.random.default_rng(seed)
    return order(labels, epoch=epoch, batch_size=batch_size, rng=rng)


@given(labels, st.integers(1, 70), st.sampled_from(ORDERS), st.integers(0, 99))
def test_every_example_is_shown_exactly_once_in_batches_of_the_size_asked_for(y, size, order, seed):
    schedule = write(order, y, size, seed=seed)
    assert sorted(schedule.indices) == list(range(len(y)))
    assert schedule.batch_sizes.sum() == len(y)
    assert schedule.batch_sizes.min() >= 1
    assert schedule.batch_sizes.max() <= size
    assert schedule.segment_ends[-1] == len(schedule.batch_sizes)
    assert (np.diff(schedule.segment_ends) >= 0).all()
    assert sorted(schedule.class_segments) == [1, 2, 3]


@given(labels, st.integers(1, 9), st.permutations(range(3)))
def test_class_sequential_shows_one_class_in_each_segment(y, size, classes):
    schedule = write(ClassSequential(tuple(classes)), y, size)
    shown = np.split(y[schedule.indices], np.cumsum(schedule.batch_sizes)[:-1])
    start = 0
    for segment, end in enumerate(schedule.segment_ends, 1):
        batches = np.concatenate(shown[start:end])
        assert set(batches) == {classes[segment - 1]}
        assert schedule.class_segments[classes[segment - 1]] == segment
        # Full batches, and one smaller one at the end of the class at most.
        assert [len(b) for b in shown[start : end - 1]] == [size] * (end - 1 - start)
        start = end


@given(st.integers(0, 50))
def test_each_class_is_shuffled_within_itself_and_anew_for_each_stream(seed):
    y = np.repeat([0, 1], 30)
    first, second = (write(ClassSequential(), y, seed=s).indices for s in (seed, seed + 1))
    assert list(first[:30]) != list(range(30))
    assert list(first) != list(second)


def test_class_sequential_has_the_545_steps_of_the_notebook():
    counts = [5330, 6067, 5362, 5517, 5257, 4878, 5326, 5638, 5265, 5354]
    y = np.repeat(np.arange(10), counts)
    schedule = write(ClassSequential(), y, 100)
    assert len(schedule.batch_sizes) == 545
    assert list(schedule.batch_sizes[[53, 114]]) == [30, 67]
    assert len(write(Shuffled(), y, 100).batch_sizes) == 540


def test_the_shuffled_order_is_measured_where_the_classes_would_end():
    y = np.repeat(np.arange(3), [40, 20, 60])
    assert list(write(Shuffled(), y, 10).segment_ends) == [4, 6, 12]
    assert list(write(Shuffled((2, 0, 1)), y, 10).segment_ends) == [6, 10, 12]
    assert list(write(ClassSequential(), y, 10).segment_ends) == [4, 6, 12]


@pytest.mark.parametrize("classes", [(0, 1), (0, 0, 1), (0, 1, 2, 3), (1, 2, 3)])
def test_a_class_order_names_every_class_once(classes):
    for order in (ClassSequential(classes), Shuffled(classes)):
        with pytest.raises(InputError, match="each of the classes 0 to 2 exactly once"):
            write(order, np.array([0, 1, 2]))
