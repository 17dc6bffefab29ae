"""The files of a data set in its folder, of whatever kind."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from data.dataset import Dataset
from data.formats.archive import ENDINGS
from data.formats.array_files import IDX_NAMES, idx_files, npz_file, single_files
from data.formats.images import LAYOUT, image_files

IDX = f"{', '.join(IDX_NAMES.values())} (each plain or .gz)"
IMAGES = f"{LAYOUT} (or one archive {', '.join(ENDINGS)} of them)"


class Files(Protocol):
    """Files that were found by name; nothing has been read yet."""

    @property
    def source(self) -> Path:
        """The folder of the files, or the one file."""

    @property
    def missing(self) -> tuple[Path, ...]:
        """What should be beside the files and is not there."""

    def shape(self) -> tuple[int, ...] | None:
        """The shape of x_train, found without reading a file whole; None if that cannot be.

        Raises:
            InputError: A file is missing or does not begin as it should.
        """

    def load(self, name: str) -> Dataset:
        """Reads and checks the files, as the data set `name`.

        Raises:
            InputError: A file is missing or damaged, or the arrays are no data set.
        """


def find_files(folder: Path, name: str) -> Files | None:
    """The files of the data set `name` in its folder.

    Args:
        folder: The data set's own folder.
        name: Its name: the .npz is called `name.npz`.

    Returns:
        The IDX files if there is at least one (so that a missing one is noticed), else the .npz,
        else the .npz files of one array each, else images (see
        `data.formats.images.image_files`), else None.
    """
    return (
        idx_files(folder)
        or npz_file(folder / f"{name}.npz")
        or single_files(folder)
        or image_files(folder)
    )
