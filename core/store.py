"""The store: all records of a folder, in one SQLite file."""

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from core.environment import fingerprint
from core.record import Record, read_results
from core.soundness import refuse_unsound
from data import InputError

FILE = "ebb.sqlite"
SCHEMA = 1
APPLICATION = 0x45626201  # "Ebb", 1: what the file's header says that it is

TABLES = """
CREATE TABLE records (
    study TEXT NOT NULL, variant TEXT NOT NULL, condition TEXT NOT NULL, seed INTEGER NOT NULL,
    key TEXT NOT NULL, recipe_digest TEXT NOT NULL, data TEXT NOT NULL, fingerprint TEXT NOT NULL,
    status TEXT NOT NULL, error TEXT NOT NULL, finished TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    seconds TEXT NOT NULL, recipe TEXT NOT NULL, environment TEXT NOT NULL,
    remarks TEXT NOT NULL, results BLOB NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (study, variant, condition, seed, key, fingerprint)
);
CREATE TABLE plans (
    study TEXT NOT NULL, variant TEXT NOT NULL, seeds INTEGER NOT NULL,
    planned TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (study, variant)
);
"""


COLUMNS = (
    "study, variant, condition, seed, key, recipe_digest, data, fingerprint, status, error,"
    " seconds, recipe, environment, remarks, results"
)


class Entry(NamedTuple):
    """A record's label, without its results."""

    study: str
    variant: str
    condition: str
    seed: int
    key: str
    recipe_digest: str
    data: str
    fingerprint: str
    status: str
    error: str
    seconds: float
    finished: str


class Store:
    """All records of a folder.

    One file, one writer (the driver of a study), any number of readers. A record is committed
    whole or not at all. Only numbers and text are kept; nothing is pickled.

    Args:
        folder: Where the store lies; made with the first record that is written.

    Raises:
        InputError: The folder is no folder, the store is damaged or of another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE
        if folder.exists() and not folder.is_dir():
            raise InputError(
                f"Received the store {str(folder)!r}, which is a file; expected a folder: "
                "name another with --store."
            )

    def exists(self) -> bool:
        """Whether anything was ever stored here."""
        return self.file.exists()

    def save(self, record: Record, recipe_digest: str, planned: int) -> None:
        """Commit a record; it replaces a failed one of the same run.

        Args:
            record: The record.
            recipe_digest: The recipe's digest, by which readers find the records of today's study.
            planned: The number of seeds planned; kept from the first record of a variant on.
        """
        self.save_all([(record, recipe_digest)], planned)

    def save_all(self, records: Sequence[tuple[Record, str]], planned: int) -> None:
        """Commit records together, each with its recipe's digest; see `save`."""
        if not records:
            return
        with self._connection(write=True) as connection:
            for record, recipe_digest in records:
                row = _row(record, recipe_digest)
                connection.execute(
                    "INSERT OR IGNORE INTO plans (study, variant, seeds) VALUES (?, ?, ?)",
                    (record.study, record.variant, planned),
                )
                connection.execute(
                    f"INSERT OR REPLACE INTO records ({COLUMNS}, digest)"
                    f" VALUES ({', '.join('?' * len(row))}, ?)",
                    (*row, _checksum(row)),
                )

    def entries(self, study: str | None = None) -> list[Entry]:
        """The labels of all records, or of one study's, in the order of condition and seed."""
        where, values = ("WHERE study = ?", (study,)) if study is not None else ("", ())
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT study, variant, condition, seed, key, recipe_digest, data, fingerprint,"
                " status, error, seconds, finished FROM records "
                f"{where} ORDER BY study, variant, condition, seed, finished",
                values,
            ).fetchall()
            return list(map(_entry, rows))

    def records(self, entries: Sequence[Entry]) -> list[Record]:
        """The complete records of some labels, in the order given.

        Raises:
            InputError: A record's bytes are not what was written.
        """
        wanted = {_label(entry): i for i, entry in enumerate(entries)}
        found: list[Record | None] = [None] * len(entries)
        with self._connection() as connection:
            for study, variant in sorted({(entry.study, entry.variant) for entry in entries}):
                for row in connection.execute(
                    f"SELECT {COLUMNS}, digest FROM records WHERE study = ? AND variant = ?",
                    (study, variant),
                ):
                    place = wanted.get((*row[:5], row[7]))
                    if place is not None:
                        found[place] = self._record(row)
        return [record for record in found if record is not None]

    def _record(self, row: tuple) -> Record:
        study, variant, condition, seed, key, _, data, _, status, error, *rest = row
        *texts, results, digest = rest
        damage = InputError(
            f"Received a damaged record in {str(self.file)!r} ({study}, {condition}, seed "
            f"{seed}); expected the bytes that were written: `ebb remove {study} --variant "
            f"{variant}` and run it again, or restore a copy of the file."
        )
        if _checksum(row[:-1]) != digest:
            raise damage
        try:
            seconds, recipe, environment, remarks = map(json.loads, texts)
            history, evaluations, arrays = read_results(results)
            record = Record(
                study=study,
                variant=variant,
                condition=condition,
                seed=seed,
                key=key,
                recipe=recipe,
                data=data,
                environment=environment,
                status=status,
                error=error,
                seconds=seconds,
                remarks=tuple(remarks),
                history=history,
                evaluations=evaluations,
                arrays=arrays,
            )
            refuse_unsound(record)
        except Exception:  # a row of a forger's raises nearly anything
            raise damage from None
        return record

    def planned(self, study: str, variant: str) -> int | None:
        """The number of seeds that was planned when the first record was written."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT seeds FROM plans WHERE study = ? AND variant = ?", (study, variant)
            ).fetchone()
        return row[0] if row is not None and isinstance(row[0], int) else None

    def remove(self, study: str, variant: str | None = None) -> int:
        """Remove a study's records, of one variant or of all; how many they were."""
        with self._connection(write=True) as connection:
            where, values = "study = ?", [study]
            if variant is not None:
                where, values = where + " AND variant = ?", [study, variant]
            count = connection.execute(f"DELETE FROM records WHERE {where}", values).rowcount
            connection.execute(f"DELETE FROM plans WHERE {where}", values)
        return count

    def check_writable(self) -> None:
        """Refuse a store that could not take a record, before anything is trained."""
        with self._connection(write=True):
            pass

    @contextmanager
    def _connection(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction. The journal is SQLite's ordinary one, which network shares can hold."""
        try:
            if write:
                self.folder.mkdir(parents=True, exist_ok=True)
                connection = sqlite3.connect(self.file, timeout=60, isolation_level=None)
            elif self.exists() and self.file.stat().st_size:
                address = f"{self.file.resolve().as_uri()}?mode=ro"
                connection = sqlite3.connect(address, uri=True, timeout=60, isolation_level=None)
            else:
                connection = sqlite3.connect(":memory:", isolation_level=None)
                connection.executescript(TABLES)
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
            try:
                connection.execute("PRAGMA synchronous = EXTRA")
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                self._check_schema(connection, write)
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()
        except UnicodeEncodeError as error:
            raise InputError(
                f"Received the name {error.object!r}; expected text: no other name is in a store."
            ) from None
        except InputError:
            raise
        except (OSError, sqlite3.Error, ValueError) as error:
            raise InputError(
                f"Received the store {str(self.folder)!r}; expected a folder with a sound "
                f"{FILE} that can be {'written' if write else 'read'} ({error}): mend it, or name "
                "another with --store."
            ) from None

    def _check_schema(self, connection: sqlite3.Connection, write: bool) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if empty and write:
            for statement in TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
        elif application != APPLICATION:
            raise InputError(
                f"Received {str(self.file)!r}, an SQLite file that is not a store of Ebb; "
                "expected one of its own: name another folder with --store."
            )
        elif version != SCHEMA:
            raise InputError(
                f"Received the store {str(self.folder)!r} of schema {version}; this Ebb reads "
                f"schema {SCHEMA}: use the version of Ebb that wrote it, or another --store."
            )


def _row(record: Record, recipe_digest: str) -> tuple[Any, ...]:
    """A record in the columns of `COLUMNS`."""
    return (
        *(record.study, record.variant, record.condition, record.seed, record.key),
        *(recipe_digest, record.data, fingerprint(record.environment)),
        *(record.status, record.error),
        *map(json.dumps, (dict(record.seconds), record.recipe, dict(record.environment))),
        *(json.dumps(record.remarks), record.results()),
    )


def _label(entry: Entry) -> tuple[str, str, str, int, str, str]:
    return (*entry[:5], entry.fingerprint)


def _entry(row: Sequence[Any]) -> Entry:
    """A label; seconds are stored by phase, it has their sum."""
    *label, seconds, finished = row
    try:
        total = float(sum(json.loads(seconds).values()))
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        total = math.nan
    entry = Entry._make((*label, total, finished))
    texts = (*entry[:3], *entry[4:10], finished)
    if not all(isinstance(text, str) for text in texts) or not isinstance(entry.seed, int):
        raise ValueError("a record's label is damaged")
    if not math.isfinite(total):
        raise ValueError("a record's seconds are damaged")
    return entry


def _checksum(row: Sequence[Any]) -> str:
    """SHA-256 of all columns of `COLUMNS`, in their order."""
    digest = sha256()
    for value in row:
        content = value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
