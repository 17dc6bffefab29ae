"""The figure of comparisons by looks, by what is drawn."""

import numpy as np
import pytest

from analysis.figures.comparison import comparison_figure
from analysis.figures.looks import looks_figure
from analysis.statistics.comparison import compare
from analysis.statistics.looks import LookPlan
from analysis.statistics.sequential import compare_by_looks

PLAN = LookPlan((5, 10, 20), comparisons=2)


def test_each_look_has_its_estimate_its_interval_and_its_boundary():
    random = np.random.default_rng(1)
    values = {name: 0.8 + 0.01 * random.normal(size=20) for name in "abc"}
    values["a"] += 0.1
    seeds = dict.fromkeys(values, range(20))
    family = compare_by_looks(values, seeds, [("a", "c"), ("b", "c")], PLAN, paired=True)
    first, second = comparison_figure(family).axes
    assert [axis.get_title() for axis in (first, second)] == [
        "a minus c: different",
        "b minus c: inconclusive",
    ]
    points = second.containers[0].lines[0]
    found = family.comparisons[1].looks.differences
    assert tuple(points.get_xdata()) == PLAN.looks
    np.testing.assert_allclose(points.get_ydata(), [d.points for d in found])
    band = second.collections[0].get_paths()[0].vertices
    half = [d.ci_high - d.points for d in found]
    assert {round(y, 9) for y in band[:, 1]} >= {round(y, 9) for y in half}
    assert list(first.containers[0].lines[0].get_xdata()) == [5]


def test_without_a_look_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="no comparison with a look"):
        looks_figure([compare([0.1, 0.2], [0.1, 0.3], paired=False)])


def test_looks_at_values_that_do_not_vary_are_refused_in_one_line():
    values = {"a": [0.9] * 5, "b": [0.9] * 5}
    same = compare_by_looks(
        values, dict.fromkeys(values, range(5)), [("a", "b")], LookPlan((5, 10)), paired=True
    )
    with pytest.raises(ValueError, match="no comparison with a look at values that vary"):
        looks_figure([same])
