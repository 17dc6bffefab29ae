"""What is known of a metric: its unit, which way is better, its definition, its value in a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from analysis.runs import RunLike, RunSet, last_in_history

POINTS = "points"
"""The unit of accuracies: fractions, whose differences are points."""
PERCENTAGE_POINTS = "percentage points"
"""The unit of the other fractions, as drops and proportions are: they are compared in percent."""


@dataclass(frozen=True)
class Metric:
    """A figure that runs have.

    Attributes:
        name: What it is called in tables and on the command line.
        unit: `POINTS`, `PERCENTAGE_POINTS`, "nats", "epochs", ...; the metric's own name where no
            unit is known.
        higher_is_better: Whether more of it is better; None where that cannot be said.
        scope: What it is a figure of: a "run" (some also of one class of it), each "class", all
            "classes" together, or all runs of a "condition".
        definition: What it is, in a line.
        source: The paper that defines it, if one does.
        compute: The figure of one of a set's runs, or of one of its classes; None or NaN where the
            run does not have it. Without it the figure is in the history of the runs that have it.
        set: The evaluated set that it is of, if it is of one.
        quantity: What is measured on the set: "accuracy", "loss", ...; or what a "share ..." is of.
        when: Whose evaluation counts: the "last", that of the "best" epoch, or of epoch N.
    """

    name: str
    unit: str
    higher_is_better: bool | None = None
    scope: Literal["run", "class", "classes", "condition"] = "run"
    definition: str = ""
    source: str = ""
    compute: Callable[[RunSet[Any], RunLike, int | None], float | None] | None = None
    set: str = ""
    quantity: str = ""
    when: str | int = "last"

    @property
    def is_fraction(self) -> bool:
        """Whether it is printed in percent; others are printed as they are."""
        return self.unit in (POINTS, PERCENTAGE_POINTS)

    @property
    def is_epoch(self) -> bool:
        """Whether it is the number of an epoch."""
        return self.unit == "epochs" != self.name

    @property
    def factor(self) -> float:
        """What values are multiplied by before they are compared."""
        return 100.0 if self.unit == PERCENTAGE_POINTS else 1.0

    @property
    def decimals(self) -> int:
        """The decimals that people are shown; a table says how many those of percentages are."""
        return 2 if self.is_fraction else 1 if self.is_epoch else 4

    def value(self, runs: RunSet[Any], run: RunLike, class_: int | None = None) -> float | None:
        """The figure of one of these runs, or of one class; None where the run lacks it."""
        value = self.compute(runs, run, class_) if self.compute else None
        if value is None and class_ is None:
            value = last_in_history(run).get(self.name)
        return None if value is None or math.isnan(value) else float(value)
