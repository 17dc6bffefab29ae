"""`ebb report`: which pages are written where, and the figures beside them as files."""

import re
from collections.abc import Sequence
from pathlib import Path

import click

from analysis.figures.saving import save
from analysis.rendering.tables import harmless
from analysis.rendering.text import say
from core import Store
from data import InputError
from studies.report.content import Report, report_of
from studies.report.inline import literal
from studies.report.markdown import MARK, study_markdown
from studies.report.page import index_page, is_ours, study_page
from studies.results.tables import input_errors
from studies.results.whole import write_whole

UNFIT = re.compile(r"[^A-Za-z0-9.+_=-]+")
"""What does not belong in a file's name."""


def write_reports(
    store: Store,
    names: Sequence[str],
    *,
    variant: str | None = None,
    out: Path | None = None,
    figures: Path | None = None,
    data_dir: Path | None = None,
) -> Path:
    """Write the page of a study, or an index and a page for each of several.

    Args:
        store: Where the records are.
        names: Names or files of studies.
        variant: See `studies.results.reading.choose_variant`.
        out: The file, or a folder that is there; of several studies a folder, made if it is not
            there. A page by the study's name in the current folder if None.
        figures: A folder, made if it is not there: each figure as png and svg, its numbers as csv.
        data_dir: Folder of data sets, for figures of examples.

    Returns:
        The page, or the index.

    Raises:
        InputError: A study was never run, or a place cannot be written to.
    """
    single = len(names) == 1
    _check_places(names, out, figures)
    reports: dict[Path, Report] = {}
    for name in names:
        report = report_of(store, name, variant, data_dir)
        target = _place(report, out, single)
        if target in reports:
            raise InputError(f"Received {name!r} twice; expected each study once.")
        refuse_foreign(target)
        reports[target] = report
    index = None if single or out is None else out / "index.html"
    if index is not None:
        if index in reports:
            raise InputError("Received a study called index among several; expected it alone.")
        refuse_foreign(index)
    with input_errors():
        for folder in (figures, None if single else out):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
    for target, report in reports.items():
        if figures is not None:
            write_figures(report, figures, prefix="" if single else f"{report.study}-")
        write_page(target, study_page(report))
    if index is not None:
        pages = {target.name: report for target, report in reports.items()}
        write_page(index, index_page(pages))
    return index or next(iter(reports))


def write_markdown(
    store: Store, names: Sequence[str], *, variant: str | None = None, out: Path | None = None
) -> None:
    """Write studies as sections of a Markdown document, without figures.

    Args:
        store: Where the records are.
        names: Names or files of studies.
        variant: See `studies.results.reading.choose_variant`.
        out: The file; standard output if None.

    Raises:
        InputError: A study was never run, or the file cannot be written.
    """
    if out is not None:
        if out.suffix.lower() != ".md" or not out.parent.is_dir():
            raise InputError(
                f"Received --format markdown --out {str(out)!r}; expected a name in .md, in a "
                "folder that is there."
            )
        refuse_foreign(out)
    reports = [report_of(store, name, variant, drawn=False) for name in names]
    text = "\n".join(map(study_markdown, reports))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_page(out, text)


def _check_places(names: Sequence[str], out: Path | None, figures: Path | None) -> None:
    """Refuse what cannot be written to, before anything is read."""
    folders = {"--figures": figures}
    if len(names) == 1:
        refuse_absent(out)
    elif out is None or out.suffix.lower() in (".html", ".htm"):
        raise InputError(
            f"Received {len(names)} studies and {'no --out' if out is None else f'--out {out}'}; "
            "expected a folder: an index and a page for each are written into it."
        )
    else:
        folders = {"--out": out, **folders}
    for option, folder in folders.items():
        if folder is not None and folder.exists() and not folder.is_dir():
            raise InputError(f"Received {option} {str(folder)!r}, a file; expected a folder.")


def _place(report: Report, out: Path | None, single: bool) -> Path:
    """The file of a page: the one that is named, or one in the folder that is."""
    if single and out is not None and not out.is_dir():
        return out
    return (out or Path()) / file_name(report.study, report.variant)


def write_figures(report: Report, folder: Path, prefix: str = "") -> None:
    """Each figure of a report as png and svg, and the numbers behind it as csv."""
    with literal(), input_errors():
        for figure in report.figures:
            for kind in ("png", "svg"):
                save(figure.figure, folder / f"{prefix}{figure.name}.{kind}")
            csv = harmless(figure.numbers).to_csv(index=False, lineterminator="\n")
            write_whole(folder / f"{prefix}{figure.name}.csv", csv.encode())
    count = 3 * len(report.figures)
    say(f"drawn: {count} files in {folder}", err=True)


def file_name(study: str, variant: str) -> str:
    """A page's name: class-order.html, or class-order-quick.html."""
    name = study if variant == "full" else f"{study}-{variant}"
    return f"{UNFIT.sub('-', name)}.html"


def refuse_absent(out: Path | None) -> None:
    """Refuse a file whose folder is not there."""
    if out is not None and not out.is_dir() and not out.parent.is_dir():
        raise InputError(
            f"Received --out {str(out)!r}; expected a folder that is there: make it first."
        )
    if out is not None and not out.is_dir() and out.suffix.lower() not in (".html", ".htm"):
        raise InputError(
            f"Received --out {str(out)!r}; expected a name in .html, or a folder that is there."
        )


def refuse_foreign(target: Path) -> None:
    """Refuse to replace a file that is no page of ours."""
    if target.is_dir():
        raise InputError(f"Received {str(target)!r}, a folder; expected the name of a page.")
    if target.exists():
        with open(target, encoding="utf-8", errors="replace") as file:
            begins = file.read(2000)
            if not (is_ours(begins) or begins.startswith(MARK)):
                raise InputError(
                    f"Received {str(target)!r}, which is there and is no report of Ebb; expected "
                    "another name: move it away, or name one by --out."
                )


def write_page(target: Path, text: str) -> None:
    """Write a page whole and say where."""
    write_whole(target, text.encode())
    say(f"written: {target}", err=True)
