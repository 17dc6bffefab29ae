"""`ebb store export`: tidy tables that pandas reads back to what was measured."""

import json
import math

import numpy as np
import pandas as pd
import pytest

import studies
from core import Evaluation
from studies.results import exporting
from tests.studies.conftest import OTHER_ENVIRONMENT, confusion, keep, made_record, refused

TABLES = ("confusion", "evaluations", "history", "runs")


def read(file):
    """A name such as NA stays a name; a figure that is none is an empty cell."""
    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    kinds = exporting.TABLES[file.stem]
    figures = [name for name, kind in kinds.items() if kind == "float64"]
    words = {name: str for name, kind in kinds.items() if kind == "str"}
    return pd.read_csv(
        file, dtype=words, keep_default_na=False, na_values=dict.fromkeys(figures, "")
    )


def exported(folder, style="csv"):
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{name}.{style}" for name in TABLES]
    return {file.stem: read(file) for file in files}


@pytest.fixture
def odd(filled):
    """A store with what a table may stumble over."""
    third = 1 / 3
    keep(
        filled,
        made_record(
            seed=2,
            environment=OTHER_ENVIRONMENT,
            status="diverged",
            history=((1, 10, "loss", third), (2, 20, "loss", math.nan), (3, 30, "loss", math.inf)),
            evaluations=(
                Evaluation("test", 1, 0, 10, confusion(0.25), math.nan),
                Evaluation("test", 2, 0, 20, confusion(0.95) * 0, -third * 1e-300),
            ),
        ),
        made_record(seed=3, variant="quick", status="failed", error="NA", evaluations=()),
    )
    return filled


@pytest.mark.parametrize("style", ["csv", "parquet"])
def test_the_tables_are_what_was_measured_to_the_last_digit(style, ebb, odd, tmp_path):
    call = ebb("store", "export", tmp_path / "out", "--format", style)
    assert (call.status, call.out) == (0, "")
    tables = exported(tmp_path / "out", style)
    entries = odd.entries()
    runs = tables["runs"]
    assert list(runs.columns) == list(exporting.TABLES["runs"])
    assert runs["run"].tolist() == [1, 2, 3, 4, 5, 6]
    assert runs["seconds"].tolist() == [entry.seconds for entry in entries]
    assert runs["stale"].tolist() == [entry.seed == 2 for entry in entries]
    assert runs["error"].tolist() == [entry.error for entry in entries]
    for entry, record, (_, run) in zip(entries, odd.records(entries), runs.iterrows(), strict=True):
        assert (run.study, run.variant, run.condition, run.seed, run.key) == entry[:5]
        assert json.loads(run.recipe) == record.recipe
        assert json.loads(run.environment) == record.environment
        own = tables["evaluations"][tables["evaluations"].run == run.run]
        assert list(zip(own.set, own.epoch, own.segment, own.step, strict=True)) == [
            (each.set, each.epoch, each.segment, each.step) for each in record.evaluations
        ]
        np.testing.assert_array_equal(own.loss, [each.loss for each in record.evaluations])
        for number, each in zip(own.evaluation, record.evaluations, strict=True):
            cells = tables["confusion"][tables["confusion"].evaluation == number]
            again = np.zeros_like(each.confusion)
            again[cells.true_class, cells.predicted_class] = cells["count"]
            np.testing.assert_array_equal(again, each.confusion)
            row = own[own.evaluation == number].iloc[0]
            assert row.n == each.confusion.sum()
            if row.n:
                assert row.accuracy == each.confusion.trace() / row.n
        past = tables["history"][tables["history"].run == run.run]
        assert list(past["name"]) == [row[2] for row in record.history]
        np.testing.assert_array_equal(past.value, [row[3] for row in record.history])


def test_both_formats_hold_the_same(ebb, odd, tmp_path):
    for style in ("csv", "parquet"):
        assert ebb("store", "export", tmp_path / style, "--format", style).status == 0
    csv = exported(tmp_path / "csv", "csv")
    for name, frame in exported(tmp_path / "parquet", "parquet").items():
        pd.testing.assert_frame_equal(csv[name], frame, check_exact=True, check_dtype=False)


def test_records_are_numbered_on_where_they_are_written_in_parts(ebb, odd, tmp_path, monkeypatch):
    assert ebb("store", "export", tmp_path / "whole").status == 0
    monkeypatch.setattr(exporting, "TOGETHER", 2)
    assert ebb("store", "export", tmp_path / "parts").status == 0
    for name in TABLES:
        whole, parts = (tmp_path / each / f"{name}.csv" for each in ("whole", "parts"))
        assert whole.read_bytes() == parts.read_bytes()


def test_a_class_that_is_called_by_a_word_has_its_number(ebb, store, tmp_path):
    keep(store, made_record(arrays={"class_names": np.array([*"abcdefghij"])}))
    assert ebb("store", "export", tmp_path / "out").status == 0
    assert set(exported(tmp_path / "out")["confusion"]["true_class"]) == {*range(10)}


def test_one_study_can_be_exported_alone(ebb, filled, tmp_path):
    keep(filled, made_record(study="own"))
    assert ebb("store", "export", tmp_path / "out", "--study", "own").status == 0
    assert set(exported(tmp_path / "out")["runs"].study) == {"own"}


def test_files_that_are_there_are_overwritten_only_by_force(ebb, filled, tmp_path):
    (tmp_path / "history.csv").write_text("mine")
    assert "--force" in refused(ebb("store", "export", tmp_path))
    assert (tmp_path / "history.csv").read_text() == "mine"
    assert not (tmp_path / "runs.csv").exists()
    assert ebb("store", "export", tmp_path, "--force").status == 0
    assert (tmp_path / "history.csv").read_text().startswith("run,study")


@pytest.mark.parametrize("words", [(), ("--study", "nothing")])
def test_nothing_to_export_is_refused_and_nothing_made(words, ebb, store, tmp_path):
    assert "without records" in refused(ebb("store", "export", tmp_path / "out", *words))
    assert not (tmp_path / "out").exists()


def test_nothing_half_written_stays_behind(ebb, filled, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    assert "No space left" in refused(ebb("store", "export", tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_damaged_record_is_named_and_nothing_written(ebb, filled, tmp_path):
    from tests.studies.commands.test_cli import flip_results

    flip_results(filled.folder)
    assert "damaged record" in refused(ebb("store", "export", tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(ebb, filled, tmp_path):
    (tmp_path / "file").touch()
    assert "can be written" in refused(ebb("store", "export", tmp_path / "file" / "below"))


def test_parquet_without_its_library_is_refused_with_what_to_install(ebb, filled, monkeypatch):
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    assert "ebb-lab[parquet]" in refused(ebb("store", "export", "out", "--format", "parquet"))


def test_hostile_names_are_no_formulas_in_csv_and_untouched_in_parquet(ebb, store, tmp_path):
    hostile = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "\rx"]
    for seed, name in enumerate(hostile):
        keep(store, made_record(seed=seed, study=name, error=name, evaluations=(), status="failed"))
    for style in ("csv", "parquet"):
        assert ebb("store", "export", tmp_path / style, "--format", style).status == 0
    runs = {style: read(tmp_path / style / f"runs.{style}") for style in ("csv", "parquet")}
    assert sorted(runs["parquet"].study) == sorted(hostile)
    safe = [*("'" + name for name in hostile[:4]), "?x", "'\nx"]
    assert sorted(runs["csv"].study) == sorted(safe)
    assert (runs["csv"].error == runs["csv"].study).all()


def test_a_store_is_exported_whole_and_imported(ebb, odd, tmp_path):
    file = tmp_path / "all.sqlite.xz"
    call = ebb("store", "export", file)
    assert (call.status, call.out) == (0, "")
    assert "6 records" in call.err
    assert "--force" in refused(ebb("store", "export", file))
    assert ebb("store", "export", file, "--force").status == 0
    assert "6 stored" in ebb("store", "import", file, "--store", "again").err
    for words in (("status",), ("table", "class-order", "--kind", "summary", "--format", "csv")):
        assert ebb(*words, "--store", "again").out == ebb(*words).out
    assert "6 already there" in ebb("store", "import", file, "--store", "again").err


def test_an_export_that_cannot_be_read_or_written_is_refused(ebb, filled, tmp_path):
    assert "can be read" in refused(ebb("store", "import", tmp_path / "nothing.sqlite.xz"))
    assert "can be written" in refused(ebb("store", "export", tmp_path / "no" / "all.sqlite.xz"))
    words = ("store", "export", tmp_path / "all.sqlite.xz")
    assert "without --format" in refused(ebb(*words, "--format", "csv"))
    assert "without records" in refused(ebb(*words, "--study", "nothing"))


def test_the_names_of_classes_stand_with_their_run(ebb, tmp_path):
    """Each condition may have them in an order of its own."""
    for condition, names in (("a", ("cat", "dog")), ("b", ("dog", "cat")), ("c", (0.5, 1.5))):
        with studies.record("mine", condition=condition, seed=0, classes=names) as run:
            run.evaluate("test", [0, 0, 1], [0, 1, 1], epoch=1)
    assert ebb("store", "export", tmp_path / "out").status == 0
    tables = exported(tmp_path / "out")
    found = [json.loads(names) for names in tables["runs"]["classes"]]
    assert found == [["cat", "dog"], ["dog", "cat"], [0.5, 1.5]]
    assert tables["confusion"]["true_class"].tolist() == [0, 0, 1] * 3
