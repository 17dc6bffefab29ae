"""MNIST and Fashion-MNIST: where their files may be, and what they must contain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from data import keras_loader
from data.dataset import Dataset
from data.errors import InputError, quoted
from data.files import IDX_NAMES, Files, find_files, idx_files, npz_file

# Where Linux distributions install data sets.
SYSTEM_FOLDER = Path("/usr/share/datasets")


@dataclass(frozen=True)
class Official:
    """A published data set with its one true content.

    Attributes:
        name: What it is called here, and the name of its folder.
        keras_module: The loader's module in `keras.datasets`.
        checksum: The `content_checksum` of the published files.
    """

    name: str
    keras_module: str
    checksum: str


OFFICIAL = {
    official.name: official
    for official in (
        Official(
            "mnist", "mnist", "d3bba0ce073901b7c0c5264630a1d97b21d250061900b89e8cafc17b2d4840de"
        ),
        Official(
            "fashion-mnist",
            "fashion_mnist",
            "a8e00da68b43fe99bb68ea5bb9e1355f906bd60a7f099f6565785d990464ba00",
        ),
    )
}


def find_official(name: str, folder: Path | None) -> Files | None:
    """Looks for the files of MNIST or Fashion-MNIST, by name alone.

    Args:
        name: A key of `OFFICIAL`.
        folder: The user's data folder; then only its sub-folder `name` is looked into.

    Returns:
        The files of the first place that has any: the user's folder; without one, the system's
        folder, then Keras' cache. None if no place has.
    """
    if folder is not None:
        return find_files(folder / name, name)
    return find_files(SYSTEM_FOLDER / name, name) or _cached(name)


def load_official(name: str, folder: Path | None) -> Dataset:
    """Loads MNIST or Fashion-MNIST and checks that it is the published content.

    Args:
        name: A key of `OFFICIAL`.
        folder: The user's data folder. Without one, files that are nowhere on this machine are
            downloaded by Keras' loader.

    Returns:
        The data set: uint8 images [60000, 28, 28] and [10000, 28, 28], ten classes.

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
    dataset = files.load(name)
    if dataset.checksum != OFFICIAL[name].checksum:
        twin = next((o.name for o in OFFICIAL.values() if o.checksum == dataset.checksum), None)
        raise InputError(
            f"{quoted(files.source)} does not hold the published {name}: found "
            f"{twin or 'content of checksum ' + dataset.checksum[:12]}, expected "
            f"{OFFICIAL[name].checksum[:12]}; put the published files there, or keep your own data "
            "under another name with `ebb data import NAME FOLDER`"
        )
    return dataset


def _cached(name: str) -> Files | None:
    for cache in keras_loader.cache_folders():
        files = npz_file(cache / "mnist.npz") if name == "mnist" else idx_files(cache / name)
        if files:
            return files
    return None


def _not_in(folder: Path, name: str) -> NoReturn:
    expected = folder / name / IDX_NAMES["x_train"]
    raise InputError(
        f"{name} is not in the data folder {quoted(folder)}: expected {quoted(expected)} (or .gz) "
        f"with its three companions, or {quoted(folder / name / f'{name}.npz')}; put them there, "
        "or leave out --data-dir and EBB_DATA to have Keras fetch it"
    )


def _downloaded(name: str) -> Files:
    reason = keras_loader.run_keras_loader(OFFICIAL[name].keras_module)
    files = _cached(name)
    if reason is None and files is not None:
        return files
    raise InputError(
        f"{name} is not on this machine and its download through Keras failed "
        f"({reason or 'it left no file in ' + quoted(keras_loader.keras_home())}), expected "
        f"{', '.join(IDX_NAMES.values())} (each plain or .gz) in a folder {name}/; put them there "
        "and name the folder around it with --data-dir or EBB_DATA, or mend the network"
    )
