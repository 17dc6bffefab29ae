"""Runs on a Dask cluster: another executor, see `studies.running.executor`.

Dask carries jobs there and reports back; which run goes where is decided here, as on one machine.
The driver is only a client and opens no port. The functions that it calls there are in
`studies.running.remote`.
"""

import contextlib
import itertools
import logging
import queue
import tempfile
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from data import InputError
from studies.running import remote
from studies.running.executor import Event, Job, Reports, Worker, dispatch
from studies.running.place import Place, RemoteWorker, compare, said

CONNECT = 5.0
"""Seconds in which the scheduler must answer at first."""
PATIENCE = 20.0
"""Seconds without the scheduler, or without any Dask worker, after which the driver gives up."""
SILENCE = 30.0
"""Seconds in which a Dask worker must answer."""
LOOK = 1.0
"""Seconds between two looks at which Dask workers there are."""
CLOSE = 5.0
"""Seconds that closing may take."""


class Cluster:
    """The workers of a Dask cluster: as many runs at a time on each as it has threads.

    Enter it as a context before it is called. Dask workers that join later are used as well.

    Args:
        address: Of the scheduler, such as `tcp://127.0.0.1:8786`.
        jobs: What will be run.
        logs: Folder for what failing workers printed, in that of the store.
        timeout: Seconds that a run may take.
        reports: Where the workers report, if something else reports there too.
        note: Given in one line what is worth knowing and no fault.

    Raises:
        InputError: No such scheduler; when entered: no Dask workers, or one that differs.
    """

    def __init__(
        self,
        address: str,
        jobs: Sequence[Job],
        *,
        logs: Path,
        timeout: float | None = None,
        reports: Reports | None = None,
        note: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._address, self._jobs, self._logs = address, jobs, logs
        self._timeout, self._note = timeout, note
        self._name = f"ebb-{uuid.uuid4().hex}"
        self._reports: Reports = queue.SimpleQueue() if reports is None else reports
        self._places: dict[str, Place] = {}
        self._numbers = itertools.count()
        self._closed = threading.Event()
        self._client = _connected(address)

    def __enter__(self) -> "Cluster":
        """Check every Dask worker, before anything is run."""
        try:
            self._scheduler = self._identity()["id"]
            end = time.monotonic() + PATIENCE
            while not (threads := self._threads()):
                if time.monotonic() > end:
                    raise InputError(
                        f"Received the scheduler {self._address}, which has no workers; expected "
                        f"some: start one with `dask worker {self._address}`."
                    )
                time.sleep(LOOK)
            self._accept(threads)
        except OSError as error:
            self._close()
            raise InputError(
                f"Received the scheduler {self._address}, with a worker that does not answer "
                f"({said(error)}); expected that all do: start it again."
            ) from None
        except BaseException:
            self._close()
            raise
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def __call__(self, jobs: Sequence[Job]) -> AbstractContextManager[Iterator[Event]]:
        """Run jobs, see `studies.running.executor.dispatch`."""
        return dispatch(jobs, self._reports, self._start_worker)

    @property
    def workers(self) -> int:
        """How many runs there is room for at a time."""
        return sum(place.threads for place in list(self._places.values()))

    def _ask(self, address: str, function: Callable[..., Any], *values: Any) -> Any:
        """Have a Dask worker call a function of `studies.running.remote`.

        Raises:
            Exception: It does not answer (an OSError), or the function raises.
        """
        return self._call(function, self._name, *values, workers=[address])[address]

    def _lost(self, place: "Place", error: Exception) -> None:
        """A Dask worker no longer answers: its runs are lost, unless the scheduler is to blame."""
        # A scheduler that ends takes its workers along, and they may be gone first.
        if self._closed.wait(LOOK):
            return
        try:
            self._threads()
        except Exception as failure:
            self._stop(f"the scheduler {self._address} is gone ({said(failure)})")
            return
        self._places.pop(place.address, None)
        place.close(error)

    def _call(self, function: Callable[..., Any], *values: Any, **how: Any) -> dict[str, Any]:
        """Have Dask workers call a function; what each answers, by address."""
        # Dask's own calls wait for ever.
        how = {"callback_timeout": SILENCE, "on_error": "raise"} | how
        return dict(self._client.sync(self._client.run, function, *values, **how))

    def _threads(self) -> dict[str, int]:
        """How many threads each Dask worker has, by address.

        Raises:
            Exception: The scheduler does not answer, or another one, which knows of no run.
        """
        found = self._identity()
        if found["id"] != self._scheduler:
            raise ConnectionError("it was started again")
        return {address: each["nthreads"] for address, each in found["workers"].items()}

    def _identity(self) -> dict[str, Any]:
        """What the scheduler that answers now says of itself and its workers."""
        call = self._client.scheduler.identity
        return dict(self._client.sync(call, callback_timeout=PATIENCE))

    def _start_worker(self, pool: Sequence[Worker]) -> Worker | None:
        """A worker at the place with most room."""
        busy = [worker.place for worker in pool if isinstance(worker, RemoteWorker)]
        taken = {place: busy.count(place) / place.threads for place in list(self._places.values())}
        place = min(taken, key=taken.__getitem__, default=None)
        if place is None or taken[place] >= 1:
            return None
        return RemoteWorker(place, next(self._numbers), self._reports, self._logs)

    def _accept(self, threads: Mapping[str, int]) -> None:
        """Use Dask workers from now on, if all have the environment that is here.

        Raises:
            InputError: One is not.
            OSError: One does not answer.
        """
        shared = self._shared_folders(list(threads))
        for address in threads:
            self._ask(address, remote.join, Path.cwd(), self._timeout)
        for address, count in threads.items():
            place = self._places[address] = Place(
                address, count, shared[address], ask=partial(self._ask, address), lost=self._lost
            )
            threading.Thread(target=place.poll, daemon=True).start()

    def _shared_folders(self, addresses: list[str]) -> dict[str, bool]:
        """Compare Dask workers with this machine; whether each shares the folders of the runs."""
        file = self._jobs[0].study_file
        folders = dict.fromkeys([self._logs, *(job.tensorboard for job in self._jobs)])
        with contextlib.ExitStack() as made:
            markers = []
            for folder in filter(None, folders):
                folder.mkdir(parents=True, exist_ok=True)
                marker = made.enter_context(
                    tempfile.NamedTemporaryFile(dir=folder.resolve(), prefix=".shared-")
                )
                markers.append(Path(marker.name))
            found = self._call(remote.look, file, markers, workers=addresses, on_error="return")
        expected = remote.look(file)
        for address, findings in found.items():
            compare(f"the Dask worker {address}", findings, expected, file)
        if not all(findings.shared for findings in found.values()):
            self._without_shared_folders(next(a for a in found if not found[a].shared))
        return {address: findings.shared for address, findings in found.items()}

    def _without_shared_folders(self, address: str) -> None:
        first = self._jobs[0]  # all are of one request
        asked = ["--keep-weights"] * first.keep_weights
        asked += ["--tensorboard"] * (first.tensorboard is not None)
        store = self._logs.parent.resolve()
        if asked:
            raise InputError(
                f"Received {' and '.join(asked)} and the Dask worker {address}, which cannot write "
                f"to this machine's folders; expected {str(store)!r} and all others that are named "
                "to be shared with it."
            )
        self._note(
            f"the Dask worker {address} does not share {str(store)!r}: a long run that is "
            "interrupted there starts over"
        )

    def _watch(self) -> None:
        """Look for Dask workers that come, and for the end of all."""
        refused: set[str] = set()
        alone_since = time.monotonic()
        while not self._closed.wait(LOOK):
            try:
                threads = self._threads()
            except Exception as error:
                self._stop(f"the scheduler {self._address} is gone ({said(error)})")
                return
            for address in threads.keys() - self._places.keys() - refused:
                try:
                    self._accept({address: threads[address]})
                except InputError as error:
                    refused.add(address)
                    self._note(f"a worker that came later is not used. {error}")
                except Exception:
                    continue  # it is about to leave again, or will answer the next time
                self._reports.put((None, "room", None))
            if self._places:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > PATIENCE:
                self._stop(f"the scheduler {self._address} has had no workers for {PATIENCE:g} s")
                return

    def _stop(self, why: str) -> None:
        if not self._closed.is_set():
            self._reports.put((None, "stopped", why))

    def _close(self) -> None:
        """End what still runs there, and disconnect."""
        self._closed.set()
        # If nobody answers, the Dask workers end our processes by themselves, see `remote.LEASE`.
        with contextlib.suppress(Exception):
            how = {"on_error": "ignore", "callback_timeout": CLOSE}
            self._call(remote.close, self._name, workers=list(self._places), **how)
        with contextlib.suppress(Exception):
            self._client.close(timeout=CLOSE)


def _connected(address: str) -> Any:
    """A client of the scheduler, which prints nothing by itself."""
    try:
        import distributed  # noqa: PLC0415  # an optional package
        from distributed.comm import get_address_host_port  # noqa: PLC0415
    except ImportError:
        raise InputError(
            "Received --scheduler without the package `distributed`; expected it to be installed: "
            "`pip install 'distributed>=2025.1'`, or Ebb with its extra `cluster`."
        ) from None
    # What goes wrong is said here, in one line.
    for name in ("distributed", "distributed.client", "tornado.application", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        # A client with an address that means nothing fails once more when it is thrown away; and
        # one without an address would start a cluster of its own.
        get_address_host_port(address, strict=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared below, those that matter
            return distributed.Client(
                address,
                timeout=CONNECT,
                set_as_default=False,
                name="ebb",
            )
    except Exception as error:
        raise InputError(
            f"Received --scheduler {address!r}, where no Dask scheduler answers ({said(error)}); "
            "expected the address that `dask scheduler` prints, such as tcp://127.0.0.1:8786."
        ) from None
