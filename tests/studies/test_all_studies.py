"""Every study of Ebb's own: shortened in `make test`, its whole `--quick` in `make test-all`."""

import dataclasses

import pytest

from core import Recipe, Store, Tasks
from core.training.preparation import prepare
from data import load
from studies.definition.catalogue import NAMES, find
from studies.definition.variant import variant_of
from tests.studies.conftest import in_a_process

TRAINED = [
    name
    for name in NAMES
    if all(isinstance(each, Recipe) for each in find(name).conditions.values())
]
SHORT = ("class-order", "class-position", "label-noise", "monitored-mlp", "replay")
"""Studies that between them have most of what a recipe can; the others in `make test-all`."""
SCORED = [name for name in NAMES if name not in TRAINED]


def quick(name):
    """The study as `--quick` runs it."""
    return variant_of(find(name), {}, quick=True).study


@pytest.fixture(scope="module")
def trainer():
    from core import Trainer

    return Trainer()


@pytest.mark.parametrize("name", TRAINED)
def test_every_condition_fits_the_quick_data(name):
    for recipe in quick(name).conditions.values():
        prepare(recipe, 0, load(recipe.dataset))


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in SHORT else pytest.mark.slow) for n in TRAINED]
)
def test_a_study_shortened(name, trainer):
    conditions = quick(name).conditions
    for condition in (next(iter(conditions)), list(conditions)[-1]):
        recipe = conditions[condition]
        first = recipe.pretraining and dataclasses.replace(recipe.pretraining, epochs=1)
        recipe = dataclasses.replace(recipe, pretraining=first, compiler="graph")
        if not isinstance(recipe.order, Tasks):
            recipe = dataclasses.replace(recipe, epochs=1)
        dataset, source = (*map(load, recipe.datasets), None)[:2]
        record = trainer.train(recipe, 0, dataset, source=source)
        assert record.status == "finished"
        measured = {each.set for each in record.evaluations}
        assert {*recipe.evaluation.at_end} <= measured
        assert {"test", "test-task-1"} & measured


@pytest.mark.slow
def test_split_fashion_mnist_takes_cifar_10_too(trainer):
    conditions = variant_of(find("split-fashion-mnist"), {"dataset": "digits-colour"}).study
    recipe = conditions.conditions["class-EWC"]  # images of 32 x 32 x 3, as CIFAR-10's
    few = dataclasses.replace(recipe.order, epochs_each=1, steps_each=1)
    recipe = dataclasses.replace(recipe, order=few, epochs=5, compiler="graph")
    record = trainer.train(recipe, 0, load(recipe.dataset))
    assert record.status == "finished"
    assert {f"test-task-{task}" for task in range(1, 6)} <= {e.set for e in record.evaluations}


@pytest.mark.parametrize("name", SCORED)
def test_scores_are_what_the_study_shows(name):
    study = quick(name)
    measured = {
        row[2]
        for condition, each in study.conditions.items()
        for row in each.run(0, study=name, variant="quick", condition=condition).history
    }
    assert {study.primary, *study.shown} <= measured


@pytest.mark.parametrize("name", TRAINED)
def test_reported_figures_and_shown_metrics_are_measured_by_their_conditions(name):
    study = find(name)
    for reported in study.reported:
        plan = study.recipe(reported.condition).evaluation
        set_ = reported.metric.removeprefix("best ").partition(" ")[0]
        of_tasks = "test-tasks" if set_ == "tasks:" else set_
        assert of_tasks in (*plan.sets, *plan.at_end, "accuracy", "loss")
    for each in study.conditions.values():
        measured = (*each.evaluation.sets, *each.evaluation.at_end, "accuracy", "loss")
        for metric in study.shown:
            words = metric.removeprefix("best ").split(" ")
            of_tasks = words[0] == "tasks:" and "test-tasks" in measured
            assert words[0] in measured or each.evaluation.segments or of_tasks


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_quick_study_runs_and_is_read(name, tmp_path):
    done = in_a_process("run", name, "--quick", "--workers", "2", folder=tmp_path)
    assert done.status == 0, done.err
    study = quick(name)
    entries = Store(tmp_path / "results").entries(name)
    assert len(entries) == study.seeds * len(study.conditions)
    for words in (("table", name), ("table", name, "--kind", "summary")):
        done = in_a_process(*words, folder=tmp_path)
        assert done.status == 0, done.err
    if study.comparisons:
        assert in_a_process("compare", name, folder=tmp_path).status == 0
    if study.reported or study.claims:
        assert in_a_process("check", name, folder=tmp_path).status in (0, 1)
