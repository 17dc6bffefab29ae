"""What may lie beside an SQLite file after a crash: the journal of a commit."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from core.storage.schema import FILE
from data import InputError


def _journal(file: Path) -> Path:
    """Where SQLite keeps a file's journal."""
    return file.with_name(f"{file.name}-journal")


def reader(file: Path) -> sqlite3.Connection:
    """A connection that changes nothing; it cannot undo a commit that was cut short either."""
    address = f"{file.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=60, isolation_level=None)


def finish_rollback(file: Path, is_sound: Callable[[Path], bool]) -> None:
    """Undo a commit that a crash cut short, as SQLite does for the first who may write.

    What comes of it is seen in a copy first: a journal that is cut off, or that belongs to another
    file, would destroy this one.

    Args:
        file: The database.
        is_sound: Tells whether the one in a folder is whole.

    Raises:
        InputError: It cannot be undone.
    """
    journal = _journal(file)
    if not (journal.exists() and _is_hot(file)):
        return
    with tempfile.TemporaryDirectory(prefix="ebb-") as folder:
        copy = Path(folder) / FILE
        try:
            shutil.copyfile(file, copy)
            shutil.copyfile(journal, _journal(copy))
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master")  # rolls it back
            sound = is_sound(copy.parent)
        except FileNotFoundError:
            return  # somebody else has just done it
        except (InputError, sqlite3.Error):
            sound = False
    if not sound:
        if not _is_hot(file):
            return  # a writer was at work while it was copied
        raise InputError(
            f"Received the store {str(file.parent)!r} with a journal ({journal.name}) that does "
            "not make it whole; expected that of its own last commit: move it away if it is not, "
            "else restore a copy of the folder, or name another --store."
        )
    try:
        with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as direct:
            direct.execute("BEGIN IMMEDIATE")
            direct.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise InputError(
            f"Received the store {str(file.parent)!r}, whose last commit was cut short; expected a "
            f"folder that can be written, to undo it ({error}): call `ebb status` once where it "
            "can, or read a copy of the folder."
        ) from None


def _is_hot(file: Path) -> bool:
    """Whether the journal is that of a process that is no more; a live one's is left alone."""
    try:
        with closing(reader(file)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        return error.sqlite_errorname == "SQLITE_READONLY_ROLLBACK"
    return False
