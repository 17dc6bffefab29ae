"""Claims in words: the difference, its interval, the runs behind it, and what is to be noted."""

import pytest

from core import Evaluation
from studies.answers.checking import difference_in_words
from studies.catalogue import find
from tests.studies.conftest import confusion, keep, made_record

SURE = {
    **{"metric": "test accuracy", "difference": 0.05, "low": 0.02, "high": 0.08, "note": ""},
    **{"paired": True, "n": 10, "n_greater": 10, "n_smaller": 10},
}
NO_INTERVAL = {"low": float("nan"), "high": float("nan")}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "+5.0 points, 95 % interval +2.0 to +8.0, 10 pairs of runs"),
        (
            {"paired": False, "n": 9, "n_smaller": 9},
            "+5.0 points, 95 % interval +2.0 to +8.0, 10 + 9 runs",
        ),
        ({"metric": "test loss"}, "+0.050, 95 % interval +0.020 to +0.080, 10 pairs of runs"),
        ({"note": "noted"} | NO_INTERVAL, "+5.0 points, 10 pairs of runs; noted"),
        ({"n": 1, "note": "1 pair: undecidable"} | NO_INTERVAL, "+5.0 points; 1 pair: undecidable"),
        (
            {"n": 0, "difference": float("nan"), "note": "0 pairs: undecidable"} | NO_INTERVAL,
            "0 pairs: undecidable",
        ),
    ],
)
def test_a_difference_is_said_with_its_runs_and_its_note(more, words):
    assert difference_in_words(SURE | more) == words


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
