"""Which data sets there are, and whether their files are here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from data.errors import InputError
from data.formats.files import Files, find_files
from data.loading import own_names
from data.named.cube import CUBE, SHAPE, SOURCE
from data.named.digits import DIGITS, digits_shape
from data.named.keras_loader import cache_folders
from data.named.official import OFFICIAL, SYSTEM_FOLDER, find_official

Status = Literal["here", "incomplete", "unreadable", "missing", "download"]


@dataclass(frozen=True)
class Availability:
    """One line of `ebb data list`, found out without reading a file whole.

    Attributes:
        name: What to ask `load` for.
        status: `here`; `incomplete` (one of its files is missing); `unreadable` (a header is
            damaged); `missing` (not in the folder that the user named, or nowhere and Keras does
            not know it); `download` (Keras will fetch it when it is loaded). Only loading shows
            whether a file is sound to its end.
        shape: The training examples' shape, where a header or the definition tells it.
        where: The folder, file, package or seed it comes from or would come from.
        built_in: Whether Ebb knows it by name; False for the user's own.

    Examples:
        >>> from data import available
        >>> row = available()[0]
        >>> row.name, row.status, row.shape
        ('digits', 'here', (1437, 28, 28))
    """

    name: str
    status: Status
    shape: tuple[int, ...] | None
    where: str
    built_in: bool


def available(folder: Path | None = None) -> list[Availability]:
    """Lists the built-in data sets, then the user's own.

    Args:
        folder: The user's data folder (--data-dir or EBB_DATA), or None.

    Returns:
        A row for each, built-in ones first; sub-folders that hold no data set's files are left
        out.

    Raises:
        InputError: The folder is there but cannot be listed.

    Examples:
        >>> from data import available
        >>> [row.name for row in available() if row.built_in][:4]
        ['digits', 'digits-colour', 'cube', 'mnist']
    """
    rows = [Availability(name, "here", known_shape(name), "scikit-learn", True) for name in DIGITS]
    rows.append(Availability(CUBE, "here", known_shape(CUBE), SOURCE, True))
    rows += [_official(name, folder) for name in OFFICIAL]
    rows += [_own(name, folder / name) for name in own_names(folder) if folder is not None]
    return rows


def known_shape(name: str) -> tuple[int, ...] | None:
    """The shape of the training examples of a built-in data set, wherever its files are."""
    if name in DIGITS:
        return digits_shape(name)
    if name == CUBE:
        return SHAPE
    return OFFICIAL[name].shape if name in OFFICIAL else None


def _own(name: str, place: Path) -> Availability:
    try:
        files = find_files(place, name)
    except InputError:
        files = None
    if files is None:
        return Availability(name, "unreadable", None, str(place), False)
    return _found(name, files, built_in=False)


def _official(name: str, folder: Path | None) -> Availability:
    official = OFFICIAL[name]
    try:
        files = find_official(name, folder)
    except InputError:
        return Availability(name, "unreadable", None, str((folder or SYSTEM_FOLDER) / name), True)
    if files is not None:
        row = _found(name, files, built_in=True)
        return row if row.shape or row.status != "here" else replace(row, shape=official.shape)
    if folder is not None:
        return Availability(name, "missing", None, str(folder / name), True)
    if official.keras_module is None:
        return Availability(name, "missing", None, "put its files into --data-dir", True)
    return Availability(name, "download", None, f"Keras, into {cache_folders()[0]}", True)


def _found(name: str, files: Files, *, built_in: bool) -> Availability:
    status: Status = "incomplete" if files.missing else "here"
    shape = None
    if status == "here":
        try:
            shape = files.shape()
        except InputError:
            status = "unreadable"
    return Availability(name, status, shape, str(files.source), built_in)
