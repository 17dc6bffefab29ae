"""What a plan of looks costs and finds, by the size of the difference: simulated beforehand."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from analysis.rendering.formatting import format_amount, format_percent
from analysis.statistics.looks import LookPlan
from analysis.statistics.statistical_power import power, sd_of_differences, seeds_needed

STUDIES = 20_000
"""Simulated for each figure: the standard error of a power is at most .0035."""
TIMES = (0.0, 0.5, 1.0, 2.0)
"""The differences that are shown, as multiples of the one that was asked for."""


@dataclass(frozen=True)
class Expected:
    """What a plan of looks comes to where this is the true difference.

    Attributes:
        difference: The true one, in the unit of the standard deviation.
        found: Probability that a comparison ends as different.
        seeds: Expected number of seeds.
        fixed_found: Power of as many seeds as the last look has, all of them run.
        fixed_seeds: Seeds with which a fixed design has the power asked for; None of no difference.
    """

    difference: float
    found: float
    seeds: float
    fixed_found: float
    fixed_seeds: int | None


@dataclass(frozen=True)
class SequentialPlan:
    """A plan of looks beside the fixed design."""

    plan: LookPlan
    sd: float
    paired: bool
    correlation: float
    power: float
    unit: str
    expected: tuple[Expected, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain objects."""
        return asdict(self)


def plan_looks(
    plan: LookPlan,
    sd: float,
    difference: float,
    *,
    paired: bool,
    correlation: float = 0.0,
    power: float = 0.8,
    unit: str = "points",
) -> SequentialPlan:
    """What a plan of looks costs and finds for none, half, all and twice of a difference.

    Normal data, 20,000 studies from a fixed stream.

    Args:
        plan: The plan.
        sd: Standard deviation over the seeds of one condition.
        difference: True difference that matters, in the unit of `sd`.
        paired: Whether the conditions share their seeds.
        correlation: Of the pairs.
        power: Of the fixed design that it is set beside.
        unit: Of `sd` and `difference`.

    Raises:
        ValueError: A number out of range.
    """
    if not difference > 0:
        raise ValueError(
            f"received difference={difference}; expected a positive number; name the smallest "
            "difference that would matter"
        )
    design: dict[str, Any] = {"paired": paired, "correlation": correlation}
    design["alpha"] = (1 - plan.level) / plan.comparisons
    each = sd_of_differences(sd, correlation)
    expected = []
    for true in (times * difference for times in TIMES):
        found, seeds = _simulated(plan, true / each, paired=paired)
        fixed = seeds_needed(sd, true, power=power, **design) if true else None
        largest = _power(plan.looks[-1], sd, true, **design)
        expected.append(Expected(true, found, seeds, largest, fixed))
    return SequentialPlan(plan, sd, paired, correlation, power, unit, tuple(expected))


_power = power  # `plan_looks` has an argument of that name


def _simulated(plan: LookPlan, effect: float, *, paired: bool) -> tuple[float, float]:
    """How often a comparison ends as different, and how many seeds it takes on average.

    Args:
        plan: The plan.
        effect: True difference over the standard deviation of A - B of one seed.
        paired: Whether that standard deviation is estimated from the pairs' differences.
    """
    random = np.random.default_rng(0)
    largest = plan.looks[-1]
    if paired:
        sides = [random.normal(effect, 1, (STUDIES, largest))]
    else:
        spread = np.sqrt(0.5)
        sides = [random.normal(mean, spread, (STUDIES, largest)) for mean in (effect, 0)]
    seeds, open_ = np.full(STUDIES, largest), np.ones(STUDIES, dtype=bool)
    for n, nominal in zip(plan.looks, plan.boundary.nominal, strict=True):
        means = [side[:, :n].mean(axis=1) for side in sides]
        error = np.sqrt(sum(side[:, :n].var(axis=1, ddof=1) for side in sides) / n)
        t = (means[0] - (0 if paired else means[1])) / error
        p = 2 * stdtr(len(sides) * (n - 1), -np.abs(t))
        seeds[open_ & (p <= nominal)] = n
        open_ &= p > nominal
    return float((~open_).mean()), float(seeds.mean())


def explain_looks(found: SequentialPlan) -> str:
    """A plan of looks as text: a line, then one for each size of the difference."""
    each = "pairs of seeds" if found.paired else "seeds per condition"
    given = f", correlation {found.correlation:.2f}" if found.paired else ""
    sd = format_amount(found.sd, found.unit)
    about = str(found.plan)
    lines = [f"{about[0].upper()}{about[1:]}; sd {sd}{given}; expected {each}:"]
    for row in found.expected:
        size = format_amount(row.difference, found.unit)
        line = (
            f"true difference {size}: {row.seeds:.1f} expected (largest {found.plan.looks[-1]}), "
            f"found with a probability of {format_percent(round(row.found, 3))}"
        )
        if row.fixed_seeds is None:
            line += ", a false alarm"
        else:
            line += (
                f"; fixed design: {row.fixed_seeds} for {format_percent(found.power)}, "
                f"{format_percent(round(row.fixed_found, 3))} with {found.plan.looks[-1]}"
            )
        lines.append(line)
    return "\n".join(lines)
