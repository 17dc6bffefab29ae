"""Where a store lies: its folder and its file, behind `~` and links."""

import os
from pathlib import Path

from core.storage.schema import FILE
from data import InputError
from data.home import in_home


def place_of(folder: Path) -> tuple[Path, Path]:
    """A store's folder and its file.

    The file is the one at the end of links: what SQLite and the lock put beside it lies there.

    Args:
        folder: As the user named it; `~` is the home folder. It need not be there.

    Raises:
        InputError: A file, a link that leads nowhere, or a place that cannot be reached.
    """
    there = in_home(folder)
    try:
        # Not by exists(), to which a link to itself is nothing.
        if _is_there(there) and not there.is_dir():
            raise InputError(
                f"Received the store {str(folder)!r}, which is a file; expected a folder: "
                "name another with --store."
            )
        file = there / FILE
        leads_nowhere = there.is_symlink() and not there.exists()
        if not _is_there(file) and file.is_symlink():
            leads_nowhere = not file.resolve().parent.is_dir()
    except OSError as error:
        raise InputError(
            f"Received the store {str(folder)!r}, which cannot be reached "
            f"({error.strerror}); expected a folder, or a link to one: "
            "name another with --store."
        ) from None
    if leads_nowhere:
        raise InputError(
            f"Received the store {str(folder)!r}, a link that leads nowhere; expected one to a "
            "folder that is there: make it or mount it first, or name another with --store."
        )
    return there, file.resolve() if file.is_symlink() else file


def store_folder(named: str | os.PathLike[str] | None) -> Path:
    """The folder that a script names; EBB_STORE or `results` if None."""
    return Path(named or os.environ.get("EBB_STORE") or "results")


def _is_there(place: Path) -> bool:
    try:
        place.stat()
    except FileNotFoundError:
        return False
    return True
