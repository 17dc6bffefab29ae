"""The metrics that there are. A metric's name is taken apart here and nowhere else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from analysis.metrics import task_metrics
from analysis.metrics.confusion import accuracy, class_accuracy, mean_class_accuracy
from analysis.metrics.learning_curve import accuracies, convergence_epoch, losses, roughness
from analysis.metrics.metric import PERCENTAGE_POINTS, POINTS, Metric
from analysis.metrics.run_forgetting import MEANS, class_forgetting, forgetting_scalars
from analysis.metrics.task_sequence import METRICS as OF_R
from analysis.metrics.task_sequence import PREFIX
from analysis.metrics.task_sets import task_figures_among
from analysis.runs import (
    SAMPLE,
    EvaluationLike,
    RunLike,
    RunSet,
    epoch_evaluations,
    has_segments,
    has_tasks,
    last_evaluation,
)

EVALUATED: Mapping[str, Callable[[EvaluationLike], float]] = {
    "accuracy": lambda each: float(accuracy(each.confusion)),
    "loss": lambda each: float(each.loss),
    "mean class accuracy": lambda each: float(mean_class_accuracy(each.confusion)),
}
"""What an evaluation of a set has."""
CURVES: Mapping[str, Callable[[RunLike, str], float]] = {
    "accuracy roughness": lambda run, set: roughness(accuracies(run, set)),
    "loss convergence epoch": lambda run, set: convergence_epoch(losses(run, set)),
}
"""What the curve of a set over the epochs has."""


PER_CLASS = "change per class shown later"
PER_POINT = "change per point of similarity"
"""Of a condition whose class order varies, see `analysis.recency`."""


@cache
def metric_named(name: str) -> Metric:
    """The metric of a name.

    Names, where SET is "test", "validation", ...:

    - "SET accuracy", "SET loss", "SET mean class accuracy": the last evaluation of the set;
    - "best SET ...": the best over the epochs (highest; lowest for a loss), optimistic where the
      same set chose the epoch;
    - "epoch of best SET ...": the first epoch that has it;
    - "... at epoch N";
    - "SET accuracy roughness", "SET loss convergence epoch";
    - those of `REGISTRY`: what classes and tasks lose;
    - any other: a score of a study's own, in a unit of its own unless a word of its name says
      which.
    """
    return REGISTRY.get(name) or _of_a_set(name) or _of_a_curve(name) or _score(name)


def _of_a_class(name: str, better: bool | None, definition: str, source: str = "") -> Metric:
    """A column of the forgetting table."""

    def compute(runs: RunSet[Any], run: RunLike, class_: int | None) -> float | None:
        if class_ is None or not has_segments(run, SAMPLE):
            return None
        values = runs.once(class_forgetting, run, SAMPLE)[name]
        return float(values[class_]) if 0 <= class_ < len(values) else None

    unit = "segments" if name == "recency" else PERCENTAGE_POINTS
    return Metric(name, unit, better, "class", definition, source, compute)


def _of_classes(
    name: str,
    better: bool | None,
    definition: str,
    source: str = "",
    unit: str = PERCENTAGE_POINTS,
) -> Metric:
    """A figure of `forgetting_scalars`, over all classes or tasks."""

    def compute(runs: RunSet[Any], run: RunLike, class_: int | None) -> float | None:
        known = class_ is None and has_segments(run, SAMPLE)
        return runs.once(forgetting_scalars, run, SAMPLE).get(name) if known else None

    return Metric(name, unit, better, "classes", definition, source, compute)


def _of_tasks(name: str, unit: str, better: bool, source: str) -> Metric:
    """A figure of tasks, whose function's docstring begins with its definition."""
    definition = (OF_TASKS[name].__doc__ or "").partition("\n")[0]
    metric = _of_classes(PREFIX + name, better, definition, source, unit)

    def compute(runs: RunSet[Any], run: RunLike, class_: int | None) -> float | None:
        if class_ is None and has_tasks(run):
            return task_figures_among(runs, run).get(metric.name)
        return metric.compute(runs, run, class_) if metric.compute else None

    return replace(metric, compute=compute)


_CLASS = [
    _of_a_class("learned", True, "accuracy after the class's last training segment"),
    _of_a_class("final", None, "accuracy at the very end"),
    _of_a_class("drop", False, "learned minus final"),
    _of_a_class(
        "forgetting_max_minus_last",
        False,
        "the best since its first training segment, minus final",
        "Chaudhry et al. 2018",
    ),
    _of_a_class(
        "forgetting_first_minus_last",
        False,
        "accuracy after the class's first training segment, minus final",
        "Lomonaco et al. 2021",
    ),
    _of_a_class("recency", None, "how many segments follow the class's last training segment"),
    _of_a_class("recovery", True, "what is won back each time the class comes back"),
    _of_a_class(
        "minimum_after_first_segment",
        None,
        "lowest accuracy after the class's first training segment",
        "De Lange et al. 2023",
    ),
    _of_a_class("untrained", None, "accuracy before training"),
]
_LAST = "fraction of all test errors that name "
OF_TASKS: Mapping[str, Callable[..., Any]] = {
    **OF_R,
    "accuracy over examples": task_metrics.accuracy_over_examples,
    "forward transfer": task_metrics.forward_transfer,
    "intransigence": task_metrics.intransigence,
}
"""What defines the figures of tasks."""
TASKS = {
    "average accuracy": (POINTS, True, "Lopez-Paz & Ranzato 2017"),
    "accuracy over examples": (POINTS, True, ""),
    "backward transfer": (PERCENTAGE_POINTS, True, "Lopez-Paz & Ranzato 2017"),
    "forward transfer": (PERCENTAGE_POINTS, True, "Lopez-Paz & Ranzato 2017"),
    "mean forgetting_max_minus_last": (PERCENTAGE_POINTS, False, "Chaudhry et al. 2018"),
    "mean forgetting_first_minus_last": (PERCENTAGE_POINTS, False, "Lomonaco et al. 2021"),
    "learning accuracy": (POINTS, True, "Riemer et al. 2019"),
    "minimum accuracy": (POINTS, True, "De Lange et al. 2023"),
    "worst-case accuracy": (POINTS, True, "De Lange et al. 2023"),
    "average incremental accuracy": (POINTS, True, "Rebuffi et al. 2017"),
    "intransigence": (PERCENTAGE_POINTS, False, "Chaudhry et al. 2018"),
}
"""The figures of tasks: unit, whether more is better, source."""

REGISTRY: Mapping[str, Metric] = {
    each.name: each
    for each in (
        *_CLASS,
        *(
            _of_classes(f"mean {each.name}", each.higher_is_better, each.definition, each.source)
            for each in _CLASS
            if each.name in MEANS
        ),
        _of_classes("recency bias: last class", None, f"{_LAST}the class shown last"),
        _of_classes(
            "recency bias: last two classes", None, f"{_LAST}a class of the last two segments"
        ),
        *(_of_tasks(name, *known) for name, known in TASKS.items()),
        Metric(PER_CLASS, PERCENTAGE_POINTS, scope="condition"),
        Metric(PER_POINT, PERCENTAGE_POINTS, scope="condition"),
    )
}
"""The metrics that are of no one set, by name."""

_QUANTITIES = {
    each.name: each
    for each in (
        Metric("accuracy", POINTS, True, definition="fraction of examples predicted correctly"),
        Metric("loss", "nats", False, definition="mean loss"),
        Metric("mean class accuracy", POINTS, True, definition="mean of the class accuracies"),
        Metric(
            "accuracy roughness",
            PERCENTAGE_POINTS,
            definition="roughness: how much the change from epoch to epoch changes after the "
            "fifth, in points (standard deviation of the second differences over the root of 3)",
        ),
        Metric(
            "loss convergence epoch",
            "epochs",
            definition="convergence epoch: the first with a loss within 1 % of the run's lowest",
        ),
    )
}
"""What can be measured of a set; the set's name comes in front."""


def _of_a_set(name: str) -> Metric | None:
    """One of `EVALUATED`: "SET accuracy", "best SET loss", "SET accuracy at epoch 3", ..."""
    stem, _, number = name.rpartition(" at epoch ")
    at = int(number) if stem and number.isdecimal() else None
    stem = name if at is None else stem
    head = next(each for each in ("epoch of best ", "best ", "") if stem.startswith(each))
    set, quantity = _taken_apart(stem.removeprefix(head), EVALUATED)
    if not set or (not head and stem.startswith("epoch of ")):
        return None

    def compute(runs: RunSet[Any], run: RunLike, class_: int | None) -> float | None:
        looks = epoch_evaluations(run, set)
        if at is not None:
            chosen = [looks[at]] if at in looks else []
        elif head:
            chosen = [each for epoch, each in looks.items() if epoch > 0]
        else:
            last = last_evaluation(run, set)
            chosen = [last] if last else []
        values = {each.epoch: _measured(each, quantity, class_) for each in chosen}
        # A loss may not be known, and NaN is neither below nor above another.
        known = {
            epoch: value
            for epoch, value in values.items()
            if value is not None and not math.isnan(value)
        }
        if not known:
            return None
        best = (min if quantity == "loss" else max)(known, key=known.__getitem__)
        return float(best) if head.startswith("epoch") else known[best]

    found = _QUANTITIES[quantity]
    if head.startswith("epoch"):
        found = replace(found, unit="epochs", higher_is_better=None)
    when = at if at is not None else "best" if head else "last"
    return replace(found, name=name, set=set, quantity=quantity, when=when, compute=compute)


def _measured(each: EvaluationLike, quantity: str, class_: int | None) -> float | None:
    """One evaluation's figure; of a single class, its accuracy alone."""
    if class_ is None:
        return EVALUATED[quantity](each)
    if quantity == "accuracy" and 0 <= class_ < len(each.confusion):
        return float(class_accuracy(each.confusion)[class_])
    return None


def _of_a_curve(name: str) -> Metric | None:
    """One of `CURVES`: "SET accuracy roughness", "SET loss convergence epoch"."""
    set, quantity = _taken_apart(name, CURVES)

    def compute(runs: RunSet[Any], run: RunLike, class_: int | None) -> float | None:
        return CURVES[quantity](run, set) if class_ is None else None

    if not set:
        return None
    return replace(_QUANTITIES[quantity], name=name, set=set, quantity=quantity, compute=compute)


def _taken_apart(name: str, quantities: Iterable[str]) -> tuple[str, str]:
    """The set and the quantity of "SET QUANTITY"; no set where it is none of the quantities."""
    found = [each for each in quantities if name.endswith(f" {each}")]
    quantity = max(found, key=len, default="")
    return (name.removesuffix(f" {quantity}") if found else ""), quantity


_WORDS = {
    "accuracy": (POINTS, True),
    "acc": (POINTS, True),
    "squared error": ("squared units", False),
    "mse": ("squared units", False),
    "loss": ("nats", False),
}
"""Words that say the unit of a study's own score, and whether more of it is better."""


_FALLS = {"loss", "drop", "fall", "decrease", "gap", "forgetting", "degradation"}
"""Words that make of an accuracy what it falls by: which way is better depends on what is meant."""


def _score(name: str) -> Metric:
    """A score that is not Ebb's."""
    of_epochs = name.endswith(" epoch") and not name.endswith(" per epoch")
    if name.startswith("epoch of ") or of_epochs:
        return Metric(name, "epochs")
    if name.startswith("share "):
        return Metric(name, PERCENTAGE_POINTS, quantity=name.removeprefix("share "))
    words = re.sub(r"[^a-z0-9]+", " ", name.lower()).split()
    if _FALLS & set(words) and {"accuracy", "acc"} & set(words):
        return Metric(name, PERCENTAGE_POINTS)
    for word, (unit, better) in _WORDS.items():
        if f" {word} " in f" {' '.join(words)} ":
            logarithm = word == "squared error" and name.startswith("log10 ")
            return Metric(name, "powers of ten" if logarithm else unit, better)
    return Metric(name, name)
