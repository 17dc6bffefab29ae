import numpy as np
import pytest

from analysis.figures.class_strip import class_strip_figure, class_strip_table
from tests.analysis.conftest import Evaluation, Run, confusion

WORDS = {"question": "Which class is lost?", "dataset": "digits"}


def ended(condition, seed, *accuracies):
    looks = [Evaluation("test", 1, 1, 1, confusion(*accuracies))]
    return Run(condition, seed, evaluations=looks)


RUNS = [ended("a", 0, 0.9, 0.2), ended("a", 1, 0.7, 0.4), ended("a", 2, 0.8, 0.9)]


def test_every_class_of_every_seed_has_a_row():
    table = class_strip_table([*RUNS, ended("b", 0, 1.0, 0.0)])
    assert len(table) == 8
    rows = table[(table["condition"] == "a") & (table["class"] == 1)]
    assert rows["accuracy"].tolist() == [0.2, 0.4, 0.9]


def test_seeds_stand_beside_each_other_and_the_bar_is_their_median():
    (axis,) = class_strip_figure(RUNS, **WORDS).axes
    points = np.column_stack(axis.lines[0].get_data())
    of_class_1 = points[points[:, 0] > 0.5]
    assert of_class_1[:, 1].tolist() == pytest.approx([20, 40, 90])
    assert (np.diff(of_class_1[:, 0]) > 0).all()
    bars = [segment[:, 1].tolist() for segment in axis.collections[0].get_segments()]
    assert np.allclose(bars, [[80, 80], [40, 40]])


def test_one_seed_stands_in_the_middle():
    (axis,) = class_strip_figure(RUNS[:1], **WORDS).axes
    assert axis.lines[0].get_xdata().tolist() == [0, 1]


def test_a_set_that_nobody_evaluated_is_refused():
    with pytest.raises(ValueError, match="evaluation of 'train'"):
        class_strip_figure(RUNS, set="train", **WORDS)
