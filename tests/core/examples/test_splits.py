import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.examples.splits import HoldOut
from data import InputError

WHERE = ("first", "last", "last-of-each-class", "random")


def split(hold_out, y_train, y_test=(0, 1)):
    arrays = np.asarray(y_train), np.asarray(y_test)
    return hold_out(*arrays, np.random.default_rng(0))


@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=50),
    st.floats(0, 0.7) | st.integers(0, 3),
    st.sampled_from(WHERE),
)
def test_the_parts_never_overlap_and_together_are_everything(y, size, where):
    if where == "last-of-each-class" and isinstance(size, int):
        size = 0
    parts = split(HoldOut(size=size, where=where), y)
    assert sorted(np.concatenate(parts)) == list(range(len(y) + 2))
    assert list(parts.test) == [len(y), len(y) + 1]


def test_first_and_last_are_those_of_the_file():
    y = np.zeros(10, dtype=int)
    assert list(split(HoldOut(size=3, where="first"), y).validation) == [0, 1, 2]
    assert list(split(HoldOut(size=0.2, where="last"), y).validation) == [8, 9]
    assert list(split(HoldOut(), y).train) == list(range(10))


def test_random_is_drawn_from_the_stream_it_is_given():
    y, hold_out = np.zeros(100, dtype=int), HoldOut(size=30, where="random")
    first, second = (set(hold_out(y, y, np.random.default_rng(s)).validation) for s in (1, 2))
    assert first != second
    assert len(first) == 30


def test_validation_can_be_taken_from_the_test_file_as_notebook_d_does():
    parts = split(HoldOut(size=8, where="first", of="test"), [0, 1], np.zeros(10, dtype=int))
    assert list(parts.train) == [0, 1]
    assert list(parts.validation) == list(range(2, 10))
    assert list(parts.test) == [10, 11]


def test_the_last_tenth_of_each_mnist_class_leaves_the_notebooks_53994():
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    parts = split(HoldOut(size=0.1, where="last-of-each-class"), np.repeat(np.arange(10), counts))
    assert len(parts.train) == 53_994
    assert len(parts.validation) == 6_006


@pytest.mark.parametrize("size", [-1, 1.0, -0.1, True, float("nan"), "3"])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(InputError, match="fraction from 0"):
        HoldOut(size=size)


def test_a_split_that_leaves_nothing_is_refused():
    with pytest.raises(InputError, match="nothing would be left"):
        split(HoldOut(size=4), [0, 1, 0, 1])


@pytest.mark.parametrize("wrong", [{"where": "middle"}, {"of": "both"}])
def test_unknown_places_and_files_are_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        HoldOut(size=1, **wrong)


@given(
    st.lists(st.integers(0, 3), min_size=8, max_size=60),
    st.floats(0, 0.5),
    st.sampled_from(WHERE),
    st.sampled_from(["train", "test"]),
    st.integers(1, 5),
)
def test_a_subset_has_so_many_of_each_class_and_leaves_the_other_parts_alone(
    y, size, where, of, per_class
):
    y, y_test = np.asarray(y), np.arange(8) % 4
    whole = split(HoldOut(size=size, where=where, of=of), y, y_test)
    assume(all(np.sum(y[whole.train] == label) >= per_class for label in np.unique(y)))
    parts = split(HoldOut(size=size, where=where, of=of, per_class=per_class), y, y_test)
    for label in np.unique(y):
        members = [i for i in whole.train if y[i] == label]
        assert [i for i in parts.train if y[i] == label] == members[:per_class]
    assert list(parts.train) == sorted(parts.train)
    np.testing.assert_array_equal(parts.validation, whole.validation)
    np.testing.assert_array_equal(parts.test, whole.test)


def test_a_class_with_too_few_examples_for_the_subset_is_refused():
    with pytest.raises(InputError, match="per_class=3; expected at most 2, as many as class 1"):
        split(HoldOut(per_class=3), [0, 0, 0, 1, 1])
    with pytest.raises(InputError, match="expected at most 1, as many as class 0"):
        split(HoldOut(size=2, where="first", per_class=2), [0, 0, 0, 1, 1])


@pytest.mark.parametrize("per_class", [0, -1, 1.5, True, "3"])
def test_impossible_subsets_are_refused(per_class):
    with pytest.raises(InputError, match="per_class"):
        HoldOut(per_class=per_class)
