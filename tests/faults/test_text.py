"""Text that means harm: it steers no terminal, and does not stand raw in a document."""

import re

import pytest

from analysis.rendering.text import CONTROL
from core import Store
from studies.definition.catalogue import find
from tests.studies.conftest import a_folder_of_its_own, ebb

__all__ = ["a_folder_of_its_own", "ebb"]
"""Fixtures."""

SOURCE = '''
"""Names, words and figures' names with terminal escapes, HTML and Markdown in them."""

from core import spec
from studies import Claim, Reported, Study
from studies.definition.scoring import Scoring

HARM = "\\x1b[2J\\x1b]0;owned\\x07\\u202e\\x9b31m"
METRIC = f"odd {HARM} <b>x</b>"


def scores(seed, part, word):
    return {METRIC: part + 0.1 * seed**2, f"=1+1 {HARM}": part}


study = Study(
    name="harm",
    question=f"Is {HARM} shown?",
    conditions={
        f"part-{part}": Scoring(spec(scores, part=part, word=HARM), dataset=f"data {HARM}")
        for part in range(3)
    },
    primary=METRIC,
    shown=(f"=1+1 {HARM}",),
    seeds=4,
    comparisons=(("part-0", "part-1"), ("part-0", "part-2")),
    reported=(Reported("part-0", METRIC, 0.1, source=f"paper {HARM}"),),
    claims=(
        Claim(
            f"<script>alert(1)</script> **bold** _thin_ ~~no~~ [a](b) `c` {HARM}\\n# Head",
            METRIC,
            greater="part-1",
            smaller="part-0",
        ),
    ),
)
'''
FORMATS = ("text", "csv", "json", "markdown", "latex")
KINDS = ("summary", "history")


@pytest.fixture(scope="module")
def harm(tmp_path_factory):
    """The study's file and its store, as options of a command."""
    folder = tmp_path_factory.mktemp("harm")
    (folder / "harm_study.py").write_text(SOURCE)
    study = find(str(folder / "harm_study.py"))
    for condition, recipe in study.conditions.items():
        records = [
            recipe.run(seed, study=study.name, variant="full", condition=condition)
            for seed in range(study.seeds)
        ]
        kept = [(record, recipe.digest()) for record in records]
        Store(folder / "results").save_all(kept, study.seeds)
    return (folder / "harm_study.py", "--store", folder / "results")


def steering(text: str) -> list[str]:
    """The characters of a text that steer what shows it; lines may end."""
    return [found for found in CONTROL.findall(text) if found != "\n"]


@pytest.mark.parametrize(
    "words",
    [
        *(("table", "--kind", kind, "--format", style) for kind in KINDS for style in FORMATS),
        *(("check", "--format", style) for style in FORMATS),
        *(("compare", "--format", style) for style in FORMATS if style != "csv"),
        pytest.param(("compare", "--figure", "figure.svg"), marks=pytest.mark.slow),
        ("report", "--figures", "figures"),
        ("report", "--format", "markdown"),
    ],
    ids="-".join,
)
def test_no_answer_steers_a_terminal(words, harm, ebb, tmp_path, recwarn):
    command, *options = words
    call = ebb(command, *harm, *options)
    assert call.status == 0, call
    assert steering(call.out + call.err) == []
    assert [str(each.message) for each in recwarn if "Glyph" in str(each.message)] == []
    written = {*tmp_path.rglob("*.html"), *tmp_path.rglob("*.svg"), *tmp_path.rglob("*.csv")}
    assert bool(written) == bool({"--figure", "--figures"} & set(words))
    for file in written:
        assert steering(file.read_text()) == [], file


def test_no_figure_of_a_file_of_scores_steers_a_terminal(ebb, tmp_path):
    rows = [
        f"{name}\x1b[2J\u202e,{seed},0.{seed}{seed + i}"
        for i, name in enumerate("ab")
        for seed in range(4)
    ]
    (tmp_path / "scores.csv").write_text("\n".join(["condition,seed,value", *rows]))
    call = ebb(
        "compare", "scores.csv", "a\x1b[2J\u202e", "b\x1b[2J\u202e", "--figure", "figure.svg"
    )
    assert call.status == 0, call
    assert "a?[2J" in (tmp_path / "figure.svg").read_text()
    assert steering(call.out + call.err + (tmp_path / "figure.svg").read_text()) == []


def test_no_exported_table_steers_a_terminal_or_a_spreadsheet(harm, ebb, tmp_path):
    assert ebb("store", "export", "out", *harm[1:]).status == 0
    texts = [file.read_text() for file in (tmp_path / "out").iterdir()]
    assert steering("".join(texts)) == []
    assert not re.search("(?m)(^|,)=", "".join(texts))


def test_a_claim_is_neither_html_nor_markdown_in_markdown(harm, ebb):
    out = ebb("check", *harm, "--format", "markdown").out
    (line,) = (line for line in out.splitlines() if "claim:" in line)
    assert "alert(1)" in line
    assert "Head: " in line
    assert not re.search(r"[<*~\[`]|_thin|thin_", line)
