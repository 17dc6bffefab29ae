"""Seeds look by look, until every planned comparison is decided."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from analysis.statistics.looks import LookPlan
from core import Store
from tests.studies.conftest import in_a_process, refused

FILE = """
import random

from core import spec
from studies import Scoring, Study


def scores(seed, shift):
    chance = random.Random(f"{seed} {shift}").gauss(0, 1)
    return {"score": 0.5 + shift + 0.02 * chance}


study = Study(
    name="looked",
    question="Which is higher?",
    conditions={
        name: Scoring(spec(scores, shift=shift), dataset="nothing")
        for name, shift in (("base", 0.0), ("same", 0.001), ("more", 0.2))
    },
    comparisons=(("more", "base"), ("same", "base")),
    primary="score",
    seeds=4,
)
"""
LOOKS = ("--until-decided", "--looks", "3,5,8", "--workers", "1")


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("looked")
    (folder / "looked.py").write_text(FILE)
    return folder, in_a_process("run", "looked.py", *LOOKS, folder=folder)


def seeds(folder):
    found: dict[str, list[int]] = {}
    for entry in Store(folder / "results").entries("looked"):
        found.setdefault(entry.condition, []).append(entry.seed)
    return {condition: len(each) for condition, each in found.items()}


def test_a_condition_goes_on_while_a_comparison_of_its_is_open(looked):
    folder, call = looked
    assert call.status == 0, call
    assert seeds(folder) == {"base": 8, "same": 8, "more": 3}
    assert "look 1 of 3: 3 seeds; all comparisons open" in call.err
    assert "look 2 of 3: 5 seeds; open: same - base" in call.err
    assert "Different: score of more is " in call.out
    assert "look 3 of 3, at most 8 seeds, error shared by 2 comparisons" in call.out
    assert "adding seeds until a difference shows" not in call.out


def test_the_plan_is_kept_with_the_first_record(looked):
    folder, _ = looked
    store = Store(folder / "results")
    assert LookPlan.from_json(json.loads(store.design("looked", "full"))) == LookPlan(
        (3, 5, 8), comparisons=2
    )
    assert store.planned("looked", "full") == 8


def test_another_plan_is_refused(looked, ebb, monkeypatch):
    monkeypatch.chdir(looked[0])
    line = refused(ebb("run", "looked.py", "--until-decided", "--looks", "3,20"))
    assert "another plan of looks for looked (full) (looks at 3 and at most 20 seeds" in line
    assert "than the one made with its first record (looks at 3, 5 and at most 8 seeds" in line


def test_tables_and_comparisons_are_by_the_plan(looked, ebb, monkeypatch):
    folder, _ = looked
    monkeypatch.chdir(folder)
    call = ebb("compare", "looked.py", "--format", "json")
    more, same = json.loads(call.out)["comparisons"]
    assert (more["verdict"], more["n"], more["correction"]) == ("different", 3, "sequential")
    assert (same["n"], len(same["looks"]["looks"])) == (8, 3)
    alone = ebb("compare", "looked.py", "same", "base", "--format", "json")
    assert json.loads(alone.out)["difference"] == same["difference"]
    assert "is none of the plan" in ebb("compare", "looked.py", "more", "same").err
    assert "leave out --looks" in refused(ebb("compare", "looked.py", "--looks", "3,5"))


def copied(folder, tmp_path):
    """The same study, by another file's name for this process too, and its store."""
    for name in ("looked.py", "again.py"):
        (tmp_path / name).write_text(FILE)
    shutil.copytree(folder / "results", tmp_path / "results")
    return Store(tmp_path / "results")


def test_a_study_that_was_stopped_goes_on_in_its_plan(looked, tmp_path):
    folder, call = looked
    store = copied(folder, tmp_path)
    # As a kill within the second look leaves it.
    for entry in store.entries("looked"):
        if entry.seed >= 4:
            store.remove("looked", "full", entry.key)
    again = in_a_process("run", "looked.py", "--until-decided", "--workers", "1", folder=tmp_path)
    assert again.out == call.out
    assert "0 runs to do, 9 in the store already" in again.err
    assert seeds(tmp_path) == seeds(folder)


def test_what_was_begun_without_a_plan_gets_none(looked, ebb, tmp_path):
    store = copied(looked[0], tmp_path)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as connection:
        connection.execute("UPDATE plans SET design = ''")
    line = refused(ebb("run", "again.py", "--until-decided"))
    assert "begun without a plan of looks" in line
    for words in (("--looks", "3,5"), ("--until-decided", "--seeds", "3")):
        assert "--until-decided" in refused(ebb("run", "again.py", *words))
    alone = ebb("run", "again.py", "--until-decided", "--conditions", "same,more")
    assert "of which no planned comparison is run" in refused(alone)


def test_scores_of_others_are_compared_by_looks_that_are_named(ebb, tmp_path):
    rows = [
        f"{name},{seed},{0.5 + shift + 0.001 * (7 * seed % 5)}"
        for name, shift in (("a", 0.1), ("b", 0.0))
        for seed in range(12)
    ]
    (tmp_path / "scores.csv").write_text("\n".join(["condition,seed,value", *rows]))
    found = ebb("compare", "scores.csv", "--looks", "5,10,20", "--unpaired", "--format", "json")
    record = json.loads(found.out)
    assert (record["verdict"], record["n"]) == ("different", 5)
    assert "expected numbers of seeds from 3 up" in refused(
        ebb("compare", "scores.csv", "--looks", "10,5")
    )
    assert "received 12 seeds" in ebb("compare", "scores.csv", "--looks", "20").err.lower()
    call = ebb("compare", "scores.csv", "--looks", "5,10", "--unpaired", "--figure", "looks.svg")
    assert "<svg" in (tmp_path / "looks.svg").read_text()
    assert "drawn: looks.svg" in call.err


def test_a_plan_of_looks_stands_beside_the_fixed_one(ebb):
    call = ebb("plan", "--sd", "1", "--difference", "1", "--sequential", "--looks", "5,10,20")
    assert "17 seeds per condition find a difference" in call.out
    assert "Looks at 5, 10 and at most 20 seeds, Pocock type" in call.out
    assert call.out.count("true difference") == 4
    assert "expected --difference" in refused(
        ebb("plan", "--sd", "1", "--margin", "1", "--sequential")
    )


def test_a_dry_run_by_looks_shows_the_first_look_and_refuses_what_a_run_would(ebb):
    words = ("run", "class-order", "--quick", "--until-decided", "--dry-run")
    first, runs, *_ = ebb(*words, "--looks", "3,5,8").out.splitlines()
    assert "looks at 3, 5 and at most 8 seeds" in first
    assert "6 runs to do" in runs
    assert "expected --looks" in refused(ebb(*words, "--seeds", "3"))
