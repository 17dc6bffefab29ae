"""The IDX format of MNIST's files: a short header, then the numbers, highest byte first."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError, quoted, shortly

# The third byte of a file says what its numbers are.
TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_MOST_DIMENSIONS = 32
_GZIP_START = b"\x1f\x8b"
# Memory grows with what the file really holds, a piece at a time, and never with what its header
# claims: a damaged header may claim terabytes.
_PIECE = 1 << 18
_AGAIN = "download or copy the file again"


def read_idx(path: Path) -> NDArray[Any]:
    """Reads an IDX file, gzipped if its name ends in `.gz`.

    Args:
        path: The file.

    Returns:
        A read-only array of the file's shape; uint8, int8, int16, int32, float32 or float64 in
        this machine's byte order.

    Raises:
        InputError: The file cannot be read, is no IDX file, or is shorter or longer than its
            header says.
    """
    with _opened(path) as stream:
        dtype, shape = _read_header(stream, path)
        expected = math.prod(shape) * dtype.itemsize
        body, complete = _read_body(stream, expected)
    if len(body) != expected or not complete:
        header = 4 + 4 * len(shape)
        found = f"{header + len(body):,}" if complete else f"about {header + len(body):,}"
        ending = "" if complete else " before the gzip data break off"
        if len(body) > expected:
            found = f"more than {header + expected:,}"
        raise InputError(
            f"{quoted(path)} does not have the length its header says: found {found} bytes"
            f"{ending}, expected {header + expected:,} (shape {shape}, {dtype.name}); {_AGAIN}"
        )
    numbers = np.frombuffer(body, dtype).reshape(shape)
    numbers = numbers.astype(dtype.newbyteorder("="), copy=False)
    numbers.flags.writeable = False
    return numbers


def read_idx_shape(path: Path) -> tuple[int, ...]:
    """Reads the shape that an IDX file's header claims, and nothing more of the file.

    Args:
        path: The file.

    Returns:
        The shape; whether the file is complete is not checked.

    Raises:
        InputError: The file cannot be read or is no IDX file.
    """
    with _opened(path) as stream:
        return _read_header(stream, path)[1]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    zipped = path.suffix == ".gz"
    try:
        with gzip.open(path, "rb") if zipped else open(path, "rb") as stream:
            yield cast(IO[bytes], stream)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{quoted(path)} is not a sound gzip file ({shortly(error)}), expected one by its "
            f"name; {_AGAIN}, or take .gz off its name if it is unpacked already"
        ) from error
    except (OSError, EOFError, ValueError) as error:
        # An InputError is a ValueError too, and has said already what is wrong.
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{quoted(path)} cannot be read ({shortly(error)}), an IDX file is expected; {_AGAIN} "
            "and check that you may read it"
        ) from error


def _read_header(stream: IO[bytes], path: Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    start = stream.read(4)
    if start[:2] == _GZIP_START:
        raise InputError(
            f"{quoted(path)} is gzipped, an unpacked IDX file is expected; add .gz to its name"
        )
    sound = len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES
    if not sound or not 1 <= start[3] <= _MOST_DIMENSIONS:
        raise InputError(
            f"{quoted(path)} is not an IDX file: its first bytes are {start.hex(' ') or 'missing'},"
            " expected 00 00, a type (08 for bytes) and the number of dimensions (03 for images, "
            f"01 for labels); {_AGAIN}"
        )
    sizes = stream.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise InputError(
            f"{quoted(path)} ends in its header: found {4 + len(sizes)} bytes, expected "
            f"{4 + 4 * start[3]} and the numbers after them; {_AGAIN}"
        )
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    if 0 in shape:
        raise InputError(
            f"{quoted(path)} is empty: its header says shape {shape}, expected at least one in "
            f"every dimension; {_AGAIN}"
        )
    return TYPES[start[2]], shape


def _read_body(stream: IO[bytes], expected: int) -> tuple[bytes, bool]:
    # One byte more than expected, to see that the file ends there (and, for gzip, to reach the
    # check sum behind the data).
    pieces: list[bytes] = []
    left = expected + 1
    try:
        while left and (piece := stream.read(min(left, _PIECE))):
            pieces.append(piece)
            left -= len(piece)
    except EOFError:
        return b"".join(pieces), False
    return b"".join(pieces), True
