"""What a study's runs say of a metric: what a guess scores, how many examples stand behind it."""

from analysis.metrics.units import unit_of
from studies.results.reading import Reading


def unit_in(reading: Reading, metric: str) -> str:
    """What a metric is measured in; only cross-entropies are in nats."""
    unit = unit_of(metric)
    losses = {str(record.recipe.get("loss", "")) for record in reading.records}
    if unit == "nats" and not all("crossentropy" in loss for loss in losses):
        return "units of the loss"
    return unit


def chance_of(reading: Reading, metric: str) -> float | None:
    """What a network that guesses scores, for an accuracy."""
    classes = classes_of(reading)
    return None if unit_of(metric) != "points" or classes is None else 1 / classes


def classes_of(reading: Reading) -> int | None:
    """How many classes there are; None where no run evaluated anything: a failed one did not."""
    looks = (each for record in reading.records for each in record.evaluations)
    return next((len(each.confusion) for each in looks), None)


def examples_behind(reading: Reading, metric: str) -> int | None:
    """How many examples stand behind an accuracy, where all runs have the same number."""
    sizes = class_examples_behind(reading, metric)
    return None if sizes is None else sum(sizes)


def class_examples_behind(reading: Reading, metric: str) -> list[int] | None:
    """The same for each class."""
    name = metric.removesuffix(" accuracy")
    found = {
        tuple(evaluation.confusion.sum(axis=1).tolist())
        for record in reading.records
        for evaluation in record.evaluations
        if evaluation.set == name
    }
    return list(found.pop()) if len(found) == 1 else None
