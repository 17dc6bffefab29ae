"""`ebb report` on the command line: which files are written, and what is refused."""

import os

import pandas as pd
import pytest

from tests.studies.conftest import keep, made_record, refused
from tests.studies.report.pages import Page


@pytest.fixture
def lost(store):
    """Failed runs alone: a page without figures, which is written at once."""
    for name in ("class-order", "learning-rate"):
        more = {"study": name, "status": "failed", "error": "broke", "evaluations": ()}
        keep(store, made_record("shuffled", 0, **more))
    return store


def test_a_page_is_named_by_its_study_and_where_it_lies_is_said(ebb, lost, tmp_path):
    call = ebb("report", "class-order")
    assert (call.status, call.out) == (0, "")
    assert call.err == "written: class-order.html\n"
    text = (tmp_path / "class-order.html").read_text()
    assert Page(text).headings[0][1].startswith("How much")
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


def test_a_variant_is_part_of_the_name_without_what_a_name_cannot_hold(ebb, store, tmp_path):
    more = {"variant": "quick,dataset=a/b.npz", "status": "failed", "evaluations": ()}
    keep(store, made_record(**more))
    assert ebb("report", "class-order").err == "written: class-order-quick-dataset=a-b.npz.html\n"


def test_a_page_of_ours_is_replaced_and_other_files_are_left_alone(ebb, lost, tmp_path):
    page = tmp_path / "page.html"
    assert ebb("report", "class-order", "--out", page).status == 0
    first = page.read_text()
    assert ebb("report", "class-order", "--out", page).status == 0
    assert page.read_text() == first
    page.write_text("<html>mine</html>")
    line = refused(ebb("report", "class-order", "--out", page))
    assert "is there and is no report of Ebb" in line
    assert page.read_text() == "<html>mine</html>"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("class-order", "--out", "absent/page.html"), "expected a folder that is there"),
        (("class-order", "--out", "page.pdf"), "expected a name in .html"),
        (("class-order", "--figures", "results/ebb.sqlite"), "a file; expected a folder"),
        (("class-order", "learning-rate"), "Received 2 studies and no --out; expected a folder"),
        (("class-order", "learning-rate", "--out", "a.html"), "expected a folder"),
        (("class-order", "class-order", "--out", "."), "expected each study once"),
        (("clas-order",), "did you mean class-order"),
        (("class-position",), "has no records"),
        (("class-order", "--variant", "quick"), "expected one of full"),
    ],
)
def test_wrong_calls_are_refused_in_one_line_and_write_nothing(words, said, ebb, lost, tmp_path):
    before = sorted(os.listdir(tmp_path))
    assert said in refused(ebb("report", *words))
    assert sorted(os.listdir(tmp_path)) == before


def test_several_studies_have_an_index_that_leads_to_each(ebb, lost, tmp_path):
    call = ebb("report", "class-order", "learning-rate", "--out", tmp_path / "pages")
    assert call.status == 0
    assert sorted(os.listdir(tmp_path / "pages")) == [
        *("class-order.html", "index.html", "learning-rate.html")
    ]
    index = Page((tmp_path / "pages" / "index.html").read_text())
    links = [attributes["href"] for attributes in index.elements("a")]
    assert links == ["class-order.html", "learning-rate.html"]
    assert [level for level, _ in index.headings] == [1, 2, 2]
    assert "No run finished" in index.text


@pytest.mark.slow
def test_figures_are_written_as_png_and_svg_and_their_numbers_as_csv(ebb, filled, tmp_path):
    call = ebb("report", "class-order", "--figures", tmp_path / "figures")
    assert call.status == 0
    assert "drawn: 15 files in" in call.err
    names = {name.partition(".")[0] for name in os.listdir(tmp_path / "figures")}
    assert names == {"differences", "segments", "learning-curves", "classes", "confusions"}
    for name in names:
        kinds = [tmp_path / "figures" / f"{name}.{kind}" for kind in ("png", "svg", "csv")]
        assert kinds[0].read_bytes().startswith(b"\x89PNG")
        assert "<svg" in kinds[1].read_text()
        assert len(pd.read_csv(kinds[2])) >= 1
    strips = pd.read_csv(tmp_path / "figures" / "classes.csv")
    assert list(strips.columns) == ["condition", "class", "seed", "accuracy"]
    assert strips.groupby("condition")["accuracy"].mean().to_dict() == pytest.approx(
        {"shuffled": 0.925, "class-sequential": 0.525}
    )
