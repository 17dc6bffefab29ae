"""The figures of tasks: R as heat maps, each task over the epochs."""

import numpy as np
import pytest

from analysis.figures.tasks import matrix_figure, task_curve_figure
from tests.analysis.conftest import R_ROWS, Evaluation, Run, by_task, confusion

WORDS = {"question": "What is kept?", "dataset": "digits"}
RUNS = [by_task("a", seed, shift=seed / 10) for seed in range(3)]
RUNS += [by_task("joint", seed, shown="all") for seed in range(3)]


def test_r_has_a_panel_for_each_condition_with_means_and_spreads():
    figure = matrix_figure(RUNS, **WORDS)
    panels = figure.axes[:2]
    assert [panel.get_title() for panel in panels] == ["a", "joint"]
    assert "over the seeds, 3 seeds each" in figure.get_suptitle()
    some = matrix_figure(RUNS[1:], **WORDS).axes[:2]
    assert [panel.get_title() for panel in some] == ["a (2 seeds)", "joint (3 seeds)"]
    drawn = panels[0].collections[0].get_array()
    np.testing.assert_allclose(drawn[:2], 100 * np.array(R_ROWS[1:3]))
    texts = [text.get_text() for text in panels[0].texts]
    assert texts[6] == "40.0\n±10.0"
    assert panels[1].collections[0].get_array().mask[:2].all()  # joint training has only its end
    assert len(panels[1].texts) == 3


def test_curves_mark_where_tasks_end_and_name_each_task():
    figure = task_curve_figure(RUNS, **WORDS)
    own, joint = figure.axes
    curves = [line for line in own.lines if len(line.get_xdata()) == 7]
    np.testing.assert_allclose(curves[0].get_ydata()[[0, 2, 6]], [50, 90, 40])
    marks = [line.get_xdata()[0] for line in own.lines if len(line.get_xdata()) == 2]
    assert marks == [2, 4]
    assert len(joint.lines) == 3
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["task 1", "task 2", "task 3"]


def test_many_tasks_have_colours_of_their_own_and_cells_without_spreads():
    looks = [
        Evaluation(f"test-task-{task}", epoch, 1, epoch, confusion(0.5, 0.5))
        for task in range(1, 9)
        for epoch in range(9)
    ]
    runs = [Run("a", s, evaluations=looks, recipe={"order": {"epochs_each": 1}}) for s in (0, 1)]
    lines = task_curve_figure(runs, **WORDS).legends[0].get_lines()
    assert len({line.get_color() for line in lines}) == 8
    assert {text.get_text() for text in matrix_figure(runs, **WORDS).axes[0].texts} == {"50"}


@pytest.mark.parametrize("draw", [matrix_figure, task_curve_figure])
def test_runs_without_tasks_are_refused(draw):
    with pytest.raises(ValueError, match="none finished with tasks"):
        draw([Run("a", 0)], **WORDS)
