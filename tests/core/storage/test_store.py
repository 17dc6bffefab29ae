import contextlib
import io
import sqlite3

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Evaluation, Record, Store
from core.notes import note
from core.results import read_results
from core.storage.store import StoreInUseError
from data import InputError

PLAIN = {
    "key": "ab12",
    "study": "s",
    "variant": "full",
    "condition": "c",
    "seed": 0,
    "recipe": {"epochs": 1},
    "data": "dd",
    "environment": {"numpy": "2"},
    "status": "finished",
}


def record(**changes):
    confusion = np.array([[3, 1], [0, 4]])
    full = PLAIN | {
        "seconds": {"train": 1.5},
        "notes": (note("compiled", compiler="xla"),),
        "history": ((1, 5, "loss", 0.25), (1, 5, "accuracy", 0.5)),
        "evaluations": (
            Evaluation("test", 0, 0, 0, confusion, float("nan")),
            Evaluation("test", 1, 2, 5, confusion + 250, 0.7),
        ),
        "arrays": {"class_segments": np.array([[1, 2]], dtype=np.int32)},
    }
    return Record(**full | changes)


def same(a, b):
    return a.digest() == b.digest() and all(
        getattr(a, name) == getattr(b, name) for name in (*PLAIN, "seconds", "notes")
    )


def test_a_record_comes_back_as_it_went(tmp_path):
    store = Store(tmp_path / "new" / "folder")
    store.save(record(), "digest", planned=10)
    (entry,) = store.entries("s")
    (again,) = store.records([entry])
    assert same(again, record())
    assert entry.seconds == 1.5
    assert again.evaluations[1].confusion.dtype == np.int64
    assert again.evaluations[1].confusion[1, 1] == 254
    assert np.isnan(again.evaluations[0].loss)
    assert again.history == record().history
    assert again.arrays["class_segments"].dtype == np.int32


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["test", "validation", "größe"]),
            st.integers(0, 2**31 - 1),
            st.floats(width=64),
            st.integers(0, 2**40),
        ),
        max_size=5,
    )
)
def test_results_are_the_same_bytes_after_a_round_trip(rows):
    evaluations = tuple(
        Evaluation(name, step, 1, step, np.array([[count, 0], [1, 2]]), loss)
        for name, step, loss, count in rows
    )
    first = record(evaluations=evaluations)
    history, evaluated, arrays = read_results(first.results())
    again = record(history=history, evaluations=evaluated, arrays=arrays)
    assert again.results() == first.results()


def test_the_digest_is_of_the_results_and_not_of_the_time_taken():
    assert record().digest() == record(seconds={"train": 9.0}).digest()
    assert record().digest() != record(status="diverged").digest()
    assert record().digest() != record(history=()).digest()


def test_the_same_run_saved_twice_is_one_record_and_the_plan_is_kept(tmp_path):
    store = Store(tmp_path)
    store.save(record(status="failed", error="it broke"), "digest", planned=10)
    store.save(record(), "digest", planned=20)
    (entry,) = store.entries()
    assert entry.status == "finished"
    assert store.planned("s", "full") == 10


def test_records_are_removed_by_study_and_variant(tmp_path):
    store = Store(tmp_path)
    for variant in ("full", "quick"):
        for seed in range(3):
            store.save(record(variant=variant, seed=seed), "digest", planned=3)
    assert store.remove("s", "quick") == 3
    assert {entry.variant for entry in store.entries()} == {"full"}
    assert store.planned("s", "quick") is None
    assert store.remove("s") == 3
    assert store.entries() == []


def test_an_empty_folder_holds_nothing_and_reading_makes_nothing(tmp_path):
    store = Store(tmp_path / "none")
    assert store.entries() == []
    assert store.planned("s", "full") is None
    assert not (tmp_path / "none").exists()


def test_a_flipped_bit_in_the_results_is_found(tmp_path):
    store = Store(tmp_path)
    store.save(record(), "digest", planned=1)
    with sqlite3.connect(store.file) as connection:
        (results,) = connection.execute("SELECT results FROM records").fetchone()
        flipped = results[:100] + bytes([results[100] ^ 1]) + results[101:]
        connection.execute("UPDATE records SET results = ?", (flipped,))
    connection.close()
    with pytest.raises(InputError, match="damaged record"):
        store.records(store.entries())


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 99, b"SQLite format 3\0" * 99])
def test_a_file_that_is_no_store_is_refused_unchanged(tmp_path, content):
    store = Store(tmp_path)
    store.file.write_bytes(content)
    for call in (store.entries, lambda: store.save(record(), "digest", planned=1)):
        if content:
            with pytest.raises(InputError, match="expected"):
                call()
            assert store.file.read_bytes() == content


def test_another_programs_database_and_another_schema_are_refused(tmp_path):
    store = Store(tmp_path)
    store.save(record(), "digest", planned=1)
    for schema in (0, 99):
        with sqlite3.connect(store.file) as connection:
            connection.execute(f"PRAGMA user_version = {schema}")
        connection.close()
        with pytest.raises(InputError, match=f"schema {schema}"):
            store.entries()
    foreign = Store(tmp_path / "foreign")
    foreign.folder.mkdir()
    with sqlite3.connect(foreign.file) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    for call in (foreign.entries, lambda: foreign.save(record(), "digest", planned=1)):
        with pytest.raises(InputError, match="not a store of Ebb"):
            call()


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    path = tmp_path / "trap.npz"
    np.savez(path, **{"array x": np.array([Trap()], dtype=object)})
    with pytest.raises(ValueError, match="allow_pickle"):
        read_results(path.read_bytes())


def test_a_store_can_be_read_while_it_is_written(tmp_path):
    store = Store(tmp_path)
    store.save(record(), "digest", planned=1)
    with store.transaction(write=True) as connection:
        connection.execute("DELETE FROM records")
        assert len(store.entries()) == 1  # what is not committed is not seen
    assert store.entries() == []


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(3.5, dtype=np.float32),
        np.zeros((0, 4), dtype=np.uint8),
        np.array([True, False]),
        np.array(["ä", "longer"]),
    ],
    ids=["C", "Fortran", "scalar", "empty", "bool", "text"],
)
def test_arrays_come_back_as_numpy_loads_them(array):
    data = record(arrays={"x": array}).results()
    with np.load(io.BytesIO(data)) as file:
        expected = file["array x"]
    found = read_results(data).arrays["x"]
    np.testing.assert_array_equal(found, expected, strict=True)
    assert found.flags.writeable
    assert found.flags.f_contiguous == expected.flags.f_contiguous


def test_a_large_study_is_read_in_parts_and_in_the_order_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("core.storage.store.TOGETHER", 3)
    store = Store(tmp_path)
    store.save_all([(record(seed=seed), "digest") for seed in range(8)], planned=8)
    backwards = store.entries()[::-1]
    assert [each.seed for each in store.records(backwards)] == list(range(7, -1, -1))
    assert list(store.damaged()) == []


def test_a_record_that_went_while_it_was_looked_for_is_said_in_a_line(tmp_path):
    store = Store(tmp_path)
    store.save(record(), "digest", planned=1)
    entries = store.entries()
    store.remove("s")
    with pytest.raises(InputError, match="changes while it is read"):
        store.records(entries)


def test_a_commit_that_a_reader_is_in_the_way_of_may_be_tried_again(tmp_path):
    store = Store(tmp_path)
    store.save(record(), "digest", planned=2)
    with contextlib.closing(sqlite3.connect(store.file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (1,)
        with pytest.raises(StoreInUseError, match="which another program holds"):
            store.save_all([(record(seed=1), "digest")], planned=2, patience=0)
        store.check_writable()  # it will be
        assert [entry.seed for entry in store.entries()] == [0]
        reader.execute("COMMIT")
    store.save_all([(record(seed=1), "digest")], planned=2, patience=0)
    assert [entry.seed for entry in store.entries()] == [0, 1]


def test_records_are_counted_by_study_variant_end_and_environment(tmp_path):
    store = Store(tmp_path)
    assert store.counts() == []
    for seed, status in enumerate(["finished", "finished", "failed"]):
        store.save(record(seed=seed, status=status), "digest", planned=1)
    store.save(record(seed=1, environment={"numpy": "1"}), "digest", planned=1)
    store.save(record(study="t"), "digest", planned=1)
    assert sorted((each.study, each.status, each.records) for each in store.counts()) == [
        *(("s", "failed", 1), ("s", "finished", 1), ("s", "finished", 2), ("t", "finished", 1))
    ]
    assert [each.records for each in store.counts("t")] == [1]
    assert store.counts("t")[0].last == store.entries("t")[0].finished


def test_a_plan_is_forgotten_with_its_last_record(tmp_path):
    store = Store(tmp_path)
    for key in ("k1", "k2"):
        store.save(record(key=key), "digest", planned=7)
    assert store.remove("s", "full", "k1") == 1
    assert store.planned("s", "full") == 7
    assert store.remove("s", "full", "k2") == 1
    assert store.planned("s", "full") is None
