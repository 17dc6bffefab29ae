"""Two conditions compared over seeds: tests, effect sizes and a verdict that can be "undecidable".

The unit is one trained network (one seed). Whether the runs are paired is declared by the study,
never chosen by the result. The primary test (paired t, or Welch) decides; an exact test stands
beside it with the smallest p that it can give; every test is two-sided. Accuracies come in as
fractions; differences and margins are in points (100 x accuracy), or in a loss's own unit.

Arithmetic is done on integers: numbers of correct answers where the number of test examples is
known, multiples of 1e-12 otherwise. Float noise would break ties and hide constant differences
(six times .1 is no variation at all, yet gives p = 1.7e-80).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from analysis.power import seeds_to_reach

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Verdict = Literal[
    "different", "different-within-margin", "equivalent", "inconclusive", "undecidable"
]
Correction = Literal["holm", "bh", "by", "bonferroni"]

RESOLUTION = 1e-12  # accuracies (losses: times the largest one) nearer than this are ties
FEWEST_SEEDS = 3  # below this nothing is decided
FRAGILE_SEEDS = 4  # up to here an interval hangs on single runs
CONVOLUTION_STEPS = 50_000_000  # additions that an exact convolution may cost: some .05 s
DENOMINATORS = np.concatenate([np.arange(1.0, 10_001.0), [5e4, 6e4, 1e5, 1e6]])
LARGEST_COUNT = 1e12  # integers stay exact in a float
LARGEST_RANK_TABLE = 10_000  # n x m up to which Mann-Whitney is exact: 100 runs each
MOST_JOINED_PAIRS = 36  # two halves of 2^18 sums
MONTE_CARLO_DRAWS = 9_999
SIGN_FLIP = "exact sign-flip test of the mean difference"


# What a comparison consists of


@dataclass(frozen=True)
class Difference:
    """A minus B, in points or in a loss's own unit, with its unadjusted t-interval."""

    points: float | None
    ci_low: float | None
    ci_high: float | None
    level: float


@dataclass(frozen=True)
class PrimaryTest:
    """The primary test; statistic, df and p are None where there is none."""

    name: str
    statistic: float | None
    df: float | None
    p: float | None


@dataclass(frozen=True)
class ExactTest:
    """An exact test's two-sided p and the smallest p that it could have given."""

    name: str
    p: float | None
    p_floor: float | None


@dataclass(frozen=True)
class Effects:
    """Effect sizes, positive where A is higher.

    Attributes:
        name: "d_z" (pairs) or "g" (Hedges, unpaired): which one `value` is.
        value: The standardised mean difference.
        p_superiority: P(A > B), ties counted half; within pairs if paired, else over all n x m.
        cliffs_delta: P(A > B) - P(A < B) over all n x m pairings of runs, paired or not.
    """

    name: Literal["d_z", "g"]
    value: float | None
    p_superiority: float | None
    cliffs_delta: float | None


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests against a margin given beforehand (Schuirmann 1987).

    `ci_low`, `ci_high` bound the interval of level 1 - 2 alpha (90 %); `inside` says whether it
    lies within the margin, which is the same as p < alpha.
    """

    margin: float
    ci_low: float | None
    ci_high: float | None
    level: float
    p: float | None
    inside: bool


@dataclass(frozen=True)
class FailureRate:
    """Diverged runs of one condition: k of n, the rate and its Wilson interval (fractions)."""

    diverged: int
    n: int
    rate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class WorstCase:
    """The primary result when a diverged run counts as one that guesses (`chance`)."""

    chance: float
    points: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Failures:
    """Divergence as an outcome: both rates, their exact comparison, and the worst case.

    The other figures of a comparison are complete-case: diverged runs (and their partners) left
    out. `worst_case` is None where no run diverged or no chance level was given.
    """

    a: FailureRate
    b: FailureRate
    test: ExactTest
    worst_case: WorstCase | None


@dataclass(frozen=True)
class Comparison:
    """All that is known about A against B; `to_json` gives the object that programs read.

    Attributes:
        a: Name of the first condition; b: of the second.
        unit: "points" for accuracies, else the metric's own unit.
        n: Pairs used; unpaired: the smaller of `n_a` and `n_b`.
        planned: Seeds planned; for pairs without a plan, all seeds seen on either side.
        mean_a: Mean of A over the runs used, in the metric's unit (a fraction for an accuracy).
        values_a: The values used, by seed id if paired, else ascending; `values_b` likewise.
        correlation: Pearson's r of the pairs.
        failures: Divergence rates; None if one side has no runs at all.
        p_adjusted: The primary p within its family of `family` comparisons, by `correction`.
        robust_p_adjusted: The exact test's p, adjusted in the same way.
    """

    study: str | None
    variant: str | None
    metric: str
    class_: Hashable | None
    a: str
    b: str
    unit: str
    paired: bool
    n: int
    n_a: int
    n_b: int
    planned: int | None
    mean_a: float | None
    mean_b: float | None
    values_a: tuple[float, ...]
    values_b: tuple[float, ...]
    correlation: float | None
    difference: Difference
    test: PrimaryTest
    robust: ExactTest
    effects: Effects
    equivalence: Equivalence | None
    failures: Failures | None
    verdict: Verdict
    notes: tuple[str, ...]
    p_adjusted: float | None = None
    robust_p_adjusted: float | None = None
    family: int | None = None
    correction: Correction | None = None

    @property
    def note(self) -> str:
        """All remarks in one line; empty if there is none."""
        return "; ".join(self.notes)

    def to_json(self) -> dict[str, Any]:
        """Plain objects for `json.dumps`; a missing figure is None, never NaN or infinite."""
        record = asdict(self)
        class_, effects = record.pop("class_"), record.pop("effects")
        record["notes"] = self.note
        first = ("study", "variant", "metric", "a", "b", "paired", "n", "planned", "difference")
        result = {key: record.pop(key) for key in first}
        result |= {key: record.pop(key) for key in ("test", "robust")}
        result["effects"] = {effects.pop("name"): effects.pop("value"), **effects}
        result |= {"verdict": record.pop("verdict"), "note": record.pop("notes")}
        in_family = {
            key: record.pop(key)
            for key in ("p_adjusted", "robust_p_adjusted", "family", "correction")
        }
        del record["values_a"], record["values_b"]
        result |= record
        if class_ is not None:
            result["class"] = class_.item() if isinstance(class_, np.generic) else class_
        return result | (in_family if self.family is not None else {})


# The comparison


def compare(
    a: ArrayLike,
    b: ArrayLike,
    *,
    paired: bool,
    seeds_a: Sequence[Hashable] | None = None,
    seeds_b: Sequence[Hashable] | None = None,
    n_test: int | None = None,
    margin: float | None = None,
    unit: str = "points",
    planned: int | None = None,
    level: float = 0.95,
    chance: float | None = None,
    study: str | None = None,
    variant: str | None = None,
    metric: str = "accuracy",
    name_a: str = "A",
    name_b: str = "B",
    class_: Hashable | None = None,
    monte_carlo_seed: int = 0,
) -> Comparison:
    """Compare one metric of two conditions over seeds.

    Example:
        >>> compare([.84, .85, .83], [.80, .82, .80], paired=True,
        ...         seeds_a=[0, 1, 2], seeds_b=[2, 1, 0]).difference.points  # doctest: +SKIP
        3.33

    Args:
        a: One value per run of the first condition, [n]: fractions, or any number if `unit` names
            a loss. NaN (for a loss also an infinity) marks a diverged run, which is an outcome; a
            run that crashed is left out.
        b: The same for the second condition, [m].
        paired: Whether the conditions share their seeds. Declared by the design of the study.
        seeds_a: Seed of every value of `a`; needed for pairs, which are matched by it.
        seeds_b: The same for `b`.
        n_test: Number of test examples behind every accuracy, where it is known: the exact tests
            then use the numbers of correct answers.
        margin: Largest difference that does not matter, in points (a loss's unit), given
            beforehand; without it nothing is ever called equivalent.
        unit: "points" for accuracies, else the name of the metric's unit ("nats").
        planned: Number of seeds planned per condition, stored with the first run.
        level: Confidence level; tests are at 1 - level.
        chance: What a network that guesses scores: stands for diverged runs in the worst case.
        study: Name of the study, for the record, like `variant`, `metric` and `class_`.
        variant: Variant of the study.
        metric: Name of the metric.
        name_a: Name of the first condition.
        name_b: Name of the second condition.
        class_: Class that the values belong to, if they are one class's.
        monte_carlo_seed: Seed of the random sign flips that stand in where no exact method is
            affordable (over 36 pairs of arbitrary real numbers).

    Returns:
        The comparison; the difference is A minus B.

    Raises:
        ValueError: If values, seeds or options are not as described. One line: what was received,
            what is expected, how to mend it.
    """
    _check_options(n_test, margin, unit, level, chance, planned)
    x, y = _values(a, unit, name_a), _values(b, unit, name_b)
    ids_x, ids_y = _ids(seeds_a, x.size, name_a), _ids(seeds_b, y.size, name_b)
    notes: list[str] = []
    if paired:
        if ids_x is None or ids_y is None:
            raise ValueError(
                "received paired=True without seeds; expected seeds_a and seeds_b, for pairs are "
                "matched by seed and never by row order; name them or declare paired=False"
            )
        planned = planned if planned is not None else len(set(ids_x) | set(ids_y)) or None
        x, y = _match(x, y, ids_x, ids_y, name_a, name_b, notes)
    runs = x.size if paired else max(x.size, y.size)
    failed_x, failed_y = np.isnan(x), np.isnan(y)
    if paired:
        used_x, used_y = x[~failed_x & ~failed_y], y[~failed_x & ~failed_y]
    else:
        used_x, used_y = np.sort(x[~failed_x]), np.sort(y[~failed_y])

    used = _on_grid(used_x, used_y, paired, n_test, unit)
    scale = 100.0 if unit == "points" else 1.0
    primary = _primary(used, scale, level, margin)
    robust = _robust(used, primary.test.p is not None, monte_carlo_seed)
    failures = None
    if failed_x.size and failed_y.size:
        worst = None
        if chance is not None and (failed_x.any() or failed_y.any()):
            filled_x, filled_y = np.where(failed_x, chance, x), np.where(failed_y, chance, y)
            # A network that guesses need not have a whole number of correct answers.
            filled = _on_grid(filled_x, filled_y, paired, None, unit)
            worst = _worst_case(_primary(filled, scale, level, margin), float(chance))
        failures = Failures(
            _failure_rate(failed_x, level),
            _failure_rate(failed_y, level),
            _compare_failures(failed_x, failed_y, paired),
            worst,
        )
    # The reason for "undecidable" comes first: the verdict's sentence quotes it.
    notes = [
        *_no_variation_notes(used, scale, unit, name_a, name_b),
        *_small_sample_notes(used),
        *_sameness_notes(used, name_a, name_b),
        *notes,
        *_divergence_notes(failures, name_a, name_b, primary.verdict, chance),
        *_floor_notes(used, robust, round(1 - level, 12)),
        *_planning_notes(runs, planned),
    ]
    return Comparison(
        study=study,
        variant=variant,
        metric=metric,
        class_=class_,
        a=name_a,
        b=name_b,
        unit=unit,
        paired=paired,
        n=used.n,
        n_a=used.ka.size,
        n_b=used.kb.size,
        planned=planned,
        mean_a=_mean(used.ka * used.step),
        mean_b=_mean(used.kb * used.step),
        values_a=tuple(used_x.tolist()),
        values_b=tuple(used_y.tolist()),
        correlation=_correlation(used) if paired else None,
        difference=primary.difference,
        test=primary.test,
        robust=robust,
        effects=_effects(used),
        equivalence=primary.equivalence,
        failures=failures,
        verdict=primary.verdict,
        notes=tuple(notes),
    )


def decide(p: float | None, equivalence: Equivalence | None, alpha: float) -> Verdict:
    """The verdict of one comparison; in a family `p` is the adjusted one.

    Args:
        p: Two-sided p of the primary test, None if there was nothing to test.
        equivalence: The two one-sided tests, None without a margin.
        alpha: Significance level.

    Returns:
        One of the closed list.
    """
    if p is None:
        return "undecidable"
    inside = equivalence is not None and equivalence.inside
    if p <= alpha:
        return "different-within-margin" if inside else "different"
    return "equivalent" if inside else "inconclusive"


# The primary test


@dataclass(frozen=True)
class TTest:
    """A t-test along the last axis; every field has the shape of the leading axes."""

    difference: Any
    standard_error: Any
    statistic: Any
    df: Any
    p: Any
    ci_low: Any
    ci_high: Any


def t_test(a: ArrayLike, b: ArrayLike, *, paired: bool, level: float = 0.95) -> TTest:
    """Paired t (Student 1908) or Welch's t (1947) of A minus B, two-sided, with its interval.

    Args:
        a: [..., n]; if paired, run by run the partner of `b`.
        b: [..., m].
        paired: Which of the two tests.
        level: Level of the interval.

    Returns:
        Difference, interval and standard error in the unit of the values.
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if paired:
        result = stats.ttest_rel(x, y, axis=-1)
    else:
        result = stats.ttest_ind(x, y, axis=-1, equal_var=False)
    interval = result.confidence_interval(level)
    # SciPy does not show its standard error; the interval contains it.
    error = (interval.high - interval.low) / 2 / stats.t.isf((1 - level) / 2, result.df)
    return TTest(
        (interval.low + interval.high) / 2,
        error,
        result.statistic,
        result.df,
        result.pvalue,
        interval.low,
        interval.high,
    )


def tost(test: TTest, margin: float, alpha: float = 0.05) -> tuple[Any, Any, Any]:
    """Two one-sided tests of |difference| >= margin (Schuirmann 1987), from a t-test.

    Args:
        test: The t-test.
        margin: In the unit of the test's difference.
        alpha: Level of either one-sided test.

    Returns:
        p (the larger of the two), and the ends of the interval of level 1 - 2 alpha.
    """
    above = stats.t.sf((test.difference + margin) / test.standard_error, test.df)
    below = stats.t.cdf((test.difference - margin) / test.standard_error, test.df)
    half = stats.t.isf(alpha, test.df) * test.standard_error
    return np.maximum(above, below), test.difference - half, test.difference + half


@dataclass(frozen=True)
class _Primary:
    difference: Difference
    test: PrimaryTest
    equivalence: Equivalence | None
    verdict: Verdict


def _primary(used: _Runs, scale: float, level: float, margin: float | None) -> _Primary:
    alpha = round(1 - level, 12)
    name = "paired t-test" if used.paired else "Welch t-test"
    unit = used.step * scale
    points = float((used.first.mean() - used.second.mean()) * unit) if used.n else None
    difference = Difference(points, None, None, level)
    test = PrimaryTest(name, None, None, None)
    equivalence = None
    if margin is not None:
        equivalence = Equivalence(float(margin), None, None, round(1 - 2 * alpha, 12), None, False)
    if used.n >= 2 and used.varies:
        # A group that is constant must be constant at 0: elsewhere SciPy warns of cancellation.
        origin = used.first[0] if np.ptp(used.first) == 0 else used.second[0]
        t = t_test(used.first - origin, used.second - origin, paired=used.paired, level=level)
        difference = Difference(points, float(t.ci_low * unit), float(t.ci_high * unit), level)
        if used.n >= FEWEST_SEEDS:
            test = PrimaryTest(name, float(t.statistic), float(t.df), float(t.p))
            if equivalence is not None:
                p, low, high = tost(t, equivalence.margin / unit, alpha)
                ends = (float(low * unit), float(high * unit))
                inside = -equivalence.margin < ends[0] and ends[1] < equivalence.margin
                equivalence = replace(
                    equivalence, ci_low=ends[0], ci_high=ends[1], p=float(p), inside=inside
                )
    return _Primary(difference, test, equivalence, decide(test.p, equivalence, alpha))


def _worst_case(primary: _Primary, chance: float) -> WorstCase:
    d = primary.difference
    return WorstCase(chance, d.points, d.ci_low, d.ci_high, primary.test.p, primary.verdict)


# The exact tests


def sign_flip_test(differences: Counts, *, slack: int = 0, monte_carlo_seed: int = 0) -> ExactTest:
    """Exact sign-flip test of the mean difference of pairs (Fisher 1935), two-sided.

    If A and B were alike, every difference could as well have had the other sign: p is the share
    of the 2^m sign patterns (zero differences left out) whose sum is at least as far from zero.
    Exact by convolution where the integers are small (any number of pairs), by joining all sums
    of two halves up to 36 pairs; above that by random flips, which the name says.

    `scipy.stats.permutation_test` is not used: it allows no slack, so that sums of rounded
    differences that are equal on paper are no ties (on multiples of 1/7 its p is wrong in one
    case of ten), and 20 pairs take it 18 seconds.

    Args:
        differences: A minus B as integers of a common unit, [n].
        slack: Units per pair by which sums that are equal on paper may lie apart.
        monte_carlo_seed: Seed of the random flips.

    Returns:
        p, and its floor 2 / 2^m (random flips: 1 / (draws + 1)); both 1 if all are zero.
    """
    d = np.asarray(differences, dtype=np.int64)
    d = d[d != 0]
    if d.size == 0:
        return ExactTest(SIGN_FLIP, 1.0, 1.0)
    name, floor = SIGN_FLIP, 2.0 ** (1 - d.size)
    if slack == 0:
        d = d // np.gcd.reduce(d)
    sizes, total = np.abs(d), int(np.abs(d).sum())
    reach = abs(int(d.sum())) - d.size * slack
    if reach <= 0:
        return ExactTest(name, 1.0, floor)
    if d.size * total <= CONVOLUTION_STEPS:
        # distribution[s]: probability that the differences with a plus sign add up to s.
        distribution = np.zeros(total + 1)
        distribution[0] = 1.0
        for size in sizes:
            shifted = np.zeros_like(distribution)
            shifted[size:] = distribution[: total + 1 - size]
            distribution = (distribution + shifted) / 2
        p = 2 * float(distribution[-(-(total + reach) // 2) :].sum())
    elif d.size <= MOST_JOINED_PAIRS:
        left, right = _signed_sums(sizes[::2]), np.sort(_signed_sums(sizes[1::2]))
        reaching = right.size - np.searchsorted(right, reach - left)
        p = 2 * float(reaching.sum()) * 2.0**-d.size
    else:
        rng = np.random.default_rng(monte_carlo_seed)
        signs = 2 * rng.integers(0, 2, (MONTE_CARLO_DRAWS, d.size)) - 1
        # The observed pattern is one of those possible: counted, so that p is never 0.
        p = (1 + int((np.abs(signs @ d) >= reach).sum())) / (MONTE_CARLO_DRAWS + 1)
        name = (
            "sign-flip test of the mean difference "
            f"(Monte Carlo, {MONTE_CARLO_DRAWS:,} draws, seed {monte_carlo_seed})"
        )
        floor = 1 / (MONTE_CARLO_DRAWS + 1)
    # Sums of 2^-m are exact, but the last bit of a long one may be rounded.
    return ExactTest(name, min(1.0, max(p, floor)), floor)


def mann_whitney_test(a: ArrayLike, b: ArrayLike) -> ExactTest:
    """Exact Mann-Whitney test of two independent samples (1947), two-sided.

    Without ties by SciPy. With ties the permutation distribution of the midranks, by convolution:
    no formula covers it, and an asymptotic p would be neither exact nor have a floor.

    Args:
        a: [n].
        b: [m]; values must be exact (integers), so that ties are ties.

    Returns:
        p (twice the smaller tail, at most 1) and its floor: 2 / C(n + m, n), or more where ties
        leave fewer distinct orders.
    """
    x, y = np.asarray(a), np.asarray(b)
    if x.size > y.size:
        x, y = y, x
    ranks = np.rint(2 * stats.rankdata(np.concatenate([x, y]))).astype(np.int64)  # midranks, twice
    orders = special.comb(x.size + y.size, x.size)
    if x.size * y.size > LARGEST_RANK_TABLE:
        p = stats.mannwhitneyu(x, y, method="asymptotic").pvalue
        return ExactTest("Mann-Whitney test (normal approximation)", float(p), None)
    if np.unique(ranks).size == ranks.size:
        p = stats.mannwhitneyu(x, y, method="exact").pvalue
        return ExactTest("exact Mann-Whitney test", min(1.0, float(p)), float(2 / orders))
    ranks -= ranks.min()
    ranks //= max(1, np.gcd.reduce(ranks))
    observed = int(ranks[: x.size].sum())
    largest = int(np.sort(ranks)[ranks.size - x.size :].sum())
    # ways[k, s]: in how many ways k runs have ranks that add up to s.
    ways = np.zeros((x.size + 1, largest + 1))
    ways[0, 0] = 1.0
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : largest + 1 - rank]
    possible = ways[-1] / ways[-1].sum()
    tails = (possible[: observed + 1].sum(), possible[observed:].sum())
    floor = 2 * min(possible[np.flatnonzero(possible)[[0, -1]]])
    name = "exact Mann-Whitney test (midranks for ties)"
    return ExactTest(name, min(1.0, max(2 * float(min(tails)), floor)), min(1.0, float(floor)))


def _robust(used: _Runs, decidable: bool, seed: int) -> ExactTest:
    if not decidable:
        return ExactTest(SIGN_FLIP if used.paired else "exact Mann-Whitney test", None, None)
    if used.paired:
        return sign_flip_test(used.first, slack=used.slack, monte_carlo_seed=seed)
    return mann_whitney_test(used.first, used.second)


def _signed_sums(sizes: Counts) -> Counts:
    sums = np.zeros(1, dtype=np.int64)
    for size in sizes:
        sums = np.concatenate([sums - size, sums + size])
    return sums


# Effect sizes


def cohens_d(a: ArrayLike, b: ArrayLike) -> float:
    """Mean difference over the pooled standard deviation (Cohen 1988). [n], [m] -> float."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    df = x.size + y.size - 2
    pooled = ((x.size - 1) * x.var(ddof=1) + (y.size - 1) * y.var(ddof=1)) / df
    return float((x.mean() - y.mean()) / math.sqrt(pooled))


def hedges_g(a: ArrayLike, b: ArrayLike) -> float:
    """Cohen's d without its small-sample bias, by the exact factor (Hedges 1981)."""
    df = np.size(a) + np.size(b) - 2
    factor = math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)
    return factor * cohens_d(a, b)


def d_z(a: ArrayLike, b: ArrayLike) -> float:
    """Mean of the pairs' differences over their standard deviation (Cohen 1988). [n], [n]."""
    d = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    return float(d.mean() / d.std(ddof=1))


def p_superiority(a: ArrayLike, b: ArrayLike, *, paired: bool) -> float:
    """P(A > B), ties counted half.

    Pairs: the share of pairs in which A is higher. Independent samples: of all n x m pairings of
    runs (McGraw & Wong 1992; Vargha & Delaney 2000).
    """
    x, y = np.asarray(a), np.asarray(b)
    d = x - y if paired else np.subtract.outer(x, y)
    return float(((d > 0) + 0.5 * (d == 0)).mean())


def cliffs_delta(a: ArrayLike, b: ArrayLike) -> float:
    """P(A > B) - P(A < B) over all n x m pairings of runs (Cliff 1993), -1 to 1."""
    return float(np.sign(np.subtract.outer(np.asarray(a), np.asarray(b))).mean())


def _effects(used: _Runs) -> Effects:
    name: Literal["d_z", "g"] = "d_z" if used.paired else "g"
    if used.n < FEWEST_SEEDS:
        return Effects(name, None, None, None)
    x, y = used.first, used.second
    standardised = (d_z(x, y) if used.paired else hedges_g(x, y)) if used.varies else None
    superiority = p_superiority(x, y, paired=used.paired)
    return Effects(name, standardised, superiority, cliffs_delta(used.ka, used.kb))


def _correlation(used: _Runs) -> float | None:
    if used.n < FEWEST_SEEDS or np.ptp(used.ka) == 0 or np.ptp(used.kb) == 0:
        return None
    x, y = ((k - k[0]).astype(float) for k in (used.ka, used.kb))
    return float(stats.pearsonr(x, y).statistic)


def _mean(values: NDArray[np.floating[Any]]) -> float | None:
    return float(values.mean()) if values.size else None


# Diverged runs


def _failure_rate(failed: NDArray[np.bool_], level: float) -> FailureRate:
    result = stats.binomtest(int(failed.sum()), failed.size)
    interval = result.proportion_ci(level, method="wilson")
    return FailureRate(
        result.k, result.n, float(result.statistic), float(interval.low), float(interval.high)
    )


def _compare_failures(a: NDArray[np.bool_], b: NDArray[np.bool_], paired: bool) -> ExactTest:
    """Exact McNemar (1947) for pairs, Fisher's exact test otherwise."""
    if paired:
        only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
        name, discordant = "exact McNemar test", only_a + only_b
        if discordant == 0:
            return ExactTest(name, None, None)
        p = float(stats.binomtest(only_a, discordant).pvalue)
        return ExactTest(name, p, min(1.0, 2.0 ** (1 - discordant)))
    name, failed = "Fisher's exact test", int(a.sum() + b.sum())
    if failed in (0, a.size + b.size):
        return ExactTest(name, None, None)

    def p_of(k: int) -> float:
        table = [[k, a.size - k], [failed - k, b.size - failed + k]]
        return float(stats.fisher_exact(table).pvalue)

    possible = range(max(0, failed - b.size), min(failed, a.size) + 1)
    return ExactTest(name, p_of(int(a.sum())), min(p_of(k) for k in possible))


# From values to matched integers


def _check_options(
    n_test: int | None,
    margin: float | None,
    unit: str,
    level: float,
    chance: float | None,
    planned: int | None,
) -> None:
    if not 0 < level < 1:
        raise ValueError(f"received level={level}; expected between 0 and 1; write .95 for 95 %")
    if margin is not None and not (0 < margin < math.inf):
        raise ValueError(
            f"received margin={margin}; expected a positive number of {unit}; leave it out if no "
            "margin was set beforehand"
        )
    if n_test is not None and (n_test < 1 or unit != "points"):
        raise ValueError(
            f"received n_test={n_test} with unit={unit!r}; expected 1 or more test examples, for "
            "accuracies only; leave it out otherwise"
        )
    if planned is not None and planned < 1:
        raise ValueError(f"received planned={planned}; expected 1 or more seeds; or leave it out")
    in_range = chance is None or (0 <= chance <= 1 if unit == "points" else math.isfinite(chance))
    if not in_range:
        raise ValueError(
            f"received chance={chance}; expected what a guessing network scores, as a fraction "
            "from 0 to 1; divide percent by 100"
        )


def _values(values: ArrayLike, unit: str, name: str) -> Floats:
    x = np.asarray(values, dtype=float)
    if x.ndim != 1:
        raise ValueError(
            f"received values of shape {x.shape} for {name}; expected one value per seed, [n]; "
            "compare classes with compare_classes"
        )
    if unit != "points":
        return np.where(np.isfinite(x), x, np.nan)  # a loss that is not finite has diverged
    outside = x[(x < 0) | (x > 1)]
    if outside.size:
        raise ValueError(
            f"received {outside[0]:g} for {name}; expected accuracies as fractions from 0 to 1; "
            "divide percent by 100, or name the metric's unit if it is a loss"
        )
    return x


def _ids(seeds: Sequence[Hashable] | None, n: int, name: str) -> list[Hashable] | None:
    if seeds is None:
        return None
    ids = list(seeds)
    if len(ids) != n:
        raise ValueError(
            f"received {len(ids)} seeds for {n} values of {name}; expected one seed per value; "
            "check that both come from the same rows"
        )
    twice = {str(seed) for seed in ids if ids.count(seed) > 1} if len(set(ids)) < n else set()
    if twice:
        raise ValueError(
            f"received seed {min(twice)} twice for {name}; expected one value per seed; average "
            "or remove the repeated run"
        )
    return ids


def _match(
    x: Floats,
    y: Floats,
    ids_x: list[Hashable],
    ids_y: list[Hashable],
    name_a: str,
    name_b: str,
    notes: list[str],
) -> tuple[Floats, Floats]:
    """Pairs by seed id, in an order that does not depend on the rows'."""
    at_x, at_y = (dict(zip(ids, v, strict=True)) for ids, v in ((ids_x, x), (ids_y, y)))
    common = sorted(at_x.keys() & at_y.keys(), key=str)
    alone = [(sorted(map(str, at_x.keys() - at_y.keys()), key=_natural), name_a)]
    alone += [(sorted(map(str, at_y.keys() - at_x.keys()), key=_natural), name_b)]
    if any(seeds for seeds, _ in alone):
        lists = [f"only in {name}: {_short(seeds)}" for seeds, name in alone if seeds]
        dropped = sum(len(seeds) for seeds, _ in alone)
        notes.append(
            f"{dropped} {'seed' if dropped == 1 else 'seeds'} without a partner dropped "
            f"({', '.join(lists)})"
        )
    return (
        np.array([at_x[seed] for seed in common], dtype=float),
        np.array([at_y[seed] for seed in common], dtype=float),
    )


def _natural(text: str) -> tuple[int, str]:
    return len(text), text


def _short(seeds: list[str]) -> str:
    return " ".join(seeds[:5]) + (f" and {len(seeds) - 5} more" if len(seeds) > 5 else "")


@dataclass(frozen=True)
class _Runs:
    """The values used, as integers of a common step (in the unit of the values).

    `first` and `second` are what is tested: the pairs' differences against zeros, or A against B.
    `slack` is by how many units rounding may have moved them: 0 for counts, 2 on the 1e-12 grid.
    """

    ka: Counts
    kb: Counts
    first: Counts
    second: Counts
    step: float
    slack: int
    paired: bool

    @property
    def n(self) -> int:
        return min(self.ka.size, self.kb.size)

    @property
    def varies(self) -> bool:
        return bool(self.n) and bool(max(np.ptp(self.first), np.ptp(self.second)) > self.slack)

    def __str__(self) -> str:
        if self.paired:
            return f"{self.n} {'pair' if self.n == 1 else 'pairs'}"
        return f"{self.ka.size} + {self.kb.size} runs"


def _on_grid(x: Floats, y: Floats, paired: bool, n_test: int | None, unit: str) -> _Runs:
    """Values as multiples of 1/n for the smallest n that fits them all, else of 1e-12."""
    both = np.concatenate([x, y])
    size = 1.0 if unit == "points" else max(float(np.abs(both).max(initial=0.0)), 1e-200)
    fine = 1 / (RESOLUTION * size)
    if n_test is not None:
        off = np.abs(both * n_test - np.rint(both * n_test)) > 0.01  # float32 is off by .004
        if off.any():
            raise ValueError(
                f"received accuracy {both[off][0]:.12g} with n_test={n_test}; expected a whole "
                "number of correct answers; give accuracies in full precision or leave n_test out"
            )
        parts = float(n_test)
    else:
        # Accuracies are multiples of 1/n even where n was not given, and so are rounded values.
        fits = DENOMINATORS[DENOMINATORS * size < LARGEST_COUNT]
        for value in both:
            away = np.abs(value * fits - np.rint(value * fits))
            fits = fits[away <= np.minimum(fits / fine, 1e-6)]
        parts = float(fits[0]) if fits.size else fine
    # A difference of two rounded values is off by up to 1, and two sums of such are compared.
    slack = 2 if parts == fine else 0
    ka, kb = (np.rint(values * parts).astype(np.int64) for values in (x, y))
    if not paired:
        return _Runs(ka, kb, ka, kb, 1 / parts, slack, paired)
    d = ka - kb
    return _Runs(ka, kb, d, np.zeros_like(d), 1 / parts, slack, paired)


# Remarks


def _small_sample_notes(used: _Runs) -> list[str]:
    more = f"run at least {FEWEST_SEEDS} seeds (ebb plan says how many)"
    if used.n == 0:
        return [f"nothing to compare: {used}"]
    if used.n == 1:
        return [
            f"{used}: one run says nothing about the spread between seeds, so there is no "
            f"interval and no test; {more}"
        ]
    if used.n < FEWEST_SEEDS:
        return [f"{used}: too few for a test, and the interval is fragile; {more}"]
    if used.n <= FRAGILE_SEEDS:
        return [f"{used}: the interval is fragile, look at every value"]
    return []


def _no_variation_notes(
    used: _Runs, scale: float, unit: str, name_a: str, name_b: str
) -> list[str]:
    if used.n < 2 or used.varies:
        return []
    difference = _signed(float(used.first[0] - used.second[0]) * used.step * scale, unit)
    return [f"no variation: no test ({name_a} minus {name_b} is {difference} for every seed)"]


def _sameness_notes(used: _Runs, name_a: str, name_b: str) -> list[str]:
    if used.n < 2:
        return []
    notes = [
        f"{name} has the same result for every seed: does the seed reach the network?"
        for k, name in ((used.ka, name_a), (used.kb, name_b))
        if np.ptp(k) <= used.slack
    ]
    if used.paired and not used.first.any():
        notes.append(f"{name_a} and {name_b} are identical at every seed: are they one recipe?")
    return notes


def _divergence_notes(
    failures: Failures | None, name_a: str, name_b: str, verdict: Verdict, chance: float | None
) -> list[str]:
    if failures is None or failures.a.diverged + failures.b.diverged == 0:
        return []
    a, b, worst = failures.a, failures.b, failures.worst_case
    notes = [
        f"diverged: {name_a} {a.diverged} of {a.n}, {name_b} {b.diverged} of {b.n}; "
        "the figures are of the other runs (complete case)"
    ]
    if worst is None and chance is None:
        notes.append("no worst case: the chance level was not given")
    elif worst is not None and worst.verdict != verdict:
        notes.append(f"the worst case (diverged runs at chance) reads {worst.verdict}")
    return notes


def _floor_notes(used: _Runs, robust: ExactTest, alpha: float) -> list[str]:
    if robust.p_floor is None or robust.p_floor <= alpha:
        return []
    ties = int((used.first == 0).sum()) if used.paired else 0
    tied = f", {ties} of them tied" if ties else ""
    needs = [seeds_to_reach(alpha / m, paired=used.paired) for m in (1, 10)]
    one, ten = [f"{n}" if used.paired else f"{n} + {n}" for n in needs]
    return [
        f"robustness line, {used}{tied}: this test cannot reach {_fraction(alpha)}; {one} are "
        f"needed (at least {ten} for ten classes under Holm)"
    ]


def _planning_notes(runs: int, planned: int | None) -> list[str]:
    if planned is None or runs <= planned:
        return []
    return [
        f"{runs} seeds, but {planned} were planned: p holds for a number of seeds fixed "
        "beforehand (a look after every seed from 5 to 20 gives about 18 % false positives at 5 %)"
    ]


# In words


def explain(comparison: Comparison) -> str:
    """A comparison as text: one sentence of verdict, then every number with its name.

    Args:
        comparison: What `compare` returned, in a family or not.

    Returns:
        Lines of plain ASCII, for a reader who has had one course in statistics.
    """
    c = comparison
    d, unit = c.difference, c.unit
    rows = [
        (f"mean of {name}", _level(mean, unit)) for name, mean in ((c.a, c.mean_a), (c.b, c.mean_b))
    ]
    if 2 <= c.n <= FRAGILE_SEEDS:
        rows += [
            (f"values of {name}", ", ".join(_level(value, unit) for value in values))
            for name, values in ((c.a, c.values_a), (c.b, c.values_b))
        ]
    interval = "no interval"
    if d.ci_low is not None and d.ci_high is not None:
        unadjusted = "unadjusted " if c.family else ""
        interval = f"{unadjusted}{_percent(d.level)} interval {_range(d.ci_low, d.ci_high, unit)}"
    rows.append(("difference", f"{_signed(d.points, unit)} ({c.a} minus {c.b}), {interval}"))
    rows.append((c.test.name, _test_words(c)))
    rows.append(("robustness line", _exact_words(c.robust, c.robust_p_adjusted)))
    if c.equivalence is not None:
        e = c.equivalence
        words = f"margin {_amount(e.margin, unit)}, set beforehand: "
        if e.ci_low is None or e.ci_high is None or e.p is None:
            words += "not tested"
        else:
            words += (
                f"{_percent(e.level)} interval {_range(e.ci_low, e.ci_high, unit)} "
                f"{'inside' if e.inside else 'not inside'}, two one-sided t-tests {_p(e.p)}"
            )
        rows.append(("equivalence", words))
    f = c.effects
    rows.append(
        (
            "effect sizes",
            f"{f.name if f.name == 'd_z' else 'Hedges g'} = {_two(f.value)}, "
            f"P({c.a} > {c.b}) = {_two(f.p_superiority)} "
            f"({'within pairs' if c.paired else 'over all pairings of runs'}), "
            f"Cliff's delta = {_two(f.cliffs_delta)}",
        )
    )
    if c.paired:
        rows.append(("pairs' correlation", f"r = {_two(c.correlation)}"))
    if c.failures is not None and c.failures.a.diverged + c.failures.b.diverged:
        rows += _failure_words(c, c.failures)
    used = _runs_words(c)
    rows.append(("used", used + (f" of {c.planned} planned" if c.planned is not None else "")))
    rows += [("note", note) for note in c.notes[1 if c.verdict == "undecidable" else 0 :]]
    width = max(len(name) for name, _ in rows)
    return "\n".join([_sentence(c), "", *(f"{name:<{width}}  {words}" for name, words in rows)])


def _sentence(c: Comparison) -> str:
    d = c.difference
    what = c.metric if c.class_ is None else f"{c.metric} of class {c.class_}"
    if d.points is None or d.ci_low is None or d.ci_high is None or c.verdict == "undecidable":
        return f"Undecidable, {what} of {c.a} and {c.b}: {c.notes[0]}."
    count = _runs_words(c)
    family = f", after {_correction_name(c)} over {c.family} comparisons" if c.family else ""
    direction = (
        f"{what} of {c.a} is {_amount(abs(d.points), c.unit)} "
        f"{'higher' if d.points > 0 else 'lower'} than of {c.b} ({count}{family})"
    )
    margin = _amount(c.equivalence.margin, c.unit) if c.equivalence else ""
    if c.verdict == "different":
        return f"Different: {direction}."
    if c.verdict == "different-within-margin":
        return f"Different, but within the margin of {margin}: {direction}."
    if c.verdict == "equivalent":
        pair = f"{what} of {c.a} and {c.b}"
        return f"Equivalent: {pair} differs by less than {margin} ({count}{family})."
    return (
        f"Inconclusive: {count} do not tell {c.a} and {c.b} apart in {what}{family}; the "
        f"difference may lie anywhere from {_range(d.ci_low, d.ci_high, c.unit)}."
    )


def _runs_words(c: Comparison) -> str:
    if c.paired:
        return f"{c.n} {'pair' if c.n == 1 else 'pairs'}"
    return f"{c.n_a} + {c.n_b} runs"


def _test_words(c: Comparison) -> str:
    if c.test.p is None or c.test.statistic is None or c.test.df is None:
        return "no test"
    df = f"{c.test.df:.0f}" if c.paired else f"{c.test.df:.2f}"
    adjusted = ""
    if c.p_adjusted is not None:
        adjusted = f", adjusted {_p(c.p_adjusted)} ({_correction_name(c)}, family of {c.family})"
    return f"t({df}) = {c.test.statistic:.2f}, {_p(c.test.p)}, two-sided{adjusted}"


def _exact_words(test: ExactTest, adjusted: float | None = None) -> str:
    if test.p is None:
        return f"{test.name}: no test"
    floor = "" if test.p_floor is None else f" (the smallest it could give: {_p(test.p_floor)})"
    return f"{test.name}: {_p(test.p)}{floor}" + (f", adjusted {_p(adjusted)}" if adjusted else "")


def _failure_words(c: Comparison, failures: Failures) -> list[tuple[str, str]]:
    rows = [
        (
            f"diverged, {name}",
            f"{rate.diverged} of {rate.n}, rate {rate.rate:.2f}, {_percent(c.difference.level)} "
            f"Wilson interval {rate.ci_low:.2f} to {rate.ci_high:.2f}",
        )
        for name, rate in ((c.a, failures.a), (c.b, failures.b))
    ]
    rows.append(("divergence compared", _exact_words(failures.test)))
    worst = failures.worst_case
    if worst is not None:
        words = f"{_signed(worst.points, c.unit)}"
        if worst.ci_low is not None and worst.ci_high is not None:
            words += f", interval {_range(worst.ci_low, worst.ci_high, c.unit)}"
        if worst.p is not None:
            words += f", {_p(worst.p)}"
        rows.append(("worst case", f"{words}: {worst.verdict} (diverged runs at chance)"))
    return rows


def _correction_name(c: Comparison) -> str:
    names = {"holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}
    return names.get(c.correction or "", "Bonferroni")


def _p(p: float) -> str:
    return "p < .0001" if p < 0.0001 else "p = " + f"{p:.4f}".removeprefix("0")


def _fraction(number: float) -> str:
    return f"{number:.4g}".removeprefix("0")


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.4g} %"


def _two(number: float | None) -> str:
    return "none" if number is None else f"{number:.2f}"


def _level(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    return f"{100 * value:.2f} %" if unit == "points" else f"{value:.4g} {unit}"


def _amount(size: float, unit: str) -> str:
    return f"{size:.2f} points" if unit == "points" else f"{size:.4g} {unit}"


def _signed(size: float | None, unit: str) -> str:
    return "none" if size is None else ("+" if size > 0 else "") + _amount(size, unit)


def _range(low: float, high: float, unit: str) -> str:
    if unit == "points":
        return f"{low:+.2f} to {high:+.2f} points"
    return f"{low:+.4g} to {high:+.4g} {unit}"
