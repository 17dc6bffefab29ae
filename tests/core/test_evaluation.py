import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as reference

from core.evaluation import EvaluationPlan, confusion_matrix, stratified
from data import InputError


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_the_confusion_matrix_is_scikit_learns(pairs):
    labels, predictions = map(np.array, zip(*pairs, strict=True))
    expected = reference(labels, predictions, labels=range(5))
    assert (confusion_matrix(labels, predictions, 5) == expected).all()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=300).map(np.array), st.integers(1, 200))
def test_a_stratified_sample_has_each_class_to_the_nearest_example(labels, size):
    examples = np.arange(1000, 1000 + len(labels), dtype=np.int32)
    sample = stratified(examples, labels, size)
    assert len(sample) == min(size, len(labels))
    assert len(set(sample)) == len(sample)
    assert (np.diff(sample) > 0).all()
    share = min(size, len(labels)) / len(labels)
    for label in range(4):
        drawn = (labels[sample - 1000] == label).sum()
        assert abs(drawn - share * (labels == label).sum()) <= 1


def test_a_sample_is_spread_over_the_file_and_always_the_same():
    # MNIST's test set has its easier half first: a sample of the beginning would flatter.
    labels = np.tile(np.arange(10), 1000)
    examples = np.arange(10_000, dtype=np.int32)
    sample = stratified(examples, labels, 2000)
    assert 900 < (sample < 5000).sum() < 1100
    assert (sample == stratified(examples, labels, 2000)).all()


def test_unknown_sets_and_empty_samples_are_refused():
    with pytest.raises(InputError, match="expected one of test, validation, train"):
        EvaluationPlan(sets=("tset",))
    with pytest.raises(InputError, match="a whole number from 1 up"):
        EvaluationPlan(segment_examples=0)
