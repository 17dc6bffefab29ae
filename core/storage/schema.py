"""What a store's file holds: its tables, its marks, and the checksum of a record."""

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Any

FILE = "ebb.sqlite"
SCHEMA = 3
"""Another number with each change of what is below: see tests/core/storage/test_schemas.py."""
EARLIER = (1, 2)
"""Schemas that `core.storage.migration` brings to this one."""
APPLICATION = 0x45626201  # "Ebb", 1: what the file's header says that it is

TEXT = partial(str, encoding="utf-8", errors="replace")
"""How text is read: a byte that is none any more is for the checksum to find."""

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
    planned TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, design TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (study, variant)
);
"""


COLUMNS = (
    "study, variant, condition, seed, key, recipe_digest, data, fingerprint, status, error,"
    " seconds, recipe, environment, remarks, results"
)


def checksum(row: Sequence[Any]) -> str:
    """SHA-256 of all columns of `COLUMNS`, in their order."""
    digest = sha256()
    for value in row:
        content = _bytes(value)
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def checksum_of_first_day(status: Any, results: Any) -> str:
    """What a record had instead on the first day of schema 1: of these two columns alone."""
    return sha256(_bytes(status) + _bytes(results)).hexdigest()


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
