"""Which test examples are taken for another class, and by how many of the trained networks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from analysis.runs import RunLike, RunSet, class_names

COLUMNS = ("condition", "position", "true", "predicted", "runs", "n")


def misclassified_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """Every test example that a finished run misclassifies at its end, the most frequent first.

    Args:
        runs: Records of one study and variant that measured "misclassified".

    Returns:
        Columns condition, position (in the test file, from 0), true (class), predicted (the class
        that most of these runs take it for; the smallest of several), runs (how many misclassify
        it), n (of how many). An example that is in some runs' test set alone, because the split is
        random, is counted against all n.

    Raises:
        ValueError: If no run has measured it, or a position has two true classes.

    Examples:
        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> from analysis import misclassified_table
        >>> found = {"misclassified": np.array([[17, 4, 9]])}  # position, true and predicted class
        >>> run = SimpleNamespace(condition="plain", seed=0, status="finished", arrays=found)
        >>> misclassified_table([run])[["position", "true", "predicted", "runs"]].values.tolist()
        [[17, 4, 9, 1]]
    """
    rows: list[tuple[object, ...]] = []
    there = False
    for condition, finished in RunSet.of(runs).finished.items():
        measured = [run.arrays["misclassified"] for run in finished if _has(run)]
        there |= bool(measured)
        predictions: dict[int, Counter[int]] = {}
        classes: dict[int, int] = {}
        for position, true, predicted in (row for each in measured for row in each.tolist()):
            if classes.setdefault(position, true) != true:
                raise ValueError(
                    f"received test example {position} as class {classes[position]} and as {true} "
                    f"({condition!r}); expected one data set; pass the runs of one variant"
                )
            predictions.setdefault(position, Counter())[predicted] += 1
        names = _names(finished)
        found = [
            (condition, at, names[classes[at]], names[_most_frequent(counts)], counts.total())
            for at, counts in predictions.items()
        ]
        found.sort(key=lambda row: (-row[4], row[1]))
        rows += [(*row, len(measured)) for row in found]
    if not there:
        raise ValueError(
            f"received {len(runs)} runs without misclassified examples; expected some that noted "
            "them; run a study whose evaluation plan has measurements=misclassified"
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _names(runs: Sequence[RunLike]) -> list[int]:
    named = [len(run.arrays["class_names"]) for run in runs if "class_names" in run.arrays]
    met = [run.arrays["misclassified"][:, 1:].max(initial=-1) + 1 for run in runs if _has(run)]
    return class_names(runs, max([*named, *met], default=0))


def _has(run: RunLike) -> bool:
    return "misclassified" in run.arrays


def _most_frequent(counts: Counter[int]) -> int:
    return min(counts, key=lambda label: (-counts[label], label))
