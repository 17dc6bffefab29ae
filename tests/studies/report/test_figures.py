"""What a report's figures say of what they show."""

import numpy as np
import pytest

from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_all
from core import Evaluation
from studies.definition.catalogue import find
from studies.report.figure_choice import draw_figures
from studies.report.figures import differences
from studies.results.reading import read
from tests.studies.conftest import confusion, keep, made_record

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


@pytest.mark.parametrize(
    ("looks", "shown"),
    [
        ({"test": (1, 2), "validation": (1, 2)}, "test"),
        ({"validation": (1, 2), "test": (2,)}, "validation"),
        ({"test": (2,), "gaussian-0.1": (2,)}, None),
    ],
)
def test_learning_curves_are_of_a_set_that_was_followed_over_the_epochs(looks, shown, store):
    evaluations = tuple(
        Evaluation(name, epoch, 1, epoch, confusion(0.5 + epoch / 10), 1.0)
        for name, epochs in looks.items()
        for epoch in epochs
    )
    for seed in range(2):
        for condition in ("shuffled", "class-sequential"):
            more = {"evaluations": evaluations, "segments": False}
            keep(store, made_record(condition, seed, **more), planned=2)
    figures, missing = draw_figures(read(store, find("class-order")), None, None)
    curves = [each for each in figures if each.name == "learning-curves"]
    assert [f"on the {shown} set" in each.text for each in curves] == [True] * (shown is not None)
    assert not any("curve" in each for each in missing)
