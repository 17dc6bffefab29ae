"""CIFAR-100 in its binary version, by its 100 fine or its 20 coarse labels.

Krizhevsky, A. (2009): Learning multiple layers of features from tiny images.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.dataset import Dataset
from data.errors import InputError, quoted, shortly

Labels = Literal["fine", "coarse"]
FOLDER = "cifar-100-binary"
PARTS = {"train": "train.bin", "test": "test.bin"}
COLUMN = {"coarse": 0, "fine": 1}
SHAPE = (3, 32, 32)
RECORD = 2 + 3 * 32 * 32
"""Bytes of an image with its two labels."""
MOST_RECORDS = 1_000_000


@dataclass(frozen=True)
class Cifar100Files:
    """The two files, found by name.

    Attributes:
        source: Their folder.
        labels: Which of the two labels count.
    """

    source: Path
    labels: Labels

    @property
    def missing(self) -> tuple[Path, ...]:
        """Which of the two are not there."""
        paths = (self.source / name for name in PARTS.values())
        return tuple(path for path in paths if not os.path.isfile(path))

    def shape(self) -> None:
        """Unknown before a file is read, so None."""

    def load(self, name: str) -> Dataset:
        """Reads and checks the files.

        Raises:
            InputError: A file is missing, cannot be read or has another length.
        """
        if self.missing:
            raise InputError(
                f"{quoted(self.missing[0])} is missing, expected {' and '.join(PARTS.values())} in "
                f"{quoted(self.source)}; put it there"
            )
        arrays: dict[str, NDArray[np.uint8]] = {}
        where: dict[str, str] = {}
        for part, file in PARTS.items():
            rows = _records(self.source / file)
            arrays[f"y_{part}"] = rows[:, COLUMN[self.labels]]
            images = rows[:, 2:].reshape(-1, *SHAPE).transpose(0, 2, 3, 1)
            arrays[f"x_{part}"] = images
            where |= {
                f"{axis}_{part}": f"{self.labels} labels and images in {quoted(file)}"
                for axis in "xy"
            }
        source = f"{self.source} ({self.labels} labels)"
        return Dataset.from_arrays(name, arrays, source=source, where=where)


def cifar100_files(folder: Path, labels: Labels = "fine") -> Cifar100Files | None:
    """The binary version in or under a folder; None if there is neither of its files."""
    for place in (folder / FOLDER, folder):
        if any(os.path.isfile(place / name) for name in PARTS.values()):
            return Cifar100Files(place, labels)
    return None


def _records(path: Path) -> NDArray[np.uint8]:
    """The records of a file, uint8 [n, 3074]."""
    try:
        size = os.path.getsize(path)
        whole = size % RECORD == 0 and 0 < size <= MOST_RECORDS * RECORD
        content = path.read_bytes() if whole else b""
    except OSError as error:
        raise InputError(
            f"{quoted(path)} cannot be read ({shortly(error)}), expected CIFAR-100's binary "
            "version; copy it again and check that you may read it"
        ) from error
    if not content:
        raise InputError(
            f"{quoted(path)} has {size:,} bytes, expected a multiple of {RECORD:,}: two labels and "
            "32 x 32 x 3 values for each image; download it again"
        )
    return np.frombuffer(content, np.uint8).reshape(-1, RECORD)
