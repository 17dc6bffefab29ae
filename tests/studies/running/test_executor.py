"""Real worker processes: few, since each takes seconds to import TensorFlow."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from core import Store
from tests.studies.conftest import command, fresh_environment, in_a_process

FOREVER = '''
"""Runs that take a while; the first tells who works at them."""

import os

from core import Recipe, spec
from studies import Study


def callbacks(condition, seed):
    import time

    import keras

    class Slow(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            with open("worker", "w") as file:
                file.write(str(os.getpid()))
            if seed > 0 and os.path.exists("slowly"):
                time.sleep(0.2)

    return [Slow()]


study = Study(
    name="long_one",
    question="Is it interrupted?",
    conditions={
        "a": Recipe(
            dataset="digits",
            model=spec("mlp", widths=(8,)),
            preprocessing=("scale",),
            batch_size=500,
            epochs=30,
            compiler="graph",
        )
    },
    seeds=2,
    callbacks=callbacks,
)
'''


def alive(process: int) -> bool:
    """Whether a process is there and no mere entry that nobody has fetched."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:
        return Path("/proc").exists() is False


def gone_within(seconds: float, process: int) -> bool:
    end = time.monotonic() + seconds
    while alive(process) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(process)


def started(folder: Path) -> subprocess.Popen:
    (folder / "long_one.py").write_text(FOREVER)
    (folder / "slowly").touch()
    return subprocess.Popen(
        command("run", "long_one.py", "--workers", "1"),
        cwd=folder,
        env=fresh_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def begun(folder: Path) -> subprocess.Popen:
    """A driver that has kept its first run and is in the middle of its second."""
    driver = started(folder)
    assert driver.stderr is not None
    for line in driver.stderr:
        if line.startswith("a seed 0: finished"):
            return driver
    raise AssertionError(f"the driver ended with {driver.wait()} before its first run did")


def interrupted(driver: subprocess.Popen) -> str:
    """What a driver says that ends because of Ctrl-C."""
    out, err = driver.communicate(timeout=20)
    assert driver.returncode == 130
    assert "To go on: ebb run long_one.py --workers 1" in err
    assert "Traceback" not in err
    assert out == ""
    return err


@pytest.mark.slow
def test_ctrl_c_leaves_a_sound_store_no_worker_and_the_line_to_continue(tmp_path):
    driver = begun(tmp_path)
    worker = int((tmp_path / "worker").read_text())
    assert alive(worker)
    os.kill(driver.pid, signal.SIGINT)
    interrupted(driver)
    assert gone_within(2, worker)
    assert [entry.status for entry in Store(tmp_path / "results").entries()] == ["finished"]
    assert list((tmp_path / "results" / "logs").iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_ctrl_c_to_the_whole_group_ends_workers_that_have_hardly_begun(tmp_path):
    driver = started(tmp_path)
    children = Path(f"/proc/{driver.pid}/task/{driver.pid}/children")
    end = time.monotonic() + 20
    while not (workers := children.read_text().split()) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    os.killpg(driver.pid, signal.SIGINT)
    interrupted(driver)
    assert workers
    assert all(gone_within(2, int(worker)) for worker in workers)
    assert Store(tmp_path / "results").entries() == []


@pytest.mark.slow
def test_a_killed_driver_takes_its_workers_along_and_a_rerun_completes(tmp_path):
    driver = begun(tmp_path)
    worker = int((tmp_path / "worker").read_text())
    driver.kill()
    driver.communicate(timeout=20)
    assert gone_within(20, worker)
    assert [entry.seed for entry in Store(tmp_path / "results").entries()] == [0]
    (tmp_path / "slowly").unlink()
    call = in_a_process("run", "long_one.py", "--workers", "1", folder=tmp_path)
    assert call.status == 0
    assert "1 run to do, 1 in the store already" in call.err
    assert [entry.seed for entry in Store(tmp_path / "results").entries()] == [0, 1]


def test_a_users_study_runs_with_its_own_builder(sound):
    assert sound.call.status == 0, sound.call
    ended = {(e.condition, e.seed): e.status for e in sound.store.entries()}
    assert ended == {
        **{(condition, seed): "finished" for condition in ("own", "named") for seed in (0, 1)},
        ("wild", 0): "diverged",
        ("wild", 1): "diverged",
    }


def test_a_divergence_is_an_outcome(sound):
    assert "wild seed 0: diverged" in sound.call.err
    assert sound.call.status == 0


def test_the_driver_of_a_run_imports_neither_tensorflow_nor_what_draws(sound):
    assert json.loads(sound.loaded.read_text())["heavy"] == []


def test_a_users_callbacks_run_in_the_worker(sound):
    driver = json.loads(sound.loaded.read_text())["pid"]
    lines = [line.split(maxsplit=4) for line in sound.witness.read_text().splitlines()]
    finished = [line for line in lines if line[1] != "wild"]
    assert [line[1:4] for line in finished] == [
        [condition, seed, epoch]
        for condition in ("own", "named")
        for seed in "01"
        for epoch in "01"
    ]
    assert {int(line[0]) for line in lines}.isdisjoint({driver})
    assert len({line[0] for line in lines}) == 1
    assert "test_accuracy" in finished[0][4]


def test_logs_are_kept_only_where_a_run_failed(sound, faulty):
    assert list((sound.folder / "results" / "logs").iterdir()) == []
    assert len(list((faulty.folder / "results" / "logs").iterdir())) == 2


def digests(ran):
    records = ran.store.records(ran.store.entries())
    return {(r.condition, r.seed): (r.key, r.status, r.digest()) for r in records}


@pytest.mark.slow
def test_one_worker_and_two_leave_the_same_records(sound, sound_with_two):
    assert digests(sound) == digests(sound_with_two)
    assert len(digests(sound)) == 6


@pytest.mark.slow
def test_it_does_not_matter_what_a_worker_did_before(sound, sound_with_two):
    """A run that came third in the only worker came first in the second of two: the same."""

    def places(ran):
        lines = [line.split()[:3] for line in ran.witness.read_text().splitlines()]
        runs: dict[str, list[tuple[str, str]]] = {}
        for worker, condition, seed in lines:
            if (condition, seed) not in runs.setdefault(worker, []):
                runs[worker].append((condition, seed))
        return {run: place for each in runs.values() for place, run in enumerate(each)}

    assert places(sound)["named", "0"] > 0
    assert places(sound_with_two)["named", "0"] == 0
    assert digests(sound)["named", 0] == digests(sound_with_two)["named", 0]


def test_a_worker_that_dies_costs_its_own_run_alone(faulty):
    assert faulty.call.status == 1
    ended = {e.seed: e for e in faulty.store.entries() if e.condition == "dies"}
    assert {seed: entry.status for seed, entry in ended.items()} == {
        0: "finished",
        1: "failed",
        2: "finished",
    }
    assert "exit status 3" in ended[1].error


def test_a_run_that_raises_costs_itself_alone_and_says_why_in_one_line(faulty):
    ended = {e.seed: e for e in faulty.store.entries() if e.condition == "raises"}
    assert [ended[seed].status for seed in range(3)] == ["finished", "failed", "finished"]
    assert ended[1].error.startswith("RuntimeError: the first line, see ")
    log = faulty.folder / ended[1].error.rpartition("see ")[2]
    assert "the second line" in log.read_text()


def test_the_worst_call_leaves_no_traceback_on_the_terminal(faulty):
    assert "Traceback" not in faulty.call.err
    assert "2 failed: `ebb status faulty` says why" in faulty.call.err


def test_a_run_whose_weights_a_callback_changes_is_not_kept_and_said_so(faulty):
    assert not [e for e in faulty.store.entries() if e.condition == "meddles"]
    (line,) = [x for x in faulty.call.err.splitlines() if x.startswith("meddles seed 0")]
    assert "not kept" in line


HANGING = '''
"""Scores, of which one never comes."""

import time

from core import spec
from studies import Study
from studies.definition.scoring import Scoring


def scores(seed):
    if seed == 1:
        time.sleep(600)
    return {"luck": seed / 10}


study = Study(
    name="hanging",
    question="Does it end?",
    conditions={"a": Scoring(spec(scores), dataset="nothing")},
    primary="luck",
    seeds=4,
)
'''


def test_a_run_that_hangs_costs_its_own_run_alone(tmp_path):
    (tmp_path / "hanging_study.py").write_text(HANGING)
    call = in_a_process(
        "run", "hanging_study.py", "--timeout", "4", "--workers", "1", folder=tmp_path
    )
    assert call.status == 1, call
    entries = Store(tmp_path / "results").entries("hanging")
    statuses = {entry.seed: entry.status for entry in entries}
    assert statuses == {0: "finished", 1: "failed", 2: "finished", 3: "finished"}
    (failed,) = [entry for entry in entries if entry.status == "failed"]
    assert "it took longer than 4 s (--timeout), see " in failed.error
