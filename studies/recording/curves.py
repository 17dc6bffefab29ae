"""Figures over epochs or steps: Keras' CSVLogger, and what TensorBoard and W&B export as CSV."""

import re
from pathlib import Path

import numpy as np

from core.results import HistoryRow
from data import InputError
from studies.recording.imported import Imported, number_in

TENSORBOARD = ["Wall time", "Step", "Value"]
"""The header of a scalar's CSV (TensorBoard's data download)."""
OF_A_RUN = re.compile(r"^(?:run[-_](?P<run>.*?)[-_])?tag[-_](?P<tag>.+)$")
"""The name of such a file: `run-NAME-tag-TAG.csv`."""
EXTREMES = ("__MIN", "__MAX")
"""The ends of further columns in a panel's CSV (W&B)."""
COUNTED = ("_step", "_runtime", "_timestamp")
"""Columns of a run's whole history (W&B's API) that are no figures."""
LARGEST_STEP = 2**31 - 1


def read_keras(file: Path, rows: list[list[str]]) -> list[Imported]:
    """The run of Keras' CSVLogger: a row for each epoch, counted from 0 there and from 1 here.

    Its figures of the training part are called training loss and training accuracy, the `val_`
    ones validation loss and validation accuracy.
    """
    names = [_of_keras(name) for name in rows[0][1:]]
    _refuse_a_second_run(file, rows)
    history = [
        (1 + _step(row[0], file, i), 0, name, value)
        for i, row in enumerate(rows[1:], 2)
        for name, value in _figures(file, i, names, row[1:])
    ]
    return [_one_run(file, history)]


def read_tensorboard(file: Path, rows: list[list[str]]) -> list[Imported]:
    """One figure of a run, named by the file: `run-NAME-tag-TAG.csv`, or by its whole name."""
    named = OF_A_RUN.match(file.stem)
    tag = named["tag"] if named else file.stem
    of_epochs = tag.startswith("epoch_")
    name = tag.removeprefix("epoch_")
    if of_epochs and named and named["run"]:
        part = named["run"].rpartition("_")[2].rpartition("-")[2]
        name = f"{'training' if part == 'train' else part} {name}"
    history = []
    for i, row in enumerate(rows[1:], 2):
        step = _step(row[1] if len(row) > 1 else "", file, i)
        for _, value in _figures(file, i, [name], row[2:]):
            at = (step + 1, 0) if of_epochs else (0, step)
            history.append((*at, name, value))
    return [_one_run(file, history)]


def is_wandb_panel(header: list[str]) -> bool:
    """Whether a header is a panel's; people leave out the columns of extremes."""
    of_runs = header[:1] == ["Step"] and all(" - " in name for name in header[1:])
    return (of_runs and len(header) > 1) or any(name.endswith(EXTREMES) for name in header)


def read_wandb_panel(file: Path, rows: list[list[str]]) -> list[Imported]:
    """The runs of a panel: columns `RUN - FIGURE` beside what is on the horizontal axis."""
    columns = {
        place: name.rpartition(" - ")
        for place, name in enumerate(rows[0])
        if place and " - " in name and not name.endswith(EXTREMES)
    }
    runs: dict[str, list[HistoryRow]] = {}
    for i, row in enumerate(rows[1:], 2):
        step = _step(row[0], file, i)
        for place, (run, _, name) in columns.items():
            for _, value in _figures(file, i, [name], row[place:]):
                runs.setdefault(run, []).append((0, step, name, value))
    if not runs:
        raise InputError(f"Received {str(file)!r} without figures; expected rows of numbers.")
    return [_one_run(file, history) for history in runs.values()]


def read_wandb_history(file: Path, rows: list[list[str]]) -> list[Imported]:
    """The run of a whole history, as W&B's API gives it to pandas."""
    at = rows[0].index("_step")
    names = {
        place: name
        for place, name in enumerate(rows[0])
        if name and name not in COUNTED and not name.startswith("Unnamed")
    }
    history = []
    for i, row in enumerate(rows[1:], 2):
        step = _step(row[at] if at < len(row) else "", file, i)
        for place, name in names.items():
            if place < len(row) and _is_number(row[place]):  # images and tables are no figures
                history.append((0, step, name, float(row[place])))
    return [_one_run(file, [each for each in history if np.isfinite(each[3])])]


def together(found: list[tuple[Path, Imported]]) -> Imported:
    """One run whose figures are in several files.

    Raises:
        InputError: A figure that two files have.
    """
    names: dict[str, Path] = {}
    for file, run in found:
        for name in {row[2] for row in run.history}:
            if names.setdefault(name, file) != file:
                raise InputError(
                    f"Received {name!r} in {str(names[name])!r} and {str(file)!r}; expected the "
                    "files of one run, each with figures of its own: import each run by itself."
                )
    history = [row for _, run in found for row in run.history]
    return Imported(history=tuple(sorted(history, key=lambda row: row[:2])))


def _refuse_a_second_run(file: Path, rows: list[list[str]]) -> None:
    """Refuse what `CSVLogger(append=True)` added for another training."""
    epochs = [_step(row[0], file, i) for i, row in enumerate(rows[1:], 2)]
    for i, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]) or (i > 2 and epochs[i - 2] <= epochs[i - 3]):
            raise InputError(
                f"Received {str(file)!r}, in row {i} of which another training begins (an epoch "
                "that does not follow, or other columns); expected one training's rows."
            )


def _of_keras(name: str) -> str:
    if name in ("lr", "learning_rate"):
        return name
    if name.startswith("val_"):
        return f"validation {name.removeprefix('val_')}"
    return f"training {name}"


def _step(cell: str, file: Path, row: int) -> int:
    value = number_in(cell, file, f"row {row}")
    if value != value or value != int(value) or not 0 <= value < LARGEST_STEP:
        raise InputError(
            f"Received step {cell[:40]!r} in row {row} of {str(file)!r}; expected a whole number "
            "from 0."
        )
    return int(value)


def _figures(file: Path, row: int, names: list[str], cells: list[str]) -> list[tuple[str, float]]:
    """The figures of a row; what is empty or `NA` is left out."""
    known = [
        (name, number_in(cell, file, f"row {row}"))
        for name, cell in zip(names, cells, strict=False)
        if cell.strip() and cell != "NA"
    ]
    return [(name, value) for name, value in known if value == value]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _one_run(file: Path, history: list[HistoryRow]) -> Imported:
    """A run; an accuracy of which a value is above 1 is in percent."""
    if not history:
        raise InputError(f"Received {str(file)!r} without figures; expected rows of numbers.")
    percent = {
        name
        for _, _, name, value in history
        if value > 1 and {"accuracy", "acc"} & set(re.split(r"[^a-z]+", name.lower()))
    }
    return Imported(
        history=tuple(
            (epoch, step, name, value / 100 if name in percent else value)
            for epoch, step, name, value in history
        )
    )
