"""The marks of conditions, and labels that do not lie on each other."""

import numpy as np
import pytest

from analysis.figures.look import GREY, Look
from analysis.figures.panels import apart, grid


def test_a_mark_depends_on_the_study_alone():
    look = Look(("a", "b", "c", "d"), reference="b")
    assert look.marks(["d"])["d"] == look.marks(["a", "c", "d"])["d"]
    assert look.marks(["b"])["b"].colour == GREY


def test_many_conditions_are_told_apart_by_more_than_colours():
    names = [f"width-{k}" for k in range(20)]
    assert len(set(Look(tuple(names)).marks(names).values())) == 20


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [5.0, 1.0, 1.1], [0.0, 10.0], [2, 2.1, 2.9]])
def test_labels_stand_apart_in_their_order(values):
    places = apart(values, 0.5)
    assert min(np.diff(sorted(places))) >= 0.5 - 1e-9
    # Equal values keep the order in which they are given.
    assert np.argsort(values, kind="stable").tolist() == np.argsort(places).tolist()


def test_what_is_apart_stays_where_it_is():
    assert apart([3.0, 1.0, 2.0], 0.5) == [3.0, 1.0, 2.0]


def test_a_narrow_figure_has_fewer_panels_in_a_row():
    narrow, axes = grid(list("abcdef"), look=Look(width=3.5))
    assert narrow.get_figwidth() == 3.5
    assert axes[0].get_subplotspec().get_gridspec().ncols == 1
    wide, axes = grid(list("abcdef"))
    assert wide.get_figwidth() == 11
    assert axes[0].get_subplotspec().get_gridspec().ncols == 3
