"""The record: what a run leaves."""

import hashlib
import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.evaluation import Evaluation
from core.notes import Note

Status = Literal["finished", "diverged", "failed", "stopped"]
HistoryRow = tuple[int, int, str, float]
"""Epoch, step, name, value."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What a run left, complete: any metric can be computed later without training again.

    Attributes:
        key: Identity of recipe, seed and data (see `Recipe.key`).
        seed: The run's number.
        recipe: The recipe as JSON.
        data: Checksum of the data set, see `data.Dataset`.
        environment: See `core.training.environment`.
        status: `finished`; `diverged` (a loss or a weight was not finite: an outcome); `failed` (a
            fault, described in `error`); `stopped` (by the user).
        study, variant, condition: Whose run it is.
        error: One line, if failed.
        seconds: Wall time by phase; not part of the results.
        notes: How it was run, where that is not obvious.
        history: Rows of (epoch, step, name, value): training loss, accuracy, learning rate.
        evaluations: In the order in which they were made.
        repeatable: False where a callback changed the training: not kept in a store.
        arrays: Small named arrays; `class_segments` int32 [epochs, classes] says in which
            segment of each epoch a class has its turn, 0 if in none. `class_names`, int64
            [classes], are the labels of the data set's files where these are not 0..classes-1.
            Measurements on request have a row for
            the untrained network and one for each epoch that happened: `gradient_norms` and
            `weight_norms`, float32 [epochs + 1, layers], of the `layers` named; `dead_units`,
            int32 [epochs + 1, relu layers], of `relu_layers` with `relu_units` units each.
            `misclassified`, int32 [k, 3]: position in the test file, true and predicted class.
    """

    key: str
    seed: int
    recipe: Mapping[str, Any]
    data: str
    environment: Mapping[str, str]
    status: Status
    study: str = ""
    variant: str = "full"
    condition: str = ""
    error: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    repeatable: bool = True

    def results(self) -> bytes:
        """Everything measured, as bytes that are the same for the same results."""
        return write_results(self.history, self.evaluations, self.arrays)

    def digest(self) -> str:
        """SHA-256 of status and results: equal for equal runs, whatever time they took."""
        return hashlib.sha256(self.status.encode() + self.results()).hexdigest()


def outcome(status: Status, evaluations: Sequence[Evaluation]) -> Status:
    """A run's status; `diverged` where it finished and a last evaluation's loss is not finite.

    It is asked when a record is read too: older ones were called finished.
    """
    last = max((each.epoch for each in evaluations), default=0)
    finite = all(math.isfinite(each.loss) for each in evaluations if each.epoch == last)
    return "diverged" if status == "finished" and not finite else status


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
    """What was measured, as a compressed archive of arrays: equal bytes for equal results."""
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
    np.savez_compressed(file, **columns)  # type: ignore[arg-type]
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


def _read_results(data: bytes) -> Results:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        columns = {name.removesuffix(".npy"): _array(file.read(name)) for name in file.namelist()}
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
