"""Boundaries of group-sequential tests: how much error each look may spend.

Looking at a result after 5, 10 and 20 seeds and stopping when p < .05 makes false alarms in far
more than 5 % of all studies. A spending function (Lan & DeMets 1983) shares the error among looks
that are planned by their fraction of the largest number of seeds, their information t in (0, 1].
What is computed are critical values of the standard normal statistic, by numerical integration of
its density over the values that let the study go on (Armitage, McPherson & Rowe 1969; Jennison &
Turnbull 2000, chapter 19). Of few seeds the statistic is Student's: its p is held against the
boundary's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Spending = Literal["obrien-fleming", "pocock"]
SPENDING: tuple[Spending, ...] = ("obrien-fleming", "pocock")

NODES = 128
"""Of the Gauss-Legendre rule over the values between two boundaries; 64 give the same 8 digits."""
FAR = 9.0
"""Critical value of a look that spends nothing that can be computed: p is below 1e-18."""
_X, _W = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True)
class Boundary:
    """Two-sided, symmetric boundaries of planned looks.

    Attributes:
        information: Of each look, its fraction of the last one's seeds, rising to 1.
        spent: Error that is spent when the look is over, rising to alpha.
        critical: Values of |Z| from which the study stops there.
    """

    information: tuple[float, ...]
    spent: tuple[float, ...]
    critical: tuple[float, ...]

    @property
    def nominal(self) -> tuple[float, ...]:
        """The two-sided p of each look at which the study stops."""
        return tuple(2 * float(ndtr(-c)) for c in self.critical)


def spent(information: float, alpha: float, spending: Spending) -> float:
    """The two-sided error that may be spent up to a fraction of the information.

    Each side spends alpha / 2: O'Brien & Fleming's type 2 - 2 Phi(z / sqrt(t)) with z the quantile
    1 - alpha / 4, Pocock's type alpha / 2 * ln(1 + (e - 1) t) (Lan & DeMets 1983).

    Args:
        information: Fraction of the largest number of seeds, in (0, 1].
        alpha: Of all looks together, in (0, 1).
        spending: The function's type.
    """
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1) * information)
    return float(4 * ndtr(ndtri(alpha / 4) / math.sqrt(information)))


def boundary(
    looks: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien-fleming"
) -> Boundary:
    """The boundaries of planned looks.

    Args:
        looks: Seeds, or any measure of information, at each look, rising; the last is the largest.
        alpha: Two-sided error of all looks together, in (0, 1).
        spending: How it is shared among them.

    Raises:
        ValueError: Looks do not rise, or alpha or spending is none.
    """
    t = information_of(looks)
    if not 0 < alpha < 1:
        raise ValueError(f"received alpha={alpha}; expected between 0 and 1; write .05 for 5 %")
    if spending not in SPENDING:
        raise ValueError(
            f"received spending={spending!r}; expected one of {', '.join(SPENDING)}; choose one"
        )
    total = [spent(each, alpha, spending) for each in t]
    critical: list[float] = []
    walk = Walk.start()
    for now, error in zip(t, np.diff([0.0, *total]).tolist(), strict=True):
        walk = walk.moved(now)
        critical.append(_solved(walk.beyond, error))
        walk = walk.kept(critical[-1])
    return Boundary(tuple(t), tuple(total), tuple(critical))


def information_of(looks: Sequence[float]) -> list[float]:
    """Each look as a fraction of the last one.

    Raises:
        ValueError: They are not positive and rising.
    """
    at = np.asarray(looks, dtype=float)
    if at.ndim != 1 or at.size == 0 or not (np.diff(at, prepend=0) > 0).all():
        raise ValueError(
            f"received looks {list(looks)}; expected numbers of seeds that rise; write 5,10,20"
        )
    return (at / at[-1]).tolist()


@dataclass(frozen=True)
class Walk:
    """The part of a Brownian motion that no look has stopped yet.

    At information t its value is Z sqrt(t), and it drifts by `drift` from 0 to 1: the expected Z of
    the last look.

    Attributes:
        drift: True difference over its standard error at the last look.
        at: Information where the density below is taken from, 0 at the start.
        now: Information of the present look.
        values: Values with which it went on at `at`.
        weights: Their probabilities: density times weight of the rule.
    """

    drift: float
    at: float
    now: float
    values: Floats
    weights: Floats

    @classmethod
    def start(cls, drift: float = 0.0) -> Walk:
        """All of it is at 0."""
        return cls(drift, 0.0, 0.0, np.zeros(1), np.ones(1))

    def moved(self, information: float) -> Walk:
        """The same at the next look, before it is looked at."""
        return Walk(self.drift, self.at, information, self.values, self.weights)

    @property
    def _step(self) -> float:
        return math.sqrt(self.now - self.at)

    @property
    def _expected(self) -> Floats:
        return self.values + self.drift * (self.now - self.at)

    def above(self, z: float) -> float:
        """Probability that it came here and stands above z."""
        chance = ndtr((self._expected - z * math.sqrt(self.now)) / self._step)
        return float(self.weights @ chance)

    def below(self, z: float) -> float:
        """Probability that it came here and stands below z."""
        chance = ndtr((z * math.sqrt(self.now) - self._expected) / self._step)
        return float(self.weights @ chance)

    def beyond(self, critical: float) -> float:
        """Probability that it came here and stands at or beyond +-critical."""
        return self.above(critical) + self.below(-critical)

    def kept(self, critical: float) -> Walk:
        """What goes on from here: the values within +-critical."""
        edge = critical * math.sqrt(self.now)
        values = edge * _X
        away = (values[:, None] - self._expected) / self._step
        density = np.exp(-0.5 * away**2) / (math.sqrt(2 * math.pi) * self._step)
        return Walk(self.drift, self.now, self.now, values, edge * _W * (density @ self.weights))


def at_looks(bound: Boundary, drift: float = 0.0) -> Iterator[tuple[Walk, float]]:
    """What comes to each look, and that look's critical value."""
    walk = Walk.start(drift)
    for now, critical in zip(bound.information, bound.critical, strict=True):
        walk = walk.moved(now)
        yield walk, critical
        walk = walk.kept(critical)


def crossing(bound: Boundary, drift: float) -> tuple[Floats, Floats]:
    """Probabilities of stopping at each look.

    Args:
        bound: The boundaries.
        drift: True difference over its standard error at the last look.

    Returns:
        Above and below at each look, [looks] each.
    """
    found = [
        (walk.above(critical), walk.below(-critical)) for walk, critical in at_looks(bound, drift)
    ]
    above, below = np.array(found).T
    return above, below


def stagewise_p(bound: Boundary, look: int, z: float) -> float:
    """Two-sided p by stage-wise ordering: an earlier stop is more extreme, then a larger Z.

    Args:
        bound: The boundaries of the plan.
        look: The look at which the study stopped, from 0.
        z: Its statistic.

    Returns:
        Twice the smaller of the probabilities of a result at least as far above or below (Tsiatis,
        Rosner & Mehta 1984; Jennison & Turnbull 2000, section 8.4), at most 1.
    """
    *earlier, (walk, _) = islice(at_looks(bound), look + 1)
    above = sum(before.above(critical) for before, critical in earlier) + walk.above(z)
    below = sum(before.below(-critical) for before, critical in earlier) + walk.below(z)
    return min(1.0, 2 * min(above, below))


def _solved(beyond: Callable[[float], float], error: float) -> float:
    """The critical value beyond which there is so much probability."""
    from scipy.optimize import brentq  # noqa: PLC0415  # a comparison without looks does without

    if beyond(FAR) >= error:
        return FAR
    return float(brentq(lambda critical: beyond(critical) - error, 0.0, FAR, xtol=1e-10))
