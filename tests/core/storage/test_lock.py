"""One process writes a study's records; the kernel forgets its claim when it ends."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from core.storage import lock
from core.storage.lock import exclusive
from data import InputError

HOLDER = """
import subprocess, sys
from pathlib import Path
from core.storage.lock import exclusive

with exclusive(Path(sys.argv[1]), "s", "full"):
    # A worker that outlives its driver must not hold what the driver held.
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=0)
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds study s, full, of the store in this folder; its child's id."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "store")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process, int(process.stdout.readline())
        process.kill()


def test_a_second_process_is_told_who_holds_the_study(holder, tmp_path):
    process, _ = holder
    with pytest.raises(InputError) as refusal, exclusive(tmp_path / "store", "s", "full"):
        pass
    line = str(refusal.value)
    assert f"process {process.pid} on host {socket.gethostname()!r} since '20" in line
    assert "s (full)" in line
    assert "\n" not in line


@pytest.mark.parametrize(("study", "variant"), [("other", "full"), ("s", "quick")])
def test_other_studies_and_variants_of_the_store_are_free(study, variant, holder, tmp_path):
    with exclusive(tmp_path / "store", study, variant) as note:
        assert note == ""


def test_a_killed_holder_holds_nothing_though_its_children_live(holder, tmp_path):
    process, child = holder
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.kill(child, 0)  # it lives
    assert list((tmp_path / "store").iterdir())
    with exclusive(tmp_path / "store", "s", "full"):
        pass


def test_a_lock_file_that_was_copied_with_its_folder_holds_nothing(holder, tmp_path):
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    with exclusive(tmp_path / "copy", "s", "full"):
        pass


def test_who_held_it_leaves_nothing_behind(tmp_path):
    with exclusive(tmp_path / "store", "s", "full"):
        assert len(list((tmp_path / "store").iterdir())) == 1
    assert not (tmp_path / "store").exists()


def test_a_folder_that_was_filled_meanwhile_stays(tmp_path):
    with exclusive(tmp_path / "store", "s", "full"):
        (tmp_path / "store" / "ebb.sqlite").touch()
    assert [file.name for file in (tmp_path / "store").iterdir()] == ["ebb.sqlite"]


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "", "dataset=/data/x.npz", "long " * 200, "ä\n\0", "\udcff"]
)
def test_any_name_can_be_held_and_names_no_other_place(name, tmp_path):
    with exclusive(tmp_path / "store", name, "full"):
        (file,) = (tmp_path / "store").iterdir()
        assert file.name.isascii()
        with pytest.raises(InputError), exclusive(tmp_path / "store", name, "full"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_holder_that_cannot_be_read_is_no_traceback(tmp_path):
    with exclusive(tmp_path, "s", "full"):
        (file,) = tmp_path.iterdir()
        file.write_bytes(b'{"process": "\xff')
        with pytest.raises(InputError, match="another process"), exclusive(tmp_path, "s", "full"):
            pass


def test_a_folder_that_cannot_be_written_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="can be written"),
        exclusive(tmp_path / "file" / "below", "s", "full"),
    ):
        pass


def test_a_system_without_locks_is_said_and_hinders_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "fcntl", None)
    with exclusive(tmp_path, "s", "full") as note:
        assert "knows no locks" in note


def test_a_file_system_without_locks_is_said_and_hinders_nobody(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    with exclusive(tmp_path, "s", "full") as note:
        assert "knows no locks" in note


def test_who_waited_for_a_file_that_was_removed_does_not_hold_it(tmp_path, monkeypatch):
    real, opened = lock.fcntl.flock, []

    def remove_first(file, how):
        real(file, how)
        if not opened:
            opened.append(file)
            os.unlink(file.name)

    monkeypatch.setattr(lock.fcntl, "flock", remove_first)
    with (
        exclusive(tmp_path, "s", "full"),
        pytest.raises(InputError),
        exclusive(tmp_path, "s", "full"),
    ):
        pass
    assert opened
