"""What each class lost, drawn in the order of training; and which lost most."""

import numpy as np
import pytest

from analysis.drops import class_drops, most_forgotten, wide_table
from analysis.figures.class_drops import class_drop_figure
from analysis.figures.look import GREY, Look
from analysis.tables import forgetting_table
from tests.analysis.conftest import GRID, Run, in_tasks, segmented

WORDS = {"question": "What is lost?", "dataset": "digits"}
RUNS = [segmented("a", seed, shift=seed / 10) for seed in range(2)]
BACKWARDS = [segmented("b", seed) for seed in range(2)]
for each in BACKWARDS:
    each.arrays["class_segments"] = np.tile([3, 2, 1], (len(GRID), 1)).astype(np.int32)
REFERENCE = [segmented("shuffled", seed) for seed in range(2)]


def test_the_drops_are_those_of_the_forgetting_table():
    table = forgetting_table(RUNS)
    drops = class_drops(RUNS)["a"]
    np.testing.assert_allclose(drops.values.mean(axis=0), table["drop"])
    assert drops.names == ("0", "1", "2")


def test_the_order_of_training_is_that_of_the_tasks_too():
    assert class_drops([in_tasks("a", 0)])["a"].order == (0, 2, 1, 3)


def test_the_most_forgotten_class_has_its_interval_and_the_reference_is_none():
    table = forgetting_table(RUNS).set_index("class")
    (found,) = most_forgotten(class_drops(RUNS + REFERENCE), "shuffled")
    worst = table["drop"].idxmax()
    assert (found.condition, found.name, found.n) == ("a", str(worst), 2)
    expected = table.loc[worst, ["drop", "ci_low", "ci_high"]].tolist()
    assert [found.drop, found.low, found.high] == pytest.approx(expected)


def test_classes_stand_in_the_order_of_training_and_the_reference_is_grey():
    look = Look(("shuffled", "b"), reference="shuffled")
    backwards = [segmented("shuffled", 0)]
    backwards[0].arrays["class_segments"] = BACKWARDS[0].arrays["class_segments"]
    (axis,) = class_drop_figure(BACKWARDS + backwards, look=look, **WORDS).axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["2", "1", "0"]
    assert [c[0].get_color() for c in axis.containers] == [GREY, "#0072B2"]
    drops = class_drops(BACKWARDS)["b"].values.mean(axis=0)
    np.testing.assert_allclose(axis.containers[1][0].get_ydata(), 100 * drops[[2, 1, 0]])


def test_the_legend_stands_below_the_points_and_names_each_condition_once():
    runs = [segmented(name, seed) for name in ("shuffled", *"abcd") for seed in range(2)]
    figure = class_drop_figure(runs, look=Look(reference="shuffled"), **WORDS)
    assert [axis.get_legend() for axis in figure.axes] == [None] * 4
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["shuffled (2)", "a (2)", "b (2)", "c (2)", "d (2)"]


def test_a_class_that_was_never_shown_keeps_its_place_and_has_no_point():
    runs = [segmented("a", seed, shift=seed / 10) for seed in range(3)]
    for run in runs:
        run.arrays["class_segments"][:, 2] = 0
    (axis,) = class_drop_figure(runs, **WORDS).axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["2", "0", "1"]
    drawn = axis.containers[0][0].get_ydata()
    np.testing.assert_allclose(drawn, 100 * class_drops(runs)["a"].values.mean(axis=0)[[2, 0, 1]])
    assert np.isnan(drawn).tolist() == [True, False, False]


def test_conditions_that_number_their_classes_otherwise_are_drawn_by_name():
    other = segmented("b", 0)
    other.arrays["class_names"] = np.array([2, 0, 1])
    (axis,) = class_drop_figure([segmented("a", 0), other], **WORDS).axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["0", "1", "2"]
    drops = 100 * class_drops([segmented("a", 0)])["a"].values[0]
    a, b = (container[0].get_ydata() for container in axis.containers)
    np.testing.assert_allclose(a, drops)
    np.testing.assert_allclose(b, drops[[1, 2, 0]])


def test_more_conditions_than_a_panel_holds_have_one_each():
    runs = [segmented(name, 0) for name in "abcd"]
    assert len(class_drop_figure(runs, **WORDS).axes) == 4
    assert len(class_drop_figure(runs[:3], **WORDS).axes) == 1


def test_the_wide_table_has_a_column_for_each_class():
    long, wide = forgetting_table(RUNS), wide_table(RUNS)
    assert wide.columns.tolist() == ["condition", "figure", "0", "1", "2"]
    assert wide["figure"].tolist() == ["learned", "final", "drop", "ci_low", "ci_high"]
    drops = wide[wide["figure"] == "drop"][["0", "1", "2"]].to_numpy()[0]
    np.testing.assert_allclose(drops, long["drop"])


def test_runs_without_segments_are_refused():
    with pytest.raises(ValueError, match="none finished with segment"):
        class_drop_figure([Run("a", 0)], **WORDS)


def test_the_most_forgotten_class_may_be_unknown_to_some_runs():
    """One was never shown 1 and 2, another never 0: the table has the means of the others."""
    runs = [segmented("a", seed) for seed in range(3)]
    runs[0].arrays["class_segments"] = np.tile([1, 0, 0], (len(GRID), 1)).astype(np.int32)
    runs[1].arrays["class_segments"] = np.tile([0, 2, 3], (len(GRID), 1)).astype(np.int32)
    table = forgetting_table(runs).set_index("class")
    (found,) = most_forgotten(class_drops(runs))
    worst = table["drop"].idxmax()
    assert (found.name, found.n) == (str(worst), 2)
    assert found.drop == pytest.approx(table.loc[worst, "drop"])
