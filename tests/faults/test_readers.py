"""Programs that read a store for longer than a moment: what is to be written waits for them."""

import contextlib
import signal
import sqlite3
from collections.abc import Iterator

import pytest

from tests.faults.conftest import SCORES, Ground, ended, results, wait_until
from tests.faults.test_storage import EVERYTHING, WAITING, last_line

REMARK = "note: another program reads the store"


@contextlib.contextmanager
def reader(ground: Ground) -> Iterator[None]:
    """A notebook, or a database browser, in the middle of a transaction."""
    with contextlib.closing(sqlite3.connect(ground.store.file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM records").fetchall()
        yield


def seldom(source: str, **seconds: float) -> str:
    """A study whose driver waits for other times."""
    changes = [f"runner.{name} = {value}" for name, value in seconds.items()]
    return source.replace("COMMIT_EVERY = 0.0", "\n".join(["COMMIT_EVERY = 0.0", *changes]))


def test_records_wait_for_a_reader_while_runs_go_on(tmp_path):
    ground = Ground(tmp_path, seldom(WAITING, AGAIN=0.3))
    (tmp_path / "slowly").touch()
    ground.store.check_writable()  # there is a store to read
    with ground.start("--workers", "2") as driver, ended(driver):
        with reader(ground):
            wait_until(lambda: len(list(tmp_path.glob("waits-*"))) == 2)
            done = len(ground.ran()) - 2
            assert done > 10
            assert ground.witnessed() == {}
        # Nothing is reported that would have it try again: it does so by itself.
        wait_until(lambda: len(ground.witnessed()) == done)
        driver.send_signal(signal.SIGINT)
        _, err = driver.communicate(timeout=60)
        assert driver.returncode == 130
        assert err.count(REMARK) == 1
        assert len(ground.kept()) == done


@pytest.mark.slow
def test_a_reader_that_comes_during_a_run_and_stays_costs_its_end_alone(tmp_path):
    ground = Ground(tmp_path, seldom(SCORES, AGAIN=0.3, AT_LAST=2.0))
    with ground.start("--workers", "2") as driver, ended(driver):
        wait_until(lambda: len(ground.witnessed()) > 5)
        with reader(ground):
            _, err = driver.communicate(timeout=60)
        assert driver.returncode == 2
        assert len(ground.ran()) == EVERYTHING
        assert err.count(REMARK) == 1
        assert "another program" in last_line(err)
        kept = ground.kept()
        assert 5 < len(kept) < EVERYTHING
        assert kept.keys() == ground.witnessed().keys()
        assert f"{EVERYTHING - len(kept)} runs" in last_line(err)
    again = ground.run("--workers", "2")
    assert again.status == 0
    assert len(results(ground.kept())) == EVERYTHING
    assert ground.kept().items() >= kept.items()
