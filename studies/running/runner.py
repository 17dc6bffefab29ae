"""The runner: a plan is handed to an executor, and each record is kept as it comes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from analysis.rendering.formatting import counted
from core import Recipe, Record, Store, environment
from core.storage.store import TOGETHER, StoreInUseError
from core.training.checkpoints import delete_checkpoint
from core.training.weights_cache import WeightsCache
from data import InputError
from studies.definition.scoring import Scoring
from studies.results.leftovers import UNFINISHED, WEIGHTS, remove_files
from studies.running.executor import Executor, Job, Reports, in_processes
from studies.running.interruption import Interruption
from studies.running.plan import Plan
from studies.running.progress import Lines
from studies.running.request import Request

COMMIT_EVERY = 0.5
"""Seconds of scores that are committed together."""
PATIENCE = 0.5
"""Seconds that a commit waits for a reader of the store while runs go on."""
AGAIN = 5.0
"""Seconds after which a commit that a reader was in the way of is tried again."""
AT_LAST = 60.0
"""Seconds that the last commit waits for a reader."""


@contextmanager
def prepared(
    request: Request, plan: Plan, reports: Reports, note: Callable[[str], None]
) -> Iterator[tuple[Executor, int]]:
    """Make everything ready for a plan: where its runs happen, and how many at a time.

    The store can be written. With a scheduler its cluster is there; only then the records that a
    request overwrites are removed.

    Args:
        request: What the plan was made for.
        plan: What to run.
        reports: Where the workers report.
        note: Given in one line what is worth knowing and no fault.

    Raises:
        InputError: The store cannot be written; no such scheduler, no worker, or one that differs.
    """
    request.store.check_writable()
    logs = request.store.folder / "logs"
    workers = min(request.processes, len(plan.jobs))
    executor: Executor = partial(
        in_processes, workers=workers, logs=logs, timeout=request.timeout, reports=reports
    )
    with ExitStack() as ends:
        if request.scheduler is not None and plan.jobs:
            from studies.running.cluster import Cluster  # noqa: PLC0415  # it needs asyncio

            place = Cluster(
                request.scheduler,
                plan.jobs,
                logs=logs,
                timeout=request.timeout,
                reports=reports,
                note=note,
            )
            there = ends.enter_context(place)
            executor, workers = there, min(there.workers, len(plan.jobs))
        if request.overwrite:
            reset(plan, request)
        yield executor, workers


def check(plan: Plan) -> None:
    """Have a worker look at what is planned, without training anything.

    Raises:
        InputError: A recipe that cannot work, as a run would say it; or a worker that cannot.
    """
    recipes = [job for job in plan.jobs if isinstance(job.recipe, Recipe)]
    with TemporaryDirectory() as logs:
        jobs = [replace(job, only_check=True) for job in recipes[:1]]
        with in_processes(jobs, workers=1, logs=Path(logs)) as events:
            for job, kind, value in events:
                if kind == "refused":
                    raise _refused(job, value)
                if kind == "died":
                    raise InputError(f"Received a plan that no worker could check: {value}.")


def _refused(job: Job, value: tuple[str, str]) -> InputError:
    condition, reason = value
    return InputError(f"{job.study}, {condition}: {reason}")


def reset(plan: Plan, request: Request) -> None:
    """Remove a variant's records and what lies beside them, so that the plan finds nothing."""
    study, variant = request.variant.study.name, request.variant.name
    request.store.remove(study, variant)
    remove_files(request.store, study, variant)
    delete_progress(plan, request.store)


def delete_progress(plan: Plan, store: Store) -> None:
    """Have the planned runs begin at their first step: without checkpoints and kept weights."""
    for job in plan.jobs:
        delete_checkpoint(store.folder / UNFINISHED, job.key)
        if isinstance(job.recipe, Recipe):
            WeightsCache(store.folder / WEIGHTS, job.recipe, job.seed, *job.data).remove()


def execute(
    plan: Plan,
    store: Store,
    display: Lines,
    executor: Executor,
    *,
    reports: Reports | None = None,
    interruption: Interruption | None = None,
) -> list[Record]:
    """Run what is planned and keep each record as it comes; what is there elsewhere, first.

    Args:
        plan: What to run.
        store: Where to keep records; written here alone, by one process.
        display: Shows what happens.
        executor: Where runs happen.
        reports: Where its workers report, and an interruption too.
        interruption: What signals do; the first one ends the study when what ended is kept.

    Returns:
        The new records, in the order in which they ended.

    Raises:
        InputError: A recipe that cannot work; what ended before is kept.
        Interrupted: A signal came; what ended before is kept.
    """
    _take_over(plan, store)
    if not plan.jobs:
        return []
    store.check_writable()
    reports = SimpleQueue() if reports is None else reports
    stop = partial(reports.put, (None, "interrupted", None))
    kept = _Recorder(store, plan, reports, display.note)
    handled = interruption.handled_by(stop) if interruption else nullcontext()
    # What was reported is kept before the workers are ended.
    with handled, executor(plan.jobs) as events:
        try:
            for job, kind, value in events:
                if kind == "started":
                    display.started(job)
                elif kind == "epoch":
                    display.epoch(job, value)
                elif kind == "refused":
                    raise _refused(job, value)
                else:
                    record = value if kind == "record" else _failure(job, value)
                    kept.add(job, record)
                    display.ended(job, record)
        finally:
            kept.finish()
    return kept.records


def _take_over(plan: Plan, store: Store) -> None:
    """Keep the records of runs that another study or variant has under this one's labels too."""
    for start in range(0, len(plan.again), TOGETHER):
        part = plan.again[start : start + TOGETHER]
        found = zip(part, store.records([entry for _, entry in part]), strict=True)
        labelled = [
            (
                replace(record, study=job.study, variant=job.variant, condition=job.condition),
                entry.recipe_digest,
            )
            for (job, entry), record in found
        ]
        store.save_all(labelled, plan.seeds, design=plan.design)


class _Recorder:
    """The records of a plan, on their way into the store.

    Args:
        store: Where to keep them.
        plan: What is run, with the number of seeds planned.
        reports: Where it has itself called again when a reader was in the way.
        note: Given in one line that there is one.
    """

    def __init__(
        self, store: Store, plan: Plan, reports: Reports, note: Callable[[str], None]
    ) -> None:
        self.records: list[Record] = []
        self._store, self._plan, self._reports, self._note = store, plan, reports, note
        self._digests: dict[str, str] = {}
        self._waiting: list[tuple[Record, str]] = []
        self._saved, self._next = time.monotonic(), 0.0
        self._told = False

    def add(self, job: Job, record: Record) -> None:
        """Take a record; one of a training is saved at once."""
        if job.condition not in self._digests:
            self._digests[job.condition] = job.recipe.digest()
        if record.repeatable:
            self._waiting.append((record, self._digests[job.condition]))
            # A score takes a millisecond, to commit it alone ten times as long.
            score = isinstance(job.recipe, Scoring)
            if not score or time.monotonic() - self._saved > COMMIT_EVERY:
                self.save()
        self.records.append(record)

    def save(self) -> None:
        """Commit what waits; where a reader of the store is in the way, later.

        Raises:
            InputError: The store is gone, or cannot be written.
        """
        if time.monotonic() < self._next:
            return
        try:
            self._commit(PATIENCE)
        except StoreInUseError:
            if not self._told:
                self._note(
                    f"another program reads the store {self._store.folder} and keeps it from being "
                    "written: records wait until it lets go"
                )
                self._told = True
            self._next = time.monotonic() + AGAIN
            # No other report may come for hours.
            again = threading.Timer(AGAIN, self._reports.put, [(None, "call", self.save)])
            again.daemon = True
            again.start()

    def finish(self) -> None:
        """Commit what waits, now or never.

        Raises:
            InputError: The store is gone, cannot be written, or a reader does not let go of it.
        """
        self._next = 0.0
        self.save()
        try:
            self._commit(AT_LAST)
        except StoreInUseError as error:
            lost = f"{counted(len(self._waiting), 'run')} that ended could not be kept"
            raise InputError(f"{error} {lost} and will be done again.") from None

    def _commit(self, patience: float) -> None:
        if self._waiting and not self._store.exists():
            folder = str(self._store.folder)
            raise InputError(
                f"Received the store {folder!r}, which was removed while the study ran; expected "
                "it to stay: put it back and call again, or call again to start over."
            )
        self._store.save_all(
            self._waiting, self._plan.seeds, design=self._plan.design, patience=patience
        )
        for record, _ in self._waiting:
            # Now that the record is there, nobody continues the run from its checkpoint.
            delete_checkpoint(self._store.folder / UNFINISHED, record.key)
        self._waiting.clear()
        self._saved = time.monotonic()


def _failure(job: Job, error: str) -> Record:
    """The record of a run that did not end by itself."""
    return Record(
        key=job.key,
        study=job.study,
        variant=job.variant,
        condition=job.condition,
        seed=job.seed,
        recipe=job.recipe.to_json(),
        data=" ".join(job.data),
        environment=environment(job.device),
        status="failed",
        # A message may quote a file's name that is no text, which no store takes.
        error=error.encode(errors="backslashreplace").decode(),
    )
