"""Lines that people are told to type can be typed."""

import shlex
import sys

import pytest

from studies.definition.catalogue import find
from studies.results.program import program
from tests.studies.conftest import FakeWorkers, outcome, refused

RUNS = {
    "with segments": ("class-order",),
    "two conditions": ("tanh-vs-relu",),
    "one condition": ("linear-baseline",),
    "many conditions": ("label-noise",),
    "a sweep": ("class-order", "--sweep", "batch_size=5,7"),
    "another value": ("tanh-vs-relu", "--set", "batch_size=5"),
}


@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS)
def test_what_is_hinted_at_after_a_run_can_be_typed(words, ebb, monkeypatch, tmp_path):
    segments = "class-order" in words
    fake = FakeWorkers(lambda job: ("record", outcome(job, segments=segments)))
    monkeypatch.setattr("studies.running.runner.in_processes", fake)
    out = ebb("run", *words, "--quick", "--seeds", "2").out
    (hint,) = [line for line in out.splitlines() if line.startswith("More: ")]
    first, *rest = shlex.split(hint.removeprefix("More: "))
    assert first == "ebb"
    call = ebb(*rest)
    assert call.status == 0, call.err
    assert (tmp_path / "FILE.png").exists()


def test_scores_are_hinted_at_too(ebb, tmp_path):
    study = find("polynomial-degree")
    (name, *_) = study.quick.conditions or study.conditions
    few = ("--conditions", name, "--seeds", "2", "--workers", "1")
    out = ebb("run", "polynomial-degree", "--quick", *few).out
    (hint,) = [line for line in out.splitlines() if line.startswith("More: ")]
    assert ebb(*shlex.split(hint.removeprefix("More: "))[1:]).status == 0


def test_the_command_is_called_by_its_path_where_the_shell_does_not_find_it(
    tmp_path, monkeypatch, ebb
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(tmp_path / ".venv" / "bin" / "ebb")])
    assert program() == ".venv/bin/ebb"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert program() == str(tmp_path / ".venv" / "bin" / "ebb")
    found = tmp_path / "ebb"
    found.touch(mode=0o755)
    assert program() == "ebb"


def test_a_study_that_is_not_found_names_the_store_in_full(ebb, tmp_path):
    line = refused(ebb("table", "class-order"))
    assert str(tmp_path / "results") in line
    (suggested,) = [part for part in line.split("`") if part.startswith("ebb run")]
    assert suggested == "ebb run class-order"


@pytest.mark.parametrize(
    "words",
    [("table", "class-order"), ("compare", "class-order"), ("check", "class-order")],
    ids=lambda words: words[0],
)
def test_a_call_that_fails_leaves_no_file(words, ebb, tmp_path):
    refused(ebb(*words, "--out", "table.tex"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_holds_what_would_be_printed(filled, ebb, tmp_path):
    words = ("table", "class-order", "--kind", "summary", "--format", "latex")
    call = ebb(*words, "--out", "table.tex")
    assert call.out == ""
    assert (tmp_path / "table.tex").read_text() == ebb(*words).out
    refused(ebb(*words, "--out", "nowhere/table.tex"))
