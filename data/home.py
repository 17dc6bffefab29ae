"""Folders that a user names, with `~` where no shell has put the home folder in its place."""

import os
from pathlib import Path

from data.errors import InputError


def in_home(folder: str | os.PathLike[str]) -> Path:
    """A folder by its path; of one that begins with `~` the path from the home folder.

    Raises:
        InputError: The home folder is that of somebody who is not known.
    """
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        raise InputError(
            f"Received the folder {os.fspath(folder)!r}, in a home folder that is not known; "
            "expected a path: write it in full."
        ) from None
