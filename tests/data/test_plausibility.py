"""Facts of a data set's inputs that a reader should know."""

import pickle

import numpy as np
import pytest

from data import Dataset, InputError, load
from data.plausibility import Plausibility, plausibility


def inputs(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 4, 2), np.float32)


def test_shared_test_examples_are_counted_and_near_ones_are_not():
    train = inputs(40)
    near = np.nextafter(train[:5], np.float32(2))
    test = np.concatenate([inputs(10, seed=1), train[[3, 3, 7]], near])
    assert plausibility(train, test).shared == 3


def test_test_examples_that_are_the_same_among_themselves_are_not_shared():
    assert plausibility(inputs(40), np.repeat(inputs(1, seed=1), 5, axis=0)).shared == 0


def test_training_examples_that_are_all_the_same_are_constant():
    assert plausibility(np.repeat(inputs(1), 20, axis=0), inputs(5, seed=1)).constant
    one_differs = np.concatenate([np.repeat(inputs(1), 20, axis=0), inputs(1, seed=2)])
    assert not plausibility(one_differs, inputs(5, seed=1)).constant


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_input_is_so_by_its_size(sign):
    assert plausibility(sign * np.float32([[0.5], [0.25]]), np.float32([[9]])).largest == 0.5


@pytest.mark.parametrize("name", ["digits", "cube"])
def test_what_comes_with_ebb_shares_no_example(name):
    facts = load(name).plausibility
    assert (facts.shared, facts.constant) == (0, False)


def test_a_data_set_finds_it_once_and_takes_it_along(monkeypatch):
    digits = load("digits")
    assert digits.plausibility is digits.plausibility
    again = pickle.loads(pickle.dumps(digits))
    assert again.plausibility == Plausibility(255, False, 0)


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
