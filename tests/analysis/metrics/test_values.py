import numpy as np
import pytest

from analysis.metrics.run_forgetting import forgetting_scalars
from analysis.metrics.values import values_of
from analysis.statistics.comparison import compare
from tests.analysis.conftest import Evaluation, Run, by_task, confusion, in_tasks, run, segmented


def test_values_come_by_seed_from_finished_runs() -> None:
    failed = run("a", 9, 0.1, 0.1)
    failed.status = "failed"
    runs = [run("a", 1, 0.7, 0.9), run("a", 0, 0.5, 0.9), failed, run("b", 0, 0.1, 0.1)]
    values = values_of(runs, "validation accuracy", "a")
    assert values.index.tolist() == [0, 1]
    assert values.tolist() == pytest.approx([0.7, 0.8])
    assert values_of(runs, "validation accuracy", "a", class_=0).tolist() == [0.5, 0.7]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("validation loss", 0.6),
        ("validation mean class accuracy", 0.7),
        ("best validation accuracy", 0.85),  # of the trained epochs only
        ("best validation loss", 0.4),
        ("validation accuracy at epoch 1", 0.85),
        ("accuracy", 0.4),
    ],
)
def test_metrics_are_found_by_name(metric: str, expected: float) -> None:
    assert values_of([run("a", 0, 0.5, 0.9)], metric, "a").tolist() == pytest.approx([expected])


def test_forgetting_figures_are_found_by_name() -> None:
    one = run("a", 0, 0.5, 0.9)
    one.evaluations += [
        Evaluation("test-sample", 1, 1, 0, confusion(0.9, 0.1)),
        Evaluation("test-sample", 1, 2, 0, confusion(0.3, 0.8)),
    ]
    one.arrays = {"class_segments": np.array([[1, 2]])}
    assert values_of([one], "mean drop", "a").tolist() == pytest.approx([0.3])
    assert values_of([one], "drop", "a", class_=0).tolist() == pytest.approx([0.6])
    assert values_of([one], "recency bias: last class", "a").tolist() == pytest.approx([70 / 90])


def test_figures_of_tasks_are_found_by_name() -> None:
    runs = [in_tasks("a", 0), in_tasks("a", 1, shift=0.1)]
    values = values_of(runs, "tasks: backward transfer", "a")
    assert values.tolist() == pytest.approx([-0.5325, -0.6325])
    assert values_of(runs, "drop", "a", class_=2).tolist() == pytest.approx([0.44, 0.54])
    with pytest.raises(ValueError, match="received metric 'tasks: forward transfer'"):
        values_of(runs, "tasks: forward transfer", "a")
    with pytest.raises(ValueError, match="received metric 'tasks: average accuracy'"):
        values_of([segmented("a", 0)], "tasks: average accuracy", "a")


def test_where_classes_share_the_last_segment_the_recency_bias_counts_them_all() -> None:
    run = in_tasks("a", 0)
    run.arrays["class_segments"] = run.arrays["class_segments"][:, [0, 1, 3, 2]]
    run.arrays["class_segments"][-2:, 1] = 1  # classes 1 and 2 are shown last
    # Errors at the end: 80 of class 0 named 1, 30 of 1 named 2, 150 of 2 named 3, 1 of 3 named 0.
    assert forgetting_scalars(run)["recency bias: last class"] == pytest.approx(110 / 261)


def test_where_all_classes_share_a_segment_both_recency_biases_count_them_all() -> None:
    found = forgetting_scalars(in_tasks("a", 0, epochs=1))
    # Errors: 20 of class 0 named 1, 50 of 1 named 2, 30 of 2 named 3, 50 of 3 named 0.
    for which in ("class", "two classes"):
        assert found[f"recency bias: last {which}"] == pytest.approx(100 / 150)


def test_what_no_run_has_is_refused() -> None:
    runs = [run("a", 0, 0.5, 0.9)]
    with pytest.raises(ValueError, match="received metric 'tset accuracy'"):
        values_of(runs, "tset accuracy", "a")
    with pytest.raises(ValueError, match="received metric 'validation accuracy' of class 2"):
        values_of(runs, "validation accuracy", "a", class_=2)
    with pytest.raises(ValueError, match="received metric 'mean recovery'"):
        values_of(runs, "mean recovery", "a")
    for metric, made in (
        ("mean drop", segmented("a", 0)),
        ("tasks: average accuracy", in_tasks("a", 0)),
        ("tasks: average accuracy", by_task("a", 0)),
    ):
        with pytest.raises(ValueError, match=f"received metric '{metric}' of class 0"):
            values_of([made], metric, "a", class_=0)
    with pytest.raises(ValueError, match="received condition 'c'; expected one of a"):
        values_of(runs, "validation accuracy", "c")


def test_the_recency_bias_comes_from_the_sample_where_the_whole_set_was_not_evaluated() -> None:
    run = segmented("ordered", 0)
    del run.evaluations[-1]
    assert forgetting_scalars(run)["recency bias: last class"] == pytest.approx(35 / 83)


def lost(condition: str, seed: int) -> Run:
    """A run that diverged after its evaluations, which therefore stand in its record."""
    diverged = run(condition, seed, 0.1, 0.1)
    diverged.status = "diverged"
    return diverged


def test_diverged_runs_are_left_out_unless_they_are_asked_for() -> None:
    runs = [run("a", 2, 0.7, 0.9), lost("a", 1), run("a", 0, 0.5, 0.9)]
    plain = values_of(runs, "validation accuracy", "a")
    assert plain.to_dict() == pytest.approx({0: 0.7, 2: 0.8})
    values = values_of(runs, "validation accuracy", "a", diverged=True)
    assert values.index.tolist() == [0, 1, 2]
    assert values.index.name == "seed"
    assert values.tolist() == pytest.approx([0.7, np.nan, 0.8], nan_ok=True)
    of_class = values_of(runs, "validation accuracy", "a", class_=0, diverged=True)
    assert of_class.tolist() == pytest.approx([0.5, np.nan, 0.7], nan_ok=True)


def test_only_diverged_runs_become_nan() -> None:
    ended = {status: run("a", seed, 0.1, 0.1) for seed, status in enumerate(("failed", "stopped"))}
    for status, each in ended.items():
        each.status = status
    values = values_of([*ended.values(), run("a", 7, 0.5, 0.9)], "accuracy", "a", diverged=True)
    assert values.to_dict() == {7: 0.4}


def test_a_condition_that_always_diverged_is_all_nan() -> None:
    runs = [lost("a", 1), lost("a", 0), run("b", 0, 0.5, 0.9)]
    assert values_of(runs, "validation accuracy", "a").empty
    values = values_of(runs, "validation accuracy", "a", diverged=True)
    assert values.index.tolist() == [0, 1]
    assert values.isna().all()


def test_a_diverged_run_does_not_make_up_for_a_metric_that_no_run_has() -> None:
    with pytest.raises(ValueError, match="received metric 'tset accuracy'"):
        values_of([run("a", 0, 0.5, 0.9), lost("a", 1)], "tset accuracy", "a", diverged=True)


def test_a_finished_run_that_lacks_the_figure_is_no_outcome() -> None:
    bare = Run("a", 1)
    runs = [run("a", 0, 0.5, 0.9), bare, lost("a", 2)]
    values = values_of(runs, "validation accuracy", "a", diverged=True)
    assert values.index.tolist() == [0, 2]


def test_a_comparison_counts_the_diverged_runs_as_outcomes() -> None:
    runs = [run("a", seed, 0.5 + 0.01 * seed**2, 0.9) for seed in range(5)]
    runs += [run("b", seed, 0.4 + 0.02 * seed, 0.9) for seed in range(4)] + [lost("b", 4)]
    a, b = (values_of(runs, "validation accuracy", name, diverged=True) for name in "ab")
    found = compare(a, b, paired=True, seeds_a=a.index.tolist(), seeds_b=b.index.tolist())
    assert found.n == 4
    assert (found.failures.a.diverged, found.failures.b.diverged) == (0, 1)


def test_the_best_epoch_is_the_first_that_has_the_best_figure():
    runs = [run("a", 0, 0.8, 0.9), run("a", 1, 0.9, 0.9)]
    for metric, expected in (
        ("best validation accuracy", [0.85, 0.9]),
        ("epoch of best validation accuracy", [1, 2]),
        ("best validation loss", [0.4, 0.4]),
        ("epoch of best validation loss", [1, 1]),
    ):
        assert values_of(runs, metric, "a").tolist() == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["epoch of validation loss", "epoch of best nothing"])
def test_an_epoch_of_nothing_is_refused(metric):
    with pytest.raises(ValueError, match="expected a figure that runs of 'a' have"):
        values_of([run("a", 0, 0.8, 0.9)], metric, "a")


def test_an_epoch_whose_loss_is_not_known_is_not_the_best():
    one = run("a", 0, 0.5, 0.9)
    one.evaluations[1].loss = float("nan")
    assert values_of([one], "best validation loss", "a").tolist() == [0.6]
    assert values_of([one], "epoch of best validation loss", "a").tolist() == [2]
    one.evaluations[2].loss = float("nan")
    with pytest.raises(ValueError, match="received metric"):
        values_of([one], "epoch of best validation loss", "a")
