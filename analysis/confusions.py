"""What each class is taken for at the end, over all runs together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.runs import RunLike, RunSet, class_names, last_evaluation, no_evaluation

Floats = NDArray[np.float64]
COLUMNS = ("condition", "true", "predicted", "n", "proportion")


def confusion_table(runs: Sequence[RunLike], set: str = "test") -> pd.DataFrame:
    """What each class is taken for at the end, over all finished runs together.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.

    Returns:
        Columns condition, true, predicted (classes), n (runs), proportion (of the true class's
        examples in all these runs, a fraction; NaN for a class without examples).

    Raises:
        ValueError: If runs of a condition differ in their classes, or none has an evaluation.
    """
    rows, runs = [], RunSet.of(runs)
    for condition, (n, proportions) in confusion_proportions(runs, set).items():
        names = class_names(runs.finished[condition], len(proportions))
        for (true, predicted), proportion in np.ndenumerate(proportions):
            rows.append((condition, names[true], names[predicted], n, float(proportion)))
    if not rows:
        raise no_evaluation(runs, set)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def confusion_proportions(runs: Sequence[RunLike], set: str) -> dict[str, tuple[int, Floats]]:
    """Condition to its number of runs and [true, predicted] proportions."""
    found = {}
    for condition, finished in RunSet.of(runs).finished.items():
        last = [each for run in finished if (each := last_evaluation(run, set)) is not None]
        if not last:
            continue
        shapes = {each.confusion.shape for each in last}
        if len(shapes) > 1:
            raise ValueError(
                f"received runs of {condition!r} with confusion matrices {sorted(shapes)}; "
                "expected one shape; pass the runs of one variant"
            )
        counts = np.sum([each.confusion for each in last], axis=0)
        sizes = counts.sum(axis=1, keepdims=True).astype(float)
        proportions = np.divide(counts, sizes, out=np.full(counts.shape, np.nan), where=sizes > 0)
        found[condition] = (len(last), proportions)
    return found
