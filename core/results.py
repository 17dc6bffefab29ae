"""What a run measured, as bytes and back: an archive of arrays, nothing pickled.

It is not compressed: an export is, and finds what runs have in common only in plain bytes.
"""

import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.evaluation import Evaluation

HistoryRow = tuple[int, int, str, float]
"""Epoch, step, name, value."""
LARGEST_STEP = 2**31 - 1
"""Of epochs and steps, which are kept as int32."""


class Results(NamedTuple):
    """The measured part of a record."""

    history: tuple[HistoryRow, ...]
    evaluations: tuple[Evaluation, ...]
    arrays: dict[str, NDArray[Any]]


def write_results(
    history: Sequence[HistoryRow],
    evaluations: Sequence[Evaluation],
    arrays: Mapping[str, NDArray[Any]],
) -> bytes:
    """What was measured, as an archive of arrays: equal bytes for equal results."""
    columns: dict[str, NDArray[Any]] = {
        f"array {name}": value for name, value in sorted(arrays.items())
    }
    if history:
        epoch, step, name, value = zip(*history, strict=True)
        columns["history at"] = np.array([epoch, step], dtype=np.int32)
        columns["history name"] = np.array(name)
        columns["history value"] = np.array(value, dtype=np.float64)
    if evaluations:
        sets, epoch, segment, step, confusion, loss = zip(*evaluations, strict=True)
        stack = np.stack(confusion)
        columns["evaluation set"] = np.array(sets)
        columns["evaluation at"] = np.array([epoch, segment, step], dtype=np.int32)
        columns["evaluation loss"] = np.array(loss, dtype=np.float64)
        # Counts are small: at rest they take the smallest type that holds them.
        columns["evaluation confusion"] = stack.astype(np.min_scalar_type(int(stack.max())))
    file = io.BytesIO()
    np.savez(file, **columns)  # type: ignore[arg-type]
    return file.getvalue()


def read_results(data: bytes) -> Results:
    """What `write_results` wrote; nothing is unpickled.

    Raises:
        ValueError: Bytes that it did not write.
    """
    try:
        return _read_results(data)
    except Exception as error:  # damage raises nearly anything
        raise ValueError(f"these are no results: {error!r}") from error


def same_results(one: bytes, other: bytes) -> bool:
    """Whether two hold the same: an earlier Ebb compressed them."""
    return one == other or _contents(one) == _contents(other)


def _contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name.removesuffix(".npy"): file.read(name) for name in file.namelist()}


def _read_results(data: bytes) -> Results:
    columns = {name: _array(content) for name, content in _contents(data).items()}
    history: list[HistoryRow] = []
    if "history at" in columns:
        rows = (columns["history at"], columns["history name"], columns["history value"])
        epochs, steps = rows[0].tolist()
        history = list(zip(epochs, steps, rows[1].tolist(), rows[2].tolist(), strict=True))
    evaluations: list[Evaluation] = []
    if "evaluation at" in columns:
        stack = columns["evaluation confusion"].astype(np.int64)
        evaluations = [
            Evaluation(name, epoch, segment, step, confusion, loss)
            for name, (epoch, segment, step), confusion, loss in zip(
                columns["evaluation set"].tolist(),
                columns["evaluation at"].T.tolist(),
                stack,
                columns["evaluation loss"].tolist(),
                strict=True,
            )
        ]
    prefix = "array "
    arrays = {n.removeprefix(prefix): v for n, v in columns.items() if n.startswith(prefix)}
    return Results(tuple(history), tuple(evaluations), arrays)


def _array(content: bytes) -> NDArray[Any]:
    """An array from the bytes of a .npy file.

    As `np.load`, which takes half of its time to parse the headers: those of a study's records
    are the same few over and over.

    Raises:
        ValueError: No such file, or one of Python objects, which are not unpickled.
    """
    start = 10 + int.from_bytes(content[8:10], "little")
    shape, fortran_order, dtype = _header(content[:start])
    flat = np.frombuffer(content, dtype, count=math.prod(shape), offset=start).copy()
    return flat.reshape(shape, order="F" if fortran_order else "C")


@lru_cache(maxsize=1000)
def _header(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    file = io.BytesIO(header)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("received another version of the .npy format; expected 1.0")
    found = np.lib.format.read_array_header_1_0(file)
    if found[2].hasobject:
        raise ValueError("received Python objects, which are not unpickled (allow_pickle=False)")
    return found
