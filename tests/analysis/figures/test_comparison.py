import numpy as np
import pytest

from analysis.figures.comparison import comparison_figure
from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_classes

A, B = np.array([0.8, 0.82, 0.81, 0.85]), np.array([0.9, 0.91, 0.93, 0.92])
SEEDS = {"seeds_a": range(4), "seeds_b": range(4)}


def lines(axes):
    return [line for line in axes.lines if len(line.get_xdata()) == 2]


def test_every_pair_is_joined_and_the_difference_has_its_interval():
    found = compare(A, B, paired=True, name_a="tanh", name_b="relu", **SEEDS)
    left, right = comparison_figure(found).axes
    joined = sorted(tuple(line.get_ydata()) for line in lines(left))
    assert np.allclose(joined, sorted(zip(100 * A, 100 * B, strict=True)))
    means = [line.get_ydata()[0] for line in right.lines if len(line.get_ydata()) == 1]
    assert found.difference.points in means
    (bars,) = right.containers
    low, high = bars[2][0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((found.difference.ci_low, found.difference.ci_high))


def test_unpaired_runs_are_not_joined():
    left, _ = comparison_figure(compare(A, B, paired=False)).axes
    assert lines(left) == []


def test_a_margin_is_drawn_as_a_band():
    found = compare(A, B, paired=True, margin=2.0, **SEEDS)
    _, right = comparison_figure(found).axes
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["margin of 2"]


def test_a_family_has_a_row_for_every_comparison():
    classes = np.stack([A, A - 0.1, A - 0.3], axis=1)
    family = compare_classes(classes, classes[::-1] - 0.05, paired=True, **SEEDS)
    (axes,) = comparison_figure(family).axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["class 0", "class 1", "class 2"]


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="without values"):
        comparison_figure(compare([float("nan")], [0.5], paired=False))
