"""Tables in LaTeX: what is in them is printed as it stands, and they compile."""

import re
import shutil
import subprocess

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.rendering.latex import escaped, latex_table

LATEX = shutil.which("pdflatex")
NAMES = ["a_b", "50 %", "{x}", "#1 & $2", "c^2~d", "a\\b", "p < .05 > q", "tanh|relu"]
PRINTED = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    "-{}-": "--",
    "''": '"',
    **{f"\\{mark}": mark for mark in "&%$#_{}"},
}


@pytest.mark.parametrize("name", NAMES[:-1])
def test_what_latex_would_obey_is_escaped_as_pandas_does(name):
    shown = pd.DataFrame({"x": [name]}).style.format(escape="latex").hide(axis="index").to_latex()
    # pandas writes a space where LaTeX swallows it, and leaves < and > that T1 fonts print.
    word = re.sub(r"\\(text\w+) ", r"\\\1{}", shown.splitlines()[2].removesuffix(r" \\"))
    word = word.replace("<", r"\textless{}").replace(">", r"\textgreater{}")
    assert re.sub(r"\s+", " ", escaped(name)) == re.sub(r"\s+", " ", word)


@given(st.text(alphabet=st.sampled_from("ab \\{}$&#^_~%<>|\"'-`"), max_size=12))
def test_no_text_can_give_latex_an_order(text):
    # Reading the escapes back from left to right gives the text, and nothing else was an order.
    pattern = "|".join(map(re.escape, sorted(PRINTED, key=len, reverse=True)))
    rest = re.sub(pattern, "", escaped(text))
    assert not set(rest) & set("\\{}$&#^_~%<>|")


def test_signs_powers_and_gaps_are_set_as_such():
    text = latex_table(["a", "b"], [["-1.5", "x"], ["+2", "y"], ["3e-05", "z"], ["-", "w"]])
    body = [line for line in text.splitlines() if line.endswith("\\\\")]
    assert body == [
        r"a & b \\",
        r"$-$1.5 & x \\",
        r"$+$2 & y \\",
        r"$3\times10^{-5}$ & z \\",
        r"-- & w \\",
    ]
    assert r"\begin{tabular}{rl}" in text


def test_an_empty_table_shows_its_columns():
    assert r"a & b \\" in latex_table(["a", "b"], [])


def test_the_rules_are_those_of_booktabs_with_a_space_between_conditions():
    text = latex_table(["a"], [["x"], ["y"]], title="50 % of x", notes=["n_1"], spaces=[1])
    assert [line for line in text.splitlines() if "rule" in line or "space" in line] == [
        r"\toprule",
        r"\midrule",
        r"\addlinespace",
        r"\bottomrule",
    ]
    assert r"\caption{50 \% of x}\smallskip" in text
    assert r"n\_1\par" in text


@pytest.mark.skipif(LATEX is None, reason="no LaTeX on this machine")
def test_tables_of_odd_names_and_of_many_rows_compile_and_fit_the_page(tmp_path):
    lines = [[name, "-1.5", "a sentence in many words " * 3] for name in NAMES]
    for file, rows in (("short", lines), ("long", lines * 8)):
        text = latex_table(NAMES[:3], rows, title=" ".join(NAMES), notes=NAMES)
        (tmp_path / f"{file}.tex").write_text(text)
    (tmp_path / "all.tex").write_text(
        r"\documentclass{article}\usepackage{booktabs,graphicx,longtable}"
        r"\begin{document}\input{short}\input{long}\end{document}"
    )
    done = subprocess.run(
        [str(LATEX), "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


# On the command line.


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
    assert cells == (8 if rows == 1 else 9) * (rows + (2 if style == "markdown" else 1))
    assert call.out.count("Undecidable, test accuracy") == rows


def test_a_comparison_of_scores_is_a_table_without_a_study(ebb, tmp_path):
    (tmp_path / "scores.csv").write_text("condition,seed,value\na,0,.5\na,1,.6\nb,0,.4\nb,1,.7\n")
    out = ebb("compare", "scores.csv", "a", "b", "--format", "markdown").out
    assert out.startswith("accuracy of a and b: ")
    assert "| a - b | 2 |" in out


def test_interactions_are_a_table_of_their_own(ebb, store):
    from studies.definition.catalogue import find
    from tests.studies.conftest import keep, made_record

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
