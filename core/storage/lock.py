"""One driver of a study at a time: a lock that dies with its holder."""

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from core.storage.limits import limit_reached
from data import InputError

try:
    import fcntl
except ImportError:  # a system without POSIX locks
    fcntl = None  # type: ignore[assignment]

NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""What a file system answers that knows no locks."""


@contextmanager
def exclusive(folder: Path, study: str, variant: str) -> Iterator[str]:
    """Be the only one who writes the records of a study and variant.

    The kernel releases the lock when the process ends, however it ends. The file that is locked
    only says who holds it: one that is left behind, or copied with its folder, holds nothing.

    Args:
        folder: The store's; made if it is not there, and removed again if nothing came into it.
        study: Whose records.
        variant: Of which; other studies and variants in the same store are free.

    Yields:
        A note if this system has no locks, else nothing.

    Raises:
        InputError: Another process holds it, or the folder cannot be written.
    """
    made = not folder.exists()
    # A digest, because a variant's name may hold a path, or be too long for a file's.
    name = sha256(f"{study}\n{variant}".encode(errors="surrogatepass")).hexdigest()[:16]
    path = folder / f"driver-{name}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _locked(path)
    except BlockingIOError:
        raise InputError(_refusal(path, study, variant)) from None
    except OSError as error:
        said = "; ".join(filter(None, (error.strerror, limit_reached(folder))))
        raise InputError(
            f"Received the store {str(folder)!r}; expected a folder that can be written "
            f"({said}): mend it, or name another with --store."
        ) from None
    try:
        yield "" if file else f"{folder} knows no locks: no second process may run {study} there"
    finally:
        if file:
            # While it is locked: who waits for this file finds it gone and makes a new one.
            path.unlink(missing_ok=True)
            file.close()
        if made:
            with suppress(OSError):  # something lies in it now
                folder.rmdir()


def _locked(path: Path) -> IO[str] | None:
    """The file, locked, with the holder's name in it; None where there are no locks."""
    if fcntl is None:
        return None
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(file.fileno()).st_nlink:  # its holder has removed it since
                file.close()
                continue
            file.truncate(0)
            file.write(json.dumps(_holder()))
            file.flush()
        except OSError as error:
            file.close()
            if error.errno in NO_LOCKS:
                return None
            raise
        return file


def _holder() -> dict[str, Any]:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return {"process": os.getpid(), "host": socket.gethostname(), "since": since}


def _refusal(path: Path, study: str, variant: str) -> str:
    who, process = "another process", "it"
    # Only just locked, from another system, or not Ebb's: then nobody is named.
    with suppress(OSError, ValueError, KeyError, TypeError):
        holder = json.loads(path.read_text(encoding="utf-8"))
        process = f"process {int(holder['process'])}"
        who = f"{process} on host {holder['host']!a} since {holder['since']!a}"
    return (
        f"Received {study} ({variant}), which {who} is at work on in {str(path.parent)!r}; "
        f"expected one process at a time: wait until {process} has ended, or end it."
    )
