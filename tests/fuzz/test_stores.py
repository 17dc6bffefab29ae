"""Stores that were damaged, or that hold text which means harm.

A store's checksums tell accidents. They cannot tell who wrote a text: it is shown with care.
"""

import json
import sqlite3
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.storage.schema import COLUMNS, checksum
from tests.fuzz.calling import LENGTHS, World, examples
from tests.fuzz.test_data_files import damaged

SEEDS = st.integers(0, 2**64 - 1)
NAMES = [name.strip() for name in COLUMNS.split(",")]
READERS = (
    *(["status"], ["status", "--format", "json"], ["status", "class-order"], ["show", "{key}"]),
    *(["table", "{study}"], ["table", "{study}", "--kind", "{kind}"], ["compare", "{study}"]),
    *(["table", "{study}", "--kind", "{kind}", "--format", "{format}"], ["check", "{study}"]),
    *(["compare", "mine.py"], ["check", "{study}"], ["compare", "mine", "plain", "noisy"]),
    *(["table", "{study}", "--kind", "{kind}"], ["table", "{study}", "--format", "markdown"]),
    *(["compare", "class-order", "shuffled", "class-sequential", "--format", "json"], ["status"]),
    *(["run", "class-order", "--dry-run"], ["run", "mine.py", "--dry-run"]),
    ["plan", "--difference", "1", "--pilot", "class-order"],
)
DRAWERS = (["table", "{study}", "--kind", "{kind}", "--figure", "new.png"],)
"""A figure takes a second or several."""
STUDIES = (
    *("class-order", "mine.py", "mine", "measured", "tasks", "class-position"),
    "polynomial-degree",
)
KINDS = (
    *("overview", "summary", "per-class", "forgetting", "history", "position"),
    *("gradients", "dead-units", "misclassified", "proportions"),
)
HOSTILE = (
    *(
        "\x1b[2J\x1b]0;owned\x07",
        "<script>alert(1)</script>",
        "a|b|c",
        "a\nb",
        "\u202eabc",
        "\u2028",
    ),
    *("../../x", "=1+1", "@SUM(A1)", "[x](javascript:alert(1))", "![x](http://nowhere)", "`x`"),
    *("x" * 10_000, "", " ", "$x$", "$\\frac", "{}", "%s", "\x00", "[red]x[/]", "-", "\U0001f600"),
)
VALUES: tuple[Any, ...] = (
    *HOSTILE,
    *(0, -1, 1, 2**62, -(2**63), 1.5, float("inf"), b"", b"\xff\xfe", b"PK\x03\x04", "nan", "full"),
    *("finished", "diverged", "failed", "stopped", "running", "class-order", "mine", "shuffled"),
)
TEXTS = (
    *("", "{", "[]", "{}", "null", "3", '"a"', "[1, 2]", '{"a": 1}', '{"train": "x"}', "NaN"),
    *('{"train": NaN}', '{"train": Infinity}', '{"train": -1e400}', '[["a"]]', "[3]", "[null]"),
    *(
        '{"train": 1e308, "b": 1e308}',
        "[" * 2000,
        '{"train": null}',
        "9" * 5000,
        '["data: \\u001b[2J"]',
    ),
)


def change(store: sqlite3.Connection, random: Random) -> None:
    """Change some values of one row or of all."""
    rows = store.execute(f"SELECT rowid, {COLUMNS} FROM records").fetchall()
    changed = rows if random.random() < 0.3 else random.choices(rows, k=random.choice((1, 1, 3)))
    for _ in range(random.choice((1, 1, 2))):
        column = random.choice(NAMES)
        value = random.choice(VALUES)
        if column in ("seconds", "recipe", "environment", "remarks"):
            value = random.choice(TEXTS)
        for rowid, *_ in changed:
            sql = f"UPDATE OR IGNORE records SET {column} = ? WHERE rowid = ?"
            store.execute(sql, (value, rowid))
    if random.random() < 0.2:
        store.execute("UPDATE plans SET seeds = ?", (random.choice(VALUES),))
    if random.random() < 0.1:
        store.execute("UPDATE records SET finished = ?", (random.choice(VALUES),))


def spoil(world: World, random: Random) -> str:
    """Damage the store in one way or another; the key of one of its runs."""
    file = world.folder / "results" / "ebb.sqlite"
    how = random.choice(("bytes", "rows", "short"))
    key = "0"
    if how == "bytes":
        data = bytearray(file.read_bytes())
        for _ in range(random.choice((1, 10, 100, 1000))):
            data[random.randrange(len(data))] = random.randrange(256)
        file.write_bytes(data)
    elif how == "short":
        file.write_bytes(
            file.read_bytes()[: random.choice((0, 1, 100, 4096, random.randrange(10**5)))]
        )
    else:
        store = sqlite3.connect(file)
        store.execute("PRAGMA synchronous = OFF")
        change(store, random)
        if random.random() < 0.05:
            store.execute("DROP TABLE plans")
        store.commit()
        key = str(random.choice(store.execute("SELECT key FROM records").fetchall())[0])
        store.close()
    world.settle()
    return key.replace("\0", "")


@pytest.mark.parametrize("times", LENGTHS)
@pytest.mark.parametrize(
    ("number", "readers"), [(120, READERS), (3, DRAWERS)], ids=["read", "drawn"]
)
def test_an_unsound_store_is_read_or_refused_and_left_as_it_is(
    number: int, readers: tuple, times: int, world: World
) -> None:
    @examples(number * times)
    @given(SEEDS)
    def holds(seed: int) -> None:
        random = Random(seed)
        key = spoil(world, random)
        try:
            for words in random.sample(readers, min(3, len(readers))):
                given = {
                    **{"key": key, "study": random.choice(STUDIES), "kind": random.choice(KINDS)},
                    "format": random.choice(("text", "json", "markdown", "csv", "latex")),
                }
                world.call(*(word.format(**given) for word in words))
        finally:
            world.restore()

    holds()


@pytest.mark.parametrize("times", LENGTHS)
def test_any_bytes_in_the_place_of_a_store_are_refused(times: int, world: World) -> None:
    whole = (world.folder / "results" / "ebb.sqlite").read_bytes()[:20_000]

    @examples(30 * times)
    @given(SEEDS)
    def holds(seed: int) -> None:
        world.write("folder/ebb.sqlite", damaged(whole, Random(seed)))
        world.call("status", "--store", "folder")
        world.restore()

    holds()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("column", ["study", "variant", "condition", "error", "remarks"])
def test_hostile_text_harms_no_reader(column: str, text: str, world: World) -> None:
    store = sqlite3.connect(world.folder / "results" / "ebb.sqlite")
    value = json.dumps([text, f"data: {text}"]) if column == "remarks" else text
    store.execute(
        f"UPDATE OR IGNORE records SET {column} = ? WHERE study = 'mine' AND condition = 'noisy'",
        (value,),
    )
    for rowid, *row in store.execute(f"SELECT rowid, {COLUMNS} FROM records").fetchall():
        store.execute("UPDATE records SET digest = ? WHERE rowid = ?", (checksum(row), rowid))
    (key,) = store.execute("SELECT key FROM records WHERE study = 'mine'").fetchone()
    store.commit()
    store.close()
    world.settle()
    try:
        for words in (["status"], ["status", "mine"], ["show", key], ["table", "mine"]):
            found = world.call(*words)
            assert len(found.out) < 200_000
        found = world.call("table", "mine", "--format", "markdown")
        assert "<script" not in found.out
        assert "](" not in found.out
        rows = [line for line in found.out.splitlines() if line.startswith("| ")]
        assert len({line.count("|") for line in rows}) <= 1
    finally:
        world.restore()
