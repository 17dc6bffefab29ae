import json

from analysis.statistics.wording import explain
from tests.analysis.conftest import BASE, WIGGLE, pairs


def test_text_begins_with_a_sentence_and_names_every_number():
    text = explain(pairs(BASE + 0.05 + WIGGLE, BASE, name_a="replay", name_b="plain", margin=1))
    first, blank, *rows = text.splitlines()
    assert first == "Different: accuracy of replay is 5.00 points higher than of plain (8 pairs)."
    assert blank == ""
    for name in (
        *("mean of replay", "mean of plain", "difference", "paired t-test", "robustness line"),
        *("equivalence", "effect sizes", "pairs' correlation", "used"),
    ):
        assert any(row.startswith(name) for row in rows), name
    assert "t(7) = " in text
    assert "p < .0001" in text


def test_the_floor_stands_beside_p():
    assert "(the smallest it could give: p = .0078)" in explain(pairs(BASE + 0.05 + WIGGLE, BASE))


def test_there_is_no_post_hoc_power():
    result = pairs(BASE + WIGGLE, BASE)
    assert "power" not in json.dumps(result.to_json())
    assert "power" not in explain(result)
