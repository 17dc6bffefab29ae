"""The records of a store as tidy tables, for programs that know nothing of Ebb."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.rendering.tables import harmless
from analysis.rendering.text import say
from analysis.runs import class_names
from analysis.swept import is_number, settings_of
from core import Record, Store
from core.storage.exchange import write_export
from core.storage.store import TOGETHER, Entry, is_stale
from data import InputError

RUN = {"run": "int64", "study": "str", "variant": "str", "condition": "str", "seed": "int64"}
TABLES = {
    "runs": RUN
    | {"key": "str", "recipe_digest": "str", "data": "str", "fingerprint": "str", "stale": "bool"}
    | {"status": "str", "error": "str", "seconds": "float64", "finished": "str"}
    | {"notes": "str", "classes": "str", "recipe": "str", "environment": "str"},
    "evaluations": {"evaluation": "int64"}
    | RUN
    | {"set": "str", "epoch": "int64", "segment": "int64", "step": "int64"}
    | {"loss": "float64", "accuracy": "float64", "n": "int64"},
    "confusion": dict.fromkeys(
        ("evaluation", "run", "true_class", "predicted_class", "count"), "int64"
    ),
    "history": RUN | {"epoch": "int64", "step": "int64", "name": "str", "value": "float64"},
}
"""The columns of each table and their types.

`runs` has a row per record, `evaluations` one per look at a network, `history` one per figure.
`confusion` has those cells of an evaluation's confusion matrix that are not 0: a class's number of
examples is the sum over its `true_class`, the right ones are where both classes are the same. A
class that is called by a word has its number, from 0, in `classes` of its run (JSON).
"""


def export(store: Store, folder: Path, style: str, study: str | None, force: bool) -> None:
    """Write the tables, whole or not at all.

    Args:
        store: Where the records are.
        folder: Where to write; made if it is not there.
        style: `csv` or `parquet`.
        study: Only this one's records.
        force: Whether to overwrite.

    Raises:
        InputError: Nothing to export; files that are there; a folder that cannot be written.
    """
    if style == "parquet" and find_spec("pyarrow") is None:
        raise InputError(
            "Received --format parquet without pyarrow; expected it installed: pip install "
            "'ebb-lab[parquet]', or --format csv."
        )
    _refuse_nothing(store, study)
    entries = store.entries(study)
    files = {name: folder / f"{name}.{style}" for name in TABLES}
    there = [file for file in files.values() if file.exists()]
    if there and not force:
        raise InputError(
            f"Received {str(folder)!r}, where {there[0].name} is already; expected another folder, "
            "or --force to overwrite."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
        try:
            rows = _write(store, entries, {name: new / file.name for name, file in files.items()})
            for file in files.values():
                (new / file.name).replace(file)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"Received {str(folder)!r}; expected a folder that can be written ({error.strerror})."
        ) from None
    for name, file in files.items():
        say(f"{file}: {rows[name]:,} rows", err=True)


def export_whole(store: Store, file: Path, study: str | None, force: bool) -> None:
    """Write all that the records hold into one compressed file, which `ebb store import` reads.

    Args:
        store: Where the records are.
        file: Where to write; its name ends in `ENDING`.
        study: Only this one's records.
        force: Whether to overwrite.

    Raises:
        InputError: Nothing to export; a file that is there, or cannot be written.
    """
    _refuse_nothing(store, study)
    if file.exists() and not force:
        raise InputError(
            f"Received {str(file)!r}, which is there already; expected another name, or --force to "
            "overwrite."
        )
    try:
        records = write_export(store, file, study)
        say(f"{file}: {records:,} records, {file.stat().st_size:,} bytes", err=True)
    except OSError as error:
        raise InputError(
            f"Received {str(file)!r}; expected a file that can be written ({error.strerror})."
        ) from None


def _refuse_nothing(store: Store, study: str | None) -> None:
    if not store.counts(study):
        raise InputError(
            f"Received {f'study {study!r}' if study else 'a store'} without records in "
            f"{str(store.folder.resolve())!r}; `ebb status` lists those there are."
        )


def _write(store: Store, entries: Sequence[Entry], files: dict[str, Path]) -> dict[str, int]:
    rows = dict.fromkeys(files, 0)
    numbers = count(1)
    swept = swept_columns(entries)
    tables = {
        name: columns if name == "confusion" else columns | swept
        for name, columns in TABLES.items()
    }
    with ExitStack() as ends:
        append = {name: _appender(file, tables[name], ends) for name, file in files.items()}
        for start in range(0, len(entries), TOGETHER):
            part = entries[start : start + TOGETHER]
            found = _frames(part, store.records(part), start + 1, numbers, tables, list(swept))
            for name, frame in found.items():
                append[name](frame)
                rows[name] += len(frame)
    return rows


def swept_columns(entries: Sequence[Entry]) -> dict[str, str]:
    """A column for each field that conditions are named by, and its type."""
    taken = {column for columns in TABLES.values() for column in columns}
    plain: dict[str, bool] = {}
    for condition in {entry.condition for entry in entries}:
        for field, value in settings_of(condition).items():
            plain[field] = plain.get(field, True) and is_number(value)
    return {
        f"swept {field}" if field in taken else field: "float64" if numbers else "str"
        for field, numbers in sorted(plain.items())
    }


def _values(condition: str, columns: Sequence[str]) -> tuple[Any, ...]:
    """A condition's values in the columns of what is swept."""
    settings = settings_of(condition)
    return tuple(settings.get(name.removeprefix("swept ")) for name in columns)


def _appender(file: Path, columns: Mapping[str, str], ends: ExitStack) -> Any:
    """A function that adds a frame to a file."""
    if file.suffix == ".csv":
        out = ends.enter_context(file.open("w", encoding="utf-8", newline=""))
        pd.DataFrame(columns=list(columns)).to_csv(out, index=False, lineterminator="\n")
        return lambda frame: harmless(frame).to_csv(
            out, index=False, header=False, lineterminator="\n"
        )
    # An extra that not everybody has.
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

    kinds = {"str": pa.string(), "bool": pa.bool_(), "int64": pa.int64(), "float64": pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    # Opened by Python, which takes any name of a file: Arrow wants text.
    writer = ends.enter_context(ParquetWriter(ends.enter_context(file.open("wb")), schema))
    return lambda frame: writer.write_table(
        pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    )


def _frames(
    entries: Sequence[Entry],
    records: Sequence[Record],
    first: int,
    numbers: Iterator[int],
    tables: Mapping[str, Mapping[str, str]],
    swept: Sequence[str],
) -> dict[str, pd.DataFrame]:
    rows: dict[str, list[tuple]] = {name: [] for name in TABLES}
    for run, entry, record in zip(count(first), entries, records, strict=False):
        label, values = (run, *entry[:4]), _values(entry.condition, swept)
        classes = len(record.evaluations[0].confusion) if record.evaluations else 0
        names = class_names([record], classes)
        rows["runs"].append(
            (
                *(*label, entry.key, entry.recipe_digest, entry.data, entry.fingerprint),
                *(is_stale(entry), entry.status, entry.error, entry.seconds),
                *(entry.finished, json.dumps(list(map(str, record.notes))), json.dumps(names)),
                *(json.dumps(record.recipe), json.dumps(record.environment), *values),
            )
        )
        if names and not isinstance(names[0], int):
            names = list(range(classes))
        for each in record.evaluations:
            number, n = next(numbers), int(each.confusion.sum())
            right = int(each.confusion.trace())
            rows["evaluations"].append(
                (number, *label, *each[:4], each.loss, right / n if n else np.nan, n, *values)
            )
            for true, predicted in np.argwhere(each.confusion).tolist():
                cell = int(each.confusion[true, predicted])
                rows["confusion"].append((number, run, names[true], names[predicted], cell))
        rows["history"] += [(*label, *row, *values) for row in record.history]
    return {
        name: pd.DataFrame(rows[name], columns=list(columns)).astype(columns)
        for name, columns in tables.items()
    }
