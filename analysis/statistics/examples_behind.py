"""The test set counts too: more seeds do not make it larger.

Seeds tell how networks differ on the images at hand. How far these stand for all images there are
is the test set's own standard error. From counts alone it is not known how often both conditions
are wrong on the same image, so a difference gets the standard error of two independent test sets,
which is too large where they often are: a bound. Where it is known which images each network gets
right, networks and images are two crossed factors, as readers and cases are in studies of
diagnosis, and each has its own share of the variance (Dorfman, Berbaum & Metz 1992).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from analysis.statistics.design import Right
from analysis.statistics.grid import Floats
from analysis.statistics.intervals import binomial_standard_error
from analysis.statistics.verdict import Difference


@dataclass(frozen=True)
class ExamplesBehind:
    """What a test set adds to the uncertainty of a difference of accuracies, in points.

    Attributes:
        n_test: Number of its examples.
        standard_error: Its own, of the difference: of pairs of predictions, or a bound, as if the
            two conditions had met independent test sets.
        exact: Whether it is of pairs of predictions.
    """

    n_test: int
    standard_error: float
    exact: bool = False

    def interval(self, d: Difference) -> tuple[float, float] | None:
        """For new networks and a new test set: the interval over seeds with this error added.

        Of pairs of predictions the sum of both variances has degrees of freedom of its own, those
        of Hillis (2007): Satterthwaite's, with the examples' part taken as known. A bound keeps
        those of the seeds, so that it is never the narrower one.
        """
        if d.points is None or d.ci_low is None or not d.standard_error or not d.df:
            return None
        error = math.hypot(d.standard_error, self.standard_error)
        critical = (d.points - d.ci_low) / d.standard_error
        if self.exact:
            # As likely to be exceeded as the critical value of the seeds, a family's too.
            df = d.df * (error / d.standard_error) ** 4
            critical = -float(stdtrit(df, stdtr(d.df, -critical)))
        half = critical * error
        return d.points - half, d.points + half


def examples_behind(
    mean_a: float | None, mean_b: float | None, n_test: int | None
) -> ExamplesBehind | None:
    """The test set behind two mean accuracies (fractions); None where its size is not known."""
    if n_test is None or mean_a is None or mean_b is None:
        return None
    errors = (binomial_standard_error(min(1.0, mean), n_test) for mean in (mean_a, mean_b))
    return ExamplesBehind(n_test, 100 * math.hypot(*errors))


def predicted_examples(
    right: tuple[Right, Right],
    seeds: tuple[Sequence[Hashable], Sequence[Hashable]],
    values: tuple[Floats, Floats],
    *,
    paired: bool,
) -> ExamplesBehind | None:
    """The test set behind two conditions whose networks met the same examples.

    Args:
        right: Of both conditions.
        seeds: Whose networks are compared, on either side.
        values: Their accuracies, fractions.
        paired: Whether networks are pairs.

    Returns:
        None for fewer than 2 networks on a side, or fewer than 2 examples.

    Raises:
        ValueError: If they are of other examples, or of other networks than the accuracies.
    """
    if min(map(len, seeds)) < 2:
        return None
    known = [[of.get(seed, ()) for seed in who] for of, who in zip(right, seeds, strict=True)]
    sizes = {len(each) for side in known for each in side}
    sides = [np.array(side, dtype=float) for side in known if len(sizes) == 1]
    if not sides or any(
        np.abs(side.mean(axis=1) - of).max() > 1e-6 for side, of in zip(sides, values, strict=True)
    ):
        raise ValueError(
            "received predictions that are not of these accuracies; expected which examples of one "
            "test set each run gets right, by seed; leave them out if they are of another set"
        )
    if sizes == {1}:
        return None
    error = crossed_standard_error([sides[0] - sides[1]] if paired else sides)
    return ExamplesBehind(sides[0].shape[1], 100 * error, exact=True)


def crossed_standard_error(tables: Sequence[ArrayLike]) -> float:
    """The share of the examples in the standard error of a mean, or of a difference of two.

    Networks and examples are crossed random factors. What the examples add beyond the spread over
    networks is (MS examples - MS residual) / (networks x examples) of the two-way analysis of
    variance without replication (Dorfman, Berbaum & Metz 1992; Hillis 2007), 0 where that is
    negative. Of two conditions with networks of their own, each has its own residual.

    Args:
        tables: [networks, examples]: the differences of pairs; or both conditions, whose networks
            share nothing but the examples.

    Returns:
        A fraction.
    """
    layers = [np.asarray(table, dtype=float) for table in tables]
    of_each = layers[0].mean(axis=0) - (layers[1].mean(axis=0) if len(layers) > 1 else 0.0)
    noise = sum(_residual(layer) / len(layer) for layer in layers)
    return math.sqrt(max(0.0, float(of_each.var(ddof=1)) - noise) / of_each.size)


def _residual(table: Floats) -> float:
    """The mean square of what neither the network nor the example explains."""
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    left = table - rows - columns + table.mean()
    return float((left**2).sum() / ((len(table) - 1) * (table.shape[1] - 1)))
