"""Corrections of p-values for the number of comparisons in one family.

Those that need nothing but p: Holm (1979), Bonferroni, Benjamini-Hochberg (1995) for exploration.

NumPy alone: the check of reported figures uses this too, and `scipy.stats` costs the command line
a second.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Correction = Literal["max-t", "step-down", "holm", "bh", "by", "bonferroni", "sequential"]
"""Those that a family can have; the first two and the last need more than p-values."""


def adjust(p: ArrayLike, correction: Correction = "holm") -> Floats:
    """Adjusted p-values of one family.

    A missing p (NaN: an undecidable comparison) stays missing and still counts: the size of a
    family is what was planned, not what happened to be testable.

    Args:
        p: [..., comparisons]; every row along the last axis is a family.
        correction: "holm" (family-wise, no assumption), "bonferroni"; "bh" (false discovery rate,
            independent or positively dependent), "by" (the same under any dependence).

    Returns:
        Adjusted p, same shape.

    Raises:
        ValueError: If a p lies outside [0, 1] or the correction is unknown.

    Examples:
        >>> from analysis import adjust
        >>> adjust([0.01, 0.04, 0.03]).round(2).tolist()
        [0.03, 0.06, 0.06]
    """
    raw = np.atleast_1d(np.asarray(p, dtype=float))
    if ((raw < 0) | (raw > 1)).any():
        raise ValueError("received a p outside 0..1; expected p-values; NaN where there is none")
    m = raw.shape[-1]
    if m == 0:
        return raw
    missing = np.isnan(raw)
    known = np.where(missing, 1.0, raw)  # never the smallest, so it only fills its place
    order = np.argsort(known, axis=-1, kind="stable")
    ascending = np.take_along_axis(known, order, axis=-1)
    ranks = np.arange(1.0, m + 1)
    if correction == "bonferroni":
        steps = ascending * m
    elif correction == "holm":
        # The running maximum: a later p is never called more significant than an earlier one.
        steps = np.maximum.accumulate(ascending * ranks[::-1], axis=-1)
    elif correction in ("bh", "by"):
        steps = ascending * (m / ranks)
        if correction == "by":
            steps *= np.sum(1 / ranks)
        # From the largest down: an earlier p is never called less significant than a later one.
        steps = np.minimum.accumulate(steps[..., ::-1], axis=-1)[..., ::-1]
    else:
        raise ValueError(
            f"received correction={correction!r}; expected holm, bh, by or bonferroni; "
            "holm if in doubt"
        )
    adjusted = np.empty_like(known)
    np.put_along_axis(adjusted, order, np.minimum(1.0, steps), axis=-1)
    return np.where(missing, np.nan, adjusted).reshape(np.shape(p))
