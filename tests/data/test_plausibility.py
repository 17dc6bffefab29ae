"""Facts of a data set's inputs that a reader should know."""

import pickle

import numpy as np
import pytest

from data import Dataset, InputError, load
from data.plausibility import Plausibility, plausibility


def inputs(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 4, 2), np.float32)


def facts(train, test, **more) -> Plausibility:
    return plausibility({"train": train, "test": test, **more})


def test_shared_test_examples_are_counted_and_near_ones_are_not():
    train = inputs(40)
    near = np.nextafter(train[:5], np.float32(2))
    test = np.concatenate([inputs(10, seed=1), train[[3, 3, 7]], near])
    assert facts(train, test).shared == {("test", "train"): 3}


def test_examples_of_a_validation_part_are_held_against_both_others():
    train, test = inputs(40), inputs(10, seed=1)
    validation = np.concatenate([inputs(10, seed=2), train[:3], test[[0, 0, 5, 6, 7]]])
    assert facts(train, test, validation=validation).shared == {
        ("test", "train"): 0,
        ("validation", "train"): 3,
        ("test", "validation"): 4,
    }


def test_test_examples_that_are_the_same_among_themselves_are_not_shared():
    assert not any(facts(inputs(40), np.repeat(inputs(1, seed=1), 5, axis=0)).shared.values())


def test_training_examples_that_are_all_the_same_are_constant():
    assert facts(np.repeat(inputs(1), 20, axis=0), inputs(5, seed=1)).constant
    one_differs = np.concatenate([np.repeat(inputs(1), 20, axis=0), inputs(1, seed=2)])
    assert not facts(one_differs, inputs(5, seed=1)).constant


def test_the_range_is_of_each_part():
    found = facts(np.float32([[0.5], [-0.25]]), np.float32([[9]]), validation=np.float32([[-4]]))
    assert found.ranges == {"train": (-0.25, 0.5), "test": (9, 9), "validation": (-4, -4)}


@pytest.mark.parametrize("name", ["digits", "cube"])
def test_what_comes_with_ebb_shares_no_example(name):
    facts = load(name).plausibility
    assert (facts.shared, facts.constant) == ({("test", "train"): 0}, False)


def test_a_data_set_finds_it_once_and_takes_it_along():
    digits = load("digits")
    assert digits.plausibility is digits.plausibility
    again = pickle.loads(pickle.dumps(digits))
    ranges = dict.fromkeys(["train", "test"], (0, 255))
    assert again.plausibility == Plausibility(ranges, False, {("test", "train"): 0})


@pytest.mark.parametrize("part", ["x_train", "x_test"])
def test_values_that_are_infinite_for_a_network_are_refused(part):
    arrays = {
        "x_train": np.ones((4, 2)),
        "y_train": np.arange(4) % 2,
        "x_test": np.ones((2, 2)),
        "y_test": np.arange(2),
    }
    arrays[part][0] = -1e39
    with pytest.raises(InputError, match=rf"^{part} in .*1e\+39.*expected at most 3.4e\+38; scale"):
        Dataset.from_arrays("mine", arrays)
