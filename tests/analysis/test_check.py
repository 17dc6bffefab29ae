from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.check import (
    _holm,
    check_claims,
    check_figures,
    claims_sentence,
    figures_sentence,
    gather,
)
from analysis.statistics.comparison import compare
from analysis.statistics.intervals import prediction_interval
from tests.analysis.conftest import run


@dataclass
class Reported:
    condition: str
    metric: str
    value: float
    runs: int = 1
    class_: int | None = None
    source: str = ""
    decimals: int | None = None
    spread: float | None = None
    spread_kind: str | None = None


@dataclass
class Claim:
    text: str
    metric: str
    greater: str
    smaller: str


@dataclass
class Bare:
    condition: str
    metric: str
    value: float


TEN = 0.80 + 0.01 * np.array([-1.5, -1, -0.6, -0.3, -0.1, 0.1, 0.3, 0.6, 1, 1.5])
KEY = ("a", "test accuracy", None)


def by_seed(values) -> pd.Series:
    return pd.Series(values, index=pd.RangeIndex(len(values)), dtype=float)


def test_conditions_that_were_not_run_are_left_out_and_undecidable() -> None:
    reported = [Reported("z", "validation accuracy", 0.8)]
    values = gather([run("a", 0, 0.5, 0.9)], reported)
    assert values == {}
    row = check_figures(reported, values).iloc[0]
    assert row["n"] == 0
    assert row["agrees"] is None
    assert "0 finished seeds" in row["note"]


def test_a_figure_is_held_against_the_prediction_interval() -> None:
    reported = [
        Reported("a", "test accuracy", 0.815, source="notebook"),
        Reported("a", "test accuracy", 0.83),
    ]
    checked = check_figures(reported, {KEY: TEN})
    assert list(checked)[:14] == [
        *("condition", "metric", "class", "reported", "runs", "n", "mean", "sd", "low", "high"),
        *("p", "p_adjusted", "inside", "agrees"),
    ]
    assert checked["inside"].tolist() == [True, False]
    assert checked["source"].tolist() == ["notebook", ""]
    row = checked.iloc[0]
    assert (row["low"], row["high"]) == pytest.approx(prediction_interval(TEN))
    # .815 lies outside the interval of the mean; one run may well lie there.
    assert row["reported"] > TEN.mean() + 2.2622 * TEN.std(ddof=1) / np.sqrt(10)


def test_a_mean_of_more_runs_is_held_against_a_narrower_interval() -> None:
    single, ten = check_figures(
        [Reported("a", "test accuracy", 0.815), Reported("a", "test accuracy", 0.815, runs=10)],
        {KEY: TEN},
    ).itertuples()
    assert single.inside
    assert not ten.inside
    assert ten.high < single.high


def test_holm_forgives_one_figure_among_many_at_the_edge() -> None:
    edge = prediction_interval(TEN)[1] + 1e-4
    alone = check_figures([Reported("a", "test accuracy", edge)], {KEY: TEN}).iloc[0]
    assert not alone["inside"]
    assert not alone["agrees"]
    many = [Reported("a", "test accuracy", v) for v in (edge, 0.80, 0.80, 0.801)]
    first = check_figures(many, {KEY: TEN}).iloc[0]
    assert not first["inside"]
    assert first["agrees"]
    assert first["p_adjusted"] == pytest.approx(4 * first["p"])


def test_a_rounded_figure_stands_for_all_that_round_to_it() -> None:
    ours = TEN + 0.004
    loose, tight = check_figures(
        [Reported("a", "test accuracy", 0.83, decimals=places) for places in (2, 3)], {KEY: ours}
    ).itertuples()
    low, high = prediction_interval(ours)
    assert (loose.low, loose.high) == pytest.approx((low - 0.005, high + 0.005))
    assert (tight.low, tight.high) == pytest.approx((low - 0.0005, high + 0.0005))
    # .83 may be .825, which lies inside; what was written as .830 is .8295 at least.
    assert 0.825 < high < 0.8295
    assert (loose.inside, tight.inside) == (True, False)
    error = ours.std(ddof=1) * np.sqrt(1.1)
    assert loose.p == pytest.approx(2 * stats.t.sf((0.825 - ours.mean()) / error, 9))
    assert (loose.decimals, tight.decimals) == (2, 3)


def test_a_figure_within_half_a_unit_of_the_mean_is_no_evidence_at_all() -> None:
    row = check_figures([Reported("a", "test accuracy", 0.8, decimals=2)], {KEY: TEN + 0.004})
    assert row["p"].item() == 1


def test_a_correct_program_whose_figure_was_rounded_disagrees_no_more_than_said() -> None:
    random = np.random.default_rng(0)
    truth = random.uniform(0.9, 0.95, 1000)
    once, *ours = random.normal(truth, 0.001, (11, 1000))
    values = {(f"{i}", "test accuracy", None): seeds for i, seeds in enumerate(np.transpose(ours))}

    def outside(decimals: int | None) -> float:
        figures = [
            Reported(f"{i}", "test accuracy", round(x, 2), decimals=decimals)
            for i, x in enumerate(once)
        ]
        return 1 - check_figures(figures, values)["inside"].astype(bool).mean()

    assert outside(None) > 0.4
    assert outside(2) < 0.05


@given(st.floats(0.7, 0.9), st.integers(1, 20), st.sampled_from([None, 1, 2, 3]))
def test_p_and_interval_say_the_same(value: float, runs: int, decimals: int | None) -> None:
    figure = Reported("a", "test accuracy", value, runs=runs, decimals=decimals)
    row = check_figures([figure], {KEY: TEN}).iloc[0]
    if abs(row["p"] - 0.05) > 1e-9:
        assert row["inside"] == (row["p"] > 0.05) == row["agrees"]


def test_holm_is_rs_p_adjust() -> None:
    p = np.array([0.52, 0.12, 0.0001, 0.03, 0.14])
    np.testing.assert_allclose(_holm(p), [0.52, 0.36, 0.0005, 0.12, 0.36])
    np.testing.assert_array_equal(_holm(np.array([np.nan, 0.5])), [np.nan, 0.5])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_only_ever_raises_p(p: list[float]) -> None:
    adjusted = _holm(np.array(p))
    assert (adjusted >= p).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    assert adjusted.min() == pytest.approx(min(1, len(p) * min(p)))


@pytest.mark.parametrize(
    ("values", "note"),
    [([0.8], "1 finished seed: undecidable"), ([0.1] * 6, "no variation over seeds")],
)
def test_without_variation_nothing_is_decided(values: list[float], note: str) -> None:
    reported = [Reported("a", "test accuracy", 0.9), Reported("b", "test accuracy", 0.80)]
    checked = check_figures(reported, {KEY: values, ("b", "test accuracy", None): TEN})
    row = checked.iloc[0]
    assert row["inside"] is None
    assert row["agrees"] is None
    assert np.isnan(row["p"])
    assert note in row["note"]
    # What has no p is not of the family.
    assert checked.loc[1, "p_adjusted"] == checked.loc[1, "p"]


def test_two_seeds_are_enough_for_a_figure() -> None:
    row = check_figures([Reported("a", "test accuracy", 0.9)], {KEY: [0.8, 0.81]}).iloc[0]
    t = (0.9 - 0.805) / (0.01 / np.sqrt(2) * np.sqrt(1 / 2 + 1))
    assert row["p"] == pytest.approx(2 * stats.t.sf(t, 1))
    assert (row["agrees"], row["note"]) == (True, "")


def test_a_figure_is_of_the_runs_that_finished_and_counts_those_that_diverged() -> None:
    figure = [Reported("a", "test accuracy", 0.8)]
    row = check_figures(figure, {KEY: [np.nan, *TEN, np.nan]}).iloc[0]
    assert (row["n"], row["agrees"], row["note"]) == (10, True, "diverged: 2 of 12")
    assert row["p"] == check_figures(figure, {KEY: TEN})["p"].item()
    row = check_figures(figure, {KEY: [np.nan, 0.8]}).iloc[0]
    assert row["note"] == "1 finished seed: undecidable, 2 are needed; diverged: 1 of 2"


def test_runs_class_and_source_may_be_missing() -> None:
    row = check_figures([Bare("a", "test accuracy", 0.8)], {KEY: TEN}).iloc[0]
    assert row["runs"] == 1
    assert row["class"] is pd.NA
    assert row["agrees"]


def test_a_figure_from_no_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="received runs=0 for 'test accuracy' of 'a'"):
        check_figures([Reported("a", "test accuracy", 0.8, runs=0)], {KEY: TEN})


def test_figures_are_checked_from_runs() -> None:
    runs = [run("a", seed, x, 0.9) for seed, x in enumerate([0.5, 0.6, 0.7])]
    reported = [
        Reported("a", "validation accuracy", 0.75),
        Reported("a", "validation accuracy", 0.6, class_=0),
    ]
    checked = check_figures(reported, gather(runs, reported))
    assert checked["mean"].tolist() == pytest.approx([0.75, 0.6])
    assert checked["class"].tolist() == [pd.NA, 0]
    assert checked["agrees"].tolist() == [True, True]


def claim_values(greater, smaller) -> dict:
    sides = {"large": greater, "small": smaller}
    return {(name, "mean drop", None): by_seed(values) for name, values in sides.items()}


CLAIM = Claim("larger learning rates forget more", "mean drop", "large", "small")


@pytest.mark.parametrize(
    ("gap", "verdict"), [(0.05, "holds"), (-0.05, "contradicted"), (0.001, "undecided")]
)
def test_a_claim_holds_is_contradicted_or_stays_undecided(gap: float, verdict: str) -> None:
    row = check_claims([CLAIM], claim_values(TEN[::-1] + gap, TEN)).iloc[0]
    assert row["difference"] == pytest.approx(gap)
    assert row["verdict"] == verdict
    assert (row["low"] < 0 < row["high"]) == (verdict == "undecided")


def test_claims_are_paired_by_seed_not_by_row() -> None:
    values = claim_values(TEN + np.linspace(0.01, 0.02, 10), TEN)
    key = ("large", "mean drop", None)
    values[key] = values[key].iloc[::-1].drop(index=3)
    row = check_claims([CLAIM], values).iloc[0]
    assert row["n"] == 9
    assert row["verdict"] == "holds"
    assert 0.01 < row["low"] < row["high"] < 0.02


def test_a_constant_difference_decides_nothing_however_float_noise_varies() -> None:
    row = check_claims([CLAIM], claim_values(TEN + 0.1, TEN)).iloc[0]
    assert row["verdict"] == "undecided"
    assert "no variation" in row["note"]


@pytest.mark.parametrize("scale", [1e-14, 1e6 / 3])
def test_what_is_no_variation_depends_on_the_size_of_the_values(scale: float) -> None:
    varying = claim_values(scale * (TEN + np.linspace(0.01, 0.02, 10)), scale * TEN)
    assert check_claims([CLAIM], varying)["verdict"].item() == "holds"
    constant = check_claims([CLAIM], claim_values(scale * (TEN + 0.1), scale * TEN)).iloc[0]
    assert constant["verdict"] == "undecided"
    assert "no variation" in constant["note"]


EPOCHS = "validation loss convergence epoch"
LATER = Claim("one converges later", EPOCHS, "large", "small")


def epochs_of(first_seed: int = 0) -> dict:
    greater, smaller = [36, 21, 23, 24, 23], [30, 14, 18, 22, 21]
    return {
        ("large", EPOCHS, None): by_seed(greater),
        ("small", EPOCHS, None): by_seed(smaller).rename(lambda seed: seed + first_seed),
    }


@pytest.mark.parametrize(
    ("paired", "low", "high", "verdict"),
    [(True, 1.5, 7.3, "holds"), (False, -4.3, 13.1, "undecided")],
)
def test_a_claim_has_the_interval_of_the_comparison(
    paired: bool, low: float, high: float, verdict: str
) -> None:
    values = epochs_of()
    row = check_claims([LATER], values, paired=paired).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.06)
    assert row["verdict"] == verdict
    sides = [values[name, EPOCHS, None].to_numpy() for name in ("large", "small")]
    seeds = {"seeds_a": range(5), "seeds_b": range(5)}
    same = compare(*sides, paired=paired, unit="epochs", **seeds).difference
    assert (row["low"], row["high"]) == pytest.approx((same.ci_low, same.ci_high))


def test_seeds_in_common_are_needed_for_pairs_alone() -> None:
    apart = epochs_of(first_seed=5)
    row = check_claims([LATER], apart, paired=False).iloc[0]
    assert (row["n_greater"], row["n_smaller"], row["note"]) == (5, 5, "")
    assert row["low"] == pytest.approx(-4.3, abs=0.06)
    row = check_claims([LATER], apart).iloc[0]
    assert (row["n"], row["verdict"]) == (0, "undecided")
    assert row["note"] == "no seed in common: undecidable"
    del apart["small", EPOCHS, None]  # a condition that was not run
    note = check_claims([LATER], apart).iloc[0]["note"]
    assert note == "0 pairs: undecidable, 3 are needed"


def test_a_single_run_on_either_side_gives_no_interval() -> None:
    values = epochs_of()
    values["small", EPOCHS, None] = values["small", EPOCHS, None].iloc[:1]
    row = check_claims([LATER], values, paired=False).iloc[0]
    assert row["note"] == "5 + 1 runs: undecidable, 3 + 3 are needed"
    row = check_claims([LATER], values).iloc[0]
    assert row["difference"] == 6
    assert np.isnan(row["low"])
    assert row["note"].startswith("1 pair: undecidable, 3 are needed; ")


def test_runs_that_diverged_are_counted_in_the_note_of_a_claim() -> None:
    lost = np.where(np.arange(10) < 7, np.nan, TEN + np.linspace(0.04, 0.05, 10))
    counts = "diverged: large 7 of 10, small 0 of 10; the difference is over those that finished"
    values = claim_values(lost, TEN)
    row = check_claims([CLAIM], values).iloc[0]
    assert (row["n"], row["verdict"], row["note"]) == (3, "holds", counts)
    row = check_claims([CLAIM], values, paired=False).iloc[0]
    assert (row["n_greater"], row["n_smaller"], row["note"]) == (3, 10, counts)


def test_diverged_runs_count_as_guesses_in_the_worst_case() -> None:
    lost = np.where(np.arange(10) < 7, np.nan, TEN + np.linspace(0.04, 0.05, 10))
    for paired in (True, False):
        for chance, worst in ((0.1, "contradicted"), (0.75, "undecided"), (0.95, "holds")):
            row = check_claims(
                [CLAIM], claim_values(lost, TEN), paired=paired, chance={"mean drop": chance}
            ).iloc[0]
            assert row["verdict"] == "holds"
            assert row["note"].endswith(f"; with diverged runs at chance it reads {worst}")


def test_where_every_run_of_a_condition_diverged_the_note_says_both() -> None:
    row = check_claims([CLAIM], claim_values([np.nan] * 10, TEN)).iloc[0]
    assert (row["n"], row["verdict"]) == (0, "undecided")
    assert row["note"].startswith("0 pairs: undecidable, 3 are needed; diverged: large 10 of 10,")


def test_a_claim_about_what_was_not_run_is_undecided() -> None:
    row = check_claims([CLAIM], {}).iloc[0]
    assert (row["n"], row["verdict"]) == (0, "undecided")
    assert row["note"] == "0 pairs: undecidable, 3 are needed"


def test_one_sentence_sums_it_up() -> None:
    values = {KEY: TEN, ("b", "test accuracy", None): [0.5]}
    reported = [Reported("a", "test accuracy", v) for v in (0.80, 0.801, 0.9)]
    checked = check_figures([*reported, Reported("b", "test accuracy", 0.5)], values)
    assert figures_sentence(checked) == (
        "2 of 3 reported figures lie inside their 95 % prediction interval, "
        "and 2 of 3 agree after Holm's correction; 1 undecidable."
    )
    assert figures_sentence(check_figures([], {})) == "No figures were reported elsewhere."
    assert figures_sentence(checked[3:]) == (
        "None of the reported figures could be checked; 1 undecidable."
    )
    claims = check_claims([CLAIM, CLAIM], claim_values(TEN + np.linspace(0.01, 0.02, 10), TEN))
    assert claims_sentence(claims) == (
        "2 of 2 claims hold, 0 contradicted, 0 undecided. Their intervals are simultaneous."
    )
    assert claims["joint"].all()
    assert not check_claims([CLAIM], claim_values(TEN, TEN))["joint"].any()
    assert claims_sentence(check_claims([], {})) == "No claims were made elsewhere."


def test_means_with_a_spread_are_counted_by_themselves_and_by_the_plain_interval() -> None:
    edge = prediction_interval(TEN, 10)[1] + 1e-4
    given = {"runs": 10, "spread": 0.02, "spread_kind": "standard error"}
    means = [Reported("a", "test accuracy", v, **given) for v in (edge, 0.80, 0.80, 0.801)]
    checked = check_figures(means, {KEY: TEN})
    assert checked["inside"].tolist() == [False, True, True, True]
    error = TEN.std(ddof=1) * np.sqrt(1 / 10 + 1 / 10)
    assert checked.loc[0, "high"] == pytest.approx(0.80 + stats.t.ppf(0.975, 9) * error)
    assert checked["spread"].tolist() == [0.02] * 4
    assert set(checked["spread_kind"]) == {"standard error"}
    said = (
        "3 of 4 reported means lie inside our unadjusted 95 % prediction interval, and 4 of 4 "
        "agree after Holm's correction; by Welch's t-test, with their spread too, 4 of 4 at 5 %."
    )
    assert figures_sentence(checked) == said
    mixed = check_figures([*means, Reported("a", "test accuracy", 0.8)], {KEY: TEN})
    alone = "1 of 1 reported figures without a spread lie inside their 95 %"
    assert figures_sentence(mixed).startswith(alone)
    assert figures_sentence(mixed).endswith(said)


def test_a_figure_that_every_run_rounds_to_agrees() -> None:
    figures = [Reported("a", "test accuracy", 0.33, decimals=places) for places in (2, 3)]
    frame = check_figures(figures, {KEY: [1 / 3] * 3})
    assert frame["agrees"].tolist() == [True, None]


def test_a_figure_that_every_run_has_agrees_and_another_one_is_undecidable() -> None:
    reported = [Reported("a", "test accuracy", value) for value in (0.1, 0.9)]
    # Three tenths have a mean that is not a tenth in floating point.
    frame = check_figures(reported, {("a", "test accuracy", None): [0.1, 0.1, 0.1]})
    assert frame["agrees"].tolist() == [True, None]
    assert frame["inside"].tolist() == [True, None]
    assert frame["note"].tolist() == [
        "the same in every run",
        "no variation over seeds: undecidable",
    ]


def test_claims_are_one_family_and_need_three_pairs() -> None:
    values = claim_values(TEN + np.linspace(-0.01, 0.05, 10), TEN)
    alone = check_claims([CLAIM], values).iloc[0]
    several = check_claims([CLAIM] * 5, values).iloc[0]
    d = np.linspace(-0.01, 0.05, 10)
    half = [stats.t.isf(0.025 / k, 9) * stats.sem(d) for k in (1, 5)]
    assert alone["high"] - alone["difference"] == pytest.approx(half[0])
    assert several["high"] - several["difference"] == pytest.approx(half[1])
    two = {key: series.iloc[:2] for key, series in values.items()}
    row = check_claims([CLAIM], two).iloc[0]
    assert (row["verdict"], row["note"]) == ("undecided", "2 pairs: undecidable, 3 are needed")


def test_a_claim_counts_the_seeds_that_have_no_partner() -> None:
    values = claim_values(TEN + np.linspace(0.01, 0.02, 10), TEN)
    first = next(iter(values))
    values[first] = values[first].iloc[:8]
    assert check_claims([CLAIM], values)["note"].item() == "2 seeds without a partner"


@pytest.mark.parametrize(
    ("kind", "factor"),
    [
        ("population standard deviation", np.sqrt(10 / 9)),
        ("standard deviation", 1.0),
        ("standard error", np.sqrt(10)),
    ],
)
def test_a_published_spread_is_part_of_welchs_test(kind, factor):
    ours = [0.91, 0.93, 0.92, 0.95, 0.90]
    each = Reported("a", "final accuracy", 0.9, runs=10, spread=0.02, spread_kind=kind)
    (row,) = check_figures([each], {("a", "final accuracy", None): ours}).to_dict("records")
    expected = stats.ttest_ind_from_stats(
        np.mean(ours), np.std(ours, ddof=1), 5, 0.9, 0.02 * factor, 10, equal_var=False
    )
    assert row["p_welch"] == pytest.approx(expected.pvalue)
    assert "by Welch's t-test, with their spread too, " in figures_sentence(pd.DataFrame([row]))
