"""What lies beside the store after a crash is undone, or refused before it does harm."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from core import Store
from data import InputError
from tests.core.storage.test_store import record

# So small a cache makes SQLite write to the file before the commit.
WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE records SET error = hex(zeroblob(3000)), status = 'failed'")
print("written", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def in_mid_commit(store):
    """A process that has written to the file and not committed; it is killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline()
        yield process
        process.kill()


def journal(store):
    return store.folder / "ebb.sqlite-journal"


def filled(folder, seeds=20):
    store = Store(folder)
    store.save_all([(record(seed=seed), "digest") for seed in range(seeds)], planned=seeds)
    return store


@pytest.fixture
def hot(tmp_path):
    """A store with the journal of a process that was killed in the middle of a commit."""
    store = filled(tmp_path / "hot")
    before = store.file.read_bytes()
    with in_mid_commit(store):
        pass
    assert store.file.read_bytes() != before
    assert journal(store).stat().st_size
    return store


def all_there(store):
    entries = store.entries()
    return {entry.status for entry in entries} == {"finished"} and len(store.records(entries)) == 20


def test_reading_undoes_a_commit_that_was_cut_short(hot):
    assert all_there(hot)
    assert not journal(hot).exists()


def test_writing_undoes_a_commit_that_was_cut_short(hot):
    hot.save(record(seed=20), "digest", planned=20)
    assert len(hot.records(hot.entries())) == 21


@pytest.mark.parametrize("length", [1, 28, 600, 5000, 20_000])
def test_a_journal_that_was_cut_off_is_refused_and_nothing_is_changed(hot, length):
    journal(hot).write_bytes(journal(hot).read_bytes()[:length])
    before = hot.file.read_bytes()
    with pytest.raises(InputError, match="does not make it whole"):
        hot.entries()
    with pytest.raises(InputError, match="does not make it whole"):
        hot.save(record(), "digest", planned=1)
    assert hot.file.read_bytes() == before


@pytest.mark.parametrize("length", [0, 1, 28, 600])
def test_a_journal_that_undoes_nothing_leaves_a_sound_store(tmp_path, hot, length):
    sound = filled(tmp_path / "sound")
    journal(sound).write_bytes(journal(hot).read_bytes()[:length])
    assert all_there(sound)


def test_the_journal_of_another_store_is_refused_and_nothing_is_changed(tmp_path, hot):
    other = filled(tmp_path / "other", seeds=60)
    shutil.copy(journal(hot), journal(other))
    before = other.file.read_bytes()
    with pytest.raises(InputError, match="does not make it whole"):
        other.entries()
    assert other.file.read_bytes() == before
    journal(other).unlink()
    assert len(other.records(other.entries())) == 60


def test_garbage_for_a_journal_leaves_a_sound_store(tmp_path):
    store = filled(tmp_path)
    journal(store).write_bytes(bytes(range(1, 256)) * 99)
    assert all_there(store)


def test_ebb_itself_makes_no_log(tmp_path):
    store = filled(tmp_path)
    with store.transaction(write=True) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        connection.execute("DELETE FROM records")
        assert {file.name for file in tmp_path.iterdir()} == {"ebb.sqlite", "ebb.sqlite-journal"}


def test_the_journal_of_a_writer_at_work_is_left_alone(tmp_path):
    store = filled(tmp_path)
    with store.transaction(write=True) as connection:
        connection.execute("DELETE FROM records")
        before = journal(store).read_bytes()
        assert all_there(store)
        assert journal(store).read_bytes() == before
    assert store.entries() == []


@pytest.fixture
def open_to_read():
    """A folder below which everybody may look; write as its owner, read without that right."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@contextlib.contextmanager
def reading_only(store):
    """Without the right to write into the folder; root has it whatever the folder says."""
    store.file.chmod(0o444)
    store.folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        store.folder.chmod(0o755)
        store.file.chmod(0o644)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_store_in_a_folder_that_cannot_be_written_is_read(open_to_read):
    store = filled(open_to_read)
    with reading_only(store):
        assert all_there(store)
        with pytest.raises(InputError, match="can be written"):
            store.check_writable()


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_cut_commit_in_a_folder_that_cannot_be_written_is_said(open_to_read):
    store = filled(open_to_read)
    with in_mid_commit(store):
        pass
    journal(store).chmod(0o644)
    with (
        reading_only(store),
        pytest.raises(InputError, match="last commit was cut short; expected a folder that can"),
    ):
        store.entries()
    assert all_there(store)
