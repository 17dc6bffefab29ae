import json
import subprocess
import sys
from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.comparison import compare
from analysis.statistics.corrections import adjust
from analysis.statistics.families import compare_all, compare_classes, explain_family
from analysis.statistics.friedman import friedman
from analysis.statistics.result import explain, explanation


def test_pairs_and_ranks_do_without_what_scipy_takes_long_to_import():
    code = (
        "import sys; from analysis import compare_all\n"
        "rows = {'a': [.9, .8, .7, .6], 'b': [.5, .4, .3, .1], 'c': [.2, .9, .2, .5]}\n"
        "pairs = [('a', 'b'), ('a', 'c')]\n"
        "seeds = dict.fromkeys(rows, range(4))\n"
        "found = compare_all(rows, pairs, paired=True, seeds=seeds, margin=1)\n"
        "print(found, found.friedman.p_chi_square, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"scipy.stats", "scipy.optimize"} & set(done.stdout.split()) == set()


def test_friedmans_chi_square_is_scipys_with_ties_too():
    for table in np.random.default_rng(5).integers(0, 6, (40, 7, 4)):
        ours, theirs = friedman(table), stats.friedmanchisquare(*table.T)
        assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-12)
        assert ours.p_chi_square == pytest.approx(theirs.pvalue, rel=1e-12)
        assert ours.mean_ranks == tuple(stats.rankdata(-table, axis=1).mean(axis=0))


def _classes(seed=0, seeds=12, classes=10, shift=0.0):
    """[seeds, classes] accuracies in thousandths, correlated between the conditions."""
    rng = np.random.default_rng(seed)
    base = rng.normal(0.85, 0.02, (seeds, classes))
    a, b = (base + rng.normal(0, 0.01, base.shape) for _ in range(2))
    a[:, 0] += shift
    return np.rint(a.clip(0, 1) * 1000) / 1000, np.rint(b.clip(0, 1) * 1000) / 1000


def test_classes_are_one_family_under_holm_where_it_is_asked_for():
    a, b = _classes(shift=0.03)
    options = {"paired": True, "seeds_a": range(12), "seeds_b": range(12), "n_test": 1000}
    family = compare_classes(a, b, correction="holm", **options)
    raw = [c.test.p for c in family.comparisons]
    np.testing.assert_allclose([c.p_adjusted for c in family.comparisons], adjust(raw))
    exact = [c.exact.p for c in family.comparisons]
    np.testing.assert_allclose([c.exact_p_adjusted for c in family.comparisons], adjust(exact))
    assert [c.class_ for c in family.comparisons] == list(range(10))
    assert {(c.family, c.correction) for c in family.comparisons} == {(10, "holm")}
    for c in family.comparisons:
        assert (c.verdict == "different") == (c.p_adjusted <= 0.05)
    assert family.comparisons[0].verdict == "different"


@pytest.mark.parametrize("correction", ["holm", "step-down", "bh"])
def test_an_interval_that_is_not_of_the_family_stands_in_no_sentence(correction):
    a, b = _classes()
    a[:, 1] = b[:, 1] + np.array([0.03, -0.005, 0.01] * 4)
    options = {"paired": True, "seeds_a": range(12), "seeds_b": range(12)}
    c = compare_classes(a, b, correction=correction, **options).comparisons[1]
    assert c.test.p <= 0.05 < c.p_adjusted
    assert c.verdict == "inconclusive"
    assert c.difference.ci_low > 0 or c.difference.ci_high < 0
    name = {"holm": "Holm", "step-down": "step-down max-t", "bh": "Benjamini-Hochberg"}[correction]
    said, *rows = explain(c).splitlines()
    assert said == (
        "Inconclusive: 12 pairs do not tell A and B apart in accuracy of class 1, "
        f"after {name} over 10 comparisons."
    )
    assert "unadjusted 95 % interval" in "".join(rows)
    assert f"({name} over 10)" in "".join(rows)
    assert "unadjusted p = " in "".join(rows)


def test_benjamini_hochberg_is_an_option_by_name():
    a, b = _classes(shift=0.03)
    seeds = range(12)
    family = compare_classes(
        a, b, paired=True, seeds_a=seeds, seeds_b=seeds, correction="bh", name_a="x", name_b="y"
    )
    raw = [c.test.p for c in family.comparisons]
    np.testing.assert_allclose([c.p_adjusted for c in family.comparisons], adjust(raw, "bh"))
    exact = [c.exact.p for c in family.comparisons]
    np.testing.assert_allclose(
        [c.exact_p_adjusted for c in family.comparisons], adjust(exact, "bh")
    )
    joint = compare_classes(a, b, paired=True, seeds_a=seeds, seeds_b=seeds)
    for found, by in ((family, "Benjamini-Hochberg"), (joint, "Holm")):
        rows = dict(explanation(found.comparisons[0]).rows)
        assert rows["exact test"].endswith(f"({by})")


def test_an_undecidable_class_stays_in_the_family():
    a, b = _classes(shift=0.03)
    a[:, 4], b[:, 4] = 0.0, 0.0
    seeds = range(12)
    family = compare_classes(a, b, paired=True, seeds_a=seeds, seeds_b=seeds)
    dead = family.comparisons[4]
    assert (dead.verdict, dead.p_adjusted, dead.family) == ("undecidable", None, 10)
    assert "one family (max-t); intervals are simultaneous 95 %" in explain_family(family)
    json.dumps(family.to_json(), allow_nan=False)


def test_the_unit_is_the_seed_never_the_class():
    a, b = _classes(seeds=5)
    seeds = range(5)
    family = compare_classes(a, b, paired=True, seeds_a=seeds, seeds_b=seeds)
    assert {c.n for c in family.comparisons} == {5}
    assert {c.test.df for c in family.comparisons} == {4.0}


def test_eight_pairs_decide_alone_but_not_among_ten_under_holm():
    a, b = _classes(seeds=8)
    seeds = range(8)
    holm = compare_classes(a, b, paired=True, seeds_a=seeds, seeds_b=seeds, correction="holm")
    assert "9 pairs are needed" in holm.comparisons[0].note
    bh = compare_classes(a, b, paired=True, seeds_a=seeds, seeds_b=seeds, correction="bh")
    assert "9 pairs are needed" not in bh.comparisons[0].note


def test_family_json_has_the_agreed_columns():
    a, b = _classes()
    seeds = range(12)
    family = compare_classes(
        a, b, paired=True, seeds_a=seeds, seeds_b=seeds, classes=list("abcdefghij")
    )
    record = json.loads(json.dumps(family.to_json(), allow_nan=False))
    assert len(record["comparisons"]) == 10
    for entry, name in zip(record["comparisons"], "abcdefghij", strict=True):
        assert {"p_adjusted", "family", "correction", "class"} <= entry.keys()
        assert (entry["family"], entry["correction"], entry["class"]) == (10, "max-t", name)


@pytest.mark.parametrize(
    ("shapes", "options", "said"),
    [
        (((5, 10), (5, 9)), {}, "same classes"),
        (((5,), (5, 10)), {}, "one column per class"),
        (((5, 10), (5,)), {}, "one column per class"),
        (((5, 10), (5, 10)), {"classes": [1, 2]}, "received 2 classes"),
        (((5, 10), (5, 10)), {"n_test": [100]}, "1 n_test for 10 columns"),
    ],
)
def test_compare_classes_refuses(shapes, options, said):
    a, b = (np.full(shape, 0.5) for shape in shapes)
    with pytest.raises(ValueError, match=said):
        compare_classes(a, b, paired=False, **options)


AGAINST_PLAIN = [("replay", "plain"), ("small", "plain"), ("large", "plain")]


def _conditions(seed=0, n=10):
    rng = np.random.default_rng(seed)
    base = rng.normal(0.8, 0.02, n)
    scores = {
        name: base + rng.normal(shift, 0.005, n)
        for name, shift in {"plain": 0, "replay": 0.05, "small": 0.01, "large": -0.05}.items()
    }
    return scores, dict.fromkeys(scores, range(n))


def test_planned_pairs_are_one_family_in_the_order_planned():
    scores, seeds = _conditions()
    family = compare_all(scores, AGAINST_PLAIN, paired=True, seeds=seeds)
    assert [(c.a, c.b) for c in family.comparisons] == AGAINST_PLAIN
    assert family.comparisons[0].verdict == "different"
    holm = compare_all(scores, AGAINST_PLAIN, paired=True, seeds=seeds, correction="holm")
    raw = [c.test.p for c in holm.comparisons]
    np.testing.assert_allclose([c.p_adjusted for c in holm.comparisons], adjust(raw))


def test_friedman_is_over_all_conditions_whatever_pairs_are_planned():
    scores, seeds = _conditions()
    family = compare_all(scores, [("replay", "large")], paired=True, seeds=seeds)
    assert family.size == 1
    ranks = family.to_json()["friedman"]["mean_ranks"]
    assert list(ranks) == ["plain", "replay", "small", "large"]
    assert ranks["replay"] == 1.0
    assert ranks["large"] == 4.0
    assert sum(ranks.values()) == pytest.approx(10)
    loss = compare_all(
        scores, [("replay", "large")], paired=True, seeds=seeds, higher_is_better=False
    )
    assert loss.friedman.mean_ranks == tuple(5 - rank for rank in ranks.values())


def test_friedman_matches_seeds_by_id_and_leaves_out_what_did_not_finish():
    scores, seeds = _conditions()
    whole = compare_all(scores, AGAINST_PLAIN, paired=True, seeds=seeds).friedman
    turned = {name: values[::-1] for name, values in scores.items() if name == "replay"}
    ids = {**seeds, "replay": list(range(10))[::-1]}
    assert (
        compare_all({**scores, **turned}, AGAINST_PLAIN, paired=True, seeds=ids).friedman == whole
    )
    scores["small"] = scores["small"].copy()
    scores["small"][3] = np.nan
    assert compare_all(scores, AGAINST_PLAIN, paired=True, seeds=seeds).friedman.n == 9


def test_unpaired_conditions_have_no_friedman_line():
    scores, _ = _conditions()
    family = compare_all(scores, AGAINST_PLAIN, paired=False)
    assert family.friedman is None
    assert "friedman" not in family.to_json()


@pytest.mark.parametrize(
    ("pairs", "options", "said"),
    [
        ([("plain", "relu")], {}, "comparisons of relu; expected conditions among plain"),
        ([("tanh", "relu"), ("elu", "selu")], {}, "comparisons of elu, relu, selu, tanh; "),
        ([], {}, "comparisons of nothing"),
        (AGAINST_PLAIN, {"seeds": {"plain": range(10)}}, "no seeds for large"),
    ],
)
def test_compare_all_refuses(pairs, options, said):
    scores, _ = _conditions()
    with pytest.raises(ValueError, match=said):
        compare_all(scores, pairs, paired=False, **options)


def test_friedman_ranks_the_best_one_first_either_way():
    table = np.array([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.9, 0.85, 0.1]])
    assert friedman(table).mean_ranks == (1, 2, 3)
    assert friedman(table, higher_is_better=False).mean_ranks == (3, 2, 1)


@pytest.mark.parametrize(
    ("table", "p"),
    [
        # Friedman (1937), tables V and VI: three conditions and 3 or 4 seeds, four and 2.
        ([[3, 2, 1]] * 3, 0.028),
        ([[3, 2, 1], [3, 2, 1], [2, 3, 1]], 0.194),
        ([[3, 2, 1]] * 4, 0.0046),
        ([[3, 2, 1]] * 3 + [[2, 3, 1]], 0.042),
        ([[4, 3, 2, 1]] * 2, 0.042),
    ],
)
def test_friedmans_p_is_that_of_his_tables(table, p):
    result = friedman(table)
    assert result.method == "exact"
    assert result.p == pytest.approx(p, abs=0.0006)
    assert result.p >= result.p_smallest


def test_friedmans_p_counts_every_order_of_every_seed():
    table = np.random.default_rng(0).integers(0, 3, (4, 3))
    found = friedman(table)
    orders = [[[row[i] for i in order] for order in permutations(range(3))] for row in table]
    statistics = [stats.friedmanchisquare(*np.array(rows).T).statistic for rows in product(*orders)]
    assert found.p == pytest.approx(np.mean(np.array(statistics) >= found.statistic - 1e-9))
    assert found.p_smallest == pytest.approx(
        np.mean(np.isclose(statistics, np.max(statistics)))
    )  # fmt: skip


def test_friedmans_p_of_many_conditions_is_by_permutation_and_says_what_it_could_give():
    scores = {f"c{k}": np.random.default_rng(k).random(20) for k in range(12)}
    seeds = dict.fromkeys(scores, range(20))
    family = compare_all(scores, [("c0", "c1")], paired=True, seeds=seeds)
    found = family.friedman
    assert found.method == "permutation"
    assert found.p == pytest.approx(found.p_chi_square, abs=0.02)
    assert found.p_smallest == 1 / 10_000
    assert "permutation p = " in explain_family(family)
    assert "(the smallest it could give: p = .0001)" in explain_family(family)


def test_friedman_sees_through_float_noise():
    table = np.array([[0.1 + 0.2, 0.3, 0.5], [0.3, 0.1 + 0.2, 0.5]])
    assert friedman(table).mean_ranks == (2.5, 2.5, 1)


def test_friedman_without_any_difference_is_no_test():
    result = friedman(np.full((4, 3), 0.5))
    assert (result.statistic, result.p, result.mean_ranks) == (None, None, (2, 2, 2))
    scores = {name: [0.5, 0.6] for name in "abc"}
    family = compare_all(scores, [("a", "b")], paired=True, seeds=dict.fromkeys("abc", range(2)))
    assert "Friedman over 2 seeds: no test, the conditions are tied at every seed; mean ranks" in (
        explain_family(family)
    )


@pytest.mark.parametrize("table", [np.ones((5, 2)), np.ones((1, 4)), [[0.1, np.nan, 0.2]] * 3])
def test_friedman_refuses_what_it_cannot_rank(table):
    with pytest.raises(ValueError, match="at least 2 seeds and 3 conditions"):
        friedman(table)


def test_in_a_family_tests_do_not_disagree_by_p_that_decide_nothing():
    rng = np.random.default_rng(2)
    names = [f"c{i}" for i in range(6)]
    scores = {name: rng.normal(0.906 if name == "c0" else 0.9, 0.01, 6) for name in names}
    seeds, pairs = dict.fromkeys(names, range(6)), [(name, "c5") for name in names[:5]]
    options = {"paired": True, "seeds_a": range(6), "seeds_b": range(6)}
    alone = [compare(scores[a], scores[b], **options) for a, b in pairs]
    assert any(each.kind == "tests disagree" for found in alone for each in found.notes)
    for found in compare_all(scores, pairs, paired=True, seeds=seeds).comparisons:
        assert not [each for each in found.notes if each.kind == "tests disagree"]


def test_classes_that_are_none_are_refused():
    none = np.zeros((3, 0))
    with pytest.raises(ValueError, match=r"received shapes \(3, 0\) and \(3, 0\)"):
        compare_classes(none, none, paired=True, seeds_a=range(3), seeds_b=range(3))
