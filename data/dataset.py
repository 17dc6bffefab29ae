"""A data set: four checked, read-only arrays and the checksum that names their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.checks import ARRAYS, check_arrays
from data.errors import quoted


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test examples with their labels.

    Made by `load` or `Dataset.from_arrays`, which check what they are given; the constructor
    itself checks nothing.

    Attributes:
        name: The name it was asked for by.
        x_train: Training examples: images [n, height, width] or [n, height, width, channels], or
            features [n, ...]; uint8 or a floating type; not writeable.
        y_train: Their labels, int64[n] in 0..classes-1; not writeable.
        x_test: Test examples [m, ...], of the same type and shape as those of x_train.
        y_test: Their labels, int64[m].
        classes: The number of classes.
        checksum: SHA-256 of the content, see `content_checksum`; the same wherever the files came
            from and whatever their format. Every run records it.
        source: Where the data came from, for people: a file, a folder, a package, a seed.
        encoding: How the files of images were encoded, for people (`JPEG and PNG`); empty for
            other files.
        note: What is to be said beside every figure; empty where nothing is.
    """

    name: str
    x_train: NDArray[Any]
    y_train: NDArray[np.int64]
    x_test: NDArray[Any]
    y_test: NDArray[np.int64]
    classes: int
    checksum: str
    source: str
    encoding: str = ""
    note: str = ""

    @classmethod
    def from_arrays(
        cls,
        name: str,
        arrays: Mapping[str, NDArray[Any]],
        *,
        source: str = "memory",
        where: Mapping[str, str] | None = None,
    ) -> Dataset:
        """Checks arrays and makes a data set of them; writeable arrays are copied.

        Args:
            name: The data set's name.
            arrays: x_train, y_train, x_test and y_test by name; see `data.checks.check_arrays`
                for what they must satisfy.
            source: Where they come from, for people.
            where: What to call each array in an error, by name; by default the array's name and
                the source.

        Returns:
            The data set, its arrays not writeable.

        Raises:
            InputError: One line for the first rule that is broken.
        """
        where = where or {array: f"{array} in {quoted(source)}" for array in ARRAYS}
        checked, classes = check_arrays(arrays, where)
        checksum = content_checksum(checked)
        return cls(
            name=name,
            x_train=checked["x_train"],
            y_train=checked["y_train"],
            x_test=checked["x_test"],
            y_test=checked["y_test"],
            classes=classes,
            checksum=checksum,
            source=source,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickle, on the way to a worker process, forgets that an array is read-only.
        self.__dict__.update(state)
        for array in ARRAYS:
            state[array].flags.writeable = False


def content_checksum(arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of four arrays: of the name, type, shape and bytes of each.

    Args:
        arrays: x_train, y_train, x_test and y_test by name, labels as int64; taken as
            little-endian and row by row on every machine.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in ARRAYS:
        array = arrays[name]
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
