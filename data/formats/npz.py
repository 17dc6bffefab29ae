"""NumPy's .npz files with the arrays of a data set: reading strangers' files, writing ours."""

from __future__ import annotations

import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from data.checks import ARRAYS, OPTIONAL, WORDS
from data.errors import InputError, quoted, shortly

_SAVE = "save it with numpy.savez(file, x_train=..., y_train=..., x_test=..., y_test=...)"
_ALSO = {
    "x_train": ("X_train", "train_images"),
    "y_train": ("train_labels",),
    "x_val": ("X_val", "x_valid", "X_valid", "val_images"),
    "y_val": ("y_valid", "val_labels"),
    "x_test": ("X_test", "test_images"),
    "y_test": ("test_labels",),
}
"""What scikit-learn's users call these arrays, and MedMNIST (Yang et al. 2023)."""
_OTHER_FILES = {
    ".zip": "of images, unpack it and name their folder; of arrays, " + _SAVE,
    ".csv": "read it with numpy.loadtxt or pandas, and " + _SAVE,
    ".mat": "read it with scipy.io.loadmat, and " + _SAVE,
    ".npy": "it holds one array and four are needed: " + _SAVE,
}
"""How to mend a file of another kind, by its ending."""
SINGLE = "arr_0"
"""What `numpy.savez` calls an array without a name."""
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    NotImplementedError,  # a compression that zipfile does not know
    RuntimeError,  # an encrypted member
    OSError,
    ValueError,
    MemoryError,
)


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Reads the arrays of a data set from a .npz file; nothing in it is ever unpickled or run.

    `numpy.load` would do, but allocates what an array's header claims before it looks whether
    the file holds as much. Other arrays in the file are left alone.

    Args:
        path: The file, as `numpy.savez` or `numpy.savez_compressed` writes it.

    Returns:
        The arrays x_train, y_train, x_test and y_test by name, and of `OPTIONAL` and `WORDS` those
        that there are, read-only, as they were stored.

    Raises:
        InputError: The file cannot be read, is no sound .npz, lacks an array, or an array holds
            something other than numbers.
    """
    with _opened(path) as archive:
        more = [name for name in (*OPTIONAL, WORDS) if _called(archive, name)]
        return {name: _read_array(archive, path, name) for name in (*ARRAYS, *more)}


def read_npz_shape(path: Path) -> tuple[int, ...]:
    """Reads the shape of x_train from its header, and nothing more of the file.

    Args:
        path: The .npz file.

    Returns:
        The shape.

    Raises:
        InputError: The file cannot be read, is no .npz or lacks an array.
    """
    with _opened(path) as archive:
        first, *_ = (_member(archive, path, name) for name in ARRAYS)
        with archive.open(first) as stream:
            return _read_header(stream, path, "x_train")[0]


def read_single(path: Path) -> NDArray[Any]:
    """Reads the one array of a .npz file that NumPy called `arr_0`; errors as `read_npz`."""
    with _opened(path) as archive:
        return _read_array(archive, path, SINGLE)


def read_single_shape(path: Path) -> tuple[int, ...]:
    """Reads its shape, and nothing more of the file; errors as `read_npz_shape`."""
    with _opened(path) as archive, archive.open(_member(archive, path, SINGLE)) as stream:
        return _read_header(stream, path, SINGLE)[0]


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes a data set's arrays; a crash leaves the old state or the new file, never half of one.

    Args:
        path: The file to make; its folder exists.
        arrays: What `Dataset.as_stored` returns.

    Raises:
        OSError: The file cannot be written; the temporary file is gone then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # A plain open, since the tempfile module's files are for their owner alone.
        with open(temporary, "xb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        if not os.path.isfile(path):
            raise InputError(
                f"{quoted(path)} does not exist as a file, a .npz is expected; {_SAVE}"
            )
        if mend := _OTHER_FILES.get(path.suffix.lower()):
            raise InputError(
                f"{quoted(path)} is a {path.suffix} file, expected a .npz with "
                f"{', '.join(ARRAYS)}; {mend}"
            )
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGE as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{quoted(path)} is not a sound .npz file ({shortly(error)}), expected an archive with "
            f"{', '.join(ARRAYS)}; copy it again, or {_SAVE}"
        ) from error


def _called(archive: zipfile.ZipFile, name: str) -> str | None:
    """The member that holds an array, by Ebb's name or another's; None where there is none."""
    names = [f"{each}.npy" for each in (name, *_ALSO.get(name, ()))]
    return next((each for each in names if each in archive.NameToInfo), None)


def _member(archive: zipfile.ZipFile, path: Path, name: str) -> zipfile.ZipInfo:
    called = _called(archive, name)
    if called is None:
        found = [member.removesuffix(".npy") for member in archive.namelist()]
        listed = ", ".join(repr(member) for member in found[:8]) or "nothing"
        more = f" and {len(found) - 8} more" if len(found) > 8 else ""
        raise InputError(
            f"{quoted(path)} lacks the array {name}: found {listed}{more}, expected "
            f"{name if name == SINGLE else ', '.join(ARRAYS)}; {_SAVE}"
        )
    return archive.getinfo(called)


def _read_array(archive: zipfile.ZipFile, path: Path, name: str) -> NDArray[Any]:
    member = _member(archive, path, name)
    with archive.open(member) as stream:
        shape, fortran, dtype = _read_header(stream, path, name)
        expected = math.prod(shape) * dtype.itemsize
        found = member.file_size - stream.tell()
        if found != expected:
            raise InputError(
                f"{quoted(path)}: {name} does not have the length its header says: found {found:,} "
                f"bytes, expected {expected:,} (shape {shape}, {dtype}); copy the file again, or "
                f"{_SAVE}"
            )
        body = stream.read()
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")


def _read_header(
    stream: IO[bytes], path: Path, name: str
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        # Version 3 differs from 2 only for the named fields of structured arrays.
        version = np.lib.format.read_magic(stream)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = read(stream)
    except (zipfile.BadZipFile, zlib.error):
        raise  # the archive is damaged, not the header alone
    except Exception as error:  # the header is Python source: damage raises nearly anything
        raise InputError(
            f"{quoted(path)}: {name} has no sound header, expected a NumPy array; "
            f"copy the file again, or {_SAVE}"
        ) from error
    if dtype.kind not in ("U" if name == WORDS else "biuf") or any(size < 0 for size in shape):
        content = "Python objects" if dtype.hasobject else f"{dtype!s} of shape {shape}"
        kind, mend = "numbers", "convert it with numpy.asarray(..., dtype)"
        if name == WORDS:
            kind, mend = "texts", "convert it with numpy.array(words)"
        elif dtype.kind in "SU":
            mend = (
                "number the classes of all parts together with numpy.unique(labels, "
                "return_inverse=True)"
            )
        raise InputError(
            f"{quoted(path)}: {name} holds {content}, expected an array of plain {kind}; {mend} "
            f"and {_SAVE}"
        )
    return shape, fortran, dtype
