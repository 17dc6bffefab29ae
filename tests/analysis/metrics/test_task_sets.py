"""R and the published figures from evaluation sets by task, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.metrics.registry import REGISTRY, metric_named
from analysis.metrics.task_sets import (
    condition_accuracies,
    set_figures,
    task_accuracies,
    task_figures_among,
)
from analysis.metrics.values import values_of
from analysis.runs import RunSet
from analysis.tables import history_table, summary_table
from tests.analysis.conftest import R_ROWS, Evaluation, Run, by_task, confusion, in_tasks

FIGURES = {
    "tasks: average accuracy": (0.50 + 0.60 + 0.96) / 3,
    "tasks: accuracy over examples": (50 + 30 + 48) / 200,
    "tasks: backward transfer": (0.50 - 0.90 + 0.60 - 0.80) / 2,
    "tasks: forward transfer": (0.60 - 0.52 + 0.56 - 0.48) / 2,
    "tasks: mean forgetting_max_minus_last": (0.90 - 0.50 + 0.80 - 0.60) / 2,
    "tasks: mean forgetting_first_minus_last": (0.90 - 0.50 + 0.80 - 0.60) / 2,
    "tasks: learning accuracy": (0.90 + 0.80 + 0.96) / 3,
    "tasks: minimum accuracy": (0.50 + 0.60) / 2,
    "tasks: worst-case accuracy": 0.96 / 3 + 2 / 3 * (0.50 + 0.60) / 2,
    # 90 of 100 examples, 70 + 40 of 150, 128 of 200.
    "tasks: average incremental accuracy": (90 / 100 + 110 / 150 + 128 / 200) / 3,
}
OF_ONE_ROW = ("tasks: average accuracy", "tasks: accuracy over examples")


def test_r_is_taken_where_each_task_ends():
    np.testing.assert_allclose(task_accuracies(by_task("a", 0)), R_ROWS)


def test_a_task_by_steps_is_one_epoch():
    order = by_task("a", 0).recipe["order"] | {"steps_each": 10}
    r = task_accuracies(by_task("a", 0, order=order))[1:]
    halfway, after_first = np.array(R_ROWS[1]) - 0.2, R_ROWS[1]
    np.testing.assert_allclose(r, [halfway, after_first, np.array(R_ROWS[2]) - 0.2])


def test_r_of_a_condition_is_stacked_by_seed():
    runs = RunSet([by_task("a", 1, shift=0.1), by_task("a", 0), Run("b", 0)])
    found = condition_accuracies(runs, "a")
    assert found.shape == (2, 4, 3)
    assert found[:, -1, 0].tolist() == pytest.approx([0.5, 0.4])
    assert condition_accuracies(runs, "b").shape == (0, 1, 0)
    fewer = by_task("a", 2)
    fewer.evaluations = [each for each in fewer.evaluations if each.set != "test-task-3"]
    with pytest.raises(ValueError, match="'a' with 2 and 3 tasks"):
        condition_accuracies(RunSet([*runs, fewer]), "a")


@pytest.mark.parametrize("kind", ["task", "domain", "class-masked-at-test"])
def test_the_published_figures(kind):
    assert set_figures(by_task("a", 0, kind)) == pytest.approx(FIGURES)


def test_a_tasks_size_is_that_of_its_whole_set_where_earlier_looks_are_of_a_sample():
    run = by_task("a", 0)
    run.evaluations = [
        look
        if look.epoch == 6
        else replace(look, confusion=look.confusion * (100 // look.confusion.sum()))
        for look in run.evaluations
    ]
    assert {int(look.confusion.sum()) for look in run.evaluations if look.epoch < 6} == {100}
    assert set_figures(run) == pytest.approx(FIGURES)


def test_no_forward_transfer_where_a_class_cannot_be_predicted_before_it_is_learned():
    assert "tasks: forward transfer" not in set_figures(by_task("a", 0, "class"))
    assert "tasks: forward transfer" not in set_figures(by_task("a", 0, scenario=None))


def test_a_joint_run_has_the_figures_of_its_last_row():
    joint = by_task("a", 0, shown="all")
    assert np.isnan(task_accuracies(joint)[1:-1]).all()
    assert set_figures(joint) == pytest.approx({name: FIGURES[name] for name in OF_ONE_ROW})


def test_a_run_that_ended_before_its_last_task_has_none():
    run = by_task("a", 0)
    run.evaluations = [each for each in run.evaluations if each.epoch < 6]
    assert set_figures(run) == {}


def test_intransigence_is_what_joint_training_of_the_same_seed_and_scenario_does_better():
    joint = [by_task("joint", seed, shown="all", shift=-0.3) for seed in (0, 1)]
    runs = [by_task("a", 0), by_task("a", 2), *joint, by_task("other", 0, "class", "all")]
    values = values_of(runs, "tasks: intransigence", "a")
    # .80, .60, .96 of the joint run; .90, .80, .96 just after each task.
    assert values.to_dict() == pytest.approx({0: (-0.1 - 0.2 + 0) / 3})
    assert values_of(runs[:4], "tasks: average accuracy", "joint").size == 2
    early = by_task("a", 0)
    early.evaluations = [each for each in early.evaluations if each.epoch < 6]
    assert task_figures_among(RunSet([early, *joint]), early) == {}


def test_joint_training_on_a_part_of_the_data_bounds_nothing():
    part = by_task("part", 0, shown="all", split={"per_class": 30})
    with pytest.raises(ValueError, match="expected a figure that runs of 'a' have"):
        values_of([by_task("a", 0), part], "tasks: intransigence", "a")


def test_the_tasks_of_domains_have_the_same_classes():
    run = by_task("a", 0, scenario=None)
    run.recipe["order"] |= {"is": "Domains"}
    assert "tasks: forward transfer" in set_figures(run)


def test_of_several_joint_runs_the_one_with_the_most_alike_recipe_counts():
    noisy = {"label_noise": {"is": "WrongLabels", "share": 0.2}}
    joint = [by_task("j", 0, shown="all"), by_task("jn", 0, shown="all", shift=-0.3, **noisy)]
    runs = [by_task("a", 0), by_task("an", 0, **noisy), *joint]
    found = {name: values_of(runs, "tasks: intransigence", name).item() for name in ("a", "an")}
    assert found == pytest.approx({"a": (-0.4 - 0.2) / 3, "an": (-0.1 - 0.2) / 3})


def test_every_figure_is_registered_with_its_definition_and_its_unit():
    runs = RunSet([by_task("a", 0), by_task("joint", 0, shown="all")])
    for name, value in FIGURES.items():
        assert REGISTRY[name].value(runs, runs[0]) == pytest.approx(value)
        assert REGISTRY[name].definition
    assert metric_named("tasks: forward transfer").unit == "percentage points"
    assert metric_named("tasks: intransigence").higher_is_better is False


def test_the_summary_has_the_figures_and_not_each_task_and_the_history_has_each_task():
    runs = [by_task("a", seed, shift=seed / 10) for seed in range(2)]
    runs += [by_task("joint", seed, shown="all") for seed in range(2)]
    table = summary_table(runs).set_index(["condition", "metric"])
    assert {name for condition, name in table.index if condition == "joint"} == {*OF_ONE_ROW}
    assert {name for condition, name in table.index if condition == "a"} == {
        *FIGURES,
        "tasks: intransigence",
    }
    assert table.loc[("a", "tasks: average accuracy"), "mean"] == pytest.approx((2.06 - 0.05) / 3)
    assert "test-task-3 accuracy" in set(history_table(runs)["name"])


def test_sets_by_task_come_before_the_classes_of_the_same_run():
    both = by_task("a", 0)
    other = in_tasks("a", 0)
    both.evaluations, both.arrays = [*both.evaluations, *other.evaluations], other.arrays
    table = summary_table([both]).set_index("metric")["mean"]
    assert table["tasks: average accuracy"] == pytest.approx(FIGURES["tasks: average accuracy"])
    assert "mean drop" in table
    assert not table.index.duplicated().any()


def test_without_sets_by_task_r_is_of_the_classes():
    found = task_accuracies(in_tasks("a", 0))
    # Untrained: classes 2 and 0 have 30 and 10 right of 100 each, 1 has 20, 3 has 40.
    np.testing.assert_allclose(found[0], [(30 + 10) / 200, 0.2, 0.4])
    np.testing.assert_allclose(found[-1], [0.425, 0.40, 0.98])
    later = in_tasks("a", 0)
    later.evaluations = [each for each in later.evaluations if each.epoch > 0]
    np.testing.assert_array_equal(task_accuracies(later), [[np.nan] * 3, *found[1:]])
    assert task_accuracies(Run("a", 0)) is None


def test_ten_tasks_stand_in_the_order_of_their_numbers():
    looks = [
        Evaluation(f"test-task-{task}", epoch, 1, epoch, confusion(task / 20, task / 20))
        for task in range(1, 12)
        for epoch in range(12)
    ]
    run = Run("a", 0, evaluations=looks, recipe={"order": {"epochs_each": 1}})
    np.testing.assert_allclose(task_accuracies(run), np.tile(np.arange(1, 12) / 20, (12, 1)))
