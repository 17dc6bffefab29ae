"""A Dask worker as the driver sees it, and the processes that do runs there."""

import threading
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Any

from data import InputError
from data.errors import in_one_line
from studies.running import remote
from studies.running.executor import Job, Reports, packed
from studies.running.starting import new_log


@dataclass(eq=False)
class Place:
    """A Dask worker.

    Attributes:
        address: Its own.
        threads: How many runs at a time it does.
        shared: Whether it shares the driver's folders.
        ask: Has it call a function of `studies.running.remote`; raises if it does not answer.
        lost: Called with it, and with the error, when it does not.
        members: The processes there, by their numbers.
    """

    address: str
    threads: int
    shared: bool
    _: KW_ONLY
    ask: Callable[..., Any]
    lost: "Callable[[Place, Exception], None]"
    members: "dict[int, RemoteWorker]" = field(default_factory=dict)

    def poll(self) -> None:
        """Pass on what happens there, until nobody answers."""
        try:
            while True:
                for number, kind, value, log in self.ask(remote.poll):
                    if number in self.members:
                        self.members[number].report(kind, value, log)
        except Exception as error:  # whatever Dask, the network, or what is called there raises
            self.lost(self, error)

    def close(self, error: Exception) -> None:
        """Its runs are lost."""
        for member in list(self.members.values()):
            member.lose(error)


class RemoteWorker:
    """A worker process on a Dask worker."""

    def __init__(self, place: Place, number: int, reports: Reports, logs: Path) -> None:
        self.job: Job | None = None
        self.faulty = False
        self.log: Path | None = None
        self.place = place
        self._number, self._reports, self._logs = number, reports, logs
        place.members[number] = self

    def start(self, job: Job) -> None:
        """Hand it a job, with paths that hold there too."""
        self.job = job
        shared = self.place.shared
        there = replace(
            job,
            # Its identity is found anew there, from the code that is there.
            recipe=replace(job.recipe),
            data_dir=job.data_dir and job.data_dir.resolve(),
            checkpoints=job.checkpoints.resolve() if job.checkpoints and shared else None,
            weights=job.weights.resolve() if job.weights and shared else None,
        )
        self._submit(packed(there))

    def stop(self) -> None:
        """Let it end by itself."""
        self._submit(None)

    def end(self) -> None:
        """Take no more of its reports."""
        # A process that died is cleared away at its place; all others are when the cluster is left.
        self.place.members.pop(self._number, None)

    def report(self, kind: str, value: Any, log: bytes | None = None) -> None:
        """Put what happened where the driver finds it, and what was printed beside its store."""
        where = f"on the Dask worker {self.place.address}"
        if kind == "refused":
            condition, reason = value
            value = condition, f"{reason.removesuffix('.')} ({where})."
        if kind == "record" and self.job and value.key != self.job.key:
            why = (
                f"Received a run with key {value.key} {where}; expected {self.job.key}: the code "
                "or the label file of the study differs there, put the same there."
            )
            kind, value = "refused", (self.job.condition, why)
        if log and self.job:
            self.log = new_log(self._logs)
            self.log.write_bytes(log)
        self._reports.put((self, kind, value))

    def lose(self, error: Exception) -> None:
        """Nobody answers any more."""
        why = said(error).rpartition(": ")[2]  # without the sockets that Dask names first
        self.report("died", f"the Dask worker {self.place.address} was lost ({why})")

    def _submit(self, job: Job | None) -> None:
        try:
            self.place.ask(remote.submit, self._number, job)
        except Exception as error:
            # In a thread, because who is to blame is found out in seconds.
            lost = threading.Thread(target=self.place.lost, args=(self.place, error), daemon=True)
            lost.start()


def compare(who: str, found: Any, expected: remote.Findings, file: Path | None) -> None:
    """Refuse a Dask worker that is not as it is here.

    Args:
        who: Its name for a message.
        found: What it found, or the exception that kept it from looking.
        expected: What is found here.
        file: The user's study file, if there is one.

    Raises:
        InputError: It differs; one line says in what.
        OSError: It did not answer.
    """
    if isinstance(found, OSError):
        raise found
    if isinstance(found, Exception):
        raise InputError(
            f"Received {who}, which cannot load Ebb ({said(found)}); expected it to be installed "
            "there as it is here."
        )
    for name, value in expected.environment.items():
        if (theirs := found.environment.get(name)) != value:
            raise InputError(
                f"Received {who} with {name} {theirs!r}; expected {value!r}, as here: install the "
                "same there and start it again."
            )
    if found.study_file != expected.study_file:
        what = "another" if found.study_file else "no"
        raise InputError(
            f"Received {who}, which has {what} file {str(file)!r}; expected the one that is here: "
            "put it there, or on a folder that both share."
        )


def said(error: BaseException) -> str:
    """What an exception says, in one line."""
    return in_one_line(error)[:300]
