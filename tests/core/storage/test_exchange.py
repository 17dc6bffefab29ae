"""An export becomes a store again: whole, to the byte, or not at all."""

import gzip
import io
import lzma
import signal
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from core import Store
from core.storage import exchange
from core.storage.exchange import read_export, write_export
from core.storage.schema import COLUMNS, checksum
from data import InputError
from tests.studies.conftest import OTHER_ENVIRONMENT, keep, made_record

EARLIER = Path(__file__).parent / "schema_2"


def content(store):
    """All that is in a store's file, row by row."""
    with closing(sqlite3.connect(store.file)) as connection:
        return [
            sorted(connection.execute(f"SELECT * FROM {table}").fetchall())
            for table in ("records", "plans")
        ]


@pytest.fixture
def full(tmp_path):
    """Finished, failed, of another environment, of another study; with a plan of looks."""
    store = Store(tmp_path / "full")
    store.save_all([(made_record(seed=0), "digest")], planned=4, design="looks")
    keep(
        store,
        made_record(seed=1, status="failed", error="NA", evaluations=()),
        made_record(seed=2, environment=OTHER_ENVIRONMENT),
        made_record(seed=0, study="own"),
    )
    return store


@pytest.fixture
def file(full, tmp_path):
    path = tmp_path / "all.sqlite.xz"
    assert write_export(full, path) == 4
    return path


def test_an_export_becomes_a_store_again_to_the_byte(full, file, tmp_path):
    again = Store(tmp_path / "again")
    assert read_export(file, again) == {"stored": 4}
    assert content(again) == content(full)
    assert again.design("class-order", "full") == "looks"


def test_the_same_records_give_the_same_bytes(full, file, tmp_path):
    read_export(file, again := Store(tmp_path / "again"))
    write_export(again, other := tmp_path / "other.sqlite.xz")
    assert other.read_bytes() == file.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [
        "all.sqlite.xz",
        "other.sqlite.xz",
    ]


def test_one_study_can_be_exported_alone(full, tmp_path):
    assert write_export(full, tmp_path / "own.sqlite.xz", "own") == 1
    read_export(tmp_path / "own.sqlite.xz", own := Store(tmp_path / "own"))
    assert [entry.study for entry in own.entries()] == ["own"]
    assert own.planned("class-order", "full") is None


def test_what_is_there_stays_and_a_failed_run_is_replaced(full, file):
    keep(full, made_record(seed=1, error="of today", status="failed", evaluations=()))
    before = content(full)
    assert read_export(file, full) == {"already there": 4}
    assert content(full) == before
    keep(full, made_record(seed=1))
    write_export(full, file)
    keep(full, made_record(seed=1, status="stopped", evaluations=()))
    assert read_export(file, full) == {"already there": 3, "replaced": 1}
    assert full.entries("class-order")[1].status == "finished"


def test_results_that_an_earlier_ebb_compressed_are_the_same(full, file, tmp_path):
    compressed = Store(tmp_path / "compressed")
    read_export(file, compressed)
    with compressed.transaction(write=True) as connection:
        for row in connection.execute(f"SELECT rowid, {COLUMNS} FROM records").fetchall():
            with zipfile.ZipFile(io.BytesIO(row[-1])) as plain:
                members = {info: plain.read(info) for info in plain.infolist()}
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for info, content in members.items():
                    archive.writestr(info.filename, content)
            assert packed.getvalue() != row[-1]
            connection.execute(
                "UPDATE records SET results = ?, digest = ? WHERE rowid = ?",
                (packed.getvalue(), checksum((*row[1:-1], packed.getvalue())), row[0]),
            )
    assert compressed.records(compressed.entries())[0].digest() == (
        full.records(full.entries())[0].digest()
    )
    assert read_export(file, compressed) == {"already there": 4}


def test_another_result_of_the_same_run_is_refused_and_nothing_stored(full, file, tmp_path):
    keep(other := Store(tmp_path / "other"), made_record(seed=0, study="own", accuracy=0.5))
    before = content(other)
    with pytest.raises(InputError, match=r"another result .*own, shuffled, seed 0"):
        read_export(file, other)
    assert content(other) == before


def test_an_export_of_an_earlier_schema_is_read(tmp_path):
    raw = gzip.decompress((EARLIER / "ebb.sqlite.gz").read_bytes())
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "ebb.sqlite").write_bytes(raw)
    (tmp_path / "old.sqlite.xz").write_bytes(lzma.compress(raw))
    read_export(tmp_path / "old.sqlite.xz", store := Store(tmp_path / "new"))
    assert store.entries() == Store(tmp_path / "old").entries()


@pytest.mark.parametrize("where", [0.0, 0.3, 0.6, 0.97])
@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_a_damaged_export_is_refused_and_nothing_stored(how, where, file, tmp_path):
    whole = bytearray(file.read_bytes())
    at = int(where * len(whole))
    whole[at] ^= 0x10
    file.write_bytes(whole if how == "flipped" else whole[:at])
    with pytest.raises(InputError, match=r"damaged or no export"):
        read_export(file, Store(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


def test_a_record_that_is_not_what_was_written_is_refused_where_the_archive_is_sound(
    file, tmp_path
):
    (tmp_path / "raw").mkdir()
    raw = tmp_path / "raw" / "ebb.sqlite"
    raw.write_bytes(lzma.decompress(file.read_bytes()))
    with closing(sqlite3.connect(raw, isolation_level=None)) as connection:
        connection.execute("UPDATE records SET status = 'finished' WHERE seed = 1")
    with pytest.raises(InputError, match="damaged record"):
        write_export(Store(raw.parent), tmp_path / "again.sqlite.xz")
    file.write_bytes(lzma.compress(raw.read_bytes()))
    with pytest.raises(InputError, match="damaged record"):
        read_export(file, Store(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("content", [b"", lzma.compress(b""), lzma.compress(b"mine"), b"mine"])
def test_a_file_that_is_no_export_is_refused(content, file, tmp_path):
    file.write_bytes(content)
    with pytest.raises(InputError, match="export"):
        read_export(file, Store(tmp_path / "again"))
    assert not (tmp_path / "again").exists()


def test_an_export_that_unpacks_to_too_much_is_refused(file, tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="unpacks to more"):
        read_export(file, Store(tmp_path / "again"))


KILLED = """
import os, signal, sys
from pathlib import Path
from core.storage import exchange
from core.storage.store import Store

insert, done = exchange._insert, []

def killed_at_the_third(to, row):
    insert(to, row)
    done.append(row)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

exchange._insert = killed_at_the_third
exchange.read_export(Path(sys.argv[1]), Store(Path(sys.argv[2])))
"""


def test_killed_in_the_middle_leaves_the_old_store_whole(file, tmp_path):
    keep(old := Store(tmp_path / "old"), made_record(seed=9, study="another"))
    before = content(old)
    words = [sys.executable, "-c", KILLED, str(file), str(old.folder)]
    assert subprocess.run(words, cwd=Path(__file__).parents[3]).returncode == -signal.SIGKILL
    assert content(Store(old.folder)) == before
    assert read_export(file, old) == {"stored": 4}
    assert len(old.entries()) == 5


def test_another_plan_of_looks_is_refused_and_nothing_stored(file, tmp_path):
    store = Store(tmp_path / "other")
    store.save_all([(made_record(seed=5), "digest")], planned=4, design="other looks")
    before = content(store)
    with pytest.raises(InputError, match="by another plan of looks than the store's"):
        read_export(file, store)
    assert content(store) == before
