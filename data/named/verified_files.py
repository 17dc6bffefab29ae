"""Files whose every byte is known: read only when their MD5 is the published one.

Not pooch, which fetches a file and checks it: Keras fetches these, and they are looked for in three
places and in the published archive, where all that are missing or damaged are named at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from data.checks import ARRAYS
from data.dataset import Dataset
from data.errors import InputError, quoted, shortly
from data.formats.archive import is_archive, members

LARGEST = 1 << 28  # bytes; the largest of these files, of STL-10's test images, has 221 million


@dataclass(frozen=True)
class PublishedFiles:
    """Published files that were found by name; nothing has been read yet.

    Attributes:
        source: Their folder, or the archive as it was published.
        md5: The MD5 of each file's content, by the file's name.
        decode: Makes the four arrays of a data set of the contents by name.
        train_shape: The shape of x_train.
    """

    source: Path
    md5: Mapping[str, str]
    decode: Callable[[Mapping[str, bytes]], dict[str, NDArray[Any]]]
    train_shape: tuple[int, ...]

    @property
    def missing(self) -> tuple[Path, ...]:
        """The files that are not there; empty for an archive."""
        if is_archive(self.source):
            return ()
        paths = (self.source / name for name in self.md5)
        return tuple(path for path in paths if not os.path.isfile(path))

    def shape(self) -> tuple[int, ...]:
        """The shape of x_train, as published; no file is read."""
        return self.train_shape

    def load(self, name: str) -> Dataset:
        """Reads and checks the files.

        Args:
            name: The data set's name.

        Returns:
            The data set.

        Raises:
            InputError: A file is missing or is not the published one.
        """
        if self.missing:
            raise InputError(
                f"{quoted(self.missing[0])} is missing, expected the files "
                f"{', '.join(self.md5)} in {quoted(self.source)}; put it there"
            )
        contents = self._from_archive() if is_archive(self.source) else self._from_folder()
        where = dict.fromkeys(ARRAYS, quoted(self.source))
        return Dataset.from_arrays(
            name, self.decode(contents), source=str(self.source), where=where
        )

    def _from_folder(self) -> dict[str, bytes]:
        contents = {}
        for name in self.md5:
            path = self.source / name
            try:
                size = os.path.getsize(path)
                content = path.read_bytes() if size <= LARGEST else b""
            except OSError as error:
                raise InputError(
                    f"{quoted(path)} cannot be read ({shortly(error)}), expected the published "
                    "file; copy it again and check that you may read it"
                ) from error
            contents[name] = self._checked(name, content, size)
        return contents

    def _from_archive(self) -> dict[str, bytes]:
        contents: dict[str, bytes] = {}
        for member in members(self.source):
            name = member.parts[-1] if member.parts else ""
            if member.read is None or name not in self.md5:
                continue
            content = member.read() if member.size <= LARGEST else b""
            contents[name] = self._checked(name, content, member.size)
            if len(contents) == len(self.md5):
                return contents  # what follows may be ten times as much
        absent = next(name for name in self.md5 if name not in contents)
        raise InputError(
            f"{quoted(self.source)} lacks the file {absent}, expected {', '.join(self.md5)}; "
            "download it again"
        )

    def _checked(self, name: str, content: bytes, size: int) -> bytes:
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != self.md5[name]:
            raise InputError(
                f"{quoted(self.source / name)} is not the published file: found {size:,} bytes of "
                f"MD5 {found}, expected MD5 {self.md5[name]}; download or copy it again"
            )
        return content


def published_files(
    folders: Iterable[Path],
    archive: Path,
    md5: Mapping[str, str],
    decode: Callable[[Mapping[str, bytes]], dict[str, NDArray[Any]]],
    train_shape: tuple[int, ...],
) -> PublishedFiles | None:
    """Looks for published files, by name alone.

    Args:
        folders: Where they may lie.
        archive: The archive that they were published in.
        md5: The MD5 of each file's content, by the file's name.
        decode: See `PublishedFiles`.
        train_shape: The shape of x_train.

    Returns:
        Those in the first folder with at least one of them (so that a missing one is noticed),
        else the archive, else None.
    """
    places = [place for place in folders if any(os.path.isfile(place / name) for name in md5)]
    places += [archive] if os.path.isfile(archive) else []
    return PublishedFiles(places[0], md5, decode, train_shape) if places else None
