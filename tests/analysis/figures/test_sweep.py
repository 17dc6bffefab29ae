"""Which conditions lie on a line, and what is drawn along it."""

import pytest

from analysis.figures.look import COLOURS, GREY, Look
from analysis.figures.panels import is_proportion
from analysis.figures.sweep import sweep_figure
from analysis.sweep import Sweep, named_sweeps, sweep_table, sweeps
from tests.analysis.conftest import Evaluation, Run, confusion

WORDS = {"question": "Does more help?", "dataset": "digits"}


def recipe(rate=0.1, widths=(10,), **more):
    return {
        "dataset": "digits",
        "model": {"name": "mlp", "parameters": {"widths": list(widths)}},
        "optimiser": {"name": "SGD", "parameters": {"learning_rate": rate}},
        **more,
    }


def ended(condition, seed, accuracy):
    return Run(
        condition, seed, evaluations=[Evaluation("test", 1, 1, 1, confusion(accuracy, accuracy))]
    )


def test_three_conditions_that_differ_in_one_number_are_a_line_in_its_order():
    found = sweeps({f"rate-{r}": recipe(rate=r) for r in (0.1, 0.001, 0.01)})
    assert found == [
        Sweep(
            "learning rate", {"rate-...": {"rate-0.001": 0.001, "rate-0.01": 0.01, "rate-0.1": 0.1}}
        )
    ]


def test_two_are_a_comparison_and_a_second_difference_breaks_the_line():
    assert sweeps({"a": recipe(rate=0.1), "b": recipe(rate=0.2)}) == []
    assert sweeps({str(r): recipe(rate=r, epochs=int(10 * r)) for r in (0.1, 0.2, 0.3)}) == []


def test_what_differs_beside_the_number_makes_lines_of_their_own():
    recipes = {
        f"{kind}-{width}": recipe(widths=(width,), loss=kind)
        for kind in ("mse", "nll")
        for width in (10, 50, 100)
    }
    (found,) = sweeps(recipes)
    assert found.name == "units of the hidden layer that is varied"
    assert list(found.lines) == ["mse-...", "nll-..."]


def test_a_condition_without_the_noise_has_it_at_0():
    noise = {
        f"noise-{s}": recipe(label_noise={"is": "SymmetricLabelNoise", "rate": s})
        for s in (0.1, 0.4)
    }
    (found,) = sweeps({"clean": recipe(), **noise})
    assert found.lines == {"noise-...": {"clean": 0.0, "noise-0.1": 0.1, "noise-0.4": 0.4}}


def test_truth_values_are_no_numbers():
    assert sweeps({"a": recipe(x=True), "b": recipe(x=False), "c": recipe(x=2)}) == []


def test_the_table_has_the_percentiles_at_each_number():
    sweep = Sweep("width", {"w-...": {"w-1": 1.0, "w-2": 2.0}})
    runs = [ended("w-1", s, a) for s, a in enumerate((0.5, 0.6, 0.7, 0.8, 0.9))]
    table = sweep_table([*runs, Run("w-2", 0, status="failed")], sweep, "test accuracy")
    (row,) = table.to_dict("records")
    assert (row["number"], row["n"]) == (1.0, 5)
    assert [row["p25"], row["p50"], row["p75"]] == pytest.approx([0.6, 0.7, 0.8])


def test_the_line_joins_the_means_and_the_axis_is_logarithmic_over_magnitudes():
    members = {"w-1": 1.0, "w-10": 10.0, "w-1000": 1000.0}
    runs = [ended(name, s, 0.5 + 0.1 * s) for name in members for s in range(3)]
    found = [Sweep("width", {"w-...": members})]
    (axis,) = sweep_figure(runs, found, "test accuracy", **WORDS).axes
    means = axis.containers[0].lines[0]
    assert means.get_xdata().tolist() == [1, 10, 1000]
    assert means.get_ydata().tolist() == pytest.approx([60, 60, 60])
    assert axis.get_xscale() == "log"
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1", "10", "1000"]


def test_conditions_named_by_their_values_are_lines_and_others_are_references():
    names = [f"{base}+rate={rate}" for base in "ab" for rate in (0.1, 1e-05)]
    (found,) = named_sweeps([*names, "clean"])
    assert found.references == ("clean",)
    assert found.lines == {b: {f"{b}+rate=1e-05": 1e-05, f"{b}+rate=0.1": 0.1} for b in "ab"}


def test_a_grid_of_two_fields_is_seen_from_either():
    names = [f"rate={rate}+size={size}" for rate in (1, 2) for size in (10, 20)]
    rate, size = named_sweeps(names)
    assert list(rate.lines) == ["size=10", "size=20"]
    assert size.lines["rate=2"] == {"rate=2+size=10": 10.0, "rate=2+size=20": 20.0}


def test_the_best_mean_is_marked_where_it_is_known_which_way_is_better():
    runs = [ended(f"rate={rate}", seed, 0.5 + rate / 10) for rate in (1, 3, 2) for seed in (0, 1)]
    found = named_sweeps(["rate=1", "rate=3", "rate=2"])
    table = sweep_table(runs, found[0], "test accuracy")
    assert table[table["best"]]["number"].tolist() == [3.0]
    assert table["mean"].tolist() == pytest.approx([0.6, 0.7, 0.8])
    (axis,) = sweep_figure(runs, found, "test accuracy", **WORDS).axes
    assert [text.get_text() for text in axis.texts] == ["best: 3"]


def test_the_lowest_loss_is_the_best_and_one_condition_alone_is_none():
    runs = [ended(f"rate={rate}", 0, 0.5) for rate in (1, 2)]
    runs[0].evaluations[0].loss = 0.3
    (sweep,) = named_sweeps(["rate=1", "rate=2"])
    assert sweep_table(runs, sweep, "test loss")["best"].tolist() == [True, False]
    runs[1].status = "failed"
    assert sweep_table(runs, sweep, "test loss")["best"].tolist() == [False]


def test_up_to_three_conditions_off_the_line_are_beside_it():
    rates = ["rate=1", "rate=2"]
    assert named_sweeps(["a", "b", "c", *rates])[0].references == ("a", "b", "c")
    assert named_sweeps(["a", "b", "c", "d", *rates])[0].references == ()


def test_an_interval_is_not_drawn_beyond_what_a_fraction_can_be():
    runs = [ended(f"rate={rate}", s, a) for rate in (1, 2) for s, a in enumerate((1.0, 0.8))]
    figure = sweep_figure(runs, named_sweeps(["rate=1", "rate=2"]), "test accuracy", **WORDS)
    assert "are cut there" in figure.get_supxlabel()
    assert figure.axes[0].containers[0].lines[2][0].get_segments()[0].max() == 100


def test_a_line_has_the_mark_of_the_condition_that_is_varied():
    names = [f"{base}+rate={rate}" for base in ("shuffled", "in-order") for rate in (1, 2)]
    runs = [ended(name, seed, 0.5) for name in names for seed in (0, 1)]
    look = Look(tuple(names), "shuffled+rate=1")
    figure = sweep_figure(runs, named_sweeps(names), "test accuracy", **WORDS, look=look)
    (axis,) = figure.axes
    assert [each.lines[0].get_color() for each in axis.containers] == [GREY, COLOURS[0]]
    named = {text.get_text().split()[0]: text.get_color() for text in axis.texts}
    assert named == {"shuffled": GREY, "in-order": COLOURS[0]}


def test_a_metric_that_nobody_has_is_refused():
    sweep = Sweep("width", {"w-...": {"w-1": 1.0}})
    with pytest.raises(ValueError, match="received metric 'fame'"):
        sweep_figure([ended("w-1", 0, 0.5)], [sweep], "fame", **WORDS)


def test_intervals_of_a_figure_that_may_be_negative_are_not_cut_at_0(monkeypatch):
    runs = [ended(f"rate={rate}", s, a) for rate in (1, 2) for s, a in enumerate((1.0, 0.2))]
    sweep, lowest = named_sweeps(["rate=1", "rate=2"]), []
    for bounded in (True, False):
        monkeypatch.setattr("analysis.figures.sweep.is_proportion", lambda _, known=bounded: known)
        figure = sweep_figure(runs, sweep, "test accuracy", **WORDS)
        lowest.append(figure.axes[0].containers[0].lines[2][0].get_segments()[0].min())
    assert lowest[0] == 0
    assert lowest[1] < -100
    assert not is_proportion("tasks: backward transfer")
