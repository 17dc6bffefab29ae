"""Ctrl-C and its kin at real moments: the first ends a run in order, a second one at once."""

import contextlib
import os
import pty
import random
import signal
import subprocess
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.faults.conftest import SCORES, Ground, children, ended, heed_signals, results, wait_until
from tests.studies.conftest import command, fresh_environment
from tests.studies.running.test_executor import gone_within

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")

SIGNALS = pytest.mark.parametrize(
    "number",
    [pytest.param(each, id=each.name) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)],
)
EVERYTHING = 4 * 30
CONTINUE = "To go on: ebb run faults_study.py"


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The results of a study that nothing happened to, and how long it takes."""
    ground = Ground(tmp_path_factory.mktemp("undisturbed"), SCORES)
    start = time.monotonic()
    assert ground.run("--workers", "2").status == 0
    return results(ground.kept()), time.monotonic() - start


def importing(process: int) -> bool:
    """Whether Ebb's own modules are being imported: before that, a signal meets Python alone."""
    with contextlib.suppress(OSError):
        return "_multiarray_umath" in Path(f"/proc/{process}/maps").read_text()
    return False


def signalled(ground: Ground, number: int, after: float, ready=lambda: True) -> tuple[int, str]:
    """Start the study and send its driver a signal; its exit status and what it said."""
    with ground.start("--workers", "2") as driver, ended(driver):
        wait_until(lambda: importing(driver.pid) and ready())
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(after)
        workers = children(driver.pid)
        driver.send_signal(number)
        _, err = driver.communicate(timeout=60)
        assert all(gone_within(20, worker) for worker in workers)
        return driver.returncode, err


def check(ground: Ground, number: int, status: int, err: str) -> None:
    """However it ended, it said so, and lost nothing that was committed."""
    # Among the imports and at the interpreter's end a signal just ends it, as shells expect.
    assert status in (128 + number, -number) or f"{EVERYTHING} runs ended" in err, err
    assert status != 128 + number or CONTINUE in err
    assert "Traceback" not in err
    assert "Exception" not in err
    kept = {run: each.status for run, each in ground.kept().items()}
    assert kept.items() >= ground.witnessed().items()


def at_any_moment(n: int, number: int, expected, folder: Path, moments: random.Random) -> None:
    whole, seconds = expected
    statuses = []
    for i in range(n):
        ground = Ground(folder / str(i), SCORES)
        status, err = signalled(ground, number, moments.uniform(0, seconds))
        statuses.append(status)
        check(ground, number, status, err)
        kept = ground.kept()
        assert results(kept).items() <= whole.items()
    assert ground.run("--workers", "2").status == 0
    assert results(ground.kept()) == whole
    assert ground.kept().items() >= kept.items(), "a run was done again"
    print(f"{n} signals, exit statuses {sorted(statuses)}")
    assert n < 10 or 128 + number in statuses


@pytest.mark.slow
@SIGNALS
def test_a_signal_at_any_moment_loses_nothing(number, expected, tmp_path, moments):
    at_any_moment(1, number, expected, tmp_path, moments)


@pytest.mark.slow
@SIGNALS
def test_twenty_signals(number, expected, tmp_path, moments):
    at_any_moment(20, number, expected, tmp_path, moments)


def test_ctrl_c_in_the_first_second(ground, moments):
    number = signal.SIGINT
    check(ground, number, *signalled(ground, number, moments.uniform(0, 0.5)))


@pytest.mark.slow
def test_ctrl_c_while_the_answer_is_printed(ground, moments):
    number = signal.SIGINT
    all_kept = lambda: len(ground.witnessed()) == EVERYTHING  # noqa: E731
    status, err = signalled(ground, number, moments.uniform(0, 1), all_kept)
    check(ground, number, status, err)
    assert len(ground.kept()) == EVERYTHING


WITHIN_A_COMMIT = (
    SCORES.replace("COMMIT_EVERY = 0.0", "COMMIT_EVERY = 0.5")
    + """
import os
import signal
import time

from core.storage import store


def signalling(row):
    calls = []

    def row_while_a_signal_comes(record, digest):
        calls.append(record)
        if len(calls) == 20:
            with open("within", "w"):
                pass
            if os.path.exists("slowly"):
                time.sleep(60)
            os.kill(os.getpid(), signal.SIGINT)
        return row(record, digest)

    row_while_a_signal_comes.watched = True
    return row_while_a_signal_comes


if not hasattr(store._row, "watched"):
    store._row = signalling(store._row)
"""
)


def test_a_record_that_ended_is_not_lost_when_the_signal_comes_within_its_commit(tmp_path):
    ground = Ground(tmp_path, WITHIN_A_COMMIT)
    call = ground.run("--workers", "2")
    assert call.status == 130, call
    assert CONTINUE in call.err
    assert (tmp_path / "within").exists()
    kept = ground.kept()
    assert len(kept) >= 20
    assert kept.keys() == ground.witnessed().keys()
    # Each worker may have been at one, and have ended another after the signal.
    assert len(set(ground.ran())) - len(kept) <= 4


@pytest.mark.slow
def test_a_second_signal_leaves_at_once_and_the_store_is_still_good(tmp_path, expected):
    ground = Ground(tmp_path, WITHIN_A_COMMIT)
    (tmp_path / "slowly").touch()
    with ground.start("--workers", "2") as driver, ended(driver):
        wait_until((tmp_path / "within").exists)
        workers = children(driver.pid)
        driver.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            driver.wait(1)  # the first waits for the commit
        driver.send_signal(signal.SIGINT)
        out, err = driver.communicate(timeout=10)
    assert (driver.returncode, out) == (130, "")
    assert CONTINUE in err
    assert "Traceback" not in err
    assert all(gone_within(20, worker) for worker in workers)
    kept = ground.kept()
    assert kept.keys() == ground.witnessed().keys()
    (tmp_path / "faults_study.py").write_text(SCORES)
    assert ground.run("--workers", "2").status == 0
    assert results(ground.kept()) == expected[0]
    assert ground.kept().items() >= kept.items()


def at_a_terminal_of_its_own():
    heed_signals()
    ioctl(0, termios.TIOCSCTTY, 0)


def test_a_terminal_that_is_closed_ends_a_run_in_order(ground):
    ours, theirs = pty.openpty()
    driver = subprocess.Popen(
        command("run", "faults_study.py", "--workers", "2"),
        cwd=ground.folder,
        env=fresh_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=at_a_terminal_of_its_own,
    )
    os.close(theirs)
    with ended(driver):
        wait_until(lambda: len(ground.witnessed()) > 5)
        workers = children(driver.pid)
        os.close(ours)
        assert driver.wait(30) == 129
        assert all(gone_within(20, worker) for worker in workers)
        assert ground.kept().keys() == ground.witnessed().keys()


@pytest.mark.slow
def test_nohup_is_honoured(ground):
    ignored = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    with ground.start("--workers", "2", **ignored) as driver, ended(driver):
        wait_until(lambda: len(ground.witnessed()) > 5)
        driver.send_signal(signal.SIGHUP)
        driver.communicate(timeout=120)
        assert driver.returncode == 0


@pytest.mark.slow
def test_a_study_goes_on_when_nobody_reads_its_progress(ground):
    with ground.start("--workers", "2") as driver, ended(driver):
        assert driver.stderr is not None
        driver.stderr.close()
        driver.stderr = None
        out, _ = driver.communicate(timeout=120)
        assert driver.returncode == 0
        assert "figure 0" in out
    assert len(ground.kept()) == EVERYTHING
