"""Studies that train no network: their runs are scores, and every command reads them."""

import contextlib
import csv
import io
import json
import sys

import pytest

from core import Store, spec
from data import InputError
from studies import Proportions, Scoring, Study
from studies.definition.catalogue import find, study_in
from studies.definition.variant import variant_of
from studies.polynomials import scores
from studies.running.plan import make_plan
from studies.running.request import Request
from studies.running.runner import delete_progress, execute
from tests.studies.conftest import in_a_process, refused
from tests.studies.running.test_runner import Shown

FILE = """
from core import spec
from core.random_streams import stream
from data import InputError
from studies import Scoring, Proportions, Study


def coin(seed, *, bias, times=10, side="heads"):
    if not 0 <= bias <= 1:
        raise InputError(f"Received bias={bias}; expected 0 to 1.")
    heads = int((stream(seed, "data").random(times) < bias).sum())
    return {"share of heads": heads / times, "share even": heads % 2 == 0, "degree": heads}


study = Study(
    name="coins",
    question="Is the coin fair?",
    conditions={
        f"bias-{bias}": Scoring(spec(coin, bias=bias), dataset="coins") for bias in (0.5, 0.9)
    },
    seeds=4,
    primary="share of heads",
    comparisons=(("bias-0.9", "bias-0.5"),),
)
"""


@pytest.fixture
def coins(tmp_path):
    (tmp_path / "coins.py").write_text(FILE)
    return tmp_path / "coins.py"


class InThisProcess:
    """An executor without workers."""

    @contextlib.contextmanager
    def __call__(self, jobs):
        yield self.events(jobs)

    def events(self, jobs):
        from studies.running.executor import Event

        for job in jobs:
            yield Event(job, "started")
            whose = {"study": job.study, "variant": job.variant, "condition": job.condition}
            yield Event(job, "record", job.recipe.run(job.seed, **whose))


def test_a_users_scores_are_run_kept_and_read_by_every_command(coins, ebb, tmp_path):
    done = in_a_process("run", "coins.py", "--workers", "1", folder=tmp_path)
    assert done.status == 0, done.err
    assert "coins (full): " in done.out
    assert "share of heads of bias-0.9 " in done.out
    entries = Store(tmp_path / "results").entries("coins")
    assert [(e.condition, e.seed, e.status) for e in entries] == [
        (f"bias-{bias}", seed, "finished") for bias in (0.5, 0.9) for seed in range(4)
    ]
    again = ebb("run", "coins.py", "--dry-run")
    assert "0 runs to do, 8 in the store already" in again.out

    table = ebb("table", "coins.py", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table.out)))
    assert {row["metric"] for row in rows} == {"share of heads", "share even", "degree"}
    study = study_in(coins)
    by_hand = [
        study.conditions["bias-0.9"].run(s, study="", variant="", condition="") for s in range(4)
    ]
    mean = sum(dict(row[2:] for row in record.history)["share of heads"] for record in by_hand) / 4
    (row,) = [r for r in rows if (r["condition"], r["metric"]) == ("bias-0.9", "share of heads")]
    assert (int(row["n"]), float(row["mean"])) == (4, pytest.approx(mean))

    compared = json.loads(ebb("compare", "coins.py", "--format", "json").out)
    assert (compared["n"], compared["paired"]) == (4, True)
    shown = ebb("show", entries[0].key)
    assert '"bias": 0.5' in shown.out
    assert "share of heads: " in shown.out
    removed = ebb("remove", "coins", "--yes")
    assert "8 records removed" in removed.out


def test_scores_are_had_without_tensorflow(coins, ebb, tmp_path):
    code = FILE.replace(
        "    heads =", "    import sys; assert 'tensorflow' not in sys.modules\n    heads ="
    )
    coins.write_text(code)
    short = ("--workers", "1", "--seeds", "1", "--conditions", "bias-0.5")
    done = in_a_process("run", "coins.py", *short, folder=tmp_path)
    assert done.status == 0, done.err
    assert "finished" in ebb("status", "coins").out


def test_parameters_are_overridden_and_a_recipes_fields_are_refused(coins, ebb):
    study = study_in(coins)
    changed = variant_of(study, {"times": 3})
    assert changed.name == "times=3"
    assert changed.study.conditions["bias-0.5"].scores.parameters == {"bias": 0.5, "times": 3}
    assert variant_of(study, {}, quick=True).study.conditions == study.conditions
    line = refused(ebb("run", "coins.py", "--epochs", "3"))
    assert "'epochs' for a study that trains no network; expected one of its parameters" in line
    assert "bias, times, side" in line
    for words in (("--keep-weights",), ("--tensorboard", "logs")):
        line = refused(ebb("run", "coins.py", *words))
        assert f"{words[0]} for coins, which trains no network" in line


def test_what_the_function_refuses_ends_the_run_in_one_line(coins, tmp_path):
    done = in_a_process(
        "run", "coins.py", "--set", "bias=2", "--workers", "1", "--quiet", folder=tmp_path
    )
    assert "coins, bias-0.5: Received bias=2; expected 0 to 1." in refused(done)


@pytest.mark.parametrize(
    "words",
    [
        ("table", "--kind", "per-class"),
        ("table", "--kind", "position"),
        ("table", "--kind", "gradients"),
        ("table", "--kind", "proportions"),
        ("compare", "--per-class"),
    ],
)
def test_what_makes_no_sense_for_scores_is_refused_in_one_line(words, coins, store, ebb):
    execute(
        make_plan(Request(variant=variant_of(study_in(coins), {}), store=store)),
        store,
        Shown(),
        executor=InThisProcess(),
    )
    command, *options = words
    assert "coins" in refused(ebb(command, "coins.py", *options))


def test_parameters_that_the_function_does_not_take_are_refused():
    with pytest.raises(InputError, match=r"degrees; missing a required argument"):
        Scoring(spec(scores, degrees=3))


def test_a_function_that_returns_no_figures_is_refused(tmp_path):
    (tmp_path / "no_figures.py").write_text("def f(seed):\n    return [1]\n")
    sys.path.insert(0, str(tmp_path))
    scoring = Scoring(spec("no_figures:f"))
    with pytest.raises(InputError, match=r"Received \[1\] from no_figures:f; expected a dict"):
        scoring.run(0, study="", variant="", condition="")


def test_a_figure_that_is_not_finite_is_an_outcome(tmp_path):
    (tmp_path / "infinite.py").write_text("def f(seed):\n    return {'error': float('inf')}\n")
    sys.path.insert(0, str(tmp_path))
    record = Scoring(spec("infinite:f")).run(0, study="", variant="", condition="")
    assert record.status == "diverged"


def test_a_key_tells_function_parameters_and_seed_apart(tmp_path):
    (tmp_path / "keyed.py").write_text("def f(seed, a=1):\n    return {'x': a}\n")
    (tmp_path / "keyed_too.py").write_text("def f(seed, a=2):\n    return {'x': a}\n")
    sys.path.insert(0, str(tmp_path))
    keys = {
        Scoring(spec(f"{module}:f", **parameters)).key(seed)
        for module in ("keyed", "keyed_too")
        for parameters in ({}, {"a": 3})
        for seed in (0, 1)
    }
    assert len(keys) == 8
    assert Scoring(spec("keyed:f")).key(0) == Scoring(spec("keyed:f")).key(0)


def test_proportions_need_conditions_with_their_parameters():
    proportions = Proportions(
        metrics=("m",), along="size", lines="noise", rows="degree", columns="nothing", counted="k"
    )
    conditions = find("polynomial-degree").conditions
    with pytest.raises(InputError, match="expected a Scoring with size, noise, degree, nothing"):
        Study(name="x", question="?", conditions=conditions, proportions=proportions)


def test_an_interrupted_study_keeps_the_scores_that_ended(coins, store):
    plan = make_plan(Request(variant=variant_of(study_in(coins), {}), store=store, overwrite=True))
    delete_progress(plan, store)  # there are no weights to delete

    class Interrupted(InThisProcess):
        def events(self, jobs):
            yield from super().events(jobs[:3])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(plan, store, Shown(), executor=Interrupted())
    assert len(store.entries("coins")) == 3


SHORT = ("--conditions", ",".join(
    f"degree-{degree}-noise-0.5-size-{size}-{rule}"
    for degree in (2, 5) for size in (20, 50)
    for rule in ("smallest-error", "one-standard-error", "true-degree")
))  # fmt: skip


@pytest.mark.slow
def test_the_proportions_of_polynomial_degree_are_counted_and_drawn(ebb, tmp_path):
    done = in_a_process(
        *("run", "polynomial-degree", "--quick", "--workers", "1", *SHORT), folder=tmp_path
    )
    assert done.status == 0, done.err
    assert "smallest-error: share too complex from " in done.out
    words = ("table", "polynomial-degree", "--format", "csv", "--figure", "proportions.svg")
    table = ebb(*words)
    rows = list(csv.DictReader(io.StringIO(table.out)))
    assert len(rows) == 8  # the rule that knows the degree chooses nothing
    row = rows[0]
    condition = find("polynomial-degree").conditions[row["condition"]]
    count = sum(
        scores(seed, **condition.scores.parameters)["share too complex"] for seed in range(20)
    )
    assert (int(row["n"]), int(row["count"]), float(row["proportion"])) == (20, count, count / 20)
    drawn = (tmp_path / "proportions.svg").read_text()
    assert "one-standard-error, degree 5" in drawn
