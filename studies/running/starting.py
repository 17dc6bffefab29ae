"""Starting a worker's process, and what is said where the system does not."""

import errno
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from core.storage.limits import limit_reached, said_of
from core.training.environment import DEVICES
from core.training.settings import worker_variables
from data import InputError

SPARE = 16
"""Files that can still be opened when a worker has started: the store's, and those of imports."""


def start_process(
    logs: Path, folder: Path | None, device: str = DEVICES[0]
) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a worker, which leads a session of its own; and the log of what it prints.

    Args:
        logs: Folder of the log; made if it is not there.
        folder: Where the worker stands; here if None.
        device: What it trains on.

    Raises:
        InputError: The system does not start it, or its log cannot be made.
    """
    try:
        logs.mkdir(parents=True, exist_ok=True)
        log = new_log(logs)
        with log.open("wb") as file, ExitStack() as ends:
            try:
                for _ in range(SPARE):
                    ends.callback(os.close, os.open(os.devnull, os.O_RDONLY))
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "studies.running.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=file,
                    env=worker_variables(os.environ, device),
                    cwd=folder,
                    start_new_session=True,
                )
            except OSError:
                log.unlink(missing_ok=True)
                raise
    except OSError as error:
        said = said_of(error.errno) or limit_reached(logs)
        where = f": {str(error.filename)!r}" if error.filename else ""
        raise _refusal(said or f"{error.strerror}{where}", logs) from None
    return process, log


def start_thread(thread: threading.Thread, logs: Path) -> None:
    """Start a thread that minds a worker: to the system it is one process more.

    Raises:
        InputError: There is no room for it.
    """
    try:
        thread.start()
    except RuntimeError:
        raise _refusal(said_of(errno.EAGAIN) or "no room for a thread", logs) from None


def new_log(folder: Path) -> Path:
    """A name in a folder of logs that nothing has yet."""
    number = len(list(folder.glob("worker-*.log"))) + 1
    while (log := folder / f"worker-{os.getpid()}-{number}.log").exists():
        number += 1
    return log


def _refusal(why: str, logs: Path) -> InputError:
    return InputError(
        f"Received a worker process that cannot be started: {why}; expected that "
        f"{sys.executable!r} may be run, and its log written in {str(logs)!r}: make that so, or "
        "take fewer --workers."
    )
