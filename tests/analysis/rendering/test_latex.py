"""Tables in LaTeX: what is in them is printed as it stands, and they compile."""

import re
import shutil
import subprocess

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.rendering.latex import escaped, latex_table
from analysis.rendering.paper import for_paper
from analysis.rendering.table import PERCENT, Table, formats_of

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


def test_a_figure_and_its_interval_are_one_cell_that_is_a_number():
    text = latex_table(["a"], [["27.9 [24.0, 31.7]"], ["-0.5 [-1.5, +0.5]"], ["3.0"]])
    assert "27.9 [24.0, 31.7] " in text
    assert "$-$0.5 [$-$1.5, $+$0.5] " in text
    assert r"\begin{tabular}{r}" in text


def test_a_table_has_a_label_and_cells_in_bold():
    text = latex_table(["a", "b"], [["x", "1.5"]], title="T", label="tab:a b", bold={(0, 1)})
    assert r"\caption{T}\label{tab:a-b}" in text
    assert r"x & \textbf{1.5} \\" in text
    assert r"\label" not in latex_table(["a"], [["x"]], label="tab:a")  # nothing would number it


def test_an_interval_moves_beside_its_figure_for_a_paper():
    frame = pd.DataFrame({"condition": ["a", "b"], "mean": [0.279, 0.5], "sd": [0.1, 0.2]})
    frame = frame.assign(ci_low=[0.24, float("nan")], ci_high=[0.317, float("nan")])
    made = for_paper(Table("", frame, formats=formats_of(frame, PERCENT), bold=((0, "mean"),)))
    assert made.headings == ["condition", "mean [95 %]", "sd"]
    assert made.rows == [["a", "27.9 [24.0, 31.7]", "10.0"], ["b", "50.0", "20.0"]]
    assert made.bold == ((0, "mean [95 %]"),)


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
