"""The files of a data set in a folder: four IDX files, or one .npz, or one for each array."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from data.checks import ARRAYS
from data.dataset import Dataset
from data.errors import InputError, quoted
from data.formats.idx import read_idx, read_idx_shape
from data.formats.npz import read_npz, read_npz_shape, read_single, read_single_shape

IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
IDX_FILE = re.compile(
    r"(?P<set>[\w-]*-)?(?P<part>train|t10k|test)-(?P<what>images|labels)[-.]idx[13]-ubyte(\.gz)?"
)
"""MNIST's names; with a dot as 7-Zip unpacks them; EMNIST's, `emnist-letters-train-images-...`."""
SINGLE_FILE = re.compile(r"(?P<set>[\w-]+-)(?P<part>train|test)-(?P<what>imgs|images|labels)\.npz")
"""KMNIST's names: a file for each array (Clanuwat et al. 2018)."""
EMNIST = "emnist-"
"""What the names of files begin with whose images are transposed (Cohen et al. 2017)."""


@dataclass(frozen=True)
class ArrayFiles:
    """Files that were found by name; nothing has been read yet.

    Attributes:
        source: The folder of the files, or the .npz file.
        paths: The file of each array that has one, by the array's name.
        transposed: Whether rows and columns of the images are exchanged in the files.
    """

    source: Path
    paths: dict[str, Path]
    transposed: bool = False

    @property
    def missing(self) -> tuple[Path, ...]:
        """The files that are not there, by MNIST's names; empty for a .npz."""
        return tuple(self.source / IDX_NAMES[name] for name in ARRAYS if name not in self.paths)

    def shape(self) -> tuple[int, ...]:
        """The shape of x_train, from a header alone.

        Raises:
            InputError: A file is missing, or the header cannot be read.
        """
        self._require_all()
        path = self.paths["x_train"]
        if path == self.source:
            return read_npz_shape(path)
        shape = read_single_shape(path) if path.suffix == ".npz" else read_idx_shape(path)
        return (shape[0], *shape[:0:-1]) if self.transposed else shape

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
            arrays = {array: self._read(array, path) for array, path in self.paths.items()}
        files = {array: self.paths.get(array, self.source) for array in arrays}
        where = {array: f"{array} in {quoted(file)}" for array, file in files.items()}
        return Dataset.from_arrays(name, arrays, source=str(self.source), where=where)

    def _read(self, array: str, path: Path) -> NDArray[Any]:
        found = read_single(path) if path.suffix == ".npz" else read_idx(path)
        return found.swapaxes(1, 2) if self.transposed and found.ndim > 2 else found

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
    """The IDX files in a folder, unpacked ones before gzipped ones; None if there is not one.

    Raises:
        InputError: Those of several data sets.
    """
    return _of_one_set(folder, IDX_FILE)


def single_files(folder: Path) -> ArrayFiles | None:
    """The .npz files of one array each in a folder; None if there is not one.

    Raises:
        InputError: Those of several data sets.
    """
    return _of_one_set(folder, SINGLE_FILE)


def _of_one_set(folder: Path, named: re.Pattern[str]) -> ArrayFiles | None:
    try:
        names = sorted(os.listdir(folder), key=lambda name: (name.endswith(".gz"), name))
    except OSError:
        return None
    sets: dict[str, dict[str, Path]] = {}
    for name in names:
        found = named.fullmatch(name)
        if found and os.path.isfile(folder / name):
            part = "train" if found["part"] == "train" else "test"
            array = f"{'y' if found['what'] == 'labels' else 'x'}_{part}"
            sets.setdefault(found["set"] or "", {}).setdefault(array, folder / name)
    if not sets:
        return None
    chosen = "" if "" in sets else next(iter(sets))
    if len(sets) > 1 and chosen:
        raise InputError(
            f"{quoted(folder)} holds the files of {len(sets)} data sets "
            f"({', '.join(quoted(name.strip('-')) for name in sets)}), expected those of one; put "
            "each into a folder of its own"
        )
    return ArrayFiles(folder, sets[chosen], chosen.startswith(EMNIST))
