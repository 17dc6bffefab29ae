"""The check against figures and claims that were reported elsewhere.

A reported figure, usually from one run, agrees when it is a draw that our runs make plausible: when
it lies inside the prediction interval, with Holm's correction over all figures of the study. (To
ask that it lie between our smallest and largest seed would fail a correct program four times in
five at ten seeds.) A rounded figure stands for every number that rounds to it. Of means published
with their spread, the cells of a table, the verdict is the plain interval, cell by cell: one of
twenty falls outside where all is right. That interval takes our spread for theirs; Welch's t-test
with both is beside it. A claim in words is a named inequality between two conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from analysis.metrics.registry import metric_named
from analysis.metrics.values import values_of
from analysis.rendering.formatting import counted
from analysis.runs import RunLike
from analysis.statistics.corrections import adjust
from analysis.statistics.grid import UsedRuns, on_grid
from analysis.statistics.intervals import NO_INTERVAL, mean_and_sd, prediction_interval
from analysis.statistics.matching import values_per_seed
from analysis.statistics.statistical_power import FEWEST_SEEDS
from analysis.statistics.verdict import primary_decision

Key = tuple[str, str, int | None]
FIGURES = [
    *("condition", "metric", "class", "reported", "runs", "n", "mean", "sd", "low", "high"),
    *("p", "p_adjusted", "inside", "agrees", "spread", "spread_kind", "p_welch", "decimals"),
    *("source", "note"),
]
VERDICTS = ("inside", "agrees")
NO_VARIATION = "no variation over seeds: undecidable"
CLAIMS = [
    *("claim", "metric", "greater", "smaller", "paired", "n", "n_greater", "n_smaller"),
    *("difference", "low", "high", "joint", "verdict", "note"),
]


class ReportedLike(Protocol):
    """A figure reported elsewhere.

    Optional: `runs` (default 1), `class_`, `source`, `decimals`, `spread` and `spread_kind`.
    """

    @property
    def condition(self) -> str: ...  # noqa: D102
    @property
    def metric(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> float: ...  # noqa: D102


class ClaimLike(Protocol):
    """Something said elsewhere: the metric is greater in one condition; optional: `class_`."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def metric(self) -> str: ...  # noqa: D102
    @property
    def greater(self) -> str: ...  # noqa: D102
    @property
    def smaller(self) -> str: ...  # noqa: D102


def gather(
    runs: Sequence[RunLike],
    reported: Sequence[ReportedLike] = (),
    claims: Sequence[ClaimLike] = (),
) -> dict[Key, pd.Series]:
    """Collect the values that figures and claims are checked against.

    Conditions that were not run are left out: their figures come out as undecidable.

    Returns:
        (condition, metric, class or None) to values by seed (see `values_of`), NaN for runs that
        diverged.

    Raises:
        ValueError: As `values_of`.

    Examples:
        >>> from analysis import gather
        >>> from studies import Reported, read
        >>> reported = [Reported("shuffled", "test accuracy", 0.978)]
        >>> values = gather(read("class-order").records, reported)
        >>> [(key, len(of_seeds)) for key, of_seeds in values.items()]
        [(('shuffled', 'test accuracy', None), 10)]
    """
    wanted = [(each.condition, each.metric, _class(each)) for each in reported]
    for claim in claims:
        wanted += [(side, claim.metric, _class(claim)) for side in (claim.greater, claim.smaller)]
    met = {run.condition for run in runs}
    return {
        key: values_of(runs, key[1], key[0], key[2], diverged=True)
        for key in dict.fromkeys(wanted)
        if key[0] in met
    }


def check_figures(
    reported: Sequence[ReportedLike], values: Mapping[Key, ArrayLike], level: float = 0.95
) -> pd.DataFrame:
    """Compare reported figures with what was measured.

    The prediction interval of m further runs is mean +- t(n - 1) * sd * sqrt(1/n + 1/m), p the
    two-sided p of the same statement; p_adjusted is Holm's (1979) over the figures that have a p.
    Of a figure written to so many decimals the interval is wider by half a unit of the last on
    either side, and p is that of the nearest number that rounds to it: compared with the mean as if
    it were exact, .93 would fail a correct program every other time where the sd is .1 points.

    Args:
        reported: The figures, each with condition, metric, value and, where known, runs, class_,
            source, decimals, spread, spread_kind.
        values: One value per seed for each (condition, metric, class_), NaN for a run that
            diverged: the figures are of the others, and the note counts it; see `gather`.
        level: Coverage of the interval; 1 - level is the family-wise error of `agrees`.

    Returns:
        A row per figure: condition, metric, class, reported, runs, n, mean, sd, low, high (the
        plain interval), p, p_adjusted, inside (the plain interval), agrees (under Holm), spread
        and spread_kind (as reported), p_welch (of both means with both spreads; NaN without
        one), decimals, source, note. Undecidable figures (fewer than 2
        seeds, no variation) have None for `inside` and `agrees`, NaN for p, and a note that says
        why; a figure that every run has, to its decimals, agrees without a p.

    Raises:
        ValueError: If `runs` is under 1.

    Examples:
        >>> from analysis import check_figures, gather
        >>> from studies import Reported, read
        >>> reported = [Reported("shuffled", "test accuracy", 0.978, decimals=3)]
        >>> checked = check_figures(reported, gather(read("class-order").records, reported))
        >>> checked[["reported", "low", "high", "agrees"]].round(3).values.tolist()
        [[0.978, 0.974, 0.978, True]]
    """
    rows = [
        _figure_row(each, values.get((each.condition, each.metric, _class(each)), []), level)
        for each in reported
    ]
    adjusted = _holm(np.array([row["p"] for row in rows], dtype=float))
    for row, p in zip(rows, adjusted.tolist(), strict=True):
        agrees = None if row["inside"] is None else bool(np.isnan(p) or p >= 1 - level)
        row |= {"p_adjusted": p, "agrees": agrees}
    frame = pd.DataFrame(rows, columns=FIGURES)
    verdicts = {name: pd.Series([row[name] for row in rows], dtype=object) for name in VERDICTS}
    return frame.assign(**verdicts).astype(
        {"class": "Int64", "decimals": "Int64", "spread": float, "spread_kind": object}
    )


def _figure_row(each: ReportedLike, values: ArrayLike, level: float) -> dict[str, Any]:
    """All about a reported figure that does not depend on the other ones."""
    x = np.asarray(values, dtype=float)
    lost = np.isnan(x)
    x = x[~lost]
    times = _runs_behind(each)
    decimals = getattr(each, "decimals", None)
    half = 0.0 if decimals is None else 0.5 * 10.0**-decimals
    mean, sd = mean_and_sd(x) if x.size else (np.nan, np.nan)
    low, high = prediction_interval(x, times, level) if x.size else NO_INTERVAL
    low, high = low - half, high + half
    undecidable = _undecidable(x.size, sd)
    p, inside, note = np.nan, None, undecidable
    if not undecidable:
        error = sd * np.sqrt(1 / x.size + 1 / times)
        away = max(0.0, abs(each.value - mean) - half)
        p, inside = 2 * stdtr(x.size - 1, -away / error), low <= each.value <= high
    elif x.size > 1 and bool((abs(x - each.value) <= half).all()):
        inside, note = True, "the same in every run"
    return {
        "condition": each.condition,
        "metric": each.metric,
        "class": _class(each),
        "reported": float(each.value),
        "runs": times,
        "n": x.size,
        "mean": mean,
        "sd": sd,
        "low": low,
        "high": high,
        "p": p,
        "inside": inside,
        "spread": getattr(each, "spread", None),
        "spread_kind": getattr(each, "spread_kind", None),
        "p_welch": _welch(each, mean, sd, x.size) if not undecidable else np.nan,
        "decimals": decimals,
        "source": getattr(each, "source", ""),
        "note": _joined(note, f"diverged: {lost.sum()} of {lost.size}" if lost.any() else ""),
    }


def _welch(each: ReportedLike, mean: float, sd: float, n: int) -> float:
    """Two-sided p of Welch's t-test between our mean and one that was published with its spread."""
    spread, kind = getattr(each, "spread", None), getattr(each, "spread_kind", None)
    times = _runs_behind(each)
    if spread is None or times < 2:
        return np.nan
    ours = sd**2 / n
    theirs = {
        "population standard deviation": spread**2 / (times - 1),
        "standard deviation": spread**2 / times,
        "standard error": spread**2,
    }[str(kind)]
    df = (ours + theirs) ** 2 / (ours**2 / (n - 1) + theirs**2 / (times - 1))
    return float(2 * stdtr(df, -abs(each.value - mean) / np.sqrt(ours + theirs)))


def _runs_behind(each: ReportedLike) -> int:
    """The number of runs behind a reported figure; 1 where it is not known."""
    times = int(getattr(each, "runs", 1))
    if times < 1:
        raise ValueError(
            f"received runs={times} for {each.metric!r} of {each.condition!r}; expected 1 or "
            "more; leave it out if it is not known"
        )
    return times


def check_claims(
    claims: Sequence[ClaimLike],
    values: Mapping[Key, pd.Series],
    level: float = 0.95,
    *,
    paired: bool = True,
    chance: Mapping[str, float | None] | None = None,
) -> pd.DataFrame:
    """Test claims of the form "the metric is greater in this condition than in that".

    Each claim has the interval that `compare` gives the difference (greater minus smaller), in the
    metric's own unit (fractions of accuracies, where `compare` has points): that of the pairs,
    matched by seed, or Welch's in a study whose runs share nothing. To diverge is an outcome: the
    interval is of the runs that finished, and the note counts those that did not and says what the
    claim comes to in the worst case, in which they guess. Several claims are one family, whose
    intervals are simultaneous.

    Args:
        claims: The claims, each with text, metric, greater, smaller and, optionally, class_.
        values: Values indexed by seed for each (condition, metric, class_), NaN for a run that
            diverged; see `gather`.
        level: Joint coverage of the intervals of all claims, which are one family (Bonferroni).
        paired: Whether the conditions share their seeds, as the study declares.
        chance: What a network that guesses scores, by metric; without it, no worst case.

    Returns:
        A row per claim: claim, metric, greater, smaller, paired, n (pairs; unpaired: the smaller of
        the next two), n_greater, n_smaller (runs used), difference (of the means), low, high, joint
        (whether this interval is simultaneous with those of other claims), verdict ("holds":
        interval above 0; "contradicted": below 0; else "undecided"), note. Fewer than 3 pairs (3
        runs of each), or values without variation, leave it undecided without an interval (NaN),
        and the note says so.

    Raises:
        ValueError: If an accuracy is no fraction.

    Examples:
        >>> from analysis import check_claims, gather
        >>> from studies import Claim, read
        >>> claim = Claim("order costs accuracy", "test accuracy",
        ...               greater="shuffled", smaller="class-sequential")
        >>> values = gather(read("class-order").records, claims=[claim])
        >>> check_claims([claim], values)["verdict"].tolist()
        ['holds']
    """
    guesses = chance or {}
    level = 1 - (1 - level) / max(1, len(claims))
    joint = {"joint": len(claims) > 1}
    rows = [
        _claim_row(claim, values, level, paired, guesses.get(claim.metric)) | joint
        for claim in claims
    ]
    return pd.DataFrame(rows, columns=CLAIMS)


def _claim_row(
    claim: ClaimLike,
    values: Mapping[Key, pd.Series],
    level: float,
    paired: bool,
    guess: float | None,
) -> dict[str, Any]:
    unit = metric_named(claim.metric).unit
    greater, smaller = (
        values.get((side, claim.metric, _class(claim)), pd.Series(dtype=float))
        for side in (claim.greater, claim.smaller)
    )
    diverged = _diverged({claim.greater: greater, claim.smaller: smaller})
    seeds = greater.index.intersection(smaller.index)
    alone = len(greater.index.union(smaller.index)) - len(seeds) if paired and len(seeds) else 0
    apart = paired and seeds.empty and not (greater.empty or smaller.empty)
    if paired:
        greater, smaller = greater.loc[seeds], smaller.loc[seeds]
    x = values_per_seed(greater, unit, claim.greater)
    y = values_per_seed(smaller, unit, claim.smaller)
    used, difference, low, high = _difference(x, y, paired, unit, level)
    if diverged and guess is not None:
        x, y = (np.where(np.isnan(side), guess, side) for side in (x, y))
        worst = _difference(x, y, paired, unit, level)
        diverged += f"; with diverged runs at chance it reads {_verdict(*worst[2:])}"
    reason = "no seed in common: undecidable" if apart else _no_interval(used)
    return {
        "claim": claim.text,
        "metric": claim.metric,
        "greater": claim.greater,
        "smaller": claim.smaller,
        "paired": paired,
        "n": used.n,
        "n_greater": used.ka.size,
        "n_smaller": used.kb.size,
        "difference": difference,
        "low": low,
        "high": high,
        "verdict": _verdict(low, high),
        "note": _joined(
            reason, f"{counted(alone, 'seed')} without a partner" * (alone > 0), diverged
        ),
    }


def figures_sentence(checked: pd.DataFrame, level: float = 0.95) -> str:
    """Sum up `check_figures` in a sentence; in two where some figures have a spread.

    Examples:
        >>> from textwrap import fill
        >>> from analysis import check_figures, figures_sentence, gather
        >>> from studies import Reported, read
        >>> reported = [Reported("shuffled", "test accuracy", 0.978, decimals=3)]
        >>> checked = check_figures(reported, gather(read("class-order").records, reported))
        >>> print(fill(figures_sentence(checked), 80))
        1 of 1 reported figures lie inside their 95 % prediction interval, and 1 of 1
        agree after Holm's correction.
    """
    if checked.empty:
        return "No figures were reported elsewhere."
    spread = checked["spread"].notna()
    alone = "figures without a spread" if spread.any() else "figures"
    parts = [(checked[~spread], alone, "their"), (checked[spread], "means", "our unadjusted")]
    return " ".join(_sentence(part, what, whose, level) for part, what, whose in parts if len(part))


def _sentence(checked: pd.DataFrame, what: str, whose: str, level: float) -> str:
    """The sentence on the figures without a spread, or on the means that have one."""
    decided = checked[checked["agrees"].notna()]
    undecidable = len(checked) - len(decided)
    rest = f"; {undecidable} undecidable." if undecidable else "."
    if decided.empty:
        return f"None of the reported {what} could be checked{rest}"
    inside, agree = (int(decided[name].astype(bool).sum()) for name in VERDICTS)
    welch = ""
    if (both := decided["p_welch"].dropna()).size:
        alike = int((both > 1 - level).sum())
        welch = f"; by Welch's t-test, with their spread too, {alike} of {both.size} at "
        welch += f"{100 * (1 - level):g} %"
    return (
        f"{inside} of {len(decided)} reported {what} lie inside {whose} {100 * level:g} % "
        f"prediction interval, and {agree} of {len(decided)} agree after Holm's correction"
        f"{welch}{rest}"
    )


def claims_sentence(checked: pd.DataFrame) -> str:
    """Sum up `check_claims` in one sentence.

    Examples:
        >>> from analysis import check_claims, claims_sentence, gather
        >>> from studies import Claim, read
        >>> claim = Claim("order costs accuracy", "test accuracy",
        ...               greater="shuffled", smaller="class-sequential")
        >>> values = gather(read("class-order").records, claims=[claim])
        >>> print(claims_sentence(check_claims([claim], values)))
        1 of 1 claims hold, 0 contradicted, 0 undecided.
    """
    if checked.empty:
        return "No claims were made elsewhere."
    count = checked["verdict"].value_counts()
    held, against, open_ = (count.get(k, 0) for k in ("holds", "contradicted", "undecided"))
    joint = " Their intervals are simultaneous." if len(checked) > 1 else ""
    return (
        f"{held} of {len(checked)} claims hold, {against} contradicted, {open_} undecided.{joint}"
    )


def _class(each: object) -> int | None:
    return getattr(each, "class_", None)


def _difference(
    x: NDArray[np.float64], y: NDArray[np.float64], paired: bool, unit: str, level: float
) -> tuple[UsedRuns, float, float, float]:
    """The runs used, the difference of their means, and its interval; NaN where there is none.

    Runs that diverged are NaN and left out, of pairs with their partner.
    """
    ended_x, ended_y = ~np.isnan(x), ~np.isnan(y)
    if paired:
        ended_x = ended_y = ended_x & ended_y
    used = on_grid(x[ended_x], y[ended_y], paired, None, unit)
    if used.n < FEWEST_SEEDS:
        points = (x[ended_x].mean() - y[ended_y].mean()) if used.n else np.nan
        return used, float(points), np.nan, np.nan
    found = primary_decision(used, 1.0, level, None).difference
    figures = np.array([found.points, found.ci_low, found.ci_high], dtype=float)  # None is NaN
    return used, *figures.tolist()


def _verdict(low: float, high: float) -> str:
    return "holds" if low > 0 else "contradicted" if high < 0 else "undecided"


def _diverged(sides: Mapping[str, pd.Series]) -> str:
    """How many runs of each condition diverged, if any did."""
    if not any(side.isna().any() for side in sides.values()):
        return ""
    counts = [f"{name} {side.isna().sum()} of {side.size}" for name, side in sides.items()]
    return f"diverged: {', '.join(counts)}; the difference is over those that finished"


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _no_interval(used: UsedRuns) -> str:
    if used.n < FEWEST_SEEDS:
        needed = FEWEST_SEEDS if used.paired else f"{FEWEST_SEEDS} + {FEWEST_SEEDS}"
        return f"{used}: undecidable, {needed} are needed"
    return "" if used.varies else NO_VARIATION


def _undecidable(n: int, sd: float) -> str:
    if n < 2:
        return f"{counted(n, 'finished seed')}: undecidable, 2 are needed"
    return NO_VARIATION if sd == 0 else ""


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm (1979) over the p that are not NaN: what cannot be tested is not of this family."""
    adjusted, known = p.copy(), ~np.isnan(p)
    adjusted[known] = adjust(p[known], "holm")
    return adjusted
