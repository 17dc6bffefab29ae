import io

import pandas as pd
import pytest

from studies.definition.catalogue import find
from tests.studies.conftest import keep, made_in_tasks, made_record


def filled(store, n, condition="shuffled", planned=None):
    for seed in range(n):
        record = made_record(condition, seed, accuracy=0.9 + 0.05 * (seed % 2))
        store.save(record, "digest", planned=planned or n)


def summary(ebb):
    return ebb("table", "class-order", "--kind", "summary").out


def test_one_seed_is_a_value_without_an_interval(ebb, store):
    filled(store, 1)
    assert "1 seed: a value without an interval." in summary(ebb)


def test_few_seeds_are_shown_one_by_one_and_marked_as_fragile(ebb, store):
    filled(store, 3)
    assert "every value 90.00, 95.00, 90.00;" in summary(ebb)
    assert "3 seeds: the intervals are fragile." in summary(ebb)


def test_the_median_gets_its_interval_from_six_seeds_and_a_quartile_from_thirteen(ebb, store):
    filled(store, 5)
    said = summary(ebb)
    assert "no interval of the median from 5 seeds (6 are needed)" in said
    assert "fragile" not in said
    assert "every value" not in said
    filled(store, 6)
    assert "p50 lies in 90.00 to 95.00 (95 %, distribution-free; a quartile needs 13" in summary(
        ebb
    )
    filled(store, 13)
    assert "p25 in 90.00 to" in summary(ebb)


def test_the_test_sets_own_uncertainty_stands_beside_that_of_the_seeds(ebb, store):
    filled(store, 2)
    # The root of .925 (1 - .925) / 200 is .0186.
    assert "standard error of its 200 examples 1.86 points" in summary(ebb)


def test_more_seeds_than_planned_are_said_to_be_peeking(ebb, store):
    filled(store, 6, planned=4)
    assert "6 seeds, 4 planned: adding seeds until a difference shows" in summary(ebb)


def test_other_seeds_in_another_condition_are_no_more_than_planned(ebb, store):
    for condition, seeds in (("shuffled", (0, 1)), ("class-sequential", (1, 2))):
        for seed in seeds:
            store.save(made_record(condition, seed), "digest", planned=2)
    assert "adding seeds" not in summary(ebb)


def test_a_recorded_figure_that_is_no_number_is_named_where_it_is_left_out(ebb, store):
    for seed, value in enumerate((0.5, float("nan"), 0.7)):
        store.save(made_record(seed=seed, history=((1, 10, "score", value),)), "digest", planned=3)
    assert "Not a number, and so left out: score of shuffled (seed 1)." in summary(ebb)


def test_diverged_and_failed_runs_are_counted_with_their_interval(ebb, store):
    filled(store, 7)
    for seed, status in ((7, "diverged"), (8, "diverged"), (9, "failed")):
        store.save(made_record("shuffled", seed, status=status), "digest", planned=10)
    out = summary(ebb)
    assert "2 of 9 runs diverged (22 %, Wilson 95 % interval 6 to 55 %)" in out
    assert "1 of 10 runs failed and are left out; `--retry-failed` does them again." in out


def test_a_run_that_crashed_is_not_counted_as_one_that_did_not_diverge(ebb, store):
    endings = ["finished"] * 3 + ["diverged"] * 2 + ["failed"] * 4 + ["stopped"]
    for seed, status in enumerate(endings):
        store.save(made_record("shuffled", seed, status=status), "digest", planned=10)
    out = summary(ebb)
    # SciPy: binomtest(2, 5).proportion_ci(method="wilson") is .1176 to .7693.
    assert "2 of 5 runs diverged (40 %, Wilson 95 % interval 12 to 77 %)" in out
    assert "the means are over the 3 that finished" in out
    assert "4 of 10 runs failed and are left out" in out


def test_a_condition_without_a_finished_run_beside_one_with_some(ebb, store):
    filled(store, 2)
    store.save(made_record("class-sequential", 0, status="diverged"), "digest", planned=2)
    out = summary(ebb)
    assert "class-sequential: 1 of 1 runs diverged" in out
    assert "test accuracy of shuffled:" in out


def test_tasks_can_be_read_from_the_store_to_the_last_table(ebb, store):
    keep(store, *(made_in_tasks(seed=seed, kept=0.4 + 0.1 * seed) for seed in range(3)))
    keep(store, *(made_record("class-sequential", seed) for seed in range(3)))
    table = ebb("table", "class-order", "--kind", "summary", "--format", "csv").out
    figures = pd.read_csv(io.StringIO(table)).set_index(["condition", "metric"])["mean"]
    assert figures["shuffled", "test accuracy"] == pytest.approx(0.6)
    assert figures["shuffled", "tasks: average accuracy"] == pytest.approx(0.6)
    assert figures["shuffled", "tasks: backward transfer"] == pytest.approx(-0.5)
    assert figures["shuffled", "tasks: mean forgetting_max_minus_last"] == pytest.approx(0.5)
    assert ("class-sequential", "tasks: average accuracy") not in figures
    table = ebb("table", "class-order", "--kind", "forgetting", "--format", "csv").out
    classes = pd.read_csv(io.StringIO(table)).set_index(["condition", "class"]).loc["shuffled"]
    assert classes["learned"].tolist() == pytest.approx([1.0] * 10)
    assert classes["drop"].tolist() == pytest.approx([0.5] * 8 + [0.0] * 2)
    assert classes["recency"].tolist() == [8, 8, 6, 6, 4, 4, 2, 2, 0, 0]
    assert classes["recovery"].isna().all()


def test_the_figures_of_tasks_say_what_they_are_made_of(ebb, store):
    keep(store, made_in_tasks())
    assert "on a fixed sample of 200 test examples; mean ...: over the single" in summary(ebb)
    forgetting = ebb("table", "class-order", "--kind", "forgetting").out
    assert "learned: just after the class's last segment; final: at the very end" in forgetting
    assert "On a fixed sample of 200 test examples." in forgetting


def test_the_overview_says_what_its_columns_are(ebb, store):
    said = []
    for name in ("optimisers", "augmentation", "class-order"):
        condition, recipe = next(iter(find(name).conditions.items()))
        store.save(made_record(condition, study=name, recipe=recipe), "digest", planned=1)
        said.append(ebb("table", name, "--kind", "overview").out)
    for line, shown in (
        ("best: of each run's epochs, chosen on the very examples", [True, True, False]),
        ("roughness: how much the change from epoch to epoch changes", [True, False, False]),
        ("convergence epoch: the first with a loss within 1 %", [True, False, False]),
        ("accuracy: on the training part with its training labels", [False, True, False]),
    ):
        assert ["\n" + line in each for each in said] == shown


def test_without_tasks_nothing_is_said_of_them(ebb, store):
    filled(store, 2)
    assert "tasks:" not in summary(ebb)


def test_conditions_that_were_not_evaluated_after_segments_are_named(ebb, store):
    keep(store, made_record("shuffled", segments=False), made_record("class-sequential"))
    out = ebb("table", "class-order", "--kind", "forgetting").out
    assert "\nshuffled: not evaluated after segments, so its drops are not known." in out
    assert "class-sequential: not evaluated" not in out


def test_nothing_finished_is_said_so(ebb, store):
    store.save(made_record("shuffled", 0, status="diverged"), "digest", planned=10)
    assert "No run finished" in summary(ebb)
