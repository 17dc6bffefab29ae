"""The command line: what is asked for, what is refused, and how little is imported for it."""

import io
import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys

import click
import numpy as np
import pandas as pd
import pytest

from core import Store
from core.notes import note
from studies import cli
from studies.commands.store import store_group
from studies.definition.catalogue import NAMES
from tests.studies.conftest import (
    HOUSE,
    OTHER_ENVIRONMENT,
    FakeWorkers,
    command,
    fresh_environment,
    in_a_process,
    keep,
    made_record,
    outcome,
    refused,
)

COLUMNS = {
    "per-class": "condition,class,n,mean,sd,ci_low,ci_high,p25,p50,p75,min,max",
    "summary": "condition,metric,n,mean,sd,ci_low,ci_high,p25,p50,p75,min,max",
    "forgetting": "condition,class,n,learned,final,drop,forgetting_max_minus_last,"
    "forgetting_first_minus_last,ci_low,ci_high",
}
QUICK = ("run", "class-order", "--quick")
MINE = """
from core import Recipe, spec
from studies import Study

recipe = Recipe(dataset="digits", model=spec("mlp"), epochs=2)
study = Study(name="mine", question="Is it kept?", conditions={"a": recipe}, seeds=3)
"""


@pytest.fixture
def mine(tmp_path):
    """A user's study file."""
    (tmp_path / "mine_to_run.py").write_text(MINE)
    return "mine_to_run.py"


# What is refused: status 2 and one line.


def test_seeds_can_be_named_one_by_one(ebb, workers):
    call = ebb(*QUICK, "--seeds", "4,0,2-3,2", "--conditions", "shuffled", "--quiet")
    assert call.status == 0
    rows = json.loads(ebb("status", "class-order", "--format", "json").out)
    assert [row["seed"] for row in rows] == [0, 2, 3, 4]


@pytest.mark.parametrize(
    "seeds", ["5-2", "0", "-3", "a", "", "3-", "-", "1.5", "1,", ",2", "1,-2", "0,2-1"]
)
def test_wrong_seeds_are_refused(seeds, ebb):
    assert f"Received seeds {seeds!r}; expected" in refused(ebb(*QUICK, "--seeds", seeds))


WRONG_CALLS = {
    "no command": (["nonsense"], "No such command 'nonsense'"),
    "no study": (["run"], "Missing argument"),
    "study": (["run", "nonsense"], "expected one of class-order"),
    "data set": ([*QUICK, "--dataset", "nonsense"], "expected digits"),
    "data file": ([*QUICK, "--dataset", "nowhere.npz"], "nowhere.npz"),
    "condition": ([*QUICK, "--conditions", "nonsense"], "expected one of shuffled"),
    "no epochs": ([*QUICK, "--epochs", "0"], "expected a whole number from 1 up"),
    "negative epochs": ([*QUICK, "--epochs", "-1"], "expected a whole number from 1 up"),
    "epochs in words": ([*QUICK, "--epochs", "two"], "'two' is not a valid integer"),
    "workers": ([*QUICK, "--workers", "0"], "--workers"),
    "batch size": ([*QUICK, "--set", "batch_size=0"], "expected a whole number from 1 up"),
    "field": ([*QUICK, "--set", "nonsense=1"], "expected one of dataset, model"),
    "order": ([*QUICK, "--set", "order=Nonsense"], "expected one of"),
    "no value": ([*QUICK, "--set", "batch_size="], "expected FIELD=VALUE"),
    "no equals": ([*QUICK, "--set", "batch_size"], "expected FIELD=VALUE"),
    "split": ([*QUICK, "--set", "split.size=5000"], "nothing would be left"),
    "option": ([*QUICK, "--nonsense"], "No such option"),
    "format": (["table", "class-order", "--format", "nonsense"], "is not one of 'text', 'csv'"),
    "kind": (["table", "class-order", "--kind", "nonsense"], "is not one of 'overview'"),
    "data": (["data", "show", "nonsense"], "expected digits"),
    "import": (["data", "import", "x", "nowhere"], "--data-dir"),
    "spending of no looks": (
        ["compare", "class-order", "--spending", "pocock"],
        "expected it with --looks",
    ),
    "spending of no sequence": (
        ["plan", "--sd", "1", "--difference", "1", "--spending", "pocock"],
        "expected it with --sequential",
    ),
    "power of a width": (
        ["plan", "--sd", "1", "--half-width", "1", "--power", "0.9"],
        "Received --power with --half-width",
    ),
}


@pytest.mark.parametrize(("words", "said"), WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_a_wrong_call_is_refused_with_what_was_expected(words, said, ebb, store):
    assert said in refused(ebb(*words))
    assert not store.folder.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("table", "class-order"),
        ("check", "class-order"),
        ("status", "class-order"),
        ("remove", "class-order", "--yes"),
        ("show", "4e86"),
    ],
    ids=lambda words: words[0],
)
def test_reading_what_was_never_run_is_refused_and_makes_no_store(words, ebb, store):
    refused(ebb(*words))
    assert not store.folder.exists()


@pytest.mark.parametrize("words", [("table",), ("check",), ("remove", "--yes")], ids=lambda w: w[0])
def test_a_variant_that_is_not_there_is_refused_with_those_that_are(words, ebb, filled):
    call = ebb(words[0], "class-order", "--variant", "quick", *words[1:])
    assert "'quick' of class-order; expected one of full" in refused(call)
    assert len(filled.entries()) == 4


def a_file(folder):
    folder.write_text("x")


def garbage(folder):
    folder.mkdir()
    (folder / "ebb.sqlite").write_bytes(bytes(range(256)) * 40)


def another_program(folder):
    folder.mkdir()
    connection = sqlite3.connect(folder / "ebb.sqlite")
    connection.execute("CREATE TABLE notes (line TEXT)")
    connection.close()


def another_version(folder):
    keep(Store(folder), made_record())
    connection = sqlite3.connect(folder / "ebb.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def cut_off(folder):
    keep(Store(folder), *(made_record(seed=seed) for seed in range(9)))
    file = folder / "ebb.sqlite"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def a_folder_in_its_place(folder):
    (folder / "ebb.sqlite").mkdir(parents=True)


UNSOUND = [a_file, garbage, another_program, another_version, cut_off, a_folder_in_its_place]
COMMANDS = {
    "status": ("status",),
    "table": ("table", "class-order"),
    "check": ("check", "class-order"),
    "show": ("show", "4e"),
    "remove": ("remove", "class-order", "--yes"),
    "run": (*QUICK,),
    "overwrite": (*QUICK, "--overwrite", "--yes"),
}


@pytest.mark.parametrize("damage", UNSOUND, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_an_unsound_store_is_refused_and_left_as_it_is(words, damage, ebb, tmp_path, workers):
    damage(tmp_path / "results")
    file = tmp_path / "results" / "ebb.sqlite"
    before = file.read_bytes() if file.is_file() else None
    assert "--store" in refused(ebb(*words))
    assert (file.read_bytes() if file.is_file() else None) == before
    assert workers.asked == []


def flip_results(folder):
    """Change one byte in the middle of the first record's results."""
    connection = sqlite3.connect(folder / "ebb.sqlite")
    row, results = connection.execute(
        "SELECT rowid, results FROM records WHERE condition = 'shuffled'"
    ).fetchone()
    damaged = bytearray(results)
    damaged[len(damaged) // 2] ^= 1
    connection.execute("UPDATE records SET results = ? WHERE rowid = ?", (bytes(damaged), row))
    connection.commit()
    connection.close()


@pytest.mark.parametrize("name", ["table", "check"])
def test_a_damaged_record_is_refused_by_its_name(name, ebb, filled):
    flip_results(filled.folder)
    line = refused(ebb(name, "class-order"))
    assert "class-order, shuffled, seed 0" in line


def test_records_beside_a_damaged_one_can_still_be_listed(ebb, filled):
    flip_results(filled.folder)
    assert "4 finished" in ebb("status").out


def spoil_text(store, column):
    connection = sqlite3.connect(store.file)
    connection.execute(f"UPDATE records SET {column} = '{{' WHERE condition = 'shuffled'")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("name", "column"),
    [("status", "seconds"), ("table", "recipe"), ("table", "environment"), ("table", "remarks")],
)
def test_damaged_text_in_a_record_ends_in_no_traceback(name, column, ebb, filled):
    spoil_text(filled, column)
    try:
        call = ebb(name, "class-order")
    except ValueError as error:
        pytest.fail(f"{type(error).__name__}: {error}")
    assert call.status in (0, 2)


def test_the_advice_on_a_damaged_record_spares_the_other_variants(ebb, filled):
    keep(filled, made_record(variant="quick"))
    flip_results(filled.folder)
    assert "--variant full" in refused(ebb("table", "class-order"))


@pytest.mark.parametrize("name", ["status", "run"])
def test_an_empty_store_file_is_an_empty_store(name, ebb, store, workers):
    store.folder.mkdir()
    store.file.touch()
    assert ebb(*COMMANDS[name]).status == 0


def test_a_store_that_cannot_be_written_is_refused_in_one_line(ebb, tmp_path, workers):
    (tmp_path / "file").touch()
    line = refused(ebb(*QUICK, "--store", tmp_path / "file" / "below"))
    assert "expected a folder" in line
    assert workers.asked == []


@pytest.mark.parametrize(
    ("figure", "said"),
    [("x.jpg", ".png, .svg or .pdf"), ("x", ".png, .svg or .pdf"), ("nowhere/x.png", "nowhere")],
)
def test_a_figure_that_cannot_be_drawn_is_refused(figure, said, ebb, filled, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "analysis.figures.class_segments.class_segment_heatmap", lambda *_, **__: None
    )
    call = ebb("table", "class-order", "--figure", figure)
    assert call.status == 2
    assert call.err.count("\n") == 1
    assert said in call.err
    assert not (tmp_path / figure).exists()


def test_a_wrong_name_of_a_figure_is_refused_before_anything_is_done(ebb, filled, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "analysis.figures.class_segments.class_segment_heatmap", lambda *_, **__: drawn.append(1)
    )
    refused(ebb("table", "class-order", "--figure", "x.jpg"))
    assert drawn == []


@pytest.mark.parametrize(
    "words",
    [
        ("--seeds", "5-2"),
        ("--conditions", "nonsense"),
        ("--set", "split.size=5000"),
    ],
    ids=lambda words: words[0],
)
def test_a_wrong_call_with_overwrite_loses_nothing(words, ebb, store):
    variant = "quick" if words[0] != "--set" else "quick,split.size=5000"
    keep(store, made_record(variant=variant))
    refused(ebb(*QUICK, "--overwrite", "--yes", *words))
    assert len(store.entries()) == 1


@pytest.mark.parametrize("words", [("remove", "class-order"), (*QUICK, "--overwrite")])
def test_nothing_is_removed_without_an_answer(words, ebb, filled, workers):
    keep(filled, made_record(variant="quick"))
    assert "--yes" in refused(ebb(*words))
    assert len(filled.entries()) == 5


@pytest.mark.parametrize(
    "words",
    [
        ("--seeds", "100000000000"),
        ("--set", "order=HoldOut"),
        ("--set", "order.classes=3"),
        ("--set", "split=none"),
    ],
    ids=lambda words: " ".join(words),
)
def test_an_odd_value_ends_in_no_traceback(words, ebb):
    refused(ebb(*QUICK, "--dry-run", *words))


def test_no_conditions_at_all_are_refused(ebb):
    refused(ebb(*QUICK, "--dry-run", "--conditions", ""))


@pytest.mark.parametrize("name", ["status", "remove"])
def test_a_users_study_is_known_by_its_file_to_every_command(name, ebb, mine, workers):
    assert ebb("run", mine).status == 0
    words = ("--yes",) if name == "remove" else ()
    assert ebb(name, mine, *words).status == 0


# A run, with workers that train nothing.


def test_a_run_says_how_it_advances_on_standard_error_and_its_answer_on_standard_output(
    ebb, workers
):
    call = ebb(*QUICK, "--seeds", "2")
    assert call.status == 0
    assert call.out.startswith("class-order (quick): ")
    assert "test accuracy" in call.out.splitlines()[0]
    assert "2 of 5 planned seeds" in call.out
    first, *lines = call.err.splitlines()
    assert first == "class-order (quick): 4 runs to do"
    assert lines[0].startswith("shuffled seed 0: finished, test accuracy 90.0 %")
    assert len(workers.asked) == 4


def test_a_rerun_does_nothing_and_shows_the_answer_again(ebb, workers):
    first = ebb(*QUICK, "--seeds", "2")
    again = ebb(*QUICK, "--seeds", "2")
    assert again.status == 0
    assert again.out == first.out
    assert again.err == "class-order (quick): 0 runs to do, 4 in the store already\n"
    assert len(workers.asked) == 4


def test_more_seeds_are_added_to_those_there_are(ebb, workers):
    ebb(*QUICK, "--seeds", "1")
    ebb(*QUICK, "--seeds", "1-2", "--conditions", "shuffled")
    assert workers.asked[2:] == [("shuffled", 1), ("shuffled", 2)]


def test_a_dry_run_says_what_would_be_run_and_leaves_nothing(ebb, workers, store):
    call = ebb(*QUICK, "--dry-run")
    lines = ["class-order (quick): 10 runs to do"]
    lines += [f"  {name}: seeds 0 to 4" for name in ("shuffled", "class-sequential")]
    assert call == (0, "\n".join(lines) + "\n", "")
    assert workers.asked == []
    assert not store.folder.exists()


def test_a_quiet_run_says_nothing_on_standard_error(ebb, workers):
    assert ebb(*QUICK, "--seeds", "1", "--quiet").err == ""


@pytest.mark.parametrize("option", ["--overwrite", "--fresh"])
def test_overwrite_runs_one_variant_anew_and_leaves_the_others(option, ebb, filled, workers):
    ebb(*QUICK, "--seeds", "1")
    ebb(*QUICK, "--seeds", "1", option, "--yes")
    assert len(workers.asked) == 4
    assert len([entry for entry in filled.entries() if entry.variant == "full"]) == 4


def test_a_dry_run_of_overwrite_removes_nothing(ebb, workers, store):
    ebb(*QUICK, "--seeds", "1")
    ebb(*QUICK, "--seeds", "1", "--overwrite", "--dry-run")
    assert len(store.entries()) == 2


def test_the_store_may_be_named_by_an_option_or_by_the_environment(ebb, workers, monkeypatch):
    monkeypatch.setenv("EBB_STORE", "elsewhere")
    ebb(*QUICK, "--seeds", "1")
    assert "2 finished" in ebb("status").out
    assert "holds no records yet" in ebb("status", "--store", "results").out
    assert not Store(HOUSE / "results").exists() or (HOUSE / "results").is_dir()


def test_a_failed_run_is_shown_with_its_reason_and_ends_in_status_1(ebb, monkeypatch):
    def end(job):
        return ("failed", "ValueError: it broke") if job.seed == 1 else ("record", outcome(job))

    monkeypatch.setattr("studies.running.runner.in_processes", FakeWorkers(end))
    call = ebb(*QUICK, "--seeds", "2", "--conditions", "shuffled")
    assert call.status == 1
    assert "1 failed: `ebb status class-order` says why; `--retry-failed`" in call.err
    assert "1 of 2" in call.err
    shown = ebb("status", "class-order")
    assert "1 finished, 1 failed" in shown.out
    assert "seed 1  failed" in shown.out
    assert "ValueError: it broke" in shown.out
    again = ebb(*QUICK, "--seeds", "2", "--conditions", "shuffled")
    assert again.status == 1
    assert "0 runs to do, 2 in the store already" in again.err
    monkeypatch.setattr("studies.running.runner.in_processes", FakeWorkers())
    mended = ebb(*QUICK, "--seeds", "2", "--conditions", "shuffled", "--retry-failed")
    assert mended.status == 0
    assert "2 finished" in ebb("status").out


def test_where_nothing_finished_there_is_no_answer_but_a_line(ebb, monkeypatch):
    diverged = FakeWorkers(lambda job: ("record", outcome(job, status="diverged")))
    monkeypatch.setattr("studies.running.runner.in_processes", diverged)
    call = ebb(*QUICK, "--seeds", "1")
    assert (call.status, call.out) == (0, "")
    assert "shuffled seed 0: diverged" in call.err
    assert call.err.endswith("No run finished: there is nothing to average.\n")
    assert ebb(*QUICK, "--seeds", "1").err.endswith("there is nothing to average.\n")


def test_runs_that_are_not_kept_leave_no_table(ebb, monkeypatch):
    notes = (note("changed", callbacks="X"),)
    changed = FakeWorkers(lambda job: ("record", outcome(job, repeatable=False, notes=notes)))
    monkeypatch.setattr("studies.running.runner.in_processes", changed)
    call = ebb(*QUICK, "--seeds", "1")
    assert (call.status, call.out) == (0, "")
    assert "not kept: changed by a callback (X)" in call.err


@pytest.mark.parametrize("option", ["--overwrite", "--fresh"])
def test_an_interrupted_run_prints_the_line_to_continue(option, ebb, monkeypatch, store):
    def end(job):
        if job.seed == 1:
            raise KeyboardInterrupt
        return ("record", outcome(job))

    monkeypatch.setattr("studies.running.runner.in_processes", FakeWorkers(end))
    call = ebb(*QUICK, "--conditions", "shuffled", option, "--yes", "--store", "my results")
    assert call.status == 130
    assert call.out == ""
    line = "To go on: ebb run class-order --quick --conditions shuffled --yes --store 'my results'"
    assert line in call.err


def test_an_interruption_before_the_first_run_prints_the_line_to_continue_too(ebb, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("studies.commands.run.make_plan", interrupted)
    call = ebb(*QUICK)
    assert call.status == 130
    assert "To go on: ebb run class-order --quick" in call.err


def test_an_override_with_the_value_that_stands_already_can_be_run(ebb, workers):
    assert ebb(*QUICK, "--seeds", "1").status == 0
    assert ebb(*QUICK, "--seeds", "1", "--set", "epochs=5").status == 0


def test_one_worker_is_called_a_worker(ebb, workers, mine):
    assert "1 workers" not in ebb("run", mine, "--seeds", "1", "--workers", "2").err


def test_the_answer_of_a_study_without_comparisons_starts_with_its_table(ebb, workers, mine):
    assert ebb("run", mine).out.startswith("mine (full)")


def test_a_users_study_is_read_by_its_file_and_by_its_name(ebb, workers, mine):
    ebb("run", mine)
    by_file, by_name = ebb("table", mine), ebb("table", "mine")
    assert (by_file.status, by_file.out, by_file.err) == (0, by_name.out, "")
    assert by_name.err.startswith("note: known by its name alone")


def test_what_a_users_file_prints_is_kept_out_of_the_csv(ebb, workers, mine, tmp_path):
    (tmp_path / mine).write_text(MINE + "print('hello')\n")
    ebb("run", mine)
    for name in list(sys.modules):
        if name == mine.removesuffix(".py"):
            del sys.modules[name]
    assert ebb("table", mine, "--format", "csv").out.startswith("condition,")


# What is printed.


@pytest.mark.parametrize("kind", COLUMNS)
def test_csv_has_the_documented_columns_and_fractions(kind, ebb, filled):
    call = ebb("table", "class-order", "--kind", kind, "--format", "csv")
    assert (call.status, call.err) == (0, "")
    assert call.out.splitlines()[0].startswith(COLUMNS[kind])
    frame = pd.read_csv(io.StringIO(call.out))
    assert list(frame["condition"].unique()) == ["shuffled", "class-sequential"]
    assert set(frame["n"]) == {2}
    accuracies = frame[frame["metric"] == "test accuracy"] if kind == "summary" else frame
    means = accuracies["final" if kind == "forgetting" else "mean"]
    assert set(means.round(6)) == {0.925, 0.525}


@pytest.mark.parametrize("kind", ["summary", "per-class"])
def test_csv_has_no_column_more_than_documented(kind, ebb, filled):
    out = ebb("table", "class-order", "--kind", kind, "--format", "csv").out
    assert out.splitlines()[0] == COLUMNS[kind]


@pytest.mark.parametrize("kind", [*COLUMNS, "history"])
def test_json_and_csv_hold_the_same(kind, ebb, filled):
    read = json.loads(ebb("table", "class-order", "--kind", kind, "--format", "json").out)
    csv = ebb("table", "class-order", "--kind", kind, "--format", "csv").out
    frame = pd.read_csv(io.StringIO(csv))
    pd.testing.assert_frame_equal(
        pd.DataFrame(read).astype(frame.dtypes), frame, check_exact=False, rtol=1e-12
    )


def test_history_has_a_row_for_every_run_epoch_and_name(ebb, filled):
    out = ebb("table", "class-order", "--kind", "history", "--format", "csv").out
    frame = pd.read_csv(io.StringIO(out))
    assert list(frame.columns) == ["condition", "seed", "epoch", "step", "name", "value"]
    sets = [f"{name} {what}" for name in ("test", "validation") for what in ("accuracy", "loss")]
    assert set(frame["name"]) == {"loss", *sets}
    final = frame[(frame["name"] == "test accuracy") & (frame["epoch"] == 2)]
    assert len(final) == 4


def test_people_are_told_the_variant_the_data_and_the_number_of_seeds(ebb, filled):
    first = ebb("table", "class-order").out.splitlines()[0]
    assert first.startswith("class-order (full), mnist, 2 of 2 planned seeds: ")


def test_the_forgetting_table_is_the_default_where_segments_were_measured(ebb, filled, store):
    assert "learned" in ebb("table", "class-order").out.splitlines()[1]
    keep(store, made_record(variant="quick", segments=False))
    assert "metric" in ebb("table", "class-order", "--variant", "quick").out.splitlines()[1]


def test_a_table_of_forgetting_that_was_not_measured_is_refused(ebb, store):
    keep(store, made_record(segments=False))
    line = refused(ebb("table", "class-order", "--kind", "forgetting"))
    assert "segment" in line


def test_few_seeds_and_unfinished_runs_are_said(ebb, filled):
    keep(filled, made_record(seed=2, status="diverged"))
    out = ebb("table", "class-order", "--kind", "per-class").out
    assert "2 seeds: the intervals are fragile." in out
    assert "shuffled: 1 of 3 runs diverged (33 %, Wilson 95 % interval" in out
    assert "the means are over the 2 that finished." in out


def test_notes_go_to_standard_error(ebb, filled):
    keep(filled, made_record(seed=7, environment=OTHER_ENVIRONMENT))
    call = ebb("table", "class-order", "--format", "csv")
    assert call.err == "note: 1 records of other environments left out\n"
    assert call.out.startswith("condition,")


@pytest.mark.parametrize("kind", [*COLUMNS, "history"])
def test_nothing_is_cut_off_when_piped(kind, ebb, filled, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    out = ebb("table", "class-order", "--kind", kind).out
    assert "…" not in out
    assert "\x1b" not in out
    rows = [line for line in out.splitlines() if line.startswith("class-seq")]
    assert rows
    assert all(line.startswith("class-sequential ") for line in rows)
    widths = {len(line) for line in out.splitlines()[1:4]}
    assert len(widths) == 1


def test_a_figure_is_drawn_beside_the_table(ebb, filled, tmp_path):
    call = ebb("table", "class-order", "--figure", "forgetting.svg")
    assert (call.status, call.err) == (0, "drawn: forgetting.svg\n")
    assert "<svg" in (tmp_path / "forgetting.svg").read_text()


def test_check_sets_what_was_reported_beside_ours_and_says_if_it_fell_short(ebb, store, tmp_path):
    for seed in range(5):
        keep(
            store,
            made_record("shuffled", seed, accuracy=0.9 + 0.05 * (seed % 2)),
            made_record("class-sequential", seed, accuracy=0.5 + 0.05 * (seed % 2)),
        )
    call = ebb("check", "class-order", "--format", "csv")
    assert call.status == 1
    frame = pd.read_csv(io.StringIO(call.out))
    assert (frame["agrees"] == False).any()  # noqa: E712
    reported = frame[(frame["metric"] == "test accuracy") & frame["class"].isna()]["reported"]
    assert set(reported) == {0.9782, 0.7787}
    text = ebb("check", "class-order", "--figure", "reported.svg").out
    assert "<svg" in (tmp_path / "reported.svg").read_text()
    assert "claim: showing one class after the other costs accuracy: " in text


def test_check_warns_where_the_study_was_not_run_in_full(ebb, store):
    keep(store, *(made_record(c, variant="quick") for c in ("shuffled", "class-sequential")))
    assert "these are quick" in ebb("check", "class-order").err


def test_probabilities_are_shown_as_probabilities(ebb, store):
    for seed in range(3):
        for condition, base in (("shuffled", 0.9), ("class-sequential", 0.5)):
            keep(store, made_record(condition, seed, accuracy=base + 0.05 * (seed % 2)))
    keep(store, made_record("shuffled", 3, accuracy=0.8), made_record("class-sequential", 3))
    rows = ebb("compare", "class-order", "--per-class").out.splitlines()
    heads = re.split(r"\s{2,}", rows[1].strip())
    (first,) = [row.split() for row in rows if row.split()[:1] == ["0"]]
    shown = dict(zip(heads, first, strict=False))
    assert all(float(shown[name]) <= 1 for name in ("p", "p adjusted", "exact p", "smallest p"))


def test_scores_that_are_not_there_are_refused_with_what_was_expected(ebb):
    assert "expected" in refused(ebb("compare", "nowhere.csv", "a", "b"))


def test_status_counts_runs_by_their_end_and_shows_stale_ones(ebb, filled):
    keep(filled, made_record(seed=7, environment=OTHER_ENVIRONMENT))
    keep(filled, made_record(seed=8, status="failed", error="it broke", evaluations=()))
    out = ebb("status").out
    assert "class-order (full): 6 runs (5 finished, 1 failed, 1 stale), 2 seeds planned" in out
    lines = ebb("status", "class-order").out.splitlines()
    assert [line for line in lines if "stale" in line and "seed 7" in line]
    rows = json.loads(ebb("status", "class-order", "--format", "json").out)
    assert [row["seed"] for row in rows if row["stale"]] == [7]
    assert [row["error"] for row in rows if row["status"] == "failed"] == ["it broke"]


def test_status_says_when_the_last_record_was_written(ebb, filled):
    connection = sqlite3.connect(filled.file)
    connection.execute("UPDATE records SET finished = '2020-01-01 00:00:00'")
    connection.execute(
        "UPDATE records SET finished = '2021-01-01 00:00:00' WHERE condition = 'class-sequential'"
    )
    connection.commit()
    connection.close()
    assert "last 2021-01-01 00:00:00 UTC" in ebb("status").out


def test_a_run_is_shown_by_the_beginning_of_its_key(ebb, filled):
    record = made_record()
    out = ebb("show", record.key[:8]).out
    assert out.startswith("class-order (full), shuffled seed 0: finished, test accuracy 90.0 %")
    assert "  batch_size: 100" in out
    assert record.digest()[:16] in out


def test_a_beginning_that_several_keys_share_is_refused(ebb, filled):
    assert "expected the key of one" in refused(ebb("show", ""))


def test_a_key_that_two_runs_share_does_not_hide_one_of_them(ebb, store):
    recipe = made_record().recipe
    from core import Recipe

    same = Recipe.from_json(recipe)
    keep(store, made_record("a", study="mine", recipe=same))
    keep(store, made_record("b", study="mine", recipe=same))
    call = ebb("show", made_record("a", recipe=same).key)
    assert call.status == 2 or ("a seed 0" in call.out and "b seed 0" in call.out)


def test_remove_takes_one_variant_or_all(ebb, filled):
    keep(filled, made_record(variant="quick"))
    call = ebb("remove", "class-order", "--variant", "quick", "--yes")
    assert call.out == "1 record removed\n"
    assert len(filled.entries()) == 4
    ebb("remove", "class-order", "--yes")
    assert filled.entries() == []


def test_list_names_every_study_with_its_question(ebb):
    rows = json.loads(ebb("list", "--format", "json").out)
    assert [row["study"] for row in rows] == list(NAMES)
    text = ebb("list").out
    assert all(row["question"] in text for row in rows)


def test_a_store_with_odd_names_cannot_steer_the_terminal(ebb, store):
    keep(store, made_record(variant="\x1b[2J", error="\x1b]0;x\x07", status="failed"))
    assert "\x1b" not in ebb("status").out
    assert "\x1b" not in ebb("status", "class-order").out


# Real processes.


def test_a_refused_call_leaves_standard_output_empty_and_one_line(tmp_path):
    refused(in_a_process("run", "nonsense", folder=tmp_path))


def test_folders_called_like_ebbs_own_do_not_take_their_place(tmp_path):
    for name in ("data", "core", "studies", "analysis"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    call = in_a_process("list", folder=tmp_path)
    assert call.status == 0
    assert call.out.startswith("class-order\n")


def piped_into_nothing(tmp_path):
    """`ebb list` whose reader has gone already."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            command("list"),
            cwd=tmp_path,
            env=fresh_environment(),
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    finally:
        os.close(writer)


def test_a_reader_that_has_seen_enough_is_told_nothing(tmp_path):
    assert piped_into_nothing(tmp_path).stderr == ""


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    assert piped_into_nothing(tmp_path).returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device on this system")
@pytest.mark.parametrize("words", [("list",), ("--help",)], ids=lambda words: words[0])
def test_output_to_a_full_device_is_said_in_one_line(words, tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command(*words),
            cwd=tmp_path,
            env=fresh_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="POSIX redirection")
def test_a_closed_standard_output_ends_in_no_traceback(tmp_path):
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command("list")],
        cwd=tmp_path,
        env=fresh_environment(),
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr


def test_no_color_is_honoured_on_a_terminal(filled, tmp_path):
    main, terminal = pty.openpty()
    driver = subprocess.Popen(
        command("table", "class-order", "--kind", "summary"),
        cwd=tmp_path,
        env=fresh_environment(NO_COLOR="1", TERM="xterm-256color", COLUMNS="200"),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.PIPE,
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # how Linux says that the other side has closed
            break
        if not part:
            break
        shown += part
    os.close(main)
    _, err = driver.communicate(timeout=60)
    assert (driver.returncode, err) == (0, b"")
    assert b"class-sequential" in shown
    assert not re.search(rb"\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-7])[0-9;]*m", shown)


@pytest.mark.parametrize("group", [cli.ebb, store_group], ids=lambda group: group.name)
def test_the_line_that_help_shows_of_a_command_is_the_first_of_its_docstring(group):
    context = click.Context(group)
    shown = {name: line for name, (_, line) in group.lazy.items()}
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    assert shown == {name: each.help.splitlines()[0] for name, each in commands.items()}
    assert list(commands) == [each.name for each in commands.values()]


LOADED = """
import sys
from studies import cli
sys.argv[0] = "ebb"
try:
    cli.main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def loaded_by(*words, folder):
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOADED, *words],
        cwd=folder,
        env=fresh_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, 1), done
    return set(done.stderr.splitlines()[-1].split())


WITHOUT_NUMPY = [("--help",), ("--version",), ("status",), ("status", "class-order")]


@pytest.mark.parametrize("words", [*WITHOUT_NUMPY, ("list",), ("store", "check")], ids=" ".join)
def test_a_light_command_imports_nothing_heavy(words, filled, tmp_path):
    heavy = {"pandas", "scipy", "scipy.stats", "tensorflow", "keras", "sklearn", "seaborn"}
    heavy |= {"rich", "distributed"}
    heavy |= {"numpy"} if words in WITHOUT_NUMPY else set()
    assert loaded_by(*words, folder=tmp_path) & heavy == set()


@pytest.mark.parametrize("words", [("--help",), ("store", "--help")], ids=" ".join)
def test_help_imports_no_command_that_it_lists(words, tmp_path):
    ours = {"lazy", "options", *words[:-1]}
    loaded = {n for n in loaded_by(*words, folder=tmp_path) if n.startswith("studies.commands.")}
    assert loaded == {f"studies.commands.{name}" for name in ours}


BEFORE_TRAINING = """
import sys
from studies import cli
from studies.commands import run

def execute(*_, **__):
    print(*sys.modules, file=sys.stderr)
    return []

run.execute, run.import_meanwhile = execute, lambda *_: None
cli.main()
"""


def test_a_run_imports_nothing_heavy_before_its_workers_train(tmp_path):
    x, y = np.zeros((400, 2, 2), np.uint8), np.arange(400) % 10
    np.savez(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x, y_test=y)  # not scikit-learn's
    words = ("run", "class-order", "--dataset", "own.npz", "--set", "split.size=10")
    done = subprocess.run(
        [sys.executable, "-P", "-c", BEFORE_TRAINING, *words],
        cwd=tmp_path,
        env=fresh_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said, loaded = done.stderr.splitlines()
    assert said.endswith(": 20 runs to do")
    heavy = {"pandas", "scipy", "seaborn", "tensorflow", "keras", "sklearn", "matplotlib"}
    assert "studies.running.runner" in loaded.split()
    assert heavy & set(loaded.split()) == set()


@pytest.mark.parametrize("name", ["table", "check"])
def test_a_table_imports_neither_tensorflow_nor_what_draws(name, filled, tmp_path):
    heavy = {"tensorflow", "keras", "seaborn", "matplotlib", "sklearn"}
    assert loaded_by(name, "class-order", folder=tmp_path) & heavy == set()


def test_the_command_is_installed_under_its_name():
    found = shutil.which("ebb", path=os.path.dirname(sys.executable))
    assert found is not None
    done = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert re.fullmatch(r"ebb, version \d+\.\d+\.\d+\n", done.stdout)


def test_the_shell_completes_commands_and_options(tmp_path):
    for words, at, expected in (
        ("ebb st", 1, ["status", "store"]),
        ("ebb new --ki", 2, ["--kind"]),
    ):
        asked = {"_EBB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        call = in_a_process(folder=tmp_path, **asked)
        assert call.out.split() == [f"plain,{each}" for each in expected]
    call = in_a_process(folder=tmp_path, _EBB_COMPLETE="zsh_source")
    assert "#compdef ebb" in call.out
