"""Tables, figures, notes and the page of a study of tasks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import studies
from core import Evaluation
from core.notes import note
from studies.report.content import report_of
from studies.results.units import chance_of
from tests.studies.conftest import confusion, keep, made_in_tasks

STUDY = '''
"""A study of tasks."""

from dataclasses import replace

from core import Tasks
from studies import Study
from studies.definition.catalogue import find

order = Tasks(groups=((0, 1), (2, 3), (4, 5), (6, 7), (8, 9)), epochs_each=2)
recipe = replace(find("class-order").conditions["shuffled"], order=order, epochs=10)
study = Study(
    name="in-tasks",
    question="What is kept?",
    conditions={"kept": recipe, "fine-tuning": recipe},
    primary="tasks: average accuracy",
    comparisons=(("kept", "fine-tuning"),),
)
'''


def in_sets(condition: str, seed: int, kept: float):
    """All of a task is learned; so much of earlier tasks is kept."""
    record = made_in_tasks(condition, seed)
    looks = []
    for epoch in range(11):
        for task in range(5):
            now = (epoch - 1) // 2
            right = 1.0 if task == now else kept + 0.05 * seed if task < now else 0.0
            counts = confusion(right * (epoch > 0))
            looks.append(Evaluation(f"test-task-{task + 1}", epoch, 1, epoch, counts, 0.5))
    return replace(record, study="in-tasks", evaluations=tuple(looks), arrays={})


@pytest.fixture
def tasks(store):
    Path("in_tasks.py").write_text(STUDY)
    for seed in range(3):
        keep(store, in_sets("fine-tuning", seed, 0.0), in_sets("kept", seed, 0.5), planned=10)
    return store


def test_the_table_of_tasks_answers_a_question_of_tasks(ebb, tasks):
    lines = ebb("table", "in_tasks.py").out.splitlines()
    assert "by figures of tasks" in lines[0]
    row = next(line.split() for line in lines if line.startswith("kept "))
    # Of four earlier tasks .50, .55 and .60 are kept.
    assert row[:3] == ["kept", "3", "64.00"]
    assert row[7:9] == ["-45.00", "45.00"]
    assert "FWT" not in lines[1]
    assert lines[1].split()[-2:] == ["kB", "kept"]
    assert row[-1] == "0"
    assert any(line.startswith("From the test examples of each task by itself") for line in lines)


def test_the_legend_is_of_the_columns_that_are_shown(ebb, tasks):
    full = ebb("table", "in_tasks.py").out
    assert all(f"{name}: mean of" in full for name in ("ACC", "BWT", "learning"))
    assert "FWT: " not in full
    chosen = ebb("table", "in_tasks.py", "--columns", "condition,learning").out
    assert "learning: mean of R[j, j]." in chosen
    assert not any(f"{name}: mean of" in chosen for name in ("ACC", "BWT"))


def test_who_is_near_the_floor_of_class_incremental_learning_is_said_to_be_expected(ebb, tasks):
    for kind in ("tasks", "summary", "overview"):
        said = ebb("table", "in_tasks.py", "--kind", kind).out
        assert "has ACC 20.00 (the mean of 0, ..., 0, 1)" in said
        assert "Within 5 points of it: fine-tuning (24.00)." in said


def test_only_who_sees_the_tasks_one_after_another_is_held_to_the_floor(ebb, store):
    last_alone = in_sets("shuffled", 0, 0.0)
    conditions = {
        "plain": {},
        "joint": {"order": last_alone.recipe["order"] | {"shown": "all"}},
        "replay": {"replay": {"capacity": 1000}},
        "task-il": {"scenario": {"kind": "task"}},
    }
    for i, (name, more) in enumerate(conditions.items()):
        given = {"study": "mine", "condition": name, "key": f"{i:016x}"}
        record = replace(last_alone, recipe=last_alone.recipe | more, **given)
        store.save(record, "digest", planned=1)
    none = tuple(each._replace(confusion=confusion(0.0)) for each in last_alone.evaluations)
    given = {"study": "mine", "condition": "nothing", "key": "f" * 16}
    store.save(replace(last_alone, evaluations=none, **given), "digest", planned=1)
    said = ebb("table", "mine", "--kind", "tasks").out
    assert "Within 5 points of it: plain (20.00).\n" in said
    row = next(line for line in said.splitlines() if line.startswith("replay "))
    assert row.split()[-1] == "784"  # 1,000 images of MNIST, in kB
    store.save(replace(in_sets("shuffled", 0, 0.5), study="other"), "digest", planned=1)
    assert "Within 5 points of it: none.\n" in ebb("table", "other", "--kind", "tasks").out


def test_a_penalty_that_hardly_acts_is_said(ebb, store):
    Path("in_tasks.py").write_text(STUDY)
    weak = in_sets("kept", 0, 0.5)
    keep(store, replace(weak, notes=(note("small-penalty", largest="1e-09"),)), planned=10)
    keep(store, in_sets("kept", 1, 0.5), in_sets("fine-tuning", 0, 0.0), planned=10)
    said = ebb("table", "in_tasks.py").out
    assert "A penalty that is below a thousandth of the loss throughout: kept (runs: 1)." in said


def test_r_is_printed_with_its_spread_and_given_to_programs_in_full(ebb, tasks):
    lines = ebb("table", "in_tasks.py", "--kind", "task-matrix").out.splitlines()
    assert " ".join(lines[1].split()) == "condition after n task 1 task 2 task 3 task 4 task 5"
    row = next(line for line in lines if line.startswith("kept") and "task 2" in line)
    assert " ".join(row.split()).startswith("kept task 2 3 55.0 ± 5.0 100.0 ± 0.0 0.0 ± 0.0")
    rows = json.loads(ebb("table", "in_tasks.py", "--kind", "task-matrix", "--format", "json").out)
    assert len(rows) == 2 * 6 * 5
    named = [line.split()[0] for line in lines if line.startswith(("kept ", "fine-tuning "))]
    assert named == ["kept"] * 6 + ["fine-tuning"] * 6


def test_a_notebook_has_tables_and_figures_of_tasks(tasks):
    results = studies.read("in_tasks.py")
    assert results.tasks()["average accuracy"].tolist() == pytest.approx([0.64, 0.24])
    assert set(results.task_matrix()["after"]) == set(range(6))
    assert len(results.plot_tasks()) == len(results.plot_task_matrix()) == 2
    assert np.isclose(results.compare("kept", "fine-tuning").difference.points, 40)


def test_the_page_has_them_too(tasks):
    report = report_of(tasks, "in_tasks.py")
    assert "by figures of tasks" in report.tables[0].title
    assert any("accuracy on each task after each task" in each.title for each in report.more)
    drawn = {figure.name: figure for figure in report.figures}
    assert "kept: 55.0, 55.0, 55.0, 55.0, 100.0 %" in drawn["tasks"].alt
    assert "task-matrix" in drawn
    assert not report.missing


def test_rows_of_r_stand_in_their_order_below_a_condition_that_has_the_last_alone(ebb):
    for condition, over in (("at-once", (2,)), ("in-turns", (0, 1, 2))):
        with studies.record("mine", condition=condition, seed=0, classes=2) as run:
            for segment in over:
                for task in (1, 2):
                    run.evaluate(f"test-task-{task}", [0, 1], [0, task - 1], segment=segment)
    rows = [
        line.split()[:3] for line in ebb("table", "mine", "--kind", "task-matrix").out.split("\n")
    ]
    assert [row[1:] for row in rows if row[:1] == ["in-turns"]] == [
        ["untrained", "1"], ["task", "1"], ["task", "2"],
    ]  # fmt: skip


def test_figures_that_fewer_runs_have_than_n_says_are_named(ebb):
    for seed in (0, 1):
        with studies.record("mine", condition="a", seed=seed, classes=2, scenario="task") as run:
            for segment in range(seed, 3):  # the untrained network is known of the first alone
                for task in (1, 2):
                    run.evaluate(f"test-task-{task}", [0, 1], [0, task - 1], segment=segment)
    table = studies.read("mine").tasks().iloc[0]
    assert (table["n"], table["forward transfer"]) == (2, 0)
    said = ebb("table", "mine").out
    assert "\nOf fewer runs than n: FWT of a (1).\n" in said
    assert "floor" not in said


@pytest.mark.parametrize(("scenario", "chance"), [("task", 0.5), ("class", 0.25)])
def test_a_diverged_run_guesses_among_the_outputs_that_compete(scenario, chance):
    for condition in ("a", "b"):
        for seed in range(3):
            given = {"condition": condition, "seed": seed, "classes": 4, "scenario": scenario}
            with studies.record("mine", **given) as run:
                for segment in (1, 2):
                    for task in (1, 2):
                        labels = [2 * task - 2, 2 * task - 1] * 5
                        predicted = labels[: 5 + seed] + [labels[0]] * (5 - seed)
                        loss = np.nan if (condition, seed) == ("a", 0) else 0.5
                        at = {"segment": segment, "loss": loss}
                        run.evaluate(f"test-task-{task}", labels, predicted, **at)
    assert studies.read("mine").compare("a", "b").worst_case.chance == chance


def test_no_one_chance_stands_for_conditions_of_other_scenarios():
    for condition, scenario in (("a", "task"), ("b", "class")):
        given = {"condition": condition, "seed": 0, "classes": 4, "scenario": scenario}
        with studies.record("mine", **given) as run:
            for task in (1, 2):
                run.evaluate(f"test-task-{task}", [2 * task - 2, 2 * task - 1], [0, 0], segment=2)
    assert chance_of(studies.read("mine").reading, "tasks: average accuracy") is None
