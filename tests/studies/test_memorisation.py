"""The study of random labels: its conditions differ in labels alone, and it shows what it asks."""

import numpy as np
import pytest

from analysis.metrics.values import values_of
from core import Store
from core.training.preparation import prepare
from data import load
from studies.memorisation import study
from tests.studies.conftest import in_a_process


@pytest.fixture(scope="module")
def prepared():
    cube = load("cube")
    return {
        (condition, seed): prepare(study.conditions[condition], seed, cube)
        for condition in study.conditions
        for seed in (0, 1)
    }


def test_the_conditions_differ_in_nothing_but_the_labels_that_are_taught(prepared):
    one, other = prepared["random-labels", 0], prepared["structured-labels", 0]
    for ours, theirs in zip(one.split, other.split, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    held_out = np.concatenate([one.split.validation, one.split.test])
    np.testing.assert_array_equal(one.training_labels[held_out], other.training_labels[held_out])
    assert not other.changed.any()


def test_random_labels_say_nothing_about_the_class_and_are_drawn_anew_for_each_seed(prepared):
    one, other = prepared["random-labels", 0], prepared["random-labels", 1]
    part = one.split.train
    for labels in (one.labels, other.training_labels):
        # Independent of one another: 100 of the 900 in each of the nine cells, give or take 9.4.
        pairs = np.bincount(labels[part] * 3 + one.training_labels[part], minlength=9)
        assert np.abs(pairs - 100).max() < 5 * 9.4


@pytest.mark.slow
def test_a_network_learns_random_labels_by_heart_and_knows_nothing_of_new_inputs(tmp_path):
    done = in_a_process(
        *("run", "memorisation", "--quick", "--seeds", "1", "--workers", "1"), folder=tmp_path
    )
    assert done.status == 0, done.err
    store = Store(tmp_path / "results")
    records = store.records(store.entries("memorisation"))

    def accuracy(part, condition):
        return values_of(records, f"{part} accuracy", condition)[0]

    for part in ("train", "train-clean", "train-corrupted"):
        assert accuracy(part, "random-labels") > 0.98
    # A third is right by chance; over seeds the standard deviation is 2.5 points.
    assert accuracy("test", "random-labels") == pytest.approx(1 / 3, abs=5 * 0.025)
    assert accuracy("test", "structured-labels") > 0.9
