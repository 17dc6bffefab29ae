"""The published data sets: where their files may be, and what they must contain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np

from data.dataset import Dataset
from data.errors import InputError, quoted
from data.formats.array_files import idx_files, npz_file
from data.formats.files import IDX, IMAGES, Files
from data.named import cifar10, keras_loader, stl10
from data.named.verified_files import PublishedFiles

# Where Linux distributions install data sets.
SYSTEM_FOLDER = Path("/usr/share/datasets")


def _find_arrays(folder: Path, name: str) -> Files | None:
    return idx_files(folder) or npz_file(folder / f"{name}.npz")


def _cached_mnist(cache: Path) -> Files | None:
    return npz_file(cache / "mnist.npz")


def _cached_fashion_mnist(cache: Path) -> Files | None:
    return idx_files(cache / "fashion-mnist")


def _never_cached(cache: Path) -> Files | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Official:
    """A published data set with its one true content.

    Attributes:
        name: What it is called here, and the name of its folder.
        shape: The shape of x_train.
        test_examples: How many there are in the test file; each of the ten classes has a tenth,
            but for MNIST's.
        find: Looks for the files in the data set's own folder.
        expected: What belongs into that folder, for people.
        checksum: The `content_checksum` of the published files, where it is known.
        keras_module: The loader's module in `keras.datasets`, if there is one.
        find_cached: Looks for the files in Keras' folder of data sets.
    """

    name: str
    shape: tuple[int, ...]
    test_examples: int
    find: Callable[[Path], Files | None]
    expected: str
    checksum: str | None = None
    keras_module: str | None = None
    find_cached: Callable[[Path], Files | None] = _never_cached


OFFICIAL = {
    official.name: official
    for official in (
        Official(
            name="mnist",
            shape=(60_000, 28, 28),
            test_examples=10_000,
            find=partial(_find_arrays, name="mnist"),
            expected=f"{IDX} or mnist.npz",
            checksum="d3bba0ce073901b7c0c5264630a1d97b21d250061900b89e8cafc17b2d4840de",
            keras_module="mnist",
            find_cached=_cached_mnist,
        ),
        Official(
            name="fashion-mnist",
            shape=(60_000, 28, 28),
            test_examples=10_000,
            find=partial(_find_arrays, name="fashion-mnist"),
            expected=f"{IDX} or fashion-mnist.npz",
            checksum="a8e00da68b43fe99bb68ea5bb9e1355f906bd60a7f099f6565785d990464ba00",
            keras_module="fashion_mnist",
            find_cached=_cached_fashion_mnist,
        ),
        Official(
            name="cifar10",
            shape=cifar10.SHAPE,
            test_examples=10_000,
            find=cifar10.find_cifar10,
            expected=f"{cifar10.FOLDER}/ or {cifar10.ARCHIVE}, cifar10.npz, or {IMAGES}",
            keras_module="cifar10",
            find_cached=cifar10.cached_cifar10,
        ),
        Official(
            name="stl10",
            shape=stl10.SHAPE,
            test_examples=8_000,
            find=stl10.find_stl10,
            expected=f"{', '.join(stl10.MD5)} or their archive {stl10.ARCHIVE}",
        ),
    )
}


def find_official(name: str, folder: Path | None) -> Files | None:
    """Looks for the files of a published data set, by name alone.

    Args:
        name: A key of `OFFICIAL`.
        folder: The user's data folder; then only its sub-folder `name` is looked into.

    Returns:
        The files of the first place that has any: the user's folder; without one, the system's
        folder, then Keras' cache. None if no place has.
    """
    if folder is not None:
        return OFFICIAL[name].find(folder / name)
    return OFFICIAL[name].find(SYSTEM_FOLDER / name) or _cached(name)


def published_checksum(name: str) -> str | None:
    """The checksum that `load` is sure to find, without a look at any file.

    Args:
        name: Of any data set.

    Returns:
        The `content_checksum` of a published data set where it is known, else None.
    """
    return OFFICIAL[name].checksum if name in OFFICIAL else None


def load_official(name: str, folder: Path | None) -> Dataset:
    """Loads a published data set and checks that it is the published content.

    Args:
        name: A key of `OFFICIAL`.
        folder: The user's data folder. Without one, files that are nowhere on this machine are
            downloaded by Keras' loader.

    Returns:
        The data set: uint8 images of ten classes. Its `source` says so where the pixels could
        not be compared with the published ones (CIFAR-10 from images or a .npz).

    Raises:
        InputError: No files are where they should be, the download failed, a file is damaged, or
            the content is another than the published one.
    """
    files = find_official(name, folder)
    in_cache = folder is None and (files is None or files == _cached(name))
    if files is None or (in_cache and files.missing):
        files = _downloaded(name) if folder is None else _not_in(folder, name)
    try:
        return _published(name, files)
    except InputError as error:
        if not in_cache:
            raise
        raise InputError(f"{error}; or delete it, and Keras will download it again") from error


def _published(name: str, files: Files) -> Dataset:
    official = OFFICIAL[name]
    dataset = files.load(name)
    if official.checksum is None:
        _check_counts(official, dataset, files)
        if isinstance(files, PublishedFiles):
            return dataset
        note = "not the published files, so its pixels may differ from theirs"
        encoded = f" (images encoded as {dataset.encoding})" if dataset.encoding else ""
        return replace(
            dataset,
            source=f"{dataset.source}: {note}",
            note=f"{name} is {note}{encoded}; figures reported elsewhere are a comparison, not a "
            "check",
        )
    if dataset.checksum != official.checksum:
        twin = next((o.name for o in OFFICIAL.values() if o.checksum == dataset.checksum), None)
        raise _foreign(
            name,
            files,
            found=twin or "content of checksum " + dataset.checksum[:12],
            expected=official.checksum[:12],
        )
    return dataset


def _check_counts(official: Official, dataset: Dataset, files: Files) -> None:
    """Checks what can be checked of content whose checksum nobody has published."""
    test = (official.test_examples, *official.shape[1:])
    for x, y, shape in (
        (dataset.x_train, dataset.y_train, official.shape),
        (dataset.x_test, dataset.y_test, test),
    ):
        counts = np.bincount(y)
        each = f"{counts.min():,} to {counts.max():,}"
        if x.shape != shape or x.dtype != np.uint8 or set(counts) != {shape[0] // 10}:
            raise _foreign(
                official.name,
                files,
                found=f"{x.dtype} images {x.shape}, {each} of a class",
                expected=f"uint8 images {shape}, {shape[0] // 10:,} of each of 10 classes",
            )


def _foreign(name: str, files: Files, *, found: str, expected: str) -> InputError:
    return InputError(
        f"{quoted(files.source)} does not hold the published {name}: found {found}, expected "
        f"{expected}; put the published files there, or keep your own data under another name with "
        "`ebb data import NAME FOLDER`"
    )


def _cached(name: str) -> Files | None:
    for cache in keras_loader.cache_folders():
        files = OFFICIAL[name].find_cached(cache)
        if files:
            return files
    return None


def _not_in(folder: Path, name: str) -> NoReturn:
    official = OFFICIAL[name]
    fetch = "leave out --data-dir and EBB_DATA to have Keras fetch it"
    raise InputError(
        f"{name} is not in the data folder {quoted(folder)}: expected in {quoted(folder / name)} "
        f"the files {official.expected}; put them there"
        + (f", or {fetch}" if official.keras_module else "")
    )


def _downloaded(name: str) -> Files:
    official = OFFICIAL[name]
    if official.keras_module is None:
        failure = "Keras has no loader for it"
    else:
        reason = keras_loader.run_keras_loader(official.keras_module)
        files = _cached(name)
        if reason is None and files is not None:
            return files
        reason = reason or f"it left no file in {quoted(keras_loader.keras_home())}"
        failure = f"its download through Keras failed ({reason})"
    raise InputError(
        f"{name} is not on this machine and {failure}, expected {official.expected} in a folder "
        f"{name}/; put them there and name the folder around it with --data-dir or EBB_DATA"
        + (", or mend the network" if official.keras_module else "")
    )
