import numpy as np
import pytest

from analysis.figures.look import Look
from analysis.figures.overview import overview_figure
from analysis.overview import overview_table
from analysis.tables import summary_table
from tests.analysis.conftest import Run, run, segmented

RUNS = [
    *(run("a", seed, 0.8 + seed / 100, 0.9) for seed in range(3)),
    *(run("b", seed, 0.7, 0.9) for seed in range(2)),
    Run("b", 2, status="failed"),
]


def test_the_first_metric_in_detail_is_the_summarys_row():
    table = overview_table(RUNS, ["validation accuracy", "validation loss", "accuracy"])
    summary = summary_table(RUNS)
    rows = summary[summary["metric"] == "validation accuracy"].set_index("condition")
    for _, row in table.iterrows():
        for name in ("n", "mean", "ci_low", "ci_high", "sd", "p25", "p50", "p75"):
            assert row[name] == pytest.approx(rows.loc[row["condition"], name])
    assert table["validation loss"].tolist() == pytest.approx([0.6, 0.6])
    assert table["accuracy"].tolist() == pytest.approx([0.4, 0.4])


def test_what_a_condition_did_not_measure_is_missing_and_nothing_else():
    table = overview_table([*RUNS, segmented("c", 0)], ["validation accuracy", "mean drop"])
    assert table["n"].tolist() == [3, 2, 0]
    assert np.isnan(table["mean drop"][:2]).all()
    assert table["mean drop"].notna().tolist() == [False, False, True]


def test_a_metric_that_nobody_has_is_refused():
    for function in (
        overview_table,
        lambda runs, metrics: overview_figure(runs, metrics, question="?", dataset="d"),
    ):
        with pytest.raises(ValueError, match="tset accuracy"):
            function(RUNS, ["tset accuracy"])


def test_the_figure_has_a_panel_for_each_metric_and_one_for_the_trade_off():
    runs = [segmented(name, seed, shift=seed / 10) for name in "ab" for seed in range(3)]
    figure = overview_figure(
        runs,
        ["test accuracy", "mean learned", "mean drop", "nothing"],
        question="Which?",
        dataset="d",
        trade_off=("mean learned", "mean drop"),
    )
    assert [axis.get_xlabel() for axis in figure.axes] == [
        "test accuracy (%)",
        "mean learned (%)",
        "mean drop (%)",
        "mean learned (%)",
    ]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["a", "b"]


def test_a_narrow_figure_has_its_panels_below_each_other():
    runs = [segmented(name, seed) for name in "ab" for seed in range(3)]
    metrics = ["test accuracy", "mean learned", "mean drop"]
    for width, columns in ((None, 3), (7.0, 2), (3.4, 1)):
        look = Look(width=width)
        axes = overview_figure(runs, metrics, question="?", dataset="d", look=look).axes
        assert axes[0].get_subplotspec().get_gridspec().ncols == columns
        named = [bool(axis.get_yticklabels()[0].get_text()) for axis in axes]
        assert named == [k % columns == 0 for k in range(3)]
