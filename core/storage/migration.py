"""From schema 1 or 2 to 3: an earlier store, brought to today's form in one transaction.

Schema 2 had no designs beside the numbers of planned seeds. Schema 1 had a hash of the bytes of
`core/` in every fingerprint, and names of variants with fields that are called otherwise today.
Keys and recipes stay to the byte, so every record is found again. Records of its first day have a
checksum of two columns alone; they get that of all.
"""

import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from core.storage.schema import (
    APPLICATION,
    COLUMNS,
    SCHEMA,
    TEXT,
    checksum,
    checksum_of_first_day,
)
from core.stored_names import variant_of_today
from core.training.environment import LAST_CORE, fingerprint
from data import InputError

HEADER = 72
"""Bytes of an SQLite file in which its schema and application stand."""
NAMES = COLUMNS.replace(" ", "").split(",")


def schema_of(file: Path) -> int | None:
    """The schema of a store's file; None of what is no store, or not there."""
    try:
        with file.open("rb") as raw:
            header = raw.read(HEADER)
    except OSError:
        return None
    if int.from_bytes(header[68:72], "big") != APPLICATION:
        return None
    return int.from_bytes(header[60:64], "big")


def migrate(file: Path) -> None:
    """Bring a store to today's schema, or leave it as it is; say on standard error what was done.

    One transaction: who is killed on the way leaves the old store whole.

    Raises:
        InputError: It cannot be written.
    """
    try:
        with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
            connection.text_factory = TEXT
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == SCHEMA:
                return  # somebody else has just done it
            if version == 1:
                done = _records(connection)
                _variants_of_plans(connection)
            else:
                (there,) = connection.execute("SELECT count(*) FROM records").fetchone()
                done = Counter({"found again": there})
            connection.execute("ALTER TABLE plans ADD COLUMN design TEXT NOT NULL DEFAULT ''")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise InputError(
            f"Received the store {str(file.parent)!r} of an earlier Ebb, to be brought to today's "
            f"form once; expected a folder that can be written ({error}): call `ebb status` where "
            "it can, or use a copy of the folder."
        ) from None
    print(f"note: {_said(file.parent, done)}", file=sys.stderr)


def _variants_of_plans(connection: sqlite3.Connection) -> None:
    for (variant,) in connection.execute("SELECT DISTINCT variant FROM plans").fetchall():
        connection.execute(
            "UPDATE plans SET variant = ? WHERE variant = ?", (variant_of_today(variant), variant)
        )


def _records(connection: sqlite3.Connection) -> Counter[str]:
    """Bring all records to today's names; how many are found again, stale, or damaged."""
    done: Counter[str] = Counter()
    for (row_id,) in connection.execute("SELECT rowid FROM records").fetchall():
        *row, digest = connection.execute(
            f"SELECT {COLUMNS}, digest FROM records WHERE rowid = ?", (row_id,)
        ).fetchone()
        values = dict(zip(NAMES, row, strict=True))
        first_day = checksum_of_first_day(values["status"], values["results"])
        if digest not in (checksum(row), first_day):  # for `ebb store check` to name, as before
            done["damaged"] += 1
            continue
        environment = json.loads(values["environment"])
        stale = environment.get("core") != LAST_CORE
        if not stale:
            del environment["core"]
        done["stale" if stale else "found again"] += 1
        values |= _renamed(values["variant"], environment)
        connection.execute(
            "UPDATE records SET variant = ?, fingerprint = ?, environment = ?, digest = ?"
            " WHERE rowid = ?",
            (
                *(values[name] for name in ("variant", "fingerprint", "environment")),
                checksum(tuple(values[name] for name in NAMES)),
                row_id,
            ),
        )
    return done


def _renamed(variant: str, environment: dict[str, Any]) -> dict[str, str]:
    return {
        "variant": variant_of_today(variant),
        "environment": json.dumps(environment),
        "fingerprint": fingerprint(environment),
    }


def _said(folder: Path, done: Counter[str]) -> str:
    """What was done, in a line."""
    counted = (
        f"the store {folder} was brought to schema {SCHEMA}: {done.total()} records, none lost"
    )
    if done["stale"]:
        counted += f"; {done['stale']} of other versions of Ebb's core stay stale"
    if done["damaged"]:
        counted += f"; {done['damaged']} damaged ones left as they are (see `ebb store check`)"
    return counted
