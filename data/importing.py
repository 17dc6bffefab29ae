"""Bringing a user's own data set into the data folder."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from data.checks import ARRAYS
from data.errors import InputError, quoted, shortly
from data.formats.archive import is_archive
from data.formats.array_files import ArrayFiles, idx_files, npz_file, single_files
from data.formats.files import IDX, IMAGES, Files
from data.formats.images import ImageFiles, image_files
from data.formats.npz import write_npz
from data.loading import BUILT_IN, is_plain_name
from data.named.cifar10 import cifar_batches
from data.named.cifar100 import Cifar100Files, Labels, cifar100_files
from data.named.stl10 import find_stl10


def import_folder(name: str, source: Path, folder: Path, *, labels: Labels | None = None) -> Path:
    """Checks a data set and writes it into the data folder, from where `load(name)` takes it.

    Args:
        name: The new data set's name: letters, digits, `_`, `-`, `.` and spaces.
        source: A folder with the four IDX files (each plain or .gz, by MNIST's or EMNIST's names),
            else KMNIST's four .npz files, else exactly one .npz file, else the published files of
            CIFAR-10, CIFAR-100 (the binary version) or STL-10, else images (see
            `data.formats.images`); or a .npz file or an archive of images itself. It is only read.
        folder: The user's data folder; made if it is not there.
        labels: Which labels of CIFAR-100: `fine` (as if None) or `coarse`.

    Returns:
        The file written, folder/name/name.npz. It appears whole or not at all.

    Raises:
        InputError: The name is not a plain one, is built in or is taken; the source is missing,
            damaged or no data set; or the file cannot be written.

    Examples:
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from data import import_folder, load
        >>> x, y = np.random.default_rng(0).random((4, 28, 28)), np.array([0, 1, 0, 1])
        >>> np.savez("mine.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
        >>> import_folder("mine", Path("mine.npz"), Path("sets")).as_posix()
        'sets/mine/mine.npz'
        >>> load("mine", Path("sets")).classes
        2
    """
    _check_name(name, folder)
    files = _source_files(source, labels or "fine")
    if labels is not None and not isinstance(files, Cifar100Files):
        raise InputError(
            f"{quoted(source)} has one label for each image, expected CIFAR-100's binary version "
            f"with labels={labels}; leave that out"
        )
    dataset = files.load(name)
    target = folder / name / f"{name}.npz"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_npz(target, dataset.as_stored())
    except OSError as error:
        with suppress(OSError):  # the folder that was made for it, unless something is in it
            target.parent.rmdir()
        raise InputError(
            f"{quoted(target)} cannot be written ({shortly(error)}), expected a data folder with "
            "room that you may write to; make room or name another folder with --data-dir"
        ) from error
    return target


def _check_name(name: str, folder: Path) -> None:
    if not is_plain_name(name) or name.lower().endswith(".npz"):
        raise InputError(
            f"{name!r} cannot name a data set, expected letters, digits, '_', '-', '.' and spaces, "
            "a letter, digit or '_' first, no .npz at the end, at most 100; choose such a name"
        )
    # Some file systems take MNIST and mnist for the same folder.
    if name.lower() in BUILT_IN:
        raise InputError(
            f"{name!r} is a built-in data set, expected a new name; choose another, such as "
            f"my-{name.lower()}"
        )
    place = folder / name
    if os.path.lexists(place) and not (os.path.isdir(place) and not os.listdir(place)):
        raise InputError(
            f"{quoted(place)} exists already and is not overwritten, expected a new name; choose "
            "another, or remove it first"
        )


def _source_files(source: Path, labels: Labels) -> Files:
    found: Files | None
    if os.path.isfile(source):
        found = ImageFiles(source) if is_archive(source) else npz_file(source)
    else:
        published = cifar_batches(source) or cifar100_files(source, labels) or find_stl10(source)
        arrays = idx_files(source) or single_files(source) or _only_npz(source)
        found = arrays or published or image_files(source)
    if found is None:
        raise InputError(
            f"{quoted(source)} holds no data set, expected {IDX}, one .npz file or {IMAGES}; check "
            "the path, or put the files there"
        )
    return found


def _only_npz(source: Path) -> ArrayFiles | None:
    files = sorted(source.glob("*.npz")) if os.path.isdir(source) else []
    if len(files) > 1:
        raise InputError(
            f"{quoted(source)} holds {len(files)} .npz files ({quoted(files[0].name)}, "
            f"{quoted(files[1].name)}, ...), expected one with {', '.join(ARRAYS)}; name it, "
            "or put these arrays into one with numpy.savez"
        )
    return npz_file(files[0]) if files else None
