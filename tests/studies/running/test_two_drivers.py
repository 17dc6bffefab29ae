"""Two processes at work in one store."""

import contextlib
import subprocess
import time

import pytest

from core import Store
from tests.studies.conftest import command, fresh_environment, in_a_process, refused

FILE = """
import time
from pathlib import Path

from core import spec
from core.random_streams import stream
from studies import Scoring, Study


def wait(seed):
    Path("NAME-started").touch()
    while not Path("go").exists():
        time.sleep(0.01)
    return {"score": stream(seed, "data").random()}


conditions = {"a": Scoring(spec(wait))}
study = Study(name="NAME", question="?", conditions=conditions, seeds=6, primary="score")
"""


@contextlib.contextmanager
def driver(name, folder, *words):
    """A driver whose first run has begun and waits for a file `go`."""
    (folder / f"{name}.py").write_text(FILE.replace("NAME", name))
    with subprocess.Popen(
        command("run", f"{name}.py", "--workers", "1", *words),
        cwd=folder,
        env=fresh_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (folder / f"{name}-started").exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        yield process
        process.kill()


def ended(process):
    _, err = process.communicate(timeout=100)
    return process.returncode, err


def scores(folder, study):
    store = Store(folder / "results")
    entries = store.entries(study)
    return [(entry.seed, entry.status) for entry in entries], [
        record.history for record in store.records(entries)
    ]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "go").touch()
    with driver("one", folder) as process:
        assert ended(process)[0] == 0
    return scores(folder, "one")


def test_a_second_driver_of_a_study_is_refused_and_the_first_one_loses_nothing(
    tmp_path, undisturbed
):
    with driver("one", tmp_path) as first:
        for words in (("run", "one.py"), ("run", "one.py", "--overwrite", "--yes")):
            line = refused(in_a_process(*words, folder=tmp_path))
            assert f"one (full), which process {first.pid} on host" in line
        again = in_a_process("run", "one.py", "--dry-run", folder=tmp_path)
        assert again.status == 0, again.err
        (tmp_path / "go").touch()
        status, err = ended(first)
        assert status == 0, err
    assert scores(tmp_path, "one") == undisturbed
    assert not list((tmp_path / "results").glob("*.lock"))


@pytest.mark.slow
def test_two_drivers_of_two_studies_both_complete(tmp_path, undisturbed):
    with driver("one", tmp_path) as first, driver("two", tmp_path) as second:
        (tmp_path / "go").touch()
        for process in (first, second):
            status, err = ended(process)
            assert status == 0, err
    for study in ("one", "two"):
        assert scores(tmp_path, study) == undisturbed


@pytest.mark.slow
def test_after_a_killed_driver_the_study_goes_on_and_its_records_can_be_removed(
    tmp_path, undisturbed
):
    with driver("one", tmp_path) as first:
        first.kill()
        first.wait()
        assert list((tmp_path / "results").glob("*.lock"))
        (tmp_path / "go").touch()
        again = in_a_process("run", "one.py", "--workers", "1", folder=tmp_path)
    assert again.status == 0, again.err
    assert scores(tmp_path, "one") == undisturbed
    removed = in_a_process("remove", "one", "--yes", folder=tmp_path)
    assert removed.out == "6 records removed\n"


@pytest.mark.slow
def test_nothing_is_removed_from_under_a_driver(tmp_path):
    (tmp_path / "go").touch()
    with driver("one", tmp_path) as process:
        assert ended(process)[0] == 0
    for file in ("go", "one-started"):
        (tmp_path / file).unlink()
    with driver("one", tmp_path, "--seeds", "9") as process:
        assert "is at work on" in refused(in_a_process("remove", "one", "--yes", folder=tmp_path))
        (tmp_path / "go").touch()
        assert ended(process)[0] == 0
    assert len(scores(tmp_path, "one")[0]) == 9
