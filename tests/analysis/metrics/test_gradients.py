import numpy as np
import pytest

from analysis.figures.gradients import gradient_figure, grouped
from analysis.metrics.gradients import gradient_table, norm_percentiles
from analysis.sweep import Sweep
from tests.analysis.conftest import Run


def network(condition, seed, *rows, status="finished"):
    norms = np.array(rows, dtype=np.float32)
    names = np.array([f"dense_{i}" for i in range(norms.shape[1])])
    return Run(condition, seed, status, arrays={"gradient_norms": norms, "layers": names})


def test_the_table_has_the_first_and_the_last_epoch_of_every_layer():
    runs = [
        network("a", 0, [1, 10], [5, 5], [2, 20]),
        network("a", 1, [3, 30], [5, 5], [4, 40]),
        network("b", 0, [7]),
    ]
    table = gradient_table(runs)
    rows = table[["condition", "layer", "name", "epoch", "n", "p50"]].to_numpy().tolist()
    assert rows == [
        ["a", 1, "dense_0", 0, 2, 2.0],
        ["a", 2, "dense_1", 0, 2, 20.0],
        ["a", 1, "dense_0", 2, 2, 3.0],
        ["a", 2, "dense_1", 2, 2, 30.0],
        ["b", 1, "dense_0", 0, 1, 7.0],
    ]
    assert (table.loc[0, "p25"], table.loc[0, "p75"]) == (1.5, 2.5)


def test_a_run_that_stopped_early_counts_with_its_own_last_epoch():
    table = gradient_table([network("a", 0, [1], [2]), network("a", 1, [1], [9], [9], [4])])
    assert table[["epoch", "n", "p50"]].to_numpy().tolist() == [[0, 2, 1.0], [3, 2, 3.0]]


def test_what_vanished_or_overflowed_is_counted_also_in_runs_that_diverged():
    runs = [
        network("a", 0, [1, 0], [np.nan, 0]),
        network("a", 1, [1, 0], [np.inf, 1], status="diverged"),
        network("a", 2, [1, 2], [3, 1]),
        network("a", 3, [1, 2], [3, 1], status="failed"),
    ]
    end = gradient_table(runs).query("epoch == 1")
    assert end["n"].tolist() == [3, 3]
    assert end["vanished"].tolist() == [0, 1]
    assert end["overflowed"].tolist() == [2, 0]
    assert end["p50"].tolist() == [np.inf, 1.0]


def test_percentiles_take_what_is_not_finite_for_infinite():
    norms = np.array([[1.0], [2.0], [3.0], [np.nan], [np.inf]])
    assert norm_percentiles(norms).ravel().tolist() == [2.0, 3.0, np.inf]
    norms = np.array([[1.0], [2.0], [np.nan]])
    assert norm_percentiles(norms).ravel().tolist() == [1.5, 2.0, np.inf]


def test_finite_percentiles_are_numpys():
    norms = np.random.default_rng(0).lognormal(size=(7, 3))
    np.testing.assert_array_equal(norm_percentiles(norms), np.percentile(norms, [25, 50, 75], 0))


def test_networks_that_differ_and_runs_without_norms_are_refused():
    with pytest.raises(ValueError, match="2 different networks"):
        gradient_table([network("a", 0, [1]), network("a", 1, [1, 2])])
    for function in (gradient_table, lambda runs: gradient_figure(runs, question="", dataset="")):
        with pytest.raises(ValueError, match="measurements=gradient-norms"):
            function([Run("a", 0)])


def test_conditions_that_differ_in_one_number_are_drawn_together():
    depth = Sweep(
        "depth", {"tanh-he2-...": {"tanh-he2-2": 2, "tanh-he2-20": 20, "tanh-he2-60": 60}}
    )
    assert grouped(["tanh-he2-60", "tanh-he2-2", "relu-he2-2", "as-coded"], [depth]) == {
        "tanh-he2-...": {"tanh-he2-2": "2", "tanh-he2-60": "60"},
        "relu-he2-2": {"relu-he2-2": ""},
        "as-coded": {"as-coded": ""},
    }


def test_the_figure_shows_medians_by_layer_and_where_they_are_lost():
    runs = [
        *(network("deep-3", s, [0, 1, 10], [4, np.inf, 40]) for s in range(2)),
        *(network("deep-1", s, [5], [6]) for s in range(2)),
    ]
    depth = Sweep("depth", {"deep-...": {"deep-1": 1, "deep-3": 3}})
    figure = gradient_figure(runs, [depth], question="How deep?", dataset="digits")
    assert "a line for each depth" in " ".join(figure.get_suptitle().split())
    start, end = figure.axes
    assert [axis.get_title() for axis in (start, end)] == [
        "deep-...\nuntrained",
        "deep-...\nafter epoch 1",
    ]
    assert {axis.get_yscale() for axis in figure.axes} == {"log"}
    lines = {tuple(line.get_ydata()) for line in start.lines if line.get_linestyle() == "-"}
    assert (5.0,) in lines
    (deep,) = (
        line for line in start.lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 3
    )
    np.testing.assert_array_equal(deep.get_ydata(), [np.nan, 1, 10])
    marks = [
        {
            line.get_marker(): line.get_xdata().tolist()
            for line in axis.lines
            if len(line.get_xdata())
        }
        for axis in (start, end)
    ]
    assert marks[0]["x"] == [1]
    assert marks[1]["^"] == [2]
    assert [text.get_text() for text in start.get_legend().get_texts()] == ["1", "3"]
    assert "of 16 norms 2 are 0 in float32" in figure.get_suptitle()


def test_ninety_conditions_fit_into_one_figure():
    runs = [
        network(f"{a}-{k}-{d}", 0, *np.ones((2, d)))
        for a in "abcde"
        for k in "xyz"
        for d in range(1, 7)
    ]
    lines = {
        f"{a}-{k}-...": {f"{a}-{k}-{d}": float(d) for d in range(1, 7)}
        for a in "abcde"
        for k in "xyz"
    }
    depth = Sweep("depth", lines)
    figure = gradient_figure(runs, [depth], question="How deep?", dataset="digits")
    assert len([axis for axis in figure.axes if axis.axison]) == 30
    assert "no norm is 0 or beyond float32" in figure.get_suptitle()
