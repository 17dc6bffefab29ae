"""What a study's runs say of a metric: what a guess scores, how many examples stand behind it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.metrics.metric import POINTS
from analysis.metrics.registry import metric_named
from studies.results.reading import Reading


def unit_in(reading: Reading, metric: str) -> str:
    """What a metric is measured in; only cross-entropies are in nats."""
    unit = metric_named(metric).unit
    losses = {str(record.recipe.get("loss", "")) for record in reading.records}
    if unit == "nats" and not all("crossentropy" in loss for loss in losses):
        return "units of the loss"
    return unit


def chance_of(reading: Reading, metric: str) -> float | None:
    """What a network that guesses scores, for an accuracy."""
    classes = classes_of(reading)
    return None if metric_named(metric).unit != POINTS or classes is None else 1 / classes


def classes_of(reading: Reading) -> int | None:
    """How many classes there are; None where no run evaluated anything: a failed one did not."""
    looks = (each for record in reading.records for each in record.evaluations)
    return next((len(each.confusion) for each in looks), None)


def examples_in_all(reading: Reading, metric: str) -> int | None:
    """How many examples stand behind an accuracy, where all runs have as many."""
    sizes = {int(counts.sum()) for counts in _class_counts(reading, metric)}
    return sizes.pop() if len(sizes) == 1 else None


def examples_behind(reading: Reading, metric: str) -> int | None:
    """The same, where all runs have as many of each class."""
    sizes = class_examples_behind(reading, metric)
    return None if sizes is None else sum(sizes)


def class_examples_behind(reading: Reading, metric: str) -> list[int] | None:
    """The examples of each class behind an accuracy, where all runs have as many."""
    sizes = {tuple(counts.tolist()) for counts in _class_counts(reading, metric)}
    return list(sizes.pop()) if len(sizes) == 1 else None


def _class_counts(reading: Reading, metric: str) -> Iterator[NDArray[np.int64]]:
    """The examples of each class, [classes], in each evaluation that has the accuracy."""
    known = metric_named(metric)
    if known.quantity != "accuracy" or known.when != "last":
        return
    for record in reading.records:
        for evaluation in record.evaluations:
            if evaluation.set == known.set:
                yield evaluation.confusion.sum(axis=1)
