"""Data files and score files of strangers: read, or refused in one line; nothing in them runs."""

import contextlib
import io
import pickle
import zipfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.results import read_results
from core.training.checkpoints import Checkpoint
from tests.fuzz.calling import LENGTHS, World, examples

SEEDS = st.integers(0, 2**64 - 1)


class Bomb:
    """Pickled, it would write a file when it is read."""

    def __reduce__(self) -> tuple:
        return Path.write_text, (Path("unpickled"), "x")


def damaged(data: bytes, random: Random) -> bytes:
    """Bytes with some flipped, cut off, repeated or put in."""
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        place = random.randrange(len(found) + 1)
        how = random.randrange(5)
        if how == 0 and place < len(found):
            found[place] ^= 1 << random.randrange(8)
        elif how == 1 and place < len(found):
            found[place] = random.choice((0, 0xFF, 0x7F, 0x80, random.randrange(256)))
        elif how == 2 and random.random() < 0.2:
            del found[place:]
        elif how == 3:
            found[place:place] = found[place : place + random.randrange(20)]
        else:
            del found[place : place + random.choice((1, 2, 4))]
    return bytes(found)


ODD_ARRAYS = (
    *(np.zeros(()), np.zeros((0,)), np.zeros((0, 2, 2), np.uint8), np.zeros((5, 2, 2), np.uint8)),
    *(
        np.array(["a", "b"]),
        np.array([b"a"]),
        np.array([1j]),
        np.zeros(3, "M8[s]"),
        np.zeros(2, "V4"),
    ),
    *(np.array([np.nan] * 100), np.array([np.inf] * 100), np.full((100, 2, 2), 1e308)),
    *(np.full(100, -1), np.full(100, 2**62), np.full(100, 2**64 - 1, np.uint64), np.full(100, 0.5)),
    *(np.zeros(100, [("a", "i4")]), np.arange(100) % 3, np.arange(100)[:, None], np.eye(100)),
    *(np.zeros((100, 2, 2), np.float16), np.zeros((100, 2, 2), ">f8"), np.zeros((1,) * 15)),
    *(np.zeros((100, 2, 2), np.longdouble), np.zeros((100, 2, 2), bool), np.arange(100, 0, -1)),
)


def npz(random: Random) -> bytes:
    """A data set with an array or two that do not fit, or a header that lies."""
    arrays: dict[str, np.ndarray] = {
        "x_train": np.arange(400, dtype=np.uint8).reshape(100, 2, 2),
        "y_train": np.arange(100) % 2,
        "x_test": np.arange(40, dtype=np.uint8).reshape(10, 2, 2),
        "y_test": np.arange(10) % 2,
    }
    for name in random.sample(list(arrays), random.choice((0, 1, 1, 2, 4))):
        arrays[name] = ODD_ARRAYS[random.randrange(len(ODD_ARRAYS))]
        if random.random() < 0.2:
            arrays[name] = np.array([Bomb()], dtype=object)
    file = io.BytesIO()
    with zipfile.ZipFile(
        file, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    ) as out:
        for name, array in arrays.items():
            if random.random() < 0.03:
                continue
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=True)
            data = member.getvalue()
            if random.random() < 0.15:
                huge = random.choice(("(10**15,)", "(-1, 2)", "(2**63,)", "(1e9,)", "('a',)", "()"))
                data = data.replace(b"(100,)", huge.encode(), 1).replace(
                    b"(100, 2, 2)", huge.encode()
                )
            if random.random() < 0.1:
                data = pickle.dumps(Bomb())
            out.writestr(f"{name}{random.choice(('.npy',) * 30 + ('', '.NPY', '.npy/'))}", data)
    data = file.getvalue()
    return damaged(data, random) if random.random() < 0.4 else data


NPZ_READERS = (
    ["data", "show", "odd.npz"],
    ["data", "import", "new", "odd.npz", "--data-dir", "data"],
    ["run", "class-order", "--dry-run", "--seeds", "1", "--dataset", "odd.npz"],
    ["run", "mine.py", "--quick", "--seeds", "1", "--dataset", "odd.npz"],
)


@pytest.mark.parametrize("times", LENGTHS)
def test_a_data_file_is_read_or_refused_and_nothing_is_unpickled(times: int, world: World) -> None:
    @examples(200 * times)
    @given(SEEDS)
    def holds(seed: int) -> None:
        random = Random(seed)
        world.write("odd.npz", npz(random))
        world.call(*random.choice(NPZ_READERS))
        assert not Path("unpickled").exists()

    holds()


@pytest.mark.parametrize("times", LENGTHS)
def test_a_damaged_checkpoint_is_none(times: int, tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    Checkpoint(
        b"results", [np.arange(9.0)], {"held": np.arange(3)}, [({"wait": 1.0}, [])], {"epoch": 1}
    ).save(whole)
    file = tmp_path / "damaged.npz"

    @examples(200 * times)
    @given(SEEDS)
    def holds(seed: int) -> None:
        file.write_bytes(damaged(whole.read_bytes(), Random(seed)))
        assert Checkpoint.load(file) is None or Checkpoint.load(file) is not None

    holds()


CELLS = (
    *(
        "a",
        "b",
        "0",
        "1",
        "2",
        "3",
        "0.5",
        "0.25",
        "1",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "-0.1",
    ),
    *("", " ", '"', '""', '"a\nb"', '"a,b"', "=1+1", "@x", "\x1b[2J", "\u202e", "a\u2028b", "0x10"),
    *(
        "1_0",
        "10" * 20,
        "9" * 400,
        "1e5",
        "5.0",
        "true",
        "None",
        "<b>",
        "|",
        "0,5",
        "50%",
        "\u0665",
    ),
    *(
        "condition",
        "seed",
        "value",
        "class",
        "n_test",
        "'",
        "\\",
        "\t",
        ";",
        "#",
        "\x00",
        "\x0b",
        "\x85",
    ),
)
HEADERS = (
    *(
        "condition,seed,value",
        "condition;seed;value",
        "condition\tseed\tvalue",
        "seed,condition,value",
    ),
    *(
        "condition,seed,value,class",
        "condition,seed,value,n_test,class",
        "condition,seed,value,value",
    ),
    *(
        "Condition,Seed,Value",
        "condition,seed",
        '"condition","seed","value"',
        '"condition\n,seed,value',
    ),
    *(" condition , seed , value ", "condition,seed,value,", "", "a", "condition,seed,value,x,y,z"),
)


def scores(random: Random) -> bytes:
    """A table of scores with some wrong cells, lines or bytes."""
    header = HEADERS[0] if random.random() < 0.5 else random.choice(HEADERS)
    delimiter = next((d for d in ",;\t" if d in header), ",")
    wrong = random.choice((0, 0, 0.02, 0.02, 0.3))
    columns = [name.strip(' "') for name in header.split(delimiter)]
    right = {"condition": "ab", "seed": "012345", "value": ("0.5", "0.25", "1", "0"), "class": "01"}
    lines = [header]
    for i in range(random.choice((0, 1, 2, 8, 12, 12))):
        cells = [random.choice(right.get(name, ("10",))) for name in columns]
        if "class" not in columns:
            cells = [
                {"condition": "ab"[i % 2], "seed": str(i // 2)}.get(name, cell)
                for name, cell in zip(columns, cells, strict=True)
            ]
        cells = [random.choice(CELLS) if random.random() < wrong else cell for cell in cells]
        if random.random() < wrong / 4:
            cells = cells[:-1] or [*cells, "x"]
        lines.append(delimiter.join(cells))
    end = random.choice(("\n", "\n", "\r\n", "\r", "\n\n", "\n\r\n"))
    text = end.join(lines) + random.choice(("", end))
    data = text.encode(random.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32")))
    return damaged(data, random) if random.random() < 0.3 else data


@pytest.mark.parametrize("times", LENGTHS)
def test_a_score_file_is_compared_or_refused(times: int, world: World) -> None:
    @examples(250 * times)
    @given(SEEDS)
    def holds(seed: int) -> None:
        random = Random(seed)
        world.write("odd.csv", scores(random))
        a, b = random.choice(
            (("a", "b"),) * 9 + (("b", "a"), ("=1+1", "a"), ("\x1b[2J", "a"), ("b", "\u202e"))
        )
        options = random.choice(
            (
                *(
                    [],
                    [],
                    ["--unpaired"],
                    ["--per-class"],
                    ["--format", "json"],
                    ["--metric", "loss"],
                ),
                *(
                    ["--margin", "1"],
                    ["--margin", "nan"],
                    ["--metric", "\x1b[2J loss", "--unpaired"],
                ),
            )
        )
        world.call("compare", "odd.csv", a, b, *options)

    holds()


@pytest.mark.parametrize("times", LENGTHS)
def test_damaged_results_raise_what_the_store_expects(times: int) -> None:
    file = io.BytesIO()
    np.savez(file, **{"history at": np.zeros((2, 3)), "array a": np.arange(9)})

    @examples(100 * times)
    @given(SEEDS)
    def holds(seed: int) -> None:
        with contextlib.suppress(ValueError):
            read_results(damaged(file.getvalue(), Random(seed)))

    holds()
