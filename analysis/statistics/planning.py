"""How many seeds a study needs, planned before it runs.

A standard deviation that comes from a pilot is itself an estimate, so every plan made from one has
two numbers: the seeds needed if the estimate is the truth, and those to be on the safe side.

Standard deviations and differences are in one unit: points for accuracies and proportions, else
the metric's own.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from analysis.rendering.formatting import format_amount, format_percent
from analysis.statistics.statistical_power import (
    sd_of_differences,
    seeds_for_half_width,
    seeds_for_margin,
    seeds_needed,
)

Goal = Literal["difference", "margin", "half-width"]
UPPER_CONFIDENCE = 0.8  # a pilot's sd is replaced by its upper bound at this confidence


@dataclass(frozen=True)
class Plan:
    """Seeds needed per condition (pairs: number of pairs), as planned and to be on the safe side.

    Attributes:
        sd: Standard deviation over the seeds of one condition.
        sd_difference: Standard deviation of the pairs' differences; None if unpaired.
        seeds: Seeds needed if `sd` is the truth.
        pilot_seeds: Number of seeds (pairs) that `sd` was estimated from, of the smaller condition
            where they differ; None if it is given.
        pilot_df: Degrees of freedom of `sd`.
        upper_factor: Upper 80 % bound of the true sd, as a multiple of the estimate.
        seeds_upper: Seeds needed if the truth is that bound: the number to plan with.
        truth_low: Lower end of the 95 % interval of the true sd, as a multiple of the estimate.
        truth_high: Its upper end.
        unit: Of `sd` and `difference`.
        goal: What the seeds are for: to find `difference`, to show that there is none beyond it
            (it is the margin), or to know the difference to so much (it is the half-width).
        comparisons: Size of the family, whose Bonferroni correction is planned with.
    """

    sd: float
    difference: float
    paired: bool
    correlation: float
    power: float
    alpha: float
    sd_difference: float | None
    seeds: int
    pilot_seeds: int | None = None
    upper_factor: float | None = None
    seeds_upper: int | None = None
    truth_low: float | None = None
    truth_high: float | None = None
    unit: str = "points"
    pilot_df: int | None = None
    goal: Goal = "difference"
    comparisons: int = 1

    def to_json(self) -> dict[str, Any]:
        """Plain objects for `json.dumps`; a missing figure is None."""
        return asdict(self)


def upper_sd_factor(df: float, confidence: float = UPPER_CONFIDENCE) -> float:
    """Upper confidence bound of the true standard deviation over the estimated one.

    sqrt(df / chi-square quantile(1 - confidence)): 1.56 at df = 4 (five seeds), 1.29 at df = 9.

    Args:
        df: Degrees of freedom of the estimate, n - 1 for one sample.
        confidence: One-sided.

    Raises:
        ValueError: If df < 1.
    """
    if not df >= 1:
        raise ValueError(f"received df={df}; expected 1 or more; a pilot needs at least 2 seeds")
    return math.sqrt(df / float(chdtri(df, confidence)))


def sd_interval_factors(df: float) -> tuple[float, float]:
    """95 % interval of the true standard deviation over the estimated: .60 to 2.87 at df = 4."""
    return upper_sd_factor(df, 0.025), upper_sd_factor(df, 0.975)


def plan(  # noqa: PLR0913  # a user's options
    sd: float,
    difference: float,
    *,
    paired: bool,
    correlation: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
    pilot_seeds: int | None = None,
    pilot_df: int | None = None,
    unit: str = "points",
    goal: Goal = "difference",
    comparisons: int = 1,
) -> Plan:
    """Seeds needed, and again with the upper bound of a standard deviation that is an estimate.

    The arguments are those of `seeds_needed`, with the seeds that `sd` was estimated from, if it
    was, its degrees of freedom (`pilot_seeds` - 1 unless it is of two conditions), the unit of `sd`
    and `difference`, and goal and comparisons as in `Plan`.

    Raises:
        ValueError: If an argument is out of range.

    Examples:
        >>> from analysis import plan
        >>> plan(0.3, 0.5, paired=False, pilot_seeds=5).seeds_upper
        15
    """
    if comparisons < 1:
        raise ValueError(f"received comparisons={comparisons}; expected 1 or more; count the tests")
    shared: dict[str, Any] = {"paired": paired, "correlation": correlation}
    shared["alpha"] = alpha / comparisons

    def needed(deviation: float) -> int:
        if goal == "half-width":
            return seeds_for_half_width(deviation, difference, **shared)
        if goal == "margin":
            return seeds_for_margin(deviation, difference, power=power, **shared)
        return seeds_needed(deviation, difference, power=power, **shared)

    of_pairs = sd_of_differences(sd, correlation) if paired else None
    result = Plan(
        sd, difference, paired, correlation, power, alpha, of_pairs, needed(sd),
        unit=unit, goal=goal, comparisons=comparisons,
    )  # fmt: skip
    if pilot_seeds is None:
        return result
    df = pilot_seeds - 1 if pilot_df is None else pilot_df
    factor = upper_sd_factor(df)
    low, high = sd_interval_factors(df)
    return replace(
        result,
        pilot_seeds=pilot_seeds,
        pilot_df=df,
        upper_factor=factor,
        seeds_upper=needed(factor * sd),
        truth_low=low,
        truth_high=high,
    )


def plan_from_pilot(
    a: ArrayLike,
    b: ArrayLike,
    difference: float,
    *,
    paired: bool,
    correlation: float | None = None,
    **options: Any,
) -> Plan:
    """Plan from a pilot's values. Its observed difference is not used, on purpose.

    Args:
        a: Values of the first condition in `unit`, [n]; for pairs in the same order of seeds as b.
        b: Values of the second condition in `unit`, [m].
        difference: Smallest difference worth finding, in `unit`.
        paired: Whether the conditions share their seeds.
        correlation: Of the pairs to plan with; the pilot's own if None.
        **options: What `plan` takes besides: power, alpha, unit, goal and comparisons.

    Returns:
        The plan; `sd` is pooled over both conditions, `correlation` is what makes it agree with
        the standard deviation of the pairs' differences.

    Raises:
        ValueError: If the pilot has fewer than 2 seeds, does not vary, or does not pair up.

    Examples:
        >>> from analysis import plan_from_pilot
        >>> found = plan_from_pilot([97.7, 97.2, 98.1], [97.1, 97.0, 97.4], 0.5, paired=True)
        >>> found.seeds, found.seeds_upper
        (5, 12)
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if min(x.size, y.size) < 2 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError(
            f"received a pilot of {x.size} and {y.size} values; expected at least 2 finite ones of "
            "either condition; run more seeds, leave out diverged ones"
        )
    if paired and x.size != y.size:
        raise ValueError(
            f"received {x.size} and {y.size} values for pairs; expected one of either condition "
            "for every seed; leave out seeds without a partner"
        )
    df = x.size + y.size - 2
    variance = ((x.size - 1) * x.var(ddof=1) + (y.size - 1) * y.var(ddof=1)) / df
    of_pairs = (x - y).var(ddof=1) if paired else math.inf
    if math.sqrt(min(variance, of_pairs)) <= 1e-7 * float(np.abs(x).max()):
        raise ValueError(
            "received a pilot without variation; expected values that differ between seeds; check "
            "that the seed reaches the network"
        )
    sd = math.sqrt(variance)
    if correlation is None:
        correlation = max(-1.0, 1 - float(of_pairs) / (2 * variance)) if paired else 0.0
    return plan(
        sd,
        difference,
        paired=paired,
        correlation=correlation,
        pilot_seeds=min(x.size, y.size),
        pilot_df=x.size - 1 if paired else df,
        **options,
    )


def explain_plan(plan: Plan) -> str:
    """A plan as text.

    Examples:
        >>> from textwrap import fill
        >>> from analysis import explain_plan, plan
        >>> print(fill(explain_plan(plan(0.3, 0.5, paired=False)), 80))
        7 seeds per condition find a difference of 0.50 points with a probability of 80
        % (sd 0.30 points; two-sided two-sample t-test at 0.05).
    """
    each = "pairs of seeds" if plan.paired else "seeds per condition"
    given = f", correlation {plan.correlation:.2f}" if plan.paired else ""
    size, chance = format_amount(abs(plan.difference), plan.unit), format_percent(plan.power)
    kind = "paired" if plan.paired else "two-sample"
    promise, test = {
        "difference": (
            f"find a difference of {size} with a probability of {chance}",
            f"two-sided {kind} t-test at {plan.alpha:g}",
        ),
        "margin": (
            f"show with a probability of {chance} that conditions which are alike differ by less "
            f"than {size}",
            f"two one-sided {kind} t-tests at {plan.alpha:g}",
        ),
        "half-width": (
            f"are expected to give the difference to +-{size}",
            f"{format_percent(1 - plan.alpha)} interval of the {kind} t-test",
        ),
    }[plan.goal]
    if plan.comparisons > 1:
        test += f", Bonferroni over {plan.comparisons} comparisons"
    sd = format_amount(plan.sd, plan.unit)
    lines = [f"{plan.seeds} {each} {promise} (sd {sd}{given}; {test})."]
    if plan.seeds_upper is not None and plan.pilot_df is not None:
        pilot = f"{plan.pilot_seeds} seeds"
        if plan.pilot_df != (plan.pilot_seeds or 0) - 1:
            pilot = f"{plan.pilot_df + 2} runs of two conditions"
        lines.append(
            f"The sd comes from {pilot} and is itself uncertain: the truth lies "
            f"in {plan.truth_low:.2f} to {plan.truth_high:.2f} times it (95 % interval). To be on "
            f"the safe side plan with its upper 80 % bound, {plan.upper_factor:.2f} times: "
            f"{plan.seeds_upper} {each}."
        )
    return "\n".join(lines)
