"""The figure of a check, by what is drawn."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from analysis.check import check_figures
from analysis.figures.panels import GROUND
from analysis.figures.reported import THEIRS, reported_figure

SAID = {"question": "Is it the same?", "dataset": "digits"}


def reported(condition, value, metric="final accuracy", **more):
    return SimpleNamespace(condition=condition, metric=metric, value=value, **more)


def test_each_figure_is_drawn_from_our_mean_hollow_where_it_lies_outside():
    ours = [0.90, 0.91, 0.92, 0.93]
    table = check_figures(
        [reported("a", 0.92), reported("b", 0.5), reported("unmeasured", 0.9)],
        {("a", "final accuracy", None): ours, ("b", "final accuracy", None): ours},
    )
    (axes,) = reported_figure(table, **SAID).axes
    points = axes.collections[-1]
    np.testing.assert_allclose(points.get_offsets(), [[0.5, 0], [-41.5, 1]])
    assert [tuple(c) for c in points.get_facecolors()] == [to_rgba(THEIRS), to_rgba(GROUND)]
    bars = np.array(axes.collections[0].get_segments())
    row = table.iloc[0]
    reach = [[100 * (row[name] - row["mean"]), 0] for name in ("low", "high")]
    np.testing.assert_allclose(bars[0], reach)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_xlabel() == "reported minus our mean (points)"


def test_each_unit_has_a_panel_and_a_metric_its_name_where_a_condition_has_several():
    table = check_figures(
        [reported("a", 0.9, class_=3), reported("a", 4, "best epoch")],
        {("a", "final accuracy", 3): [0.9, 0.8], ("a", "best epoch", None): [3, 4]},
    )
    first, second = reported_figure(table, **SAID).axes
    assert [t.get_text() for t in first.get_yticklabels()] == ["a: final accuracy, class 3"]
    assert [t.get_text() for t in second.get_yticklabels()] == ["a: best epoch"]
    assert second.get_xlabel() == "reported minus our mean (epochs)"


def test_without_runs_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="no runs of a reported figure"):
        reported_figure(check_figures([reported("a", 0.9)], {}), **SAID)


def test_of_one_run_nothing_is_inside_or_outside():
    table = check_figures([reported("a", 0.9)], {("a", "final accuracy", None): [0.8]})
    figure = reported_figure(table, **SAID)
    assert "0 of 0 reported figures inside" in figure.texts[0].get_text()
    labels = figure.axes[0].get_legend_handles_labels()[1]
    assert "reported (undecided: one run of ours)" in labels
    assert "reported (hollow: outside)" not in labels
