import numpy as np
import pytest

from analysis.curves import curve_table
from analysis.figures.learning_curve import learning_curve_figure
from analysis.figures.look import Look
from tests.analysis.conftest import Evaluation, Run, confusion

WORDS = {"question": "What is learned?", "dataset": "digits"}


def trained(condition, seed, *accuracies, set="test"):
    looks = [Evaluation(set, k, 1, k, confusion(a, a)) for k, a in enumerate(accuracies)]
    return Run(condition, seed, evaluations=looks)


RUNS = [trained("a", 0, 0.1, 0.5, 0.9), trained("a", 1, 0.1, 0.7), trained("b", 0, 0.2, 0.4, 0.6)]


def test_figures_are_over_the_runs_that_reached_an_epoch():
    table = curve_table(RUNS).set_index(["condition", "epoch"])
    assert table.loc[("a", 1), "n"] == 2
    assert table.loc[("a", 1), ["p25", "p50", "p75"]].tolist() == pytest.approx([0.55, 0.6, 0.65])
    assert table.loc[("a", 1), "mean"] == pytest.approx(0.6)
    assert table.loc[("a", 2), ["n", "p50"]].tolist() == [1, 0.9]


def test_conditions_lie_over_each_other_from_the_first_epoch_on():
    look = Look(("b", "a"))
    (axis,) = learning_curve_figure(RUNS, look=look, **WORDS).axes
    bold = [line for line in axis.lines if line.get_linewidth() == 1.8]
    assert [list(line.get_xdata()) for line in bold] == [[1, 2], [1, 2]]
    np.testing.assert_allclose(bold[0].get_ydata(), [60, 90])
    marks = look.marks(["a", "b"])
    assert [line.get_color() for line in bold] == [marks["a"].colour, marks["b"].colour]
    thin = [list(line.get_ydata()) for line in axis.lines if line.get_linewidth() == 0.6]
    assert thin == [pytest.approx([50, 90]), pytest.approx([70])]


def test_every_line_is_named_at_its_end_and_no_name_lies_on_another():
    runs = [trained(name, 0, 0.1, 0.5, 0.9 + k / 1000) for k, name in enumerate("abcde")]
    (axis,) = learning_curve_figure(runs, **WORDS).axes
    assert [text.get_text() for text in axis.texts] == list("abcde")
    low, high = axis.get_ylim()
    heights = sorted(text.get_position()[1] for text in axis.texts)
    assert min(np.diff(heights)) >= 0.9 * 0.06 * (high - low)


def test_many_lines_are_divided_evenly_among_panels_of_one_scale():
    runs = [trained(name, 0, 0.1, 0.5, 0.9 - k / 20) for k, name in enumerate("abcdefghijklm")]
    first, second = learning_curve_figure(runs, **WORDS).axes
    assert [len(axis.texts) for axis in (first, second)] == [7, 6]
    assert first.axis() == second.axis()


def test_a_mean_ends_where_fewer_than_half_of_the_seeds_are_left():
    runs = [trained("a", 0, 0.1, 0.5), trained("a", 1, 0.1, 0.5, 0.7), trained("a", 2, 0.1, 0.6)]
    runs += [trained("a", 3, 0.1, 0.6, 0.9, 0.2)]
    (axis,) = learning_curve_figure(runs, **WORDS).axes
    (mean,) = [line for line in axis.lines if line.get_linewidth() == 1.8]
    np.testing.assert_allclose(mean.get_ydata(), [55, 80])
    assert max(len(line.get_xdata()) for line in axis.lines) == 3  # each seed to its end


def test_what_is_learned_of_wrong_labels_has_a_panel_of_its_own():
    for run in (noisy := [trained("a", 0, 0.1, 0.5), trained("clean", 0, 0.2, 0.9)]):
        if run.condition == "a":
            run.evaluations += trained("a", 0, 0.1, 0.3, set="train-corrupted").evaluations
    test, wrong = learning_curve_figure(noisy, **WORDS).axes
    assert (test.get_title(), wrong.get_title()[:21]) == ("test accuracy", "wrong training labels")
    assert [text.get_text() for text in wrong.texts] == ["a"]


def test_wrong_labels_looked_at_once_at_the_end_have_no_panel():
    noisy = [trained("a", seed, 0.1, 0.5, 0.9) for seed in range(2)]
    for run in noisy:
        run.evaluations.append(Evaluation("train-corrupted", 2, 1, 2, confusion(0.3, 0.3)))
    assert len(learning_curve_figure(noisy, **WORDS).axes) == 1


def test_runs_that_did_not_finish_and_evaluations_of_nothing_are_left_out():
    lost = trained("a", 2, 0.1, 0.1)
    lost.status = "diverged"
    assert curve_table([*RUNS, lost]).equals(curve_table(RUNS))
    nothing = Evaluation("test", 1, 1, 1, np.zeros((2, 2), dtype=int))
    assert curve_table([*RUNS, Run("a", 3, evaluations=[nothing])]).equals(curve_table(RUNS))


def test_runs_without_an_evaluation_after_an_epoch_are_refused():
    with pytest.raises(ValueError, match="none finished with 'test' evaluated"):
        learning_curve_figure([trained("a", 0, 0.1)], **WORDS)
