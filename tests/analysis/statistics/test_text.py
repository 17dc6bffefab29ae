import json
from dataclasses import replace

import numpy as np

from analysis.rendering.formatting import format_margin
from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_all, explain_family, family_notes
from analysis.statistics.notes import note
from analysis.statistics.result import explain, explanation
from tests.analysis.conftest import BASE, WIGGLE, pairs


def test_text_begins_with_a_sentence_and_names_every_number():
    text = explain(pairs(BASE + 0.05 + WIGGLE, BASE, name_a="replay", name_b="plain", margin=1))
    first, blank, *rows = text.splitlines()
    assert first == "Different: accuracy of replay is 5.00 points higher than of plain (8 pairs)."
    assert blank == ""
    for name in (
        *("mean of replay", "mean of plain", "difference", "paired t-test", "exact test"),
        *("equivalence", "effect sizes", "pairs' correlation", "used"),
    ):
        assert any(row.startswith(name) for row in rows), name
    assert "t(7) = " in text
    assert "d_z = " in text
    assert "Hedges g = " in explain(compare(BASE + 0.05, BASE, paired=False))
    assert "p < .0001" in text


def test_the_smallest_p_stands_beside_p():
    assert "(the smallest it could give: p = .0078)" in explain(pairs(BASE + 0.05 + WIGGLE, BASE))


def test_there_is_no_post_hoc_power():
    result = pairs(BASE + WIGGLE, BASE)
    assert "power" not in json.dumps(result.to_json())
    assert "power" not in explain(result)


def family(margin=None, **scores):
    """The conditions beside a control, 8 seeds."""
    scores = {"control": BASE} | {name: BASE + by for name, by in scores.items()}
    seeds = dict.fromkeys(scores, range(8))
    pairs = [(name, "control") for name in scores if name != "control"]
    return compare_all(scores, pairs, paired=True, seeds=seeds, margin=margin)


def test_what_is_corrected_is_said_to_be_and_what_its_interval_is():
    lines = explain_family(family(margin=0.5, a=WIGGLE, b=WIGGLE + 0.003, c=8 * WIGGLE)).split("\n")
    same, within, open_ = [line for line in lines if line[:5] in ("Equiv", "Diffe", "Incon")]
    assert "less than 0.50 points (8 pairs, after max-t over 3 comparisons; simultaneous " in same
    assert same.endswith("90 % interval -0.11 to +0.11 points).")
    assert within.startswith("Different, but within the margin of 0.50 points: ")
    assert "(8 pairs, after max-t over 3 comparisons; simultaneous 90 % interval +0" in within
    assert open_.endswith("points (simultaneous 95 % interval).")


def test_every_interval_of_a_family_says_whether_it_is_simultaneous():
    found = family(margin=0.5, a=WIGGLE, b=8 * WIGGLE)
    for c in found.comparisons:
        text = explain(c)
        assert text.count("simultaneous 95 % interval") == 1 + (c.verdict == "inconclusive")
        assert text.count("simultaneous 90 % interval") == 1 + (c.verdict == "equivalent")
        # Effect sizes are not tested, and are each by itself.
        assert text.count("unadjusted 95 % interval") == 2
    assert "simultaneous" not in explain(pairs(BASE + WIGGLE, BASE))


def test_a_note_within_a_family_says_what_it_is_about():
    notes = family_notes(family(a=WIGGLE, b=np.zeros(8)))
    assert "b - control: b and control are identical at every seed: are they one recipe?" in notes
    few = family(a=WIGGLE, b=np.zeros(8), c=np.zeros(8), d=np.zeros(8), e=np.zeros(8))
    assert any(note.startswith("b - control: no variation") for note in family_notes(few))
    guess = note("no worst case")
    once = [replace(c, notes=(guess,) * (c.a != "a")) for c in few.comparisons]
    assert family_notes(replace(few, comparisons=tuple(once))) == [f"4 of 5 comparisons: {guess}"]
    all_ = [replace(c, notes=(guess,)) for c in few.comparisons[:2]]
    assert family_notes(replace(few, comparisons=tuple(all_))) == [str(guess)]


def test_one_comparison_is_no_family_to_speak_of():
    alone = family(a=WIGGLE)
    assert "over 1" not in explain_family(alone)
    assert explain_family(alone).startswith("1 comparison of")


def test_a_margin_is_printed_as_it_was_set():
    assert format_margin(0.125, "points") == "0.125 points"
    assert format_margin(0.5, "points") == "0.50 points"
    assert format_margin(0.004, "nats") == "0.004 nats"


def test_what_is_said_is_data_before_it_is_text():
    said = explanation(pairs(BASE + 0.05 + WIGGLE, BASE, margin=1, planned=5))
    assert dict(said.rows)["used"] == "8 pairs of 5 planned"
    assert [note.split(",")[0] for note in said.notes] == ["8 seeds"]
    text = explain(pairs(BASE, BASE))
    undecidable = explanation(pairs(BASE, BASE))
    assert text.startswith(undecidable.sentence)
    # The sentence quotes the reason, which is no note below it.
    assert text.count("no variation") == 1
