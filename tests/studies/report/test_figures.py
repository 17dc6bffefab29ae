"""What a report's figures say of what they show."""

import numpy as np

from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_all
from studies.report.figures import differences

SEEDS = range(8)
CONTROL = np.linspace(0.8, 0.814, 8)
WIGGLE = 0.001 * np.array([1, -1, 2, -2, 3, -3, 4, -4])


def test_the_figure_of_a_family_and_its_numbers_say_what_its_intervals_are():
    scores = {"control": CONTROL, "a": CONTROL + WIGGLE, "b": CONTROL[::-1]}
    given = {"paired": True, "seeds": dict.fromkeys(scores, SEEDS)}
    found = compare_all(scores, [("a", "control"), ("b", "control")], **given)
    drawn = differences(found)
    assert "the bar is the simultaneous 95 % interval" in drawn.text
    assert drawn.alt.startswith("Differences with their simultaneous 95 % intervals.")
    assert set(drawn.numbers["interval"]) == {"simultaneous 95 %"}
    alone = differences(
        compare(CONTROL + WIGGLE, CONTROL, paired=True, seeds_a=SEEDS, seeds_b=SEEDS)
    )
    assert "the bar is the 95 % interval" in alone.text
    assert set(alone.numbers["interval"]) == {"95 %"}
