"""The plan of a group-sequential comparison, and what its looks came to.

A plan names the numbers of seeds at which is looked, how the error is spent among the looks, and
how many comparisons share it (Bonferroni). The intervals of all looks hold together, whenever and
for whatever reason a study stops (repeated confidence intervals, Jennison & Turnbull 1989).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from analysis.rendering.formatting import counted, format_fraction, format_p
from analysis.statistics.boundaries import (
    SPENDING,
    Boundary,
    Spending,
    boundary,
    information_of,
)
from analysis.statistics.verdict import Difference

NAMES: dict[Spending, str] = {"obrien-fleming": "O'Brien-Fleming type", "pocock": "Pocock type"}
LOOKS = (5, 10, 20, 40)
"""Seeds of the looks unless others are named."""
USUAL_SPENDING: Spending = "pocock"
"""How their error is shared unless another way is named."""


@dataclass(frozen=True)
class LookPlan:
    """When is looked, and what a look may decide; made before the first seed is run.

    Attributes:
        looks: Seeds of each condition at each look, rising; the last is the largest number.
        spending: How the error is shared among the looks, see `boundaries.spent`.
        comparisons: How many comparisons share the error equally.
        level: Joint coverage of all intervals of all looks; the error is 1 - level.

    Raises:
        ValueError: Looks that do not rise from 3 on, or another field out of range.
    """

    looks: tuple[int, ...] = LOOKS
    spending: Spending = USUAL_SPENDING
    comparisons: int = 1
    level: float = 0.95

    def __post_init__(self) -> None:
        information_of(self.looks)
        if self.looks[0] < 3 or any(int(n) != n for n in self.looks):
            raise ValueError(
                f"received looks {list(self.looks)}; expected whole numbers from 3 up; with fewer "
                "seeds nothing is decided"
            )
        if self.spending not in SPENDING or self.comparisons < 1 or not 0 < self.level < 1:
            raise ValueError(
                f"received spending={self.spending!r}, comparisons={self.comparisons}, "
                f"level={self.level}; expected one of {', '.join(SPENDING)}, 1 or more, and a "
                "fraction; correct the plan"
            )

    @cached_property
    def boundary(self) -> Boundary:
        """The boundary of each comparison."""
        return boundary(self.looks, (1 - self.level) / self.comparisons, self.spending)

    @property
    def shared(self) -> bool:
        """Whether several comparisons share the error."""
        return self.comparisons > 1

    def to_json(self) -> dict[str, Any]:
        """Plain objects, as they are stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> LookPlan:
        """The plan that was stored."""
        return cls(**{**found, "looks": tuple(found["looks"])})

    @classmethod
    def stored(cls, design: str) -> LookPlan:
        """The plan in the text that a store keeps with a study's first record."""
        return cls.from_json(json.loads(design))

    def __str__(self) -> str:
        """The plan in a line."""
        *first, last = self.looks
        at = f"{', '.join(map(str, first))} and at most {last}" if first else str(last)
        shared = f", shared by {self.comparisons} comparisons" if self.shared else ""
        error = format_fraction(1 - self.level)
        return f"looks at {at} seeds, {NAMES[self.spending]}, error {error}{shared}"


@dataclass(frozen=True)
class Looked:
    """What the looks at a comparison came to.

    Attributes:
        plan: The plan.
        differences: At each look that was reached, up to the one that decided: the difference
            with its repeated interval.
        p: The p of each of these looks; None where there was no test.
        stagewise_p: By stage-wise ordering, times the number of comparisons; None while the
            comparison is open before its last look.
    """

    plan: LookPlan
    differences: tuple[Difference, ...]
    p: tuple[float | None, ...]
    stagewise_p: float | None = None

    @property
    def last(self) -> bool:
        """Whether it was the last look of the plan."""
        return len(self.differences) == len(self.plan.looks)

    @property
    def place(self) -> str:
        """At which look the result is, in words."""
        reached, planned = len(self.differences), len(self.plan.looks)
        return f"look {reached} of {planned}, at most {counted(self.plan.looks[-1], 'seed')}"

    @property
    def boundary_text(self) -> str:
        """The boundary of the look, and the p by stage-wise ordering."""
        nominal = self.plan.boundary.nominal[len(self.differences) - 1]
        text = f"this look decides at p of {format_fraction(nominal)} and less"
        if self.stagewise_p is None:
            return text
        times = " (Bonferroni)" if self.plan.shared else ""
        return f"{text}, {format_p(self.stagewise_p)} by stage-wise ordering{times}"

    def to_json(self) -> dict[str, Any]:
        """Plain objects: the plan, and each look."""
        reached = zip(self.plan.looks, self.differences, self.p, strict=False)
        nominal = self.plan.boundary.nominal
        return {
            "plan": self.plan.to_json(),
            "looks": [
                {
                    "seeds": seeds,
                    "difference": d.points,
                    "ci_low": d.ci_low,
                    "ci_high": d.ci_high,
                    "p": p,
                    "boundary": nominal[k],
                }
                for k, (seeds, d, p) in enumerate(reached)
            ],
            "stagewise_p": self.stagewise_p,
        }
