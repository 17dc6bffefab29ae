"""CIFAR-10: the published Python batches, or the same images in another form.

Krizhevsky, A. (2009): Learning multiple layers of features from tiny images.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.formats.array_files import npz_file
from data.formats.files import Files
from data.formats.images import image_files
from data.named.class_names import CIFAR10
from data.named.verified_files import PublishedFiles, published_files

ARCHIVE = "cifar-10-python.tar.gz"
FOLDER = "cifar-10-batches-py"
SHAPE = (50_000, 32, 32, 3)
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}


def find_cifar10(folder: Path) -> Files | None:
    """Looks for CIFAR-10 in its folder, by name alone.

    Args:
        folder: The data set's own folder.

    Returns:
        The first that is there: the published batches (in the folder, in its sub-folder
        cifar-10-batches-py or in cifar-10-python.tar.gz), cifar10.npz, images (see
        `data.formats.images.image_files`); else None.
    """
    images = image_files(folder)
    return (
        cifar_batches(folder)
        or npz_file(folder / "cifar10.npz")
        or (images and replace(images, classes=CIFAR10))
    )


def cifar_batches(folder: Path) -> PublishedFiles | None:
    """The published batches in or under a folder; None if there is not one of them."""
    return published_files((folder / FOLDER, folder), folder / ARCHIVE, MD5, _decode, SHAPE)


def cached_cifar10(cache: Path) -> PublishedFiles | None:
    """The batches in Keras' folder of data sets, where its versions put them; else None."""
    return cifar_batches(cache / f"{FOLDER}-target") or cifar_batches(cache / FOLDER)


def _decode(contents: Mapping[str, bytes]) -> dict[str, NDArray[Any]]:
    # A pickle may run any code: these are, by their MD5, the published ones.
    batches = {name: pickle.loads(content, encoding="bytes") for name, content in contents.items()}
    train = [batches[name] for name in MD5 if name != "test_batch"]
    arrays = {}
    for part, members in (("train", train), ("test", [batches["test_batch"]])):
        rows = np.concatenate([batch[b"data"] for batch in members])
        rows.flags.writeable = False
        arrays[f"x_{part}"] = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"y_{part}"] = np.concatenate([batch[b"labels"] for batch in members])
    return arrays
