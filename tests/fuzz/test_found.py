"""Each fault that the properties found, stated by its example."""

import os
import sqlite3
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.scores import read_scores
from core import AugmentedCopy, Store, spec
from core.results import read_results
from core.training.checkpoints import Checkpoint
from data import InputError
from studies.definition.study import Quick, Reported, Study
from studies.results.reading import read
from tests.fuzz.calling import World, call
from tests.studies.conftest import (
    FakeWorkers,
    command,
    fresh_environment,
    keep,
    made_record,
    refused,
    tiny,
)


@pytest.mark.parametrize("word", ["\x1b[2J", "\x07", "\u202eabc", "\x9b31m"])
def test_a_refusal_does_not_steer_the_terminal(word, world):
    assert refused(call("check", "class-order", word)).count("?") >= 1
    assert word not in call("check", "class-order", word).err


def test_a_folder_is_listed_without_its_control_characters(world):
    assert "\x07" not in call("data", "list", "--data-dir", "\x07").out


@pytest.mark.parametrize(
    "words", [("status",), ("table",), ("check",), ("remove", "--yes")], ids=str
)
def test_a_name_that_is_no_text_is_refused(words, world):
    assert "expected" in refused(call(words[0], "\udcff", *words[1:]))


def test_output_that_is_no_text_is_escaped(world):
    assert "\\udcff holds no records yet" in call("status", "--store", "\udcff").out


@pytest.mark.parametrize("seeds", [f"0-{10**30}", str(10**30), f"{2**63}-{2**63 + 1}"])
def test_seeds_beyond_what_a_store_holds_are_refused(seeds, world):
    assert "Received seeds" in refused(call("run", "class-order", "--quick", "--seeds", seeds))


def test_nothing_is_asked_where_there_is_no_standard_input(tmp_path):
    keep(Store(tmp_path / "results"), made_record())
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *command("remove", "class-order")],
        cwd=tmp_path,
        env=fresh_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("ebb: Remove 1 record of class-order?")


def test_an_overwriting_run_that_nobody_confirmed_leaves_no_store(world):
    refused(call("run", "mine.py", "--overwrite", "--quiet", "--store", "new"))
    assert not os.path.lexists("new")


# Study files.


@pytest.mark.parametrize("says", ["raise ValueError", "return 3"])
def test_an_exception_that_cannot_say_what_it_is_is_refused(says, world: World):
    world.write(
        "mute.py", f"class E(Exception):\n    def __str__(self): {says}\nraise E\n".encode()
    )
    assert "does not run: E: its message cannot be read" in refused(call("status", "mute.py"))


def test_a_module_that_answers_for_what_it_has_not_is_refused(world: World):
    world.write("answers.py", b"def __getattr__(name): raise RuntimeError(name)\n")
    assert "expected its file to define `study" in refused(call("status", "answers.py"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("seeds", "3"), ("seeds", True), ("seeds", 10**30), ("conditions", {"a": 3})),
        *(("conditions", {3: tiny()}), ("question", None), ("margin", "1"), ("margin", np.nan)),
        *(
            ("comparisons", ("a", "b")),
            ("comparisons", ((1, 2),)),
            ("minutes", "x"),
            ("shown", "abc"),
        ),
        *(("quick", 3), ("reported", (3,)), ("interactions", (None,)), ("callbacks", 3)),
    ],
    ids=str,
)
def test_a_study_with_a_field_of_another_type_is_refused(field, value):
    given = {"name": "mine", "question": "?", "conditions": {"a": tiny()}}
    with pytest.raises(InputError, match=field):
        Study(**(given | {field: value}))


@pytest.mark.parametrize("name", ["\u017f", "\u212a", "a\u0131"])
def test_letters_that_only_look_like_ours_are_in_no_name(name):
    with pytest.raises(InputError, match="expected letters, digits"):
        Study(name=name, question="?", conditions={"a": tiny()})


def test_a_scale_without_seeds_and_a_figure_of_no_runs_are_refused():
    with pytest.raises(InputError, match="seeds from 1"):
        Quick(seeds=0)
    for wrong in ({"runs": 0}, {"value": 1e308}):
        with pytest.raises(InputError, match="from 1 run or more"):
            Reported(**({"condition": "a", "metric": "test loss", "value": 1} | wrong))


@pytest.mark.parametrize("decimals", [-1, 1, 16, 10**400, 2.0, True], ids=lambda d: str(d)[:9])
def test_decimals_that_a_figure_is_not_written_with_are_refused(decimals):
    with pytest.raises(InputError, match="decimals"):
        Reported(condition="a", metric="test accuracy", value=0.93, decimals=decimals)


@pytest.mark.parametrize(
    "start", [b"\xef\xbb\xbf", b"# coding: latin-1\n# \xe9\n"], ids=["mark", "latin-1"]
)
def test_a_study_file_may_be_in_any_encoding_that_python_reads(start, world: World):
    text = (
        "from core import Recipe, spec\nfrom studies import Study\n"
        "def build(shape, classes): pass\n"
        "r = Recipe(dataset='digits', model=spec(build))\n"
        "study = Study(name='x', question='?', conditions={'a': r})\n"
    )
    world.write("encoded.py", start + text.encode())
    assert call("run", "encoded.py", "--dry-run").status == 0


@pytest.mark.parametrize("name", ["builtins:dict", "math:pi", "..x:y", ".:y", "a:b:c"])
def test_a_name_that_leads_to_no_function_of_a_file_is_refused(name, world):
    refused(call("run", "mine.py", "--dry-run", "--set", f"model={name}"))


def test_a_function_that_is_not_written_in_python_is_refused():
    with pytest.raises(InputError, match="not written in Python"):
        tiny(model=spec("builtins:print")).digest()


# Files and stores.


def test_a_checkpoint_in_an_archive_of_a_later_kind_is_none(tmp_path):
    file = tmp_path / "state.npz"
    Checkpoint(b"", [np.arange(3.0)], {}, [], {"epoch": 1}).save(file)
    data = bytearray(file.read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = 109
    file.write_bytes(data)
    assert Checkpoint.load(file) is None


def test_a_checkpoint_with_damaged_compression_is_none(tmp_path):
    file = tmp_path / "state.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text.npy", bytes(10_000))
    data = bytearray(file.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    file.write_bytes(data)
    assert Checkpoint.load(file) is None


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 100, "text", None], ids=str)
def test_results_that_nobody_wrote_are_refused(data):
    with pytest.raises(ValueError, match="these are no results"):
        read_results(data)


def test_records_that_name_no_data_set_are_refused(tmp_path):
    store = Store(tmp_path)
    store.save(replace(made_record(), recipe={}), "digest", 1)
    with pytest.raises(InputError, match="name no data set"):
        read(store, "class-order")


@pytest.mark.parametrize("row", ["a,0,0.5,,x", "a,0,0.5,,,,"])
def test_a_row_of_scores_that_is_much_too_long_is_refused(row, tmp_path):
    (tmp_path / "long.csv").write_text(f"condition,seed,value\n{row}\nb,0,0.5\n")
    with pytest.raises(ValueError, match="expected 3 cells in every row"):
        read_scores(tmp_path / "long.csv")


def change(column, value):
    store = sqlite3.connect("results/ebb.sqlite")
    store.execute(f"UPDATE records SET {column} = ? WHERE study = 'mine'", (value,))
    store.commit()
    store.close()


@pytest.mark.parametrize(
    ("column", "value"), [("seed", "x"), ("error", b"x"), ("condition", b"x")], ids=str
)
def test_a_damaged_label_is_refused(column, value, world: World):
    change(column, value)
    refused(call("status", "mine"))
    world.restore()


@pytest.mark.parametrize("value", ["[]", '{"a": "x"}', "[" * 9999, '{"a": NaN}'], ids=len)
def test_damaged_seconds_do_not_hide_the_runs(value, world: World):
    change("seconds", value)
    assert call("status", "mine").status == 0
    world.restore()


def test_a_status_that_is_no_text_is_refused(world: World):
    change("status", b"x")
    refused(call("status"))
    world.restore()


def test_a_damaged_schema_is_refused(world: World):
    data = Path("results/ebb.sqlite").read_bytes()
    world.write(
        "results/ebb.sqlite", data.replace(b"CREATE TABLE records", b"CREATE \xff\xfeBLE records")
    )
    refused(call("status"))
    world.restore()


def test_a_hostile_name_is_plain_in_tables_and_markdown(world: World):
    store = sqlite3.connect("results/ebb.sqlite")
    store.execute("UPDATE records SET variant = '<b>|[x](y)' WHERE study = 'measured'")
    from core.storage.schema import COLUMNS, checksum

    for rowid, *row in store.execute(f"SELECT rowid, {COLUMNS} FROM records").fetchall():
        store.execute("UPDATE records SET digest = ? WHERE rowid = ?", (checksum(row), rowid))
    store.commit()
    store.close()
    out = call("table", "measured", "--format", "markdown").out
    assert "measured (&#60;b>&#124;&#91;x](y))" in out
    world.restore()


def test_a_message_with_a_terminals_codes_is_shown_clean():
    from studies.results.inventory import describe

    assert "\x1b" not in describe(made_record(status="failed", error="\x1b[2J"))


@pytest.mark.parametrize(
    "field",
    [
        *(f"replay.capacity={10**30}", f"replay.fraction={'9' * 400}", f"batch_size={10**30}"),
        *("replay.capacity=10000000000", f"epochs={10**400}"),
    ],
)
def test_a_number_that_fits_no_memory_is_refused(field, world):
    assert "Received" in refused(call("run", "replay", "--quick", "--dry-run", "--set", field))


def test_a_divisor_that_float32_cannot_hold_is_refused():
    with pytest.raises(InputError, match="from 1e-30 to 1e30"):
        AugmentedCopy(divided_by=1e308)


def test_an_error_that_is_no_text_is_kept_with_escapes(tmp_path, monkeypatch):
    fails = FakeWorkers(lambda job: ("failed", "RuntimeError: \udcff"))
    monkeypatch.setattr("studies.running.runner.in_processes", fails)
    monkeypatch.chdir(tmp_path)
    assert call("run", "class-order", "--quick", "--seeds", "1", "--quiet").status == 1
    assert "RuntimeError: \\udcff" in call("status", "class-order").out


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "a\\b", ".a", "", " a", "a\n", "-a"])
def test_no_folder_that_is_named_after_a_study_or_condition_leads_elsewhere(name):
    with pytest.raises(InputError, match="expected letters, digits"):
        Study(name=name, question="?", conditions={"a": tiny()})
    with pytest.raises(InputError, match="expected letters, digits"):
        Study(name="a", question="?", conditions={name: tiny()})


@pytest.mark.parametrize("words", [(), ("--per-class",)], ids=len)
def test_a_comparison_may_begin_with_a_run_that_failed(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "results")
    failed = {"status": "failed", "error": "E: no", "evaluations": (), "arrays": {}}
    for seed in range(4):
        changes = {} if seed else failed
        keep(store, made_record("shuffled", seed, accuracy=0.9 + 0.02 * seed, **changes))
        keep(store, made_record("class-sequential", seed, accuracy=0.5))
    found = call("compare", "class-order", "shuffled", "class-sequential", *words)
    assert found.status == 0, found


def test_parquet_may_be_exported_into_a_folder_whose_name_is_no_text(world: World):
    assert call("store", "export", "a\udcff", "--format", "parquet").status == 0
    world.restore()
