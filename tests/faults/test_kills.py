"""kill -9 of drivers and workers: nothing that was committed is lost, or done again."""

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.conftest import SCORES, TRAINED, Ground, children, results, wait_until

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")


SOURCES = {
    "few scores": SCORES.replace("seeds=30", "seeds=8"),
    "scores": SCORES,
    "trained": TRAINED,
}


@pytest.fixture(scope="module", params=["scores", "trained"])
def undisturbed(request, tmp_path_factory):
    """A study that nothing happened to, and how long it takes."""
    source = SOURCES[request.param]
    ground = Ground(tmp_path_factory.mktemp("undisturbed"), source)
    start = time.monotonic()
    assert ground.run("--workers", "2").status == 0
    return source, results(ground.kept()), time.monotonic() - start


def kill_driver(ground: Ground, after: float) -> bool:
    """Start the study and kill its driver; whether there was still one to kill."""
    with ground.start("--workers", "2") as driver:
        try:
            driver.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            driver.kill()
            driver.communicate()
        return driver.returncode == -signal.SIGKILL


def drivers_are_killed(n: int, undisturbed, folder: Path, moments: random.Random) -> None:
    source, expected, seconds = undisturbed
    killed = journals = stores = 0
    while killed < n:
        stores += 1
        ground = Ground(folder / str(stores), source)
        for _ in range(moments.randint(1, min(n, 3))):  # the same study, again and again
            if not kill_driver(ground, moments.uniform(0, seconds)):
                break
            killed, journals = killed + 1, journals + ground.hot_journal()
            kept = ground.kept()
            committed = ground.witnessed()
            assert {run: each.status for run, each in kept.items()}.items() >= committed.items()
            assert results(kept).items() <= expected.items()
        kept, calls = ground.kept(), len(ground.ran())
        call = ground.run("--workers", "2")
        assert call.status == 0, call
        assert results(ground.kept()) == expected
        assert not kept or f"{len(kept)} in the store already" in call.err
        assert ground.kept().items() >= kept.items(), "a run was done again"
        assert list((ground.store.folder / "unfinished").glob("*")) == []
        again = {f"{condition} {seed}" for condition, seed in kept}
        assert not again & set(ground.ran()[calls:])
    print(f"{killed} kills, {journals} within a commit, {stores} stores")


def kill_worker(ground: Ground, after: float, moments: random.Random) -> tuple[bool, int, str]:
    """Start the study and kill a worker; whether there was one, the driver's status, its words."""
    with ground.start("--workers", "2", "--retry-failed") as driver:
        wait_until(lambda: children(driver.pid) or driver.poll() is not None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(after)
        workers = children(driver.pid)
        if workers:
            os.kill(moments.choice(workers), signal.SIGKILL)
        _, err = driver.communicate()
        return bool(workers), driver.returncode, err


def workers_are_killed(n: int, undisturbed, folder: Path, moments: random.Random) -> None:
    source, expected, seconds = undisturbed
    killed = failures = stores = 0
    while killed < n:
        stores += 1
        ground = Ground(folder / str(stores), source)
        for _ in range(min(n, 3)):
            before = {run: each for run, each in ground.kept().items() if each.status != "failed"}
            done, status, err = kill_worker(ground, moments.uniform(0, seconds / 2), moments)
            killed += done
            kept = ground.kept()
            assert kept.items() >= before.items(), "a run was done again"
            failed = [entry for entry in ground.store.entries() if entry.status == "failed"]
            assert len(failed) <= done
            assert set(kept) == set(expected), "the other runs go on"
            assert status == (1 if failed else 0), err
            for entry in failed:
                assert "its worker process ended with signal 9" in entry.error
                assert (ground.folder / entry.error.rpartition("see ")[2]).exists()
            failures += len(failed)
            if not failed:
                break
        call = ground.run("--workers", "2", "--retry-failed")
        assert call.status == 0, call
        assert results(ground.kept()) == expected
    print(f"{killed} kills cost {failures} runs, {stores} stores")


@pytest.mark.parametrize("undisturbed", ["few scores"], indirect=True)
def test_a_driver_is_killed_at_any_moment_and_nothing_is_lost_or_done_again(
    undisturbed, tmp_path, moments
):
    drivers_are_killed(2, undisturbed, tmp_path, moments)


@pytest.mark.slow
@pytest.mark.parametrize("undisturbed", ["scores"], indirect=True)
def test_a_worker_is_killed_at_any_moment_and_costs_its_run(undisturbed, tmp_path, moments):
    workers_are_killed(1, undisturbed, tmp_path, moments)


@pytest.mark.slow
def test_twenty_kills_of_drivers(undisturbed, tmp_path, moments):
    drivers_are_killed(20, undisturbed, tmp_path, moments)


@pytest.mark.slow
def test_twenty_kills_of_workers(undisturbed, tmp_path, moments):
    workers_are_killed(20, undisturbed, tmp_path, moments)
