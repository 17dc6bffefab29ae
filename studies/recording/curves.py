"""Figures over epochs or steps: as CSV by loggers of Keras and Lightning, TensorBoard and W&B."""

import re
from collections import Counter
from pathlib import Path

import numpy as np

from analysis.metrics.metric import POINTS
from analysis.metrics.registry import metric_named
from core.results import LARGEST_STEP, HistoryRow
from data import InputError
from studies.recording.imported import EMPTY, ROUNDING, Imported, number_in, words_of

TENSORBOARD = ["Wall time", "Step", "Value"]
"""The header of a scalar's CSV (TensorBoard's data download)."""
OF_A_RUN = re.compile(r"^(?:run[-_](?P<run>.*?)[-_])?tag[-_](?P<tag>.+)$")
"""The name of such a file: `run-NAME-tag-TAG.csv`."""
EXTREMES = ("__MIN", "__MAX")
"""The ends of further columns in a panel's CSV (W&B)."""
COUNTED = ("_step", "_runtime", "_timestamp")
"""Columns of a run's whole history (W&B's API) that are no figures."""
UNNAMED = ("", "unnamed: 0", "Unnamed: 0")
"""How pandas calls the column of its index."""
PARTS = {
    "train": "training", "training": "training", "val": "validation", "valid": "validation",
    "validation": "validation", "dev": "validation", "eval": "validation", "test": "test",
}  # fmt: skip
PART = "|".join(PARTS)
OF_A_PART = re.compile(rf"(?P<first>{PART})[_/ -](?P<of>.+)|(?P<figure>.+)[_/ -](?P<last>{PART})")
"""A figure's name in a table of epochs: `val_loss`, `loss_val`."""
SEVERAL = ("seed", "fold", "trial")
"""Columns of a table of several trainings."""


def is_by_epochs(header: list[str]) -> bool:
    """Whether a header is one of figures by epochs: it says so, or has what no R has.

    A loss, or an accuracy beside that of the validation part.
    """
    names = [name.lower() for name in header]
    losses = [name for name in names if "loss" in words_of(name)]
    pairs = [name for name in names if f"val_{name}" in names]
    return "epoch" in names or bool(losses or pairs)


def read_by_epochs(file: Path, rows: list[list[str]]) -> list[Imported]:
    """The run in a table of epochs (`pd.DataFrame(history.history)`, CSVLogger of two libraries).

    Epochs are counted from 1 here, as in a file that begins with 1, and from 0 in others; without a
    column of them, each row is one. Figures without the name of a part are the training part's. A
    row may leave some out. Those that come several times in an epoch are by steps, and so are all
    that have a step and no epoch.

    Raises:
        InputError: A second training in the same file; two columns of one figure.
    """
    names = [name.lower() for name in rows[0]]
    if several := next((name for name in names if name in SEVERAL), None):
        raise InputError(
            f"Received {str(file)!r} with a column {several!r}; expected one training's rows: "
            "import each by itself; of results alone `ebb compare` reads condition, seed, value."
        )
    steps = names.index("step") if "step" in names else None
    index = 0 if names[0] in UNNAMED and steps is None else None
    at = names.index("epoch") if "epoch" in names else index
    places = {
        place: _of_a_part(name)
        for place, name in enumerate(rows[0])
        if place not in (at, steps) and name not in UNNAMED
    }
    if twice := [name for name, times in Counter(places.values()).items() if times > 1]:
        raise InputError(
            f"Received {str(file)!r} with two columns of {twice[0]!r}; expected one: leave out or "
            "rename the other."
        )
    found: list[HistoryRow] = []
    for i, row in enumerate(rows[1:], 2):
        epoch = _epoch_of(row, at, steps, i, found, file)
        if len(row) != len(rows[0]) or (found and epoch < found[-1][0]):
            raise _second_training(file, i)
        step = 0 if steps is None else _step(row[steps], file, i)
        for place, name in places.items():
            found += [(epoch, step, name, value) for value in _figure(row[place:], file, i)]
    first = 0 if found and found[0][0] == 1 else 1
    times = Counter((epoch, name) for epoch, _, name, _ in found)
    by_steps = {name for (_, name), number in times.items() if number > 1}
    if by_steps and steps is None:
        same = (i for i, row in enumerate(rows[2:], 3) if row[at or 0] == rows[i - 2][at or 0])
        raise _second_training(file, next(same, len(rows)))
    if at is None and steps is not None:
        by_steps = {name for _, name in times}
    history = [
        (0, step, name, value) if name in by_steps else (epoch + first, 0, name, value)
        for epoch, step, name, value in found
    ]
    return [_one_run(file, history)]


def _epoch_of(
    row: list[str], at: int | None, steps: int | None, i: int, found: list[HistoryRow], file: Path
) -> int:
    """The epoch of a row; of one with a step alone (Lightning's learning rates) that before it."""
    if at is None:
        return i - 2
    cell = row[at] if at < len(row) else ""
    if not cell and steps is not None:
        return found[-1][0] if found else 0
    return _step(cell, file, i, "epoch")


def read_tensorboard(file: Path, rows: list[list[str]]) -> list[Imported]:
    """One figure of a run, named by the file: `run-NAME-tag-TAG.csv`, or by its whole name."""
    named = OF_A_RUN.match(file.stem)
    tag = named["tag"] if named else file.stem
    of_epochs = tag.startswith("epoch_")
    name = tag.removeprefix("epoch_")
    if of_epochs and named and named["run"]:
        part = named["run"].rpartition("_")[2].rpartition("-")[2]
        name = f"{'training' if part == 'train' else part} {name}"
    history: list[HistoryRow] = []
    for i, row in enumerate(rows[1:], 2):
        step = _step(row[1] if len(row) > 1 else "", file, i)
        if history and step < max(history[-1][0] - 1, history[-1][1]):
            raise _second_training(file, i)
        at = (step + 1, 0) if of_epochs else (0, step)
        history += [(*at, name, value) for value in _figure(row[2:], file, i)]
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
        if place
        and " - " in name
        and not name.endswith(EXTREMES)
        and name.rpartition(" - ")[2] not in COUNTED
    }
    if twice := [each for each, times in Counter(columns.values()).items() if times > 1]:
        raise InputError(
            f"Received {str(file)!r} with two columns of {' - '.join(twice[0][::2])!r}; expected "
            "runs that are called differently: rename one."
        )
    runs: dict[str, list[HistoryRow]] = {}
    for i, row in enumerate(rows[1:], 2):
        step = _step(row[0], file, i)
        for place, (run, _, name) in columns.items():
            for value in _figure(row[place:], file, i):
                runs.setdefault(run, []).append((0, step, name, value))
    return _as_runs(file, runs)


def read_wandb_history(file: Path, rows: list[list[str]]) -> list[Imported]:
    """The run of a whole history, as W&B's API gives it to pandas."""
    at = rows[0].index("_step")
    names = {
        place: name
        for place, name in enumerate(rows[0])
        if name not in COUNTED and name not in UNNAMED
    }
    history, before = [], 0
    for i, row in enumerate(rows[1:], 2):
        step = _step(row[at] if at < len(row) else "", file, i)
        if i > 2 and step <= before:
            raise _second_training(file, i)
        before = step
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


def _second_training(file: Path, row: int) -> InputError:
    """What `CSVLogger(append=True)` added for another training."""
    return InputError(
        f"Received {str(file)!r}, in row {row} of which another training begins (an epoch or step "
        "that does not follow, or other columns); expected one training's rows."
    )


def _of_a_part(name: str) -> str:
    """A figure's name with its part in front, as Ebb has them."""
    if name.lower().startswith(("lr", "learning_rate")):
        return name
    found = OF_A_PART.fullmatch(name.lower())
    part, figure = "training", name
    if found:
        part = PARTS[found["first"] or found["last"]]
        figure = name[slice(*found.span("of" if found["first"] else "figure"))]
    figure = figure.removesuffix("_epoch")
    return f"{part} {'accuracy' if figure.lower() == 'acc' else figure}"


def _step(cell: str, file: Path, row: int, what: str = "step") -> int:
    value = number_in(cell, file, f"row {row}")
    if not 0 <= value < LARGEST_STEP or value != int(value):
        raise InputError(
            f"Received {what} {cell[:40]!r} in row {row} of {str(file)!r}; expected a whole number "
            "from 0."
        )
    return int(value)


def _figure(cells: list[str], file: Path, row: int) -> list[float]:
    """The figure in the first of the cells; none where it is empty. NaN is what diverged has."""
    return [number_in(cell, file, f"row {row}") for cell in cells[:1] if cell not in EMPTY]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _one_run(file: Path, history: list[HistoryRow]) -> Imported:
    """The run of a file."""
    return _as_runs(file, {"": history})[0]


def _as_runs(file: Path, runs: dict[str, list[HistoryRow]]) -> list[Imported]:
    """The runs of a file; an accuracy of which a value is well above 1 is in percent in all."""
    rows = [row for history in runs.values() for row in history]
    if not rows:
        raise InputError(f"Received {str(file)!r} without figures; expected rows of numbers.")
    percent = {
        name
        for _, _, name, value in rows
        if value > 1 + ROUNDING and metric_named(name).unit == POINTS
    }
    return [
        Imported(
            run=run,
            history=tuple(
                (epoch, step, name, value / 100 if name in percent else value)
                for epoch, step, name, value in history
            ),
        )
        for run, history in runs.items()
    ]
