"""A data set: checked, read-only arrays and the checksum that names their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.checks import ARRAYS, OPTIONAL, WORDS, check_arrays, check_words
from data.errors import InputError, quoted
from data.plausibility import Plausibility, plausibility

_MOST_NAMED = 5
"""Labels that a note lists."""


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
        class_names: The label that each class has in the files, where these are not 0..classes-1;
            empty where they are.
        class_labels: What people call each class, where its files say it in words, as folders of
            images do; it does not count for the checksum, nor for `class_names`.
        x_val: The examples of a validation part of the files' own [k, ...], as those of x_train,
            and None where they have none. What is trained and tested on does not hold them.
        y_val: Their labels, int64[k].
        weights_train: How much each training example counts, float32[n], finite and not negative;
            None where the files do not say.

    Examples:
        >>> import numpy as np
        >>> from data import Dataset
        >>> x, y = np.random.default_rng(0).random((4, 28, 28)), np.array([0, 1, 0, 1])
        >>> arrays = {"x_train": x, "y_train": y, "x_test": x[:2], "y_test": y[:2]}
        >>> mine = Dataset.from_arrays("mine", arrays)
        >>> mine.x_train.shape, mine.classes
        ((4, 28, 28), 2)
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
    class_names: tuple[int, ...] = ()
    x_val: NDArray[Any] | None = None
    y_val: NDArray[np.int64] | None = None
    weights_train: NDArray[np.float32] | None = None
    class_labels: tuple[str, ...] = ()

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
            arrays: x_train, y_train, x_test and y_test, and what else there is, by name; see
                `data.checks.check_arrays` for what they must satisfy.
            source: Where they come from, for people.
            where: What to call each array in an error, by name; by default the array's name and
                the source.

        Returns:
            The data set, its arrays not writeable.

        Raises:
            InputError: One line for the first rule that is broken.
        """
        arrays = {array: np.asarray(each) for array, each in arrays.items()}
        if missing := [array for array in ARRAYS if array not in arrays]:
            raise InputError(
                f"{quoted(source)} lacks the array {missing[0]}, expected {', '.join(ARRAYS)}; "
                "add it"
            )
        where = where or {array: f"{array} in {quoted(source)}" for array in arrays}
        checked, names = check_arrays(arrays, where)
        class_names = () if names == tuple(range(len(names))) else names
        return cls(
            name=name,
            x_train=checked["x_train"],
            y_train=checked["y_train"],
            x_test=checked["x_test"],
            y_test=checked["y_test"],
            classes=len(names),
            checksum=content_checksum(checked, class_names),
            source=source,
            note=_renumbered(class_names),
            class_names=class_names,
            x_val=checked.get("x_val"),
            y_val=checked.get("y_val"),
            weights_train=checked.get("weights_train"),
            class_labels=check_words(arrays, where.get(WORDS, WORDS), len(names)),
        )

    @cached_property
    def plausibility(self) -> Plausibility:
        """What of the inputs is possible and seldom meant; found when it is first asked for."""
        parts = {"train": self.x_train, "test": self.x_test, "validation": self.x_val}
        return plausibility({part: x for part, x in parts.items() if x is not None})

    def as_stored(self) -> dict[str, NDArray[Any]]:
        """The arrays by name as a file holds them: with the labels that the classes have there."""
        every = {name: getattr(self, name) for name in (*ARRAYS, *OPTIONAL)}
        arrays = {name: array for name, array in every.items() if array is not None}
        if self.class_labels:
            arrays[WORDS] = np.array(self.class_labels)
        if self.class_names:
            names = np.array(self.class_names)
            arrays |= {name: names[arrays[name]] for name in arrays if name.startswith("y_")}
        return arrays

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickle, on the way to a worker process, forgets that an array is read-only.
        self.__dict__.update(state)
        for name in (*ARRAYS, *OPTIONAL):
            if state[name] is not None:
                state[name].flags.writeable = False


def content_checksum(arrays: Mapping[str, NDArray[Any]], class_names: tuple[int, ...] = ()) -> str:
    """SHA-256 of a data set's arrays: of the name, type, shape and bytes of each.

    Args:
        arrays: x_train, y_train, x_test and y_test by name, labels as int64, and the optional ones
            that there are; taken as little-endian and row by row on every machine.
        class_names: As in `Dataset`; counts where there are any.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in (*ARRAYS, *(name for name in OPTIONAL if name in arrays)):
        array = arrays[name]
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    if class_names:
        digest.update(f"class_names {class_names}\n".encode())
    return digest.hexdigest()


def _renumbered(class_names: tuple[int, ...]) -> str:
    """What is said of labels that are not the numbers of the classes."""
    if not class_names:
        return ""
    first, last, count = class_names[0], class_names[-1], len(class_names)
    classes = f"0 to {count - 1}"
    if class_names == tuple(range(first, last + 1)):
        labels = f"labels {first} to {last}"
    elif count <= _MOST_NAMED:
        labels = f"labels {', '.join(map(str, class_names))}"
        classes = ", ".join(map(str, range(count)))
    else:
        labels = f"{count} labels ({', '.join(map(str, class_names[:3]))}, ... {last})"
    return f"{labels} are classes {classes} in recipes; tables show the labels"
