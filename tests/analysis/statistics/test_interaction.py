import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.corrections import adjust
from analysis.statistics.effects import unbiased
from analysis.statistics.families import adjust_family
from analysis.statistics.interaction import double_difference, reading_of
from analysis.statistics.result import explain
from tests.analysis.conftest import PROPERTY

NAMES = ("plain", "noisy", "in-order", "noisy-in-order")
CROSSING = ("label noise", "class order"), NAMES
SWAPPED = ("class order", "label noise"), ("plain", "in-order", "noisy", "noisy-in-order")


def crossed(cells, crossing=CROSSING, seeds=None, **options):
    """Cells in the order neither, only A, only B, both; seeds 0, 1, 2, ... unless given."""
    scores = dict(zip(NAMES, cells, strict=True))
    ids = seeds or {name: range(len(values)) for name, values in scores.items()}
    return double_difference(scores, *crossing, seeds=ids, **options)


def counts(seed=0, n=10, interaction=-30):
    """[4, n] accuracies in thousandths, whose effects differ by the interaction."""
    rng = np.random.default_rng(seed)
    base = rng.normal(900, 8, n)
    effects = np.array([0, -40, -150, -190 + interaction])[:, None]
    return np.rint(base + effects + rng.normal(0, 6, (4, n))) / 1000


TABLES = st.integers(3, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(0, 1000), min_size=n, max_size=n), min_size=4, max_size=4
    )
)


def expected(cells):
    neither, only_a, only_b, both = np.rint(1000 * np.asarray(cells))
    return ((both - only_b) - (only_a - neither)) / 10


def test_it_is_a_one_sample_test_of_the_differences_of_differences():
    cells = counts()
    found = crossed(cells, n_test=1000)
    d = expected(cells)
    oracle = stats.ttest_1samp(d, 0)
    low, high = oracle.confidence_interval(0.95)
    np.testing.assert_allclose(found.differences, d)
    assert found.difference.points == pytest.approx(d.mean())
    assert (found.difference.ci_low, found.difference.ci_high) == pytest.approx((low, high))
    assert (found.test.statistic, found.test.df) == pytest.approx((oracle.statistic, 9))
    assert found.test.p == pytest.approx(oracle.pvalue)
    assert found.effects.value == pytest.approx(unbiased(9) * d.mean() / d.std(ddof=1))
    assert found.effects.p_superiority == pytest.approx((d > 0).mean() + (d == 0).mean() / 2)


def test_the_exact_test_is_every_pattern_of_signs():
    cells = counts(seed=1, n=8, interaction=-4)
    d = np.rint(10 * expected(cells))
    d = d[d != 0]
    signs = 1 - 2 * (np.arange(2**d.size)[:, None] >> np.arange(d.size) & 1)
    found = crossed(cells, n_test=1000).exact
    assert found.p == pytest.approx((np.abs(signs @ d) >= abs(d.sum())).mean())
    assert found.p_smallest == 2.0 ** (1 - d.size)


def test_two_one_sided_tests_against_the_margin():
    cells = counts(seed=2, n=12, interaction=0)
    d = expected(cells)
    found = crossed(cells, margin=1.5).equivalence
    sides = [
        stats.ttest_1samp(d, bound, alternative=side).pvalue
        for bound, side in ((-1.5, "greater"), (1.5, "less"))
    ]
    assert found.p == pytest.approx(max(sides))


@PROPERTY
@given(TABLES)
def test_exchanging_the_treatments_changes_nothing(table):
    cells = np.array(table) / 1000
    one, other = crossed(cells, margin=5).to_json(), crossed(cells, SWAPPED, margin=5).to_json()
    assert (one["a"], one["b"]) == (other["b"], other["a"])
    for record in (one, other):
        del record["a"], record["b"], record["conditions"], record["note"]
    assert one == other


@PROPERTY
@given(TABLES)
def test_effects_that_add_up_differ_by_0_at_every_seed(table):
    neither, only_a, only_b, _ = np.array(table) / 1000
    found = crossed([neither, only_a, only_b, only_a + only_b - neither], unit="nats")
    assert set(found.differences) == {0.0}
    assert found.verdict == "undecidable"
    assert "the difference of differences is 0 nats for every seed" in str(found.notes[0])


@PROPERTY
@given(TABLES, st.integers(-200, 200), st.integers(-200, 200))
def test_effects_of_either_treatment_alone_do_not_count(table, effect_a, effect_b):
    cells = np.array(table, dtype=float)
    moved = cells + np.array([0, effect_a, effect_b, effect_a + effect_b])[:, None]
    assert crossed(moved, unit="nats").differences == crossed(cells, unit="nats").differences


@pytest.mark.parametrize("denominator", [10, 7, 12_345, 40_961])
def test_float_noise_hides_no_tie(denominator):
    neither, a, b = np.arange(1, 7) / denominator, 1 / denominator, 3 / denominator
    found = crossed([neither, neither + a, neither + b, (neither + a) + b], unit="nats")
    assert (found.verdict, found.test.p, set(found.differences)) == ("undecidable", None, {0.0})


def test_the_closed_list_of_verdicts_in_the_words_of_the_question():
    assert reading_of("different", -1.0, True) == "worse together"
    assert reading_of("different", -1.0, False) == "better together"
    assert reading_of("different", 1.0, True) == "better together"
    assert reading_of("different", 1.0, None) == "higher together"
    assert reading_of("different", -1.0, None) == "lower together"
    assert (
        reading_of("different-within-margin", 1.0, False) == "worse together, but within the margin"
    )
    assert reading_of("equivalent", 0.1, True) == "add up"
    assert reading_of("inconclusive", 5.0, True) == "no interaction shown"
    assert reading_of("undecidable", 0.0, True) == "cannot be decided"


def test_only_a_margin_given_beforehand_lets_effects_add_up():
    cells = counts(seed=2, n=12, interaction=0)
    assert crossed(cells).reading == "no interaction shown"
    assert "add up" not in crossed(cells).reading
    assert crossed(cells, margin=1.5).reading == "add up"
    text = explain(crossed(cells, margin=1.5))
    assert text.startswith(
        "Add up: accuracy of noisy-in-order is within 1.50 points of what the effects of label "
        "noise and class order add up to (12 seeds)."
    )


def test_text_begins_with_a_sentence_and_names_every_number():
    first, blank, *rows = explain(crossed(counts(), margin=1)).splitlines()
    assert first.startswith("Worse together: accuracy of noisy-in-order is ")
    assert first.endswith(
        "points lower than what the effects of label noise and class order add up to (10 seeds)."
    )
    assert blank == ""
    for name in (
        *("effect of label noise", "effect of class order", "difference of differences"),
        *("t-test of the differences of differences", "exact test", "equivalence"),
        *("effect sizes", "used"),
    ):
        assert any(row.startswith(name) for row in rows), name
    text = "\n".join(rows)
    assert "(noisy-in-order minus in-order) minus (noisy minus plain)" in text
    assert "t(9) = " in text
    assert text.endswith("10 seeds")
    # Neither means anything for sums of two conditions.
    assert "Cliff" not in text
    assert "correlation" not in text


def test_each_effect_is_shown_with_and_without_the_other():
    plain = np.array([0.9, 0.91, 0.92])
    text = explain(crossed([plain, plain - 0.01, plain - 0.1, plain - [0.13, 0.14, 0.12]]))
    assert "-3.00 points with class order, -1.00 points without" in text
    assert "-12.00 points with label noise, -10.00 points without" in text
    assert "of each seed" in text
    assert "-2.00 points, -3.00 points, -1.00 points" in text


def test_a_loss_is_worse_where_it_is_higher():
    cells = counts()
    found = crossed(1 - cells, unit="nats", higher_is_better=False, metric="loss")
    assert found.reading == "worse together"
    assert "higher than what the effects" in explain(found)


def test_only_seeds_that_finished_in_all_four_are_used():
    cells = counts()
    seeds = {name: list(range(10)) for name in NAMES}
    short = list(cells)
    for row, lost in ((1, 3), (3, 7)):
        name = NAMES[row]
        short[row] = np.delete(cells[row], lost)
        seeds[name].remove(lost)
    found = crossed(short, seeds=seeds, planned=10)
    assert found.seeds == (0, 1, 2, 4, 5, 6, 8, 9)
    np.testing.assert_allclose(found.differences, np.delete(expected(cells), [3, 7]))
    assert (
        "2 seeds left out, not finished in all 4 conditions (missing in noisy: 3, in "
        "noisy-in-order: 7)" in map(str, found.notes)
    )
    assert "8 seeds of 10 planned" in explain(found)


def test_seeds_are_matched_by_id_never_by_row():
    cells = counts()
    seeds = {name: range(10) for name in NAMES} | {"noisy": range(9, -1, -1)}
    turned = [cells[0], cells[1][::-1], *cells[2:]]
    assert crossed(turned, seeds=seeds).to_json() == crossed(cells).to_json()


def test_a_diverged_run_is_an_outcome():
    cells = counts()
    cells[3][4] = np.nan
    found = crossed(cells, chance=0.1)
    assert (found.n, found.seeds[4]) == (9, 5)
    assert "diverged: noisy-in-order 1 of 10" in found.note
    filled = cells.copy()
    filled[3][4] = 0.1
    assert found.worst_case.points == pytest.approx(expected(filled).mean())
    assert "worst case" in explain(found)
    assert "no worst case: the chance level was not given" in map(str, crossed(cells).notes)


def test_a_sum_of_effects_below_chance_is_pointed_out():
    cells = [np.array([0.9, 0.91, 0.92, 0.9, 0.89]) - effect for effect in (0, 0.5, 0.6, 0.75)]
    cells[3] += np.array([0, 1, 2, 1, 0]) / 100
    said = "if the effects added up, accuracy of noisy-in-order would be "
    assert said + "-19.60 %, below 10.00 %, which is chance: " in crossed(cells, chance=0.1).note
    assert said + "-19.60 %, below 0.00 %: " in crossed(cells).note
    assert (
        said + "119.60 %, above 100 %: " in crossed([1 - cell for cell in cells], chance=0.1).note
    )
    assert "hardly add up" not in crossed(counts(), chance=0.1).note


@pytest.mark.parametrize("n", range(4))
def test_missing_figures_are_none_never_nan(n):
    for cells in (counts()[:, :n], np.full((4, n), 0.5), np.full((4, n), np.nan)):
        found = crossed(cells, margin=1, chance=0.1)
        json.dumps(found.to_json(), allow_nan=False)
        text = explain(found)
        assert text.isascii()
        if n < 3:
            assert found.reading == "cannot be decided"
            assert text.startswith("Cannot be decided: do the effects of label noise and class")


def test_two_conditions_that_agree_at_every_seed_may_be_one_recipe():
    cells = counts()
    cells[1] = cells[0]
    assert "plain and noisy are identical at every seed: are they one recipe?" in map(
        str, crossed(cells).notes
    )


def test_five_seeds_are_told_that_the_exact_test_cannot_decide():
    note = crossed(counts(n=5)).note
    assert "exact test, 5 seeds: this test cannot reach .05; 6 are needed" in note
    assert "classes" not in note


def test_more_seeds_than_planned_are_reported():
    assert "10 seeds, but 8 were planned" in crossed(counts(), planned=8).note


def test_interactions_are_a_family():
    found = [crossed(counts(seed, n=6, interaction=k)) for seed, k in enumerate((-40, -8, 0))]
    family = adjust_family(found)
    raw = [c.test.p for c in found]
    np.testing.assert_allclose([c.p_adjusted for c in family], adjust(raw, "bonferroni"))
    holm = [c.p_adjusted for c in adjust_family(found, "holm")]
    np.testing.assert_allclose(holm, adjust(raw))
    assert {(c.family, c.correction) for c in family} == {(3, "bonferroni")}
    for each in family:
        assert (each.verdict == "different") == (each.p_adjusted <= 0.05)
    text = explain(family[0])
    assert "(6 seeds, after Bonferroni over 3 interactions)" in text
    assert "simultaneous 95 % interval" in text
    assert "(Bonferroni over 3)" in text
    assert "alone among 3 interactions this test cannot reach 0.05" in text
    assert "7 seeds are needed" in text


@pytest.mark.parametrize(
    ("cells", "options", "said"),
    [
        (np.full((4, 3), 90.0), {}, "fractions from 0 to 1"),
        (
            np.full((4, 3), 0.5),
            {"seeds": {name: [0, 0, 1] for name in NAMES}},
            "seed 0 twice",
        ),
        (
            np.full((4, 3), 0.5),
            {"seeds": {name: [0, 1] for name in NAMES}},
            "2 seeds for 3",
        ),
        (np.full((4, 3), 0.5), {"margin": 0}, "margin=0"),
        (np.full((4, 3), 0.55), {"n_test": 10}, "whole number of correct answers"),
        (
            np.full((4, 3), 0.5),
            {"crossing": (("a", "b"), ("plain", "noisy", "noisy", "noisy-in-order"))},
            "four different",
        ),
    ],
)
def test_double_difference_refuses(cells, options, said):
    with pytest.raises(ValueError, match=said):
        crossed(cells, **options)


def test_a_worst_case_that_reads_differently_is_said():
    neither = np.linspace(0.80, 0.85, 6)
    both = np.array([0.78, 0.80, 0.79, *[np.nan] * 3])
    found = crossed([neither, neither - 0.1, neither, both], chance=0.1)
    assert found.reading == "better together"
    assert found.worst_case.verdict == "inconclusive"
    assert "the worst case (diverged runs at chance) reads inconclusive" in map(str, found.notes)


def test_rounding_is_refused_as_it_would_be_ignored():
    scores = {name: [0.9, 0.91, 0.92] for name in ("n", "a", "b", "ab")}
    seeds = dict.fromkeys(scores, range(3))
    with pytest.raises(ValueError, match="received rounding"):
        double_difference(scores, ("a", "b"), tuple(scores), seeds=seeds, rounding=0.01)
