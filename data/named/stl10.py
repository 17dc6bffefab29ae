"""STL-10: the published binary files.

Coates, A., Lee, H. and Ng, A. Y. (2011): An analysis of single-layer networks in unsupervised
feature learning. AISTATS.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.named.verified_files import PublishedFiles, published_files

ARCHIVE = "stl10_binary.tar.gz"
FOLDER = "stl10_binary"
SHAPE = (5_000, 96, 96, 3)
MD5 = {
    "train_X.bin": "918c2871b30a85fa023e0c44e0bee87f",
    "train_y.bin": "5a34089d4802c674881badbb80307741",
    "test_X.bin": "7f263ba9f9e0b06b93213547f721ac82",
    "test_y.bin": "36f9794fa4beb8a2c72628de14fa638e",
}


def find_stl10(folder: Path) -> PublishedFiles | None:
    """Looks for STL-10's binary files in its folder, by name alone.

    Args:
        folder: The data set's own folder.

    Returns:
        The files in the folder or in its sub-folder stl10_binary, if there is at least one (so
        that a missing one is noticed), else the archive stl10_binary.tar.gz, else None.
    """
    return published_files((folder, folder / FOLDER), folder / ARCHIVE, MD5, _decode, SHAPE)


def _decode(contents: Mapping[str, bytes]) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for part in ("train", "test"):
        pixels = np.frombuffer(contents[f"{part}_X.bin"], np.uint8)
        # An image is stored channel by channel, and a channel column by column.
        arrays[f"x_{part}"] = pixels.reshape(-1, *SHAPE[:0:-1]).transpose(0, 3, 2, 1)
        arrays[f"y_{part}"] = np.frombuffer(contents[f"{part}_y.bin"], np.uint8).astype(int) - 1
    return arrays
