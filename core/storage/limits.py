"""Limits of the system, in words: SQLite says of all of them that it cannot open its file."""

import errno
import os
from contextlib import ExitStack
from pathlib import Path

try:
    import resource
except ImportError:  # a system without POSIX limits
    resource = None  # type: ignore[assignment]

AT_ONCE = 4
"""Files that a commit has open: the database, its journal, their folder; and one more."""


def limit_reached(folder: Path) -> str:
    """The limit that keeps files from being opened or made in a folder; nothing if none is seen.

    Args:
        folder: Where; it need not be there.
    """
    with ExitStack() as ends:
        for _ in range(AT_ONCE):
            try:
                ends.callback(os.close, os.open(os.devnull, os.O_RDONLY))
            except OSError as error:
                return said_of(error.errno)
    if not hasattr(os, "statvfs"):
        return ""
    there = next((each for each in (folder, *folder.parents) if each.is_dir()), Path())
    free = os.statvfs(there)
    # A file system without a fixed number of inodes has 0 of 0.
    if free.f_files and not free.f_favail:
        return "no inode is free there (df -i)"
    return "" if free.f_bavail else "no space is left there (df)"


def said_of(number: int | None) -> str:
    """What a system's error says of a limit, with the limit; nothing if it is of none."""
    if resource is None:
        return ""
    if number == errno.EMFILE:
        return f"too many open files (ulimit -n: {resource.getrlimit(resource.RLIMIT_NOFILE)[0]})"
    if number == errno.ENFILE:
        return "too many open files in this system"
    if number == errno.EAGAIN:
        return f"too many processes (ulimit -u: {resource.getrlimit(resource.RLIMIT_NPROC)[0]})"
    return ""
