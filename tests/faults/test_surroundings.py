"""Odd surroundings: a study that leaves or moves, a store behind links or in `~`."""

import os
import signal
from pathlib import Path

import pytest

from core import Store
from core.storage.lock import exclusive
from data import InputError
from tests.faults.conftest import SCORES, Ground
from tests.studies.conftest import a_folder_of_its_own, ebb, in_a_process, made_record, refused

__all__ = ["a_folder_of_its_own", "ebb"]
"""Fixtures."""

LEAVES = {
    "part-0": ("raise SystemExit", "SystemExit"),
    "part-1": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "part-2": ("raise SystemExit('enough')", "SystemExit: enough"),
    "part-3": ("import sys; sys.exit(3)", "SystemExit: 3"),
}
MOVED = f"""
import os

os.makedirs("elsewhere", exist_ok=True)
os.chdir("elsewhere")
{SCORES}

def leave(part):
    {"; ".join(f"part == {i} and exec({code!r})" for i, (code, _) in enumerate(LEAVES.values()))}
""".replace("    draws =", "    seed == 1 and leave(part)\n    draws =", 1)


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A study that moves as it is read and leaves in its functions, with its store in `~`."""
    ground = Ground(tmp_path_factory.mktemp("moved"), MOVED)
    words = ["run", "faults_study.py", "--workers", "2", "--seeds", "2"]
    variables = {"HOME": str(ground.folder / "home"), "EBB_STORE": "~/store"}
    return ground.folder, in_a_process(*words, folder=ground.folder, **variables)


def test_a_function_that_leaves_fails_its_own_run_by_the_name_of_what_it_raised(moved):
    folder, call = moved
    assert call.status == 1, call
    entries = Store(folder / "home" / "store").entries("faults")
    assert len(entries) == 8
    failed = {entry.condition: entry for entry in entries if entry.status == "failed"}
    assert {entry.seed for entry in failed.values()} == {1}
    for condition, (_, name) in LEAVES.items():
        assert failed[condition].error.startswith(f"{name}, see "), failed[condition]


@pytest.mark.slow
@pytest.mark.parametrize("raised", ["SystemExit", "KeyboardInterrupt"])
def test_a_builder_that_leaves_fails_its_run(raised, tmp_path):
    source = f"""
from core import Recipe, spec
from studies import Study

def build(shape, classes):
    raise {raised}

study = Study(
    name="faults",
    question="Does it stay?",
    conditions={{"only": Recipe(dataset="digits", model=spec(build), preprocessing=("scale",))}},
    seeds=1,
)
"""
    call = Ground(tmp_path, source).run("--workers", "1")
    assert call.status == 1, call
    (entry,) = Store(tmp_path / "results").entries("faults")
    assert entry.error.startswith(f"{raised}, see ")


def test_a_study_file_that_changes_the_folder_is_read_and_run_where_the_command_was_called(moved):
    folder, call = moved
    assert "note: faults_study.py changes the current folder" in call.err
    assert len((folder / "ran").read_text().splitlines()) == 8
    assert list((folder / "elsewhere").iterdir()) == []


def test_a_store_in_the_home_folder_is_made_there(moved):
    folder, _ = moved
    assert (folder / "home" / "store" / "ebb.sqlite").exists()
    assert not list(folder.glob("*~*"))


@pytest.mark.parametrize("raised", ["SystemExit", "KeyboardInterrupt"])
@pytest.mark.parametrize("command", ["run", "table"])
def test_a_study_file_that_leaves_while_it_is_read_is_refused_in_one_line(
    raised, command, ebb, monkeypatch, tmp_path
):
    just_ends = signal.signal(signal.SIGINT, signal.SIG_DFL)  # as the command begins
    try:
        (tmp_path / "leaving_study.py").write_text(f"\nraise {raised}\n")
        line = refused(ebb(command, "leaving_study.py"))
    finally:
        signal.signal(signal.SIGINT, just_ends)
    assert f"it does not run: {raised}" in line
    assert "line 2" in line


def test_ctrl_c_while_a_study_file_is_read_ends_the_command(ebb, tmp_path):
    just_ends = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        (tmp_path / "long_study.py").write_text("import signal\nsignal.raise_signal(2)\n")
        assert ebb("table", "long_study.py").status == 130
    finally:
        signal.signal(signal.SIGINT, just_ends)


@pytest.mark.parametrize("variable", ["EBB_STORE", "EBB_DATA"])
def test_a_folder_of_the_environment_may_begin_with_the_home_folder(
    variable, ebb, monkeypatch, tmp_path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~/x")
    if variable == "EBB_STORE":
        Store(tmp_path / "x").save(made_record(), "digest", 1)
        assert "1 finished" in ebb("status").out
    else:
        assert str(tmp_path / "x") in ebb("data", "show", "mnist").err


@pytest.mark.parametrize(
    ("link", "to", "store"),
    [
        ("results", "results", "results"),
        ("results", "not-there", "results"),
        ("loop", "loop", "loop/results"),
        ("results/ebb.sqlite", "ebb.sqlite", "results"),
        ("results/ebb.sqlite", "not-there/ebb.sqlite", "results"),
    ],
)
@pytest.mark.parametrize("words", [("status",), ("run", "class-order", "--quick")], ids="-".join)
def test_a_store_behind_a_link_that_leads_nowhere_is_refused(link, to, store, words, ebb, tmp_path):
    Path(link).parent.mkdir(exist_ok=True)
    os.symlink(to, link)
    line = refused(ebb(*words, "--store", store))
    assert f"Received the store {store!r}" in line
    assert "link" in line
    assert sorted(each.name for each in tmp_path.rglob("*")) == sorted({*Path(link).parts})


def test_a_store_whose_file_is_a_link_has_the_lock_of_the_file(tmp_path):
    one, other = Store(tmp_path / "one"), tmp_path / "other"
    one.save(made_record(), "digest", 1)
    other.mkdir()
    (other / "ebb.sqlite").symlink_to("../one/ebb.sqlite")
    with (
        exclusive(one.file.parent, "s", "full"),
        pytest.raises(InputError, match=f"process {os.getpid()} "),
        exclusive(Store(other).file.parent, "s", "full"),
    ):
        pass
    assert Store(other).entries() == one.entries()
