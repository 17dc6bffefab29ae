"""The store: all records of a folder, in one SQLite file."""

import json
import math
import shlex
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from core.notes import Note
from core.record import Record, outcome
from core.storage.limits import limit_reached
from core.storage.migration import migrate, schema_of
from core.storage.place import place_of
from core.storage.recovery import finish_rollback, reader
from core.storage.schema import (
    APPLICATION,
    COLUMNS,
    EARLIER,
    FILE,
    SCHEMA,
    TABLES,
    TEXT,
    checksum,
)
from core.stored_names import from_stored, to_stored
from core.training.environment import fingerprint, made_here
from data import InputError

TOGETHER = 1000
"""Records that are read in one transaction: a writer waits for the readers to end theirs."""

PATIENCE = 60.0
"""Seconds that a transaction waits for those of other programs to end."""

UNREADABLE = (
    *(ValueError, TypeError, LookupError, AttributeError, EOFError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(RuntimeError, ArithmeticError, MemoryError),  # too deep, encrypted, too large
)
"""What reading an archive or a JSON text raises that nobody wrote like that."""


class StoreInUseError(InputError):
    """Another program holds the store; when it lets go, the same call may work."""


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

    @property
    def recorded(self) -> bool:
        """Whether another program trained it: its settings are all that it is told apart by."""
        return self.fingerprint == self.recipe_digest[:16]


class Count(NamedTuple):
    """How many records of a study and variant ended so, in one environment."""

    study: str
    variant: str
    status: str
    fingerprint: str
    records: int
    last: str
    recorded: bool


def is_stale(of: Entry | Count) -> bool:
    """Whether records are of another environment than this one.

    What another program trained is of none.
    """
    return not of.recorded and not made_here(of.fingerprint)


class Store:
    """All records of a folder.

    One file, one writer (the driver of a study), any number of readers. A record is committed
    whole or not at all. Only numbers and text are kept; nothing is pickled.

    Args:
        folder: Where the store lies; made with the first record that is written.

    Attributes:
        folder: Where it lies.
        file: Its file, at the end of links: the lock lies beside it.

    Raises:
        InputError: The folder is no folder or cannot be reached; the store is damaged, or of
            another version.

    Examples:
        >>> from pathlib import Path
        >>> from core import Store
        >>> store = Store(Path("results"))
        >>> len(store.entries("class-order"))
        20
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = place_of(folder)

    def exists(self) -> bool:
        """Whether anything was ever stored here."""
        return self.file.exists()

    def save(self, record: Record, recipe_digest: str, planned: int) -> None:
        """Commit a record; it replaces one of the same run, whatever that ended in.

        Args:
            record: The record.
            recipe_digest: The recipe's digest, by which readers find the records of today's study.
            planned: The number of seeds planned; kept from the first record of a variant on.
        """
        self.save_all([(record, recipe_digest)], planned)

    def save_all(
        self,
        records: Sequence[tuple[Record, str]],
        planned: int,
        *,
        design: str = "",
        patience: float = PATIENCE,
    ) -> None:
        """Commit records together, each with its recipe's digest; see `save`.

        Args:
            records: The records.
            planned: The number of seeds planned, and `design` how they are to be compared; both
                kept from the first record of a variant on.
            design: Any text.
            patience: Seconds to wait for another program.

        Raises:
            StoreInUseError: Another program has held the store for `patience` seconds; nothing is
                committed.
        """
        if not records:
            return
        with self.transaction(write=True, patience=patience) as connection:
            for record, recipe_digest in records:
                row = _row(record, recipe_digest)
                connection.execute(
                    "INSERT OR IGNORE INTO plans (study, variant, seeds, design)"
                    " VALUES (?, ?, ?, ?)",
                    (record.study, record.variant, planned, design),
                )
                connection.execute(
                    f"INSERT OR REPLACE INTO records ({COLUMNS}, digest)"
                    f" VALUES ({', '.join('?' * len(row))}, ?)",
                    (*row, checksum(row)),
                )

    def counts(self, study: str | None = None) -> list[Count]:
        """How many records ended how, by study, variant and environment; quick in a large store."""
        where, values = ("WHERE study = ?", (study,)) if study is not None else ("", ())
        with self.transaction() as connection:
            # Through the index each row would be looked up by itself: five times as long.
            rows = connection.execute(
                "SELECT study, variant, status, fingerprint, count(*), max(finished),"
                " max(fingerprint = substr(recipe_digest, 1, 16)) FROM records "
                f"NOT INDEXED {where} GROUP BY study, variant, status, fingerprint",
                values,
            ).fetchall()
            self._check_count(connection, sum(row[4] for row in rows), where, values)
        for *texts, _, last, _ in rows:
            if not all(isinstance(text, str) for text in (*texts, last)):
                raise self._damage((*texts[:2], "?", "?", "?"))
        return list(map(Count._make, rows))

    def entries(self, study: str | None = None) -> list[Entry]:
        """The labels of all records, or of one study's, in the order of condition and seed.

        Raises:
            InputError: A label is not what was written.
        """
        where, values = ("WHERE study = ?", (study,)) if study is not None else ("", ())
        with self.transaction() as connection:
            rows = connection.execute(
                "SELECT study, variant, condition, seed, key, recipe_digest, data, fingerprint,"
                " status, error, seconds, finished FROM records "
                f"NOT INDEXED {where} ORDER BY study, variant, condition, seed, finished",
                values,
            ).fetchall()
            self._check_count(connection, len(rows), where, values)
        return list(map(self._entry, rows))

    def records(self, entries: Sequence[Entry]) -> list[Record]:
        """The complete records of some labels, in the order given.

        Raises:
            InputError: A record's bytes are not what was written, or it is there no more.
        """
        found: list[Record] = []
        for start in range(0, len(entries), TOGETHER):
            part = entries[start : start + TOGETHER]
            with self.transaction() as connection:
                rows = [
                    connection.execute(
                        f"SELECT {COLUMNS}, digest FROM records WHERE study = ? AND variant = ?"
                        " AND condition = ? AND seed = ? AND key = ? AND fingerprint = ?",
                        (*entry[:5], entry.fingerprint),
                    ).fetchone()
                    for entry in part
                ]
            if None in rows:
                entry = part[rows.index(None)]
                raise InputError(
                    f"Received a store that changes while it is read ({entry.study}, "
                    f"{entry.condition}, seed {entry.seed} is there no more); expected it to stay: "
                    "call again, and if that does not help, `ebb store check`."
                )
            found += map(self._record, rows)
        return found

    def integrity(self) -> list[str]:
        """What SQLite itself finds wrong with the file; nothing if it is sound."""
        with self.transaction() as connection:
            found = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(9)")]
        return [] if found == ["ok"] else found

    def damaged(self) -> Iterator[str]:
        """Read every record; a line for each whose bytes are not what was written.

        Raises:
            InputError: SQLite cannot read on.
        """
        last = -1
        while True:
            with self.transaction() as connection:
                rows = connection.execute(
                    f"SELECT {COLUMNS}, digest, rowid FROM records NOT INDEXED WHERE rowid > ?"
                    " ORDER BY rowid LIMIT ?",
                    (last, TOGETHER),
                ).fetchall()
            if not rows:
                return
            for row in rows:
                try:
                    self._record(row[:-1])
                except InputError as error:
                    yield str(error)
            last = rows[-1][-1]

    def _entry(self, row: tuple) -> Entry:
        """A label; seconds are stored by phase, it has their sum."""
        *label, seconds, finished = row
        texts = (*label[:3], *label[4:], finished)
        if not isinstance(label[3], int) or not all(isinstance(text, str) for text in texts):
            raise self._damage(row)
        try:
            total = float(sum(json.loads(seconds).values()))
        except UNREADABLE:
            total = 0.0  # nothing depends on it; who reads the record itself is told
        if not math.isfinite(total):
            total = 0.0
        return Entry._make((*label, total, finished))

    def _damage(self, row: tuple) -> InputError:
        study, variant, condition, seed, key = row[:5]
        words = shlex.join(["ebb", "remove", str(study), "--variant", str(variant)])
        return InputError(
            f"Received a damaged record in {str(self.file)!r} ({study}, {condition}, seed {seed}); "
            f"expected the bytes that were written: remove it by `{words} --run {key}` and run the "
            "study again, or restore a copy of the file."
        )

    def _record(self, row: tuple) -> Record:
        from core.results import read_results  # noqa: PLC0415  # labels are read without NumPy

        study, variant, condition, seed, key, _, data, _, status, error, *rest = row
        *texts, results, digest = rest
        if checksum(row[:-1]) != digest:
            raise self._damage(row)
        try:
            seconds, recipe, environment, notes = map(json.loads, texts)
            history, evaluations, arrays = read_results(results)
            return Record(
                study=study,
                variant=variant,
                condition=condition,
                seed=seed,
                key=key,
                recipe=from_stored(recipe),
                data=data,
                environment=environment,
                # The losses of what another program trained need not be known.
                status=status if "settings" in recipe else outcome(status, evaluations),
                error=error,
                seconds=seconds,
                notes=tuple(map(Note.from_json, notes)),
                history=history,
                evaluations=evaluations,
                arrays=arrays,
            )
        except UNREADABLE:
            raise self._damage(row) from None

    def _check_count(
        self, connection: sqlite3.Connection, rows: int, where: str, values: Sequence[str]
    ) -> None:
        """Refuse a file in which table and index disagree: a flipped bit can hide a row in one.

        Raises:
            InputError: They do.
        """
        index = "INDEXED BY sqlite_autoindex_records_1"
        found = connection.execute(f"SELECT count(*) FROM records {index} {where}", values)
        if (there := found.fetchone()[0]) != rows:
            raise InputError(
                f"Received the store {str(self.folder)!r}, whose table has {rows} records and "
                f"whose index {there}; expected the same, so it is damaged: restore a copy, or see "
                "what is left with `ebb store check`."
            )

    def planned(self, study: str, variant: str) -> int | None:
        """The number of seeds that was planned when the first record was written."""
        found = self._plan("seeds", study, variant)
        return found if isinstance(found, int) else None

    def design(self, study: str, variant: str) -> str:
        """What was kept of how a variant is to be compared; empty where nothing was."""
        found = self._plan("design", study, variant)
        return found if isinstance(found, str) else ""

    def _plan(self, column: str, study: str, variant: str) -> Any:
        with self.transaction() as connection:
            row = connection.execute(
                f"SELECT {column} FROM plans WHERE study = ? AND variant = ?", (study, variant)
            ).fetchone()
        return None if row is None else row[0]

    def remove(self, study: str, variant: str | None = None, key: str | None = None) -> int:
        """Remove records; how many they were.

        Args:
            study: Whose records.
            variant: Of one variant, or of all.
            key: Of one run, or of all; the plan is forgotten with the last record.
        """
        where, values = "study = ?", [study]
        for column, value in (("variant", variant), ("key", key)):
            if value is not None:
                where, values = f"{where} AND {column} = ?", [*values, value]
        with self.transaction(write=True) as connection:
            count = connection.execute(f"DELETE FROM records WHERE {where}", values).rowcount
            connection.execute(
                "DELETE FROM plans WHERE study = ? AND NOT EXISTS (SELECT 1 FROM records WHERE"
                " records.study = plans.study AND records.variant = plans.variant)",
                (study,),
            )
        return count

    def check_writable(self) -> None:
        """Refuse a store that could not take a record, before anything is trained."""
        # Whoever reads it now is not there for ever.
        with suppress(StoreInUseError), self.transaction(write=True, patience=0) as connection:
            # SQLite opens a file that it may not write to all the same: only writing tells.
            connection.execute(f"PRAGMA user_version = {SCHEMA}")

    @contextmanager
    def transaction(
        self, write: bool = False, patience: float = PATIENCE
    ) -> Iterator[sqlite3.Connection]:
        """A transaction. The journal is SQLite's ordinary one, which network shares can hold."""
        try:
            finish_rollback(self.file, _is_sound)
            if schema_of(self.file) in EARLIER:
                migrate(self.file)
            if write:
                self.folder.mkdir(parents=True, exist_ok=True)
                connection = sqlite3.connect(self.file, timeout=patience, isolation_level=None)
            elif self.exists() and self.file.stat().st_size:
                connection = reader(self.file)
            else:
                connection = sqlite3.connect(":memory:", isolation_level=None)
                connection.executescript(TABLES)
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.text_factory = TEXT
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
        # SQLite quotes a damaged schema, of which Python expects that it is text.
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise StoreInUseError(
                    f"Received the store {str(self.folder)!r}, which another program holds "
                    f"({error}): one that reads it for long, such as a notebook or a database "
                    "browser; expected it to let go: close it there and call again."
                ) from None
            limit = limit_reached(self.file.parent)
            raise InputError(
                f"Received the store {str(self.folder)!r}; expected a folder with a sound "
                f"{FILE} that can be {'written' if write else 'read'} "
                f"({'; '.join(filter(None, (str(error), limit)))}): mend it, or name another with "
                "--store."
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
        json.dumps(dict(record.seconds)),
        *map(json.dumps, (to_stored(record.recipe), dict(record.environment))),
        *(json.dumps([note.to_json() for note in record.notes]), record.results()),
    )


def _is_sound(folder: Path) -> bool:
    """Whether a copy is whole, which nobody reads again: of an older schema it may as well be."""
    copy = Store(folder)
    with redirect_stderr(StringIO()):
        return not copy.integrity() and not list(copy.damaged())
