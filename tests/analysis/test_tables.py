import numpy as np
import pandas as pd
import pytest
import scipy.stats

from analysis.tables import (
    forgetting_table,
    history_table,
    per_class_table,
    status_counts,
    summary_table,
)
from tests.analysis.conftest import GRID, Evaluation, Run, confusion, in_tasks, run, segmented

SUMMARY = ["n", "mean", "sd", "ci_low", "ci_high", "p25", "p50", "p75", "min", "max"]


def whole(condition: str, seed: int, *accuracies: float, loss: float = 0.5) -> Run:
    looks = [
        Evaluation("test", 0, 0, 0, confusion(0, 0), 2.0),
        Evaluation("test", 1, 1, 10, confusion(0.1, 0.1), 1.0),
        Evaluation("test", 2, 1, 20, confusion(*accuracies), loss),
    ]
    return Run(condition, seed, history=[(1, 10, "loss", 1.5)], evaluations=looks)


def test_per_class_is_the_last_evaluation_over_seeds() -> None:
    runs = [whole("a", seed, x, 0.9) for seed, x in enumerate([0.5, 0.6, 0.8])]
    table = per_class_table(runs)
    assert list(table) == ["condition", "class", *SUMMARY]
    row = table.iloc[0]
    assert (row["condition"], row["class"], row["n"]) == ("a", 0, 3)
    assert row["mean"] == pytest.approx(1.9 / 3)
    assert row["sd"] == pytest.approx(np.std([0.5, 0.6, 0.8], ddof=1))
    interval = scipy.stats.ttest_1samp([0.5, 0.6, 0.8], 0).confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(interval))
    assert tuple(row[["p25", "p50", "p75", "min", "max"]]) == pytest.approx(
        (0.55, 0.6, 0.7, 0.5, 0.8)
    )
    assert table.loc[1, "sd"] == 0


def test_one_seed_gives_a_value_without_an_interval() -> None:
    row = per_class_table([whole("a", 0, 0.5, 0.9)]).iloc[0]
    assert (row["n"], row["mean"]) == (1, 0.5)
    assert row[["sd", "ci_low", "ci_high"]].isna().all()


def test_only_finished_runs_count_and_n_says_so() -> None:
    bad = whole("a", 1, 0.0, 0.0)
    bad.status = "diverged"
    table = per_class_table([whole("a", 0, 0.5, 0.9), bad])
    assert table["n"].tolist() == [1, 1]
    assert table["mean"].tolist() == [0.5, 0.9]


def test_a_condition_without_finished_runs_keeps_its_rows() -> None:
    runs = [Run("lost", 0, "failed"), whole("a", 0, 0.5, 0.9)]
    for table in (per_class_table(runs), summary_table(runs)):
        lost = table[table["condition"] == "lost"]
        assert len(lost) == len(table) / 2
        assert (lost["n"] == 0).all()
        assert lost[SUMMARY[1:]].isna().all(axis=None)
        assert table["condition"].tolist()[0] == "lost"


def test_a_condition_without_finished_runs_has_a_row_of_each_set_that_others_evaluated() -> None:
    table = summary_table([Run("lost", 0, "failed"), run("a", 0, 0.5, 0.9)])
    lost = table[table["condition"] == "lost"]["metric"].tolist()
    assert lost == [f"validation {what}" for what in ("accuracy", "loss", "mean class accuracy")]
    nowhere = summary_table([Run("lost", 0, "failed")])["metric"].tolist()
    assert nowhere == [f"test {what}" for what in ("accuracy", "loss", "mean class accuracy")]


def test_a_loss_that_is_not_known_is_left_out() -> None:
    known, unknown = whole("a", 0, 0.5, 0.9), whole("a", 1, 0.5, 0.9, loss=np.nan)
    assert "test loss" not in summary_table([unknown])["metric"].tolist()
    of_both = summary_table([known, unknown]).set_index("metric").loc["test loss"]
    assert (of_both["n"], of_both["mean"]) == (1, 0.5)
    history = history_table([unknown])
    assert history[history["name"] == "test loss"]["epoch"].tolist() == [0, 1]
    unknown.status = "diverged"  # its loss is NaN, and known to be
    history = history_table([unknown])
    assert history[history["name"] == "test loss"]["epoch"].tolist() == [0, 1, 2]


def test_an_unknown_set_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"received set 'tset'.*\(test\)"):
        per_class_table([whole("a", 0, 0.5, 0.9)], set="tset")


def test_runs_with_different_classes_are_not_mixed() -> None:
    with pytest.raises(ValueError, match=r"with \[2, 3\] classes"):
        per_class_table([whole("a", 0, 0.5, 0.9), whole("a", 1, 0.5, 0.9, 0.9)])


def test_no_runs_are_refused_by_every_table() -> None:
    for table in (per_class_table, summary_table, forgetting_table, history_table, status_counts):
        with pytest.raises(ValueError, match="received no runs"):
            table([])


def test_the_summary_names_set_and_metric() -> None:
    table = summary_table([whole("a", 0, 0.5, 0.9, loss=0.3), whole("a", 1, 0.7, 0.9, loss=0.5)])
    assert list(table) == ["condition", "metric", *SUMMARY]
    means = dict(zip(table["metric"], table["mean"], strict=True))
    assert means == pytest.approx(
        {"test accuracy": 0.75, "test loss": 0.4, "test mean class accuracy": 0.75}
    )


def test_the_summary_has_the_forgetting_figures_where_segments_exist() -> None:
    table = summary_table([whole("plain", 0, 0.5, 0.9, 0.9), segmented("ordered", 0)])
    plain = table[table["condition"] == "plain"]["metric"].tolist()
    assert plain == ["test accuracy", "test loss", "test mean class accuracy"]
    ordered = table[table["condition"] == "ordered"].set_index("metric")["mean"]
    assert ordered["mean drop"] == pytest.approx((0.25 + 0.30 + 0.0) / 3)
    assert ordered["mean forgetting_max_minus_last"] == pytest.approx((0.30 + 0.30 + 0) / 3)
    assert ordered["mean forgetting_first_minus_last"] == pytest.approx((0.3 + 0.15 - 0.02) / 3)
    assert ordered["mean recovery"] == pytest.approx((0.55 + 0.35 + 0.02) / 3)
    # Errors at the end: 40 of class 0 named 1, 35 of class 1 named 2, 8 of class 2 named 0.
    assert ordered["recency bias: last class"] == pytest.approx(35 / 83)
    assert ordered["recency bias: last two classes"] == pytest.approx(75 / 83)


def test_the_forgetting_table_holds_means_and_the_interval_of_drop() -> None:
    runs = [segmented("a", 0), segmented("a", 1, shift=0.10), segmented("a", 2, shift=0.02)]
    runs[1].evaluations[-2].confusion = confusion(0.40, 0.65, 0.92)  # one end is worse
    table = forgetting_table(runs)
    assert list(table)[:10] == [
        *("condition", "class", "n", "learned", "final", "drop"),
        *("forgetting_max_minus_last", "forgetting_first_minus_last", "ci_low", "ci_high"),
    ]
    assert list(table)[10:] == ["recency", "recovery", "minimum_after_first_segment", "untrained"]
    row = table.iloc[0]
    drops = [0.25, 0.75 - 0.40, 0.25]
    assert row["n"] == 3
    assert row["drop"] == pytest.approx(np.mean(drops))
    assert row["learned"] - row["final"] == pytest.approx(row["drop"])
    interval = scipy.stats.ttest_1samp(drops, 0).confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(interval))
    assert table["recency"].tolist() == [2, 1, 0]
    assert table["untrained"].tolist() == pytest.approx([0.1, 0.2, 0.3])


def test_a_condition_without_segments_has_n_zero_in_the_forgetting_table() -> None:
    table = forgetting_table([whole("plain", 0, 0.5, 0.9), segmented("ordered", 0)])
    plain = table[table["condition"] == "plain"]
    assert plain["n"].tolist() == [0, 0, 0]
    assert plain["drop"].isna().all()


def test_one_epoch_has_no_recovery_and_one_seed_no_interval() -> None:
    row = forgetting_table([segmented("a", 0, grid=GRID[:1])]).iloc[0]
    assert row[["recovery", "ci_low", "ci_high"]].isna().all()
    assert row["drop"] == pytest.approx(0.6)
    assert forgetting_table([in_tasks("a", 0, epochs=1)])["recovery"].isna().tolist() == [True] * 4


def test_the_forgetting_table_of_tasks_follows_each_class_from_its_last_training_segment() -> None:
    table = forgetting_table([in_tasks("a", seed, shift=0.02 * seed) for seed in range(3)])
    assert table["n"].tolist() == [3] * 4
    assert table["learned"].tolist() == pytest.approx([0.90, 0.96, 0.94, 0.96])
    assert table["final"].tolist() == pytest.approx([0.18, 0.38, 0.48, 0.96])
    assert table["drop"].tolist() == pytest.approx([0.72, 0.58, 0.46, 0])
    assert table["recency"].tolist() == [4, 2, 4, 0]
    assert table["recovery"].isna().all()
    assert table["untrained"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    interval = scipy.stats.ttest_1samp([0.70, 0.72, 0.74], 0).confidence_interval()
    assert tuple(table.loc[0, ["ci_low", "ci_high"]]) == pytest.approx(tuple(interval))


def test_other_labels_give_the_same_forgetting_table_in_another_order() -> None:
    labels = [2, 0, 3, 1]
    table = forgetting_table([in_tasks("a", seed, labels=labels) for seed in range(2)])
    expected = forgetting_table([in_tasks("a", seed) for seed in range(2)])
    moved = table.drop(columns="class").iloc[labels].reset_index(drop=True)
    pd.testing.assert_frame_equal(moved, expected.drop(columns="class"))


def test_the_summary_has_the_figures_of_tasks_where_runs_saw_them_once_each() -> None:
    table = summary_table([segmented("ordered", 0), *(in_tasks("tasks", s) for s in range(2))])
    ordered = table[table["condition"] == "ordered"]["metric"]
    assert not ordered.str.startswith("tasks").any()
    figures = table[table["condition"] == "tasks"].set_index("metric")
    assert figures.loc["tasks: average accuracy", "mean"] == pytest.approx(1.805 / 3)
    assert figures.loc["tasks: backward transfer", "mean"] == pytest.approx(-0.5325)
    assert figures.loc["mean drop", "mean"] == pytest.approx((0.70 + 0.56 + 0.44 + 0) / 4)
    assert figures.loc["mean recovery", "n"] == 0
    # Errors at the end: 80 of class 0 named 1, 30 of 1 named 2, 150 of 2 named 3, 1 of 3 named 0.
    assert figures.loc["recency bias: last class", "mean"] == pytest.approx(150 / 261)
    assert figures.loc["recency bias: last two classes", "mean"] == pytest.approx(230 / 261)


def test_a_run_that_ended_before_its_last_task_has_no_figures_of_tasks() -> None:
    runs = [in_tasks("a", 0, epochs=3), in_tasks("a", 1), in_tasks("a", 2)]
    n = summary_table(runs).set_index("metric")["n"]
    assert (n["tasks: average accuracy"], n["mean drop"]) == (2, 3)
    # The class that it never saw was not learned there.
    assert forgetting_table(runs)["n"].tolist() == [3, 3, 3, 2]


def test_a_study_without_segments_has_no_forgetting_table() -> None:
    with pytest.raises(ValueError, match="without segment evaluations of 'test-sample'"):
        forgetting_table([whole("a", 0, 0.5, 0.9)])


def test_the_history_follows_every_run_with_its_evaluations() -> None:
    run = whole("a", 7, 0.5, 0.9)
    run.status = "stopped"
    table = history_table([run])
    assert list(table) == ["condition", "seed", "epoch", "step", "name", "value"]
    assert table.iloc[0].tolist() == ["a", 7, 1, 10, "loss", 1.5]
    accuracy = table[table["name"] == "test accuracy"]
    assert accuracy[["epoch", "step"]].to_numpy().tolist() == [[0, 0], [1, 10], [2, 20]]
    assert accuracy["value"].tolist() == pytest.approx([0, 0.1, 0.7])
    assert table[table["name"] == "test loss"]["value"].tolist() == [2.0, 1.0, 0.5]


def test_statuses_are_counted_by_condition() -> None:
    runs = [Run("b", 0, "diverged"), Run("a", 0), Run("b", 1), Run("b", 2, "diverged")]
    table = status_counts(runs)
    assert list(table) == ["condition", "finished", "diverged", "failed", "stopped"]
    assert table.to_numpy().tolist() == [["b", 1, 2, 0, 0], ["a", 1, 0, 0, 0]]
    with pytest.raises(ValueError, match="received status 'done'"):
        status_counts([Run("a", 0, "done")])


def test_the_best_of_the_validation_set_stands_in_the_summary_with_its_epoch() -> None:
    table = summary_table([run("a", 0, 0.8, 0.8), whole("b", 0, 0.5, 0.9)])
    means = table[table["condition"] == "a"].set_index("metric")["mean"]
    assert means["best validation accuracy"] == pytest.approx(0.85)
    assert means["epoch of best validation accuracy"] == 1
    assert means["best validation loss"] == pytest.approx(0.4)
    assert means["epoch of best validation loss"] == 1
    assert not any("best" in metric for metric in table[table["condition"] == "b"]["metric"])
