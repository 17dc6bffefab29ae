import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.result import explain
from tests.analysis.conftest import BASE, PROPERTY, pairs, samples

JSON_KEYS = [
    *("study", "variant", "metric", "a", "b", "paired", "n", "planned", "difference", "test"),
    *("exact", "effects", "verdict", "note"),
]

EFFECTS = {
    *("ci_low", "ci_high", "p_superiority", "superiority_low", "superiority_high"),
    *("higher", "equal", "lower", "cliffs_delta"),
}


def test_json_is_the_agreed_object_and_plain():
    result = pairs([0.8, 0.82, 0.83, 0.81], [0.79, 0.8, 0.84, 0.8], study="s", variant="quick")
    record = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert list(record)[: len(JSON_KEYS)] == JSON_KEYS
    assert (record["study"], record["variant"], record["metric"]) == ("s", "quick", "accuracy")
    assert (record["a"], record["b"], record["paired"]) == ("A", "B", True)
    assert {"points", "ci_low", "ci_high"} <= record["difference"].keys()
    assert {"name", "statistic", "p"} <= record["test"].keys()
    assert record["exact"].keys() == {"name", "p", "p_smallest"}
    assert record["effects"].keys() == {"d_z", *EFFECTS}
    assert not {"class", "family", "p_adjusted", "looks"} & record.keys()
    unpaired = compare([0.8, 0.82, 0.83], [0.79, 0.8, 0.84], paired=False).to_json()
    assert unpaired["effects"].keys() == {"g", *EFFECTS}


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
    assert one.exact.p == pytest.approx(other.exact.p)
    assert one.exact.p_smallest == pytest.approx(other.exact.p_smallest)
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
    assert moved.exact.p == pytest.approx(plain.exact.p)
    assert moved.effects.value == pytest.approx(plain.effects.value, rel=1e-5, abs=1e-8)
    assert moved.effects.cliffs_delta == pytest.approx(plain.effects.cliffs_delta)
    expected = scale * plain.difference.points
    assert moved.difference.points == pytest.approx(expected, rel=1e-5, abs=1e-8)


@PROPERTY
@given(samples(same_size=False), st.booleans())
def test_p_is_two_sided_and_never_under_the_smallest(values, paired):
    a, b = values
    n = min(len(a), len(b))
    assume(not paired or np.ptp(np.rint(1000 * (a[:n] - b[:n]))) > 0)
    result = pairs(a[:n], b[:n]) if paired else compare(a, b, paired=False)
    assert result.exact.p_smallest <= result.exact.p <= 1
    mirrored = pairs(b[:n], a[:n]) if paired else compare(b, a, paired=False)
    assert mirrored.test.p == pytest.approx(result.test.p)


def test_the_direction_of_the_data_does_not_choose_a_one_sided_test():
    a, b = [0.83, 0.82, 0.84, 0.83, 0.85], [0.82, 0.815, 0.835, 0.835, 0.83]
    one_sided = stats.ttest_rel(a, b, alternative="greater").pvalue
    assert pairs(a, b).test.p == pytest.approx(2 * one_sided)
    assert pairs(b, a).test.p == pytest.approx(2 * one_sided)


@pytest.mark.parametrize("paired", [True, False])
def test_one_seed(paired):
    result = compare([0.8], [0.7], paired=paired, seeds_a=[0], seeds_b=[0])
    assert result.verdict == "undecidable"
    assert result.difference.points == pytest.approx(10)
    assert result.difference.ci_low is None
    assert "one run says nothing about the spread between seeds" in explain(result).splitlines()[0]
    assert "run at least 3 seeds" in result.note
    name = "exact sign-flip test of the mean difference" if paired else "exact Mann-Whitney test"
    assert result.exact.name == name


@pytest.mark.parametrize("paired", [True, False])
def test_two_seeds_have_an_interval_but_no_test(paired):
    result = compare([0.8, 0.82], [0.7, 0.71], paired=paired, seeds_a=[0, 1], seeds_b=[0, 1])
    assert (result.verdict, result.test.p, result.exact.p) == ("undecidable", None, None)
    assert result.difference.ci_low < 10 < result.difference.ci_high
    assert "too few for a test, and the interval is fragile" in result.note
    assert "values of A" in explain(result)


def test_nothing_at_all():
    result = compare([], [], paired=True, seeds_a=[], seeds_b=[])
    assert result.verdict == "undecidable"
    assert "nothing to compare" in explain(result)
    lonely = compare([0.8, 0.9], [0.7], paired=True, seeds_a=[10, 9], seeds_b=[1])
    assert "nothing to compare: 0 pairs" in lonely.note
    assert "3 seeds without a partner dropped (only in A: 9 10, only in B: 1)" in lonely.note
    assert "no seed is on both sides" in lonely.note
    alone = compare([0.8], [], paired=True, seeds_a=[0], seeds_b=[])
    assert "no seed is on both sides" not in alone.note


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("margin", [None, 1])
def test_one_constant_condition_is_tested_without_a_warning(paired, swap, margin):
    a, b = ([0.9] * 8, BASE) if not swap else (BASE, [0.9] * 8)
    result = compare(a, b, paired=paired, seeds_a=range(8), seeds_b=range(8), margin=margin)
    assert result.verdict == "different"
    assert "does the seed reach the network?" in result.note
