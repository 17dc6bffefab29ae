from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures.class_segments import class_segment_heatmap
from analysis.figures.saving import save
from tests.analysis.conftest import Evaluation, Run, confusion


def segmented(condition: str, seed: int, epochs: int = 2, order=(1, 2, 3)) -> Run:
    looks = []
    for epoch in range(1, epochs + 1):
        for segment in range(1, 4):
            accuracy = (10 * epoch + segment + seed) / 100
            looks.append(Evaluation("test-sample", epoch, segment, 0, confusion(accuracy, 0.5, 1)))
    segments = np.tile(np.array(order, dtype=np.int32), (epochs, 1))
    return Run(condition, seed, evaluations=looks, arrays={"class_segments": segments})


def draw(runs: list[Run], **options) -> Figure:
    return class_segment_heatmap(runs, question="What is lost?", dataset="digits", **options)


def panels(figure: Figure) -> list:
    return [axis for axis in figure.axes if axis.get_ylabel() == "accuracy on class"]


def cells(axis) -> np.ndarray:
    return np.asarray(axis.collections[0].get_array()).reshape(3, 3)


def test_each_condition_shows_first_epoch_last_epoch_and_spread() -> None:
    first, last, spread = panels(draw([segmented("a", seed) for seed in (0, 2, 4)]))
    np.testing.assert_allclose(cells(first)[0], [13, 14, 15])  # class 0 over segments, percent
    np.testing.assert_allclose(cells(last)[0], [23, 24, 25])
    np.testing.assert_allclose(cells(spread), [[2, 2, 2], [0, 0, 0], [0, 0, 0]], atol=1e-9)


def test_titles_say_question_data_set_epoch_and_seeds() -> None:
    figure = draw([segmented("a", seed) for seed in range(3)])
    title = figure.get_suptitle()
    assert "What is lost?" in title
    assert "digits" in title
    assert panels(figure)[1].get_title() == "a\nepoch 2 of 2, mean of 3 seeds"


def test_conditions_share_one_colour_scale() -> None:
    figure = draw([segmented("a", 0), segmented("b", 0), segmented("a", 1), segmented("b", 1)])
    limits = [axis.collections[0].get_clim() for axis in panels(figure)]
    assert len(limits) == 6
    assert {limits[k] for k in (0, 1, 3, 4)} == {(0, 100)}
    assert limits[2] == limits[5]


def test_segments_are_labelled_by_the_class_whose_turn_it_was() -> None:
    figure = draw([segmented("a", seed, order=(3, 1, 2)) for seed in range(2)])
    axis = panels(figure)[0]
    assert [each.get_text() for each in axis.get_xticklabels()] == ["1", "2", "0"]
    assert axis.get_xlabel() == "after the segment of class"
    assert len(axis.patches) == 3


def test_a_class_without_a_turn_is_not_outlined() -> None:
    axis = panels(draw([segmented("a", seed, order=(2, 0, 2)) for seed in range(2)]))[0]
    assert [patch.get_xy() for patch in axis.patches] == [(1, 0), (1, 2)]
    assert [each.get_text() for each in axis.get_xticklabels()] == ["-", "0, 2", "-"]


def test_where_orders_differ_between_seeds_segments_are_only_numbered() -> None:
    runs = [segmented("a", 0), segmented("a", 1, order=(2, 3, 1))]
    axis = panels(draw(runs))[0]
    assert [each.get_text() for each in axis.get_xticklabels()] == ["1", "2", "3"]
    assert "order differs" in axis.get_xlabel()
    assert not axis.patches


def test_a_label_can_be_given_for_an_order_without_training_segments() -> None:
    axis = panels(draw([segmented("shuffled", 0)], x_labels={"shuffled": "as class"}))[0]
    assert axis.get_xlabel() == "as class"


def test_one_seed_and_one_epoch_can_be_drawn() -> None:
    mean, spread = panels(draw([segmented("a", 0, epochs=1)]))
    assert "1 seed" in mean.get_title()
    assert any(text.get_text() == "one seed: no spread" for text in spread.texts)


def test_the_figure_is_14_inches_wide(tmp_path: Path) -> None:
    save(draw([segmented("a", 0)]), tmp_path / "f.png")
    header = (tmp_path / "f.png").read_bytes()[:24]
    assert int.from_bytes(header[16:20], "big") == 14 * 300


def test_labels_of_neighbouring_panels_do_not_overlap() -> None:
    figure = draw([segmented("class-sequential with a smaller learning rate", s) for s in range(2)])
    figure.canvas.draw()
    boxes = [axis.title.get_window_extent() for axis in panels(figure)]
    for left, right in pairwise(boxes):
        assert left.x1 < right.x0


def test_runs_without_segments_are_refused() -> None:
    with pytest.raises(ValueError, match="none finished with segment evaluations"):
        draw([Run("a", 0)])
    with pytest.raises(ValueError, match="expected the same for all"):
        draw([segmented("a", 0), segmented("a", 1, epochs=3)])
