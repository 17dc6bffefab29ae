"""Workers gone wrong: out of memory, garbage on their channel, hanging. Nothing listens."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from studies.running.reports import MARK, read_report, write_report
from tests.faults.conftest import SCORES, TRAINED, Ground, children, ended, wait_until
from tests.studies.conftest import in_a_process

WRONG = (
    SCORES.replace(
        "    with open",
        """    if seed == 1:
        gone_wrong(part)
    with open""",
        1,
    )
    + """

def gone_wrong(part):
    import glob
    import os
    import resource
    import time

    import numpy as np

    if part == 0:  # the system refuses more memory
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        np.ones(2**28)
    if part == 1:  # the system ends the process
        os.kill(os.getpid(), 9)
    if part == 2:  # something writes where only reports belong
        for name in glob.glob("/proc/self/fd/*"):
            number = int(name.rpartition("/")[2])
            if number > 2:
                try:
                    os.write(number, b"Building model, please wait...\\n")
                except OSError:
                    pass
    if part == 3:
        time.sleep(600)
"""
)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")
def test_a_worker_gone_wrong_costs_its_own_run_alone(tmp_path):
    ground = Ground(tmp_path, WRONG)
    call = ground.run("--workers", "2", "--seeds", "3", "--timeout", "6")
    assert call.status == 1, call
    assert "Traceback" not in call.err
    entries = {(entry.condition, entry.seed): entry for entry in ground.store.entries("faults")}
    failed = {run: entry.error for run, entry in entries.items() if entry.status == "failed"}
    assert len(entries) == 12
    assert set(failed) == {(f"part-{part}", 1) for part in range(4)}
    assert "MemoryError: Unable to allocate" in failed["part-0", 1]
    assert "ended with signal 9, as when memory runs out" in failed["part-1", 1]
    assert "reported what cannot be read" in failed["part-2", 1]
    assert "took longer than 6 s (--timeout)" in failed["part-3", 1]
    for error in failed.values():
        assert (tmp_path / error.rpartition("see ")[2]).exists()
    (tmp_path / "faults_study.py").write_text(SCORES)
    assert ground.run("--seeds", "3", "--retry-failed").status == 0


@pytest.mark.parametrize(
    "wrong",
    [b"Building model, please wait", MARK + (2).to_bytes(8, "big") + b"N.", b"\x80\x04" * 20],
    ids=["text", "another object", "a pickle"],
)
def test_what_is_no_report_is_not_taken_for_one(wrong, tmp_path):
    with (tmp_path / "channel").open("w+b") as file:
        write_report(file, "epoch", 3)
        file.write(wrong)
        file.seek(0)
        assert read_report(file) == ("epoch", 3)
        with pytest.raises((ValueError, TypeError)):
            read_report(file)


@pytest.mark.parametrize("cut", [0, 5, 17, 25])
def test_a_report_that_is_cut_is_none(cut, tmp_path):
    with (tmp_path / "channel").open("w+b") as file:
        write_report(file, "epoch", 3)
        file.truncate(cut)
        file.seek(0)
        assert read_report(file) is None


def listening(process: int) -> list[str]:
    """The sockets on which a process waits for others, of any kind that the network knows."""
    own = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = os.readlink(descriptor)
            if target.startswith("socket:["):
                own.add(target[8:-1])
    waiting, found = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}, []
    for kind, state in waiting.items():
        table = Path(f"/proc/{process}/net/{kind}")
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            words = line.split()
            if words[3] == state and words[9] in own:
                found.append(f"{kind} {words[1]}")
    return found


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="reads /proc")
@pytest.mark.parametrize(
    ("source", "options"),
    [
        pytest.param(SCORES, (), id="scores"),
        pytest.param(TRAINED, (), id="trained", marks=pytest.mark.slow),
        pytest.param(TRAINED, ("--tensorboard", "board"), id="tensorboard", marks=pytest.mark.slow),
    ],
)
def test_nothing_listens_on_the_network_during_a_run(source, options, tmp_path):
    ground = Ground(tmp_path, source)
    looked, found = {"driver": 0, "worker": 0}, []
    with ground.start("--workers", "1", "--seeds", "1", *options) as driver, ended(driver):
        while driver.poll() is None:
            for who, process in [
                ("driver", driver.pid),
                *(("worker", child) for child in children(driver.pid)),
            ]:
                with contextlib.suppress(OSError):  # it just ended
                    found += listening(process)
                    looked[who] += 1
            with contextlib.suppress(subprocess.TimeoutExpired):
                driver.wait(0.01)  # a worker of scores is there for a tenth of a second
    assert driver.returncode == 0
    assert min(looked.values()) > 3
    assert found == []


def test_a_listening_socket_would_be_found():
    import socket

    with socket.create_server(("127.0.0.1", 0)):
        assert listening(os.getpid())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")
def test_a_stopped_worker_does_not_keep_its_driver_from_ending(ground):
    import signal

    with ground.start("--workers", "1") as driver, ended(driver):
        wait_until(lambda: len(ground.witnessed()) > 5)
        (worker,) = children(driver.pid)
        os.kill(worker, signal.SIGSTOP)
        driver.send_signal(signal.SIGINT)
        driver.communicate(timeout=60)
        assert driver.returncode == 130
        assert not Path(f"/proc/{worker}").exists()


def test_a_dry_run_says_how_much_memory_earlier_runs_took(tmp_path):
    ground = Ground(tmp_path, SCORES)
    first = in_a_process("run", "faults_study.py", "--dry-run", folder=tmp_path)
    assert "memory" not in first.out
    assert ground.run("--workers", "1", "--seeds", "2").status == 0
    words = ["run", "faults_study.py", "--seeds", "4", "--workers", "2", "--dry-run"]
    call = in_a_process(*words, folder=tmp_path)
    assert "8 runs to do, 8 in the store already" in call.out
    assert "MB of memory for 2 workers" in call.out
