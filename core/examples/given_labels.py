"""Label noise that somebody else made: the labels of a file, in place of the data set's."""

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import numpy as np

from core.checks import Checked, Kind
from core.types import Labels
from data import Dataset, InputError

FILE = Kind(
    lambda file: isinstance(file, str) and file.endswith((".npy", ".npz")),
    "the path of a .npy, or of a .npz with an array's name",
    "label file",
)
ARRAY = Kind(lambda name: isinstance(name, str), "the name of an array", "array")


@dataclass(frozen=True)
class GivenLabels(Checked):
    """The training part is taught the labels of a file; the data set's are the true ones.

    Noise as people make it has no formula: labels of crowd workers (CIFAR-N, Wei et al. 2022), of a
    search engine, of another network. What the labels are counts for a run's identity, so a file
    that is edited makes another run.

    Args:
        file: A .npy or .npz, found from where Ebb is called, as a data set's path is. It has a
            label for each example of the training file, int [n], those that are held out included,
            which keep their true ones. The labels are those of the data set's own files. Images in
            folders have no order of a file: import them first, the order is that of its y_train.
        array: Which array of a .npz; none of a .npy.

    Examples:
        >>> from core import GivenLabels, Recipe, spec
        >>> given = GivenLabels("cifar10n.npz", array="worse")
        >>> recipe = Recipe(dataset="cifar10", model=spec("mlp", widths=(20,)), label_noise=given)
        >>> recipe.label_noise
        GivenLabels(file='cifar10n.npz', array='worse')
    """

    file: Annotated[str, FILE]
    array: Annotated[str, ARRAY] | None = field(default=None, metadata={"left out": None})

    def __post_init__(self) -> None:
        """Refuse what names no labels."""
        super().__post_init__()
        if self.file.endswith(".npz") != bool(self.array):
            given = f"array={self.array!r}" if self.array else "no array"
            raise InputError(
                f"Received {given} with the label file {self.file!r}; expected an array's name "
                'with a .npz, as in GivenLabels("labels.npz", array="worse"), and none with a .npy.'
            )

    def of(self, dataset: Dataset) -> Labels:
        """The labels of the whole training file, as numbers of classes, int64 [n].

        Raises:
            InputError: The file cannot be read, has another number of labels, or one that is no
                class of the data set; or the data set is images in folders.
        """
        if dataset.encoding:
            raise InputError(
                f"Received {self._where} for {dataset.name}, images in a folder for each class, "
                "which have no order that labels could be in; expected arrays: bring them in with "
                "`ebb data import NAME FOLDER`, and give the labels in the order of its y_train."
            )
        given, expected = self._read(), len(dataset.y_train)
        if len(given) != expected:
            raise InputError(
                f"Received {self._where} with {len(given):,} labels for {dataset.name}; expected "
                f"{expected:,}, one for each example of the training file, held-out ones included."
            )
        names = np.array(dataset.class_names or range(dataset.classes))
        classes = np.searchsorted(names, given).clip(max=len(names) - 1)
        if (unknown := names[classes] != given).any():
            raise InputError(
                f"Received {self._where} with the label {given[unknown][0]}, which is none of "
                f"{dataset.name}; expected labels as in its own files, {names[0]} to {names[-1]}."
            )
        return classes.astype(np.int64)

    def digest(self) -> str:
        """What tells these labels from others; the same for all files that cannot be read.

        Those are refused before anything trains, while tables of what was trained are still read.
        """
        try:
            return hashlib.sha256(self._read().tobytes()).hexdigest()
        except InputError:
            return "no labels"

    def _read(self) -> Labels:
        """The labels as they are in the file, int64 [n], read-only."""
        try:
            found = Path(self.file).stat()
            return _labels(self.file, self.array, found.st_mtime_ns, found.st_size)
        except InputError:
            raise
        except Exception as error:  # a file may be anybody's: damage raises nearly anything
            raise InputError(
                f"Received {self._where}, which cannot be read ({error}); expected a file that "
                'numpy.save("labels.npy", labels) or numpy.savez("labels.npz", NAME=labels) wrote.'
            ) from None

    @property
    def _where(self) -> str:
        return f"the array {self.array!r} of {self.file!r}" if self.array else repr(self.file)


@lru_cache(maxsize=8)
def _labels(file: str, array: str | None, changed: int, size: int) -> Labels:
    """A file's labels; nothing is unpickled."""
    loaded = np.load(file, allow_pickle=False)
    if array:
        with loaded:
            if array not in loaded:
                raise InputError(
                    f"Received the array {array!r} of {file!r}; expected one of those it has: "
                    f"{', '.join(loaded.files) or 'none'}."
                )
            loaded = loaded[array]
    if loaded.dtype.kind not in "iu" or loaded.shape not in ((loaded.size,), (loaded.size, 1)):
        raise InputError(
            f"Received labels of type {loaded.dtype} and shape {loaded.shape} in {file!r}; "
            "expected whole numbers, one for each example."
        )
    labels = loaded.reshape(-1).astype(np.int64)
    labels.flags.writeable = False
    return labels
