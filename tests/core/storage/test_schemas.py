"""A store that any Ebb wrote is read, and what is stored has a number that changes with it.

Each folder `schema_*` here holds a store as it was written, and what was printed of it then. A new
schema needs one of its own: without it, the last two tests fail.
"""

import csv
import gzip
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core import Store
from core.storage.schema import COLUMNS, FILE, SCHEMA, checksum
from studies.results.printing import print_table
from studies.results.reading import read
from studies.results.validation import check_store

HERE = Path(__file__).parent
WRITTEN = sorted(each.name for each in HERE.glob("schema_*"))
TEXT = ("condition", "metric")
NOT_COMPARED = ("results", "digest", "finished")
"""Compressed bytes are another compressor's too; when a record was saved."""


def unpacked(written: str, folder: Path) -> Store:
    folder.mkdir()
    (folder / FILE).write_bytes(gzip.decompress((HERE / written / f"{FILE}.gz").read_bytes()))
    return Store(folder)


def figures(text: str) -> dict[tuple[str, str], dict[str, float]]:
    """The rows of a table by condition and metric."""
    rows = csv.DictReader(io.StringIO(text))
    return {
        (row["condition"], row["metric"]): {
            name: float(value or "nan") for name, value in row.items() if name not in TEXT
        }
        for row in rows
    }


def stored(store: Store, what: str) -> list[tuple]:
    with closing(sqlite3.connect(store.file)) as connection:
        return connection.execute(what).fetchall()


def tables(store: Store) -> list[tuple]:
    return stored(store, "SELECT name, sql FROM sqlite_master ORDER BY name")


@pytest.mark.parametrize("written", WRITTEN)
def test_a_store_of_every_schema_is_sound_and_has_the_figures_of_then(written, tmp_path, capsys):
    store = unpacked(written, tmp_path / "store")
    assert check_store(store)
    printed = list((HERE / written).glob("*.csv"))
    assert {entry.study for entry in store.entries()} == {file.stem for file in printed}
    for file in printed:
        capsys.readouterr()
        print_table(read(store, file.stem), "summary", "csv")
        then, now = figures(file.read_text()), figures(capsys.readouterr().out)
        same = then.keys() & now.keys()  # some metrics have another name since
        assert len(same) > len(then) / 2
        for row in same:
            assert now[row] == pytest.approx(then[row], rel=1e-12, nan_ok=True)


def test_a_record_of_the_first_day_that_is_damaged_is_still_named(tmp_path, capsys):
    store = unpacked("schema_1_first_day", tmp_path / "store")
    with closing(sqlite3.connect(store.file, isolation_level=None)) as connection:
        connection.execute("UPDATE records SET results = x'00' WHERE seed = 1")
    assert len(list(store.damaged())) == 2
    assert "2 damaged ones left as they are" in capsys.readouterr().err


def test_the_tables_are_those_of_the_schema_that_has_this_number(tmp_path):
    released = unpacked(f"schema_{SCHEMA}", tmp_path / "released")
    new = Store(tmp_path / "new")
    new.check_writable()
    assert tables(new) == tables(released)


def test_a_record_is_stored_as_in_the_schema_that_has_this_number(tmp_path):
    released = unpacked(f"schema_{SCHEMA}", tmp_path / "released")
    for *row, digest in stored(released, f"SELECT {COLUMNS}, digest FROM records"):
        assert checksum(row) == digest
    new = Store(tmp_path / "new")
    entries = released.entries()
    for entry, record in zip(entries, released.records(entries), strict=True):
        new.save(record, entry.recipe_digest, planned=1)
    names = [name for _, name, *_ in stored(released, "PRAGMA table_info(records)")]
    same = ", ".join(name for name in names if name not in NOT_COMPARED)
    rows = f"SELECT {same} FROM records ORDER BY study, condition, seed, key"
    assert stored(new, rows) == stored(released, rows)
