import numpy as np
import pytest

from analysis.figures.class_dumbbells import class_dumbbell_figure, class_end_table
from analysis.figures.look import Look
from tests.analysis.conftest import Evaluation, Run, confusion

WORDS = {"question": "Which class is lost?", "dataset": "digits"}


def ended(condition, seed, *accuracies):
    looks = [Evaluation("test", 1, 1, 1, confusion(*accuracies))]
    return Run(condition, seed, evaluations=looks)


RUNS = [ended("a", 0, 0.9, 0.2), ended("a", 1, 0.7, 0.4), ended("a", 2, 0.8, 0.9)]
BESIDE = [ended("b", 0, 1.0, 0.1), ended("b", 1, 1.0, 0.3), ended("b", 2, 1.0, 0.2)]


def test_every_class_of_every_seed_has_a_row():
    table = class_end_table([*RUNS, ended("b", 0, 1.0, 0.0)])
    assert len(table) == 8
    rows = table[(table["condition"] == "a") & (table["class"] == 1)]
    assert rows["accuracy"].tolist() == [0.2, 0.4, 0.9]


def test_the_means_of_a_class_are_joined_and_every_seed_is_a_point():
    (axis,) = class_dumbbell_figure(RUNS + BESIDE, **WORDS).axes
    joined = [line.get_xdata().tolist() for line in axis.lines if line.get_color() == "#bbbbbb"]
    assert joined == [pytest.approx([80, 100]), pytest.approx([50, 20])]
    points = next(line for line in axis.lines if line.get_alpha() == 0.5)
    assert sorted(points.get_xdata()) == pytest.approx([20, 40, 70, 80, 90, 90])
    assert [text.get_text() for text in axis.get_yticklabels()] == ["0", "1"]
    assert axis.yaxis_inverted()


def test_an_interval_that_leaves_the_percentages_ends_there_with_an_arrow_and_a_word():
    figure = class_dumbbell_figure(RUNS, **WORDS)
    (axis,) = figure.axes
    drawn = np.concatenate([line.get_xdata() for line in axis.lines])
    assert 0 <= drawn.min() <= drawn.max() <= 100
    for container in axis.containers:
        for bar in container[2][0].get_segments():
            assert 0 <= bar[:, 0].min() <= bar[:, 0].max() <= 100
    assert [line.get_marker() for line in axis.lines if not line.get_clip_on()] == ["<", ">"]
    assert "leave 0 to 100 % are cut" in axis.get_xlabel()
    sure = [ended("a", seed, 0.5, 0.5 + seed / 100) for seed in range(3)]
    assert "cut" not in class_dumbbell_figure(sure, **WORDS).axes[0].get_xlabel()


def test_a_condition_has_the_colour_of_the_study_whatever_else_is_drawn():
    look = Look(("a", "b", "c"), reference="a")
    (axis,) = class_dumbbell_figure(BESIDE, look=look, **WORDS).axes
    assert axis.containers[0][0].get_color() == look.marks(["b"])["b"].colour == "#0072B2"


def test_conditions_on_other_data_have_rows_of_their_own_classes():
    others = [ended("c", seed, 0.6, 0.8, 0.7) for seed in range(2)]
    for run in others:
        run.arrays["class_names"] = np.array(["coat", "shirt", "bag"])
    (axis,) = class_dumbbell_figure([*RUNS, *BESIDE, *others], **WORDS).axes
    names = [text.get_text() for text in axis.get_yticklabels()]
    assert names == ["0", "1", "coat", "shirt", "bag"]
    joined = [line.get_xdata().tolist() for line in axis.lines if line.get_color() == "#bbbbbb"]
    assert joined == [pytest.approx(each) for each in ([80, 100], [50, 20], [60], [80], [70])]


def test_many_conditions_have_a_row_of_cells_each():
    runs = [ended(name, 0, 0.5, 0.6) for name in "abcdefgh"]
    axis = class_dumbbell_figure(runs, **WORDS).axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == [f"{c} (1)" for c in "abcdefgh"]
    assert [text.get_text() for text in axis.texts] == ["50.0", "60.0"] * 8


def test_a_set_that_nobody_evaluated_is_refused():
    with pytest.raises(ValueError, match=r"set 'train', .* evaluated \(test\)"):
        class_dumbbell_figure(RUNS, set="train", **WORDS)
