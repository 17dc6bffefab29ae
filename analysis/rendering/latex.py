"""Tables in LaTeX, with the rules of the package booktabs.

pandas' Styler writes the rules and the long table too, but no space between groups, no headings in
lines, no notes, no fit to the page and no signs or powers: only the outermost lines would go.
"""

import re
import textwrap
from collections.abc import Collection, Iterable, Sequence

from analysis.rendering.text import printable

LONGEST = 40
"""A table of more rows goes over several pages."""
WIDEST_HEADING = 12
"""Longer headings are broken into lines, in characters."""
WIDEST_CELL = 40
"""Longer cells are broken into lines, in characters."""
MARKS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': "''",
        **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    }
)
NUMBER = re.compile(r"([+-]?)([\d.,]+)(?:e([+-]\d+))?")
INTERVAL = re.compile(r"(\S+) \[([^\s,]+), ([^\s,]+)\]")
"""A figure with its interval."""
NO_LABEL = re.compile(r"[^A-Za-z0-9:.-]+")
"""What is better in no label."""


def escaped(text: str) -> str:
    """Text that LaTeX prints as it stands; two hyphens do not become a dash."""
    return printable(text).translate(MARKS).replace("--", "-{}-")


def latex_table(
    headings: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    title: str = "",
    notes: Sequence[str] = (),
    spaces: Collection[int] = (),
    label: str = "",
    bold: Collection[tuple[int, int]] = (),
) -> str:
    """A table as a float; over several pages if it is long. Wider than a line, it is made smaller.

    Args:
        headings: Of the columns, in plain text.
        lines: The cells, in plain text; a column of numbers is aligned to the right.
        title: Its caption.
        notes: Paragraphs below it.
        spaces: Numbers of the lines, from 0, that have a space above them.
        label: What `ref{LABEL}` refers to it by; letters, digits and marks that need no escape.
        bold: Cells that are set in bold: their line and column, from 0.

    Returns:
        Lines for `input{FILE}`. They need the packages booktabs and graphicx, or longtable for a
        long table, as the first line says.
    """
    columns = list(zip(*lines, strict=True)) or [()] * len(headings)
    layout = [_alignment(column) for column in columns]
    head = _row(_heading(name, side[0]) for name, side in zip(headings, layout, strict=True))
    body = []
    for i, line in enumerate(lines):
        body += [r"\addlinespace"] * (i in spaces)
        cells = [
            f"\\textbf{{{_cell(text)}}}" if (i, j) in bold else _cell(text)
            for j, text in enumerate(line)
        ]
        body.append(_row(cells))
    caption = _caption(title, label)
    below = [f"{escaped(note)}\\par" for note in notes]
    if len(lines) > LONGEST:
        return _long("".join(layout), head, body, caption, below)
    return "\n".join(
        [
            r"% \usepackage{booktabs,graphicx}",
            r"\begin{table}[htbp]",
            r"\centering",
            *([f"{caption}\\smallskip"] if caption else []),
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            f"\\begin{{tabular}}{{{''.join(layout)}}}",
            *(r"\toprule", head, r"\midrule", *body, r"\bottomrule"),
            r"\end{tabular}}",
            *([r"\par\smallskip", r"\begin{minipage}{\linewidth}\footnotesize"] if below else []),
            *([*below, r"\end{minipage}"] if below else []),
            r"\end{table}",
            "",
        ]
    )


def _caption(title: str, label: str) -> str:
    """The caption with the label that numbers it; a label alone would refer to the section."""
    named = f"\\label{{{NO_LABEL.sub('-', label)}}}" if label else ""
    return f"\\caption{{{escaped(title)}}}{named}" if title else ""


def _long(layout: str, head: str, body: list[str], caption: str, below: list[str]) -> str:
    return "\n".join(
        [
            r"% \usepackage{booktabs,longtable}",
            r"{\footnotesize\setlength{\tabcolsep}{3pt}",
            f"\\begin{{longtable}}{{{layout}}}",
            *([f"{caption}\\\\"] if caption else []),
            *(r"\toprule", head, r"\midrule", r"\endhead", *body, r"\bottomrule"),
            r"\end{longtable}",
            *below,
            "}",
            "",
        ]
    )


def _alignment(column: Sequence[str]) -> str:
    """Numbers to the right, words to the left, sentences in lines."""
    if all(map(_is_number, column)):
        return "r"
    return r"p{.4\linewidth}" if max(map(len, column)) > WIDEST_CELL else "l"


def _row(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _heading(name: str, side: str) -> str:
    """A heading; a long one in lines above each other."""
    lines = [escaped(line) for line in textwrap.wrap(name, WIDEST_HEADING)]
    if len(lines) == 1:
        return lines[0]
    stacked = r" \\ ".join(lines)
    return f"\\shortstack[{'r' if side == 'r' else 'l'}]{{{stacked}}}"


def _cell(text: str) -> str:
    """A cell: signs as signs, powers of ten as such, a dash where a figure is missing."""
    if text == "-":
        return "--"
    if each := INTERVAL.fullmatch(text):
        value, low, high = map(_cell, each.groups())
        return f"{value} [{low}, {high}]"
    found = NUMBER.fullmatch(text)
    if found is None:
        return escaped(text)
    sign, digits, power = found.groups()
    if power is not None:
        return f"${sign}{digits}\\times10^{{{int(power)}}}$"
    return f"${sign}${digits}" if sign else digits


def _is_number(text: str) -> bool:
    if each := INTERVAL.fullmatch(text):
        return all(map(_is_number, each.groups()))
    return text == "-" or text.startswith("<.") or NUMBER.fullmatch(text) is not None
