"""Planned minus done, kept as it comes."""

from dataclasses import replace

import pytest

from core import Store
from core.notes import note
from data import InputError, load
from data.named.official import published_checksum
from studies import Study
from studies.definition.variant import variant_of
from studies.results.inventory import describe
from studies.running.plan import expected_seconds
from studies.running.plan import make_plan as plan_of
from studies.running.progress import Lines
from studies.running.request import Request
from studies.running.runner import execute
from tests.studies.conftest import OTHER_ENVIRONMENT, FakeWorkers, keep, made_record, outcome, tiny

study = Study(
    name="mine",
    question="Is it kept?",
    conditions={"a": tiny(), "b": tiny(batch_size=50)},
    seeds=3,
)
ALL = [(condition, seed) for condition in ("a", "b") for seed in range(3)]


class Shown:
    """A display that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple] = []

    def started(self, job):
        self.said.append(("started", job.condition, job.seed))

    def epoch(self, job, epoch):
        self.said.append(("epoch", job.condition, job.seed, epoch))

    def note(self, line):
        self.said.append(("note", line))

    def ended(self, job, record):
        self.said.append(("ended", job.condition, job.seed, record.status))


def make_plan(variant, store: Store, **options):
    return plan_of(Request(variant=variant, store=store, **options))


def planned(store: Store, overrides=None, **options):
    return make_plan(variant_of(study, overrides or {}), store, **options)


def ran(store: Store, fake: FakeWorkers | None = None, overrides=None, **options):
    plan = planned(store, overrides, **options)
    return execute(plan, store, Shown(), executor=fake or FakeWorkers())


def labels(records):
    return [(record.condition, record.seed) for record in records]


def test_all_seeds_of_all_conditions_are_planned(store):
    plan = planned(store)
    assert labels(plan.jobs) == ALL
    assert (plan.done, plan.failed, plan.seeds) == (0, 0, 3)
    assert not store.folder.exists()


def test_a_rerun_does_only_what_is_missing(store):
    ran(store, seeds=[0, 2])
    plan = planned(store)
    assert labels(plan.jobs) == [("a", 1), ("b", 1)]
    assert plan.done == 4
    ran(store)
    assert planned(store).jobs == ()
    assert execute(planned(store), store, Shown(), executor=FakeWorkers()) == []


def test_published_data_are_read_only_where_something_is_to_do(store, tmp_path):
    known = published_checksum("mnist")
    variant = variant_of(replace(study, conditions={"a": tiny(dataset="mnist")}), {})
    for seed in range(3):
        recipe = variant.study.recipe("a")
        keep(store, made_record("a", seed, study="mine", variant="full", recipe=recipe, data=known))
    assert make_plan(variant, store, data_dir=tmp_path).done == 3
    with pytest.raises(InputError, match="mnist is not in the data folder"):
        make_plan(variant, store, data_dir=tmp_path, seeds=range(4))


def test_chosen_conditions_and_seeds_are_planned_alone(store):
    assert labels(planned(store, conditions=["b"], seeds=[4, 5]).jobs) == [("b", 4), ("b", 5)]


def test_an_unknown_condition_is_answered_with_those_that_there_are(store):
    with pytest.raises(InputError, match="'c'; expected one of a, b"):
        planned(store, conditions=["c"])


def test_a_split_that_leaves_nothing_is_refused_before_anything_runs(store):
    with pytest.raises(InputError, match="nothing would be left"):
        planned(store, {"split.size": 5000})


def test_an_order_that_does_not_fit_the_data_is_refused_before_anything_runs(store):
    with pytest.raises(InputError, match="exactly once"):
        planned(store, {"order.classes": (1, 0)})


def test_records_are_kept_with_their_study_variant_and_data(store):
    ran(store, overrides={"epochs": 1}, conditions=["a"], seeds=[0])
    (entry,) = store.entries()
    assert entry[:4] == ("mine", "epochs=1", "a", 0)
    assert entry.data == load("digits").checksum
    # One seed is a part of the three that the study plans, not a plan of its own.
    assert store.planned("mine", "epochs=1") == 3


def test_a_changed_recipe_is_run_anew_beside_the_old_records(store):
    ran(store)
    changed = Study(
        name="mine", question="?", conditions={"a": tiny(epochs=1), "b": tiny(batch_size=50)}
    )
    plan = make_plan(variant_of(changed, {}), store, seeds=[0, 1, 2])
    assert {job.condition for job in plan.jobs} == {"a"}
    assert len(store.entries()) == 6


def test_records_of_another_environment_are_run_anew_and_stay(store):
    checksum = load("digits").checksum
    stale = {"data": checksum, "environment": OTHER_ENVIRONMENT, "study": "mine"}
    key = study.conditions["a"].key(0, checksum)
    keep(store, replace(made_record("a", 0, recipe=study.conditions["a"], **stale), key=key))
    assert ("a", 0) in labels(planned(store).jobs)
    (said,) = planned(store).notes
    assert said.startswith("in the store, but of another environment")
    assert said.endswith(": 1 of these runs; tables do not mix the two")
    ran(store, conditions=["a"], seeds=[0])
    assert len(store.entries()) == 2
    assert planned(store).notes == []


def fails_at(*where, **more):
    def end(job):
        if (job.condition, job.seed) in where:
            return ("failed", "ValueError: it broke")
        return ("record", outcome(job, **more))

    return FakeWorkers(end)


def test_a_failed_run_is_kept_and_costs_no_other(store):
    records = ran(store, fails_at(("a", 1)))
    assert labels(records) == ALL
    (failed,) = [entry for entry in store.entries() if entry.status == "failed"]
    assert (failed.condition, failed.seed, failed.error) == ("a", 1, "ValueError: it broke")


def test_a_failed_run_is_repeated_only_when_asked(store):
    ran(store, fails_at(("a", 1)))
    plan = planned(store)
    assert (plan.jobs, plan.done, plan.failed) == ((), 6, 1)
    assert labels(planned(store, retry_failed=True).jobs) == [("a", 1)]
    ran(store, retry_failed=True)
    assert planned(store).failed == 0
    assert len(store.entries()) == 6


def test_a_run_that_diverged_is_an_outcome_and_is_not_repeated(store):
    ran(store, FakeWorkers(lambda job: ("record", outcome(job, status="diverged"))))
    plan = planned(store, retry_failed=True)
    assert (plan.jobs, plan.failed) == ((), 0)


def test_a_recipe_that_cannot_work_ends_the_study_and_keeps_what_ended(store):
    fake = FakeWorkers(
        lambda job: ("refused", ("a", "Nonsense")) if job.seed == 1 else ("record", outcome(job))
    )
    with pytest.raises(InputError, match="mine, a: Nonsense"):
        ran(store, fake)
    assert [(entry.condition, entry.seed) for entry in store.entries()] == [("a", 0)]


def test_a_run_that_a_callback_changed_is_not_kept(store):
    fake = FakeWorkers(lambda job: ("record", outcome(job, repeatable=False)))
    assert len(ran(store, fake)) == 6
    assert store.entries() == []


def test_what_ended_before_an_interruption_is_kept(store):
    def end(job):
        if job.seed == 2:
            raise KeyboardInterrupt
        return ("record", outcome(job))

    with pytest.raises(KeyboardInterrupt):
        ran(store, FakeWorkers(end))
    assert [(entry.condition, entry.seed) for entry in store.entries()] == [("a", 0), ("a", 1)]


def test_a_store_that_cannot_be_written_is_refused_before_anything_runs(tmp_path):
    store, fake = Store(tmp_path / "file"), FakeWorkers()
    store.folder.touch()
    with pytest.raises(InputError, match="can be written"):
        ran(store, fake)
    assert fake.asked == []


def test_the_display_hears_of_every_start_epoch_and_end(store):
    shown = Shown()
    plan = planned(store, conditions=["a"], seeds=[4])
    execute(plan, store, shown, executor=FakeWorkers())
    assert shown.said == [
        ("started", "a", 4),
        ("epoch", "a", 4, 1),
        ("ended", "a", 4, "finished"),
    ]


def test_a_line_is_said_for_every_run_that_ends(store, capsys):
    plan = planned(store, conditions=["a"])
    execute(plan, store, Lines(plan), executor=FakeWorkers())
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["a seed 0", "a seed 1", "a seed 2"]
    assert "test accuracy 90.0 %, 3 s (1 of 3" in lines[0]


def test_a_primary_figure_that_runs_lack_is_told_once_while_they_go_on(store, capsys):
    plan = make_plan(variant_of(replace(study, primary="test acuracy"), {}), store)
    lines = Lines(plan)
    first, *rest = plan.jobs
    lines.ended(first, outcome(first))
    lines.imported.join()
    for job in rest:
        lines.ended(job, outcome(job))
    assert [line for line in capsys.readouterr().err.splitlines() if "note" in line] == [
        "note: the figure that decides is not there: received metric 'test acuracy'; expected a "
        "figure that runs of 'a' have, such as 'test accuracy'; see the table of the study for "
        "their names"
    ]


def test_epochs_of_an_earlier_session_are_neither_left_nor_done(store):
    plan = make_plan(variant_of(study, {"epochs": 10}), store, conditions=["a"], seeds=[0])
    lines = Lines(plan)
    lines.epoch(plan.jobs[0], 8)
    assert (lines.epochs_done, lines.epochs) == (1, 3)
    lines.epoch(plan.jobs[0], 9)
    assert lines.epochs - lines.epochs_done == 1
    # It stopped early.
    lines.ended(plan.jobs[0], outcome(plan.jobs[0]))
    assert lines.left() == ""


def test_a_quiet_display_says_nothing(store, capsys):
    plan = planned(store, conditions=["a"])
    execute(plan, store, Lines(plan, silent=True), executor=FakeWorkers())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("overrides", [{"epochs": 2}, {"dataset": "digits"}])
def test_an_override_that_changes_nothing_is_still_a_variant_of_its_own(overrides, store):
    ran(store)
    ran(store, overrides=overrides)
    assert {entry.variant for entry in store.entries()} == {
        "full",
        *(f"{name}={value}" for name, value in overrides.items()),
    }


def test_a_study_begun_with_one_seed_plans_as_many_as_were_asked_for_since(store):
    ran(store, seeds=[0])
    ran(store)
    assert store.planned("mine", "full") == 3


def test_a_condition_named_twice_is_run_once(store):
    assert labels(planned(store, conditions=["a", "a"], seeds=[0]).jobs) == [("a", 0)]


def test_the_reason_why_a_run_was_not_kept_is_given_among_other_notes():
    record = made_record(
        notes=(note("compiled", compiler="xla"), note("changed", callbacks="X"), note("restored")),
        repeatable=False,
    )
    assert "not kept: changed by a callback" in describe(record)


def test_the_expected_time_is_that_of_earlier_runs_or_what_a_full_study_says(store):
    full = variant_of(study, {})
    plan = make_plan(full, store)
    assert expected_seconds(plan, full, store) is None
    timed = variant_of(replace(study, minutes=2.0), {})
    assert expected_seconds(plan, timed, store) == pytest.approx(120)
    assert expected_seconds(plan, variant_of(timed.study, {"epochs": 1}), store) is None
    ran(store, FakeWorkers(lambda job: ("record", outcome(job, seconds={"train": 3.0}))))
    again = make_plan(full, store, overwrite=True)
    assert expected_seconds(again, timed, store) == pytest.approx(3 * len(again.jobs))
