"""Reading SCORES.csv: anybody's results, one row per run.

Columns `condition, seed, value`, optionally `class` and `n_test`, in any order; other layouts are
in `analysis.score_layouts`. Values are fractions; a diverged run is written as `nan`, a crashed one
is left out. Commas, semicolons and tabs separate; decimals may have a comma where none separates;
UTF-8 and whatever else carries a byte-order mark is read. Everything else is an error of one line.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.rendering.formatting import IN_PERCENT
from analysis.score_layouts import REQUIRED, cells_of

MOST_DECIMALS = 12
"""Numbers printed to more have all their digits."""
SUMMARIES = ("mean", "average", "avg", "std", "sd", "sem", "se", "median", "min", "max")
"""What people call rows below a table, which are no runs."""
WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
DECIMAL_COMMA = r"^([+-]?\d*),(\d+)$"
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
        n_test: Test examples: one number; one per class; None if unknown.
        rounding: The last digit that the file's values are printed to; 0 where all are.
    """

    values: NDArray[np.float64]
    seeds: tuple[Hashable, ...]
    classes: tuple[Any, ...] | None
    n_test: int | tuple[int, ...] | None
    rounding: float = 0.0


def read_scores(
    path: str | Path, *, unit: str = "points", columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Read a table of scores.

    Args:
        path: The file.
        unit: "points" for accuracies (fractions from 0 to 1); another name for a loss, whose
            values may be any number.
        columns: What columns are called in the file: {"condition": "method"}.

    Returns:
        A frame with the columns condition (str), seed (int64; Python's where one is larger; str
        if not all are numbers), value (float64) and, if the file has them, class (int64 if all are
        whole numbers, else str) and n_test (int64), in the order of the file.
        `attrs["rounding"]` is the last digit that values are printed to, 0 where all are.

    Raises:
        ValueError: In one line: what was received, with its row (the header is row 1), what is
            expected, how to mend it.
        OSError: If the file cannot be read.

    Examples:
        >>> from pathlib import Path
        >>> from analysis import read_scores
        >>> rows = ["condition,seed,value", "plain,0,.80", "replay,0,.91"]
        >>> _ = Path("scores.csv").write_text(chr(10).join(rows))
        >>> read_scores("scores.csv")["value"].tolist()
        [0.8, 0.91]
    """
    path = Path(path)
    name = path.name
    text = _decode(path.read_bytes(), name)
    if not text.strip():
        raise ValueError(
            f"received {name}, which is empty; expected columns {', '.join(REQUIRED)}; write one "
            "row per run"
        )
    table, delimiter = cells_of(text, name, columns or {})
    if table.empty:
        raise ValueError(
            f"received {name} with a header and no rows; expected one row per run; add them"
        )
    frame = pd.DataFrame({"condition": table["condition"]})
    frame["seed"] = _seeds(table["seed"], name)
    cells = table["value"]
    # With points in the column a comma stands between thousands, which no number here has.
    if delimiter != "," and not cells.str.contains(".", regex=False).any():
        cells = cells.str.replace(DECIMAL_COMMA, r"\1.\2", regex=True)
    frame["value"] = _scores(cells, name, unit)
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
    frame = frame.reset_index(drop=True)
    frame.attrs["rounding"] = _rounding(cells)
    return frame


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

    Examples:
        >>> from pathlib import Path
        >>> from analysis import condition_scores, read_scores
        >>> rows = ["condition,seed,value", "plain,1,.82", "plain,0,.80"]
        >>> _ = Path("scores.csv").write_text(chr(10).join(rows))
        >>> condition_scores(read_scores("scores.csv"), "plain").values.tolist()
        [0.8, 0.82]
    """
    rows = scores[scores["condition"] == condition]
    rounding = float(scores.attrs.get("rounding", 0.0))
    if rows.empty:
        present = [str(name) for name in scores["condition"].unique()]
        listed = ", ".join(present[:10]) + (", ..." if len(present) > 10 else "")
        raise ValueError(
            f"received condition {condition!r}; expected one of {listed}; check the spelling"
        )
    if "class" not in rows:
        rows = rows.sort_values("seed")
        sizes = _one_size(rows["n_test"].tolist(), condition) if "n_test" in rows else None
        return ConditionScores(
            rows["value"].to_numpy(dtype=float), tuple(rows["seed"].tolist()), None, sizes, rounding
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
        per_class = [_one_size(of.tolist(), condition) for _, of in rows.groupby("class")["n_test"]]
        n_test = tuple(per_class)
    return ConditionScores(
        table.to_numpy(dtype=float),
        tuple(table.index.tolist()),
        tuple(table.columns.tolist()),
        n_test,
        rounding,
    )


def _one_size(sizes: list[int], condition: str) -> int:
    """The number of test examples of all runs of a condition."""
    if len(set(sizes)) > 1:
        raise ValueError(
            f"received n_test {min(sizes)} and {max(sizes)} for {condition!r}; expected the same "
            "for all its runs; compare those of one test set"
        )
    return sizes[0]


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


def _check_once(frame: pd.DataFrame, keys: list[str], name: str) -> None:
    """Refuse two rows of one run."""
    twice = frame.duplicated(keys)
    if twice.any():
        second = frame[twice].iloc[0]
        same = frame.index[(frame[keys] == second[keys]).all(axis=1)]
        what = ", ".join(f"{key} {second[key]}" for key in keys)
        raise ValueError(
            f"received {what} twice in {name} (rows {same[0]} and {same[1]}); expected one "
            "row per run; remove or rename one"
        )


def _seeds(cells: pd.Series, name: str) -> pd.Series:
    """Seeds as numbers, however large, or as names where not all are numbers."""
    numbers = pd.to_numeric(cells, errors="coerce")
    if cells.str.fullmatch(WHOLE).all():
        whole = [int(cell.split(".")[0]) for cell in cells]
        small = all(abs(seed) < 2**63 for seed in whole)
        return pd.Series(whole, index=cells.index, dtype="int64" if small else object)
    wrong = numbers.notna() & ~cells.str.fullmatch(WHOLE)
    wrong |= cells.str.lower().isin(("nan", *SUMMARIES))
    if wrong.any():
        raise ValueError(
            f"received seed {cells[wrong].iloc[0]!r} in row {wrong.idxmax()} of {name}; expected a "
            "whole number or a run's name; correct the row, or leave it out"
        )
    return cells


def _rounding(cells: pd.Series) -> float:
    """The last digit that values are printed to; 0 where they have all their digits."""
    numbers = cells[cells.str.fullmatch(r"[+-]?\d*\.\d+")].str
    decimals = int(numbers.split(".").str[1].str.len().max()) if len(numbers.len()) else 0
    exponents = cells.str.contains("e", case=False, regex=False).any()
    return 10.0**-decimals if 0 < decimals <= MOST_DECIMALS and not exponents else 0.0


def _whole(cells: pd.Series, column: str, name: str) -> pd.Series:
    numbers = pd.to_numeric(cells, errors="coerce")
    wrong = ~(np.isfinite(numbers) & (numbers % 1 == 0) & (numbers.abs() < 2**53))
    if wrong.any():
        raise ValueError(
            f"received {column} {cells[wrong].iloc[0]!r} in row {int(wrong.idxmax())} of {name}; "
            "expected a whole number; correct the row"
        )
    return numbers.astype("int64")


def _scores(cells: pd.Series, name: str, unit: str) -> pd.Series:
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
    # What accuracies differ by, such as what is forgotten, may be negative.
    lowest, what = (0, "accuracies") if unit == "points" else (-1, "differences of accuracies")
    outside = (values < lowest) | (values > 1)
    if unit in IN_PERCENT and outside.any():
        raise ValueError(
            f"received value {values[outside].iloc[0]:g} in row {int(outside.idxmax())} of {name}; "
            f"expected {what} as fractions from {lowest} to 1; divide percent by 100"
        )
    return values
