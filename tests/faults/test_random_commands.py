"""A quarter of an hour of random commands in one store, most of them killed or interrupted."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.conftest import (
    SCORES,
    TRAINED,
    Ground,
    Run,
    children,
    ended,
    heed_signals,
    results,
    wait_until,
)
from tests.faults.test_signals import importing
from tests.studies.conftest import command, fresh_environment, in_a_process
from tests.studies.running.test_executor import gone_within

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc"),
]

MINUTES = 15.0
STUDIES = ("faults", "trained")
FAULTS = ("none", "kill", "kill", "kill a worker", "interrupt", "interrupt", "interrupt twice")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Kept = dict[tuple[str, int], Run]


class Ended(NamedTuple):
    """A command that something was done to."""

    words: list[str]
    fault: str
    number: int
    status: int
    out: str
    err: str


def ground_in(folder: Path) -> Ground:
    """Two studies and one store: scores, and trainings with checkpoints and kept weights."""
    ground = Ground(folder, SCORES)
    (folder / "trained_study.py").write_text(TRAINED.replace('name="faults"', 'name="trained"'))
    return ground


def kept(ground: Ground) -> dict[str, Kept]:
    return {study: ground.kept(study) for study in STUDIES}


def completed(ground: Ground) -> dict[str, dict]:
    """The results of both studies, when what is missing is done."""
    for study in STUDIES:
        words = ("run", f"{study}_study.py", "--workers", "2", "--retry-failed")
        call = in_a_process(*words, folder=ground.folder)
        assert call.status == 0, call
    return {study: results(each) for study, each in kept(ground).items()}


def reading(moments: random.Random) -> list[str]:
    """A command that changes no record."""
    file = f"{moments.choice(STUDIES)}_study.py"
    commands = (
        "status",
        f"status {file}",
        f"table {file}",
        "store check",
        "store export exported --force",
        f"run {file} --dry-run",
    )
    return moments.choice(commands).split()


def running(moments: random.Random) -> list[str]:
    """A study with some of its options."""
    study = moments.choice(STUDIES)
    words = ["run", f"{study}_study.py", "--workers", moments.choice("12")]
    words += ["--retry-failed"] * (moments.random() < 0.5)
    words += ["--overwrite", "--yes"] * (moments.random() < 0.15)
    words += ["--keep-weights"] * (study == "trained" and moments.random() < 0.5)
    if moments.random() < 0.3:
        words += ["--seeds", str(moments.randint(1, 3 if study == "trained" else 30))]
    return words


def removing(moments: random.Random) -> list[str]:
    """A study's records go."""
    return ["remove", moments.choice(STUDIES), "--yes"]


def start(words: list[str], folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        command(*words),
        cwd=folder,
        env=fresh_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )


def disturbed(ground: Ground, words: list[str], moments: random.Random) -> Ended:
    """A command, something that is done to it, and its end."""
    fault, number = moments.choice(FAULTS), moments.choice(SIGNALS)
    # Half of them in the first seconds, where moments differ most.
    after = moments.uniform(0, moments.choice((2, 8)))
    beside = reading(moments) if moments.random() < 0.2 else None
    workers: list[int] = []
    with start(words, ground.folder) as process, ended(process):
        wait_until(lambda: importing(process.pid) or process.poll() is not None)
        if beside is not None:
            check_end(Ended(beside, "none", 0, *in_a_process(*beside, folder=ground.folder)))
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            workers = children(process.pid)
            do(fault, number, process, workers, moments)
        out, err = process.communicate(timeout=300)
    assert all(gone_within(30, each) for each in workers)
    return Ended(words, fault, number, process.returncode, out, err)


def do(
    fault: str,
    number: int,
    process: subprocess.Popen,
    workers: list[int],
    moments: random.Random,
) -> None:
    """Do to a command, or to one of its workers, what a fault says."""
    if fault == "kill":
        process.kill()
    elif fault == "kill a worker" and workers:
        os.kill(moments.choice(workers), signal.SIGKILL)
    elif fault.startswith("interrupt"):
        process.send_signal(number)
        if fault == "interrupt twice":
            time.sleep(0.3)
            process.send_signal(number)


def check_end(found: Ended) -> None:
    """It ended in one of the ways that docs/reliability.md names."""
    expected = {0, 1, 2}
    if found.fault == "kill":
        expected |= {-signal.SIGKILL}
    elif found.fault.startswith("interrupt"):
        expected |= {128 + found.number, -found.number}
    assert found.status in expected, found
    assert "Traceback" not in found.out + found.err, found
    if found.status == 2:
        assert found.err.splitlines()[-1].startswith("ebb: Received "), found
        assert found.words[0] != "run" or "--dry-run" in found.words, found
    for line in found.out.splitlines():
        if line.startswith("fault: "):
            # What a kill leaves beside the records costs nothing, and is named.
            assert line.startswith(("fault: unfinished/", "fault: weights/")), found


def check_records(
    found: Ended, before: dict[str, Kept], now: dict[str, Kept], ground: Ground, expected
) -> None:
    """What was committed is there, and right; what was there before is still the same."""
    for study in STUDIES:
        finished = {run: each for run, each in now[study].items() if each.status != "failed"}
        assert results(finished).items() <= expected[study].items(), found
        of_this = found.words[0] in ("run", "remove") and study in found.words[1]
        if not (of_this and {"remove", "--overwrite"} & set(found.words)):
            sound = {run: each for run, each in before[study].items() if each.status != "failed"}
            assert now[study].items() >= sound.items(), found
    together = now["faults"] | now["trained"]
    assert {run: e.status for run, e in together.items()}.items() >= ground.witnessed().items()
    failed = [run for run, status in ground.witnessed().items() if status == "failed"]
    assert len(failed) <= (found.fault == "kill a worker"), found


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The results of both studies where nothing happened."""
    return completed(ground_in(tmp_path_factory.mktemp("undisturbed")))


def test_random_commands_under_kills_lose_nothing_and_end_in_the_same_bytes(
    expected, tmp_path, moments
):
    ground = ground_in(tmp_path)
    before, end, calls = kept(ground), time.monotonic() + 60 * MINUTES, 0
    statuses: dict[int, int] = {}
    while time.monotonic() < end:
        kind = moments.choices((running, reading, removing), (12, 3, 3))[0]
        (tmp_path / "committed").unlink(missing_ok=True)
        found = disturbed(ground, kind(moments), moments)
        check_end(found)
        now = kept(ground)
        check_records(found, before, now, ground, expected)
        before, calls = now, calls + 1
        statuses[found.status] = statuses.get(found.status, 0) + 1
    print(f"{calls} commands, by exit status: {statuses}")
    assert completed(ground) == expected
    assert ground.store.integrity() == list(ground.store.damaged()) == []
