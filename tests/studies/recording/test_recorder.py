"""Any loop's runs are recorded as those of a training, and give the same tables."""

import hashlib
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import studies
from analysis.tables import forgetting_table, history_table, per_class_table, summary_table
from core import ClassSequential, EvaluationPlan, Recipe, Store, Tasks, Trainer, spec
from core.evaluation import Evaluation, confusion_matrix
from data import InputError, load
from tests.studies.conftest import HOUSE, keep, made_record

CLASSES = 4
SLOW = pytest.mark.slow
LABELS = np.arange(40) % CLASSES


def guessed(seed, right=0.6):
    """Predictions that are right for some, else any."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(LABELS)) < right, LABELS, rng.integers(0, CLASSES, len(LABELS)))


def in_turns(run, seed, classes=((0, 1), (2, 3))):
    run.evaluate("test", LABELS, guessed(seed), segment=0)
    for i, shown in enumerate(classes, 1):
        run.evaluate("test", LABELS, guessed(seed + 100 * i), segment=i, shown=shown, loss=1 / i)


def recorded(condition="naive", seed=0, **more):
    return studies.record("mine", condition=condition, seed=seed, classes=CLASSES, **more)


@pytest.fixture
def mine():
    """Two conditions of three seeds in turns, in the store that is used where none is named."""
    for condition, n in (("naive", 0), ("replay", 200)):
        for seed in range(3):
            with recorded(condition, seed, settings={"buffer": n}) as run:
                in_turns(run, seed + n)
    return "mine"


def test_every_command_treats_it_as_any_study(ebb, mine, tmp_path):
    status = ebb("status")
    assert status.out.startswith("mine (full): 6 runs (6 finished), last ")
    assert "stale" not in ebb("status", mine).out
    assert "what each class loses" in ebb("table", mine).out
    assert "WC-ACC" in ebb("table", mine, "--kind", "tasks").out
    compared = ebb("compare", mine, "naive", "replay").out
    assert "3 pairs do not tell naive and replay apart in test accuracy" in compared
    page = ebb("report", mine, "--format", "markdown").out
    assert "Another program trained these runs" in page
    assert "| naive | 0 |\n| replay | 200 |" in page
    assert ebb("store", "export", tmp_path / "all.sqlite.xz").status == 0
    assert "6 stored" in ebb("store", "import", tmp_path / "all.sqlite.xz", "--store", "again").err
    assert "(0 stale" in ebb("store", "check").out


@SLOW
def test_its_page_has_the_figures_of_classes_and_tasks(ebb, mine):
    assert ebb("report", mine, "--out", "page.html").status == 0
    page = Path("page.html").read_text()
    assert all(title in page for title in ("What each class loses", "Learning curves"))


def test_tables_say_how_many_seeds_were_planned_where_it_was_said(ebb, mine):
    assert ", 3 seeds: what each class loses" in ebb("table", mine).out
    with studies.record("other", condition="a", seed=0, classes=2, planned_seeds=5) as run:
        run.evaluate("test", [0, 1], [0, 0], epoch=1)
    assert ", 1 of 5 planned seeds: " in ebb("table", "other").out


def as_predictions(confusion):
    """Labels and predictions that give a confusion matrix."""
    true, predicted = np.divmod(np.arange(confusion.size), len(confusion))
    return np.repeat(true, confusion.ravel()), np.repeat(predicted, confusion.ravel())


@pytest.mark.parametrize(
    ("order", "epochs"),
    [(ClassSequential(), 2), (Tasks(groups=((0, 1, 2), (3, 4), (5, 6, 7, 8, 9))), 3)],
    ids=["repeats", "tasks"],
)
def test_a_loop_gives_the_tables_of_the_trainer_on_the_same_predictions(order, epochs):
    plan = EvaluationPlan(sets=("test",), segments=True, segment_examples=10_000)
    recipe = Recipe(
        dataset="digits",
        model=spec("linear"),
        preprocessing=("scale",),
        order=order,
        epochs=epochs,
        batch_size=64,
        evaluation=plan,
        compiler="graph",
    )
    trained = replace(Trainer().train(recipe, 3, load("digits")), condition="a")
    segments = trained.arrays["class_segments"]
    with studies.record("loop", condition="a", seed=3, classes=10) as run:
        for each in trained.evaluations:
            if each.set == "test":
                continue  # the same as its sample at an epoch's end
            shown = np.flatnonzero(segments[each.epoch - 1] == each.segment) if each.epoch else ()
            at = {"segment": each.epoch if segments.max() == 1 else each.segment}
            at |= {"epoch": each.epoch} if segments.max() > 1 else {}
            true, predicted = as_predictions(each.confusion)
            run.evaluate("test", true, predicted, shown=shown, loss=each.loss, **at)
    own = studies.read("loop").records
    for table in (forgetting_table, per_class_table, summary_table):
        pd.testing.assert_frame_equal(table(own), table([trained]), check_exact=True)


def test_a_loop_of_scikit_learn_gives_the_tables_of_a_training_with_these_predictions():
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import log_loss

    digits = load("digits")
    x, y = digits.x_train.reshape(len(digits.x_train), -1) / 16.0, digits.y_train
    x_test, y_test = digits.x_test.reshape(len(digits.x_test), -1) / 16.0, digits.y_test
    looks = []
    with studies.record("loop", condition="sgd", seed=0, classes=10, dataset="digits") as run:
        network = SGDClassifier(loss="log_loss", random_state=0)
        for epoch in (1, 2):
            for segment in range(1, 11):
                mine = y == segment - 1
                network.partial_fit(x[mine], y[mine], classes=np.arange(10))
                predicted = network.predict(x_test)
                loss = log_loss(y_test, network.predict_proba(x_test))
                at = {"epoch": epoch, "segment": segment, "shown": (segment - 1,)}
                run.evaluate("test", y_test, predicted, loss=loss, **at)
                confusion = confusion_matrix(y_test, predicted, 10)
                looks.append(Evaluation("test-sample", epoch, segment, 0, confusion, loss))
    test = [each._replace(set="test") for each in looks if each.segment == 10]
    turns = np.tile(np.arange(1, 11, dtype=np.int32), (2, 1))
    trained = made_record(
        "sgd", recipe=Recipe(dataset="digits", model=spec("linear")),
        evaluations=(*looks, *test), arrays={"class_segments": turns}, history=(),
    )  # fmt: skip
    own = studies.read("loop").records
    for table in (forgetting_table, per_class_table, summary_table, history_table):
        pd.testing.assert_frame_equal(table(own), table([trained]), check_exact=True)
    assert forgetting_table(own)["drop"].max() > 0.5


LIGHT = """
import sys
import studies
with studies.record("mine", condition="a", seed=0, classes=2) as run:
    run.evaluate("test", [0, 1], [0, 0], epoch=1)
print(sorted({"tensorflow", "keras", "sklearn"} & set(sys.modules)))
"""


def test_nothing_heavy_is_imported(tmp_path):
    words = [sys.executable, "-c", LIGHT]
    done = subprocess.run(
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(HOUSE)}, capture_output=True
    )
    assert (done.stdout, done.stderr) == (b"[]\n", b"")


def test_a_loss_that_is_not_known_is_in_no_table(mine):
    with recorded("unknown") as run:
        run.evaluate("test", LABELS, LABELS, epoch=1)
    results = studies.read(mine)
    shown = results.summary().set_index(["condition", "metric"])
    assert ("unknown", "test loss") not in shown.index
    assert shown.loc[("unknown", "test accuracy"), "mean"] == 1
    assert shown.loc[("naive", "test loss"), "mean"] == 0.5
    past = results.history()
    assert not past["value"].isna().any()
    assert set(past["name"][past["condition"] == "unknown"]) == {"test accuracy"}


def test_a_run_whose_last_loss_is_not_finite_diverged():
    for seed, losses in enumerate([(1.0, math.nan), (math.inf, 1.0), (1.0, None)]):
        with recorded(seed=seed) as run:
            for epoch, loss in enumerate(losses, 1):
                run.evaluate("test", LABELS, LABELS, epoch=epoch, loss=loss)
                run.evaluate("validation", LABELS, LABELS, epoch=epoch, loss=1.0)
    statuses = [record.status for record in studies.read("mine").records]
    assert statuses == ["diverged", "finished", "finished"]


def test_a_validation_set_without_losses_has_its_best_accuracy(ebb):
    with studies.record("mine", condition="a", seed=0, classes=CLASSES) as run:
        for epoch in range(1, 13, 2):
            for name in ("test", "validation"):
                run.evaluate(name, LABELS, guessed(epoch), epoch=epoch)
    metrics = set(studies.read("mine").summary()["metric"])
    assert "epoch of best validation accuracy" in metrics
    assert not any("loss" in metric for metric in metrics)
    said = next(line for line in ebb("table", "mine").out.split("\n") if "of the median" in line)
    assert said.endswith(" points.")


def test_a_sweep_of_scores_is_tabled_by_the_score_that_there_is(ebb):
    for rate in ("0.1", "1"):
        with recorded(f"rate={rate}") as run:
            run.score("own accuracy", float(rate) / 2, epoch=1)
    said = ebb("table", "mine").out
    assert "own accuracy at each value" in said
    assert "50.00" in said
    assert "own accuracy in detail" in ebb("table", "mine", "--kind", "overview").out


def test_scores_and_names_of_classes_are_kept():
    names = ("cat", "dog", "cow", "hen")
    with studies.record("mine", condition="a", seed=0, classes=names) as run:
        run.score("training loss", 0.25, epoch=1, step=10)
        run.evaluate("test", LABELS, LABELS, epoch=1)
    results = studies.read("mine")
    assert list(results.per_class()["class"]) == list(names)
    assert results.records[0].history == ((1, 10, "training loss", 0.25),)


def test_of_classes_in_turns_the_whole_test_set_is_of_the_ends_of_epochs():
    with recorded() as run:
        for epoch, segment in ((1, 1), (1, 2), (2, 1), (2, 2)):
            at = {"epoch": epoch, "segment": segment}
            run.evaluate("validation", LABELS, LABELS, **at)
            run.evaluate("test", LABELS, LABELS, shown=(segment - 1,), **at)
    looks = [each[:3] for each in studies.read("mine").records[0].evaluations]
    of_set = {name: [at[1:] for at in looks if at[0] == name] for name, *_ in looks}
    every = [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert of_set == {"validation": every, "test-sample": every, "test": every[1::2]}


def test_settings_are_those_of_the_beginning():
    settings = {"sizes": [1]}
    with recorded(settings=settings) as run:
        settings["sizes"].append(2)
        run.evaluate("test", LABELS, LABELS, epoch=1)
    assert studies.read("mine").records[0].recipe["settings"] == {"sizes": [1]}


def test_numpy_s_numbers_and_a_single_class_are_taken():
    given = {"classes": LABELS.max() + 1, "planned_seeds": np.int64(1)}
    with studies.record("mine", condition="a", seed=np.int64(0), **given) as run:
        for segment in range(CLASSES):
            run.evaluate("test", LABELS, LABELS, segment=np.int32(segment + 1), shown=segment)
    results = studies.read("mine")
    assert results.reading.planned == 1
    assert list(results.forgetting()["class"]) == [0, 1, 2, 3]


def test_conditions_without_settings_are_runs_of_their_own(ebb):
    for condition in ("a", "b"):
        with recorded(condition) as run:
            run.evaluate("test", LABELS, LABELS, epoch=1)
    kept, other = Store(Path("results")).entries("mine")
    assert "1 record removed" in ebb("remove", "mine", "--run", other.key, "--yes").out
    assert Store(Path("results")).entries("mine") == [kept]


def test_tasks_by_themselves_have_their_figures():
    with studies.record("mine", condition="a", seed=0, classes=2, scenario="domain") as run:
        for task in (1, 2, 3):
            run.evaluate(f"test-task-{task}", [0, 1], [0, 0], segment=0)
        for after in (1, 2, 3):
            for task in (1, 2, 3):
                right = task <= after and not (task == 1 and after == 3)
                run.evaluate(f"test-task-{task}", [0, 1], [0, right], segment=after)
    results = studies.read("mine")
    assert results.reading.primary == "tasks: average accuracy"
    row = results.tasks().iloc[0]
    assert row["average accuracy"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert row["backward transfer"] == pytest.approx(-0.25)
    assert row["forward transfer"] == 0


def test_a_training_on_all_tasks_at_once_has_the_figures_of_its_end():
    with studies.record("mine", condition="joint", seed=0, classes=2, scenario="task") as run:
        for task in (1, 2):
            run.evaluate(f"test-task-{task}", [0, 1], [0, task - 1], segment=2)
    row = studies.read("mine").tasks().iloc[0]
    assert row["average accuracy"] == 0.75
    assert np.isnan(row["backward transfer"])


def test_an_exception_is_recorded_as_a_failure_that_the_next_call_replaces(ebb, mine):
    def fails():
        with recorded(seed=7) as run:
            in_turns(run, 7)
            1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError):
        fails()
    assert "naive seed 7  failed" in ebb("status", mine).out
    assert "ZeroDivisionError: division by zero" in ebb("status", mine).out
    table = ebb("table", mine).out
    assert "1 of 1 runs failed and are left out; recording a run again replaces it." in table
    assert "7" not in map(str, studies.read(mine).per_class()["n"])
    with recorded(seed=7) as run:
        in_turns(run, 7)
    with recorded(seed=7, settings={"buffer": 0}) as run:
        in_turns(run, 7)
    assert len(Store(Path("results")).entries(mine)) == 8


def test_a_result_is_replaced_only_where_that_is_said(mine):
    same = {"condition": "naive", "seed": 0, "settings": {"buffer": 0}}
    with pytest.raises(InputError, match="seed 0 of naive in mine, which is"), recorded(**same):
        pytest.fail("refused before anything is done")
    with recorded(**same, overwrite=True) as run:
        run.evaluate("test", LABELS, LABELS, segment=1, shown=(0, 1, 2, 3))
    entries = Store(Path("results")).entries(mine)
    assert len(entries) == 6
    assert len(Store(Path("results")).records(entries)[0].evaluations) == 2


def test_a_failure_replaces_no_result(mine):
    same = {"condition": "naive", "seed": 0, "settings": {"buffer": 0}}
    with pytest.raises(ZeroDivisionError), recorded(**same, overwrite=True):
        1 / 0  # noqa: B018
    (entry,) = [
        e for e in Store(Path("results")).entries(mine) if (e.condition, e.seed) == ("naive", 0)
    ]
    assert entry.status == "finished"


def test_the_later_of_two_recordings_of_one_run_is_refused():
    def both():
        with recorded(seed=3) as late:
            with recorded(seed=3) as run:
                in_turns(run, 3)
            in_turns(late, 4)

    with pytest.raises(InputError, match="recorded already"):
        both()
    (entry,) = Store(Path("results")).entries()
    assert entry.status == "finished"


def test_an_accuracy_in_percent_is_no_score():
    with recorded(seed=0) as run:
        with pytest.raises(InputError, match="divide percent by 100"):
            run.score("test accuracy", 92.0, epoch=1)
        run.score("test accuracy", np.float32(1.0000001), epoch=1)
        run.score("perplexity", 92.0, epoch=1)
        in_turns(run, 0)


def test_tables_show_the_latest_settings_and_version_of_a_condition(mine):
    for changed in ({"settings": {"buffer": 1}}, {"code_version": "2"}):
        with recorded(seed=0, **changed) as run:
            in_turns(run, 0)
        with Store(Path("results")).transaction(write=True) as connection:
            connection.execute("UPDATE records SET finished = datetime(finished, '-1 day')")
    results = studies.read(mine)
    found = [(r.condition, r.seed) for r in results.records]
    assert found == [("naive", 0), *(("replay", seed) for seed in range(3))]
    assert results.records[0].environment["code version"] == "2"
    assert any("4 records of an earlier definition" in note for note in results.reading.notes)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"study": "class-order"}, "one of Ebb's own"),
        ({"study": "my study"}, "letters, digits"),
        ({"condition": ""}, "letters, digits"),
        ({"seed": -1}, "whole number from 0"),
        ({"seed": 1.5}, "whole number from 0"),
        ({"classes": 1}, "from 2"),
        ({"classes": ["a", "a"]}, "each once"),
        ({"classes": "cat"}, "their names"),
        ({"classes": 2.5}, "their names"),
        ({"planned_seeds": "5"}, "planned_seeds='5'"),
        ({"settings": {"x": object()}}, "what JSON holds"),
        ({"settings": {"lr": math.nan}}, "what JSON holds"),
        ({"settings": {"seed": 1}}, "have in common"),
        ({"scenario": "none"}, "class, task, domain"),
        ({"dataset": None}, "expected text"),
    ],
)
def test_what_no_store_could_keep_is_refused_at_once(given, said):
    words = {"study": "mine", "condition": "a", "seed": 0, "classes": 2} | given
    with pytest.raises(InputError, match=said), studies.record(**words):
        pytest.fail("refused before anything is done")
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("evaluations", "said"),
    [
        ([{"segment": 1, "labels": [0, 4]}], "from 0 to 3"),
        ([{"segment": 1, "labels": [0.0, 1.0]}], "float64"),
        ([{"segment": 1, "labels": []}], "whole numbers"),
        ([{"segment": 1, "predictions": [[0.1, 0.9, 0, 0]] * 2}], "argmax"),
        ([{"segment": 1, "labels": [[0, 1]], "predictions": [[0, 1]]}], "labels of shape"),
        ([{"segment": 1, "predictions": [1]}], "2 labels and 1 predictions"),
        ([{}], "neither segment nor epoch"),
        ([{"segment": -1}], "from 0"),
        ([{"segment": "one"}], "from 0"),
        ([{"epoch": math.nan}], "from 0"),
        ([{"segment": 2}, {"segment": 1}], "does not lie before"),
        ([{"epoch": 1, "segment": 0}], "segments from 1"),
        ([{"epoch": 1, "step": step} for step in (5, 10)], "a second evaluation of 'test' after"),
        ([{"segment": 1, "set": "my set"}], "a name such as"),
        ([{"segment": 0, "shown": (0,)}], "from 1"),
        ([{"segment": 1, "shown": (0, 4)}], "shown"),
        ([{"segment": 1, "shown": None}], "shown"),
        ([{"epoch": 1, "segment": s, "shown": (0,)} for s in (1, 2)], "where classes come back"),
        ([{"segment": 1, "shown": (0,)}, {"segment": 3, "shown": (1,)}], "every segment"),
        ([{"segment": 1, "shown": (0,), "set": "validation"}], "of 'test' after 0 segments"),
        ([], "without evaluations"),
        ([{"segment": 1, "set": "test-task-a"}], "test-task-1"),
        ([{"segment": s, "set": f"test-task-{s}"} for s in (2, 3)], "after segment 2"),
        ([{"epoch": 1, "set": "test-task-1"}], "and no epoch"),
        ([{"segment": s, "set": f"test-task-{t}"} for s in (1, 2, 3) for t in (1, 2)], "segment 3"),
    ],
)
def test_a_measurement_that_no_table_could_read_is_refused(evaluations, said):
    given = {"set": "test", "labels": [0, 1], "predictions": [0, 1]}

    def measure():
        with recorded() as run:
            for each in evaluations:
                run.evaluate(**given | each)

    with pytest.raises(InputError, match=said):
        measure()
    (entry,) = Store(Path("results")).entries()
    assert entry.status == "failed"


def test_runs_are_not_mixed_with_those_that_were_trained(store):
    keep(store, made_record(study="mine"))
    with pytest.raises(InputError, match="runs that Ebb trained"), recorded():
        pytest.fail("refused before anything is done")


WRITER = """
import hashlib, sys, time
import numpy as np
import studies
from core.evaluation import Evaluation
from core.results import write_results

who, runs, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
labels = np.arange(40) % 4
turns = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], dtype=np.int32)
for i in range(runs):
    seed = who * 1000 + i
    rng = np.random.default_rng(seed)
    reported = []
    start = time.perf_counter()
    with studies.record("many", condition="a", seed=seed, classes=4, store=folder) as run:
        for segment in range(3):
            predicted, loss = rng.integers(0, 4, 40), rng.random()
            shown = () if segment == 0 else np.flatnonzero(turns[segment - 1])
            at = {"segment": segment, "loss": loss, "step": 7 * segment}
            run.evaluate("test", labels, predicted, shown=shown, **at)
            run.evaluate("validation", labels[:20], predicted[:20], **at)
            for set, n in (("test-sample", 40), ("test", 40), ("validation", 20)):
                counts = np.zeros((4, 4), dtype=int)
                np.add.at(counts, (labels[:n], predicted[:n]), 1)
                place = (segment, int(segment > 0), 7 * segment)
                reported.append(Evaluation(set, *place, counts, loss))
        run.score("rate", loss, epoch=2)
        bytes = write_results([(2, 0, "rate", loss)], reported, {"class_segments": turns})
        print("reported", seed, hashlib.sha256(bytes).hexdigest(), flush=True)
    print("stored", seed, time.perf_counter() - start, flush=True)
"""
"""Records runs; says of each what it reported, as bytes, and once it is stored that it is."""


def writers(folder, count, runs):
    """Processes, each with a file for what it says."""
    environment = os.environ | {"PYTHONPATH": str(HOUSE)}
    for who in range(count):
        said = folder / f"{who}.txt"
        with said.open("w") as out:
            words = [sys.executable, "-c", WRITER, str(who), str(runs), str(folder)]
            yield subprocess.Popen(words, stdout=out, env=environment), said


def kill_some(started, lines, moments):
    """Kill a process after so many lines each, in the midst of what it does then."""
    chosen = moments.permutation(len(started))[: len(lines)]
    for victim, count in zip(chosen, sorted(lines), strict=True):
        process, said = started[victim]
        while said.read_bytes().count(b"\n") < count and process.poll() is None:
            time.sleep(0.01)
        time.sleep(float(moments.uniform(0, 0.005)))
        process.send_signal(signal.SIGKILL)


def of_lines(lines, what):
    """What was said of each seed; a line that a death cut short says nothing."""
    words = (line.split() for line in lines if line.endswith("\n"))
    return {int(seed): value for kind, seed, value in words if kind == what}


@pytest.mark.parametrize(
    ("processes", "runs", "killed"),
    [(3, 10, 1), pytest.param(8, 100, 0, marks=SLOW), pytest.param(8, 100, 5, marks=SLOW)],
)
def test_what_many_processes_reported_is_stored_once_byte_for_byte(
    processes, runs, killed, tmp_path
):
    moments = np.random.default_rng(int(os.environ.get("EBB_FAULT_SEED", "0")))
    started = list(writers(tmp_path, processes, runs))
    kill_some(started, moments.integers(1, runs, killed), moments)
    ends = [process.wait(timeout=600) for process, _ in started]
    lines = [line for _, said in started for line in said.read_text().splitlines(keepends=True)]
    assert set(ends) <= {0, -signal.SIGKILL}
    assert (-signal.SIGKILL in ends) is bool(killed)
    store = Store(tmp_path)
    assert (store.integrity(), list(store.damaged())) == ([], [])
    with store.transaction() as connection:
        rows = connection.execute("SELECT seed, status, results FROM records").fetchall()
    kept = {seed: hashlib.sha256(results).hexdigest() for seed, _, results in rows}
    assert len(kept) == len(rows)
    assert {status for _, status, _ in rows} == {"finished"}
    reported, stored = of_lines(lines, "reported"), of_lines(lines, "stored")
    assert {seed: reported[seed] for seed in kept} == kept
    assert set(stored) <= set(kept)
    # Who is killed between its commit and its line has said one run less than it stored.
    assert len(kept) <= len(stored) + ends.count(-signal.SIGKILL)
    assert len(stored) >= runs * ends.count(0)


@pytest.mark.parametrize("classes", [{"cat", "dog"}, ["cat", None], [["a"], ["b"]], [1, "1"]])
def test_classes_without_an_order_or_a_name_are_refused(classes):
    with (
        pytest.raises(InputError, match="words or numbers, each once"),
        studies.record("mine", condition="naive", seed=0, classes=classes),
    ):
        pytest.fail("refused before anything is done")


@pytest.mark.parametrize(("step", "epoch"), [(2**31, 0), (None, 0), (0, -1), (0.5, 0)])
def test_a_step_that_no_record_holds_is_refused_at_once(step, epoch):
    with recorded() as run:
        in_turns(run, 0)
        with pytest.raises(InputError, match="expected a whole number from 0"):
            run.score("loss", 0.5, step=step, epoch=epoch)
        with pytest.raises(InputError, match="expected a number"):
            run.score("loss", None)
        run.score("loss", 0.5, step=3)
    assert studies.read("mine").records[0].history == ((0, 3, "loss", 0.5),)


def test_the_name_of_ebbs_own_sample_is_refused():
    with recorded() as run:
        in_turns(run, 0)
        with pytest.raises(InputError, match="expected another name"):
            run.evaluate("test-sample", LABELS, LABELS, segment=2)


def test_a_test_set_that_grows_with_the_tasks_has_their_figures():
    with recorded() as run:
        first = LABELS[LABELS < 2]
        run.evaluate("test", first, first, segment=1, shown=(0, 1))
        run.evaluate("test", LABELS, np.maximum(LABELS, 2), segment=2, shown=(2, 3))
    found = studies.read("mine").summary().set_index("metric")["mean"]
    assert found["tasks: average accuracy"] == 0.5
    assert found["tasks: backward transfer"] == -1
