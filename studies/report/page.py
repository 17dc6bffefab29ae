"""A report as one HTML page that needs no network: text and numbers are escaped, nothing runs."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from analysis.rendering.table import Table
from analysis.rendering.text import printable
from studies.report.content import Report, figure_table
from studies.report.inline import inline

GENERATOR = "Ebb"
"""Who made a page, in its head; only such a file is replaced."""
FOLDED = 30
"""Rows from which a table is folded away."""


def study_page(report: Report) -> str:
    """The page of a study."""
    drawn = {each.name: Markup(inline(each.figure, each.name, each.alt)) for each in report.figures}
    tables = {each.name: figure_table(each) for each in report.figures}
    return _render("page.html.jinja", report=report, drawn=drawn, numbers=tables)


def index_page(pages: Mapping[str, Report]) -> str:
    """The page that leads to those of several studies, by their addresses beside it."""
    return _render("index.html.jinja", pages=pages)


def tables_page(
    title: str, facts: str, verdicts: Sequence[str], sections: Sequence[tuple[str, Sequence[Table]]]
) -> str:
    """A page of sentences and tables.

    Args:
        title: Its heading.
        facts: A line below it.
        verdicts: The result, a sentence each.
        sections: Headings, each with its tables.
    """
    return _render(
        "tables.html.jinja", title=title, facts=facts, verdicts=verdicts, sections=sections
    )


def is_ours(text: str) -> bool:
    """Whether the beginning of a file says that it is such a page."""
    return f'<meta name="generator" content="{GENERATOR}' in text


def _render(template: str, **given: Any) -> str:
    return _environment().get_template(template).render(generator=GENERATOR, folded=FOLDED, **given)


def _cleaned(value: Any) -> Any:
    """What a template prints: text in characters that a page can hold; a drawing as it is."""
    return printable(value) if type(value) is str else value


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=_cleaned,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
