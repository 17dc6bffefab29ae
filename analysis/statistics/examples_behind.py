"""The test set counts too: more seeds do not make it larger.

Seeds tell how networks differ on the images at hand. How far these stand for all images there are
is the test set's own standard error. From counts alone it is not known how often both conditions
are wrong on the same image, so a difference gets the standard error of two independent test sets,
which is too large where they often are: a bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.statistics.intervals import binomial_standard_error
from analysis.statistics.verdict import Difference


@dataclass(frozen=True)
class ExamplesBehind:
    """What a test set adds to the uncertainty of a difference of accuracies, in points.

    Attributes:
        n_test: Number of its examples.
        standard_error: Its own, of the difference: a bound, as if the two conditions had met
            independent test sets.
    """

    n_test: int
    standard_error: float

    def interval(self, d: Difference) -> tuple[float, float] | None:
        """For a new network and a new test set: the interval over seeds with this error added."""
        if d.points is None or d.ci_low is None or not d.standard_error:
            return None
        critical = (d.points - d.ci_low) / d.standard_error
        half = critical * math.hypot(d.standard_error, self.standard_error)
        return d.points - half, d.points + half


def examples_behind(
    mean_a: float | None, mean_b: float | None, n_test: int | None
) -> ExamplesBehind | None:
    """The test set behind two mean accuracies (fractions); None where its size is not known."""
    if n_test is None or mean_a is None or mean_b is None:
        return None
    errors = (binomial_standard_error(min(1.0, mean), n_test) for mean in (mean_a, mean_b))
    return ExamplesBehind(n_test, 100 * math.hypot(*errors))
