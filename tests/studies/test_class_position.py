"""The study class-position and its table, on records that no training left."""

import dataclasses
import io
import json

import numpy as np
import pandas as pd
import pytest

from core import ClassSequential, Evaluation, Recipe, Shuffled
from core.schedule.latin_square import williams
from studies.definition.catalogue import find
from tests.studies.conftest import FakeWorkers, keep, made_record, outcome, refused

TABLE = ("table", "class-position", "--kind", "position")
COLUMNS = "condition,metric,recency,n,mean,sd,ci_low,ci_high,p"


def position_record(condition, seed, *, order=None, recipe=None, **more):
    """A run that loses 4 points for each class shown later, 9 more where 9 follows 4, or nothing.

    Classes 4 and 9 are those that shuffled training confuses.
    """
    recipe = recipe or find("class-position").conditions[condition]
    order = williams(10)[seed % 10] if order is None else np.asarray(order)
    turns = np.argsort(order) + 1
    noise = np.random.default_rng(seed).integers(-8, 9, 10)
    right = 950 + noise
    if condition == "class-sequential":
        right -= 40 * (10 - turns)
        right[4] -= 90 * (turns[9] > turns[4])
    confusion = np.diag(right)
    confusion[np.arange(10), [1, 2, 3, 5, 9, 6, 7, 8, 0, 4]] += 1000 - right
    if condition == "shuffled":
        confusion = np.diag([1000] * 4 + [980] + [1000] * 4 + [960])
        confusion[4, 9], confusion[9, 4] = 20, 40
    looks = (Evaluation("test", 2, 10, 20, confusion, 0.5),)
    segments = np.tile(turns.astype(np.int32), (2, 1))
    given = {"evaluations": looks, "arrays": {"class_segments": segments}} | more
    return made_record(condition, seed, study="class-position", recipe=recipe, **given)


@pytest.fixture
def square(store):
    """A store with a whole square of both conditions."""
    for seed in range(10):
        for condition in ("shuffled", "class-sequential"):
            keep(store, position_record(condition, seed), planned=10)
    return store


def table(ebb, *words):
    call = ebb(*TABLE, *words)
    assert call.status == 0, call
    return call.out


def test_every_seed_has_its_row_of_the_square_in_both_conditions():
    conditions = find("class-position").conditions
    assert conditions["shuffled"].order == Shuffled("latin-square")
    assert conditions["class-sequential"].order == ClassSequential("latin-square")
    for recipe in conditions.values():
        assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_the_square_is_whole_in_full_and_in_quick():
    study = find("class-position")
    assert (study.seeds, study.quick.seeds) == (10, 10)


def test_csv_has_the_documented_columns_and_what_was_put_in(ebb, square):
    out = table(ebb, "--format", "csv")
    assert out.splitlines()[0] == COLUMNS
    frame = pd.read_csv(io.StringIO(out))
    assert frame["condition"].unique().tolist() == ["shuffled", "class-sequential"]
    assert set(frame["n"]) == {10}
    rows = frame[frame["condition"] == "class-sequential"].set_index("metric")
    assert rows.loc["final accuracy", "recency"].tolist() == list(range(10))
    recency = rows.loc["change per class shown later"]
    assert recency["mean"] == pytest.approx(-0.04, abs=0.005)
    assert recency["p"] < 0.001
    # 4 and 9 have 3 points: 9 of them lost in one class of the two.
    similarity = rows.loc["change per point of similarity"]
    assert similarity["ci_low"] < -0.015 < similarity["ci_high"] < 0
    control = frame[frame["condition"] == "shuffled"].set_index("metric")
    assert abs(control.loc["change per class shown later", "mean"]) < 1e-9


def test_json_and_csv_hold_the_same(ebb, square):
    read = pd.DataFrame(json.loads(table(ebb, "--format", "json")))
    frame = pd.read_csv(io.StringIO(table(ebb, "--format", "csv")))
    pd.testing.assert_frame_equal(
        read.astype(frame.dtypes), frame, check_exact=False, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("style", ["text", "markdown"])
def test_people_read_what_recency_and_resemblance_do(style, ebb, square):
    first, *lines = table(ebb, "--format", style).splitlines()
    assert first.startswith("class-position (full), mnist, 10 of 10 planned seeds: final accuracy")
    found = [line for line in lines if line.startswith("class-sequential, ")]
    recency, similarity = found
    assert recency.startswith("class-sequential, recency: -4.")
    assert recency.endswith("10 runs) for each class shown later. Being shown late saves a class.")
    assert "95 % interval" in similarity
    assert similarity.endswith("Classes that are like a class overwrite it.")
    text = " ".join(lines)
    assert "shuffled takes for the other (most: 4 and 9, 3.00)" in text
    assert "shuffled shows all classes at all times" in text
    assert "not put each class" not in text


def test_where_the_places_are_a_square_their_table_is_the_default(ebb, square):
    assert ebb("table", "class-position").out == table(ebb)


def test_one_seed_has_no_positions_and_another_table(ebb, store):
    keep(store, position_record("class-sequential", 0, evaluations=made_record().evaluations))
    assert "learned" in ebb("table", "class-position").out.splitlines()[1]
    assert "does not vary over the seeds" in refused(ebb(*TABLE))


def test_a_study_with_one_class_order_for_all_seeds_is_refused(ebb, filled):
    line = refused(ebb("table", "class-order", "--kind", "position"))
    assert "run the study class-position" in line


def test_a_part_of_a_square_is_said_to_be_unbalanced(ebb, store):
    keep(store, *(position_record("class-sequential", seed) for seed in range(6)))
    out = table(ebb)
    assert "class-sequential: its 6 runs do not put each class at each place equally often" in out
    # Nobody was shown all classes at once: nothing can be said of similarity.
    assert "esemblance" not in out.split("\n", 1)[1]


def test_any_condition_that_is_shuffled_can_tell_how_alike_classes_are(ebb, store):
    recipes = find("class-position").conditions
    for seed in range(10):
        base = position_record("shuffled", seed).evaluations
        keep(
            store,
            position_record("all-at-once", seed, recipe=recipes["shuffled"], evaluations=base),
            position_record("class-sequential", seed),
        )
    assert "that all-at-once takes for the other (most: 4 and 9, 3.00)" in table(ebb)


def test_orders_drawn_anew_for_each_run_have_positions_too(ebb, store):
    rng = np.random.default_rng(0)
    for seed in range(6):
        keep(store, position_record("class-sequential", seed, order=rng.permutation(10)))
    assert "equally often" in table(ebb)


def test_the_figure_shows_the_positions(ebb, square, tmp_path):
    call = ebb(*TABLE, "--figure", "places.svg")
    assert (call.status, call.err) == (0, "drawn: places.svg\n")
    assert "<svg" in (tmp_path / "places.svg").read_text()


def test_a_run_of_the_study_ends_with_its_positions(ebb, monkeypatch):
    def end(job):
        made = position_record(job.condition, job.seed)
        return "record", outcome(job, evaluations=made.evaluations, arrays=made.arrays)

    monkeypatch.setattr("studies.running.runner.in_processes", FakeWorkers(end))
    call = ebb("run", "class-position", "--quick")
    assert call.status == 0, call
    assert "class-sequential, recency: -4." in call.out


def test_classes_that_are_alike_go_by_their_words(ebb, store):
    words = np.array([f"word-{chr(97 + k)}" for k in range(10)])
    for seed in range(10):
        for condition in ("shuffled", "class-sequential"):
            record = position_record(condition, seed)
            arrays = record.arrays | {"class_names": words}
            keep(store, dataclasses.replace(record, arrays=arrays), planned=10)
    assert "takes for the other (most: word-e and word-j, 3.00)" in " ".join(table(ebb).split())
