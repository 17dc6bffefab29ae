"""Labels of all kinds: with gaps, and classes that a part has no examples of."""

from dataclasses import replace

import numpy as np
import pytest

from core import EvaluationPlan, Recipe, SymmetricLabelNoise, Trainer, spec
from data import Dataset

NOISY = Recipe(
    dataset="points",
    model=spec("mlp", widths=(8,)),
    epochs=2,
    label_noise=SymmetricLabelNoise(0.45),
    evaluation=EvaluationPlan(sets=("test", "train-corrupted", "train-corrupted-true-labels")),
)


def points(labels=(0, 1), n=90):
    """Points of as many classes as there are labels, two thirds of them to train on."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % len(labels)
    x = (rng.normal(size=(n, 8)) + 2 * np.eye(len(labels), 8)[y]).astype(np.float32)
    y, cut = np.array(labels)[y], 2 * n // 3
    arrays = {"x_train": x[:cut], "y_train": y[:cut], "x_test": x[cut:], "y_test": y[cut:]}
    return Dataset.from_arrays("points", arrays)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def test_labels_with_gaps_give_the_figures_of_the_same_classes_without(trainer):
    dense, gap = (trainer.train(NOISY, 1, points(labels)) for labels in ((0, 1), (3, 8)))
    assert "class_names" not in dense.arrays
    assert gap.arrays["class_names"].tolist() == [3, 8]
    assert replace(gap, arrays={}).digest() == dense.digest()
    assert any("labels 3, 8 are classes 0, 1" in str(note) for note in gap.notes)
    assert dense.key != gap.key
    assert [each.confusion.shape for each in gap.evaluations[:1]] == [(2, 2)]
