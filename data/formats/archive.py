"""Tar archives that strangers packed: read member by member, never unpacked onto the disk."""

from __future__ import annotations

import gzip
import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from data.errors import InputError, quoted, shortly

ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.xz")
MOST_BYTES = 4 << 30
"""How large the files of a data set may be when they are unpacked."""
_BLOCK = 512
_DAMAGE = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


class Member(NamedTuple):
    """A folder or a plain file in an archive.

    Attributes:
        parts: Its path, part by part; neither absolute nor with `..` in it.
        size: Its length in bytes.
        read: Returns its content; None for a folder. Works until the next member is asked for.
    """

    parts: tuple[str, ...]
    size: int
    read: Callable[[], bytes] | None


def is_archive(path: Path) -> bool:
    """Whether a path is named like a tar archive that can be read, and is no folder."""
    return path.name.lower().endswith(ENDINGS) and not os.path.isdir(path)


def members(path: Path) -> Iterator[Member]:
    """Reads an archive from its start to its end.

    Args:
        path: A .tar, .tar.gz, .tgz or .tar.xz file.

    Yields:
        Each folder and each plain file, in the archive's order.

    Raises:
        InputError: The file cannot be read, is no such archive, is damaged or breaks off; or a
            member is a link, a device or lies outside of the archive; or it unpacks to more than
            `MOST_BYTES`.
    """
    with _sound(path), _unpacked(path) as stream:
        limited = _Limited(stream, path)
        with tarfile.open(fileobj=cast(IO[bytes], limited), mode="r|") as archive:
            for info in archive:
                yield _member(archive, info, path)
        # To the end: there stand the check sums of gzip and xz, and tar's own mark.
        while limited.read(1 << 16):
            pass
        if limited.tail != bytes(_BLOCK):
            raise EOFError("it breaks off")


class _Limited:
    """A stream that gives no more than a data set may have, whatever a small file unpacks to.

    Attributes:
        tail: The last block that it gave.
    """

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._path = stream, path
        self._given = 0
        self.tail = b""

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._given += len(piece)
        if self._given > MOST_BYTES:
            raise InputError(
                f"{quoted(self._path)} unpacks to more than {MOST_BYTES:,} bytes, expected at most "
                "these; make it smaller, or put the files themselves there"
            )
        self.tail = (self.tail + piece)[-_BLOCK:]
        return piece


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        # An InputError is a ValueError too, and has said already what is wrong.
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{quoted(path)} is not a sound archive ({shortly(error)}), expected one that ends in "
            f"{', '.join(ENDINGS)}; download or copy it again, or pack it again with tar"
        ) from error


def _unpacked(path: Path) -> IO[bytes]:
    name = path.name.lower()
    if name.endswith(("gz", "tgz")):
        return cast(IO[bytes], gzip.open(path, "rb"))
    return cast(IO[bytes], lzma.open(path, "rb")) if name.endswith("xz") else open(path, "rb")


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> Member:
    place = PurePosixPath(info.name)
    kind = "a plain file" if info.isreg() and not info.issparse() else ""
    if place.is_absolute() or ".." in place.parts:
        kind = "outside of the archive"
    elif info.isdir():
        return Member(place.parts, 0, None)
    elif not kind:
        kind = f"a link to {info.linkname!r}" if info.issym() or info.islnk() else "no plain file"
    if kind != "a plain file":
        raise InputError(
            f"{quoted(path)} has the member {info.name!r}, which is {kind}, expected folders and "
            "plain files alone; pack it again without it, links followed (tar --dereference "
            "--hard-dereference)"
        )

    def read() -> bytes:
        with _sound(path):
            content = archive.extractfile(info)
            assert content is not None
            return content.read()

    return Member(place.parts, info.size, read)
