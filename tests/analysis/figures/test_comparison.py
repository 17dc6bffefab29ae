from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from analysis.figures.comparison import comparison_figure
from analysis.figures.look import Look
from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_all, compare_classes

A, B = np.array([0.8, 0.82, 0.81, 0.85]), np.array([0.9, 0.91, 0.93, 0.92])
SEEDS = {"seeds_a": range(4), "seeds_b": range(4)}


def joined(axes):
    return [line for line in axes.lines if list(line.get_xdata()) == [0, 1]]


def test_every_pair_is_joined_and_the_difference_stands_beside_the_second_mean():
    found = compare(A, B, paired=True, name_a="tanh", name_b="relu", **SEEDS)
    (axes,) = comparison_figure(found).axes
    ends = sorted(tuple(line.get_ydata()) for line in joined(axes))
    assert np.allclose(ends, sorted(zip(100 * B, 100 * A, strict=True)))
    (bars,) = axes.containers
    mean = 100 * B.mean()
    assert bars[0].get_ydata()[0] - mean == pytest.approx(found.difference.points)
    low, high = bars[2][0].get_segments()[0][:, 1] - mean
    assert (low, high) == pytest.approx((found.difference.ci_low, found.difference.ci_high))
    (right,) = axes.child_axes
    assert right.get_ylabel() == "difference (points)"
    assert [text.get_text() for text in axes.get_xticklabels()][2] == "tanh\nminus relu"


def test_no_tick_says_that_an_accuracy_is_above_100_percent():
    found = compare([0.99, 1.0, 0.97], [0.8, 0.99, 0.7], paired=True, seeds_a="abc", seeds_b="abc")
    (axes,) = comparison_figure(found).axes
    assert found.difference.ci_high > 20
    assert max(axes.get_yticks()) <= 100


def test_conditions_have_their_colours():
    found = compare(A, B, paired=False, name_a="tanh", name_b="relu")
    look = Look(("tanh", "relu"))
    (axes,) = comparison_figure(found, look).axes
    colours = [to_hex(each.get_facecolor()[0]) for each in axes.collections[:2]]
    assert colours == [mark.colour.lower() for mark in look.marks(["relu", "tanh"]).values()]


def test_unpaired_runs_are_not_joined():
    (axes,) = comparison_figure(compare(A, B, paired=False)).axes
    assert joined(axes) == []


def test_a_margin_is_drawn_as_a_band():
    found = compare(A, B, paired=True, margin=2.0, **SEEDS)
    (axes,) = comparison_figure(found).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["margin of 2"]


def test_a_family_has_a_row_for_every_comparison():
    classes = np.stack([A, A - 0.1, A - 0.3], axis=1)
    family = compare_classes(classes, classes[::-1] - 0.05, paired=True, **SEEDS)
    (axes,) = comparison_figure(family).axes
    head, *rows = [tick.get_text() for tick in axes.get_yticklabels()]
    assert (head, rows) == ("A\nminus B", ["class 0", "class 1", "class 2"])
    first = family.comparisons[0].difference
    number = f"{first.points:+.2f} [{first.ci_low:+.2f}, {first.ci_high:+.2f}]"
    assert axes.texts[0].get_text() == number
    assert [text.get_position()[1] for text in axes.texts] == [1, 2, 3]


def scored(n):
    noise = np.random.default_rng(0).normal(size=(n, 8)) / 1000
    return {f"c{k}": 0.9 - 0.01 * (k // 2) + noise[k] for k in range(n)}


def test_what_is_held_against_the_same_stands_together():
    pairs = [("c0", "c3"), ("c1", "c2"), ("c4", "c3")]
    seeds = dict.fromkeys(scored(5), range(8))
    (axes,) = comparison_figure(compare_all(scored(5), pairs, paired=True, seeds=seeds)).axes
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert labels == ["minus c3", "c0", "c4", "minus c2", "c1"]


def test_every_two_of_many_are_a_table_of_cells_white_where_not_told_apart():
    scores = scored(8)
    seeds = dict.fromkeys(scores, range(8))
    family = compare_all(scores, list(combinations(scores, 2)), paired=True, seeds=seeds)
    axes = comparison_figure(family).axes[0]
    rows = [tick.get_text() for tick in axes.get_yticklabels()]
    columns = [tick.get_text() for tick in axes.get_xticklabels()]
    order = sorted(scores, key=lambda name: -scores[name].mean())
    assert (rows, columns) == (order[:-1], order[1:])
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert len(texts) == 28
    assert all(text.startswith("+") for text in texts.values())  # higher minus lower
    white = [patch.get_xy() for patch in axes.patches]
    told = {frozenset((c.a, c.b)): c.verdict.startswith("different") for c in family.comparisons}
    assert {frozenset((rows[y], columns[x])) for x, y in white} == {
        pair for pair, apart in told.items() if not apart
    }
    assert white


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="without values"):
        comparison_figure(compare([float("nan")], [0.5], paired=False))


def of_two_pairs():
    scores = {"few": np.array([0.2, 0.9]), "base": np.array([0.5, 0.4])}
    return compare_all(scores, [("few", "base")], paired=True, seeds=dict.fromkeys(scores, "ab"))


def test_an_interval_is_cut_where_no_difference_of_accuracies_is():
    family = of_two_pairs()
    assert family.comparisons[0].difference.ci_high > 300
    for found in (family, family.comparisons[0]):
        figure = comparison_figure(found)
        (axes,) = figure.axes
        (bars,) = axes.containers
        ends = bars[2][0].get_segments()[0]
        where = np.array(ends)[:, 0 if found is family else 1]
        zero = 0 if found is family else 45
        assert where - zero == pytest.approx([-100, 100])
        assert "-100 to 100 points are cut there (arrows)" in figure.get_supxlabel()


def test_differences_of_a_loss_have_no_bounds():
    units = {"unit": "nats", "metric": "test loss"}
    found = compare([2.0, 900.0], [1.0, 3.0], paired=True, seeds_a="ab", seeds_b="ab", **units)
    (axes,) = comparison_figure(found).axes
    (bars,) = axes.containers
    assert np.ptp(bars[2][0].get_segments()[0][:, 1]) > 1000


def test_where_numbers_would_leave_no_room_for_the_panel_they_are_left_out():
    family = of_two_pairs()
    assert len(comparison_figure(family).axes[0].texts) == 1
    assert not comparison_figure(family, Look(width=2.5)).axes[0].texts


def test_an_axis_of_negative_figures_has_its_labels():
    a, b = [-30, -35, -28], [-4, -6, -5]
    metric = {"unit": "percentage points", "metric": "tasks: backward transfer"}
    found = compare(a, b, paired=True, seeds_a="abc", seeds_b="abc", **metric)
    (axes,) = comparison_figure(found).axes
    low, _ = axes.get_ylim()
    assert sum(low <= tick < 0 for tick in axes.get_yticks()) > 2
