"""What happens on a Dask worker: functions that `studies.running.cluster` has it call.

A Dask worker trains nothing itself. It starts the same processes that a driver starts on its own
machine, hands them the driver's jobs, and keeps what they report until the driver asks for it.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import platform
import queue
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.training.environment import environment
from data.home import in_home
from studies.running.executor import Job, Reports, WorkerProcess

POLL = 5.0
"""Seconds that a Dask worker waits for a report before it answers that there is none."""
LEASE = 60.0
"""Seconds without a question from the driver after which its processes are ended."""
BETWEEN = 1.0
"""Seconds between reports of nothing but epochs, which may be many."""
LOG = 100_000
"""Bytes of a log, from its end, that are sent to the driver."""


@dataclass(frozen=True)
class Findings:
    """What a Dask worker finds at its place.

    Attributes:
        environment: See `core.training.environment`; also the version of Python, and hashes of
            Ebb's packages that a run meets.
        study_file: SHA-256 of the user's study file; none if it cannot be read.
        shared: Whether the driver's folders are the same ones here, and can be written to.
    """

    environment: Mapping[str, str]
    study_file: str | None
    shared: bool


def look(study_file: Path | None, markers: Sequence[Path] = ()) -> Findings:
    """Look around at this place.

    Args:
        study_file: The user's study file, if there is one.
        markers: Files that the driver has just made in its folders.
    """
    python = ".".join(platform.python_version_tuple()[:2])
    # Read again: the code may have changed since this process first asked.
    found = {"python": python, **environment.__wrapped__()}
    found |= {package: _code(package) for package in ("core", "data", "studies")}
    digest = None
    if study_file is not None and study_file.is_file():
        digest = hashlib.sha256(study_file.read_bytes()).hexdigest()
    return Findings(found, digest, all(map(_is_shared, markers)))


def _code(package: str) -> str:
    folder = Path(__file__).parents[2] / package
    code = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        code.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return code.hexdigest()[:16]


def _is_shared(marker: Path) -> bool:
    try:
        # On a network share, writing there first makes the folder be looked up again.
        with tempfile.TemporaryFile(dir=marker.parent):
            return marker.exists()
    except OSError:
        return False


async def join(driver: str, folder: Path, timeout: float | None, dask_worker: Any = None) -> None:
    """Be ready for a driver's jobs.

    Args:
        driver: Its name, which no other one has.
        folder: Where it stands; its processes stand there too if there is such a folder.
        timeout: Seconds that a run may take.
        dask_worker: Given by Dask.
    """
    await close(driver)  # it was lost for a while, and comes back
    # Dask notes every call in its log, and these come every few seconds for hours.
    logging.getLogger("distributed.worker").addFilter(_is_no_question)
    place = folder if folder.is_dir() else None
    _POOLS[driver] = _Pool(Path(dask_worker.local_directory), place, timeout)
    _POOLS[driver].wait_for_driver(driver)


def _is_no_question(record: logging.LogRecord) -> bool:
    return "function 'poll'" not in record.getMessage()


async def submit(driver: str, number: int, job: Job | None) -> None:
    """Hand a job to the driver's process of this number, which is started if there is none.

    Without a job the process ends when it has done those that it has.
    """
    await asyncio.to_thread(_POOLS[driver].submit, number, job)


async def poll(driver: str) -> list[tuple[int, str, Any, bytes | None]]:
    """What the driver's processes reported: number, kind, value, and the log of a failure.

    Raises:
        KeyError: They were ended, because the driver was silent for too long.
    """
    pool = _POOLS[driver]
    pool.wait_for_driver(None)
    try:
        return await asyncio.to_thread(pool.poll)
    finally:
        pool.wait_for_driver(driver)


async def close(driver: str) -> None:
    """End the driver's processes now."""
    if (pool := _POOLS.pop(driver, None)) is not None:
        pool.wait_for_driver(None)
        await asyncio.to_thread(pool.end)


class _Pool:
    """The processes of one driver on one Dask worker."""

    def __init__(self, logs: Path, folder: Path | None, timeout: float | None) -> None:
        self._logs, self._folder, self._timeout = logs, folder, timeout
        self._reports: Reports = queue.SimpleQueue()
        self._members: dict[int, WorkerProcess] = {}
        self._lease: threading.Timer | None = None
        # A process may report before it is entered above.
        self._lock = threading.Lock()

    def wait_for_driver(self, driver: str | None) -> None:
        """Count the seconds since this driver last asked; none while it does (None)."""
        if self._lease is not None:
            self._lease.cancel()
        self._lease = None
        if driver is not None and driver in _POOLS:
            self._lease = threading.Timer(LEASE, lambda: asyncio.run(close(driver)))
            self._lease.daemon = True
            self._lease.start()

    def submit(self, number: int, job: Job | None) -> None:
        with self._lock:
            member = self._members.get(number)
            if job is None:
                if member is not None:
                    member.stop()
                return
            if member is None:
                member = WorkerProcess(self._reports, self._logs, self._timeout, self._folder)
                self._members[number] = member
            # The place's own folder of data sets, if it was given one.
            if own := os.environ.get("EBB_DATA"):
                job = replace(job, data_dir=in_home(own))
            member.start(job)

    def poll(self) -> list[tuple[int, str, Any, bytes | None]]:
        events: list[tuple[int, str, Any, bytes | None]] = []
        end = time.monotonic() + POLL
        while True:
            try:
                report = self._reports.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                return events
            with self._lock:
                events += self._events(*report)
            urgent = report[1] != "epoch"
            end = min(end, time.monotonic() + (0 if urgent else BETWEEN))

    def _events(
        self, member: Any, kind: str, value: Any
    ) -> list[tuple[int, str, Any, bytes | None]]:
        number = next((n for n, each in self._members.items() if each is member), None)
        if number is None:
            return []
        log = None
        if kind in ("failed", "died") and member.job is not None and member.log is not None:
            with contextlib.suppress(OSError):  # Dask clears its folders away
                log = member.log.read_bytes()[-LOG:]
        if kind != "epoch":
            member.job = None  # its time is over
        if kind == "died":
            del self._members[number]
            member.end()
        return [(number, kind, value, log)]

    def end(self) -> None:
        with self._lock:
            for member in self._members.values():
                member.end()


_POOLS: dict[str, _Pool] = {}
