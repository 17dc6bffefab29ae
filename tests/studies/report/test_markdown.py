"""A study as a section of a Markdown document: the tables and sentences of its page."""

import re

import pytest

from core import Store
from core.notes import note
from studies.report.content import figure_table, report_of
from studies.report.page import study_page
from tests.studies.conftest import keep, made_record, refused
from tests.studies.report.pages import Page

FIRST = "<!-- ebb report class-order --format markdown -->"


def rows_of(text):
    """The cells of every table, line by line, without the rules below the headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [re.split(r" ?\| ?", line)[1:-1] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-:")]


@pytest.fixture
def printed(ebb, filled):
    call = ebb("report", "class-order", "--format", "markdown")
    assert call.status == 0
    return call.out


def test_question_data_n_settings_and_command_come_first(printed):
    first, heading, question, notices, settings = printed.split("\n\n")[:5]
    assert (first, heading) == (FIRST, "## class-order")
    assert question.startswith("*How much of each class does a network forget")
    assert "mnist · 2 conditions · 2 of 2 planned seeds · 4 runs." in question
    assert notices.startswith("- ") or notices.startswith("The data are MNIST.")
    assert "The data are MNIST." in notices + settings
    assert "```sh\nebb run class-order --seeds 2\n```" in printed


def test_its_tables_and_sentences_are_those_of_the_page(printed, filled):
    report = report_of(filled, "class-order")
    page = Page(study_page(report))
    drawn = {figure_table(each).title for each in report.figures}
    left_out = {report.runs.title, report.environment.title, *drawn}
    left_out |= {table.title for table in report.more}
    tables = [table for table in page.tables if table.caption not in left_out]
    cells = [[cell.replace("<", "&#60;") for cell in row] for t in tables for row in t.rows]
    assert len(cells) > 40
    # The page has the verdict, and the numbers behind it, before what was done.
    assert sorted(rows_of(printed)) == sorted(cells)
    for sentence in (
        *page.paragraphs[3:5],
        *report.verdicts,
        *report.check,
        *report.tables[0].notes,
    ):
        assert sentence.replace("<", "&#60;") in printed


def test_several_studies_are_sections_of_one_document_and_none_has_figures(ebb, filled):
    for name in ("learning-rate", "class-order"):
        keep(filled, made_record("shuffled", 7, study=name, status="failed", evaluations=()))
    call = ebb("report", "class-order", "learning-rate", "--format", "markdown")
    assert [line for line in call.out.splitlines() if line.startswith("## ")] == [
        "## class-order",
        "## learning-rate",
    ]
    assert "Runs that did not finish:" in call.out
    assert "svg" not in call.out


def test_a_file_of_ours_is_replaced_and_other_files_are_left_alone(ebb, filled, printed, tmp_path):
    words = ("report", "class-order", "--format", "markdown", "--out", "page.md")
    assert ebb(*words).err == "written: page.md\n"
    assert ebb(*words).status == 0
    assert (tmp_path / "page.md").read_text() == printed
    (tmp_path / "page.md").write_text("# mine\n")
    assert "is there and is no report of Ebb" in refused(ebb(*words))
    assert (tmp_path / "page.md").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "page.html"), "expected a name in .md"),
        (("--out", "absent/page.md"), "a folder that is there"),
        (("--figures", "figures"), "expected it without"),
        (("--compare", "results", "results"), "expected it without"),
    ],
)
def test_wrong_calls_are_refused(words, said, ebb, filled):
    assert said in refused(ebb("report", "class-order", "--format", "markdown", *words))


def test_hostile_names_stay_text(tmp_path, ebb):
    store = Store(tmp_path / "results")
    said = note("data", said="<script>1</script> | [a](b) `c`")
    keep(store, made_record("shuffled", 0, notes=(said,)))
    out = ebb("report", "class-order", "--format", "markdown").out
    assert "&#60;script>1&#60;/script> &#124; &#91;a](b) &#96;c&#96;" in out
