"""The marks of conditions, and labels that do not lie on each other."""

import numpy as np
import pytest

from analysis.figures.look import GREY, Look
from analysis.figures.panels import apart, grid, label_outside


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


def test_a_page_holds_many_panels():
    figure, axes = grid([f"condition-{k}" for k in range(33)], high=2.6)
    assert axes[0].get_subplotspec().get_gridspec().ncols == 6
    assert figure.get_figheight() < 9


def test_labels_stand_at_the_edge_and_names_where_all_panels_have_the_same():
    _, axes = grid(list("abcde"), share_y=False)
    for axis in axes:
        axis.set(xlabel="epoch", ylabel="class", xlim=(0, 2), ylim=(0, 1))
        axis.set_yticks([0.5], ["shirt"])
    axes[4].set_xlim(0, 20)
    label_outside(axes)
    assert [axis.get_ylabel() for axis in axes] == ["class", "", "", "class", ""]
    assert [axis.get_xlabel() for axis in axes] == ["", "", "epoch", "epoch", "epoch"]
    shown = [axis.yaxis.get_tick_params()["labelleft"] for axis in axes]
    assert shown == [True, False, False, True, False]
    assert all(axis.xaxis.get_tick_params()["labelbottom"] for axis in axes)


def test_names_at_the_ends_of_lines_stay_within_the_panel():
    places = apart([10.0, 9.9, 9.8, 0.0], 1.0, (0, 10))
    assert places == [10, 9, 8, 0]
