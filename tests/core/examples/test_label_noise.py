import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.examples.label_noise import (
    ClassLabelNoise,
    MatrixLabelNoise,
    SymmetricLabelNoise,
    UniformLabelNoise,
    flips,
)
from data import InputError

labels = st.lists(st.integers(0, 3), min_size=1, max_size=60).map(
    lambda values: np.array(values, dtype=np.int64)
)
KINDS = [
    SymmetricLabelNoise(0.3),
    UniformLabelNoise(0.6),
    ClassLabelNoise((0, 0.2, 0.5, 1)),
    flips(4, 0.4),
    flips(4, 0.4, {0: 3, 1: 3}),
]


def corrupt(noise, y, classes=4, seed=0):
    return noise(y, classes, np.random.default_rng(seed))


@given(labels, st.sampled_from(KINDS), st.integers(0, 99))
def test_the_mask_is_true_and_the_true_labels_stay(y, noise, seed):
    before = y.copy()
    noisy, changed = corrupt(noise, y, seed=seed)
    assert list(y) == list(before)
    assert list(changed) == list(noisy != y)
    assert noisy.dtype == np.int64
    assert set(noisy) <= set(range(4))
    assert list(corrupt(noise, y, seed=seed).labels) == list(noisy)


@given(labels, st.floats(0, 1), st.integers(0, 99))
def test_exactly_the_share_asked_for_is_wrong(y, rate, seed):
    assert corrupt(SymmetricLabelNoise(rate), y, seed=seed).changed.sum() == round(rate * len(y))


@given(labels, st.tuples(*[st.floats(0, 1)] * 4), st.integers(0, 99))
def test_exactly_the_share_of_each_class_is_wrong(y, rates, seed):
    changed = corrupt(ClassLabelNoise(rates), y, seed=seed).changed
    for label, rate in enumerate(rates):
        assert changed[y == label].sum() == round(rate * np.count_nonzero(y == label))


@pytest.mark.parametrize("noise", [SymmetricLabelNoise(0.5), ClassLabelNoise((0.5,) * 4)])
def test_wrong_labels_are_every_other_class_equally_often(noise):
    y = np.repeat(np.arange(4), 20_000)
    noisy, changed = corrupt(noise, y)
    for label in range(4):
        counts = np.bincount(noisy[changed & (y == label)], minlength=4)
        assert counts[label] == 0
        assert stats.chisquare(np.delete(counts, label)).pvalue > 0.001


def test_which_labels_are_wrong_does_not_depend_on_the_place_or_the_class():
    y = np.repeat(np.arange(4), [4000, 16_000, 4000, 16_000])
    places = np.concatenate(
        [np.flatnonzero(corrupt(SymmetricLabelNoise(0.2), y, seed=s).changed) for s in range(5)]
    )
    assert stats.kstest(places / len(y), "uniform").pvalue > 0.001


@pytest.mark.parametrize(("rate", "reported"), [(0.2, 0.164), (0.5, 0.354)])
def test_redrawn_labels_leave_fewer_wrong_as_the_notebook_found(rate, reported):
    n = 60_000
    found = [
        corrupt(UniformLabelNoise(rate), np.arange(n) % 10, 10, s).changed.mean() for s in range(9)
    ]
    untouched = (1 - 1 / n) ** (rate * n)
    assert np.mean(found) == pytest.approx((1 - untouched) * 0.9, abs=0.0015)
    assert untouched == pytest.approx(np.exp(-rate), abs=1e-5)
    # The notebook's own figure is one draw: within four standard deviations of ours.
    assert np.mean(found) == pytest.approx(reported, abs=4 * np.sqrt(reported * (1 - reported) / n))


def test_the_transition_matrix_is_recovered_within_sampling_error():
    matrix = np.array([[0.7, 0.3, 0, 0], [0, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], [0.25] * 4])
    y = np.repeat(np.arange(4), 10_000)
    noise = MatrixLabelNoise(tuple(map(tuple, matrix.tolist())))
    noisy = corrupt(noise, y).labels
    found = np.array([np.bincount(noisy[y == label], minlength=4) for label in range(4)]) / 10_000
    assert (np.abs(found - matrix) <= 4 * np.sqrt(matrix * (1 - matrix) / 10_000)).all()
    assert (found[matrix == 0] == 0).all()


def test_a_matrix_may_be_an_array_or_lists_and_rounded_to_three_digits():
    rounded = np.array([[0.333, 0.333, 0.333], [0.0, 1.0, 0.0], [0.667, 0.0, 0.334]])
    noise = MatrixLabelNoise(rounded)
    assert noise == MatrixLabelNoise(rounded.tolist())
    assert noise == MatrixLabelNoise(tuple(map(tuple, rounded.tolist())))
    y = np.repeat(np.arange(3), 10_000)
    exact = MatrixLabelNoise(((1 / 3, 1 / 3, 1 / 3), (0, 1, 0), (667 / 1001, 0, 334 / 1001)))
    np.testing.assert_array_equal(corrupt(noise, y, 3).labels, corrupt(exact, y, 3).labels)


def test_a_matrix_of_tuples_is_stored_as_it_was_given():
    assert json.dumps(MatrixLabelNoise(((1, 0), (0.5, 0.5))).matrix) == "[[1, 0], [0.5, 0.5]]"


def test_flips_go_to_the_next_class_or_where_they_are_told():
    assert flips(3, 0.25).matrix == ((0.75, 0.25, 0), (0, 0.75, 0.25), (0.25, 0, 0.75))
    assert flips(3, 0.25, {2: 1}).matrix == ((1, 0, 0), (0, 1, 0), (0, 0.25, 0.75))
    assert list(corrupt(flips(3, 1), np.array([0, 1, 2]), 3).labels) == [1, 2, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        *[lambda kind=kind, rate=rate: kind(rate)
          for kind in (SymmetricLabelNoise, UniformLabelNoise,
                       lambda rate: ClassLabelNoise((0.1, rate)))
          for rate in (-0.1, 1.1, 2, float("nan"), "half")],
        lambda: MatrixLabelNoise(()),
        lambda: MatrixLabelNoise(((1.0,), (0.5, 0.5))),
        lambda: MatrixLabelNoise(((0.5, 0.4), (0, 1))),
        lambda: MatrixLabelNoise(((1.5, -0.5), (0, 1))),
        lambda: MatrixLabelNoise(((float("nan"), 1), (0, 1))),
        lambda: flips(3, 1.5),
        lambda: flips(3, 0.5, {1: 1}),
        lambda: flips(3, 0.5, {0: 3}),
        lambda: corrupt(ClassLabelNoise((0.1, 0.2)), np.array([0, 1, 2]), 3),
        lambda: corrupt(flips(2, 0.1), np.array([0, 1, 2]), 3),
        lambda: corrupt(SymmetricLabelNoise(0.5), np.zeros(4, dtype=np.int64), 1),
    ],
)  # fmt: skip
def test_impossible_noise_is_refused_in_one_line(wrong):
    with pytest.raises(InputError, match=r"^Received [^\n]+; expected [^\n]+\.$"):
        wrong()
