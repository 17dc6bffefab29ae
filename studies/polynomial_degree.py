"""Whether K-fold cross-validation chooses polynomials that are more complex than the true one.

Experiment E2, asked for and never done. No network is trained: `studies.polynomials` draws data
from a known polynomial, lets a rule choose the degree, and says what came of it.

For a seed the three rules see the same data, a larger sample begins with the smaller one, and
another noise scales the same draws: so conditions are compared in pairs.
"""

from itertools import product

from core import spec
from studies.definition.scoring import Scoring
from studies.definition.study import Proportions, Quick, Study
from studies.polynomials import RULES, SIMPLEST, SMALLEST, TRUE, scores

DEGREES = (2, 5)
NOISES = (0.1, 0.5, 2.0)
SIZES = (20, 50, 100, 400)


def name_of(rule: str, degree: int, noise: float, size: int) -> str:
    """A condition's name."""
    return f"degree-{degree}-noise-{noise:g}-size-{size}-{rule}"


study = Study(
    name="polynomial-degree",
    question="Does cross-validation choose polynomials that are more complex than the true one, "
    "and how often?",
    conditions={
        name_of(rule, degree, noise, size): Scoring(
            spec(scores, rule=rule, degree=degree, noise=noise, size=size),
            dataset="synthetic polynomials",
        )
        for degree, noise, size, rule in product(DEGREES, NOISES, SIZES, RULES)
    },
    seeds=200,
    minutes=0.5,
    # Squared errors themselves range over six powers of ten: a few seeds would decide their mean.
    primary="log10 squared error",
    shown=("squared error", "chosen degree", "share too complex", "share too simple"),
    proportions=Proportions(
        metrics=("share too complex", "share too simple"),
        along="size",
        lines="noise",
        rows="degree",
        columns="rule",
        counted="chosen degree",
    ),
    comparisons=tuple(
        (name_of(a, 5, 0.5, size), name_of(b, 5, 0.5, size))
        for size in SIZES
        for a, b in ((SMALLEST, TRUE), (SIMPLEST, TRUE), (SMALLEST, SIMPLEST))
    ),
    quick=Quick(
        seeds=20,
        conditions=tuple(name_of(*each) for each in product(RULES, DEGREES, NOISES[1:2], SIZES)),
    ),
)
