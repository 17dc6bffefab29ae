"""Comparisons by looks: what decides, what the intervals are, and how often they are wrong."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import stdtr, stdtrit

from analysis.rendering.formatting import format_fraction, format_range
from analysis.statistics.anytime import anytime_interval
from analysis.statistics.boundaries import SPENDING, stagewise_p
from analysis.statistics.comparison import compare
from analysis.statistics.families import Family, compare_classes, explain_family
from analysis.statistics.looks import LookPlan
from analysis.statistics.result import explain, sentence
from analysis.statistics.sequential import compare_by_looks
from analysis.statistics.sequential_planning import explain_looks, plan_looks
from analysis.statistics.statistical_power import seeds_needed

PLAN = LookPlan((5, 10, 20), comparisons=2)


def found(shift, spread=0.01, plan=PLAN, n=20, **options):
    """A comparison of n pairs, that differ by `shift` on average."""
    random = np.random.default_rng(1)
    values = {"b": 0.8 + 0.01 * random.normal(size=n)}
    values["a"] = values["b"] + shift + spread * random.normal(size=n)
    seeds = dict.fromkeys(values, range(n))
    options = {"paired": True, "metric": "test accuracy"} | options
    return compare_by_looks(values, seeds, [("a", "b")], plan, **options), values


@pytest.mark.parametrize(("shift", "look"), [(0.05, 0), (0.02, 1), (0.012, 2)])
def test_the_first_look_at_or_below_its_boundary_decides(shift, look):
    c, values = found(shift)
    nominal = PLAN.boundary.nominal
    p = [stats.ttest_rel(values["a"][:n], values["b"][:n]).pvalue for n in PLAN.looks]
    first = next(k for k in range(3) if p[k] <= nominal[k])
    assert (c.verdict, c.n) == ("different", PLAN.looks[first])
    assert first == look
    np.testing.assert_allclose(c.looks.p, p[: first + 1])
    z = stats.norm.isf(p[first] / 2)
    assert c.p_adjusted == pytest.approx(2 * stagewise_p(PLAN.boundary, first, z))
    assert (c.family, c.correction) == (2, "sequential")
    said = f"this look decides at p of {format_fraction(nominal[first])} and less, p"
    assert said in explain(c)
    assert "by stage-wise ordering (Bonferroni)" in explain(c)


def test_repeated_intervals_are_students_at_the_levels_of_the_boundary():
    c, values = found(0.0, n=20)
    assert c.verdict == "inconclusive"
    for n, nominal, d in zip(PLAN.looks, PLAN.boundary.nominal, c.looks.differences, strict=True):
        x = 100 * (values["a"] - values["b"])[:n]
        np.testing.assert_allclose(
            (d.ci_low, d.ci_high),
            stats.t.interval(1 - nominal, n - 1, x.mean(), stats.sem(x)),
        )
    assert c.difference == c.looks.differences[-1]
    assert c.p_adjusted is not None


def test_an_interval_within_the_margin_ends_it_as_equivalent():
    c, _ = found(0.0, spread=0.001, margin=0.5)
    assert (c.verdict, c.n) == ("equivalent", 5)
    assert c.equivalence.ci_low == c.difference.ci_low
    assert "margin 0.50 points: repeated 95 % interval" in explain(c)
    assert "two one-sided" not in explain(c)
    assert "repeated" not in sentence(c)


def test_before_the_last_look_nothing_is_final():
    c, _ = found(0.0, n=12)
    assert (c.verdict, c.n, c.looks.last) == ("inconclusive", 10, False)
    assert c.p_adjusted is None
    assert "look 2 of 3, at most 20 seeds, error shared by 2 comparisons" in sentence(c)
    assert "(repeated 95 % interval)" in sentence(c)
    assert "stage-wise" not in explain(c)
    assert [look["seeds"] for look in c.to_json()["looks"]["looks"]] == [5, 10]
    alone, _ = found(0.05, plan=LookPlan(PLAN.looks))
    assert "by stage-wise ordering" in explain(alone)
    assert "Bonferroni" not in explain(alone)
    open_, _ = found(0.0, n=12, plan=LookPlan(PLAN.looks))
    assert "(repeated 95 % interval)" in sentence(open_)


def test_looks_at_independent_runs_need_no_seeds_in_common():
    random = np.random.default_rng(1)
    values = {name: random.normal(size=n) for name, n in (("a", 12), ("b", 10))}
    seeds = {"a": range(12), "b": range(20, 30)}
    options = {"paired": False, "unit": "nats"}
    c = compare_by_looks(values, seeds, [("a", "b")], PLAN, **options)
    test = stats.ttest_ind(values["a"][:10], values["b"], equal_var=False)
    assert c.test.p == pytest.approx(test.pvalue)


def test_seeds_after_the_last_look_change_nothing():
    assert found(0.0, n=20)[0].difference == found(0.0, n=20)[0].difference
    random = np.random.default_rng(1)
    values = {name: random.normal(size=30) for name in "ab"}
    seeds = dict.fromkeys(values, range(30))
    some = {name: column[:20] for name, column in values.items()}
    options = {"paired": True, "unit": "nats"}
    longer = compare_by_looks(values, seeds, [("a", "b")], PLAN, **options)
    first = compare_by_looks(some, dict.fromkeys(some, range(20)), [("a", "b")], PLAN, **options)
    assert replace(longer, notes=first.notes) == first
    assert longer.note.endswith("10 pairs more than at the last look, at 20, left out")


def test_what_no_look_takes_is_said():
    random = np.random.default_rng(1)
    values = {"a": random.normal(size=19), "b": random.normal(size=20)}
    seeds = {"a": [*range(7), *range(8, 20)], "b": range(20)}
    c = compare_by_looks(values, seeds, [("a", "b")], PLAN, paired=True, unit="nats")
    assert c.n == 10
    assert "1 seed without a partner dropped (only in b: 7)" in c.note
    assert "9 pairs more than at the look at 10 left out; the next is at 20" in c.note


def test_stored_predictions_are_of_the_pairs_of_a_look():
    random = np.random.default_rng(0)
    right = {name: {seed: random.random(400) < 0.9 for seed in range(8)} for name in "ab"}
    values = {name: [each.mean() for each in runs.values()] for name, runs in right.items()}
    options = {"paired": True, "unit": "points", "n_test": 400}
    plan, seeds = LookPlan((5, 8)), dict.fromkeys(values, range(8))
    c = compare_by_looks(values, seeds, [("a", "b")], plan, right=right, **options)
    of_all = compare(*values.values(), seeds_a=range(8), seeds_b=range(8), **options,
                     right=tuple(right.values()))  # fmt: skip
    assert c.n == 8
    assert c.test_set == of_all.test_set


def test_without_the_seeds_of_the_first_look_it_says_how_many_there_are():
    with pytest.raises(ValueError, match=r"received 4 seeds of a and b; expected 5 or more"):
        found(0.0, n=4)


def test_runs_that_diverged_count_as_seeds():
    values = {"a": [0.5] * 3 + [np.nan, 0.6, 0.7], "b": [0.4, 0.5, 0.6, 0.5, 0.4, 0.5]}
    c = compare_by_looks(
        values, dict.fromkeys(values, range(6)), [("a", "b")], LookPlan((3, 6)), paired=True
    )
    assert (c.n, c.looks.last) == (5, True)


def test_several_are_a_family_that_shares_the_error():
    random = np.random.default_rng(2)
    values = {name: 0.8 + 0.01 * random.normal(size=20) for name in "abc"}
    seeds = dict.fromkeys(values, range(20))
    family = compare_by_looks(values, seeds, [("a", "c"), ("b", "c")], PLAN, paired=True)
    assert isinstance(family, Family)
    text = explain_family(family)
    assert "Pocock type, error .05, shared by 2 comparisons; intervals are repeated 95 %" in text
    assert family.to_json()["comparisons"][0]["looks"]["plan"]["looks"] == PLAN.looks


@pytest.mark.parametrize(
    "fields",
    [
        *({"looks": (2, 5)}, {"looks": (5, 5)}, {"looks": (3.5, 5)}, {"spending": "none"}),
        *({"comparisons": 0}, {"level": 0}, {"level": 1}),
    ],
    ids=str,
)
def test_a_plan_that_cannot_be_is_refused(fields):
    with pytest.raises(ValueError, match=r"^received .*; expected"):
        LookPlan(**fields)


def test_a_plan_comes_back_from_what_is_stored():
    assert LookPlan.from_json(PLAN.to_json()) == PLAN


STUDIES = 2_000
PLANS = [(5, 10, 20, 40), (3, 5, 10, 20), (5, 10, 20), (3, 4, 5, 6, 7, 8), tuple(range(3, 21))]


def looked_at(x, plan, truth=0.0):
    """Whether a look of each comparison is at its boundary, and all intervals hold; [studies, k].

    `decide_by_looks`, over many studies at once.
    """
    stopped, held = np.zeros(x.shape[:2], bool), np.ones(x.shape[:2], bool)
    for n, nominal in zip(plan.looks, plan.boundary.nominal, strict=True):
        mean, error = x[..., :n].mean(-1), x[..., :n].std(-1, ddof=1) / np.sqrt(n)
        stopped |= 2 * stdtr(n - 1, -np.abs(mean / error)) <= nominal
        held &= np.abs(mean - truth) <= -stdtrit(n - 1, nominal / 2) * error
    return stopped, held


@pytest.mark.parametrize("comparisons", [1, 11])
@pytest.mark.parametrize("spending", SPENDING)
@pytest.mark.parametrize("looks", PLANS, ids=str)
def test_false_alarms_are_as_rare_as_planned(looks, spending, comparisons):
    plan = LookPlan(looks, spending, comparisons)
    random = np.random.default_rng(3)
    shape = (STUDIES, comparisons, looks[-1])
    x = random.normal(size=shape) + random.normal(size=(STUDIES, 1, looks[-1]))
    stopped, held = looked_at(x, plan)
    error = 3 * np.sqrt(0.05 * 0.95 / STUDIES)
    assert stopped.any(axis=1).mean() <= 0.05 + error
    assert held.all(axis=1).mean() >= 0.95 - error


def test_what_is_simulated_is_what_is_decided():
    random = np.random.default_rng(4)
    x = random.normal(0.7, 1, (40, 1, 20))
    plan = LookPlan((5, 10, 20))
    stopped, _ = looked_at(x, plan)
    for differences, expected in zip(x[:, 0], stopped[:, 0], strict=True):
        values = {"a": 0.5 + differences / 100, "b": np.full(20, 0.5)}
        seeds = dict.fromkeys(values, range(20))
        c = compare_by_looks(values, seeds, [("a", "b")], plan, paired=True)
        assert (c.verdict == "different") == expected
    assert 5 < stopped.sum() < 35


def test_a_plan_says_what_it_costs_beside_the_fixed_design():
    plan = LookPlan((5, 10, 20, 40))
    none, half, whole, twice = plan_looks(plan, 1, 1, paired=False).expected
    assert none.found == pytest.approx(0.05, abs=0.01)
    assert none.fixed_seeds is None
    assert (whole.fixed_seeds, twice.fixed_seeds) == (17, 6)  # Cohen 1988, table 2.4.1
    assert half.seeds > whole.seeds > twice.seeds
    assert 0 <= whole.fixed_found - whole.found < 0.02
    drift = np.random.default_rng(5).normal(1 / np.sqrt(2), 1, (STUDIES, 1, 40))
    stopped, _ = looked_at(drift, plan)
    paired = plan_looks(plan, 1, 1, paired=True).expected[2]
    assert paired.found == pytest.approx(stopped.mean(), abs=0.02)
    first, *lines = explain_looks(plan_looks(plan, 0.3, 0.5, paired=False)).split("\n")
    assert first == (
        "Looks at 5, 10, 20 and at most 40 seeds, Pocock type, error .05; sd 0.30 points; expected "
        "seeds per condition:"
    )
    assert ["(largest 40)" in line for line in lines] == [True] * 4
    assert lines[0].endswith("found with a probability of 5.2 %, a false alarm")
    # statsmodels: TTestIndPower().power(0.25 / 0.3, 40, 0.05) is .9573; 24 a side have .8068.
    assert lines[1].endswith(" %; fixed design: 24 for 80 %, 95.7 % with 40")
    with pytest.raises(ValueError, match="received difference=0"):
        plan_looks(plan, 1, 0, paired=False)


@pytest.mark.parametrize("paired", [True, False])
def test_a_plan_of_one_look_finds_as_much_as_the_fixed_design(paired):
    design = {"paired": paired, "correlation": 0.3 * paired, "power": 0.9}
    plan = plan_looks(LookPlan((5,), comparisons=3), 2, 3, **design)
    assert plan.expected[2].fixed_seeds == seeds_needed(2, 3, alpha=0.05 / 3, **design)
    assert [each.difference for each in plan.expected] == [0, 1.5, 3, 6]
    for each in plan.expected:
        assert each.found == pytest.approx(each.fixed_found, abs=3 * np.sqrt(0.25 / 20_000))
        assert each.seeds == 5
    said = explain_looks(plan)
    assert said.startswith("Looks at 5 seeds, Pocock type, error .05, shared by 3 comparisons; sd")
    assert ("; sd 2.00 points, correlation 0.30; expected pairs of seeds:\n" in said) is paired


def test_more_seeds_than_planned_have_an_interval_that_holds_all_the_same():
    random = np.random.default_rng(6)
    a, b = 0.8 + 0.01 * random.normal(size=(2, 10))
    ids = {"seeds_a": range(10), "seeds_b": range(10)}
    found = compare(a, b, paired=True, planned=5, **ids)
    said = explain(found)
    assert "10 seeds, but 5 were planned" in said
    assert "however many" in said
    assert "1.7 times as wide (Wang & Ramdas 2025)" in said
    classes = [np.stack([side, side], axis=1) for side in (a, b)]
    family = compare_classes(*classes, paired=True, planned=5, **ids)
    ends = anytime_interval(found.difference, 10, 10, paired=True, alpha=0.05 / 2)
    shown = f"anytime-valid 95 % interval {format_range(*ends, 'points')} (Bonferroni over 2)"
    assert shown in explain(family.comparisons[0])
    assert "however many" not in explain(compare(a, b, paired=True, planned=10, **ids))


@pytest.mark.parametrize(("comparisons", "verdict"), [(1, "different"), (10, "undecidable")])
def test_divergence_alone_ends_a_plan_at_the_boundary_only(comparisons, verdict):
    values = {"a": [np.nan] * 5, "b": [0.8, 0.81, 0.82, 0.8, 0.79]}
    plan = LookPlan((5, 10, 20), comparisons=comparisons)
    of = dict.fromkeys(values, range(5))
    found = compare_by_looks(values, of, [("a", "b")], plan, paired=False)
    assert found.failures.test.p == pytest.approx(2 / 252)
    boundary = plan.boundary.nominal[0]
    assert (found.verdict == "different") == (boundary >= 2 / 252)
    assert found.verdict == verdict


def test_intervals_that_no_look_changes_are_not_called_repeated():
    c, values = found(0.0)
    plain = compare(values["a"], values["b"], paired=True, seeds_a=range(20), seeds_b=range(20))
    assert c.effects == plain.effects
    (line,) = [line for line in explain(c).splitlines() if line.startswith("effect sizes")]
    assert "unadjusted 95 %" in line
    assert "repeated" not in line
