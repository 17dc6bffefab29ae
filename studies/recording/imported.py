"""What a file of another program holds of runs, and the note on its own figures."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.results import HistoryRow
from data import InputError

Floats = NDArray[np.float64]
MOST_BYTES = 64 << 20
"""How large a file of figures may be."""
MOST_TASKS = 1000
EXPECTED = (
    "R as .npy or CSV, Avalanche's eval_results.csv, Mammoth's logs.pyd, a CSV of figures by "
    "epochs (Keras' CSVLogger, Lightning's), or one from TensorBoard or W&B"
)
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
EMPTY = ("", "-", "NA", "N/A", "None", "null")
"""What stands in a cell that has no number."""
LEAST_PERCENT = 1.5
"""An accuracy above this is in percent."""
ROUNDING = 1e-4
"""How far sums of float32 may lead above 1."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """One run.

    Attributes:
        accuracies: R below the accuracies of the untrained network, float64 [T + 1, T], fractions,
            NaN where it is not known; None of a run without tasks.
        history: Rows of (epoch, step, name, value).
        settings: What the file says of how it was trained.
        dataset: The name of its data, where the file says it.
        reported: The mean forgetting that the program computed itself, a fraction, if it did.
        run: What the file calls it, if it does.
    """

    accuracies: Floats | None = None
    history: tuple[HistoryRow, ...] = ()
    settings: Mapping[str, str | int | float] = field(default_factory=dict)
    dataset: str = ""
    reported: float | None = None
    run: str = ""


@dataclass(frozen=True)
class Definition:
    """Which forgetting a program computes.

    Attributes:
        said: In a sentence.
        figure: Its mean over tasks, from R, float64 [T, T].
    """

    said: str
    figure: Callable[[Floats], float]


def text_of(file: Path) -> str:
    """The text of a file, lines ended by a newline alone.

    Raises:
        InputError: It cannot be read, is no text, or too large.
    """
    try:
        with file.open("rb") as raw:
            content = raw.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(
                f"Received {str(file)!r} of more than {MOST_BYTES >> 20} MB; expected results."
            )
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"Received {str(file)!r}; expected a file that can be read ({error.strerror})."
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            f"Received {str(file)!r}, which is no text in UTF-8; expected {EXPECTED}."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def words_of(name: str) -> set[str]:
    """The words in the name of a row, a column or a figure, in lower case."""
    return set(re.split(r"[^a-z]+", name.lower()))


def number_in(cell: str, file: Path, where: str) -> float:
    """A cell as a number; NaN of an empty one.

    Raises:
        InputError: It is none.
    """
    try:
        return np.nan if cell.strip() in EMPTY else float(cell)
    except ValueError:
        point = " with a point" if DECIMAL_COMMA.fullmatch(cell) else ""
        raise InputError(
            f"Received {cell[:40]!r} in {where} of {str(file)!r}; expected a number{point}."
        ) from None


def matrix_of(rows: Floats, file: Path) -> Floats:
    """R below the untrained network, as fractions; from R with or without that row.

    Args:
        rows: [T, T] or [T + 1, T], fractions or percent; NaN, or 0 everywhere above the diagonal,
            where a task that comes later was not evaluated.
        file: Where it stands.

    Raises:
        InputError: Another shape; values that are no accuracies; a hole below the diagonal; a
            matrix whose rows are the tasks that are tested.
    """
    shape = rows.shape
    if not 0 <= shape[0] - shape[1] <= 1 or not 1 <= shape[1] <= MOST_TASKS:
        raise InputError(
            f"Received {str(file)!r} with a table of {' x '.join(map(str, shape))}; expected R, "
            "the accuracy on task j (column) after task i (row): tasks x tasks, or with a first "
            "row for the untrained network."
        )
    tasks = shape[1]
    untrained = np.full((tasks + 1 - shape[0], tasks), np.nan)
    found = np.vstack([untrained, rows.astype(np.float64)])
    r = found[1:]
    above = np.triu_indices(tasks, 1)
    if not np.nan_to_num(r[above]).any():
        r[above] = np.nan
    _refuse_further_rows(rows, file)
    if np.nanmax(found, initial=0) > LEAST_PERCENT:
        found /= 100
    found[(found > 1) & (found <= 1 + ROUNDING)] = 1
    known = found[~np.isnan(found)]
    if _is_turned(r):
        raise InputError(
            f"Received {str(file)!r} with accuracies above the diagonal of R alone; expected a row "
            "for each task that was learned, a column for each that is tested: transpose it."
        )
    if np.isnan(r[np.tril_indices(tasks)]).any() or known.min() < 0 or known.max() > 1:
        raise InputError(
            f"Received {str(file)!r} with R that has holes on or below its diagonal, or values "
            "beyond 0 to 1 (or 100 %); expected the accuracy on every task that was learned, after "
            "every task."
        )
    return found


def _refuse_further_rows(rows: Floats, file: Path) -> None:
    """Refuse R with a row of means below it, whose first row would pass for the untrained network.

    That one is evaluated on every task; and where it was right on the first task's alone, a network
    that has learned one task is not right on the second's.
    """
    held = np.nan_to_num(rows)
    tasks = rows.shape[1]
    below = len(rows) > tasks > 1 and not np.triu(held[:tasks], 1).any()
    if below and held[:tasks].diagonal().all():
        raise InputError(
            f"Received {str(file)!r} with R and a row below it; expected a row for each task that "
            "was learned, below that of the untrained network if there is one: leave means out."
        )


def _is_turned(r: Floats) -> bool:
    """Whether an R with its whole diagonal has nothing below it, but something above."""
    held = np.nan_to_num(r)
    whole = not np.isnan(r.diagonal()).any()
    return bool(whole and np.triu(held, 1).any() and not np.tril(held, -1).any())
