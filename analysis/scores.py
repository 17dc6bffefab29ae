"""Reading SCORES.csv: anybody's results, one row per run.

Columns `condition, seed, value`, optionally `class` and `n_test`, in any order. Values are
fractions; a diverged run is written as `nan`, a crashed one is left out. Commas, semicolons and
tabs separate; UTF-8 and whatever else carries a byte-order mark is read. Everything else is an
error of one line.
"""

from __future__ import annotations

import codecs
import csv
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REQUIRED = ("condition", "seed", "value")
OPTIONAL = ("class", "n_test")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class ConditionScores:
    """One condition's scores as arrays, for `compare` or `compare_classes`.

    Attributes:
        values: float64 [seeds], or [seeds, classes] if the file has classes; NaN for diverged.
        seeds: The seeds, ascending.
        classes: The classes in the order of the columns; None without.
        n_test: Test examples: one number; one per class; None if unknown or not constant.
    """

    values: NDArray[np.float64]
    seeds: tuple[int, ...]
    classes: tuple[Any, ...] | None
    n_test: int | tuple[int, ...] | None


def read_scores(path: str | Path, *, unit: str = "points") -> pd.DataFrame:
    """Read a table of scores.

    Args:
        path: The file.
        unit: "points" for accuracies (fractions from 0 to 1); another name for a loss, whose
            values may be any number.

    Returns:
        A frame with the columns condition (str), seed (int64), value (float64) and, if the file
        has them, class (int64 if all are whole numbers, else str) and n_test (int64), in the
        order of the file.

    Raises:
        ValueError: In one line: what was received, with its row (the header is row 1), what is
            expected, how to mend it.
        OSError: If the file cannot be read.
    """
    path = Path(path)
    name = path.name
    text = _decode(path.read_bytes(), name)
    lines = text.lstrip("\n\r").split("\n", 1)
    if not text.strip():
        raise ValueError(
            f"received {name}, which is empty; expected columns {', '.join(REQUIRED)}; write one "
            "row per run"
        )
    delimiter, columns = _header(lines[0], name)
    table = _parse(text, delimiter, columns, name)
    if table.empty:
        raise ValueError(
            f"received {name} with a header and no rows; expected one row per run; add them"
        )
    frame = pd.DataFrame({"condition": table["condition"]})
    frame["seed"] = _whole(table["seed"], "seed", name)
    frame["value"] = _scores(table["value"], name, unit, delimiter)
    keys = ["condition", "seed"]
    if "class" in table:
        numbers = pd.to_numeric(table["class"], errors="coerce")
        whole = bool((numbers.notna() & (numbers % 1 == 0)).all())
        frame["class"] = numbers.astype("int64") if whole else table["class"]
        keys.append("class")
    if "n_test" in table:
        frame["n_test"] = _whole(table["n_test"], "n_test", name)
        if (wrong := frame["n_test"] < 1).any():
            raise ValueError(
                f"received n_test {frame.loc[wrong, 'n_test'].iloc[0]} in row "
                f"{wrong.idxmax()} of {name}; expected 1 or more test examples; correct the row"
            )
    _check_once(frame, keys, name)
    return frame.reset_index(drop=True)


def condition_scores(scores: pd.DataFrame, condition: str) -> ConditionScores:
    """The scores of one condition, by seed.

    Args:
        scores: What `read_scores` returned.
        condition: A condition's name.

    Returns:
        Values and seeds.

    Raises:
        ValueError: If there is no such condition (those present are listed), or a seed lacks one
            of its classes.
    """
    rows = scores[scores["condition"] == condition]
    if rows.empty:
        present = [str(name) for name in scores["condition"].unique()]
        listed = ", ".join(present[:10]) + (", ..." if len(present) > 10 else "")
        raise ValueError(
            f"received condition {condition!r}; expected one of {listed}; check the spelling"
        )
    if "class" not in rows:
        rows = rows.sort_values("seed")
        sizes = set(rows["n_test"].tolist()) if "n_test" in rows else set()
        return ConditionScores(
            rows["value"].to_numpy(dtype=float),
            tuple(rows["seed"].tolist()),
            None,
            sizes.pop() if len(sizes) == 1 else None,
        )
    table = rows.pivot(index="seed", columns="class", values="value")
    if len(rows) < table.size:
        seen = rows.assign(seen=True).pivot(index="seed", columns="class", values="seen")
        seed, class_ = next(iter(np.argwhere(seen.isna().to_numpy())))
        raise ValueError(
            f"received no row for seed {table.index[seed]}, class {table.columns[class_]} of "
            f"{condition!r}; expected every class for every seed; add it (nan if the run "
            "diverged) or remove the seed"
        )
    n_test: tuple[int, ...] | None = None
    if "n_test" in rows:
        per_class = rows.groupby("class")["n_test"].agg(["min", "max"])
        if (per_class["min"] == per_class["max"]).all():
            n_test = tuple(per_class["min"].tolist())
    return ConditionScores(
        table.to_numpy(dtype=float),
        tuple(table.index.tolist()),
        tuple(table.columns.tolist()),
        n_test,
    )


def _decode(data: bytes, name: str) -> str:
    encoding = next((encoding for mark, encoding in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"received {name}, whose byte {error.start} is not {encoding}; expected UTF-8; save "
            "the file as UTF-8 (Excel: 'CSV UTF-8')"
        ) from None
    if "\0" in text:
        raise ValueError(
            f"received {name} with null bytes, as UTF-16 without a byte-order mark has them; "
            "expected UTF-8; save the file as UTF-8"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _header(line: str, name: str) -> tuple[str, list[str]]:
    """Delimiter and column names; the delimiter is the one that yields the columns."""
    found = {
        delimiter: [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
        for delimiter in DELIMITERS
    }
    fitting = [d for d, columns in found.items() if set(REQUIRED) <= set(columns)]
    if len(fitting) != 1:
        _refuse_header(list(found.values()), name)
    columns = found[fitting[0]]
    known = [column for column in columns if column in REQUIRED + OPTIONAL]
    if len(set(known)) < len(known):
        twice = next(column for column in known if known.count(column) > 1)
        raise ValueError(
            f"received column {twice} twice in {name}; expected it once; rename one of them"
        )
    return fitting[0], columns


def _refuse_header(found: Sequence[list[str]], name: str) -> NoReturn:
    """Say what is missing in the header, as the delimiter reads it that yields most of it."""
    closest = max(found, key=lambda cells: (len(set(REQUIRED) & set(cells)), len(cells)))
    missing = [column for column in REQUIRED if column not in closest]
    shown = ", ".join(column[:30] for column in closest[:8]) + (", ..." if len(closest) > 8 else "")
    raise ValueError(
        f"received {name} without {'column' if len(missing) == 1 else 'columns'} "
        f"{', '.join(missing)} (found: {shown}); expected {', '.join(REQUIRED)}, separated by "
        "commas, semicolons or tabs; rename or add them in the first row"
    )


def _parse(text: str, delimiter: str, columns: list[str], name: str) -> pd.DataFrame:
    """All cells as text, indexed by row number in the file, blank rows left out."""
    wanted = [i for i, column in enumerate(columns) if column in REQUIRED + OPTIONAL]
    width = len(columns)
    blank = len(text) - len(text.lstrip("\n"))
    try:
        with warnings.catch_warnings():
            # Cells that it leaves out: a row is much too long.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                sep=delimiter,
                skiprows=blank + 1,
                header=None,
                names=range(width + 1),  # one more than there should be, to see long rows
                index_col=False,
                dtype=str,
                keep_default_na=False,
                na_values=[],
                skip_blank_lines=False,
                skipinitialspace=True,
            )
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=[columns[i] for i in wanted])
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise ValueError(
            f"received {name} with rows of different length ({str(error).strip()}); expected "
            f"{width} cells in every row; correct it (decimals take a point, not a comma)"
        ) from None
    table.index += blank + 2
    table = table[~(table.isna() | (table == "")).all(axis=1)]
    if (surplus := table[width].notna() & (table[width] != "")).any():
        raise ValueError(
            f"received more than {width} cells in row {int(surplus.idxmax())} of {name}; expected "
            f"one per column, separated by a {DELIMITERS[delimiter]}; correct the row (decimals "
            "take a point, not a comma)"
        )
    table = table[wanted].rename(columns={i: columns[i] for i in wanted})
    for column in table:
        table[column] = table[column].str.strip()
    empty = table.isna() | (table == "")  # also where a row is too short
    if empty.to_numpy().any():
        column = next(column for column in table if empty[column].any())
        raise ValueError(
            f"received no {column} in row {int(empty[column].idxmax())} of {name}; expected one in "
            "every row; write nan for the value of a diverged run, leave out a crashed one"
        )
    return table


def _check_once(frame: pd.DataFrame, keys: list[str], name: str) -> None:
    """Refuse two rows of one run."""
    twice = frame.duplicated(keys)
    if twice.any():
        row = int(twice.idxmax())
        same = (frame[keys] == frame.loc[row, keys]).all(axis=1)
        what = ", ".join(f"{key} {frame.at[row, key]}" for key in keys)
        raise ValueError(
            f"received {what} twice in {name} (rows {int(same.idxmax())} and {row}); expected one "
            "row per run; remove or rename one"
        )


def _whole(cells: pd.Series, column: str, name: str) -> pd.Series:
    numbers = pd.to_numeric(cells, errors="coerce")
    wrong = ~(np.isfinite(numbers) & (numbers % 1 == 0) & (numbers.abs() < 2**53))
    if wrong.any():
        raise ValueError(
            f"received {column} {cells[wrong].iloc[0]!r} in row {int(wrong.idxmax())} of {name}; "
            "expected a whole number; correct the row"
        )
    return numbers.astype("int64")


def _scores(cells: pd.Series, name: str, unit: str, delimiter: str) -> pd.Series:
    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    wrong = values.isna() & (cells.str.lower() != "nan")
    if wrong.any():
        cell, row = str(cells[wrong].iloc[0]), int(wrong.idxmax())
        mend = "correct the row"
        if "," in cell and cell.replace(",", "", 1).strip("-").isdigit():
            mend = f"decimals take a point, not a comma: {cell.replace(',', '.')}"
        elif cell.endswith("%"):
            mend = "write a fraction from 0 to 1 instead of percent"
        raise ValueError(
            f"received value {cell!r} in row {row} of {name}; expected a number; {mend}"
        )
    outside = (values < 0) | (values > 1)
    if unit == "points" and outside.any():
        raise ValueError(
            f"received value {values[outside].iloc[0]:g} in row {int(outside.idxmax())} of {name}; "
            "expected accuracies as fractions from 0 to 1; divide percent by 100"
        )
    return values
