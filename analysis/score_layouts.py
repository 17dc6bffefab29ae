"""How a table of scores is laid out: from its text to one row for each run, all cells still text.

Long (a row for each run, with the columns condition, seed, value) or wide (a column for each
condition beside a column seed, or a column for each seed beside a column condition). Comment lines
and Excel's `sep=;` may stand on top. The JSON of rliable has [runs, tasks] for each method.
"""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import numpy as np
import pandas as pd

REQUIRED = ("condition", "seed", "value")
OPTIONAL = ("class", "n_test")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
SEED_COLUMN = re.compile(r"(?:seed|run|s|r)?[ _-]?(\d+)", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?|nan|inf|-inf|", re.IGNORECASE)
INDEX = re.compile(r"Unnamed: \d+|index|", re.IGNORECASE)
"""How pandas calls the column of its index: nothing, too."""


@dataclass(frozen=True)
class Layout:
    """Where things stand in a file of rows.

    Attributes:
        delimiter: What separates cells.
        columns: The header's cells, renamed as was asked.
        kind: "long", "methods" (a column for each) or "seeds" (a column for each).
        top: Lines before the header.
    """

    delimiter: str
    columns: tuple[str, ...]
    kind: Literal["long", "methods", "seeds"]
    top: int

    @property
    def runs(self) -> list[str]:
        """The columns of a wide table that hold values."""
        known = (*REQUIRED, *OPTIONAL)
        if self.kind == "long":
            return []
        return [name for name in self.columns if name not in known and not INDEX.fullmatch(name)]


def cells_of(text: str, name: str, renamed: Mapping[str, str]) -> tuple[pd.DataFrame, str]:
    """The cells of a file of rows or of JSON, and what separated them.

    Args:
        text: Of the file, lines ended by a newline alone.
        name: Of the file.
        renamed: From a column that is meant to its name in the file: {"condition": "method"}.

    Returns:
        Columns condition, seed, value and those of `OPTIONAL` that are there, all text, indexed by
        the row in the file (the first is 1).

    Raises:
        ValueError: In one line.
    """
    if text.lstrip()[:1] in ("{", "["):
        if renamed:
            raise ValueError(
                f"received names of columns for {name}, which is JSON and has none; leave them out"
            )
        return _from_json(text, name), "\t"
    try:
        layout = _layout(text, name, renamed)
    except csv.Error as error:
        raise ValueError(
            f"received {name}, which is no table ({error}); expected columns {', '.join(REQUIRED)}"
        ) from None
    table = _parse(text, layout, name)
    if layout.kind != "long":
        table = _long(table, layout)
    return table, layout.delimiter


def _layout(text: str, name: str, renamed: Mapping[str, str]) -> Layout:
    lines = text.split("\n")
    top, declared = 0, ""
    while top < len(lines) - 1 and _before_header(lines[top]):
        if lines[top].lower().startswith("sep="):
            declared = lines[top][4:].strip() or "\t"
        top += 1
    found = {
        delimiter: [
            cell.strip() for cell in next(csv.reader([lines[top]], delimiter=delimiter), [])
        ]
        for delimiter in ([declared] if declared in DELIMITERS else DELIMITERS)
    }
    back = {actual: meant for meant, actual in renamed.items()}
    fitting = []
    for delimiter, header in found.items():
        columns = tuple(back.get(cell, cell) for cell in header)
        row = next((line for line in lines[top + 1 :] if line.strip(f" {delimiter}")), "")
        if kind := _kind(columns, next(csv.reader([row], delimiter=delimiter), [])):
            fitting.append(Layout(delimiter, columns, kind, top))
    if len(fitting) != 1 or not set(renamed.values()) <= set(found[fitting[0].delimiter]):
        _refuse_header(list(found.values()), name, renamed)
    known = [column for column in fitting[0].columns if column]
    wanted = {*REQUIRED, *OPTIONAL, *fitting[0].runs}
    if twice := [each for each in known if known.count(each) > 1 and each in wanted]:
        raise ValueError(
            f"received column {twice[0]} twice in {name}; expected it once; rename one of them"
        )
    return fitting[0]


def _before_header(line: str) -> bool:
    """Whether a line is empty, a comment, or Excel's word on what separates cells."""
    return not line.strip() or line.startswith("#") or line.lower().startswith("sep=")


def _kind(
    columns: Sequence[str], first: Sequence[str]
) -> Literal["long", "methods", "seeds"] | None:
    """The kind of table that has these columns and this first row."""
    if set(REQUIRED) <= set(columns):
        return "long"
    others = [
        i
        for i, column in enumerate(columns)
        if column not in OPTIONAL and not INDEX.fullmatch(column)
    ]
    there = {columns[i] for i in others} & set(REQUIRED)
    values = [i for i in others if columns[i] not in REQUIRED]
    numbers = all(NUMBER.fullmatch(first[i].strip()) for i in values if i < len(first))
    if len(values) < 2 or not numbers:
        return None
    if there == {"seed"}:
        return "methods"
    seeds = all(SEED_COLUMN.fullmatch(columns[i]) for i in values)
    return "seeds" if there == {"condition"} and seeds else None


def _refuse_header(
    found: Sequence[Sequence[str]], name: str, renamed: Mapping[str, str]
) -> NoReturn:
    """Say what is missing in the header, as the delimiter reads it that yields most of it."""
    meant = (dict(zip(REQUIRED, REQUIRED, strict=True)) | dict(renamed)).values()
    closest = max(found, key=lambda cells: (len(set(meant) & set(cells)), len(cells)))
    missing = [column for column in meant if column not in closest]
    shown = ", ".join(column[:30] for column in closest[:8]) + (", ..." if len(closest) > 8 else "")
    raise ValueError(
        f"received {name} without {'column' if len(missing) == 1 else 'columns'} "
        f"{', '.join(missing)} (found: {shown}); expected {', '.join(REQUIRED)}, or seed and a "
        "column for each condition, separated by commas, semicolons or tabs; rename them in the "
        "first row, or name them: --columns condition=method,value=accuracy"
    )


def _parse(text: str, layout: Layout, name: str) -> pd.DataFrame:
    """All cells that are wanted as text, indexed by row number in the file, without blank rows."""
    width = len(layout.columns)
    try:
        with warnings.catch_warnings():
            # Cells that it leaves out: a row is much too long.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                sep=layout.delimiter,
                skiprows=layout.top + 1,
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
        return pd.DataFrame(columns=layout.columns)
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise ValueError(
            f"received {name} with rows of different length ({str(error).strip()}); expected "
            f"{width} cells in every row; correct it (decimals take a point, not a comma)"
        ) from None
    table.index += layout.top + 2
    table = table[~(table.isna() | (table == "")).all(axis=1)]
    if (surplus := table[width].notna() & (table[width] != "")).any():
        raise ValueError(
            f"received more than {width} cells in row {int(surplus.idxmax())} of {name}; expected "
            f"one per column, separated by a {DELIMITERS[layout.delimiter]}; correct the row "
            "(decimals take a point, not a comma)"
        )
    wanted = {*REQUIRED, *OPTIONAL, *layout.runs}
    places = [i for i, column in enumerate(layout.columns) if column in wanted]
    table = table[places].set_axis([layout.columns[i] for i in places], axis=1)
    table = table.apply(lambda cells: cells.str.strip())
    _refuse_empty(table.drop(columns=layout.runs), name)
    return table


def _refuse_empty(table: pd.DataFrame, name: str) -> None:
    empty = table.isna() | (table == "")  # also where a row is too short
    if empty.to_numpy().any():
        column = next(column for column in table if empty[column].any())
        raise ValueError(
            f"received no {column} in row {int(empty[column].idxmax())} of {name}; expected one in "
            "every row; write nan for the value of a diverged run, leave out a crashed one"
        )


def _long(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """A wide table with a row for each run; an empty cell is a run that is not there."""
    other = "condition" if layout.kind == "methods" else "seed"
    beside = [column for column in table if column not in layout.runs]
    parts = []
    for column in layout.runs:
        part = table[beside].assign(value=table[column])
        found = SEED_COLUMN.fullmatch(column) if layout.kind == "seeds" else None
        part[other] = found[1] if found else column
        parts.append(part)
    long = pd.concat(parts)
    return long[long["value"].notna() & (long["value"] != "")]


def _from_json(text: str, name: str) -> pd.DataFrame:
    """The JSON of rliable: to each method its values, [runs] or [runs, tasks]."""
    try:
        content = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
        tables = {key: np.array(values, dtype=str) for key, values in content.items()}
    except (ValueError, AttributeError) as error:
        raise ValueError(
            f"received {name}, which is no JSON of scores ({str(error)[:60]}); expected "
            '{"method": [[run 1, task 1], ...], ...}; or a table with the columns '
            f"{', '.join(REQUIRED)}"
        ) from None
    rows: list[dict[str, Any]] = []
    for condition, values in tables.items():
        if values.ndim not in (1, 2):
            raise ValueError(
                f"received {values.ndim} dimensions for {condition} in {name}; expected [runs] or "
                "[runs, tasks]; leave out the others"
            )
        tasks = values.ndim == 2 and values.shape[1] > 1
        for (seed, *task), value in np.ndenumerate(values):
            row = {"condition": condition, "seed": str(seed), "value": str(value)}
            rows.append(row | ({"class": str(task[0])} if tasks else {}))
    return pd.DataFrame(rows, index=range(1, len(rows) + 1))
