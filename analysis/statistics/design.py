"""How values are compared: everything about a comparison that is said before it is made."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Right = Mapping[Hashable, NDArray[np.bool_]]
"""Which test examples the network of each seed gets right, [examples]."""


@dataclass(frozen=True)
class Design:
    """How values are compared; see `analysis.statistics.comparison.compare` for each option.

    Attributes:
        paired: Whether the conditions share their seeds.
        unit: "points" for accuracies, else the metric's own.
        level: Confidence level; tests are at `alpha`, 1 - level.
        margin: Largest difference that does not matter, in points or in `unit`.
        chance: What a network that guesses scores.
        n_test: Number of test examples behind every accuracy.
        planned: Number of seeds planned per condition.
        rounding: The last digit that values were printed to, in their unit; 0 for all of them.
        monte_carlo_seed: Of the random sign flips where no exact test is affordable.

    Raises:
        ValueError: If one is out of range.
    """

    paired: bool
    unit: str = "points"
    level: float = 0.95
    margin: float | None = None
    chance: float | None = None
    n_test: int | None = None
    planned: int | None = None
    monte_carlo_seed: int = 0
    rounding: float = 0.0

    def __post_init__(self) -> None:
        level, margin, unit, chance = self.level, self.margin, self.unit, self.chance
        if not 0 < level < 1:
            raise ValueError(
                f"received level={level}; expected between 0 and 1; write .95 for 95 %"
            )
        if margin is not None and not (0 < margin < math.inf):
            raise ValueError(
                f"received margin={margin}; expected a positive number of {unit}; leave it out if "
                "no margin was set beforehand"
            )
        if self.n_test is not None and (self.n_test < 1 or unit != "points"):
            raise ValueError(
                f"received n_test={self.n_test} with unit={unit!r}; expected 1 or more test "
                "examples, for accuracies only; leave it out otherwise"
            )
        if self.planned is not None and self.planned < 1:
            raise ValueError(
                f"received planned={self.planned}; expected 1 or more seeds; or leave it out"
            )
        if chance is not None and not _possible(chance, unit):
            raise ValueError(
                f"received chance={chance}; expected what a guessing network scores, as a fraction "
                "from 0 to 1; divide percent by 100"
            )

    @property
    def scale(self) -> float:
        """From the unit of the values to that of their difference: 100 for points, else 1."""
        return 100.0 if self.unit == "points" else 1.0

    @property
    def alpha(self) -> float:
        """Significance level of the tests."""
        return round(1 - self.level, 12)


def _possible(chance: float, unit: str) -> bool:
    return 0 <= chance <= 1 if unit == "points" else math.isfinite(chance)
