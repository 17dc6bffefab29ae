"""Proportions: counted by hand."""

import numpy as np
import pytest

from analysis.figures.proportions import proportion_figure
from analysis.proportions import proportion_table
from analysis.statistics.intervals import wilson_interval
from tests.analysis.conftest import Run


def scored(condition, *values, **more):
    return [
        Run(condition, seed, history=[(0, 0, "share wrong", value), (0, 0, "k", 2 + value)], **more)
        for seed, value in enumerate(values)
    ]


def test_a_proportion_is_the_count_over_the_runs_with_wilsons_interval():
    runs = [*scored("a", 1, 0, 1, 0), *scored("b", 0, 0)]
    table = proportion_table(runs, ["share wrong"])
    assert list(table.columns) == ["condition", "n", "count", "proportion", "ci_low", "ci_high"]
    assert table.values.tolist() == [
        ["a", 4, 2, 0.5, *wilson_interval(2, 4)],
        ["b", 2, 0, 0.0, *wilson_interval(0, 2)],
    ]


def test_further_metrics_have_their_proportion_beside():
    runs = scored("a", 1, 0, 0)
    for run, late in zip(runs, (1, 1, 0), strict=True):
        run.history.append((0, 0, "share late", late))
    table = proportion_table(runs, ["share wrong", "share late", "share of nothing"])
    assert table["share late"].tolist() == [2 / 3]
    assert np.isnan(table["share of nothing"]).all()


def test_conditions_without_the_metric_and_runs_that_failed_are_left_out():
    runs = [*scored("a", 1, 0), *scored("b", 1, status="failed"), Run("c", 0)]
    table = proportion_table(runs, ["share wrong"])
    assert table[["condition", "n"]].values.tolist() == [["a", 2]]


def test_what_is_neither_0_nor_1_has_no_proportion():
    with pytest.raises(ValueError, match="values other than 0 and 1"):
        proportion_table(scored("a", 0.5), ["share wrong"])
    with pytest.raises(ValueError, match="which no run has"):
        proportion_table(scored("a", 1), ["share of nothing"])


def test_the_figure_has_a_line_for_each_value_and_the_proportions_at_their_place():
    parameters = {
        f"{size}-{noise}": {"size": size, "noise": noise, "truth": 2, "rule": "one"}
        for noise in (0.5, 2)
        for size in (10, 100)
    }
    values = {"10-0.5": (1, 1), "100-0.5": (0, 1), "10-2": (0, 0), "100-2": (1, 0)}
    runs = [run for name, each in values.items() for run in scored(name, *each)]
    figure = proportion_figure(
        runs,
        parameters,
        metric="share wrong",
        along="size",
        lines="noise",
        rows="truth",
        columns="rule",
        counted="k",
        question="Is it drawn?",
    )
    proportions, distribution, *_ = figure.axes
    assert [
        line.get_ydata().tolist() for line in proportions.lines if line.get_marker() in "os"
    ] == [
        [100.0, 50.0],
        [0.0, 50.0],
    ]
    # Conditions in rows, the scores 1, 2, 3 in columns.
    assert distribution.images[0].get_array().tolist() == [
        [0, 0, 100],
        [0, 50, 50],
        [0, 100, 0],
        [0, 50, 50],
    ]
    assert [tick.get_text() for tick in distribution.get_yticklabels()] == [
        "0.5, 10",
        "0.5, 100",
        "2, 10",
        "2, 100",
    ]


def test_a_parameter_may_be_called_as_a_column_is_and_a_score_be_0():
    runs = [*scored("few", 1, 0), *scored("many", 0, 0)]
    for run in runs:
        run.history.append((0, 0, "extra", run.history[0][3]))
    figure = proportion_figure(
        runs,
        {
            name: {"n": n, "proportion": 1, "truth": 0, "rule": "one"}
            for name, n in (("few", 10), ("many", 20))
        },
        metric="share wrong",
        along="n",
        lines="proportion",
        rows="truth",
        columns="rule",
        counted="extra",
        question="Is it drawn?",
    )
    assert "n = 2 seeds each" in figure.get_suptitle()
    proportions, distribution, *_ = figure.axes
    assert proportions.lines[0].get_ydata().tolist() == [50.0, 0.0]
    # The scores 0 and 1 in columns.
    assert distribution.images[0].get_array().tolist() == [[50, 50], [100, 0]]
