"""Tables of tasks: methods beside each other, R, and each task over the epochs."""

import numpy as np
import pytest

from analysis.metrics.values import values_of
from analysis.tasks import matrix_table, task_curve_table, task_table
from tests.analysis.conftest import R_ROWS, Run, by_task

RUNS = [by_task("a", seed, shift=seed / 10) for seed in range(3)]
RUNS += [by_task("joint", seed, shown="all") for seed in range(3)]


def test_conditions_stand_beside_each_other_by_the_figures_of_tasks():
    table = task_table(RUNS).set_index("condition")
    assert table["n"].to_dict() == {"a": 3, "joint": 3}
    # The first task ends at .50, .40 and .30.
    assert table.loc["a", "average accuracy"] == pytest.approx((0.4 + 0.6 + 0.96) / 3)
    assert table.loc["a", "sd"] == pytest.approx(0.1 / 3)
    half = 4.302653 * 0.1 / 3 / np.sqrt(3)
    assert table.loc["a", "ci_high"] - table.loc["a", "average accuracy"] == pytest.approx(half)
    assert table.loc["a", "backward transfer"] == pytest.approx((0.4 - 0.9 + 0.6 - 0.8) / 2)
    assert table.loc["joint", "average accuracy"] == pytest.approx((0.5 + 0.6 + 0.96) / 3)
    assert np.isnan(table.loc["joint", "backward transfer"])


def test_r_over_the_seeds_leaves_out_what_was_not_evaluated():
    table = matrix_table(RUNS).set_index(["condition", "after", "task"])
    assert len(table.loc["a"]) == 4 * 3
    np.testing.assert_allclose(table.loc["a", "mean"].unstack(), [*R_ROWS[:3], [0.4, 0.6, 0.96]])
    assert table.loc[("a", 3, 1), "sd"] == pytest.approx(0.1)
    assert sorted(table.loc["joint"].index) == [(0, 1), (0, 2), (0, 3), (3, 1), (3, 2), (3, 3)]


def test_one_seed_has_no_spread():
    assert matrix_table(RUNS[:1])["sd"].isna().all()


def test_each_task_has_a_curve_over_all_epochs():
    table = task_curve_table(RUNS).set_index(["condition", "task", "epoch"])
    assert len(table.loc["a"]) == 3 * 7
    first = table.loc[("a", 1, 6)]
    assert first.tolist() == pytest.approx([3, 0.35, 0.4, 0.45])
    assert set(table.loc["joint"].index) == {(t, e) for t in (1, 2, 3) for e in (0, 3)}


@pytest.mark.parametrize("table", [task_table, matrix_table, task_curve_table])
def test_runs_without_tasks_are_refused(table):
    with pytest.raises(ValueError, match="none finished with tasks"):
        table([Run("a", 0)])


def average_accuracies(runs):
    """What a comparison reads."""
    return values_of(runs, "tasks: average accuracy", "a")


@pytest.mark.parametrize("table", [task_table, matrix_table, average_accuracies])
def test_no_mean_over_runs_of_different_numbers_of_tasks(table):
    fewer = by_task("a", 3)
    fewer.evaluations = [each for each in fewer.evaluations if each.set != "test-task-3"]
    with pytest.raises(ValueError, match="'a' with 2 and 3 tasks"):
        table([*RUNS, fewer])
