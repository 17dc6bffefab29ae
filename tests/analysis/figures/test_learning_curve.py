import numpy as np
import pytest

from analysis.figures.learning_curve import curve_table, learning_curve_figure
from tests.analysis.conftest import Evaluation, Run, confusion

WORDS = {"question": "What is learned?", "dataset": "digits"}


def trained(condition, seed, *accuracies):
    looks = [Evaluation("test", k, 1, k, confusion(a, a)) for k, a in enumerate(accuracies)]
    return Run(condition, seed, evaluations=looks)


RUNS = [trained("a", 0, 0.1, 0.5, 0.9), trained("a", 1, 0.1, 0.7), trained("b", 0, 0.2, 0.4, 0.6)]


def test_percentiles_are_over_the_runs_that_reached_an_epoch():
    table = curve_table(RUNS).set_index(["condition", "epoch"])
    assert table.loc[("a", 1), "n"] == 2
    assert table.loc[("a", 1), ["p25", "p50", "p75"]].tolist() == pytest.approx([0.55, 0.6, 0.65])
    assert table.loc[("a", 2), ["n", "p50"]].tolist() == [1, 0.9]


def test_every_seed_is_a_line_and_the_median_another():
    first, second = learning_curve_figure(RUNS, **WORDS).axes
    thin = [path.vertices for path in first.collections[0].get_paths()]
    np.testing.assert_allclose(thin[0], [[0, 10], [1, 50], [2, 90]])
    np.testing.assert_allclose(thin[1], [[0, 10], [1, 70]])
    np.testing.assert_allclose(first.lines[0].get_ydata(), [10, 60, 90])
    assert [axis.get_title() for axis in (first, second)] == ["a (2 seeds)", "b (1 seed)"]


def test_runs_that_did_not_finish_are_left_out():
    lost = trained("a", 2, 0.1, 0.1)
    lost.status = "diverged"
    assert curve_table([*RUNS, lost]).equals(curve_table(RUNS))


def test_runs_without_an_evaluation_after_an_epoch_are_refused():
    with pytest.raises(ValueError, match="none finished with 'test' evaluated"):
        learning_curve_figure([trained("a", 0, 0.1)], **WORDS)
