"""Limits of the system: each refusal names the worker or the file it is about, and the limit."""

import contextlib
import errno
import os
import resource
import shutil
import subprocess
import sys
import threading

import pytest

from core import Store
from data import InputError
from tests.faults.conftest import SCORES, Ground
from tests.faults.test_storage import mounted
from tests.studies.conftest import a_folder_of_its_own, ebb, made_record, refused

__all__ = ["a_folder_of_its_own", "ebb"]
"""Fixtures."""

RUN = ("run", "faults_study.py", "--workers", "1", "--seeds", "1", "--quiet")


@pytest.fixture
def study(tmp_path):
    """A study that leaves nothing but records."""
    silent = SCORES.replace('open("ran", "a")', "open(os.devnull, 'w')").replace(
        "def scores", "import os\n\n\ndef scores", 1
    )
    return Ground(
        tmp_path, silent.partition("if not hasattr")[0] + silent[silent.index("study =") :]
    )


@pytest.fixture
def disk(tmp_path):
    """A small file system that is mounted for the test."""
    folder = tmp_path / "disk"
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounts a file system")
    if not mounted(folder, "-t", "tmpfs", "-o", "size=400k,nr_inodes=20", "tmpfs"):
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder, inodes_left):
    """Leave so many inodes free."""
    with contextlib.suppress(OSError):
        for number in range(100):
            (folder / f"fill-{number}").touch()
    for _, file in zip(range(inodes_left), folder.glob("fill-*"), strict=False):
        file.unlink()


def last_line(call) -> str:
    assert call.status == 2, call
    assert "Traceback" not in call.err
    return call.err.splitlines()[-1]


@pytest.mark.parametrize("end", ["png", pytest.param("svg", marks=pytest.mark.slow)])
def test_a_full_disk_at_a_figure_names_the_figure_and_leaves_none(end, disk, ebb, tmp_path):
    for seed in range(3):
        Store(tmp_path / "results").save(made_record(seed=seed), "digest", 3)
    (disk / "fill").write_bytes(bytes(396 * 1024))
    line = refused(ebb("table", "class-order", "--figure", disk / f"figure.{end}"))
    assert f"Received '{disk}/figure.{end}'" in line
    assert "No space left on device" in line
    assert [file.name for file in disk.iterdir()] == ["fill"]


@pytest.mark.parametrize(
    ("left", "logs"),
    [(0, True), (1, True), (2, False), pytest.param(2, True, marks=pytest.mark.slow)],
)
def test_a_store_without_inodes_is_named_with_the_limit(left, logs, study, disk, ebb):
    store = Store(disk / "results")
    store.save(made_record(), "digest", 1)
    if logs:
        (store.folder / "logs").mkdir()
    fill(disk, left)
    line = last_line(ebb(*RUN, "--store", store.folder))
    assert ("Received the store" if logs else "Received a worker process") in line
    assert f"'{store.folder}" in line
    assert "no inode is free" in line
    shutil.copytree(store.folder, study.folder / "copy")
    assert "class-order" in {each.study for each in Store(study.folder / "copy").entries()}


@contextlib.contextmanager
def open_files(more: int):
    """While this lasts, this process may open so many files more."""
    lowest = os.dup(0)
    os.close(lowest)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + more, before[1]))
    try:
        yield lowest + more
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("more", [0, 1])
def test_a_store_that_cannot_be_opened_for_too_many_open_files_is_named_with_the_limit(
    more, tmp_path
):
    store = Store(tmp_path / "results")
    store.save(made_record(), "digest", 1)
    with open_files(more) as limit, pytest.raises(InputError) as refusal:
        store.save(made_record(seed=1), "digest", 1)
    assert f"Received the store '{store.folder}'" in str(refusal.value)
    assert f"too many open files (ulimit -n: {limit})" in str(refusal.value)
    assert len(store.entries()) == 1


@pytest.mark.parametrize(
    "limit", [30, *(pytest.param(each, marks=pytest.mark.slow) for each in (10, 20, 28, 40))]
)
def test_workers_for_which_there_are_too_many_open_files_are_named_with_the_limit(limit, study):
    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    with study.start("--workers", "16", preexec_fn=few_files) as driver:
        _, err = driver.communicate(timeout=120)
    assert driver.returncode == 2
    assert "Traceback" not in err
    line = err.splitlines()[-1]
    assert line.startswith("ebb: Received a worker process")
    assert f"too many open files (ulimit -n: {limit})" in line
    assert "--workers" in line


def test_an_interpreter_that_may_not_be_started_is_named(study, ebb, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.touch(0o600)
    monkeypatch.setattr(sys, "executable", str(python))
    line = last_line(ebb(*RUN))
    assert line.startswith("ebb: Received a worker process")
    assert f"'{python}'" in line
    assert "Permission denied" in line


@pytest.mark.parametrize("what", ["process", "thread"])
def test_a_process_that_the_system_has_no_room_for_is_named_with_the_limit(
    what, study, ebb, monkeypatch
):
    def refuse(*_, **__):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def no_thread(self):
        if self.name.startswith("worker"):
            raise RuntimeError("can't start new thread")
        start(self)

    start = threading.Thread.start
    if what == "process":
        monkeypatch.setattr(subprocess, "Popen", refuse)
    else:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
    line = last_line(ebb(*RUN))
    assert line.startswith("ebb: Received a worker process")
    assert "too many processes (ulimit -u: " in line
