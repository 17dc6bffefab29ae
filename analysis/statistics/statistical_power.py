"""Power of the t-tests and reach of the exact tests: how many seeds find a difference.

Power is computed for a difference that is named beforehand. There is no "post-hoc power": put the
observed difference in, and the answer only repeats the p-value (Hoenig & Heisey 2001).

Standard deviations and differences are in one unit, points throughout Ebb.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

import numpy as np
from scipy.special import chdtri, comb, ndtr, stdtrit

FEWEST_SEEDS = 3  # below this a comparison is undecidable, whatever the power
MOST_SEEDS = 1_000_000
POINTS = 2_000
"""At which the distribution of a standard error is taken."""


def sd_of_differences(sd: float, correlation: float) -> float:
    """Standard deviation of A - B where both have `sd` and correlate: sd * sqrt(2 (1 - r)).

    This is what a paired test sees. The average of the two conditions' deviations (d_av) is not:
    it ignores what pairing gains.

    Raises:
        ValueError: If sd or correlation is out of range.
    """
    if not -1 <= correlation < 1:
        raise ValueError(
            f"received correlation={correlation}; expected -1 to below 1; at 1 every pair has the "
            "same difference and one pair shows it"
        )
    return _positive(sd, "sd") * math.sqrt(2 * (1 - correlation))


def power(
    seeds: float,
    sd: float,
    difference: float,
    *,
    paired: bool,
    correlation: float = 0.0,
    alpha: float = 0.05,
) -> float:
    """Probability that the two-sided t-test finds a true difference; both tails count.

    Args:
        seeds: Seeds per condition (pairs), over 1; need not be whole.
        sd: Standard deviation over the seeds of one condition.
        difference: True difference of the means, in the unit of `sd`.
        paired: Paired t-test; otherwise the two-sample t-test with equal deviations.
        correlation: Of the pairs; 0 if unpaired.
        alpha: Significance level.

    Returns:
        A probability.

    Raises:
        ValueError: If an argument is out of range.

    Examples:
        >>> from analysis import power
        >>> round(power(10, sd=0.3, difference=0.5, paired=False), 2)
        0.94
    """
    if not 0 < alpha < 1:
        raise ValueError(f"received alpha={alpha}; expected between 0 and 1; write .05 for 5 %")
    if not seeds > 1:
        raise ValueError(f"received seeds={seeds}; expected more than 1; one seed has no spread")
    if not paired and correlation != 0:
        raise ValueError(
            f"received correlation={correlation} for unpaired runs; expected 0; declare paired=True"
        )
    from scipy import stats  # noqa: PLC0415  # comparisons, which take numbers from here, do without

    error, df = standard_error(seeds, sd, paired=paired, correlation=correlation)
    effect = difference / error
    critical = -stdtrit(df, alpha / 2)
    # Upper tails only: nct.cdf is NaN in the far tail.
    return float(stats.nct.sf(critical, df, effect) + stats.nct.sf(critical, df, -effect))


def seeds_needed(
    sd: float,
    difference: float,
    *,
    paired: bool,
    correlation: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int:
    """Fewest seeds per condition (pairs) with which `difference` is found with this power.

    At least 3: with fewer a comparison is undecidable. The arguments are those of the function
    `power`, whose result is to be this `power` at least.

    Raises:
        ValueError: If an argument is out of range, or over a million seeds would be needed.

    Examples:
        >>> from analysis import seeds_needed
        >>> seeds_needed(sd=0.3, difference=0.5, paired=False)
        7
    """
    if difference == 0 or not math.isfinite(difference):
        raise ValueError(
            f"received difference={difference}; expected a number other than 0; name the smallest "
            "difference that would matter"
        )
    _check_power(power, alpha)

    def enough(n: int) -> bool:
        return (
            _power(n, sd, difference, paired=paired, correlation=correlation, alpha=alpha) >= power
        )

    return _fewest(enough, FEWEST_SEEDS)


def standard_error(
    n: float, sd: float, *, paired: bool, correlation: float = 0.0
) -> tuple[float, float]:
    """Standard error of a difference of means, and its degrees of freedom."""
    if paired:
        return sd_of_differences(sd, correlation) / math.sqrt(n), n - 1
    return _positive(sd, "sd") * math.sqrt(2 / n), 2 * n - 2


def equivalence_power(
    margin: float, error: float, df: float, *, difference: float = 0.0, alpha: float = 0.05
) -> float:
    """Probability that two one-sided t-tests put a true difference inside a margin.

    Exact, over the distribution of the estimated standard error (as in Phillips 1990).

    Args:
        margin: In the unit of `error`.
        error: True standard error of the difference.
        df: Its degrees of freedom.
        difference: True difference.
        alpha: Level of either test.
    """
    chances = (np.arange(POINTS) + 0.5) / POINTS
    half = -stdtrit(df, alpha) * np.sqrt(chdtri(df, chances) / df)
    low, high = (-margin - difference) / error + half, (margin - difference) / error - half
    return float(np.maximum(ndtr(high) - ndtr(low), 0).mean())


def seeds_for_margin(
    sd: float,
    margin: float,
    *,
    paired: bool,
    correlation: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int:
    """Fewest seeds with which conditions that are alike are shown to be so within a margin."""
    _positive(margin, "margin")
    _check_power(power, alpha)

    def enough(n: int) -> bool:
        error, df = standard_error(n, sd, paired=paired, correlation=correlation)
        return equivalence_power(margin, error, df, alpha=alpha) >= power

    return _fewest(enough, FEWEST_SEEDS)


def seeds_for_half_width(
    sd: float, half_width: float, *, paired: bool, correlation: float = 0.0, alpha: float = 0.05
) -> int:
    """Fewest seeds with which the interval of the difference is expected to be this narrow."""
    _positive(half_width, "half-width")

    def enough(n: int) -> bool:
        error, df = standard_error(n, sd, paired=paired, correlation=correlation)
        return -float(stdtrit(df, alpha / 2)) * error <= half_width

    return _fewest(enough, FEWEST_SEEDS)


_power = power  # `seeds_needed` has an argument of that name


def smallest_p(n: int, *, paired: bool) -> float:
    """Smallest two-sided p of the exact tests without ties, for n pairs or n + n runs.

    2 / 2^n for the sign-flip test (and Wilcoxon's), 2 / C(2n, n) for Mann-Whitney.
    """
    return 2.0 ** (1 - n) if paired else float(2 / comb(2 * n, n))


def seeds_to_reach(alpha: float, *, paired: bool) -> int:
    """Fewest seeds with which the exact test can give p <= alpha at all (no ties)."""
    return _fewest(lambda n: smallest_p(n, paired=paired) <= alpha, 1)


def _fewest(enough: Callable[[int], bool], least: int) -> int:
    """Smallest n >= least for which `enough(n)`, which stays true once it is true."""
    high = least
    while not enough(high):
        if high > MOST_SEEDS:
            raise ValueError(
                f"received a plan that needs over {MOST_SEEDS:,} seeds; expected fewer; name a "
                "larger difference"
            )
        high *= 2
    return bisect_left(range(high), True, lo=max(least, high // 2 + 1), key=enough)


def _positive(number: float, name: str) -> float:
    if not 0 < number < math.inf:
        raise ValueError(
            f"received {name}={number}; expected a positive number of points"
            + ("; measure it in a pilot" if name == "sd" else "")
        )
    return number


def _check_power(power: float, alpha: float) -> None:
    if not alpha < power < 1:
        raise ValueError(f"received power={power}; expected over {alpha} and below 1; write .8")
