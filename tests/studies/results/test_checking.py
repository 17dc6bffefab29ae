"""Claims in words: the difference, its interval, the runs behind it, and what is to be noted."""

import json
import math
from dataclasses import replace

import pytest

from analysis.statistics.intervals import prediction_interval
from core import Evaluation
from data import InputError
from studies.definition.catalogue import find
from studies.definition.study import Reported
from studies.report.content import report_of
from studies.results.checking import check_reading, difference_text
from studies.results.reading import read
from tests.studies.conftest import confusion, keep, made_record

SURE = {
    **{"metric": "test accuracy", "difference": 0.05, "low": 0.02, "high": 0.08, "note": ""},
    **{"joint": False, "paired": True, "n": 10, "n_greater": 10, "n_smaller": 10},
}
WRITTEN = ((0.93, 2), (0.0, 1), (0.914, 3), (0.901, 4), (0.87, None))
NO_INTERVAL = {"low": float("nan"), "high": float("nan")}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "+5.0 points, 95 % interval +2.0 to +8.0, 10 pairs of runs"),
        (
            {"paired": False, "n": 9, "n_smaller": 9},
            "+5.0 points, 95 % interval +2.0 to +8.0, 10 + 9 runs",
        ),
        (
            {"joint": True},
            "+5.0 points, simultaneous 95 % interval +2.0 to +8.0, 10 pairs of runs",
        ),
        (
            {"difference": 0.00064, "low": 0.00032, "high": 0.00096},
            "+0.064 points, 95 % interval +0.032 to +0.096, 10 pairs of runs",
        ),
        ({"metric": "test loss"}, "+0.05, 95 % interval +0.02 to +0.08, 10 pairs of runs"),
        ({"note": "noted"} | NO_INTERVAL, "+5.0 points, 10 pairs of runs; noted"),
        ({"n": 1, "note": "1 pair: undecidable"} | NO_INTERVAL, "+5.0 points; 1 pair: undecidable"),
        (
            {"n": 0, "difference": float("nan"), "note": "0 pairs: undecidable"} | NO_INTERVAL,
            "0 pairs: undecidable",
        ),
    ],
)
def test_a_difference_is_said_with_its_runs_and_its_note(more, words):
    assert difference_text(SURE | more) == words


def test_a_claim_that_rests_on_the_few_runs_that_did_not_diverge_says_so(ebb, store):
    for seed in range(10):
        right = 0.9 + 0.05 * (seed % 2)
        more = {"status": "diverged"} if seed < 7 else {}
        keep(store, made_record("shuffled", seed, accuracy=right, **more), planned=10)
        wrong = 0.5 + 0.05 * (seed % 3)
        keep(store, made_record("class-sequential", seed, accuracy=wrong), planned=10)
    note = (
        "3 pairs of runs; diverged: shuffled 7 of 10, class-sequential 0 of 10; the difference is "
        "over those that finished; with diverged runs at chance it reads undecided)"
    )
    assert note in ebb("check", "class-order").out
    (claim,) = json.loads(ebb("check", "class-order", "--format", "json").out)["claims"]
    assert claim["note"].startswith("diverged: shuffled 7 of 10, class-sequential 0 of 10;")
    assert (claim["paired"], claim["n"]) == (True, 3)
    page = report_of(store, "class-order", drawn=False)
    (table,) = (each for each in page.checks if each.title == "Claims made elsewhere")
    assert "diverged: shuffled 7 of 10" in table.rows[0][2]


def levelling_out(at):
    """The evaluations of a run whose validation loss falls at this epoch and then no more."""
    return tuple(
        Evaluation("validation", epoch, 1, epoch, confusion(0.5), 0.5 + (epoch < at))
        for epoch in range(1, 41)
    )


def test_the_claim_of_a_study_without_pairs_is_not_paired(ebb, store):
    study = find("no-hidden-layer")
    ends = {"as-coded-fashion-mnist": [36, 21, 23, 24, 23], "as-coded-mnist": [30, 14, 18, 22, 21]}
    for condition, epochs in ends.items():
        for seed, epoch in enumerate(epochs):
            more = {"recipe": study.conditions[condition], "evaluations": levelling_out(epoch)}
            keep(store, made_record(condition, seed, study=study.name, segments=False, **more))
    said = ebb("check", study.name).out
    assert "undecided (+4.4 epochs, 95 % interval -4.3 to +13.1, 5 + 5 runs)" in said


def reporting(value, **more):
    given = {"runs": 10, "spread": 0.0201, "spread_kind": "population standard deviation"} | more
    return Reported("shuffled", "test accuracy", value, **given)


def test_a_reported_mean_stands_beside_ours_each_with_its_spread(store):
    for seed, accuracy in enumerate((0.9, 0.95, 0.85)):
        keep(store, made_record("shuffled", seed, accuracy=accuracy), planned=3)
    study = find("class-order")
    means = (reporting(0.91), reporting(0.5))
    checked = check_reading(read(store, replace(study, reported=means, claims=())))
    table = checked.figure_table
    assert table.headings == [
        *("condition", "metric", "reported", "spread", "runs", "n", "mean", "sd", "low", "high"),
        *("inside", "p (Welch)", "note"),
    ]
    low, high = prediction_interval([0.9, 0.95, 0.85], 10)
    cells = ["91.00", "2.01", "10", "3", "90.00", "5.00", f"{100 * low:.2f}", f"{100 * high:.2f}"]
    assert table.rows[0][2:-2] == [*cells, "yes"]
    assert table.rows[1][-3] == "no"
    assert "population standard deviation as spread" in table.notes[0]
    assert not checked.holds  # so far away that no correction forgives it
    assert "1 of 2 reported means lie inside our unadjusted 95 %" in str(checked)


def test_a_reported_figure_is_shown_as_it_was_written(store):
    for seed, accuracy in enumerate((0.9, 0.95, 0.85)):
        keep(store, made_record("shuffled", seed, accuracy=accuracy), planned=3)
    reported = [
        Reported("shuffled", metric, value, decimals=decimals)
        for metric, value, decimals in (
            *(("test accuracy", value, decimals) for value, decimals in WRITTEN),
            ("test loss", 0.5, 1),
        )
    ]
    study = replace(find("class-order"), reported=tuple(reported), claims=())
    table = check_reading(read(store, study)).figure_table
    assert [row[3] for row in table.rows] == ["93", "0", "91.4", "90.10", "87.00", "0.5"]
    assert table.frame["reported"].tolist() == [0.93, 0, 0.914, 0.901, 0.87, 0.5]


@pytest.mark.parametrize(
    "more",
    [
        {"spread": None},
        {"spread_kind": None},
        {"spread_kind": "sd"},
        {"spread": -0.01},
        {"spread": math.inf},
        {"runs": 1},
    ],
)
def test_a_spread_without_its_kind_or_its_runs_is_refused(more):
    with pytest.raises(InputError):
        reporting(0.9, **more)
