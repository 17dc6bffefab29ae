"""Where runs happen: an executor is a function from jobs to the events that they cause.

They come within a context, at whose end the workers are ended: what they reported is kept by then.
`in_processes` is the one for this machine, `studies.running.cluster` has the one for a Dask
cluster; both hand out jobs by `dispatch`. The driver never imports TensorFlow: each worker is a
process of its own with one thread, so that a run's bytes do not depend on how many there are.
"""

import contextlib
import os
import pickle
import queue
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from core import Recipe, spec
from core.training.environment import DEVICES
from data import InputError
from studies.definition.scoring import Scoring
from studies.running.reports import read_report
from studies.running.starting import start_process, start_thread


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
        checkpoints: Folder for those of long runs, see `core.training.checkpoints`.
        weights: Folder of kept weights, see `core.training.weights_cache`.
        keep_weights: Whether to keep this run's.
        tensorboard: Folder for TensorBoard's event files; none are written if None.
        together: The recipes of all conditions that are run: a worker checks them before it
            trains anything.
        only_check: Whether it ends with that check.
        device: What it is to train on, see `core.training.environment`; the same for all jobs.
        sealed: On its way to a worker the recipes as bytes, see `packed`.
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
    checkpoints: Path | None = None
    weights: Path | None = None
    keep_weights: bool = False
    tensorboard: Path | None = None
    together: Mapping[str, Recipe] = field(default_factory=dict)
    only_check: bool = False
    device: str = DEVICES[0]
    sealed: bytes = b""


def packed(job: Job) -> Job:
    """A job on its way: its recipes sealed, as they may hold parts that a study file defines."""
    if job.sealed or not isinstance(job.recipe, Recipe):
        return job
    sealed = pickle.dumps((job.recipe, job.together))
    stands_in = Recipe(dataset=job.recipe.dataset, model=spec("linear"))
    return replace(job, recipe=stands_in, together={}, sealed=sealed)


def unpacked(job: Job) -> Job:
    """The job that was packed, where its study file has been read.

    Raises:
        Exception: Whatever a part says that cannot be made again.
    """
    if not job.sealed:
        return job
    recipe, together = pickle.loads(job.sealed)
    return replace(job, recipe=recipe, together=together, sealed=b"")


class Event(NamedTuple):
    """Something that happened to a job.

    Attributes:
        job: The job.
        kind: `started`; `epoch` (value: epochs done); `record` (value: the record); `checked`;
            `refused` (value: the condition whose recipe cannot work, and one line that says
            why); `failed` or `died` (value: one line, what happened).
        value: See `kind`.
    """

    job: Job
    kind: str
    value: Any = None


Executor = Callable[[Sequence[Job]], AbstractContextManager[Iterator[Event]]]
CONDITIONS = 10
"""How many conditions a worker process trains: each leaves compiled code behind, some 12 MB."""


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class NoWorkersError(Exception):
    """The rest cannot be run now, for no fault of the call or of a run: one line that says why."""


class Worker(Protocol):
    """Does one job after the other and reports what happens.

    Attributes:
        job: The one that it is doing.
        faulty: Whether a run failed there.
        log: What it printed, if that is kept.
    """

    job: Job | None
    faulty: bool
    log: Path | None

    def start(self, job: Job) -> None:
        """Begin a job."""

    def stop(self) -> None:
        """Let the worker end by itself."""

    def end(self) -> None:
        """End the worker now, and tidy up after it."""


Reports = queue.SimpleQueue[tuple[Worker | None, str, Any]]
"""What workers report: who, and an event's kind and value. Without a worker: `room` when there may
be room for another one, `stopped` (with one line) when there will not be any, `call` (with a
function) to have it called between two reports, and `interrupted` when a signal came: what was
reported before it is still handed on."""


def in_processes(
    jobs: Sequence[Job],
    *,
    workers: int,
    logs: Path,
    timeout: float | None = None,
    reports: Reports | None = None,
) -> AbstractContextManager[Iterator[Event]]:
    """Run jobs in worker processes on this machine.

    Args:
        jobs: What to run; started in this order, condition by condition.
        workers: How many processes.
        logs: Folder for what the workers print; kept where a run failed.
        timeout: Seconds that a run may take, from the moment when it is handed to a worker. One
            that takes longer costs its worker, as if that had died.
        reports: Where the workers report, if something else reports there too.
    """
    queued: Reports = queue.SimpleQueue() if reports is None else reports

    def start_worker(pool: Sequence[Worker]) -> Worker | None:
        if len(pool) >= workers:
            return None
        return WorkerProcess(queued, logs, timeout, device=jobs[0].device)

    return dispatch(jobs, queued, start_worker)


@contextlib.contextmanager
def dispatch(
    jobs: Sequence[Job], reports: Reports, start_worker: Callable[[Sequence[Worker]], Worker | None]
) -> Iterator[Iterator[Event]]:
    """Hand jobs to workers until all are done; at the context's end all workers are ended.

    A worker keeps to one condition while there are jobs of it, because it compiles a network
    once; one that has compiled many is replaced. A worker that dies costs the run that it was
    doing.

    Args:
        jobs: What to run.
        reports: What the workers report.
        start_worker: Given the workers that there are, one more; None if there is no room for it.

    Yields:
        What happens; NoWorkersError where nobody is left to do the rest, KeyboardInterrupt where a
        signal came.
    """
    pool = _Pool(jobs)
    try:
        yield _events(pool, reports, start_worker)
    finally:
        for worker in pool.workers:
            worker.end()


def _events(
    pool: "_Pool", reports: Reports, start_worker: Callable[[Sequence[Worker]], Worker | None]
) -> Iterator[Event]:
    while True:
        while pool.waiting and (new := start_worker(pool.workers)) is not None:
            pool.workers.append(new)
            yield from pool.start(new)
        if not pool.waiting and not any(worker.job for worker in pool.workers):
            return
        worker, kind, value = reports.get()
        if worker is None:
            if kind == "stopped":
                raise NoWorkersError(value)
            if kind == "interrupted":
                raise KeyboardInterrupt
            if kind == "call":
                value()
            continue
        if worker.job is None:
            continue  # the end of a worker that had nothing left to do
        if kind in ("failed", "died"):
            worker.faulty = True
            value = f"{value}, see {worker.log}" if worker.log else value
        yield Event(worker.job, kind, value)
        if kind != "epoch":
            yield from pool.job_ended(worker, died=kind == "died")


class _Pool:
    """Workers, and the jobs that wait for them, by condition."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.workers: list[Worker] = []
        self.waiting: dict[str, list[Job]] = {}
        for job in jobs:
            self.waiting.setdefault(job.condition, []).append(job)
        self._trained: defaultdict[Worker, set[str]] = defaultdict(set)

    def start(self, worker: Worker, condition: str | None = None) -> Iterator[Event]:
        """Hand over a run of the condition, else one of a condition that few are working at."""
        if condition not in self.waiting:
            working = [each.job.condition for each in self.workers if each.job]
            condition = min(self.waiting, key=working.count)
        job = self.waiting[condition].pop(0)
        if not self.waiting[condition]:
            del self.waiting[condition]
        worker.start(job)
        yield Event(job, "started")

    def job_ended(self, worker: Worker, died: bool) -> Iterator[Event]:
        """A worker has done its job, or died of it: it gets another one, or ends."""
        job, worker.job = worker.job, None
        assert job is not None  # that is what ended
        if isinstance(job.recipe, Recipe):
            self._trained[worker].add(job.condition)
        # TensorFlow forgets nothing that it compiled: the next condition is a new process's.
        full = len(self._trained[worker]) >= CONDITIONS and job.condition not in self.waiting
        if not died and self.waiting and not full:
            yield from self.start(worker, job.condition)
            return
        if not died:
            worker.stop()
        if died or self.waiting:
            worker.end()
            self.workers.remove(worker)


class WorkerProcess:
    """A process that runs `studies.running.worker`, and the thread that reads its reports.

    It leads a session, and a process group, of its own: what a study's functions start there is
    ended with it, and Ctrl-C is the driver's to handle.

    Args:
        reports: Where to put what it reports.
        logs: Folder for what it prints.
        timeout: Seconds that a run may take.
        folder: Where it stands; here if None.
        device: What it trains on.
    """

    def __init__(
        self,
        reports: Reports,
        logs: Path,
        timeout: float | None,
        folder: Path | None = None,
        device: str = DEVICES[0],
    ) -> None:
        self.job: Job | None = None
        self.faulty = self._killed = False
        self._reports, self._timeout = reports, timeout
        self._watch: threading.Timer | None = None
        self.log: Path | None
        self._process, self.log = start_process(logs, folder, device)
        self._logs = logs
        try:
            start_thread(threading.Thread(target=self._listen, daemon=True, name="worker"), logs)
        except InputError:
            self.end()
            if self._process.stdout is not None:
                self._process.stdout.close()  # nobody reads it
            raise

    def start(self, job: Job) -> None:
        """Hand it a job; from now on its time runs."""
        self.job = job
        if self._timeout is not None:
            self._watch = threading.Timer(self._timeout, self._stop_late)
            self._watch.daemon = True
            start_thread(self._watch, self._logs)
        self._send(job)

    def _stop_late(self) -> None:
        # Said here: the worker's own end is seen when nobody holds its pipe any more.
        self._reports.put((self, "died", f"it took longer than {self._timeout:g} s (--timeout)"))
        self._kill()

    def stop(self) -> None:
        """Let the worker end by itself."""
        self._send(None)

    def end(self) -> None:
        """End the worker now, and tidy up after it."""
        self._kill()
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # what was still to be sent to it is lost
            self._process.stdin.close()
        # Its output is closed by the thread that reads it: here that could wait for ever.
        if not self.faulty and self.log is not None:
            self.log.unlink(missing_ok=True)

    def _kill(self) -> None:
        """End its process group, once: later its number may be another's."""
        if not self._killed:
            self._killed = True
            with contextlib.suppress(ProcessLookupError, PermissionError):  # all of it has ended
                os.killpg(self._process.pid, signal.SIGKILL)

    def _send(self, message: Job | None) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(
            BrokenPipeError
        ):  # it died: the thread that reads its reports says so
            pickle.dump(message and packed(message), self._process.stdin)
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            try:
                while (report := read_report(pipe)) is not None:
                    kind, value = report
                    if kind != "epoch" and self._watch is not None:
                        self._watch.cancel()
                    self._reports.put((self, kind, value))
                why = f"its worker process ended with {_how(self._process.wait())}"
            except Exception as error:  # whatever bytes something else wrote there
                why = f"its worker process reported what cannot be read ({type(error).__name__})"
        self._kill()  # or what it has left behind
        self._process.wait()
        self._reports.put((self, "died", why))


def _how(status: int) -> str:
    """How a process ended, from what `wait` says."""
    if status >= 0:
        return f"exit status {status}"
    # The system ends a process so that takes too much memory; it says so nowhere else.
    memory = ", as when memory runs out" if -status == signal.SIGKILL else ""
    return f"signal {-status}{memory}"
