"""A report as Markdown, to stand in a document: the content of the page without its figures."""

import shlex
from collections.abc import Iterable

from analysis.rendering.table import Table
from analysis.rendering.tables import markdown_table
from analysis.rendering.text import plain_markdown, printable
from studies.report.content import Report

MARK = "<!-- ebb report "
"""How a file of ours begins; only such a file is replaced."""


def study_markdown(report: Report) -> str:
    """The section of a study: what was done, its command, verdict, numbers, and those reported."""
    variant = "" if report.variant == "full" else f" --variant {shlex.quote(report.variant)}"
    blocks = [
        f"{MARK}{_plain(report.study)}{_plain(variant)} --format markdown -->",
        f"## {_plain(report.study)}",
        f"*{_plain(report.question)}* {_plain(report.facts)}.",
        _list(report.notices),
        _plain(" ".join(report.protocol.common)),
        _table(report.differing),
        report.command and f"```sh\n{printable(report.command)}\n```",
        _plain(report.command_note),
        _said("Verdict", report.verdicts),
        *map(_table, (*report.comparisons, *report.tables)),
        _said("Reported elsewhere", report.check),
        *map(_table, report.checks),
        _table(report.failures),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _said(heading: str, sentences: tuple[str, ...]) -> str:
    """Sentences under a heading of their paragraph: one or two in a row, more as a list."""
    if len(sentences) > 2:
        return f"**{heading}.**\n\n{_list(sentences)}"
    return f"**{heading}.** {_plain(' '.join(sentences))}" if sentences else ""


def _list(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {_plain(each)}" for each in sentences)


def _table(table: Table | None) -> str:
    """A table under its caption, with its notes below it; nothing where there is none."""
    if table is None:
        return ""
    return "\n\n".join(
        [f"{_plain(table.title)}:", markdown_table(table).rstrip(), *map(_plain, table.notes)]
    )


def _plain(text: str) -> str:
    return plain_markdown(printable(text))
