"""Tables, comparisons and checks in the formats that other programs read."""

import io
import re
import subprocess

import pandas as pd
import pytest

from analysis.rendering.table import Table
from analysis.rendering.tables import write
from studies.definition.catalogue import find
from studies.results.reading import read
from studies.results.tables import table_of
from tests.studies.conftest import command, keep, made_record

KINDS = ["overview", "summary", "per-class", "forgetting", "history"]


def table_bytes(*words, folder):
    done = subprocess.run(command("table", "class-order", *words), cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=() if k == "per-class" else pytest.mark.slow) for k in KINDS]
)
def test_parquet_is_read_back_as_the_same_frame(kind, filled, tmp_path):
    written = table_bytes("--kind", kind, "--format", "parquet", folder=tmp_path)
    table = table_of(read(filled, "class-order"), kind)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(written)), table, check_exact=True)


@pytest.mark.parametrize("kind", KINDS)
def test_csv_is_read_back_as_the_same_frame(kind, filled):
    table = table_of(read(filled, "class-order"), kind)
    file = io.StringIO()
    write(Table("", table), "csv", file=file)
    back = pd.read_csv(io.StringIO(file.getvalue()))
    pd.testing.assert_frame_equal(back, table, check_exact=True)


def test_a_table_holds_what_the_text_holds_with_its_title_and_notes(ebb, filled):
    text = ebb("table", "class-order").out
    latex = ebb("table", "class-order", "--format", "latex").out
    assert latex.startswith("%")
    numbers = re.findall(r"class-sequential +\d .*", text)
    rows = re.findall(r"class-sequential & \d .*", latex)
    assert [re.findall(r"[\d.]+", row) for row in rows] == [
        re.findall(r"[\d.]+", row) for row in numbers
    ]
    assert r"\caption{class-order (full), mnist, 2 of 2 planned seeds: what each class" in latex
    assert r"2 seeds: the intervals are fragile.\par" in latex


@pytest.mark.parametrize("words", [(), ("--per-class",), ("shuffled", "class-sequential")])
@pytest.mark.parametrize("style", ["markdown", "latex"])
def test_a_comparison_is_a_table_with_its_sentences(style, words, ebb, filled):
    call = ebb("compare", "class-order", *words, "--format", style)
    assert call.status == 0
    cells = call.out.count(" & ") if style == "latex" else call.out.count(" | ")
    rows = 10 if words == ("--per-class",) else 1
    merged = 2 if style == "latex" else 0  # the interval stands beside its figure
    columns = (8 if rows == 1 else 9) - merged
    assert cells == columns * (rows + (2 if style == "markdown" else 1))
    assert call.out.count("Undecidable, test accuracy") == rows


def test_a_comparison_of_scores_is_a_table_without_a_study(ebb, tmp_path):
    (tmp_path / "scores.csv").write_text("condition,seed,value\na,0,.5\na,1,.6\nb,0,.4\nb,1,.7\n")
    out = ebb("compare", "scores.csv", "a", "b", "--format", "markdown").out
    assert out.startswith("accuracy of a and b: ")
    assert "| a - b | 2 |" in out


def test_interactions_are_a_table_of_their_own(ebb, store):
    study = find("forgetting-under-noise")
    for name, recipe in study.conditions.items():
        for seed in range(3):
            more = {"study": study.name, "recipe": recipe, "accuracy": 0.5 + 0.1 * seed}
            keep(store, made_record(name, seed, **more))
    for style, mark in (("markdown", "| interaction |"), ("latex", "interaction & ")):
        out = ebb("compare", study.name, "--format", style).out
        assert mark in out
        assert out.count(study.interactions[0].a) >= 1


def test_a_check_is_a_table_of_figures_and_one_of_claims(ebb, filled):
    out = ebb("check", "class-order", "--format", "latex").out
    assert out.count(r"\begin{table}") == 2
    assert "showing one class after the other costs accuracy & " in out


def test_a_column_of_names_and_numbers_is_text_in_parquet(tmp_path):
    table = pd.DataFrame({"class": [0, "T-shirt", None], "mean": [0.5, 0.6, 0.7]})
    with open(tmp_path / "t.parquet", "w") as file:
        write(Table("", table), "parquet", file=file)
    back = pd.read_parquet(tmp_path / "t.parquet")
    assert back["class"].tolist()[:2] == ["0", "T-shirt"]
    assert pd.isna(back["class"][2])
    assert back["mean"].tolist() == table["mean"].tolist()
