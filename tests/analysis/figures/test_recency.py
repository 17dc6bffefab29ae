import numpy as np
import pytest

from analysis.figures.recency import position_figure
from analysis.recency import Positions

ROWS = np.array([[2, 1, 0], [1, 0, 2], [0, 2, 1]])
WHOLE = Positions(ROWS, np.array([[0.5, 0.5, 0.9], [0.6, 0.8, 0.7], [1.0, 0.2, 0.7]]))
PART = Positions(ROWS[:2], WHOLE.accuracy[:2])


def draw(**positions):
    return position_figure(positions, question="What saves a class?", dataset="digits")


def small_print(axis):
    return sorted((*map(round, text.xy), text.get_text()) for text in axis.texts)


def test_the_mean_stands_over_its_recency_and_each_class_by_its_number():
    (axis,) = draw(sequential=WHOLE).axes
    line = axis.containers[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [0, 1, 2])
    np.testing.assert_allclose(line.get_ydata(), [90, 60, 140 / 3])
    places = [(recency, text) for recency, _, text in small_print(axis)]
    assert sorted(places) == [(recency, label) for recency in range(3) for label in "012"]


def test_classes_that_end_alike_share_one_line_of_small_print():
    same = Positions(ROWS, np.full((3, 3), 0.5))
    (axis,) = draw(sequential=same).axes
    assert {text for _, _, text in small_print(axis)} == {"012"}


def test_each_condition_has_its_panel_and_the_title_says_what_is_drawn():
    figure = draw(shuffled=WHOLE, sequential=WHOLE)
    assert [axis.get_title() for axis in figure.axes] == ["shuffled, 3 runs", "sequential, 3 runs"]
    assert "What saves a class?\ndigits: mean over runs" in figure.get_suptitle()


def test_a_part_of_a_square_is_said_to_be_unbalanced():
    titles = [axis.get_title() for axis in draw(whole=WHOLE, part=PART).axes]
    assert "balanced" not in titles[0]
    assert "not balanced: the means hold differences between classes" in titles[1]


def test_no_condition_is_refused():
    with pytest.raises(ValueError, match="expected one whose class order varies"):
        draw()
