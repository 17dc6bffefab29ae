"""Processes that a study's function leaves: they keep no command from ending, and no result."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults.conftest import SCORES, Ground, children, ended, wait_until
from tests.studies.running.test_executor import gone_within

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")

FORKING = '''
"""Scores whose functions leave processes behind, each noted in a file."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

from core import spec
from studies import Scoring, Study

LEFT = []


def note(child):
    Path(f"child-{child}").touch()


def fork():
    if not (child := os.fork()):
        time.sleep(600)
        os._exit(0)
    note(child)


def forks(seed):
    fork()
    return {"luck": seed}


def pools(seed):
    """As a data loader does it."""
    LEFT.append(multiprocessing.Pool(2))
    for child in multiprocessing.active_children():
        note(child.pid)
    return {"luck": seed}


def is_killed(seed):
    fork()
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(seed):
    fork()
    time.sleep(600)


def leaves_its_session(seed):
    if not (child := os.fork()):
        os.setsid()
        time.sleep(600)
    note(child)
    return {"luck": seed}


study = Study(
    name="faults",
    question="Does it end?",
    conditions={
        each.__name__.replace("_", "-"): Scoring(spec(each), dataset="nothing")
        for each in (forks, pools, is_killed, hangs, leaves_its_session)
    },
    primary="luck",
    seeds=1,
)
'''


@pytest.fixture
def forking(tmp_path):
    """The ground of these scores, and the end of what they left."""
    yield Ground(tmp_path, FORKING)
    for child in left(tmp_path):
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


def left(folder: Path) -> list[int]:
    """The processes that functions left behind."""
    return [int(file.name.partition("-")[2]) for file in folder.glob("child-*")]


def at_its_end(ground: Ground, conditions: str, *options: str) -> tuple[int, dict[str, str]]:
    """Run conditions; the status, and how each run ended."""
    with ground.start("--conditions", conditions, *options) as driver, ended(driver):
        _, err = driver.communicate(timeout=60)
        assert "Traceback" not in err
        entries = ground.store.entries("faults")
        return driver.returncode, {entry.condition: entry.error for entry in entries}


def test_children_that_live_on_cost_no_result_and_keep_no_command_from_ending(forking):
    check_that_they_cost_nothing(forking, "--workers", "2")


@pytest.mark.slow
def test_children_that_live_on_cost_nothing_on_a_cluster_either(forking, tmp_path):
    pytest.importorskip("distributed")
    from tests.studies.running.test_cluster import dask, start_scheduler

    (tmp_path / "dask").mkdir()
    with dask(tmp_path / "dask") as cluster:
        start_scheduler(cluster)
        cluster.worker(threads=2)
        check_that_they_cost_nothing(forking, "--scheduler", cluster.address)


def check_that_they_cost_nothing(ground: Ground, *options: str) -> None:
    status, errors = at_its_end(ground, "forks,pools,is-killed", *options)
    assert status == 1
    assert errors["forks"] == errors["pools"] == ""
    assert errors["is-killed"].startswith("its worker process ended with signal 9")
    assert len(left(ground.folder)) == 4
    assert all(gone_within(10, child) for child in left(ground.folder))


@pytest.mark.slow
def test_a_run_with_a_child_that_takes_too_long_is_ended_with_it(forking):
    status, errors = at_its_end(forking, "hangs,forks", "--timeout", "4")
    assert status == 1
    assert errors["forks"] == ""
    assert "it took longer than 4 s (--timeout)" in errors["hangs"]
    assert len(left(forking.folder)) == 2
    assert all(gone_within(10, child) for child in left(forking.folder))


@pytest.mark.slow
def test_a_child_that_left_its_workers_session_holds_nothing_up(forking):
    assert at_its_end(forking, "leaves-its-session") == (0, {"leaves-its-session": ""})


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_driver_that_is_ended_takes_its_workers_and_their_children_along(forking, number):
    options = ("--workers", "1", "--conditions", "forks,hangs")
    with forking.start(*options) as driver, ended(driver):
        wait_until(lambda: len(left(forking.folder)) == 2)
        workers = children(driver.pid)
        driver.send_signal(number)
        driver.communicate(timeout=20)
        assert all(gone_within(20, each) for each in (*workers, *left(forking.folder)))
        if number != signal.SIGKILL:
            assert driver.returncode == 128 + number
            assert [entry.condition for entry in forking.store.entries()] == ["forks"]


STUCK = (
    SCORES
    + """
import os
import threading
import time


def stuck(save_all):
    def save(store, records, planned, **how):
        # As in C code that waits for a lock: no handler of Python's runs in this thread.
        read, _ = os.pipe()
        pipe = open(read, "rb")
        threading.Thread(target=pipe.read, daemon=True).start()
        time.sleep(0.5)
        with open("stuck", "w"):
            pipe.close()

    save.stuck = save.watched = True
    return save


if not hasattr(Store.save_all, "stuck"):
    Store.save_all = stuck(Store.save_all)
"""
)


def test_a_second_signal_ends_a_command_that_is_stuck(tmp_path):
    ground = Ground(tmp_path, STUCK)
    with ground.start("--workers", "1") as driver, ended(driver):
        wait_until((tmp_path / "stuck").exists)
        (worker,) = children(driver.pid)
        driver.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            driver.wait(0.5)
        driver.send_signal(signal.SIGINT)
        _, err = driver.communicate(timeout=10)
        assert driver.returncode == 130
        assert "To go on: ebb run faults_study.py" in err
        assert gone_within(10, worker)
