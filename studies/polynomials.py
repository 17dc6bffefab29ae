"""Choosing a polynomial's degree by cross-validation, once: data, choice, and what came of it.

The curve. It is written in Legendre polynomials, scaled to be orthonormal for inputs uniform in
[-1, 1]. Every degree from 1 to the true one contributes the same fraction of the curve's variance,
which is 1, with a random sign. So the highest degree is never negligible by accident, `noise` is
the noise's standard deviation in units of the curve's, and the squared error of a fit over all
inputs is the sum of its coefficients' squared errors: exact, without a test set.

The fits. Least squares in the same basis, which keeps degree 15 well conditioned where powers of x
are not. The fits of all degrees are nested, so one QR decomposition of a fold gives all of them.
Above the true degree every error is proportional to the noise, so no amount of it changes how often
one of these degrees beats the true one: noise only adds choices that are too simple.

The rules. `smallest-error` takes the degree with the smallest mean squared error over the folds;
`one-standard-error` takes the lowest degree within one standard error of it (Breiman, Friedman,
Olshen and Stone, Classification and Regression Trees, 1984); `true-degree` knows the answer, and is
what the errors of the two are compared with.
"""

import numpy as np
from numpy.typing import NDArray

from core.checks import is_count, is_number
from core.random_streams import stream
from data import InputError

RULES = SMALLEST, SIMPLEST, TRUE = "smallest-error", "one-standard-error", "true-degree"
# A mean squared error this much smaller than the observations' mean square is rounding.
ROUNDING = 1e-20

Floats = NDArray[np.float64]


def scores(
    seed: int,
    *,
    rule: str,
    degree: int,
    noise: float,
    size: int,
    folds: int = 10,
    highest: int = 15,
) -> dict[str, float]:
    """Draw data, choose a degree, and say how good the choice is.

    Args:
        seed: The run's number.
        rule: One of `RULES`.
        degree: The true degree, 1 or more.
        noise: Standard deviation of the noise; that of the curve is 1.
        size: Number of observations.
        folds: Number of parts of the cross-validation.
        highest: The candidates are the degrees from 1 to this.

    Returns:
        `squared error` (of the fit to all observations, against the curve, over all inputs), its
        `log10`, and, of the rules that choose, `chosen degree` and whether it is too complex or
        too simple, 0 or 1.

    Raises:
        InputError: A parameter out of range, or too few observations for the highest degree.
    """
    _check(rule, degree, noise, size, folds, highest)
    truth = np.zeros(highest + 1)
    signs = stream(seed, "data", 0).choice((-1.0, 1.0), size=degree)
    truth[1 : degree + 1] = signs / np.sqrt(degree)
    x = stream(seed, "data", 1).uniform(-1, 1, size)
    y = basis(x, degree) @ truth[: degree + 1]
    y += noise * stream(seed, "data", 2).standard_normal(size)

    figures: dict[str, float] = {}
    chosen = degree
    if rule != TRUE:
        chosen = choose(cross_validation_errors(x, y, folds, highest), rule, float((y**2).mean()))
        figures = {
            "chosen degree": chosen,
            "share too complex": chosen > degree,
            "share too simple": chosen < degree,
        }
    fit = np.zeros(highest + 1)
    fit[: chosen + 1] = np.linalg.lstsq(basis(x, chosen), y)[0]
    error = float(((fit - truth) ** 2).sum())
    return figures | {
        "squared error": error,
        "log10 squared error": float(np.log10(max(error, ROUNDING))),
    }


def basis(x: Floats, highest: int) -> Floats:
    """Legendre polynomials at x [n], orthonormal over uniform inputs: [n, highest + 1]."""
    scale: Floats = np.sqrt(2 * np.arange(highest + 1) + 1.0)
    return scale * np.polynomial.legendre.legvander(x, highest)


def cross_validation_errors(x: Floats, y: Floats, folds: int, highest: int) -> Floats:
    """Mean squared error on each part held out, for the degrees 1 to `highest`: [folds, highest].

    The inputs are independent draws, so the parts are taken as they come, unshuffled.
    """
    from sklearn.model_selection import KFold  # noqa: PLC0415 (`ebb list` need not wait)

    design = basis(x, highest)
    errors = []
    for train, held in KFold(folds).split(x):
        q, r = np.linalg.qr(design[train])
        # Row d: the part of the fit that degree d adds to the degrees below it.
        added = np.linalg.solve(r.T, design[held].T) * (q.T @ y[train])[:, None]
        misses = added.cumsum(axis=0)[1:] - y[held]
        errors.append((misses**2).mean(axis=1))
    return np.array(errors)


def choose(errors: Floats, rule: str, mean_square: float) -> int:
    """The degree that a rule chooses; of equal degrees the lowest.

    Args:
        errors: What `cross_validation_errors` returned.
        rule: `smallest-error` or `one-standard-error`.
        mean_square: Of the observations: the scale on which an error counts as rounding, and so
            as 0, which is every error at and above the true degree where there is no noise.
    """
    errors = np.where(errors < ROUNDING * mean_square, 0.0, errors)
    mean = errors.mean(axis=0)
    best = int(mean.argmin())
    if rule == SIMPLEST:
        standard_error = errors[:, best].std(ddof=1) / np.sqrt(len(errors))
        best = int(np.argmax(mean <= mean[best] + standard_error))
    return best + 1


def _check(rule: str, degree: int, noise: float, size: int, folds: int, highest: int) -> None:
    if rule not in RULES:
        raise InputError(f"Received rule {rule!r}; expected one of {', '.join(RULES)}.")
    if not is_number(noise, 0):
        raise InputError(f"Received noise={noise!r}; expected a number from 0 up.")
    for name, value in {"degree": degree, "size": size, "highest": highest}.items():
        if not is_count(value):
            raise InputError(f"Received {name}={value!r}; expected a whole number from 1 up.")
    if degree > highest:
        raise InputError(f"Received degree={degree}; expected one up to highest={highest}.")
    if not is_count(folds) or not 2 <= folds <= size:
        raise InputError(f"Received folds={folds!r}; expected a whole number from 2 to {size}.")
    smallest = size - -(-size // folds)
    if smallest < highest + 1:
        raise InputError(
            f"Received size={size} in {folds} folds, which fits to {smallest} observations; "
            f"expected {highest + 1} or more for degree {highest}: take more, or a lower highest."
        )
