import numpy as np
import pytest

from analysis.figures.misclassified import misclassified_figure
from analysis.metrics.misclassified import misclassified_table
from tests.analysis.conftest import Run


def network(condition, seed, *rows, status="finished"):
    found = np.array(rows, dtype=np.int32).reshape(-1, 3)
    return Run(condition, seed, status, arrays={"misclassified": found})


RUNS = [
    network("a", 0, [3, 1, 2], [5, 0, 9]),
    network("a", 1, [5, 0, 7], [8, 4, 4 + 1]),
    network("a", 2, [5, 0, 7]),
    network("a", 3, [3, 1, 2], [4, 4, 5], status="diverged"),
    network("b", 0),
]


def test_the_most_frequent_come_first_with_what_they_are_most_often_taken_for():
    table = misclassified_table(RUNS)
    assert table.to_numpy().tolist() == [
        ["a", 5, 0, 7, 3, 3],
        ["a", 3, 1, 2, 1, 3],
        ["a", 8, 4, 5, 1, 3],
    ]


def test_of_classes_named_equally_often_the_smallest_is_shown():
    runs = [network("a", 0, [1, 0, 8], [2, 9, 4]), network("a", 1, [1, 0, 3])]
    table = misclassified_table(runs)
    assert table[["true", "predicted"]].to_numpy().tolist() == [[0, 3], [9, 4]]


def test_runs_without_a_note_and_of_two_data_sets_are_refused():
    with pytest.raises(ValueError, match="measurements=misclassified"):
        misclassified_table([Run("a", 0)])
    with pytest.raises(ValueError, match="expected one data set"):
        misclassified_table([network("a", 0, [1, 0, 8]), network("a", 1, [1, 2, 8])])


@pytest.mark.parametrize("shape", [(9, 4, 5), (9, 4, 5, 1), (9, 4, 5, 3)])
def test_the_figure_shows_the_images_under_their_classes(shape):
    images = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    table = misclassified_table(RUNS)
    figure = misclassified_figure(table, {"a": images}, question="Which?", dataset="digits")
    drawn = [axis for axis in figure.subfigs[0].axes if axis.images]
    assert [axis.get_title() for axis in drawn] == [
        "0, taken for 7\n3 of 3 runs",
        "1, taken for 2\n1 of 3 runs",
        "4, taken for 5\n1 of 3 runs",
    ]
    for axis, position in zip(drawn, (5, 3, 8), strict=True):
        np.testing.assert_array_equal(axis.images[0].get_array(), images[position].squeeze())


def test_a_figure_of_a_part_of_the_conditions_says_so():
    runs = [network(f"c{i}", 0, [0, 0, 1]) for i in range(14)]
    images = {run.condition: np.zeros((1, 2, 2)) for run in runs}
    figure = misclassified_figure(
        misclassified_table(runs), images, question="Which?", dataset="digits"
    )
    assert "12 of 14 conditions" in figure.get_suptitle()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="misclassify nothing"):
        misclassified_figure(misclassified_table([network("a", 0)]), {}, question="", dataset="")
    with pytest.raises(ValueError, match="expected images of height x width"):
        misclassified_figure(
            misclassified_table(RUNS), {"a": np.zeros((9, 30))}, question="", dataset=""
        )
