import numpy as np
import pytest
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.friedman import friedman
from analysis.statistics.result import explain
from analysis.statistics.significance import sign_flip_test
from tests.analysis.conftest import BASE, WIGGLE, pairs


def test_counts_given_or_found_give_the_same_answer():
    rng = np.random.default_rng(12)
    a, b = rng.integers(8000, 8200, (2, 20)) / 10_000
    given_counts, found = pairs(a, b, n_test=10_000), pairs(a, b)
    # Of how many examples there are only a given count is known: 8,000 of 10,000 is 4 of 5 too.
    assert given_counts.to_json() | {"test_set": None} == found.to_json()
    assert given_counts.exact.name.startswith("exact")


def test_float32_accuracies_are_counts_too():
    counts = np.random.default_rng(13).integers(8000, 8200, (2, 10))
    a, b = counts / 10_000
    low = [np.float32(v) for v in (a, b)]
    assert pairs(*low, n_test=10_000).exact == pairs(a, b, n_test=10_000).exact


def test_six_times_a_tenth_is_no_variation():
    b = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    a = [x + 0.1 for x in b]
    assert len({x - y for x, y in zip(a, b, strict=True)}) > 1  # float noise
    result = pairs(a, b)
    assert result.verdict == "undecidable"
    assert (result.test.p, result.exact.p, result.difference.ci_low) == (None, None, None)
    assert result.difference.points == pytest.approx(10)
    assert "no variation: no test (A minus B is +10.00 points for every seed)" in result.note
    assert explain(result).startswith("Undecidable")


@pytest.mark.parametrize("denominator", [7, 60_000, 12_345, 40_961])
def test_float_noise_hides_no_ties_whatever_the_denominator(denominator):
    b = np.array([0, 1, 2, 3, 4, 5]) / denominator
    a = np.array([1, 2, 3, 4, 5, 7]) / denominator
    result = pairs(a, b)
    assert result.exact.p == sign_flip_test(np.array([1, 1, 1, 1, 1, 2])).p
    assert pairs(a[:5], b[:5]).verdict == "undecidable"


def test_accuracies_that_are_no_counts_of_n_test_are_refused():
    with pytest.raises(ValueError, match="n_test=6000; expected a whole number of correct"):
        pairs([0.97835, 0.9712, 0.97], [0.97, 0.96, 0.95], n_test=6000)


def test_a_seed_missing_on_one_side_drops_the_pair():
    a = {seed: BASE[seed] + 0.01 + WIGGLE[seed] for seed in range(8) if seed != 3}
    result = compare(
        list(a.values()), BASE, paired=True, seeds_a=list(a), seeds_b=range(8), planned=8
    )
    assert (result.n, result.planned) == (7, 8)
    assert "1 seed without a partner dropped (only in B: 3)" in result.note
    assert "no seed is on both sides" not in result.note
    assert "7 pairs of 8 planned" in explain(result)
    keep = [0, 1, 2, 4, 5, 6, 7]
    assert result.test.p == pytest.approx(pairs((BASE + 0.01 + WIGGLE)[keep], BASE[keep]).test.p)


def test_pairs_are_never_matched_by_row_order():
    for seeds in ({}, {"seeds_a": range(8)}, {"seeds_b": range(8)}):
        with pytest.raises(ValueError, match="matched by seed and never by row order"):
            compare(BASE, BASE, paired=True, **seeds)
    result = compare(
        (BASE + WIGGLE)[::-1], BASE, paired=True, seeds_a=range(7, -1, -1), seeds_b=range(8)
    )
    assert result.to_json() == pairs(BASE + WIGGLE, BASE).to_json()


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


def test_one_huge_loss_leaves_the_others_as_they_are():
    a = [0.030, 0.041, 0.052, 0.047, 0.036, 0.044]
    b = [0.060, 0.081, 0.093, 0.075, 0.066, 3e12]
    found = compare(
        a, b, paired=True, seeds_a=range(6), seeds_b=range(6), unit="nats", metric="test loss"
    )
    assert found.mean_a == pytest.approx(np.mean(a))
    assert found.exact.p == 2 / 2**6  # A is lower in every pair
    assert (found.effects.p_superiority, found.effects.cliffs_delta) == (0, -1)
    assert "one figure is larger than others by many powers of ten" in found.note
    assert "the same result for every seed" not in found.note
    third = np.array(a) + 0.01
    line = friedman(np.transpose([a, third, b]))
    assert line.p_chi_square == pytest.approx(stats.friedmanchisquare(a, third, b).pvalue)
