"""What every test of this folder holds against a call, and the streams it is made with.

This folder mirrors no room of the house: its properties hold for the whole command line, whatever
is behind it, on generated calls, files and stores. Each fault that was found here also has a plain
test in `test_found.py`, which states it by its example.
"""

import contextlib
import hashlib
import importlib
import io
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from core import Recipe, Record
from studies import cli
from studies.running.executor import Job
from tests.studies.conftest import Call, FakeWorkers, outcome

STEERING = {
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))),
    *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
}
"""Control characters, line ends, and those that turn the direction of what follows."""
CHANGING = ("run", "remove", "data", "report", "store")
"""Commands that may leave something: the others only read (but for a figure that is named)."""
LENGTHS = [
    pytest.param(1, id="short"),
    pytest.param(10, id="long", marks=pytest.mark.slow),
]
"""How many times the usual number of examples. `--hypothesis-profile=default --hypothesis-seed=N`
tries others than the usual ones."""


def examples(number: int) -> Callable[[Any], Any]:
    """How many examples a property is tried on."""
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    # Nothing is shrunk: that takes minutes, and the examples are short.
    return settings(
        max_examples=number,
        deadline=None,
        suppress_health_check=unhurried,
        phases=(Phase.explicit, Phase.generate),
        report_multiple_bugs=True,
    )


def call(*words: str) -> Call:
    """`ebb` in this process, with streams that encode as a terminal's or a pipe's do."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", errors="backslashreplace")
    before = sys.argv, list(sys.path), set(sys.modules)
    sys.argv = ["ebb", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
        raise AssertionError("main() returned; expected it to end the process")
    except SystemExit as end:
        status: Any = end.code or 0
    finally:
        sys.argv, sys.path[:] = before[:2]
        _forget_modules(before[2])
    shown = []
    for stream in (out, err):
        stream.flush()
        shown.append(stream.buffer.getvalue().decode(errors="replace"))  # type: ignore[attr-defined]
    return Call(status, *shown)


def _forget_modules(known: Iterable[str]) -> None:
    """Study files of one example are not those of the next."""
    here = str(Path.cwd())
    for name in set(sys.modules) - set(known):
        if str(getattr(sys.modules[name], "__file__", None)).startswith(here):
            del sys.modules[name]
    importlib.invalidate_caches()


def content(folder: Path) -> dict[str, str]:
    """Every file below a folder with a hash of its bytes."""
    found = {}
    for path in folder.rglob("*"):
        if "__pycache__" not in path.parts:
            whole = path.is_file() and path.stat().st_size
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if whole else ""
    return found


def harmless(found: Call, *, raw: bool = False, advancing: bool = False) -> Call:
    """The property: one of three ends; a refusal is one line; nothing steers a terminal.

    Args:
        found: What a call left.
        raw: Whether standard output is for programs, CSV with the names as they are or Parquet.
        advancing: Whether lines on how a study advances may come before the refusal.
    """
    assert found.status in (0, 1, 2), found
    assert "Traceback" not in found.out + found.err, found
    if found.status == 2:
        assert found.out == "", found
        *before, line, after = found.err.split("\n")
        assert line.startswith("ebb: "), found
        assert after == "", found
        assert advancing or not before, found
    for text in (found.err, "" if raw else found.out):
        assert not (STEERING - {"\n"}) & set(text), found
    return found


class World:
    """A folder with a store and files that can be called for, brought back after every change."""

    def __init__(self, folder: Path, pristine: Path) -> None:
        self.folder, self.pristine = folder, pristine
        shutil.copytree(pristine, folder, dirs_exist_ok=True)
        self.content = content(folder)

    def write(self, name: str, data: bytes) -> None:
        """Put a file there, beside what the pristine folder has."""
        (self.folder / name).write_bytes(data)
        self.settle()

    def settle(self) -> None:
        """Take what is there now for what must stay."""
        self.content = content(self.folder)

    def call(self, *words: str) -> Call:
        """A call with the property: a refused one, or one that reads, leaves all as it was."""
        try:
            return self._call(*words)
        except Exception as error:
            error.add_note(f"ebb {words!r}")
            self.restore()
            raise

    def _call(self, *words: str) -> Call:
        advancing = "run" in words and "--quiet" not in words
        found = harmless(
            call(*words), raw=bool({"csv", "parquet"} & set(words)), advancing=advancing
        )
        after = content(self.folder)
        if after == self.content:
            return found
        names = after | self.content
        changed = {name for name in names if after.get(name) != self.content.get(name)}
        # What was run is kept, even where a later run is refused, or a figure that it has not.
        kept = "run" in words and changed == {str(self.folder / "results" / "ebb.sqlite")}
        assert found.status != 2 or (kept and "--dry-run" not in words), (found, changed)
        figures = all(name.lower().endswith((".png", ".svg")) for name in changed)
        named = "--out" in words and len(changed) == 1
        assert figures or named or set(CHANGING) & set(words), (found, changed)
        self.restore()
        return found

    def restore(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        shutil.copytree(self.pristine, self.folder, dirs_exist_ok=True)
        self.content = content(self.folder)


class Idle(FakeWorkers):
    """An executor that ends every run at once, but no more than a few."""

    def __init__(self) -> None:
        super().__init__(lambda job: ("record", _ended(job)))

    def events(self, jobs: Any) -> Any:
        yield from super().events(jobs[:20])
        self.asked.clear()


def _ended(job: Job) -> Record:
    if isinstance(job.recipe, Recipe):
        return outcome(job)
    return job.recipe.run(job.seed, study=job.study, variant=job.variant, condition=job.condition)
