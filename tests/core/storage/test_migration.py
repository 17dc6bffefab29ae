"""A store that the version before wrote opens: nothing is lost, and nothing is run again."""

import csv
import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from core import Store
from core.storage.migration import NAMES, schema_of
from core.storage.schema import COLUMNS, FILE, SCHEMA, checksum
from core.stored_names import variant_of_today
from core.training import environment as module
from core.training.checkpoints import checkpoint_file
from data import InputError
from studies.cli import ebb

WRITTEN = Path(__file__).parent / "schema_1"
"""Written by the last commit of schema 1, with the tables that it printed of it."""
SHRUNK = ["--quick", "--epochs"]
RUNS = {
    "blurred-order": [*SHRUNK, "1", "--seeds", "2", "--conditions", "blur-0.1,blur-1"],
    "label-noise": [*SHRUNK, "2", "--seeds", "2"],
    "polynomial-degree": ["--quick", "--seeds", "2"],
    "replay": [
        *(*SHRUNK, "2", "--seeds", "2", "--conditions", "ring-500,herding-500"),
        *("--set", "replay.buffer=ring", "--set", "replay.fraction=0.25"),
        *("--set", "order.classes=random"),
    ],
    "schedules": [
        *(*SHRUNK, "2", "--seeds", "1", "--set", "batch_size=64", "--set", "optimiser=Adam"),
    ],
}
"""The calls that wrote it, with the names of today."""
KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from core import Store
from core.storage import migration

def connect(*arguments, **options):
    # Without room in memory pages are written on the way, not only by the commit.
    connection = direct(*arguments, **options)
    connection.execute("PRAGMA cache_size = 1")
    return connection

def checksum(row):
    global calls
    calls += 1
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return right(row)

direct, sqlite3.connect = sqlite3.connect, connect
right, migration.checksum, calls = migration.checksum, checksum, 0
Store(Path(sys.argv[1])).entries()
"""


@pytest.fixture
def folder(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / FILE).write_bytes(gzip.decompress((WRITTEN / f"{FILE}.gz").read_bytes()))
    return store


@pytest.fixture
def that_machine(monkeypatch, folder, asked_anew):
    """The processor that the store was written on."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        (text,) = connection.execute("SELECT environment FROM records").fetchone()
    recorded = json.loads(text)
    monkeypatch.setattr(module, "_processor", lambda: recorded["processor"])
    monkeypatch.setenv("XLA_FLAGS", recorded["xla"])
    return recorded


def rows(folder):
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute(
            f"SELECT {COLUMNS}, digest FROM records ORDER BY rowid"
        ).fetchall()


def call(*words):
    done = CliRunner().invoke(ebb, words)
    assert done.exit_code == 0, done.output
    return done


def numbers(text):
    table = list(csv.DictReader(io.StringIO(text)))
    renamed = {"validation loss levelling-out epoch": "validation loss convergence epoch"}
    return [{**row, "metric": renamed.get(row["metric"], row["metric"])} for row in table]


@pytest.mark.parametrize("study", RUNS)
def test_its_tables_are_those_that_were_printed(folder, that_machine, study):
    table = call("table", study, "--kind", "summary", "--format", "csv", "--store", str(folder))
    assert numbers(table.stdout) == numbers((WRITTEN / f"{study}.csv").read_text())
    assert "stale" not in table.stderr
    assert "study has changed" not in table.stderr


@pytest.mark.parametrize("study", RUNS)
def test_no_run_of_it_is_done_again(folder, that_machine, study):
    plan = call("run", study, *RUNS[study], "--dry-run", "--store", str(folder))
    assert "0 runs to do" in plan.output


def test_opening_it_says_what_was_done_and_only_once(folder, that_machine, capsys):
    before = rows(folder)
    entries = Store(folder).entries()
    assert capsys.readouterr().err == (
        f"note: the store {folder} was brought to schema 3: {len(before)} records, none lost\n"
    )
    assert len(entries) == len(before) == 80
    assert schema_of(folder / FILE) == SCHEMA
    Store(folder).entries()
    assert capsys.readouterr().err == ""


def test_keys_and_recipes_stay_to_the_byte_and_are_read_with_the_names_of_today(folder):
    before = rows(folder)
    Store(folder).entries()
    after = rows(folder)
    same = [
        COLUMNS.replace(" ", "").split(",").index(each) for each in ("key", "recipe", "results")
    ]
    assert [[row[i] for i in same] for row in after] == [[row[i] for i in same] for row in before]
    records = Store(folder).records(Store(folder).entries())
    text = json.dumps([record.recipe for record in records])
    for new, old in (("SymmetricLabelNoise", "WrongLabels"), ("lr_schedule", '"schedule"')):
        assert new in text
        assert old not in text
    assert {e.variant for e in Store(folder).entries("replay")} == {
        "quick,epochs=2,order.classes=random,replay.buffer=ring,replay.fraction=0.25"
    }
    assert Store(folder).planned("replay", Store(folder).entries("replay")[0].variant) == 3


def test_a_store_of_another_version_of_the_core_stays_stale(folder, that_machine, capsys):
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        for row_id, *row in connection.execute(
            f"SELECT rowid, {COLUMNS} FROM records WHERE study = 'schedules'"
        ).fetchall():
            values = dict(zip(NAMES, row, strict=True))
            values["environment"] = values["environment"].replace(module.LAST_CORE, "0" * 16)
            connection.execute(
                "UPDATE records SET environment = ?, digest = ? WHERE rowid = ?",
                (values["environment"], checksum(tuple(values.values())), row_id),
            )
    fingerprints = {e.study: e.fingerprint for e in Store(folder).entries()}
    assert "6 of other versions of Ebb's core stay stale" in capsys.readouterr().err
    assert fingerprints.pop("schedules") != module.fingerprint(module.environment())
    assert set(fingerprints.values()) == {module.fingerprint(module.environment())}


@pytest.mark.parametrize("moment", [1, 2, 17, 33, 49, 65, 81, 113, 145, 160])
def test_killed_on_the_way_it_is_the_old_store_whole(folder, that_machine, moment, tmp_path):
    before = rows(folder)
    words = [sys.executable, "-c", KILLED, str(folder), str(moment)]
    assert subprocess.run(words, check=False).returncode == -9
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert rows(copy) == before  # SQLite itself rolls back what was not committed
    assert schema_of(copy / FILE) == 1
    assert len(Store(folder).records(Store(folder).entries())) == len(before)
    assert schema_of(folder / FILE) == SCHEMA


def test_a_damaged_record_stays_as_it_is_and_is_named(folder, capsys):
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("UPDATE records SET seconds = '{}' WHERE rowid = 5")
        connection.execute("UPDATE records SET condition = CAST(x'fffe' AS TEXT) WHERE rowid = 6")
    assert len(list(Store(folder).damaged())) == 2
    assert "2 damaged ones left as they are" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_where_it_cannot_be_written_the_error_says_so(folder):
    (folder / FILE).chmod(0o400)
    folder.chmod(0o500)
    with pytest.raises(InputError, match=r"brought to today's form once; expected a folder that"):
        Store(folder).entries()


def test_a_locked_store_is_refused_in_one_line(folder, monkeypatch):
    def refuse(*_, **__):
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr("core.storage.migration.sqlite3.connect", refuse)
    with pytest.raises(InputError, match=r"^Received the store [^\n]+; expected [^\n]+\.$"):
        Store(folder).entries()


def test_a_checkpoint_of_before_is_found(tmp_path):
    old = tmp_path / f"key-{module.fingerprint_of_schema_1()}.npz"
    assert checkpoint_file(tmp_path, "key") != old
    old.touch()
    assert checkpoint_file(tmp_path, "key") == old


def test_the_fingerprint_of_before_is_that_of_the_old_store(folder, that_machine):
    assert {row[7] for row in rows(folder)} == {module.fingerprint_of_schema_1()}


@pytest.mark.parametrize(
    ("before", "today"),
    [
        ("full", "full"),
        ("quick", "quick"),
        ("dataset=digits,epochs=3", "dataset=digits,epochs=3"),
        ("label_noise.share=0.2", "label_noise.rate=0.2"),
        ("order.share=1,schedule.decay_steps=5", "lr_schedule.decay_steps=5,order.fraction=1"),
        ("quick,epochs=2,replay.memory=ring", "quick,epochs=2,replay.buffer=ring"),
        ("transfer.source.schedule=A", "transfer.source.lr_schedule=A"),
        ("dataset=a,b.npz,schedule=A", "dataset=a,b.npz,lr_schedule=A"),
    ],
)
def test_variants_have_the_fields_of_today(before, today):
    assert variant_of_today(before) == today
