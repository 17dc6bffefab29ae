import numpy as np
import pytest
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.divergence import compare_failures
from analysis.statistics.families import compare_all, explain_family
from analysis.statistics.result import explain, explanation
from tests.analysis.conftest import BASE, WIGGLE, pairs


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("diverged", [True, False])
def test_where_all_ended_alike_there_is_no_test(diverged, paired):
    found = compare_failures(np.full(5, diverged), np.full(5, diverged), paired)
    assert (found.p, found.p_smallest) == (None, None)


def test_a_diverged_run_is_an_outcome():
    a, b = BASE + WIGGLE, BASE.copy()
    a[[1, 4]] = np.nan
    result = pairs(a, b, chance=0.1)
    assert (result.n, result.failures.a.diverged, result.failures.b.diverged) == (6, 2, 0)
    wilson = stats.binomtest(2, 8).proportion_ci(0.95, method="wilson")
    assert (result.failures.a.ci_low, result.failures.a.ci_high) == pytest.approx(tuple(wilson))
    assert result.failures.test.name == "exact McNemar test"
    assert result.failures.test.p == pytest.approx(0.5)
    worst = result.worst_case
    filled = np.where(np.isnan(a), 0.1, a)
    assert worst.points == pytest.approx(100 * (filled - b).mean())
    assert worst.to_json()["p"] == pytest.approx(stats.ttest_rel(filled, b).pvalue)
    assert "diverged: A 2 of 8, B 0 of 8" in result.note
    assert "Wilson interval" in explain(result)
    assert "adjusted" not in dict(explanation(result).rows)["worst case"]


def test_mcnemar_is_the_binomial_test():
    for n in range(1, 12):
        for only_a in range(n + 1):
            a = np.arange(n) < only_a
            p = compare_failures(a, ~a, paired=True).p
            assert p == pytest.approx(stats.binomtest(only_a, n).pvalue, rel=1e-12)


def test_mcnemar_counts_only_the_pairs_that_disagree():
    a, b = BASE + WIGGLE, BASE.copy()
    a[:6], b[0] = np.nan, np.nan
    result = pairs(a, b)
    assert result.failures.test.p == pytest.approx(stats.binomtest(5, 5).pvalue)
    assert result.failures.test.p_smallest == 2 / 2**5
    assert "no worst case: the chance level was not given" in result.note


def test_unpaired_failure_rates_are_compared_by_fisher():
    a, b = BASE + WIGGLE, BASE.copy()
    a[:5] = np.nan
    result = compare(a, b, paired=False, chance=0.1)
    assert (result.n, result.n_a, result.n_b) == (3, 3, 8)
    expected = stats.fisher_exact([[5, 3], [0, 8]]).pvalue
    assert result.failures.test.p == pytest.approx(expected)
    assert result.failures.test.p_smallest <= expected


def test_a_worst_case_that_reads_differently_is_said():
    a = BASE + 0.05 + WIGGLE
    a[0] = np.nan
    result = pairs(a, BASE, chance=0.1)
    assert result.verdict == "different"
    assert result.worst_case.verdict == "inconclusive"
    assert "the worst case (diverged runs at chance) reads inconclusive" in result.note


def test_a_worst_case_the_other_way_round_is_said_though_its_verdict_is_the_same():
    small = np.linspace(0.80, 0.89, 10)
    large = np.array([0.90, 0.93, 0.92, *[np.nan] * 7])
    result = pairs(large, small, chance=0.1)
    assert (result.verdict, result.worst_case.verdict) == ("different", "different")
    assert result.difference.points > 0 > result.worst_case.points
    assert "reads different, the other way round" in result.note


def test_within_a_family_the_worst_case_is_adjusted_as_the_verdict_is():
    rng = np.random.default_rng(0)
    control = BASE + WIGGLE
    scores = {"a": control + 0.03 + rng.normal(0, 0.004, 8), "control": control.copy()}
    scores |= {name: control + rng.normal(0, 0.004, 8) for name in "bc"}
    scores["control"][0] = np.nan
    seeds = dict.fromkeys(scores, range(8))
    against = [(name, "control") for name in "abc"]
    family = compare_all(scores, against, paired=True, seeds=seeds, chance=0.77)
    worst = [c.worst_case for c in family.comparisons]
    # 7 pairs of the headline, so Bonferroni; 8 of the worst case, so signs are flipped.
    assert {c.correction for c in family.comparisons} == {"bonferroni"}
    for comparison, w in zip(family.comparisons, worst, strict=True):
        p, raw = w.to_json()["p_adjusted"], w.to_json()["p"]
        assert raw <= p <= 1
        assert w.verdict == ("different" if p <= 0.05 else "inconclusive")
        assert ("worst case" in comparison.note) == (comparison.verdict != w.verdict)
    row = dict(explanation(family.comparisons[0]).rows)["worst case"]
    assert ", unadjusted p" in row
    assert ", adjusted p" in row


def test_a_loss_that_is_not_finite_has_diverged():
    result = pairs([2.0, np.inf, 2.2, 2.1], [1.9, 2.0, 2.0, 2.15], unit="nats")
    assert result.failures.a.diverged == 1
    assert result.n == 3


def test_all_runs_of_one_side_diverged_is_a_difference():
    result = pairs([np.nan] * 6, BASE[:6], chance=0.1)
    assert result.failures.test.p == pytest.approx(2 / 2**6)
    assert result.verdict == "different"
    assert explain(result).splitlines()[0] == (
        "Different in divergence: 6 of 6 runs of A, 0 of 6 of B (exact McNemar test p = .0312)."
    )
    assert result.worst_case.verdict == "different"
    assert "worst case" not in result.note
    unpaired = compare([np.nan] * 5, BASE[:5], paired=False)
    assert explain(unpaired).splitlines()[0].endswith("of B (Fisher's exact test p = .0079).")


def test_too_few_diverged_runs_to_tell_stand_in_the_headline():
    result = pairs([np.nan] * 5, BASE[:5])
    assert result.verdict == "undecidable"
    assert explain(result).splitlines()[0] == (
        "Undecidable, accuracy of A and B: nothing to compare: 0 pairs. Diverged: 5 of 5 runs of "
        "A, 0 of 5 of B (exact McNemar test p = .0625)."
    )
    some = pairs([np.nan, *(BASE + 0.05 + WIGGLE)[1:]], BASE)
    assert some.verdict == "different"
    assert "Diverged: 1 of 8 runs of A, 0 of 8 of B" in explain(some).splitlines()[0]


def test_a_family_counts_its_divergences():
    lost = np.full(8, np.nan)
    scores = {"control": BASE, "a": lost, "b": BASE + WIGGLE}
    seeds = dict.fromkeys(scores, range(8))
    few = compare_all(scores, [("a", "control"), ("b", "control")], paired=True, seeds=seeds)
    assert few.comparisons[0].verdict == "different"
    assert "0 of 8 of control (exact McNemar test p = .0078, adjusted p = .0156 (Bonferroni))" in (
        explain_family(few)
    )
    alone = compare_all(scores, [("a", "control")], paired=True, seeds=seeds)
    assert "(exact McNemar test p = .0078)" in explain_family(alone)
    names = [f"b{k}" for k in range(7)]
    scores |= dict.fromkeys(names, BASE + WIGGLE)
    pairs_ = [(name, "control") for name in ("a", "b", *names)]
    many = compare_all(scores, pairs_, paired=True, seeds=dict.fromkeys(scores, range(8)))
    assert many.comparisons[0].verdict == "undecidable"


def test_runs_that_all_finished_have_rates_without_a_note():
    result = pairs(BASE + WIGGLE, BASE)
    assert result.failures.a.rate == 0
    assert result.failures.test.p is None
    assert "diverged" not in explain(result)
