"""`ebb store check`: what is wrong with a store, which run it costs, and how to mend it."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core import Record
from core.storage.store import Store
from core.training.checkpoints import Checkpoint, RunFiles, checkpoint_file
from core.training.environment import environment, fingerprint
from studies.results.leftovers import UNFINISHED, WEIGHTS
from tests.core.storage.test_recovery import in_mid_commit
from tests.studies.commands.test_cli import UNSOUND, flip_results, spoil_text
from tests.studies.conftest import OTHER_ENVIRONMENT, keep, made_record, refused

HERE = fingerprint(environment())


def faults(call):
    assert "Traceback" not in call.err
    lines = call.out.splitlines()
    found = [line.removeprefix("fault: ") for line in lines[:-1]]
    assert call.status == (1 if found else 0), call
    assert lines[-1].endswith(f"; {len(found) or 'no'} fault{'s' * (len(found) != 1)}")
    return found


def change(store, statement, *values):
    with closing(sqlite3.connect(store.file)) as connection, connection:
        connection.execute(statement, values)


def state_of(record: Record, file: Path) -> Path:
    names = ("study", "variant", "condition", "seed")
    run = {name: getattr(record, name) for name in names}
    Checkpoint(b"", [np.zeros(3)], {}, [], {"epoch": 1, "run": run}).save(file)
    return file


def weights_of(record: Record, store: Store, stem: str = "") -> list[Path]:
    """The two files that a run with --keep-weights leaves, without a network in them."""
    stem = stem or f"{record.key}-{HERE}"
    weights = store.folder / WEIGHTS / f"{stem}.weights.h5"
    weights.parent.mkdir(exist_ok=True)
    weights.write_bytes(b"a network")
    names = ("study", "variant", "condition", "seed")
    notes = {"weights": hashlib.sha256(b"a network").hexdigest()}
    notes |= {"run": {name: getattr(record, name) for name in names}}
    file = weights.with_name(f"{stem}.npz")
    Checkpoint(b"", [], {}, [], notes).save(file)
    return [weights, file]


def test_a_sound_store_has_no_fault_and_its_stale_records_are_counted(ebb, filled):
    keep(filled, made_record(seed=7, environment=OTHER_ENVIRONMENT))
    weights_of(made_record(seed=0), filled)
    state_of(
        made_record(seed=9), checkpoint_file(filled.folder / UNFINISHED, made_record(seed=9).key)
    )
    call = ebb("store", "check")
    assert faults(call) == []
    assert "5 records (1 stale: of another environment), 1 files of unfinished runs" in call.out


def test_no_store_is_refused(ebb, store):
    assert "which is not there" in refused(ebb("store", "check"))
    assert not store.folder.exists()


@pytest.mark.parametrize("damage", UNSOUND, ids=lambda damage: damage.__name__)
def test_what_is_no_store_is_refused_and_a_broken_one_is_a_fault(damage, ebb, store):
    damage(store.folder)
    call = ebb("store", "check")
    if damage.__name__ == "cut_off":
        assert "restore a copy" in faults(call)[0]
    else:
        refused(call)


def test_every_damaged_record_is_named_with_what_mends_it(ebb, filled):
    flip_results(filled.folder)
    change(filled, "UPDATE records SET recipe = '{' WHERE condition = 'class-sequential'")
    keep(filled, made_record(variant="quick"))
    found = faults(ebb("store", "check"))
    assert len(found) == 3
    for line in found:
        assert "damaged record" in line
        assert "--variant full --run " in line


def mending(line):
    """The words of the call that a line names."""
    return line.split("`ebb ")[1].split("`")[0].split()


def test_the_call_that_is_named_removes_the_damaged_record_alone(ebb, filled):
    flip_results(filled.folder)
    (line,) = faults(ebb("store", "check"))
    assert refused(ebb("table", "class-order")).split("`")[1] == line.split("`")[1]
    assert ebb(*mending(line), "--yes").out == "1 record removed\n"
    assert faults(ebb("store", "check")) == []
    assert ebb("table", "class-order").status == 0
    assert len(filled.entries()) == 3


@pytest.mark.parametrize("column", ["study", "condition", "key", "fingerprint", "error", "digest"])
def test_a_changed_byte_is_found_in_every_column(column, ebb, filled):
    change(filled, f"UPDATE records SET {column} = {column} || 'x' WHERE rowid = 1")
    assert len(faults(ebb("store", "check"))) == 1


@pytest.mark.parametrize("column", ["recipe", "error", "condition", "seconds", "remarks"])
def test_bytes_that_are_no_text_are_found_and_end_in_no_traceback(column, ebb, filled):
    change(filled, f"UPDATE records SET {column} = CAST(x'ff41fe' AS TEXT) WHERE rowid = 1")
    (line,) = faults(ebb("store", "check"))
    assert "damaged record" in line
    assert ebb("status").status == 0
    assert ebb("status", "class-order").status == 0
    assert ebb(*mending(line), "--yes").status == 0
    assert faults(ebb("store", "check")) == []


def test_results_that_nobody_wrote_are_named_though_their_checksum_is_right(ebb, filled):
    from core.storage.schema import COLUMNS, checksum

    with closing(sqlite3.connect(filled.file)) as connection, connection:
        row = connection.execute(f"SELECT {COLUMNS} FROM records WHERE rowid = 1").fetchone()
        row = (*row[:-1], b"PK no archive")
        connection.execute(
            "UPDATE records SET results = ?, digest = ? WHERE rowid = 1", (row[-1], checksum(row))
        )
    assert len(faults(ebb("store", "check"))) == 1
    assert "damaged record" in refused(ebb("table", "class-order"))


def test_one_spoilt_time_leaves_the_other_records_readable(ebb, filled):
    spoil_text(filled, "seconds")
    assert "4 finished" in ebb("status", "class-order").out
    assert ebb("store", "export", "out").status == 2


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_a_page_of_the_file_overwritten_is_a_fault_or_a_damaged_record(place, ebb, store):
    keep(store, *(made_record(seed=seed) for seed in range(30)))
    content = bytearray(store.file.read_bytes())
    page = round(place * len(content) / 4096) * 4096
    content[page : page + 4096] = bytes(range(256)) * 16
    store.file.write_bytes(content)
    assert faults(ebb("store", "check"))


def test_a_state_that_cannot_be_read_or_is_not_needed_is_a_fault(ebb, filled):
    folder = filled.folder / UNFINISHED
    ended, other = made_record(seed=0), made_record(seed=8)
    state_of(ended, folder / f"{ended.key}-{HERE}.npz")
    state_of(other, folder / f"{other.key}-{'0' * 16}.npz")
    (folder / f"{'1' * 16}-{HERE}.npz").write_bytes(b"PK")
    (folder / f"{'2' * 16}-{HERE}.99.new").write_bytes(b"PK")
    found = sorted(line.split(" ", 1)[1] for line in faults(ebb("store", "check")))
    assert [words.split()[0:3] for words in found] == [
        ["belongs", "to", "a"],
        ["cannot", "be", "read"],
        ["is", "of", "another"],
        ["was", "not", "written"],
    ]
    assert "class-order, full, shuffled, seed 0" in found[0]


def test_weights_that_fit_no_record_or_no_notes_are_a_fault(ebb, filled):
    weights_of(made_record(seed=0), filled)
    weights_of(made_record(seed=8), filled)
    weights, _ = weights_of(made_record(seed=1), filled)
    weights.write_bytes(b"cut of")
    alone, notes = weights_of(made_record(seed=1), filled, f"{'3' * 16}-{HERE}")
    notes.unlink()
    first, second, third = sorted(faults(ebb("store", "check")), key=lambda line: line.split()[1])
    assert "belongs to no record (class-order, full, shuffled, seed 8)" in first
    assert "cannot be read, or does not fit" in second
    assert "cannot be read, or does not fit" in third
    assert alone.name in second + third


def test_remove_takes_the_states_and_weights_of_the_study_along(ebb, filled):
    keep(filled, made_record(variant="quick"))
    own = [
        *weights_of(made_record(seed=0), filled),
        state_of(made_record(seed=9), filled.folder / UNFINISHED / f"{'9' * 16}-{HERE}.npz"),
    ]
    others = [
        *weights_of(made_record(seed=0, variant="quick"), filled, f"{'4' * 16}-{HERE}"),
        *weights_of(made_record(study="own"), filled, f"{'5' * 16}-{HERE}"),
    ]
    assert ebb("remove", "class-order", "--variant", "full", "--yes").status == 0
    assert not any(file.exists() for file in own)
    assert all(file.exists() for file in others)


def test_one_run_is_removed_with_its_own_weights(ebb, filled):
    record = made_record(seed=0)
    own, other = weights_of(record, filled), weights_of(made_record(seed=1), filled)
    assert ebb("remove", "class-order", "--run", record.key, "--yes").out == "1 record removed\n"
    assert len(filled.entries()) == 3
    assert not any(file.exists() for file in own)
    assert all(file.exists() for file in other)
    assert filled.planned("class-order", "full") == 2


def test_a_run_that_is_not_there_is_refused_and_nothing_removed(ebb, filled):
    line = refused(ebb("remove", "class-order", "--run", "abc", "--yes"))
    assert "'abc'" in line
    assert len(filled.entries()) == 4


@pytest.mark.parametrize(
    "words", [("status",), ("table", "class-order"), ("store", "check"), ("run",)], ids=" ".join
)
def test_every_command_goes_on_after_a_driver_was_killed_in_mid_commit(words, ebb, filled, workers):
    with in_mid_commit(filled):
        pass
    assert (filled.folder / "ebb.sqlite-journal").stat().st_size
    if words == ("run",):
        words = ("run", "class-order", "--quick", "--quiet")
    assert ebb(*words).status == 0
    entries = filled.entries()
    assert {entry.status for entry in entries} == {"finished"}
    assert len(filled.records(entries)) == 4 + len(workers.asked)


def test_a_trained_network_says_whose_it_is(tmp_path, monkeypatch):
    from core import Trainer
    from core.training import checkpoints
    from data import load
    from tests.studies.conftest import tiny

    whose = {"study": "s", "variant": "quick", "condition": "c"}
    states = []
    with monkeypatch.context() as changed:
        changed.setattr(checkpoints, "LONG", 0.0)
        changed.setattr(Checkpoint, "save", lambda self, file: states.append(self))
        Trainer().train(
            tiny(),
            3,
            load("digits"),
            files=RunFiles(checkpoints=tmp_path, weights=tmp_path, keep_weights=True, owner=whose),
        )
    assert [state.progress["run"] for state in states] == [whose | {"seed": 3}] * 2
