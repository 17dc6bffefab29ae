"""R from matrices in .npy and CSV files, Avalanche's CSVLogger and Mammoth's lines of results."""

import csv
import io
import re
from pathlib import Path

import numpy as np

from analysis.metrics import task_metrics
from data import InputError
from studies.recording.imported import (
    EMPTY,
    EXPECTED,
    MOST_BYTES,
    MOST_TASKS,
    Definition,
    Floats,
    Imported,
    matrix_of,
    number_in,
    words_of,
)

AVALANCHE = ["eval_exp", "training_exp", "eval_accuracy", "eval_loss", "forgetting"]
"""The header of eval_results.csv (`avalanche.logging.CSVLogger`)."""
FURTHER = {"avg", "average", "mean", "means", "std", "forgetting", "bwt", "fwt", "overall", "total"}
"""Words in the names of rows and columns that are no tasks."""
NO_TASK = {"accuracy", "acc", "value", "score", "loss", "step", "seed", "precision", "recall"}
"""Names of columns that no R has."""
NOT_MEASURED = (0, -1)
"""What a logger writes throughout who has no forgetting: Avalanche's own, one derived from it."""
FIRST_MINUS_LAST = Definition(
    "Avalanche's forgetting of a task is its first accuracy minus its last: mean "
    "forgetting_first_minus_last",
    lambda r: float(task_metrics.mean_forgetting_first_minus_last(r)),
)
BEST_MINUS_LAST = Definition(
    "Mammoth's forgetting of a task is its best accuracy, the last included, minus its last, so "
    "never below 0: mean forgetting_max_minus_last where no task was best at the end",
    lambda r: float(np.mean(np.nanmax(r, axis=0)[:-1] - r[-1, :-1])),
)
OF_MAMMOTH = re.compile(r"'accuracy_(\d+)_task(\d+)': (?:np\.float64\()?([^,)}]+)")
"""The accuracy on a task after a task (`log_fullacc` in Mammoth's `utils/loggers.py`)."""
FIRST_RESULT = re.compile(r"'acc(mean|uracy)_")
"""Before it stand the arguments that the program was called with."""
ARGUMENT = re.compile(r"'(\w+)': (?:'([^']*)'|(-?[\d.e+-]+|True|False))[,}]")
NO_SETTING = re.compile(
    r"seed|dataset|device|notes|nowand|num_workers|distributed|loadcheck|code_optimization|"
    r"\w*_path\w*|conf_\w+|wandb_\w+|save\w*|ckpt_\w+|disable_\w+|\w+_mode|\w+_metrics|non_verbose"
)
"""Arguments that say where it ran and what it wrote down."""
TRUTH = {"True": True, "False": False}
SEED = re.compile(r"'seed': (\d+)[,}]")
DATASET = re.compile(r"'dataset': '([^']*)'")
REPORTED = re.compile(r"'forgetting': (?:np\.float64\()?([\d.e+-]+)\)?[,}]")


def read_npy(file: Path) -> list[Imported]:
    """The matrices of a .npy file: one, or one for each seed.

    Raises:
        InputError: It cannot be read, or holds something else.
    """
    try:
        found = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"Received {str(file)!r}; expected an array of numbers that NumPy saved "
            f"({str(error)[:80]})."
        ) from None
    if not isinstance(found, np.ndarray):
        raise InputError(
            f"Received {str(file)!r}, which holds several arrays; expected R alone (numpy.save)."
        )
    if found.dtype.kind not in "fiu" or found.ndim not in (2, 3) or not found.size:
        raise InputError(
            f"Received {str(file)!r} with {found.dtype} of shape {found.shape}; expected R, "
            "[tasks, tasks], or [seeds, tasks, tasks]."
        )
    runs = found if found.ndim == 3 else found[None]
    return [Imported(accuracies=matrix_of(run.astype(float), file)) for run in runs]


def read_csv(file: Path, rows: list[list[str]]) -> list[Imported]:
    """The matrix of a CSV file, with or without names of rows and columns.

    Rows may be as long as tasks were learned.

    Raises:
        InputError: Cells that are no numbers; another shape; rows or columns of means.
    """
    names: list[str] = []
    above = int(not _are_numbers(rows[0]) or not rows[0][0].strip() or _counts(rows))
    if above:
        names, rows = rows[0], rows[1:]
    if rows and all(len(row) > 1 for row in rows) and _names(file, rows):
        names = names + [row[0] for row in rows]
        rows = [row[1:] for row in rows]
    while any(rows) and not any(row and row[-1] for row in rows):  # a comma at each line's end
        rows = [row[:-1] for row in rows]
    if further := next((name for name in names if FURTHER & words_of(name)), None):
        raise InputError(
            f"Received {further!r} in {str(file)!r}; expected R with rows and columns of tasks "
            "alone: leave it out."
        )
    width = max((len(row) for row in rows), default=0)
    if not width:
        raise InputError(f"Received {str(file)!r} without numbers; expected {EXPECTED}.")
    if other := next((name for name in names if name.lower() in NO_TASK), None):
        raise InputError(
            f"Received a column {other!r} in {str(file)!r}; expected R, a column for each task, or "
            "a loss or an epoch beside it."
        )
    cells = [
        [number_in(cell, file, f"row {i}") for cell in row] + [np.nan] * (width - len(row))
        for i, row in enumerate(rows, 1 + above)
    ]
    return [Imported(accuracies=matrix_of(np.array(cells, dtype=float).reshape(-1, width), file))]


def is_avalanche(header: list[str]) -> bool:
    """Whether a header is Avalanche's, or a logger's derived from it (`eval_forgetting`)."""
    return [*header[:-1], header[-1].removeprefix("eval_")] == AVALANCHE


def read_avalanche(file: Path, rows: list[list[str]]) -> list[Imported]:
    """The runs in eval_results.csv; one begins anew where an evaluation comes again.

    Raises:
        InputError: Evaluations that are missing; numbers that are none.
    """
    runs: list[dict[tuple[int, int], tuple[float, float]]] = [{}]
    for i, row in enumerate(rows[1:], 2):
        if len(row) != len(AVALANCHE):
            raise InputError(
                f"Received {len(row)} cells in row {i} of {str(file)!r}; expected "
                f"{','.join(AVALANCHE)}."
            )
        task, after = (_experience(cell, file, i) for cell in row[:2])
        if task < 0:
            raise InputError(f"Received row {i} of {str(file)!r} without eval_exp; expected one.")
        value, lost = (number_in(row[place], file, f"row {i}") for place in (2, 4))
        # One run evaluates a task once after each training, and trains forwards.
        if (task, after) in runs[-1] or any(before > after for _, before in runs[-1]):
            runs.append({})
        runs[-1][task, after] = value, lost
    return [_of_avalanche(run, file) for run in runs]


def read_mammoth(file: Path, text: str) -> list[Imported]:
    """The runs in a logs.pyd, one a line; the text is searched, not executed.

    Raises:
        InputError: A line without accuracies; a seed that comes again.
    """
    found = []
    seeds: dict[str, int] = {}
    for i, line in enumerate(filter(str.strip, text.split("\n")), 1):
        cells = {
            (int(after), int(task)): number_in(value, file, f"line {i}")
            for task, after, value in OF_MAMMOTH.findall(line)
        }
        if not cells:
            raise InputError(
                f"Received line {i} of {str(file)!r} without 'accuracy_1_task1' and its like; "
                "expected the lines that Mammoth writes for a sequence of tasks with classes of "
                "their own; of others it writes means alone, of which no R follows."
            )
        tasks = max(max(each) for each in cells)
        rows = np.full((tasks, tasks), np.nan)
        for (after, task), value in cells.items():
            if after and task:
                rows[after - 1, task - 1] = value
        reported, dataset = REPORTED.search(line), DATASET.search(line)
        if (seed := SEED.search(line)) and seeds.setdefault(seed[1], i) != i:
            raise InputError(
                f"Received seed {seed[1]} in lines {seeds[seed[1]]} and {i} of {str(file)!r}; "
                "expected runs of different seeds: leave out what was run again, and import each "
                "condition by itself."
            )
        found.append(
            Imported(
                accuracies=matrix_of(rows, file),
                settings=_arguments(line),
                dataset=dataset[1] if dataset else "",
                reported=float(reported[1]) / 100 if reported else None,
            )
        )
    return found


def rows_of(text: str) -> list[list[str]]:
    """The cells of a table whose delimiter its first line has most of, or its last.

    A semicolon or a tab that all lines have as often is one whatever commas there are.
    """
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if not lines:
        return []
    surely = [each for each in "\t;" if 0 < lines[0].count(each) == lines[-1].count(each)]
    most = max(",;\t", key=lambda each: (lines[0].count(each), lines[-1].count(each)))
    delimiter = (*surely, most)[0]
    if delimiter not in lines[0] + lines[-1]:
        return [line.split() for line in lines]
    csv.field_size_limit(MOST_BYTES)  # W&B's histories have whole tables in a cell
    rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    return [[cell.strip() for cell in row] for row in rows]


def _are_numbers(cells: list[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells if cell.strip() not in EMPTY])
    except ValueError:
        return False


def _counts(rows: list[list[str]]) -> bool:
    """Whether the first row counts the columns, as pandas' header does, and R stands below it."""
    width = len(rows[0])
    counted = any(rows[0] == [str(i + first) for i in range(width)] for first in (0, 1))
    return width > 1 and counted and 0 <= len(rows) - 1 - width <= 1


def _arguments(line: str) -> dict[str, str | int | float]:
    """What a line of Mammoth's says of how it trained."""
    first = FIRST_RESULT.search(line)
    called = ARGUMENT.findall(line[: first.start()] if first else line)
    return {
        name: TRUTH[number] if number in TRUTH else float(number) if number else text
        for name, text, number in called
        if not NO_SETTING.fullmatch(name)
    }


def _names(file: Path, rows: list[list[str]]) -> bool:
    """Whether the first column names the rows: by words, or counting up beside a square."""
    first = [row[0] for row in rows]
    if not _are_numbers(first):
        return True
    counted = [float(cell) if cell.strip() else np.nan for cell in first]
    counts = all(each == i + counted[0] for i, each in enumerate(counted))
    beside = len(rows) - (max(map(len, rows)) - 1)
    return (len(rows) > 2 or not beside) and counts and counted[0] in (0, 1) and 0 <= beside <= 1


def _experience(cell: str, file: Path, row: int) -> int:
    """The number of an experience; -1 before the first was trained."""
    if cell in ("None", ""):
        return -1
    value = number_in(cell, file, f"row {row}")
    if not 0 <= value < MOST_TASKS or value != int(value):
        raise InputError(
            f"Received experience {cell!r} in row {row} of {str(file)!r}; expected a number from 0."
        )
    return int(value)


def _of_avalanche(run: dict[tuple[int, int], tuple[float, float]], file: Path) -> Imported:
    tasks = max((max(each) for each in run), default=0) + 1
    rows = np.full((tasks + 1, tasks), np.nan)
    lost: Floats = np.full(tasks, np.nan)
    for (task, after), (value, forgotten) in run.items():
        rows[after + 1, task] = value
        if after == tasks - 1:
            lost[task] = forgotten
    measured = tasks > 1 and any(each not in NOT_MEASURED for _, each in run.values())
    return Imported(
        accuracies=matrix_of(rows, file),
        reported=float(lost[:-1].mean()) if measured else None,
    )
