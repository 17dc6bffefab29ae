"""Faults from outside: kills, signals, full and broken disks, workers gone wrong.

They hit driver, workers and store together, so these tests mirror no file. Each calls the command
as a user does, in a process of its own, and does something to it. `EBB_FAULT_SEED` chooses other
moments and places; the seed in use is printed with a failure.
"""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from core import Store
from tests.studies.conftest import command, fresh_environment, in_a_process

SCORES = '''
"""Scores, each committed alone: a driver is nearly always within a commit. No TensorFlow."""

from core import Store, spec
from core.random_streams import stream
from studies import Study
from studies.running import runner
from studies.definition.scoring import Scoring

runner.COMMIT_EVERY = 0.0


def scores(seed, part):
    with open("ran", "a") as file:
        print(f"part-{part}", seed, file=file)
    draws = stream(seed, "data").random(1000)
    return {f"figure {i}": float(draw) for i, draw in enumerate(draws)}


def witness(save_all):
    """A list of what was committed, kept apart from the store."""

    def saved(store, records, planned, **how):
        save_all(store, records, planned, **how)
        with open("committed", "a") as file:
            for record, _ in records:
                print(record.condition, record.seed, record.status, file=file)

    saved.watched = True
    return saved


if not hasattr(Store.save_all, "watched"):
    Store.save_all = witness(Store.save_all)

study = Study(
    name="faults",
    question="Is anything lost?",
    conditions={
        f"part-{part}": Scoring(spec(scores, part=part), dataset="nothing") for part in range(4)
    },
    primary="figure 0",
    seeds=30,
)
'''

TRAINED = (
    SCORES.partition("def scores")[0].replace("No TensorFlow", "Real runs")
    + """
from core import Recipe
from core.training import checkpoints

checkpoints.LONG = 0.0  # every epoch's end keeps the run's state


"""
    + SCORES[SCORES.index("def witness") : SCORES.index("study = ")]
    + """
study = Study(
    name="faults",
    question="Is anything lost?",
    conditions={
        f"width-{width}": Recipe(
            dataset="digits",
            model=spec("mlp", widths=(width,), dropout=0.2),
            preprocessing=("scale",),
            batch_size=100,
            epochs=12,
        )
        for width in (64, 65)
    },
    seeds=3,
)
"""
)


def heed_signals():
    """In a command that begins: whoever runs these tests may ignore signals (`&`, nohup)."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Run(NamedTuple):
    """What tells a run that was kept from the same run done again."""

    status: str
    digest: str
    seconds: str
    finished: str


class Ground:
    """A folder with a study in it.

    Args:
        folder: Where.
        source: The study.
    """

    def __init__(self, folder: Path, source: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (folder / "faults_study.py").write_text(source)
        self.store = Store(folder / "results")

    def start(self, *options: str, **more: object) -> subprocess.Popen:
        """A driver at work."""
        more.setdefault("preexec_fn", heed_signals)
        return subprocess.Popen(
            command("run", "faults_study.py", *options),
            cwd=self.folder,
            env=fresh_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **more,  # type: ignore[call-overload]
        )

    def run(self, *options: str):
        """A driver that ends by itself."""
        return in_a_process("run", "faults_study.py", *options, folder=self.folder)

    def kept(self, study: str = "faults") -> dict[tuple[str, int], Run]:
        """What the store holds, read in full."""
        entries = self.store.entries(study)
        records = self.store.records(entries)
        assert len(records) == len(entries) == len({(e.condition, e.seed) for e in entries})
        return {
            (entry.condition, entry.seed): Run(
                record.status, record.digest(), str(dict(record.seconds)), entry.finished
            )
            for entry, record in zip(entries, records, strict=True)
        }

    def witnessed(self) -> dict[tuple[str, int], str]:
        """What was committed, by the list kept apart from the store: the last status of a run."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "committed").read_text().splitlines()
            rows = [line.split() for line in lines]
            return {(condition, int(seed)): status for condition, seed, status in rows}
        return {}

    def ran(self) -> list[str]:
        """Every call of the scores' function, a line each."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "ran").read_text().splitlines()
        return []

    def hot_journal(self) -> bool:
        """Whether SQLite was in the middle of a commit when its process ended."""
        return (self.store.folder / "ebb.sqlite-journal").exists()


def results(kept: dict[tuple[str, int], Run]) -> dict[tuple[str, int], tuple[str, str]]:
    """What must be the same in every store of the study."""
    return {run: (each.status, each.digest) for run, each in kept.items()}


def children(process: int) -> list[int]:
    """The workers of a driver, or of a Dask worker, whose threads start them."""
    found = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in file.read_text().split()]
    return found


def wait_until(what: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def moments() -> random.Random:
    """Where the random moments and places come from."""
    seed = int(os.environ.get("EBB_FAULT_SEED", "0"))
    print(f"EBB_FAULT_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """The scores, in a folder where nothing was run yet."""
    return Ground(tmp_path, SCORES)


@contextlib.contextmanager
def ended(driver: subprocess.Popen) -> Iterator[None]:
    """No driver outlives its test."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)
        driver.communicate()
