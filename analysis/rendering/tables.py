"""How a data frame is shown, to people (text, Markdown, LaTeX) and to programs."""

import json
import math
import sys
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any

from analysis.rendering.latex import latex_table
from analysis.rendering.table import Table
from analysis.rendering.text import clean, clean_lines, plain_markdown, printable, say

if TYPE_CHECKING:
    import pandas as pd

FORMULA = ("=", "+", "-", "@", "\n")
WIDEST = 10_000
"""Columns of characters that a table may take."""


def write(table: Table, style: str, *, file: IO[str] | None = None) -> None:
    """Print a table with its title and its notes; in Markdown blank lines part them.

    Args:
        table: What to print.
        style: `text`, `markdown` or `latex` as people read it; `csv`, `json` or `parquet` the frame
            alone in full, the last in bytes.
        file: Standard output if None.

    Raises:
        ValueError: Parquet on a terminal, or without the package that writes it.
    """
    out = sys.stdout if file is None else file
    if style == "csv":
        harmless(table.frame).to_csv(out, index=False, lineterminator="\n")
    elif style == "json":
        out.write(json.dumps(rows(table.frame), indent=1, allow_nan=False) + "\n")
    elif style == "parquet":
        _parquet(table.frame, out)
    elif style == "latex":
        from analysis.rendering.paper import for_paper  # noqa: PLC0415  # it needs pandas

        made = for_paper(table)
        names = list(map(str, made.frame.columns))
        out.write(
            latex_table(
                made.headings,
                made.rows,
                title=made.title,
                notes=made.notes,
                spaces=_group_starts(table.frame),
                label=made.label,
                bold={(row, names.index(name)) for row, name in made.bold if name in names},
            )
        )
    else:
        _write_lines(table, out, markdown=style == "markdown")


def _write_lines(table: Table, out: IO[str], *, markdown: bool) -> None:
    gap = "\n" if markdown else ""
    if table.title:
        say(f"{table.title}{gap}", markdown=markdown, file=out)
    if markdown:
        out.write(markdown_table(table))
    else:
        _text(table, out)
    if table.notes:
        say(gap + f"\n{gap}".join(table.notes), markdown=markdown, file=out)


def markdown_table(table: Table) -> str:
    """The rows of a table in Markdown, without its title and notes."""
    rule = ["---" if words else "---:" for words in table.words]
    headings, *lines = (
        [plain_markdown(printable(cell)) for cell in row] for row in (table.headings, *table.rows)
    )
    return "".join(f"| {' | '.join(line)} |\n" for line in (headings, rule, *lines))


def html_table(table: Table) -> str:
    """The rows of a table in HTML, as a notebook shows a data frame."""
    import pandas as pd  # noqa: PLC0415  # light commands print without tables

    headings, *lines = (list(map(printable, row)) for row in (table.headings, *table.rows))
    shown = pd.DataFrame(lines, columns=headings, dtype=object)
    return str(shown.to_html(index=False, border=0))


def harmless(frame: "pd.DataFrame") -> "pd.DataFrame":
    """A frame whose texts steer no terminal, and are no formulas to a spreadsheet.

    A text that begins with = + - @ or a line's end gets an apostrophe in front, as OWASP advises
    ("CSV Injection"); numbers stay numbers. Carriage returns become line feeds.
    """
    words = frame.select_dtypes(exclude=["number", "bool"]).columns
    changed = {name: frame[name].map(_harmless).astype(frame[name].dtype) for name in words}
    return frame.assign(**changed).rename(columns=_harmless)


def rows(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """A frame as JSON types: a list of objects; a missing figure is null."""
    return [{name: _json(value) for name, value in row.items()} for row in frame.to_dict("records")]


def check_parquet(out: IO[str] | None = None) -> None:
    """Refuse to write Parquet where its bytes garble a terminal, or without its package.

    Raises:
        ValueError: The output is a terminal, or pyarrow is not installed.
    """
    if (out or sys.stdout).isatty():
        raise ValueError(
            "Received --format parquet on a terminal; expected a file to write into: "
            "`ebb table ... --format parquet > FILE.parquet`."
        )
    if find_spec("pyarrow") is None:
        raise ValueError(
            "Received --format parquet without pyarrow; expected it installed: pip install "
            "'ebb-lab[parquet]'."
        )


def _parquet(frame: "pd.DataFrame", out: IO[str]) -> None:
    check_parquet(out)
    # A column has one type: class names beside numbers, and lists beside single values, are text.
    mixed = [
        name
        for name, column in frame.items()
        if column.dtype == object and column.dropna().map(type).nunique() > 1
    ]
    frame = frame.assign(**{name: frame[name].map(str, na_action="ignore") for name in mixed})
    written = frame.to_parquet(index=False, engine="pyarrow")
    out.flush()
    out.buffer.write(written)  # type: ignore[attr-defined]


def _group_starts(frame: "pd.DataFrame") -> list[int]:
    """The rows at which another condition begins, where conditions have several rows."""
    if "condition" not in frame or len(frame) <= 4 or not frame["condition"].duplicated().any():
        return []
    names = frame["condition"].tolist()
    return [i for i in range(1, len(names)) if names[i] != names[i - 1]]


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A bare carriage return is not quoted, and a reader may begin a row there.
    text = clean_lines(value.replace("\r", "\n"))
    return f"'{text}" if text.startswith(FORMULA) else text


def _text(table: Table, out: IO[str]) -> None:
    # pandas' own text knows no groups and no alignment of single columns. Light commands print
    # without tables.
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table as Grid  # noqa: PLC0415

    grid = Grid(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, words in zip(table.headings, table.words, strict=True):
        grid.add_column(clean(name), justify="left" if words else "right", no_wrap=True)
    starts = _group_starts(table.frame)
    for i, line in enumerate(table.rows):
        if i in starts:
            grid.add_section()
        grid.add_row(*map(clean, line))
    # A table that is cut off at the window's edge misleads: let the window wrap it instead.
    Console(file=out, width=WIDEST, highlight=False, markup=False).print(grid)


def _json(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value
