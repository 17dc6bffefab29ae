"""Figures over epochs or steps: as CSV by loggers of Keras and Lightning, TensorBoard and W&B."""

import re
from collections import Counter
from pathlib import Path

import numpy as np

from analysis.metrics.metric import POINTS
from analysis.metrics.registry import metric_named
from core.results import HistoryRow
from data import InputError
from studies.recording.imported import LEAST_PERCENT, Imported, number_in, words_of

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
    "validation": "validation", "test": "test",
}  # fmt: skip
OF_A_PART = re.compile(rf"({'|'.join(PARTS)})[_/ -](.+)")
"""A figure's name in a table of epochs."""
LARGEST_STEP = 2**31 - 1


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
    row may leave some out. Those that come several times in an epoch are by steps.

    Raises:
        InputError: A second training in the same file.
    """
    names = [name.lower() for name in rows[0]]
    at = names.index("epoch") if "epoch" in names else 0 if names[0] in UNNAMED else None
    steps = names.index("step") if "step" in names else None
    places = {
        place: _of_a_part(name)
        for place, name in enumerate(rows[0])
        if place not in (at, steps) and name not in UNNAMED
    }
    found: list[HistoryRow] = []
    for i, row in enumerate(rows[1:], 2):
        epoch = i - 2 if at is None else _step(row[at] if at < len(row) else "", file, i)
        if len(row) != len(rows[0]) or (found and epoch < found[-1][0]):
            raise _second_training(file, i)
        step = 0 if steps is None else _step(row[steps], file, i)
        for place, name in places.items():
            found += [(epoch, step, name, value) for value in _figure(row[place:], file, i)]
    first = 0 if found and found[0][0] == 1 else 1
    times = Counter((epoch, name) for epoch, _, name, _ in found)
    by_steps = {name for (_, name), several in times.items() if several > 1}
    if by_steps and steps is None:
        again = next(i for i, row in enumerate(rows[2:], 3) if row[at or 0] == rows[i - 2][at or 0])
        raise _second_training(file, again)
    history = [
        (0, step, name, value) if name in by_steps else (epoch + first, 0, name, value)
        for epoch, step, name, value in found
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
        if place and " - " in name and not name.endswith(EXTREMES)
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
    part, figure = (PARTS[found[1]], name[found.start(2) :]) if found else ("training", name)
    figure = figure.removesuffix("_epoch")
    return f"{part} {'accuracy' if figure.lower() == 'acc' else figure}"


def _step(cell: str, file: Path, row: int) -> int:
    value = number_in(cell, file, f"row {row}")
    if not 0 <= value < LARGEST_STEP or value != int(value):
        raise InputError(
            f"Received step {cell[:40]!r} in row {row} of {str(file)!r}; expected a whole number "
            "from 0."
        )
    return int(value)


def _figure(cells: list[str], file: Path, row: int) -> list[float]:
    """The figure in the first of the cells; none where it is empty."""
    known = [number_in(cell, file, f"row {row}") for cell in cells[:1]]
    return [value for value in known if value == value]


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
        if value > LEAST_PERCENT and metric_named(name).unit == POINTS
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
