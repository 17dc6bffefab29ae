"""What a study's runs say of a metric: what a guess scores, how many examples stand behind it."""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.metrics.metric import POINTS
from analysis.metrics.registry import metric_named
from analysis.metrics.task_sets import scenario_of
from analysis.runs import class_number, task_sets
from analysis.statistics.design import Right
from core import Record
from studies.results.reading import Reading

MASKED = ("task", "class-masked-at-test")
"""Scenarios in which the outputs of a task alone compete for its test examples."""


def unit_in(reading: Reading, metric: str) -> str:
    """What a metric is measured in; only cross-entropies are in nats."""
    unit = metric_named(metric).unit
    losses = {str(record.recipe.get("loss", "")) for record in reading.records}
    if unit == "nats" and not all("crossentropy" in loss for loss in losses):
        return "units of the loss"
    return unit


def chance_of(reading: Reading, metric: str) -> float | None:
    """What a network that guesses scores, for an accuracy; None where not all conditions agree."""
    if metric_named(metric).unit != POINTS:
        return None
    runs = reading.finished or reading.records
    found = {_guessed(record) for record in runs if record.evaluations}
    return found.pop() if len(found) == 1 else None


def _guessed(record: Record) -> float:
    """What a guess scores among the classes that compete, on average over the tasks."""
    numbers = [len(record.evaluations[0].confusion)]
    if scenario_of(record) in MASKED and task_sets(record):
        # The classes of a task are those that its test set has.
        looks = {each.set: each.confusion for each in record.evaluations}
        numbers = [int(looks[name].any(axis=1).sum()) for name in task_sets(record)]
    return round(sum(1 / number for number in numbers) / len(numbers), 12)


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


def right_in(
    reading: Reading, metric: str, conditions: Sequence[str], class_: int | None = None
) -> dict[str, Right] | None:
    """Which test examples each run of some conditions gets right, by seed, bool [examples].

    Args:
        reading: Records of a study.
        metric: What is compared.
        conditions: Whose runs.
        class_: As tables name it, if only its examples count.

    Returns:
        None where the metric is not the accuracy on the test set at the end, or where a run that
        finished did not store its predictions, or stored those of other examples.
    """
    known = metric_named(metric)
    if (known.quantity, known.when, known.set) != ("accuracy", "last", "test"):
        return None
    runs = [run for run in reading.finished if run.condition in conditions]
    stored = [run.arrays["predictions"] for run in runs if "predictions" in run.arrays]
    if not runs or len(stored) < len(runs) or any(map(_own_test_set, runs)):
        return None
    labels = stored[0][0]
    if not all(np.array_equal(labels, each[0]) for each in stored):
        return None
    counted = labels == class_number(runs[0], class_) if class_ is not None else slice(None)
    found: dict[str, dict[Hashable, NDArray[np.bool_]]] = {name: {} for name in conditions}
    for run, (true, predicted) in zip(runs, stored, strict=True):
        found[run.condition][run.seed] = (true == predicted)[counted]
    return dict(found)


def _own_test_set(run: Record) -> bool:
    """Whether each seed has another part of the test file for its test set."""
    split = run.recipe.get("split", {})
    return split.get("of") == "test" and split.get("where") == "random"


def _class_counts(reading: Reading, metric: str) -> Iterator[NDArray[np.int64]]:
    """The examples of each class, [classes], in each evaluation that has the accuracy."""
    known = metric_named(metric)
    if known.quantity != "accuracy" or known.when != "last":
        return
    for record in reading.records:
        for evaluation in record.evaluations:
            if evaluation.set == known.set:
                yield evaluation.confusion.sum(axis=1)
