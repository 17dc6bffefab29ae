"""Where runs happen: an executor is a function from jobs to the events that they cause.

`in_processes` is the one for this machine. The driver never imports TensorFlow: each worker is
a process of its own with one thread, so that a run's bytes do not depend on how many there are.
"""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from core import Recipe
from studies.scoring import Scoring

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For NumPy's matrix products; it reads them once, when it is imported."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run to do.

    Attributes:
        key: The run's identity, see `Recipe.key`.
        study, variant, condition, seed: Whose run it is.
        recipe: What to do.
        data: Checksums of its data set and, with a transfer, of its source's; none for a score.
        data_dir: The folder given for data sets, if any.
        study_file: The user's study file, if it is not one of Ebb's own.
        keep: Folder for the state of a long run, see `core.continuation`.
        weights: Folder of kept weights, see `core.kept`.
        keep_weights: Whether to keep this run's.
        tensorboard: Folder for TensorBoard's event files; none are written if None.
        together: The recipes of all conditions that are run: a worker checks them before it
            trains anything.
    """

    key: str
    study: str
    variant: str
    condition: str
    seed: int
    recipe: Recipe | Scoring
    data: tuple[str, ...]
    data_dir: Path | None = None
    study_file: Path | None = None
    keep: Path | None = None
    weights: Path | None = None
    keep_weights: bool = False
    tensorboard: Path | None = None
    together: Mapping[str, Recipe] = field(default_factory=dict)


class Event(NamedTuple):
    """Something that happened to a job.

    Attributes:
        job: The job.
        kind: `started`; `epoch` (value: epochs done); `record` (value: the record);
            `refused` (value: the condition whose recipe cannot work, and one line that says
            why); `failed` or `died` (value: one line, what happened).
        value: See `kind`.
    """

    job: Job
    kind: str
    value: Any = None


Executor = Callable[[Sequence[Job]], Iterator[Event]]


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_processes(
    jobs: Sequence[Job], *, workers: int, logs: Path, timeout: float | None = None
) -> Iterator[Event]:
    """Run jobs in worker processes on this machine.

    A worker keeps to one condition while there are jobs of it, because it compiles a network
    once. A worker that dies costs the run that it was at.

    Args:
        jobs: What to run; started in this order, condition by condition.
        workers: How many processes.
        logs: Folder for what the workers print; kept where a run failed.
        timeout: Seconds that a run may take, from the moment when it is handed to a worker. One
            that takes longer costs its worker, as if that had died.
    """
    waiting: dict[str, list[Job]] = {}
    for job in jobs:
        waiting.setdefault(job.condition, []).append(job)
    reports: queue.SimpleQueue[tuple[_Worker, str, Any]] = queue.SimpleQueue()
    crew: list[_Worker] = []

    def next_job(condition: str | None) -> Job | None:
        """Another run of the condition, else one of a condition that few are working at."""
        if condition not in waiting:
            working = [worker.job.condition for worker in crew if worker.job]
            condition = min(waiting, key=working.count, default=None)
        if condition is None:
            return None
        job = waiting[condition].pop(0)
        if not waiting[condition]:
            del waiting[condition]
        return job

    def hire(job: Job) -> Event:
        crew.append(_Worker(reports, logs, timeout))
        crew[-1].start(job)
        return Event(job, "started")

    try:
        while len(crew) < workers and (first := next_job(None)) is not None:
            yield hire(first)
        while any(worker.job for worker in crew):
            worker, kind, value = reports.get()
            if worker.job is None:
                continue  # the end of a worker that had nothing left to do
            if kind in ("failed", "died"):
                value = f"{value}, see {worker.log}"
            yield Event(worker.job, kind, value)
            if kind == "epoch":
                continue
            worker.faulty |= kind in ("failed", "died")
            following = next_job(worker.job.condition)
            worker.job = None
            if kind == "died":
                worker.end()
                crew.remove(worker)
                if following is not None:
                    yield hire(following)
            elif following is not None:
                worker.start(following)
                yield Event(following, "started")
            else:
                worker.stop()
    finally:
        for worker in crew:
            worker.end()


class _Worker:
    """A process that runs `studies.worker`, and the thread that listens to it."""

    def __init__(
        self,
        reports: "queue.SimpleQueue[tuple[_Worker, str, Any]]",
        logs: Path,
        timeout: float | None,
    ) -> None:
        self.job: Job | None = None
        self.faulty = self.overdue = False
        self._timeout = timeout
        logs.mkdir(parents=True, exist_ok=True)
        number = len(list(logs.glob("worker-*.log"))) + 1
        while (log := logs / f"worker-{os.getpid()}-{number}.log").exists():
            number += 1
        self.log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "studies.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env=os.environ | ONE_THREAD,
                # Ctrl-C is the driver's to handle; its workers are told by it.
                start_new_session=True,
            )
        threading.Thread(target=self._listen, args=(reports,), daemon=True).start()

    def start(self, job: Job) -> None:
        self.job = job
        self._say(job)
        if self._timeout is not None:
            watch = threading.Timer(self._timeout, self._stop_late, [job])
            watch.daemon = True
            watch.start()

    def _stop_late(self, job: Job) -> None:
        if self.job is job:
            self.overdue = True
            self._process.kill()

    def stop(self) -> None:
        """Let the worker end by itself."""
        self._say(None)

    def end(self) -> None:
        """End the worker now, and tidy up after it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was still to be said to it is lost
                    pipe.close()
        if not self.faulty:
            self.log.unlink(missing_ok=True)

    def _say(self, message: Job | None) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died: its listener reports so
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def _listen(self, reports: "queue.SimpleQueue[tuple[_Worker, str, Any]]") -> None:
        assert self._process.stdout is not None
        try:
            while True:
                kind, value = pickle.load(self._process.stdout)
                reports.put((self, kind, value))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            status = self._process.wait()
            how = f"signal {-status}" if status < 0 else f"exit status {status}"
            why = f"its worker process ended with {how}"
            if self.overdue:
                why = f"it took longer than {self._timeout:g} s (--timeout)"
            reports.put((self, "died", why))
