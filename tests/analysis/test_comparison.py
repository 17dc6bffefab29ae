import itertools
import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import comparison
from analysis.comparison import (
    cliffs_delta,
    compare,
    explain,
    hedges_g,
    mann_whitney_test,
    p_superiority,
    sign_flip_test,
    t_test,
    tost,
)

PROPERTY = settings(deadline=None, derandomize=True, max_examples=50)
JSON_KEYS = [
    *("study", "variant", "metric", "a", "b", "paired", "n", "planned", "difference", "test"),
    *("robust", "effects", "verdict", "note"),
]


def pairs(a, b, **options):
    """Paired by seeds 0, 1, 2, ... in the order given."""
    return compare(a, b, paired=True, seeds_a=range(len(a)), seeds_b=range(len(b)), **options)


@st.composite
def samples(draw, least=3, most=12, same_size=True):
    """Two samples of accuracies in thousandths, ties and all, that vary."""
    n = draw(st.integers(least, most))
    m = n if same_size else draw(st.integers(least, most))
    count = st.integers(700, 1000)
    a, b = (np.array(draw(st.lists(count, min_size=k, max_size=k))) for k in (n, m))
    if same_size:
        assume(np.ptp(a - b) > 0)
    assume(np.ptp(a) > 0)
    assume(np.ptp(b) > 0)
    return a / 1000, b / 1000


# The object


def test_json_is_the_agreed_object_and_plain():
    result = pairs([0.8, 0.82, 0.83, 0.81], [0.79, 0.8, 0.84, 0.8], study="s", variant="quick")
    record = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert list(record)[: len(JSON_KEYS)] == JSON_KEYS
    assert (record["study"], record["variant"], record["metric"]) == ("s", "quick", "accuracy")
    assert (record["a"], record["b"], record["paired"]) == ("A", "B", True)
    assert {"points", "ci_low", "ci_high"} <= record["difference"].keys()
    assert {"name", "statistic", "p"} <= record["test"].keys()
    assert record["robust"].keys() == {"name", "p", "p_floor"}
    assert record["effects"].keys() == {"d_z", "p_superiority", "cliffs_delta"}
    assert "p_adjusted" not in record
    unpaired = compare([0.8, 0.82, 0.83], [0.79, 0.8, 0.84], paired=False).to_json()
    assert unpaired["effects"].keys() == {"g", "p_superiority", "cliffs_delta"}


@pytest.mark.parametrize("n", range(5))
@pytest.mark.parametrize("paired", [True, False])
def test_missing_figures_are_none_never_nan(n, paired):
    values = [0.8, 0.82, 0.79, np.nan, 0.81][:n]
    for other in ([0.7, 0.75, 0.72, 0.7, 0.73][:n], [0.7] * n, values):
        result = compare(
            values, other, paired=paired, seeds_a=range(n), seeds_b=range(n), margin=1, chance=0.1
        )
        json.dumps(result.to_json(), allow_nan=False)
        assert explain(result).isascii()


def test_the_difference_is_a_minus_b_in_points():
    result = pairs([0.85, 0.86, 0.9], [0.80, 0.83, 0.82])
    assert result.difference.points == pytest.approx(100 * (0.05 + 0.03 + 0.08) / 3)
    assert result.mean_a == pytest.approx(0.87)


def test_a_loss_keeps_its_own_unit():
    result = pairs([2.5, 2.6, 2.4], [2.0, 2.2, 2.1], unit="nats", metric="loss")
    assert result.difference.points == pytest.approx(0.4)
    assert "+0.4 nats" in explain(result)


# The primary test, against SciPy and statsmodels


@PROPERTY
@given(samples())
def test_pairs_are_tested_by_the_paired_t_test(values):
    a, b = values
    result, expected = pairs(a, b), stats.ttest_rel(a, b)
    assert result.test.name == "paired t-test"
    assert result.test.statistic == pytest.approx(expected.statistic, rel=1e-6, abs=1e-9)
    assert result.test.p == pytest.approx(expected.pvalue, rel=1e-6)
    interval = expected.confidence_interval()
    assert result.difference.ci_low == pytest.approx(100 * interval.low, abs=1e-8)
    assert result.difference.ci_high == pytest.approx(100 * interval.high, abs=1e-8)


@PROPERTY
@given(samples(same_size=False))
def test_independent_runs_are_tested_by_welch(values):
    a, b = values
    result, expected = compare(a, b, paired=False), stats.ttest_ind(a, b, equal_var=False)
    assert result.test.name == "Welch t-test"
    assert result.test.p == pytest.approx(expected.pvalue, rel=1e-6)
    assert result.test.df == pytest.approx(expected.df)


@PROPERTY
@given(samples(), st.floats(0.1, 5))
def test_equivalence_agrees_with_statsmodels(values, margin):
    from statsmodels.stats.weightstats import ttost_ind, ttost_paired

    a, b = values
    paired = pairs(a, b, margin=margin).equivalence
    expected = ttost_paired(a, b, -margin / 100, margin / 100)[0]
    assert paired.p == pytest.approx(expected, abs=1e-9)
    assert paired.inside == (paired.p < 0.05)
    unpaired = compare(a, b, paired=False, margin=margin).equivalence
    expected = ttost_ind(a, b, -margin / 100, margin / 100, usevar="unequal")[0]
    assert unpaired.p == pytest.approx(expected, abs=1e-9)


def test_the_equivalence_interval_is_the_ninety_percent_one():
    a, b = [0.80, 0.81, 0.83, 0.80], [0.81, 0.80, 0.83, 0.79]
    result = pairs(a, b, margin=2)
    expected = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert result.equivalence.level == 0.9
    assert result.equivalence.ci_low == pytest.approx(100 * expected.low)
    assert "90 % interval" in explain(result)
    assert "95 % interval" in explain(result)


# The exact tests, against enumeration


def _sign_flip_by_hand(d):
    sums = [abs(np.dot(signs, d)) for signs in itertools.product((-1, 1), repeat=len(d))]
    return np.mean(np.array(sums) >= abs(sum(d)))


@PROPERTY
@given(st.lists(st.integers(-30, 30), min_size=1, max_size=9))
def test_sign_flip_is_the_enumeration(d):
    result = sign_flip_test(np.array(d))
    assert result.p == pytest.approx(_sign_flip_by_hand(d))
    zeros = d.count(0)
    assert result.p_floor == (1.0 if zeros == len(d) else 2 / 2 ** (len(d) - zeros))


@PROPERTY
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=9))
def test_sign_flip_of_numbers_too_large_for_a_convolution(d):
    assert sign_flip_test(np.array(d)).p == pytest.approx(_sign_flip_by_hand(d))


@pytest.mark.parametrize("scale", [1, 1 / 7, math.pi / 100])
def test_sums_that_are_equal_on_paper_are_ties(scale):
    # SciPy's permutation test on these differences rounded to 1e-12 gives .484375 for 1/7.
    counts = np.array([-19, 23, -16, -23, 14, -18, 2])
    result = pairs(scale * counts, np.zeros(7), unit="nats")
    assert result.robust.p == _sign_flip_by_hand(counts) == 0.5


@pytest.mark.parametrize("n", [16, 17, 20])
def test_joined_halves_agree_with_the_convolution(n, monkeypatch):
    d = np.random.default_rng(n).integers(-20, 35, n)
    expected = sign_flip_test(d)
    monkeypatch.setattr(comparison, "CONVOLUTION_STEPS", 0)
    assert sign_flip_test(d).p == pytest.approx(expected.p, rel=1e-12)


def test_sign_flip_agrees_with_scipys_permutation_test():
    d = np.random.default_rng(3).integers(-40, 60, 12)
    expected = stats.permutation_test(
        (d,), np.mean, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert sign_flip_test(d).p == pytest.approx(expected)


def test_sign_flip_is_exact_for_fifty_pairs_of_counts():
    d = np.random.default_rng(4).integers(-50, 60, 50)
    result = sign_flip_test(d)
    assert result.name.startswith("exact")
    ways = Counter({0: 1})  # in whole numbers, of all 2^50 patterns
    for size in d.tolist():
        reached = {*ways, *(total + size for total in ways)}
        ways = Counter({total: ways[total] + ways[total - size] for total in reached})
    far = sum(n for plus, n in ways.items() if abs(2 * plus - d.sum()) >= abs(d.sum()))
    assert result.p == pytest.approx(far / 2**50, rel=1e-9)


def test_more_pairs_than_can_be_exact_say_so_and_obey_their_seed():
    rng = np.random.default_rng(6)
    x, y = rng.normal(2, 0.3, (2, 45))
    results = [pairs(x, y, unit="nats", monte_carlo_seed=seed) for seed in (1, 1, 2)]
    assert "Monte Carlo, 9,999 draws, seed 1" in results[0].robust.name
    assert results[0].robust.p == results[1].robust.p
    # A seed that has no effect would give the same p again.
    assert results[0].robust.p != results[2].robust.p
    assert results[0].robust.p == pytest.approx(results[0].test.p, abs=0.03)
    assert results[0].robust.p_floor == pytest.approx(1 / 10_000)


def _rank_sums_by_hand(a, b):
    ranks = stats.rankdata([*a, *b])
    observed = ranks[: len(a)].sum()
    sums = np.array([sum(chosen) for chosen in itertools.combinations(ranks, len(a))])
    return min(1, 2 * min(np.mean(sums <= observed + 1e-9), np.mean(sums >= observed - 1e-9)))


SMALL = st.lists(st.integers(0, 6), min_size=1, max_size=6)


@PROPERTY
@given(SMALL, SMALL)
def test_mann_whitney_with_ties_is_the_enumeration_of_midranks(a, b):
    result = mann_whitney_test(a, b)
    assert result.p == pytest.approx(_rank_sums_by_hand(a, b))
    assert result.p_floor <= result.p
    assert result.p_floor >= 2 / math.comb(len(a) + len(b), len(a)) - 1e-12 or result.p_floor == 1


def test_mann_whitney_without_ties_is_scipys_exact_one():
    a, b = np.random.default_rng(8).permutation(15)[:14].reshape(2, 7)
    result = mann_whitney_test(a, b)
    assert result.p == pytest.approx(stats.mannwhitneyu(a, b, method="exact").pvalue)
    assert result.p_floor == pytest.approx(2 / math.comb(14, 7))


def test_one_tied_class_does_not_make_the_others_asymptotic():
    rng = np.random.default_rng(9)
    a, b = rng.permutation(20)[:12].reshape(2, 6), rng.integers(0, 3, (2, 6))
    assert mann_whitney_test(*a).name == "exact Mann-Whitney test"
    assert mann_whitney_test(*b).name == "exact Mann-Whitney test (midranks for ties)"


def test_mann_whitney_beyond_exactness_says_so():
    a, b = np.random.default_rng(10).normal(size=(2, 101))
    assert "normal approximation" in mann_whitney_test(a, b).name


# Invariances


@PROPERTY
@given(samples(same_size=False))
def test_swapping_unpaired_conditions_flips_the_sign_and_keeps_p(values):
    _assert_mirrored(*(compare(x, y, paired=False, margin=2) for x, y in (values, values[::-1])))


@PROPERTY
@given(samples())
def test_swapping_paired_conditions_flips_the_sign_and_keeps_p(values):
    _assert_mirrored(*(pairs(x, y, margin=2) for x, y in (values, values[::-1])))


def _assert_mirrored(one, other):
    assert one.difference.points == pytest.approx(-other.difference.points)
    assert one.difference.ci_low == pytest.approx(-other.difference.ci_high)
    assert one.test.p == pytest.approx(other.test.p)
    assert one.robust.p == pytest.approx(other.robust.p)
    assert one.robust.p_floor == pytest.approx(other.robust.p_floor)
    assert one.effects.value == pytest.approx(-other.effects.value)
    assert one.effects.cliffs_delta == pytest.approx(-other.effects.cliffs_delta)
    assert one.effects.p_superiority == pytest.approx(1 - other.effects.p_superiority)
    assert one.equivalence.p == pytest.approx(other.equivalence.p)
    assert one.verdict == other.verdict


@PROPERTY
@given(samples(), st.randoms(use_true_random=False))
def test_shuffling_rows_changes_nothing(values, random):
    rows = [list(enumerate(v)) for v in values]
    straight = pairs(*values, margin=1).to_json()
    for side in rows:
        random.shuffle(side)
    (seeds_a, a), (seeds_b, b) = (zip(*side, strict=True) for side in rows)
    shuffled = compare(a, b, paired=True, seeds_a=seeds_a, seeds_b=seeds_b, margin=1)
    assert shuffled.to_json() == straight
    one, other = (compare(x, y, paired=False) for x, y in (values, (a, b)))
    assert one.to_json() == other.to_json()


@PROPERTY
@given(samples(), st.floats(-50, 50), st.floats(0.01, 100), st.booleans())
def test_shifting_and_scaling_keep_the_tests(values, shift, scale, paired):
    plain, moved = (
        compare(*v, paired=paired, seeds_a=range(len(v[0])), seeds_b=range(len(v[1])), unit="nats")
        for v in (values, [scale * x + shift for x in values])
    )
    assert moved.test.p == pytest.approx(plain.test.p, rel=1e-5)
    assert moved.robust.p == pytest.approx(plain.robust.p)
    assert moved.effects.value == pytest.approx(plain.effects.value, rel=1e-5, abs=1e-8)
    assert moved.effects.cliffs_delta == pytest.approx(plain.effects.cliffs_delta)
    expected = scale * plain.difference.points
    assert moved.difference.points == pytest.approx(expected, rel=1e-5, abs=1e-8)


@PROPERTY
@given(samples(same_size=False), st.booleans())
def test_p_is_two_sided_and_never_under_its_floor(values, paired):
    a, b = values
    n = min(len(a), len(b))
    assume(not paired or np.ptp(np.rint(1000 * (a[:n] - b[:n]))) > 0)
    result = pairs(a[:n], b[:n]) if paired else compare(a, b, paired=False)
    assert result.robust.p_floor <= result.robust.p <= 1
    mirrored = pairs(b[:n], a[:n]) if paired else compare(b, a, paired=False)
    assert mirrored.test.p == pytest.approx(result.test.p)


def test_the_direction_of_the_data_does_not_choose_a_one_sided_test():
    a, b = [0.83, 0.82, 0.84, 0.83, 0.85], [0.82, 0.815, 0.835, 0.835, 0.83]
    one_sided = stats.ttest_rel(a, b, alternative="greater").pvalue
    assert pairs(a, b).test.p == pytest.approx(2 * one_sided)
    assert pairs(b, a).test.p == pytest.approx(2 * one_sided)


# Counts and float noise


def test_counts_given_or_found_give_the_same_answer():
    rng = np.random.default_rng(12)
    a, b = rng.integers(8000, 8200, (2, 20)) / 10_000
    given_counts, found = pairs(a, b, n_test=10_000), pairs(a, b)
    assert given_counts.to_json() == found.to_json()
    assert given_counts.robust.name.startswith("exact")


def test_float32_accuracies_are_counts_too():
    counts = np.random.default_rng(13).integers(8000, 8200, (2, 10))
    a, b = counts / 10_000
    low = [np.float32(v) for v in (a, b)]
    assert pairs(*low, n_test=10_000).robust == pairs(a, b, n_test=10_000).robust


def test_six_times_a_tenth_is_no_variation():
    b = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    a = [x + 0.1 for x in b]
    assert len({x - y for x, y in zip(a, b, strict=True)}) > 1  # float noise
    result = pairs(a, b)
    assert result.verdict == "undecidable"
    assert (result.test.p, result.robust.p, result.difference.ci_low) == (None, None, None)
    assert result.difference.points == pytest.approx(10)
    assert "no variation: no test (A minus B is +10.00 points for every seed)" in result.note
    assert explain(result).startswith("Undecidable")


@pytest.mark.parametrize("denominator", [7, 60_000, 12_345, 40_961])
def test_float_noise_hides_no_ties_whatever_the_denominator(denominator):
    b = np.array([0, 1, 2, 3, 4, 5]) / denominator
    a = np.array([1, 2, 3, 4, 5, 7]) / denominator
    result = pairs(a, b)
    assert result.robust.p == sign_flip_test(np.array([1, 1, 1, 1, 1, 2])).p
    assert pairs(a[:5], b[:5]).verdict == "undecidable"


def test_accuracies_that_are_no_counts_of_n_test_are_refused():
    with pytest.raises(ValueError, match="n_test=6000; expected a whole number of correct"):
        pairs([0.97835, 0.9712, 0.97], [0.97, 0.96, 0.95], n_test=6000)


# Effect sizes


def test_effect_sizes_are_named_and_signed():
    a, b = [0.80, 0.82, 0.83, 0.80], [0.79, 0.82, 0.80, 0.81]
    paired, unpaired = pairs(a, b), compare(a, b, paired=False)
    d = np.array(a) - b
    assert paired.effects.name == "d_z"
    assert paired.effects.value == pytest.approx(d.mean() / d.std(ddof=1))
    assert unpaired.effects.name == "g"
    assert unpaired.effects.value == pytest.approx(hedges_g(a, b))
    # 2 of 4 pairs are higher and 1 is tied; of the 16 pairings 9 are higher and 4 are tied.
    assert paired.effects.p_superiority == pytest.approx(2.5 / 4)
    assert unpaired.effects.p_superiority == pytest.approx((9 + 3 / 2) / 16)
    assert paired.effects.cliffs_delta == unpaired.effects.cliffs_delta


@PROPERTY
@given(SMALL, SMALL)
def test_cliffs_delta_is_superiority_on_another_scale(a, b):
    assert cliffs_delta(a, b) == pytest.approx(2 * p_superiority(a, b, paired=False) - 1)


def test_hedges_factor_is_the_exact_one():
    # Hedges 1981: .7979 at 4 degrees of freedom; 1 - 3 / (4 df - 1) approximates it.
    a, b = [1.0, 2.0, 3.0], [2.0, 3.0, 5.0]
    factor = hedges_g(a, b) / comparison.cohens_d(a, b)
    assert factor == pytest.approx(0.7979, abs=5e-5)
    assert factor == pytest.approx(1 - 3 / 15, abs=0.003)


def test_the_pairs_correlation_is_given():
    a, b = [0.80, 0.82, 0.83, 0.80], [0.79, 0.82, 0.80, 0.81]
    assert pairs(a, b).correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert compare(a, b, paired=False).correlation is None
    assert "pairs' correlation" in explain(pairs(a, b))


# Verdicts

BASE = np.array([0.80, 0.81, 0.83, 0.79, 0.82, 0.80, 0.84, 0.81])
WIGGLE = np.array([1, -1, 2, -2, 1, 0, -1, 0]) / 1000


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("shift", "wiggle", "margin", "verdict", "sentence"),
    [
        (0.05, 1, None, "different", "Different: accuracy of A is 5.00 points higher than of B"),
        (-0.05, 1, 1, "different", "Different: accuracy of A is 5.00 points lower than of B"),
        (0.0, 1, None, "inconclusive", "Inconclusive:"),
        (0.0, 20, 1, "inconclusive", "Inconclusive:"),
    ],
)
def test_verdicts(paired, shift, wiggle, margin, verdict, sentence):
    result = compare(
        BASE + shift + wiggle * WIGGLE, BASE, paired=paired, margin=margin,
        seeds_a=range(8), seeds_b=range(8),
    )  # fmt: skip
    assert result.verdict == verdict
    assert explain(result).startswith(sentence)


def test_equivalent_needs_a_margin_given_beforehand():
    assert pairs(BASE + WIGGLE, BASE).verdict == "inconclusive"
    result = pairs(BASE + WIGGLE, BASE, margin=0.5)
    assert result.verdict == "equivalent"
    assert explain(result).startswith(
        "Equivalent: accuracy of A and B differs by less than 0.50 points (8 pairs)."
    )


def test_a_difference_may_be_real_and_within_the_margin():
    result = pairs(BASE + WIGGLE + 0.003, BASE, margin=1)
    assert result.verdict == "different-within-margin"
    assert explain(result).startswith("Different, but within the margin of 1.00 points: ")


def test_the_primary_test_decides_even_where_the_exact_test_cannot():
    result = pairs(BASE[:5] + 0.05 + WIGGLE[:5], BASE[:5])
    assert result.verdict == "different"
    assert result.robust.p == result.robust.p_floor == 0.0625
    assert (
        "5 pairs: this test cannot reach .05; 6 are needed (at least 9 for ten classes under Holm)"
        in result.note
    )
    assert "not significant" not in explain(result)


def test_tied_pairs_raise_the_floor():
    d = np.array([0, 0, 3, 4, 5, 6, 7]) / 1000
    result = pairs(BASE[:7] + d, BASE[:7])
    assert result.robust.p_floor == 2 / 2**5
    assert "7 pairs, 2 of them tied: this test cannot reach .05" in result.note


def test_three_runs_each_cannot_reach_five_percent():
    result = compare(BASE[:3] + 0.05, BASE[:3], paired=False)
    assert result.robust.p_floor == pytest.approx(0.1)
    assert "3 + 3 runs: this test cannot reach .05; 4 + 4 are needed (at least 6 + 6" in result.note


def test_the_floor_stands_beside_p():
    assert "(the smallest it could give: p = .0078)" in explain(pairs(BASE + 0.05 + WIGGLE, BASE))


def test_no_normality_gate_outliers_keep_the_same_tests():
    outlier = BASE.copy()
    outlier[0] = 0.1
    for x in (BASE + WIGGLE, outlier):
        result = pairs(x, BASE[::-1])
        assert (result.test.name, result.robust.name) == (
            "paired t-test",
            "exact sign-flip test of the mean difference",
        )


# Small and odd inputs


@pytest.mark.parametrize("paired", [True, False])
def test_one_seed(paired):
    result = compare([0.8], [0.7], paired=paired, seeds_a=[0], seeds_b=[0])
    assert result.verdict == "undecidable"
    assert result.difference.points == pytest.approx(10)
    assert result.difference.ci_low is None
    assert "one run says nothing about the spread between seeds" in explain(result).splitlines()[0]
    assert "run at least 3 seeds" in result.note


@pytest.mark.parametrize("paired", [True, False])
def test_two_seeds_have_an_interval_but_no_test(paired):
    result = compare([0.8, 0.82], [0.7, 0.71], paired=paired, seeds_a=[0, 1], seeds_b=[0, 1])
    assert (result.verdict, result.test.p, result.robust.p) == ("undecidable", None, None)
    assert result.difference.ci_low < 10 < result.difference.ci_high
    assert "too few for a test, and the interval is fragile" in result.note
    assert "values of A" in explain(result)


def test_five_seeds_are_no_longer_called_fragile():
    assert "fragile" in pairs(BASE[:4] + WIGGLE[:4], BASE[:4]).note
    assert "fragile" not in pairs(BASE[:5] + WIGGLE[:5], BASE[:5]).note


def test_nothing_at_all():
    result = compare([], [], paired=True, seeds_a=[], seeds_b=[])
    assert result.verdict == "undecidable"
    assert "nothing to compare" in explain(result)
    lonely = compare([0.8], [0.7], paired=True, seeds_a=[0], seeds_b=[1])
    assert "nothing to compare: 0 pairs" in lonely.note
    assert "2 seeds without a partner dropped (only in A: 0, only in B: 1)" in lonely.note


def test_identical_samples():
    result = pairs(BASE, BASE)
    assert result.verdict == "undecidable"
    assert "no variation: no test" in result.note
    assert "identical at every seed: are they one recipe?" in result.note
    assert result.effects.p_superiority == 0.5


@pytest.mark.parametrize("paired", [True, False])
def test_identical_results_for_every_seed_ask_whether_the_seed_arrives(paired):
    result = compare([0.9] * 6, [0.8] * 6, paired=paired, seeds_a=range(6), seeds_b=range(6))
    assert result.verdict == "undecidable"
    assert result.test.p is None
    assert "no variation: no test" in result.note
    assert "A has the same result for every seed: does the seed reach the network?" in result.note


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("margin", [None, 1])
def test_one_constant_condition_is_tested_without_a_warning(paired, swap, margin):
    a, b = ([0.9] * 8, BASE) if not swap else (BASE, [0.9] * 8)
    result = compare(a, b, paired=paired, seeds_a=range(8), seeds_b=range(8), margin=margin)
    assert result.verdict == "different"
    assert "does the seed reach the network?" in result.note


def test_a_seed_missing_on_one_side_drops_the_pair():
    a = {seed: BASE[seed] + 0.01 + WIGGLE[seed] for seed in range(8) if seed != 3}
    result = compare(
        list(a.values()), BASE, paired=True, seeds_a=list(a), seeds_b=range(8), planned=8
    )
    assert (result.n, result.planned) == (7, 8)
    assert "1 seed without a partner dropped (only in B: 3)" in result.note
    assert "7 pairs of 8 planned" in explain(result)
    keep = [0, 1, 2, 4, 5, 6, 7]
    assert result.test.p == pytest.approx(pairs((BASE + 0.01 + WIGGLE)[keep], BASE[keep]).test.p)


def test_pairs_are_never_matched_by_row_order():
    with pytest.raises(ValueError, match="matched by seed and never by row order"):
        compare(BASE, BASE, paired=True)
    result = compare(
        (BASE + WIGGLE)[::-1], BASE, paired=True, seeds_a=range(7, -1, -1), seeds_b=range(8)
    )
    assert result.to_json() == pairs(BASE + WIGGLE, BASE).to_json()


def test_more_seeds_than_planned_are_reported():
    result = pairs(BASE + WIGGLE, BASE, planned=5)
    assert "8 seeds, but 5 were planned" in result.note
    assert "planned:" not in pairs(BASE + WIGGLE, BASE, planned=8).note


@pytest.mark.parametrize(
    ("a", "options", "said"),
    [
        ([97.8, 97.9, 98.0], {}, "received 97.8 for A; expected accuracies as fractions"),
        ([-0.1, 0.2, 0.3], {}, "received -0.1 for A"),
        ([np.inf, 0.2, 0.3], {}, "received inf for A"),
        ([[0.1, 0.2, 0.3]], {}, "received values of shape"),
        ([0.1, 0.2], {}, "received 3 seeds for 2 values of A"),
        ([0.1, 0.2, 0.3], {"seeds_a": [0, 1, 1]}, "received seed 1 twice for A"),
        ([0.1, 0.2, 0.3], {"margin": 0}, "received margin=0"),
        ([0.1, 0.2, 0.3], {"level": 95}, "write .95 for 95 %"),
        ([0.1, 0.2, 0.3], {"chance": 10}, "received chance=10"),
        ([0.1, 0.2, 0.3], {"planned": 0}, "received planned=0"),
        ([0.1, 0.2, 0.3], {"n_test": 0}, "received n_test=0"),
        ([0.1, 0.2, 0.3], {"n_test": 10, "unit": "nats"}, "for accuracies only"),
    ],
)
def test_wrong_input_is_refused_in_one_line(a, options, said):
    seeds = {"seeds_a": range(3), "seeds_b": range(3), **options}
    with pytest.raises(ValueError, match=said.replace("(", r"\(")) as error:
        compare(a, [0.1, 0.2, 0.4], paired=True, **seeds)
    assert "\n" not in str(error.value)


# Diverged runs


def test_a_diverged_run_is_an_outcome():
    a, b = BASE + WIGGLE, BASE.copy()
    a[[1, 4]] = np.nan
    result = pairs(a, b, chance=0.1)
    assert (result.n, result.failures.a.diverged, result.failures.b.diverged) == (6, 2, 0)
    wilson = stats.binomtest(2, 8).proportion_ci(0.95, method="wilson")
    assert (result.failures.a.ci_low, result.failures.a.ci_high) == pytest.approx(tuple(wilson))
    assert result.failures.test.name == "exact McNemar test"
    assert result.failures.test.p == pytest.approx(0.5)
    worst = result.failures.worst_case
    filled = np.where(np.isnan(a), 0.1, a)
    assert worst.points == pytest.approx(100 * (filled - b).mean())
    assert worst.p == pytest.approx(stats.ttest_rel(filled, b).pvalue)
    assert "diverged: A 2 of 8, B 0 of 8" in result.note
    text = explain(result)
    assert "Wilson interval" in text
    assert "worst case" in text


def test_mcnemar_counts_only_the_pairs_that_disagree():
    a, b = BASE + WIGGLE, BASE.copy()
    a[:6], b[0] = np.nan, np.nan
    result = pairs(a, b)
    assert result.failures.test.p == pytest.approx(stats.binomtest(5, 5).pvalue)
    assert result.failures.test.p_floor == 2 / 2**5
    assert "no worst case: the chance level was not given" in result.note


def test_unpaired_failure_rates_are_compared_by_fisher():
    a, b = BASE + WIGGLE, BASE.copy()
    a[:5] = np.nan
    result = compare(a, b, paired=False, chance=0.1)
    assert (result.n, result.n_a, result.n_b) == (3, 3, 8)
    expected = stats.fisher_exact([[5, 3], [0, 8]]).pvalue
    assert result.failures.test.p == pytest.approx(expected)
    assert result.failures.test.p_floor <= expected


def test_a_worst_case_that_reads_differently_is_said():
    a = BASE + 0.05 + WIGGLE
    a[0] = np.nan
    result = pairs(a, BASE, chance=0.1)
    assert result.verdict == "different"
    assert result.failures.worst_case.verdict == "inconclusive"
    assert "the worst case (diverged runs at chance) reads inconclusive" in result.note


def test_a_loss_that_is_not_finite_has_diverged():
    result = pairs([2.0, np.inf, 2.2, 2.1], [1.9, 2.0, 2.0, 2.15], unit="nats")
    assert result.failures.a.diverged == 1
    assert result.n == 3


def test_all_runs_diverged():
    result = pairs([np.nan] * 6, BASE[:6], chance=0.1)
    assert result.verdict == "undecidable"
    assert result.failures.test.p == pytest.approx(2 / 2**6)
    assert result.failures.worst_case.verdict == "different"


def test_runs_that_all_finished_have_rates_without_a_remark():
    result = pairs(BASE + WIGGLE, BASE)
    assert result.failures.a.rate == 0
    assert result.failures.test.p is None
    assert "diverged" not in explain(result)


# In words


def test_text_begins_with_a_sentence_and_names_every_number():
    text = explain(pairs(BASE + 0.05 + WIGGLE, BASE, name_a="replay", name_b="plain", margin=1))
    first, blank, *rows = text.splitlines()
    assert first == "Different: accuracy of replay is 5.00 points higher than of plain (8 pairs)."
    assert blank == ""
    for name in (
        *("mean of replay", "mean of plain", "difference", "paired t-test", "robustness line"),
        *("equivalence", "effect sizes", "pairs' correlation", "used"),
    ):
        assert any(row.startswith(name) for row in rows), name
    assert "t(7) = " in text
    assert "p < .0001" in text


def test_there_is_no_post_hoc_power():
    result = pairs(BASE + WIGGLE, BASE)
    assert "power" not in json.dumps(result.to_json())
    assert "power" not in explain(result)


def test_t_test_works_along_the_last_axis():
    x, y = np.random.default_rng(1).normal(size=(2, 7, 5))
    for paired in (True, False):
        table = t_test(x, y, paired=paired)
        rows = [t_test(x[i], y[i], paired=paired) for i in range(7)]
        np.testing.assert_allclose(table.p, [row.p for row in rows])
        np.testing.assert_allclose(table.difference, x.mean(-1) - y.mean(-1), atol=1e-12)
        np.testing.assert_allclose(tost(table, 1.0)[0], [tost(row, 1.0)[0] for row in rows])
