"""Tables and figures name the classes as the data set's files do."""

import numpy as np
import pytest

from analysis.confusions import confusion_table
from analysis.figures.class_dumbbells import class_dumbbell_figure, class_end_table
from analysis.figures.class_segments import class_segment_heatmap
from analysis.figures.confusion import confusion_figure
from analysis.figures.recency import position_figure
from analysis.figures.segments import segment_figure
from analysis.metrics.misclassified import misclassified_table
from analysis.metrics.values import values_of
from analysis.recency import class_positions
from analysis.segments import segment_table
from analysis.tables import forgetting_table, per_class_table
from tests.analysis.conftest import Run, segmented

NAMES = [3, 8, 10_007]
TITLE = {"question": "Which class?", "dataset": "letters"}


@pytest.fixture(scope="module")
def runs():
    found = [segmented("a", seed, shift=seed / 10) for seed in range(2)]
    for each in found:
        each.arrays["class_names"] = np.array(NAMES)
        each.arrays["misclassified"] = np.array([[7, 0, 2]], dtype=np.int32)
    return found


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *((per_class_table, "class"), (forgetting_table, "class"), (class_end_table, "class")),
        *((segment_table, "class"), (confusion_table, "true"), (confusion_table, "predicted")),
    ],
)
def test_tables_name_classes_by_their_labels(runs, table, column):
    assert table(runs)[column].unique().tolist() == NAMES


def test_classes_without_names_are_numbers():
    assert per_class_table([segmented("a", 0)])["class"].tolist() == [0, 1, 2]


def test_a_misclassified_example_is_told_by_labels(runs):
    (row,) = misclassified_table(runs).to_dict("records")
    assert (row["true"], row["predicted"], row["runs"]) == (3, 10_007, 2)


def test_a_figure_of_a_class_is_asked_for_by_its_label(runs):
    assert values_of(runs, "test accuracy", "a", 3).tolist() == pytest.approx([0.6, 0.5])
    with pytest.raises(ValueError, match="of class 0"):
        values_of(runs, "test accuracy", "a", 0)


@pytest.mark.parametrize(
    "draw", [class_segment_heatmap, segment_figure, confusion_figure, class_dumbbell_figure]
)
def test_figures_name_classes_by_their_labels(runs, draw):
    axes = draw(runs, **TITLE).axes[0]
    labels = [text.get_text() for text in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    assert set(map(str, NAMES)) <= set(labels)


def test_the_figure_of_places_names_classes_by_their_labels(runs):
    runs[1].arrays["class_segments"] = np.array([[3, 2, 1]] * 2)
    axes = position_figure(class_positions(runs), **TITLE).axes[0]
    assert "10007" in {label for text in axes.texts for label in text.get_text().split(",")}


def test_a_class_is_the_same_one_in_every_run_of_a_condition(runs):
    other = segmented("a", 2)
    other.arrays["class_names"] = np.array(NAMES[::-1])
    for table in (per_class_table, forgetting_table, confusion_table):
        with pytest.raises(ValueError, match="3, 8, 10007 and 10007, 8, 3; expected the same"):
            table([*runs, other])
    other.condition = "b"
    for table, figure in ((per_class_table, "mean"), (forgetting_table, "final")):
        by_name = table([*runs, other]).set_index(["condition", "class"])[figure]
        assert by_name["b", 3] == by_name["b"].iloc[-1]


def test_a_condition_without_finished_runs_names_classes_as_the_others(runs):
    for table in (per_class_table, forgetting_table):
        named = table([*runs, Run("lost", 0, "failed")]).set_index("condition")["class"]
        assert named["lost"].tolist() == NAMES


@pytest.mark.parametrize("names", [[3, 5, 7, 9, 11], ["ant", "bee", "cat", "dog", "eel"]])
def test_outputs_that_classes_share_have_no_names(names):
    shared = segmented("a", 0)  # of three outputs
    shared.arrays["class_names"] = np.array(names)
    assert per_class_table([shared])["class"].tolist() == [0, 1, 2]
    assert confusion_table([shared])["true"].unique().tolist() == [0, 1, 2]


def test_words_are_said_of_the_errors_whichever_classes_are_among_them():
    run = segmented("a", 0)
    run.arrays |= {
        "class_names": np.array(["cat", "dog", "owl"]),
        "misclassified": np.array([[17, 0, 1]], dtype=np.int32),
    }
    (row,) = misclassified_table([run]).to_dict("records")
    assert (row["true"], row["predicted"]) == ("cat", "dog")


@pytest.mark.parametrize(
    ("names", "called", "place"),
    [(["1", "2", "10"], 1, 0), (["1", "2", "10"], 10, 2), (["cat", "dog", "owl"], 1, 1)],
)
def test_a_class_that_is_called_by_a_number_is_found_by_it(names, called, place):
    run = segmented("a", 0)
    run.arrays["class_names"] = np.array(names)
    expected = values_of([segmented("a", 0)], "test accuracy", "a", place)
    assert values_of([run], "test accuracy", "a", called).tolist() == expected.tolist()
