"""Recency and similarity: what they are, and whether their tests keep what they promise."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.recency import (
    Positions,
    class_positions,
    class_similarity,
    position_sentences,
    position_table,
    recency_effect,
    similarity_effect,
)
from analysis.statistics.slopes import slope_over_runs
from core.schedule.latin_square import williams
from tests.analysis.conftest import Evaluation, Run, confusion

ORDERS = [(0, 1, 2, 3), (1, 2, 3, 0), (2, 3, 0, 1), (3, 0, 1, 2)]


def run(condition, seed, accuracies, order, status="finished"):
    """A run that showed the classes in this order in both of its epochs."""
    looks = [Evaluation("test", epoch, 4, 0, confusion(*accuracies)) for epoch in (1, 2)]
    segments = np.tile(np.argsort(order).astype(np.int32) + 1, (2, 1))
    return Run(condition, seed, status, evaluations=looks, arrays={"class_segments": segments})


def recency_of(orders):
    orders = np.asarray(orders)
    return orders.shape[1] - 1 - np.argsort(orders, axis=1)


# Four runs: 5 points less for each class shown later, class c 2 c points below class 0.
FOUR = [
    run("in-turn", seed, 0.9 - 0.05 * recency_of([order])[0] - 0.02 * np.arange(4), order)
    for seed, order in enumerate(ORDERS)
]
BASE = [run("shuffled", seed, (0.9, 0.8, 1, 1), ORDERS[0]) for seed in range(2)]


def test_recency_counts_the_classes_shown_later():
    found = class_positions([run("a", 0, [0.5] * 4, (2, 0, 3, 1)), FOUR[0], FOUR[1]])
    assert list(found) == ["in-turn"]
    assert found["in-turn"].recency.tolist() == [[3, 2, 1, 0], [0, 3, 2, 1]]
    np.testing.assert_allclose(found["in-turn"].accuracy[0], [0.75, 0.78, 0.81, 0.84])


def test_a_class_order_that_is_the_same_for_every_seed_has_no_positions():
    assert class_positions(BASE) == {}
    with pytest.raises(ValueError, match="does not vary over the seeds; expected two different"):
        position_table(BASE)


def test_runs_that_did_not_finish_or_have_no_training_segments_are_left_out():
    shared = run("in-turn", 7, [0.5] * 4, ORDERS[0])
    shared.arrays["class_segments"][:] = 1
    bare = run("in-turn", 8, [0.5] * 4, ORDERS[0])
    del bare.arrays["class_segments"]
    failed = run("in-turn", 9, [0.5] * 4, ORDERS[0], status="failed")
    elsewhere = run("in-turn", 10, [0.5] * 4, ORDERS[0])
    elsewhere.evaluations = [replace(each, set="train") for each in elsewhere.evaluations]
    made = class_positions([*FOUR, shared, bare, failed, elsewhere])
    assert len(made["in-turn"].recency) == 4


def test_a_condition_in_which_nothing_finished_has_no_positions():
    assert class_positions([run("in-turn", 0, [0.5] * 4, ORDERS[0], status="diverged")]) == {}


def test_a_whole_square_is_balanced_and_a_part_of_it_is_not():
    accuracy = np.full((4, 4), 0.5)
    assert Positions(recency_of(ORDERS), accuracy).balanced
    assert Positions(recency_of(ORDERS * 2), np.tile(accuracy, (2, 1))).balanced
    assert not Positions(recency_of(ORDERS[:3]), accuracy[:3]).balanced
    assert not Positions(recency_of([*ORDERS[:3], ORDERS[0]]), accuracy).balanced


def test_similarity_is_the_mean_fraction_of_either_class_taken_for_the_other():
    one = np.array([[8, 2, 0], [0, 10, 0], [1, 0, 19]])
    other = np.array([[10, 0, 0], [1, 9, 0], [0, 0, 20]])
    expected = np.array([[0, 0.075, 0.0125], [0.075, 0, 0], [0.0125, 0, 0]])
    np.testing.assert_allclose(class_similarity([one, other]), expected)
    with pytest.raises(ValueError, match="without examples of some class"):
        class_similarity([one * [[1], [0], [1]]])


def test_the_slope_is_that_of_each_run_without_the_class_means():
    rng = np.random.default_rng(3)
    positions = Positions(recency_of(williams(10)), rng.random((10, 10)) + np.arange(10))
    found = recency_effect(positions)
    centred = positions.accuracy - positions.accuracy.mean(axis=0)
    slopes = [np.polyfit(x, y, 1)[0] for x, y in zip(positions.recency, centred, strict=True)]
    np.testing.assert_allclose(found.values, slopes)
    # In a whole square the class means move single slopes, not their mean.
    raw = [np.polyfit(x, y, 1)[0] for x, y in zip(positions.recency, positions.accuracy)]  # noqa: B905
    assert found.mean == pytest.approx(np.mean(raw))
    assert not np.allclose(found.values, raw)
    # Class means cost one run: the variance is that of ten slopes with eight degrees of freedom.
    error = np.std(slopes, ddof=2) / math.sqrt(10)
    assert found.statistic == pytest.approx(found.mean / error)
    assert 8 <= found.df <= 9


def test_slopes_without_noise_are_found_in_whole_squares_and_in_parts():
    alike = np.abs(np.subtract.outer(np.arange(10) ** 2, np.arange(10) ** 2)) / 1000
    for rows in (williams(10), williams(10)[:6]):
        recency = recency_of(rows)
        later = recency[:, :, None] > recency[:, None, :]
        summed = 100 * (later * alike).sum(axis=-1)
        lost = Positions(recency, 0.9 - 0.02 * recency - 0.01 * np.arange(10))
        np.testing.assert_allclose(recency_effect(lost).values, -0.02)
        saved = Positions(recency, 0.5 + 0.003 * summed - 0.01 * recency * np.arange(10))
        np.testing.assert_allclose(similarity_effect(saved, alike).values, 0.003)
        common = Positions(recency, saved.accuracy - np.sqrt(recency) / 10)
        np.testing.assert_allclose(similarity_effect(common, alike).values, 0.003)


def test_classes_that_are_all_equally_alike_tell_nothing_of_similarity():
    rng = np.random.default_rng(4)
    positions = Positions(recency_of(williams(10)), rng.random((10, 10)))
    assert np.isnan(similarity_effect(positions, (1 - np.eye(10)) / 100).mean)


# The table and what it says


def test_the_table_has_a_row_for_each_recency_and_one_for_each_change():
    frame = position_table([*BASE, *FOUR], "shuffled")
    assert set(frame["condition"]) == {"in-turn"}
    by_recency = frame[frame["metric"] == "final accuracy"]
    assert by_recency["recency"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(by_recency["mean"], [0.87, 0.82, 0.77, 0.72])
    assert set(frame["n"]) == {4}
    recency, alike = frame.iloc[4], frame.iloc[5]
    assert recency["metric"] == "change per class shown later"
    assert recency["mean"] == pytest.approx(-0.05)
    assert alike["metric"] == "change per point of similarity"
    assert np.isnan(alike["recency"])


def test_without_a_baseline_nothing_is_said_of_similarity():
    assert "similarity" not in " ".join(position_table(FOUR)["metric"])
    assert "similarity" not in " ".join(position_table(FOUR, "shuffled")["metric"])
    assert len(position_sentences(FOUR)) == 1


def test_slopes_that_are_all_the_same_have_no_test():
    assert position_sentences(FOUR) == [
        "in-turn, recency: -5.00 points of final accuracy (4 runs, no variation: no test) for each "
        "class shown later. Nothing can be said from these runs."
    ]


def noisy(slope, alike_slope, seed=0, seeds=10):
    """Runs on the square, classes (0, 1), (2, 3), ... alike, with noise of two points."""
    rng = np.random.default_rng(seed)
    alike = np.kron(np.eye(5), 1 - np.eye(2)) * rng.uniform(0.01, 0.04, 5).repeat(2)
    matrix = np.rint(1000 * alike).astype(int)
    matrix += np.diag(1000 - matrix.sum(axis=1))
    base = Run("shuffled", 0, evaluations=[Evaluation("test", 1, 1, 0, matrix)])
    made = [base]
    for i in range(seeds):
        order = williams(10)[i % 10]
        recency = recency_of([order])[0]
        later = (recency[:, None] > recency) * (alike + alike.T) / 2
        y = 0.8 + slope * recency + alike_slope * 100 * later.sum(axis=1)
        made.append(run("in-turn", i, np.clip(y + 0.02 * rng.normal(size=10), 0, 1), order))
    return made


@pytest.mark.parametrize(
    ("slope", "alike", "first", "second"),
    [
        (-0.03, -0.05, "Being shown late saves a class.", "like a class overwrite it."),
        (0.01, 0.05, "Being shown late costs a class.", "like a class save it."),
        (0, 0, "10 runs do not show that its place", "10 runs do not show that it matters"),
    ],
)
def test_the_sentences_say_what_was_found_with_interval_p_and_n(slope, alike, first, second):
    recency, alike_line = position_sentences(noisy(slope, alike), "shuffled")
    assert first in recency
    assert second in alike_line
    for line in (recency, alike_line):
        assert "95 % interval" in line
        assert "p = " in line or "p < " in line
        assert "10 runs" in line
    assert recency.startswith("in-turn, recency: ")
    assert f"{100 * slope:+.1f}"[:2] in recency or slope == 0


def test_too_few_runs_give_a_value_and_no_verdict():
    recency, alike_line = position_sentences(noisy(-0.03, 0, seeds=2), "shuffled")
    assert "(2 runs, no interval)" in recency
    assert recency.endswith("Nothing can be said from these runs.")
    assert "no slope from 2 runs" in alike_line


# Calibration: simulated studies of ten runs, with fixed seeds

SIMULATIONS = 4_000
HIGHEST = 0.05 + 3 * math.sqrt(0.05 * 0.95 / SIMULATIONS)
LOWEST = 0.03  # Satterthwaite's degrees of freedom err on this side
RECENCY = recency_of(williams(10))
ALIKE = np.full((10, 10), 0.001)
PAIRS = {(4, 9): 15, (3, 5): 12, (7, 9): 9, (2, 7): 9, (3, 8): 8, (5, 8): 8, (2, 3): 6, (0, 6): 4}
for (c, d), value in PAIRS.items():
    ALIKE[c, d] = ALIKE[d, c] = value / 1000
np.fill_diagonal(ALIKE, 0)
SUMMED = 100 * ((RECENCY[:, :, None] > RECENCY[:, None, :]) * ALIKE).sum(axis=-1)
CURVE = -np.array([0, 3, 8, 13, 18, 22, 25, 27, 29, 30])[RECENCY] / 100
HARD = ALIKE.sum(axis=1) / ALIKE.sum(axis=1).mean()


def noise(seed, kind, recency=RECENCY):
    """Noise of some points in [simulations, runs, classes]."""
    rng = np.random.default_rng(seed)
    plain = rng.normal(0, 0.05, (SIMULATIONS, *recency.shape))
    if kind == "growing":  # what is forgotten varies more than what was just shown
        return plain * (0.1 + 0.2 * recency)
    if kind == "shared":  # what one class loses in a run, another wins
        return plain @ rng.normal(size=(10, 10)) / 3
    if kind == "by run":  # networks that forget faster than others
        return plain + rng.normal(0, 0.01, (SIMULATIONS, 10, 1)) * (RECENCY - 4.5)
    return plain


NOISES = ("plain", "growing", "shared", "by run")


def rejected(p):
    return float(np.mean(p <= 0.05))


@pytest.mark.parametrize("kind", NOISES)
def test_the_test_of_recency_keeps_its_level(kind):
    classes = np.random.default_rng(5).normal(0.8, 0.1, 10)
    found = recency_effect(Positions(RECENCY, classes + noise(11, kind)))
    assert LOWEST <= rejected(found.p) <= HIGHEST
    # The ordinary test of the same slopes does not: it takes them to be independent.
    assert rejected(stats.ttest_1samp(found.values, 0, axis=-1).pvalue) > 0.055


@pytest.mark.parametrize("faster", [0, HARD], ids=["all alike", "hard classes faster"])
@pytest.mark.parametrize("kind", NOISES)
def test_the_test_of_similarity_keeps_its_level_while_much_is_forgotten(kind, faster):
    forgotten = CURVE * (1 + faster)
    found = similarity_effect(Positions(RECENCY, forgotten + noise(12, kind)), ALIKE)
    assert LOWEST <= rejected(found.p) <= HIGHEST


def test_recency_alone_beside_the_sum_would_take_hardness_for_similarity():
    classes, runs = np.tile(np.eye(10), (10, 1)), np.repeat(np.eye(10), 10, axis=0)
    beside = np.hstack([classes, runs, RECENCY.reshape(-1, 1)])
    y = CURVE * HARD + noise(13, "growing")
    assert rejected(slope_over_runs(y, SUMMED, beside).p) > 0.9


@pytest.mark.parametrize("runs", [5, 8, 20])
def test_parts_of_a_square_and_more_than_one_keep_the_level_too(runs):
    rows = np.arange(runs) % 10
    y = (CURVE * HARD)[rows] + noise(14, "growing", RECENCY[rows])
    found = similarity_effect(Positions(RECENCY[rows], y), ALIKE)
    assert rejected(found.p) <= HIGHEST


def test_what_is_planted_is_found_and_its_interval_covers_it():
    y = CURVE * HARD - 0.08 * SUMMED + noise(16, "growing")
    alike = similarity_effect(Positions(RECENCY, y), ALIKE)
    assert np.mean(alike.mean) == pytest.approx(-0.08, abs=0.003)
    assert rejected(alike.p) > 0.8
    assert np.mean((alike.ci_low <= -0.08) & (alike.ci_high >= -0.08)) > 0.94
    y = -0.005 * RECENCY + noise(17, "plain")
    recency = recency_effect(Positions(RECENCY, y))
    assert np.mean(recency.mean) == pytest.approx(-0.005, abs=0.0002)
    assert rejected(recency.p) > 0.7
    assert 0.94 <= np.mean((recency.ci_low <= -0.005) & (recency.ci_high >= -0.005)) <= 0.97
