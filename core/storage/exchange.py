"""An export: the records of a store as one compressed file, from which a store can be made again.

It is a store itself: an SQLite file of the schema in `core.storage.schema`, packed with xz. So it
holds all that a record holds, to the byte, and one of an earlier Ebb is read as its store is.
Kept weights and checkpoints of unfinished runs are files beside a store, and not in it.
"""

import lzma
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from core.results import same_results
from core.storage.schema import COLUMNS, FILE
from core.storage.store import Store
from data import InputError

ENDING = ".sqlite.xz"
MOST_BYTES = 4 << 30
"""How large the store in an export may be when it is unpacked."""
BLOCK = 1 << 20
OUTCOMES = ("finished", "diverged")
"""What another run of the same recipe, seed and environment would end with again."""

_OF_RECORDS = f"{COLUMNS}, finished, digest"
_OF_PLANS = "study, variant, seeds, planned, design"
_IDENTITY = "study = ? AND variant = ? AND condition = ? AND seed = ? AND key = ?"


def write_export(store: Store, file: Path, study: str | None = None) -> int:
    """Write the records of a store into a file, whole or not at all; how many they are.

    Args:
        store: Where they are.
        file: Where to write; it is overwritten. The same records give the same bytes.
        study: Only this one's.

    Raises:
        InputError: A damaged record.
        OSError: The file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="ebb-") as folder:
        packed = Store(Path(folder))
        with packed.transaction(write=True) as to, store.transaction() as of:
            _copy_plans(of, to, study)
            for row in _rows(of, study):
                _insert(to, row)
        for said in packed.damaged():
            # It names the copy, of which nobody knows.
            raise InputError(said.replace(repr(str(packed.file)), repr(str(store.file))))
        new = file.with_name(f".{file.name}.new")
        try:
            with packed.file.open("rb") as raw, lzma.open(new, "wb") as out:
                shutil.copyfileobj(raw, out, BLOCK)
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)
        return len(packed.entries())


def read_export(file: Path, store: Store) -> Counter[str]:
    """Store the records of an export, all of them in one commit or none.

    A record that the store has already stays as it is; one that failed or was stopped is replaced
    by one that finished or diverged. Plans are those of the first record, as ever.

    Args:
        file: What `write_export` wrote, of this Ebb or of an earlier one.
        store: Where to put them; made if it is not there.

    Returns:
        How many are `stored`, `already there`, and `replaced`.

    Raises:
        InputError: The file cannot be read, is damaged, or is no export; or the store has another
            result for one of its runs. Nothing is stored then.
    """
    done: Counter[str] = Counter()
    with (
        _unpacked(file) as packed,
        packed.transaction() as of,
        store.transaction(write=True) as to,
    ):
        _copy_plans(of, to, None)
        for row in _rows(of, None):
            _take(row, to, done, file)
    return done


def _rows(connection: sqlite3.Connection, study: str | None) -> sqlite3.Cursor:
    where, values = ("", ()) if study is None else ("WHERE study = ?", (study,))
    return connection.execute(
        f"SELECT {_OF_RECORDS}, fingerprint, status FROM records {where}"
        " ORDER BY study, variant, condition, seed, key, fingerprint",
        values,
    )


def _copy_plans(of: sqlite3.Connection, to: sqlite3.Connection, study: str | None) -> None:
    where, values = ("", ()) if study is None else ("WHERE study = ?", (study,))
    plans = of.execute(f"SELECT {_OF_PLANS} FROM plans {where} ORDER BY study, variant", values)
    for plan in plans.fetchall():
        study, variant, *_, design = plan
        there = to.execute(
            "SELECT design FROM plans WHERE study = ? AND variant = ?", (study, variant)
        ).fetchone()
        if there is not None and there[0] != design:
            raise InputError(
                f"Received records of {study} ({variant}) by another plan of looks than the "
                "store's; expected the same, by which p and intervals are: take another --store."
            )
        to.execute(f"INSERT OR IGNORE INTO plans ({_OF_PLANS}) VALUES (?, ?, ?, ?, ?)", plan)


def _insert(to: sqlite3.Connection, row: tuple[Any, ...]) -> None:
    values = row[:-2]
    to.execute(
        f"INSERT OR REPLACE INTO records ({_OF_RECORDS}) VALUES ({', '.join('?' * len(values))})",
        values,
    )


def _take(row: tuple[Any, ...], to: sqlite3.Connection, done: Counter[str], file: Path) -> None:
    """Store one record, unless it is there."""
    *_, fingerprint, status = row
    results = row[COLUMNS.split(", ").index("results")]
    there = to.execute(
        f"SELECT status, results FROM records WHERE {_IDENTITY} AND fingerprint = ?",
        (*row[:5], fingerprint),
    ).fetchone()
    if there is None:
        done["stored"] += 1
    elif there[0] not in OUTCOMES and status in OUTCOMES:
        done["replaced"] += 1
    elif status not in OUTCOMES or (there[0] == status and same_results(there[1], results)):
        done["already there"] += 1
        return
    else:
        study, _, condition, seed, *_ = row
        raise InputError(
            f"Received {str(file)!r}, which has another result for a run that the store has "
            f"({study}, {condition}, seed {seed}); expected the same: `ebb store import` it into "
            "another --store, or remove the one that is wrong."
        )
    _insert(to, row)


@contextmanager
def _unpacked(file: Path) -> Iterator[Store]:
    """The store in an export, every record of it sound."""
    with tempfile.TemporaryDirectory(prefix="ebb-") as folder:
        try:
            with lzma.open(file, "rb") as packed, (Path(folder) / FILE).open("wb") as raw:
                while block := packed.read(BLOCK):
                    if raw.tell() + len(block) > MOST_BYTES:
                        raise InputError(
                            f"Received {str(file)!r}, which unpacks to more than "
                            f"{MOST_BYTES >> 30} GB; expected an export of a store."
                        )
                    raw.write(block)
        except (lzma.LZMAError, EOFError) as error:
            raise _damage(file, str(error)) from None
        except OSError as error:
            raise InputError(
                f"Received {str(file)!r}; expected a file that can be read, and room to unpack it "
                f"({error.strerror})."
            ) from None
        store = Store(Path(folder))
        try:
            with redirect_stderr(StringIO()):  # an export of an earlier schema stays as it is
                faults = ["no records"] * (not store.entries())
                faults += [*store.integrity(), *store.damaged()]
        except InputError as error:
            raise _damage(file, str(error)) from None
        if faults:
            raise _damage(file, faults[0])
        yield store


def _damage(file: Path, said: str) -> InputError:
    return InputError(
        f"Received {str(file)!r}, which is damaged or no export of a store ({said}); expected what "
        f"`ebb store export NAME{ENDING}` wrote: nothing was stored."
    )
