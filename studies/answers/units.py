"""What a metric is measured in, which way is better, and how many examples stand behind it."""

from analysis.formatting import is_epoch
from studies.answers.reading import Reading

LOSSES = ("loss", "drop", "forgetting", "squared error")
GAINS = ("accuracy", "learned", "recovery", "transfer")
FORGETTING = ("learned", "drop", "forgetting", "recovery", "recency", "transfer", "fluctuation")


def unit_of(metric: str) -> str:
    """Accuracies are compared in points; other figures in their own unit."""
    if is_epoch(metric):
        return "epochs"
    if "accuracy" in metric and not any(word in metric for word in ("forgetting", "fluctuation")):
        return "points"
    if any(word in metric for word in FORGETTING) or metric.startswith("share "):
        return "percentage points"
    if "squared error" in metric:
        return "powers of ten" if metric.startswith("log10 ") else "squared units"
    return "nats" if "loss" in metric else metric


def factor_of(metric: str) -> float:
    """Forgetting figures and shares are fractions too, of another kind: compared in percent."""
    return 100.0 if unit_of(metric) == "percentage points" else 1.0


def higher_is_better(metric: str) -> bool | None:
    """Whether more of it is better; None for a figure of which that cannot be said."""
    if is_epoch(metric) or "fluctuation" in metric:
        return None
    if any(word in metric for word in LOSSES):
        return False
    return True if any(word in metric for word in GAINS) else None


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
