"""A cluster that breaks down while records are committed: nothing is lost, failed or done twice."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import SCORES, Ground, children, ended, results, wait_until
from tests.faults.test_storage import EVERYTHING, WAITING, go_on
from tests.studies.conftest import in_a_process
from tests.studies.running.test_cluster import Dask, dask, start_scheduler

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc"),
]


COMMITS = range(10, EVERYTHING, 11)
"""After which commits something is killed: ten moments of each victim."""


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Dask]:
    """A scheduler, and a worker for two runs at a time."""
    folder.mkdir()
    with dask(folder) as started:
        start_scheduler(started)
        started.worker(threads=2)
        yield started


def test_runs_that_are_lost_with_a_scheduler_that_restarts_are_done_again(tmp_path):
    ground = Ground(tmp_path / "study", WAITING)
    (ground.folder / "slowly").touch()
    with cluster(tmp_path / "dask") as started:
        with ground.start("--scheduler", started.address) as driver, ended(driver):
            wait_until(lambda: len(list(ground.folder.glob("waits-*"))) == 2)
            kill(started.processes[0])
            start_scheduler(started)
            _, err = driver.communicate(timeout=90)
        assert driver.returncode == 1, err
        stopped = f"ebb: Stopped: the scheduler {started.address} is gone (ConnectionError: it was"
        assert stopped in err
        assert "To go on: ebb run faults_study.py --scheduler" in err
        kept = ground.kept()
        assert kept.keys() == ground.witnessed().keys()
        assert {each.status for each in kept.values()} == {"finished"}
        go_on(ground)
        started.worker(threads=2)
        assert ground.run("--scheduler", started.address).status == 0
    assert len(ground.kept()) == EVERYTHING
    assert ground.kept().items() >= kept.items()


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The results of a study that nothing happened to."""
    ground = Ground(tmp_path_factory.mktemp("undisturbed"), SCORES)
    assert ground.run("--workers", "2").status == 0
    return results(ground.kept())


@pytest.fixture
def ruins(tmp_path):
    """A study that something happens to, on a cluster of its own."""
    with cluster(tmp_path / "dask") as started:
        yield Ground(tmp_path / "study", SCORES), started


def kill(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()


def wait_for_commit(
    n: int, ground: Ground, driver: subprocess.Popen, moments: random.Random
) -> None:
    """Wait for a moment soon after, mostly within another commit."""
    wait_until(lambda: len(ground.witnessed()) >= n or driver.poll() is not None)
    time.sleep(moments.uniform(0, 0.03))


def check(ground: Ground, expected, failures: int = 0) -> None:
    """Whatever was committed is there, right, and no more runs failed than were killed."""
    kept = ground.kept()
    statuses = {run: each.status for run, each in kept.items()}
    assert statuses.items() >= ground.witnessed().items()
    assert list(statuses.values()).count("failed") <= failures
    finished = {run: each for run, each in kept.items() if each.status != "failed"}
    assert results(finished).items() <= expected.items()


def complete(ground: Ground, expected) -> None:
    """The same command does the rest alone, and comes to the same bytes."""
    kept = {run: each for run, each in ground.kept().items() if each.status != "failed"}
    call = ground.run("--workers", "2", "--retry-failed")
    assert call.status == 0, call
    assert results(ground.kept()) == expected
    assert ground.kept().items() >= kept.items(), "a run was done again"
    call = in_a_process("store", "check", folder=ground.folder)
    assert (call.status, "no faults" in call.out) == (0, True), call


def test_a_driver_is_killed_while_records_are_committed(ruins, expected, moments):
    ground, started = ruins
    for n in COMMITS:
        with ground.start("--scheduler", started.address) as driver, ended(driver):
            wait_for_commit(n, ground, driver, moments)
            kill(driver)
        check(ground, expected)
    complete(ground, expected)


def test_a_scheduler_is_killed_and_restarts_while_records_are_committed(ruins, expected, moments):
    ground, started = ruins
    scheduler = started.processes[0]
    for n in COMMITS:
        with ground.start("--scheduler", started.address) as driver, ended(driver):
            wait_for_commit(n, ground, driver, moments)
            kill(scheduler)
            scheduler = start_scheduler(started)
            started.worker(threads=2)
            _, err = driver.communicate(timeout=90)
        assert (driver.returncode == 1 and "ebb: Stopped: the scheduler" in err) or n == COMMITS[-1]
        check(ground, expected)
    complete(ground, expected)


def test_workers_are_killed_while_records_are_committed(ruins, expected, moments):
    """A Dask worker, or a process that does runs there, in turn."""
    ground, started = ruins
    with ground.start("--scheduler", started.address) as driver, ended(driver):
        for i, n in enumerate(COMMITS):
            wait_for_commit(n, ground, driver, moments)
            worker = started.processes[-1]
            if i % 2:
                kill(worker)
                started.worker(threads=2)
            elif running := children(worker.pid):
                os.kill(moments.choice(running), signal.SIGKILL)
        _, err = driver.communicate(timeout=90)
    assert driver.returncode == 1, err
    check(ground, expected, failures=len(COMMITS) // 2 * (1 + 2))
    complete(ground, expected)
