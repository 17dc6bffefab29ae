"""`load`: from a name to a data set."""

from __future__ import annotations

import os
import re
from pathlib import Path

from data.dataset import Dataset
from data.errors import InputError, did_you_mean, quoted
from data.formats.array_files import ArrayFiles, npz_file
from data.formats.files import IDX, IMAGES, find_files
from data.named.cube import CUBE, load_cube
from data.named.digits import DIGITS, load_digits
from data.named.official import OFFICIAL, load_official

BUILT_IN = (*DIGITS, CUBE, *OFFICIAL)
_IMPORT = "`ebb data import NAME FOLDER`"


def load(name: str | os.PathLike[str], folder: str | Path | None = None) -> Dataset:
    """Loads a data set, checked and read-only.

    Args:
        name: `digits`, `digits-colour`, `cube`, `mnist`, `fashion-mnist`, `cifar10`, `stl10`; a
            sub-folder of `folder` with the four IDX files, `name.npz` or images (see
            `data.formats.images`) in it; or the path of a .npz file with the arrays x_train,
            y_train, x_test and y_test, and perhaps x_val, y_val and weights_train.
        folder: The user's data folder (--data-dir or EBB_DATA). When given, published data sets
            are looked for there and nowhere else; when None, in the system's data sets and Keras'
            cache, and else Keras downloads them (but for STL-10, which it does not know).

    Returns:
        The data set.

    Raises:
        InputError: The name is unknown, or a file is missing, damaged or foreign. Another data
            set is never loaded in its place.

    Examples:
        >>> from data import load
        >>> digits = load("digits")
        >>> digits.x_train.shape, digits.classes
        ((1437, 28, 28), 10)
    """
    name, folder = os.fspath(name), None if folder is None else Path(folder)
    if name in DIGITS:
        return load_digits(name)
    if name == CUBE:
        return load_cube()
    if name in OFFICIAL:
        return load_official(name, folder)
    if folder is not None and is_plain_name(name) and (files := find_files(folder / name, name)):
        return files.load(name)
    if name.endswith(".npz") or os.path.isfile(name):
        return _from_path(name).load(name)
    raise _unknown(name, folder)


def is_plain_name(name: str) -> bool:
    """Whether a name can be a folder's on every system and a value on the command line.

    Letters, digits, `_`, `-`, `.` and spaces; neither dot, dash nor space first, neither dot nor
    space last; at most 100.

    Args:
        name: Any text.

    Returns:
        True for `fruit-2`; False for the empty name, `../fruit`, `.fruit`, `a,b` or `a/b`.
    """
    return re.fullmatch(r"\w([\w .-]{0,98}[\w-])?", name) is not None


def own_names(folder: Path | None) -> list[str]:
    """The user's own data sets: the sub-folders of the data folder that hold one's files.

    Args:
        folder: The user's data folder, or None.

    Returns:
        The names in alphabetical order; empty if there is no such folder.

    Raises:
        InputError: The folder is there but cannot be listed.
    """
    if folder is None or not os.path.isdir(folder):
        return []
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(
            f"the data folder {quoted(folder)} cannot be listed ({error.strerror}), expected one "
            "that you may read; change its permissions or name another with --data-dir"
        ) from error
    return [
        name
        for name in names
        if name not in BUILT_IN and is_plain_name(name) and _holds_files(folder / name, name)
    ]


def _holds_files(folder: Path, name: str) -> bool:
    """Whether there are a data set's files; those of several are some, to be refused when read."""
    try:
        return find_files(folder, name) is not None
    except InputError:
        return True


def _from_path(name: str) -> ArrayFiles:
    files = npz_file(Path(name))
    if files is None:
        raise InputError(
            f"there is no file {quoted(name)}, expected a .npz with x_train, y_train, x_test and "
            "y_test; check its path, or write it with numpy.savez"
        )
    return files


def _unknown(name: str, folder: Path | None) -> InputError:
    if folder is not None and is_plain_name(name) and os.path.isdir(folder / name):
        return InputError(
            f"{quoted(folder / name)} holds no data set, expected {IDX}, {quoted(name + '.npz')} "
            f"or {IMAGES}; put them there, or use {_IMPORT}"
        )
    known = [*BUILT_IN, *own_names(folder)]
    guess = did_you_mean(name, known)
    place = f" (own ones in {quoted(folder)})" if folder is not None else ""
    return InputError(
        f"unknown data set {name!r}{guess}, expected {', '.join(known)}{place} or the path of a "
        f".npz file; bring in your own with {_IMPORT} and --data-dir"
    )
