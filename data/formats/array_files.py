"""The files of a data set in a folder: four IDX files, or one .npz."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from data.checks import ARRAYS
from data.dataset import Dataset
from data.errors import InputError, quoted
from data.formats.idx import read_idx, read_idx_shape
from data.formats.npz import read_npz, read_npz_shape

IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@dataclass(frozen=True)
class ArrayFiles:
    """Files that were found by name; nothing has been read yet.

    Attributes:
        source: The folder of the IDX files, or the .npz file.
        paths: The file of each array that has one, by the array's name.
    """

    source: Path
    paths: dict[str, Path]

    @property
    def missing(self) -> tuple[Path, ...]:
        """The IDX files that are not there, without `.gz`; empty for a .npz."""
        return tuple(self.source / IDX_NAMES[name] for name in ARRAYS if name not in self.paths)

    def shape(self) -> tuple[int, ...]:
        """The shape of x_train, from a header alone.

        Raises:
            InputError: A file is missing, or the header cannot be read.
        """
        self._require_all()
        path = self.paths["x_train"]
        return read_npz_shape(path) if path == self.source else read_idx_shape(path)

    def load(self, name: str) -> Dataset:
        """Reads and checks the files.

        Args:
            name: The data set's name.

        Returns:
            The data set.

        Raises:
            InputError: A file is missing or damaged, or the arrays are no data set.
        """
        self._require_all()
        arrays: dict[str, NDArray[Any]]
        if self.source in self.paths.values():
            arrays = read_npz(self.source)
        else:
            arrays = {array: read_idx(path) for array, path in self.paths.items()}
        where = {array: f"{array} in {quoted(path)}" for array, path in self.paths.items()}
        where |= {
            array: f"{array} in {quoted(self.source)}" for array in arrays if array not in where
        }
        return Dataset.from_arrays(name, arrays, source=str(self.source), where=where)

    def _require_all(self) -> None:
        if self.missing:
            raise InputError(
                f"{quoted(self.missing[0])} (or the same with .gz) is missing beside "
                f"{quoted(next(iter(self.paths.values())).name)}, expected four files: "
                f"{', '.join(IDX_NAMES.values())}; put it there"
            )


def npz_file(path: Path) -> ArrayFiles | None:
    """The .npz file `path`, or None if there is no such file."""
    return ArrayFiles(path, dict.fromkeys(ARRAYS, path)) if os.path.isfile(path) else None


def idx_files(folder: Path) -> ArrayFiles | None:
    """The IDX files in a folder, unpacked ones before gzipped ones; None if there is not one."""
    paths = {}
    for array, stem in IDX_NAMES.items():
        for path in (folder / stem, folder / f"{stem}.gz"):
            if os.path.isfile(path):
                paths[array] = path
                break
    return ArrayFiles(folder, paths) if paths else None
