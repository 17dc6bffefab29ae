"""A figure on a page: text stays text, colours are the page's, ids are its own."""

import re

import pytest
from matplotlib.figure import Figure

from studies.report import inline as module
from studies.report.inline import inline, literal
from tests.studies.report.pages import Page


def figure():
    with literal():
        drawn = Figure(figsize=(4, 3))
        axis = drawn.subplots()
        axis.plot([0, 1], [0, 1], color="#0072B2", clip_on=True)
        axis.plot([0.5], [0.5], "o", color="#222222", markerfacecolor="#fefefe", label="$x^{ & <b>")
        axis.legend()
        drawn.suptitle("a title")
    return drawn


@pytest.fixture(scope="module")
def drawn():
    return inline(figure(), "first", 'ten "points" & <more>')


def test_it_is_an_image_with_its_alternative_text(drawn):
    (svg,) = Page(drawn).elements("svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == 'ten "points" & <more>'


def test_text_is_text_as_it_was_given_and_the_title_is_the_page_s(drawn):
    text = Page(drawn).text
    assert "$x^{ & <b>" in text
    assert "a title" not in text


def test_colours_are_the_page_s(drawn):
    assert "currentColor" in drawn
    assert "var(--blue)" in drawn
    assert "var(--ground)" in drawn
    assert not re.search("#(000000|222222|fefefe|0072b2)", drawn)


def test_ids_begin_with_the_figure_s_name_and_all_are_used(drawn):
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert ids
    assert all(each.startswith("first-") for each in ids)
    assert set(re.findall(r"#(first-[\w-]+)", drawn)) == set(ids)


def test_nothing_of_the_library_s_head_is_left(drawn):
    for word in ("http", "metadata", "<style", "DejaVu", "xlink"):
        assert word not in drawn


def test_a_large_drawing_becomes_pixels_where_these_are_fewer_bytes(monkeypatch):
    monkeypatch.setattr(module, "LARGE", 1)
    crowded = figure()
    axis = crowded.axes[0]
    for k in range(300):
        axis.plot([0, 1, 2], [k, k / 2, k], color="#0072B2")
    (image,) = Page(inline(crowded, "second", 'a "crowd"')).elements("img")
    assert image["alt"] == 'a "crowd"'
    assert image["src"].startswith("data:image/png;base64,")
