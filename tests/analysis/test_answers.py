"""Verdicts that are alike share a sentence, and an open one says the means."""

from analysis.answers import answers, means_in_order
from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_all
from analysis.statistics.result import sentence
from tests.analysis.conftest import BASE, WIGGLE, pairs

ALIKE = {"a": BASE, "b": BASE + WIGGLE, "c": BASE - WIGGLE[::-1], "d": BASE - 0.2 + 3 * WIGGLE}


def family(*names):
    return compare_all(
        ALIKE, [(name, "a") for name in names], seeds=dict.fromkeys(ALIKE, range(8)), paired=True,
        metric="test accuracy",
    ).comparisons  # fmt: skip


def test_what_is_open_in_the_same_way_is_said_once_and_last():
    found = family("b", "d", "c")
    different, together = answers(found)
    assert different == sentence(found[1])
    assert together.startswith("Inconclusive: 8 pairs do not tell these pairs of conditions apart")
    assert "b and a (" in together
    assert "c and a (" in together
    assert together.count("Inconclusive") == 1


def test_one_open_comparison_keeps_its_sentence():
    found = family("b", "d")
    assert answers(found) == list(map(sentence, found))


def test_an_open_verdict_says_the_means_the_best_first():
    said = means_in_order(family("b", "c", "d"))
    assert said.startswith("Means of test accuracy in order: ")
    assert [word for word in said.split() if word in ALIKE][-1] == "d"
    worse = BASE + WIGGLE + 0.0003
    loss = pairs(worse, BASE, name_a="a", name_b="b", metric="test loss", unit="nats")
    assert means_in_order([loss]).startswith("Means of test loss in order: b ")


def test_a_clear_verdict_needs_no_means():
    assert means_in_order(family("d")) == ""


def test_means_of_other_seeds_are_not_put_in_order():
    seeds = dict.fromkeys(ALIKE, range(8)) | {"c": range(2, 10)}
    found = compare_all(
        ALIKE, [("b", "a"), ("c", "a")], seeds=seeds, paired=True, metric="test accuracy"
    ).comparisons
    assert [c.n for c in found] == [8, 6]
    assert means_in_order(found) == ""
    assert means_in_order(found[1:]).startswith("Means of test accuracy in order: ")


def test_two_means_of_one_condition_are_not_put_in_order():
    found = [
        compare(ALIKE["b"], ALIKE["a"], paired=False, name_a="b", name_b="a"),
        compare(ALIKE["b"][:5], ALIKE["d"], paired=False, name_a="b", name_b="d"),
    ]
    assert any(c.verdict == "inconclusive" for c in found)
    assert means_in_order(found) == ""
