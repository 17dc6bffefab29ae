"""`ebb compare` and `ebb plan`: the right values reach the statistics, odd input is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.statistics.comparison import compare
from analysis.statistics.planning import plan
from core import Evaluation
from studies.definition.catalogue import find
from tests.studies.conftest import confusion, keep, made_in_tasks, made_record, refused, tiny

SHUFFLED = (0.95, 0.9, 0.95, 1.0, 0.9)
SEQUENTIAL = (0.8, 0.7, 0.85, 0.8, 0.75)
KEYS = [
    "study",
    "variant",
    "metric",
    "a",
    "b",
    "paired",
    "n",
    "planned",
    "difference",
    "test",
    "exact",
    "effects",
    "verdict",
    "note",
]


@pytest.fixture
def five(store):
    """Five pairs of runs; the seeds are stored in another order on either side."""
    for seeds, condition, values in (
        (range(5), "shuffled", SHUFFLED),
        (reversed(range(5)), "class-sequential", SEQUENTIAL),
    ):
        for seed in seeds:
            record = made_record(condition, seed, accuracy=values[seed])
            store.save(record, "digest", planned=5)
    return store


def test_a_studys_comparison_is_paired_by_seed_and_tests_counts(ebb, five):
    call = ebb("compare", "class-order", "class-sequential", "shuffled", "--format", "json")
    found = json.loads(call.out)
    expected = compare(
        SEQUENTIAL, SHUFFLED, paired=True, seeds_a=range(5), seeds_b=range(5), n_test=200
    ).to_json()
    assert list(found)[: len(KEYS)] == KEYS
    for key in ("difference", "test", "exact", "effects", "verdict", "n"):
        assert found[key] == expected[key]
    assert (found["study"], found["variant"], found["planned"]) == ("class-order", "full", 5)
    assert found["difference"]["points"] == pytest.approx(-16)


def test_stored_predictions_are_paired_example_by_example(ebb, store):
    """The one condition is right where the other is, and on one example of most classes besides."""
    for seed in range(5):
        for condition, right in (("shuffled", 0.9), ("class-sequential", 0.85)):
            true = np.repeat(np.arange(10), 20)
            # Of each class the first ones are right, in one condition one less, the more the seed.
            hits = np.arange(200) % 20 < round(20 * right) - (true <= seed) * (condition[0] == "s")
            arrays = {"predictions": np.array([true, np.where(hits, true, (true + 1) % 10)], "u1")}
            counts = np.zeros((10, 10), dtype=np.int64)
            np.add.at(counts, tuple(arrays["predictions"]), 1)
            looks = (Evaluation("test", 2, 10, 20, counts, 0.5),)
            more = {"arrays": arrays, "evaluations": looks, "segments": False}
            keep(store, made_record(condition, seed, **more), planned=5)
    words = ("compare", "class-order", "shuffled", "class-sequential")
    assert "200 examples, paired by stored predictions, whose own standard error is" in (
        ebb(*words).out
    )
    found = json.loads(ebb(*words, "--format", "json").out)["test_set"]
    assert (found["exact"], found["bound"]) == (True, None)
    # Few examples of 200 differ; from counts alone it would be 3.4 points.
    assert 0 < found["standard_error"] < 1.6
    of_classes = json.loads(ebb(*words, "--per-class", "--format", "json").out)["comparisons"]
    assert [c["test_set"]["n_test"] for c in of_classes] == [20] * 10
    assert all(c["test_set"]["exact"] for c in of_classes)
    # One run without them, and it is a bound again.
    keep(store, made_record("shuffled", 5, accuracy=0.9, segments=False), planned=6)
    assert "(a bound)" in ebb(*words).out


def test_without_names_the_planned_comparison_is_made(ebb, five):
    named = ebb("compare", "class-order", "class-sequential", "shuffled").out
    assert ebb("compare", "class-order").out == named
    assert named.splitlines()[0].startswith("Different: test accuracy of class-sequential is 16.00")


def test_planned_comparisons_of_conditions_that_were_not_run_are_left_out_and_said_so(ebb, store):
    recipes = find("learning-rate").conditions
    for condition, right in (("rate-0.001", 0.9), ("rate-0.01", 0.5)):
        for seed in range(3):
            accuracy = right - 0.05 * seed
            more = {"study": "learning-rate", "recipe": recipes[condition], "accuracy": accuracy}
            keep(store, made_record(condition, seed, **more))
    call = ebb("compare", "learning-rate")
    assert call.status == 0
    assert "rate-0.01 " in call.out
    assert "rate-0.003" not in call.out
    assert (
        "note: 3 of 4 planned comparisons left out: a condition of theirs was not run" in call.err
    )


def test_swapping_the_conditions_swaps_the_sign_and_keeps_p(ebb, five):
    one = json.loads(ebb("compare", "class-order", "--format", "json").out)
    other = json.loads(
        ebb("compare", "class-order", "shuffled", "class-sequential", "--format", "json").out
    )
    assert other["difference"]["points"] == -one["difference"]["points"]
    assert other["test"]["p"] == one["test"]["p"]
    assert other["exact"] == one["exact"]


def test_five_pairs_are_told_that_the_exact_test_cannot_decide(ebb, five):
    out = ebb("compare", "class-order").out
    assert "5 pairs: this test cannot reach .05; 6 are needed" in out
    assert "not significant" not in out


@pytest.mark.parametrize(("metric", "unit"), [("test loss", "nats"), ("mean drop", "points")])
def test_a_loss_and_a_forgetting_figure_are_compared_in_their_own_unit(ebb, five, metric, unit):
    assert f" {unit}" in ebb("compare", "class-order", "--metric", metric).out


@pytest.mark.parametrize(
    ("metric", "difference"),
    [
        ("tasks: backward transfer", "is 26.00 points lower"),
        ("tasks: average accuracy", "is 20.80 points lower"),
    ],
)
def test_figures_of_tasks_are_compared_in_percent(ebb, store, metric, difference):
    for seed in range(5):
        keep(store, made_in_tasks("class-sequential", seed, kept=0.4 + 0.1 * (seed % 2)))
        keep(store, made_in_tasks("shuffled", seed, kept=0.7))
    assert difference in ebb("compare", "class-order", "--metric", metric).out


def test_classes_are_one_family_with_its_size_and_adjusted_p(ebb, five):
    found = json.loads(ebb("compare", "class-order", "--per-class", "--format", "json").out)
    assert found["family"] == 10
    assert found["correction"] == "bonferroni"
    assert [row["class"] for row in found["comparisons"]] == list(range(10))
    for row in found["comparisons"]:
        assert row["p_adjusted"] >= row["test"]["p"]


def test_a_margin_given_beforehand_can_show_equivalence(ebb, store):
    for seed, (a, b) in enumerate([(0.9, 0.9), (0.95, 0.9), (0.9, 0.95), (0.95, 0.95)] * 3):
        for condition, value in (("shuffled", a), ("class-sequential", b)):
            store.save(made_record(condition, seed, accuracy=value), "digest", planned=12)
    words = ("compare", "class-order", "--format", "json")
    assert json.loads(ebb(*words).out)["verdict"] == "inconclusive"
    found = json.loads(ebb(*words, "--margin", "5").out)
    assert found["verdict"] == "equivalent"
    assert found["equivalence"]["margin"] == 5
    for style in ("text", "markdown", "latex"):
        said = ebb(*words, "--margin", "5", "--format", style).out
        assert "margin 5.00 points: 90" in said
        assert "two one-sided t-tests p" in said


def test_a_diverged_run_counts_as_an_outcome_and_its_pair_is_left_out(ebb, five):
    lost = Evaluation("test", 1, 10, 10, confusion(0.0), float("nan"))
    for condition in ("shuffled", "class-sequential"):
        status = {"status": "diverged", "evaluations": (lost,)} if condition[0] == "c" else {}
        five.save(made_record(condition, 5, **status), "digest", planned=6)
    found = json.loads(ebb("compare", "class-order", "--format", "json").out)
    assert found["n"] == 5
    assert found["failures"]["a"]["diverged"] == 1
    assert "diverged" in ebb("table", "class-order", "--kind", "summary").out


def test_a_figure_is_drawn_beside_the_numbers(ebb, five, tmp_path):
    for words in ((), ("--per-class",)):
        path = tmp_path / "figure.png"
        call = ebb("compare", "class-order", *words, "--figure", path)
        assert call.status == 0, call
        assert path.read_bytes().startswith(b"\x89PNG")
        path.unlink()


THREE = """
from core import Recipe, spec
from studies import Study

study = Study(
    name="three",
    question="Does any differ?",
    conditions={
        name: Recipe(dataset="digits", model=spec("mlp"), epochs=epochs)
        for epochs, name in enumerate("abc", 1)
    },
    comparisons=(("a", "c"), ("b", "c")),
)
"""


@pytest.fixture
def three(store, tmp_path):
    """A study of three conditions that are tied at every seed."""
    path = tmp_path / "three.py"
    path.write_text(THREE)
    for epochs, condition in enumerate("abc", 1):
        for seed in range(3):
            keep(store, made_record(condition, seed, study="three", recipe=tiny(epochs=epochs)))
    return path


def test_conditions_that_are_tied_at_every_seed_have_no_omnibus_test(ebb, three):
    call = ebb("compare", three)
    assert call.status == 0, call
    assert "Friedman over 3 seeds: no test, the conditions are tied at every seed" in call.out


@pytest.mark.parametrize(("metric", "best"), [("test accuracy", 1.0), ("mean drop", 3.0)])
def test_the_highest_has_the_first_rank_unless_lower_is_better(ebb, store, three, metric, best):
    for seed in range(3):
        higher = made_record("a", seed, accuracy=0.95, study="three", recipe=tiny(epochs=1))
        keep(store, _forgetful(higher))
    found = json.loads(ebb("compare", three, "--metric", metric, "--format", "json").out)
    assert found["friedman"]["mean_ranks"]["a"] == best


def _forgetful(record):
    """The same record, with all that was learned in the last epoch but one turn lost again."""
    last = max(e.step for e in record.evaluations if e.set == "test-sample")
    return replace(
        record,
        evaluations=tuple(
            e._replace(confusion=confusion(0.5)) if (e.set, e.step) == ("test-sample", last) else e
            for e in record.evaluations
        ),
    )


SCORES = "condition,seed,value\n" + "".join(
    f"{condition},{seed},{value}\n"
    for condition, values in (("a", SHUFFLED), ("b", SEQUENTIAL))
    for seed, value in enumerate(values)
)


def test_anybodys_scores_are_compared_paired_or_not(ebb, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(SCORES)
    paired = json.loads(ebb("compare", path, "a", "b", "--format", "json").out)
    unpaired = json.loads(ebb("compare", path, "a", "b", "--unpaired", "--format", "json").out)
    assert paired["test"]["name"] != unpaired["test"]["name"]
    assert paired["difference"]["points"] == pytest.approx(unpaired["difference"]["points"])


THREE_METHODS = SCORES + "".join(f"c,{seed},{0.7 + 0.01 * seed**2}\n" for seed in range(5))


@pytest.fixture
def methods(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(THREE_METHODS)
    return path


def test_a_file_of_two_conditions_needs_no_names(ebb, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(SCORES)
    assert ebb("compare", path).out == ebb("compare", path, "a", "b").out
    assert "5 pairs of 5 planned" not in ebb("compare", path).out


def test_the_conditions_of_a_file_are_a_family(ebb, methods, tmp_path):
    figure = tmp_path / "figure.png"
    every = ebb("compare", methods, "--all-pairs", "--figure", figure)
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert (
        "3 comparisons of accuracy, one family (Bonferroni); intervals are simultaneous"
        in every.out
    )
    assert every.out.startswith("Friedman over 5 seeds: chi-square 7.60, exact p = .0239")
    found = json.loads(ebb("compare", methods, "--control", "b", "--format", "json").out)
    assert [(c["a"], c["b"]) for c in found["comparisons"]] == [("a", "b"), ("c", "b")]
    assert {c["family"] for c in found["comparisons"]} == {2}
    assert "c is not" in ebb("compare", methods, "--best").out


def test_two_of_many_conditions_leave_the_others_out_and_say_so(ebb, methods):
    call = ebb("compare", methods, "a", "b")
    assert call.status == 0
    assert "1 other condition of the file is not compared; p is of these alone" in call.err


def test_a_file_says_what_was_rounded_and_how_its_columns_are_called(ebb, tmp_path):
    rows = zip("aaabbb", (0, 1, 2) * 2, (0.913, 0.925, 0.931, 0.903, 0.914, 0.921), strict=True)
    text = "method,seed,acc\n" + "".join(f"{c},{s},{v}\n" for c, s, v in rows)
    (tmp_path / "scores.dat").write_text(text)
    words = ("compare", tmp_path / "scores.dat", "--columns", "condition=method,value=acc")
    assert "no variation beyond the rounding of the input (0.001)" in ebb(*words).out
    assert "condition=method" in refused(ebb(*words[:3], "metod=condition"))


def test_unpaired_runs_of_the_same_seeds_are_remarked(ebb, methods):
    assert (
        "the seeds are the same on both sides"
        in ebb("compare", methods, "a", "b", "--unpaired").err
    )
    assert "the seeds" not in ebb("compare", methods, "a", "b").err


def test_a_file_may_say_what_a_guess_scores(ebb, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(SCORES.replace("a,0,0.95", "a,0,nan"))
    assert "no worst case" in ebb("compare", path).out
    found = json.loads(ebb("compare", path, "--chance", "0.1", "--format", "json").out)
    assert found["failures"]["worst_case"]["chance"] == 0.1


def test_two_test_sets_are_refused_never_dropped(ebb, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("condition,seed,value,n_test\na,0,0.5,10\nb,0,0.5,20\n")
    assert "n_test 10 of a, 20 of b; expected the same" in refused(ebb("compare", path))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "with 3 conditions (a, b, c) and none named; expected two of them, --all-pairs"),
        (("--control", "z"), "--control 'z'; expected one of a, b, c"),
        (("a", "b", "--all-pairs"), "expected one of them"),
        (("--best", "--control", "a"), "--best is of all pairs"),
    ],
)
def test_which_conditions_are_meant_must_be_clear(ebb, methods, words, said):
    assert said in refused(ebb("compare", methods, *words))


def test_the_conditions_of_a_study_are_a_family_beyond_its_plan(ebb, three):
    out = ebb("compare", three, "--all-pairs").out
    assert "3 comparisons of test accuracy, one family" in out
    out = ebb("compare", three, "--control", "a").out
    assert "2 comparisons of test accuracy, one family" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SCORES.replace("value", "score"), "value"),
        (SCORES + "a,0,0.5\n", "a"),
        (SCORES.replace("0.95", "95"), "95"),
        (SCORES.replace("0.95", "?"), "?"),
        ("", "empty"),
        (SCORES.replace("b,", "c,"), "b"),
    ],
    ids=["a missing column", "a seed twice", "percent", "no number", "empty", "no such condition"],
)
def test_scores_that_are_not_as_described_are_refused_in_one_line(ebb, tmp_path, text, said):
    path = tmp_path / "scores.csv"
    path.write_text(text)
    assert said in refused(ebb("compare", path, "a", "b"))


@pytest.mark.parametrize(
    "words",
    [
        ("class-order", "shuffled"),
        ("class-order", "shuffled", "shuffled"),
        ("class-order", "shuffled", "nonsense"),
        ("class-order", "--metric", "nonsense"),
        ("class-order", "--margin", "-1"),
        ("class-order", "--unpaired"),
        ("tanh-vs-relu",),
    ],
    ids=" ".join,
)
def test_a_wrong_comparison_is_refused_in_one_line(ebb, five, words):
    refused(ebb("compare", *words))


def test_the_name_of_a_file_s_study_alone_plans_nothing(ebb, store):
    names = ("class-sequential", "shuffled")
    keep(store, *(made_record(name, study="mine") for name in names))
    said = refused(ebb("compare", "mine"))
    there = ", ".join(names)
    assert f"whose comparisons are in its file alone; expected two of {there}, or its" in said


def test_a_study_without_comparisons_asks_for_two_conditions(ebb, three):
    three.write_text(THREE.replace('(("a", "c"), ("b", "c"))', "()"))
    said = refused(ebb("compare", three))
    assert "which plans no comparison; expected two of a, b, c." in said


def test_a_plan_from_a_standard_deviation(ebb):
    assert ebb("plan", "--sd", "0.5", "--difference", "1").out.startswith("6 seeds")
    paired = ebb("plan", "--sd", "1", "--difference", "1", "--correlation", "0.5").out
    assert paired.startswith("10 pairs")


def test_a_plan_from_a_pilot_says_how_uncertain_the_pilot_is(ebb, five):
    words = ("plan", "--pilot", "class-order", "--difference", "3")
    out = ebb(*words).out
    assert "1.56 times" in out
    assert "0.60 to 2.87" in out
    found = json.loads(ebb(*words, "--format", "json").out)
    again = json.loads(ebb(*words, "--correlation", "0.8", "--format", "json").out)
    expected = plan(found["sd"], 3, paired=True, correlation=0.8, pilot_seeds=5)
    assert again["seeds"] == expected.seeds


def test_only_a_cross_entropy_is_in_nats(ebb, store):
    for name, recipe in find("class-order").conditions.items():
        squares = replace(recipe, loss="mean_squared_error")
        for seed in range(3):
            more = {"recipe": squares, "history": ((2, 20, "loss", 0.1 * seed + len(name)),)}
            keep(store, made_record(name, seed, **more))
    out = ebb("compare", "class-order", "--metric", "loss").out
    assert "units of the loss" in out
    assert "nats" not in out


def test_scores_of_forgetting_are_fractions_as_all_scores_are(ebb, tmp_path):
    rows = [f"a,{k},{v}" for k, v in enumerate((0.21, 0.24, 0.20, 0.23))]
    rows += [f"b,{k},{v}" for k, v in enumerate((0.12, 0.13, 0.09, 0.15))]
    (tmp_path / "drops.csv").write_text("\n".join(["condition,seed,value", *rows]) + "\n")
    words = ("compare", tmp_path / "drops.csv", "a", "b", "--metric", "mean drop", "--margin", "5")
    found = json.loads(ebb(*words, "--format", "json").out)
    assert found["difference"]["points"] == pytest.approx(9.75)
    assert found["verdict"] == "different"
    assert "mean of a  " in ebb(*words).out
    assert "22.00 %" in ebb(*words).out


def test_a_class_that_a_seed_did_not_test_is_no_run_that_diverged(ebb, store):
    for condition, right in (("shuffled", 0.9), ("class-sequential", 0.7)):
        for seed in range(5):
            counts = confusion(right + 0.02 * (seed % 3))
            if seed == 1:
                counts[9] = 0
            looks = (Evaluation("test", 2, 10, 20, counts, 0.5),)
            keep(store, made_record(condition, seed, evaluations=looks, segments=False), planned=5)
    words = ("compare", "class-order", "--per-class", "--format", "json")
    *others, last = json.loads(ebb(*words).out)["comparisons"]
    assert [found["n"] for found in others] == [5] * 9
    assert last["n"] == 4
    assert last["failures"]["a"]["diverged"] == last["failures"]["b"]["diverged"] == 0


def test_classes_know_what_a_guess_scores(ebb, store):
    for condition in ("shuffled", "class-sequential"):
        for seed in range(5):
            lost = {"status": "diverged"} if (condition, seed) == ("shuffled", 0) else {}
            accuracy = 0.7 + 0.02 * (seed % 3)
            keep(store, made_record(condition, seed, accuracy=accuracy, **lost), planned=5)
    first, *_ = json.loads(ebb("compare", "class-order", "--per-class", "--format", "json").out)[
        "comparisons"
    ]
    assert first["failures"]["worst_case"]["chance"] == 0.1


def test_a_plan_of_a_loss_is_in_its_own_unit(ebb, store):
    losses = {"shuffled": (0.4, 0.5, 0.3), "class-sequential": (1.5, 1.2, 1.2)}
    for condition, values in losses.items():
        for seed, loss in enumerate(values):
            keep(store, made_record(condition, seed, history=((2, 20, "loss", loss),)))
    words = ("plan", "--pilot", "class-order", "--metric", "loss", "--difference", "0.1")
    found = json.loads(ebb(*words, "--format", "json").out)
    assert (found["difference"], found["unit"]) == (0.1, "nats")
    assert found["sd"] == pytest.approx(((0.1**2 + 0.3**2 / 3) / 2) ** 0.5)
    assert "find a difference of 0.1 nats" in ebb(*words).out


def test_a_plan_is_of_what_is_analysed(ebb, tmp_path):
    words = ("plan", "--sd", "1", "--correlation", "0.5")
    assert ebb(*words, "--difference", "1").out.startswith("10 pairs")
    ten = ebb(*words, "--difference", "1", "--comparisons", "10").out
    assert "t-test at 0.05, Bonferroni over 10 comparisons" in ten
    assert int(ten.split()[0]) > 10
    assert "two one-sided paired t-tests" in ebb(*words, "--margin", "1").out
    half = ebb(*words, "--half-width", "0.5").out
    assert "are expected to give the difference to +-0.50 points" in half
    assert "95 % interval of the paired t-test" in half
    # A correlation of 0 is one of pairs.
    assert "pairs of seeds" in ebb("plan", "--sd", "1", "--correlation", "0", "--margin", "1").out
    pilot = ebb("plan", "--sd", "1", "--difference", "1", "--pilot-seeds", "5").out
    assert "0.60 to 2.87 times it (95 % interval)" in pilot
    (tmp_path / "scores.csv").write_text(SCORES)
    of_file = ebb("plan", "--pilot", tmp_path / "scores.csv", "--difference", "3").out
    assert "The sd comes from 5 seeds" in of_file
    words = ("plan", "--pilot", tmp_path / "scores.csv", "--difference", "3", "--unpaired")
    assert "seeds per condition" in ebb(*words).out


@pytest.mark.parametrize(
    "words",
    [
        ("--sd", "1"),
        ("--sd", "1", "--margin", "1", "--difference", "1"),
        ("--sd", "1", "--margin", "-1"),
        ("--sd", "1", "--half-width", "0"),
        ("--sd", "1", "--difference", "1", "--comparisons", "0"),
        ("--sd", "1", "--difference", "1", "--unpaired", "--correlation", "0.5"),
        ("--pilot", "class-order", "--difference", "1", "--pilot-seeds", "3"),
        ("--difference", "1"),
        ("--difference", "1", "--sd", "1", "--metric", "test loss"),
        ("--difference", "1", "--sd", "1", "--pilot", "class-order"),
        ("--difference", "0", "--sd", "1"),
        ("--difference", "1", "--sd", "-1"),
        ("--difference", "1", "--sd", "1", "--power", "2"),
        ("--difference", "1", "--sd", "1", "--correlation", "3"),
        ("--difference", "1", "--pilot", "tanh-vs-relu"),
        ("--difference", "1", "--pilot", "class-order", "--conditions", "shuffled"),
    ],
    ids=" ".join,
)
def test_a_wrong_plan_is_refused_in_one_line(ebb, five, words):
    refused(ebb("plan", *words))


def test_a_figure_over_all_classes_is_not_asked_of_each(ebb, five):
    line = refused(ebb("compare", "class-order", "--per-class", "--metric", "mean drop"))
    assert "--metric drop" in line
    assert ebb("compare", "class-order", "--per-class", "--metric", "drop").status == 0


@pytest.mark.parametrize(
    ("words", "says"), [(("--looks", "3,6"), "--looks"), (("--best",), "--best")]
)
def test_options_that_classes_of_a_file_have_not_are_refused(words, says, ebb, tmp_path):
    rows = [f"{c},{s},{k},0.{9 - k}{s}" for c in "ab" for s in range(6) for k in range(3)]
    (tmp_path / "scores.csv").write_text("\n".join(["condition,seed,class,value", *rows]) + "\n")
    assert ebb("compare", tmp_path / "scores.csv", "a", "b").status == 0
    assert says in refused(ebb("compare", tmp_path / "scores.csv", "a", "b", *words))


@pytest.mark.parametrize("words", [("--variant", "quick"), ("--variants", "full,quick")])
def test_a_file_has_no_variants(words, ebb, methods):
    assert "expected a study" in refused(ebb("compare", methods, "b", "a", *words))


def test_options_that_say_nothing_together_are_refused(ebb, filled, methods):
    words = ("compare", "class-order", "shuffled", "class-sequential")
    assert "--best" in refused(ebb("compare", "class-order", "--per-class", "--best"))
    line = refused(ebb(*words, "--variants", "full,quick", "--variant", "full"))
    assert "--variant with --variants" in line
    plan = ("plan", "--pilot", methods, "--difference", "1")
    line = refused(ebb(*plan, "--variant", "quick", "--conditions", "a,b"))
    assert "Received study" in line
    assert "expected two" in refused(ebb(*plan, "--conditions", "a,a"))


def test_the_plan_that_is_advised_is_of_the_family(ebb, store):
    for n, name in enumerate(("shuffled", "class-sequential")):
        for seed in range(3):
            keep(store, made_record(name, seed, accuracy=0.5 + 0.05 * (seed * (n + 1) % 3)))
    advised = ebb("compare", "class-order").out
    assert "How many seeds would tell" in advised
    assert "--comparisons" not in advised
    by_class = ebb("compare", "class-order", "--per-class").out
    assert "How many seeds would tell" not in by_class
