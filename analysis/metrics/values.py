"""What one run says: figures by name, which tables, checks and comparisons all read from here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics import class_forgetting as definitions
from analysis.metrics.confusion import accuracy, class_accuracy, mean_class_accuracy
from analysis.metrics.learning_curve import curve_figure
from analysis.metrics.task_sequence import PREFIX as TASKS
from analysis.metrics.task_sequence import task_figures
from analysis.runs import (
    DIVERGED,
    EvaluationLike,
    RunLike,
    class_segments,
    epoch_evaluations,
    finished_by_condition,
    has_segments,
    last_evaluation,
    segment_confusions,
)

Floats = NDArray[np.float64]

EVALUATION_METRICS: Mapping[str, Callable[[EvaluationLike], float]] = {
    "accuracy": lambda each: float(accuracy(each.confusion)),
    "loss": lambda each: float(each.loss),
    "mean class accuracy": lambda each: float(mean_class_accuracy(each.confusion)),
}
SAMPLE = "test-sample"
"""The set that figures of forgetting are of."""
OVER_CLASSES = ("mean ", "recency bias", TASKS)
"""How the names of forgetting figures begin that no single class has."""
PATTERN = re.compile(
    r"(?P<when>epoch of (?=best ))?(?P<best>best )?"
    r"(?P<set>.+?) (?P<what>mean class accuracy|accuracy|loss)"
    r"(?: at epoch (?P<epoch>\d+))?"
)


def values_of(
    runs: Sequence[RunLike],
    metric: str,
    condition: str,
    class_: int | None = None,
    *,
    diverged: bool = False,
) -> pd.Series:
    """One figure per finished run of a condition.

    Metrics, where SET is "test", "validation", ...:

    - "SET accuracy", "SET loss", "SET mean class accuracy": the last evaluation of the set;
    - "best SET ...": the best over the epochs (highest; lowest for a loss), optimistic where the
      same set chose the epoch;
    - "epoch of best SET ...": the first epoch that has it;
    - "... at epoch N";
    - "SET accuracy roughness", "SET loss convergence epoch" (see
      `analysis.metrics.learning_curve`);
    - the forgetting figures of `summary_table` ("mean drop", "recency bias: last class", ...;
      for tasks, once each, "tasks: average accuracy", "tasks: backward transfer", ...);
    - any name in the run's history: its last value there.

    With `class_`: "SET accuracy" of that class, or a column of `forgetting_table` ("drop").

    Args:
        runs: Records of one study and variant.
        metric: Name of the figure.
        condition: Name of the condition.
        class_: The class, or None for a figure of all classes.
        diverged: Whether runs that diverged appear, as NaN whatever they recorded: a comparison
            counts them as outcomes.

    Returns:
        float64, indexed by seed in ascending order. Finished runs that lack the figure are left
        out, as are runs that failed or were stopped.

    Raises:
        ValueError: If there is no such condition, or none of its finished runs has the metric.
    """
    groups = finished_by_condition(runs, diverged=diverged)
    if condition not in groups:
        raise ValueError(
            f"received condition {condition!r}; expected one of {', '.join(groups)}; "
            "name a condition that was run"
        )
    lost = {run.seed: np.nan for run in groups[condition] if run.status == DIVERGED}
    finished = [run for run in groups[condition] if run.status != DIVERGED]
    figures = {run.seed: _figure(run, metric, class_) for run in finished}
    known = {seed: value for seed, value in figures.items() if value is not None}
    if figures and not known:
        of_class = "" if class_ is None else f" of class {class_}"
        raise ValueError(
            f"received metric {metric!r}{of_class}; expected a figure that runs of {condition!r} "
            "have, such as 'test accuracy'; see the table of the study for their names"
        )
    values = dict(sorted({**known, **lost}.items()))
    index = pd.Index(list(values), name="seed", dtype="int64")
    return pd.Series(list(values.values()), index=index, name=metric, dtype=float)


def class_forgetting(run: RunLike, set: str = "test-sample") -> dict[str, Floats]:
    """The per-class figures of `forgetting_table` for one run.

    Returns:
        Name to float64 [classes], fractions (`recency`: segments), each defined in
        `analysis.metrics.class_forgetting`; NaN where undefined (recovery of a class that never
        comes back).

    Raises:
        ValueError: If the run has no complete segment evaluations of the set.
    """
    a = class_accuracy(segment_confusions(run, set))
    s = class_segments(run, len(a))
    unknown = np.full(a.shape[-1], np.nan)
    untrained = epoch_evaluations(run, set).get(0)
    return {
        "learned": definitions.learned(a, s),
        "final": definitions.final(a),
        "drop": definitions.drop(a, s),
        "forgetting_max_minus_last": definitions.max_minus_last(a, s),
        "forgetting_first_minus_last": definitions.first_minus_last(a, s),
        "recency": definitions.recency(a, s),
        "recovery": definitions.recovery(a, s) if len(a) > 1 else unknown,
        "minimum_after_first_segment": definitions.minimum_after_first_segment(a, s),
        "untrained": unknown if untrained is None else class_accuracy(untrained.confusion),
    }


def forgetting_scalars(run: RunLike, sample: str = "test-sample") -> dict[str, float]:
    """The forgetting figures of one run: means over its classes, the recency bias, its tasks'.

    The recency bias is that of the last evaluation of the whole set behind the sample ("test" for
    "test-sample"), or of the sample itself where there is none; the last class is the one with the
    last training segment: all classes of the last task where tasks are shown.

    Runs that saw several tasks once each also have `task_figures`, named "tasks: ...". They come
    from the sample, as the figures over classes do: it is always there where training segments
    are known (the whole set need not be), and then both speak of the same evaluations.

    Returns:
        Metric name to fraction; NaN where undefined (no errors, one epoch, a class that never
        comes back).

    Raises:
        ValueError: If the run has no complete segment evaluations of the sample.
    """
    figures = class_forgetting(run, sample)
    means = {
        f"mean {name}": _mean_of_known(figures[name])
        for name in (
            "learned",
            "drop",
            "forgetting_max_minus_last",
            "forgetting_first_minus_last",
            "recovery",
        )
    }
    whole = last_evaluation(run, sample.removesuffix("-sample")) or last_evaluation(run, sample)
    assert whole is not None  # class_forgetting has read the sample
    follows = figures["recency"]
    last, *rest = np.unique(follows[~np.isnan(follows)])
    # Two classes that share the last segment are both the last.
    last_two = np.flatnonzero(follows <= (rest[0] if rest else last))
    bias = {
        "recency bias: last class": np.flatnonzero(follows == last),
        "recency bias: last two classes": last_two,
    }
    biases = {
        name: float(definitions.recency_bias(whole.confusion, classes.tolist()))
        for name, classes in bias.items()
    }
    return means | biases | _task_figures(run, sample)


def _figure(run: RunLike, metric: str, class_: int | None) -> float | None:
    """The metric of one run, or None where the run does not have it."""
    if (match := PATTERN.fullmatch(metric)) and (
        value := _evaluated(run, match, class_)
    ) is not None:
        return value
    if class_ is not None:
        return _of_class(run, metric, class_)
    if (value := curve_figure(run, metric)) is not None:
        return value
    if metric.startswith(OVER_CLASSES) and has_segments(run, SAMPLE):
        value = forgetting_scalars(run, SAMPLE).get(metric)
        if value is not None:
            return _known(value)
    return next((value for _, _, name, value in reversed(run.history) if name == metric), None)


def _of_class(run: RunLike, metric: str, class_: int) -> float | None:
    """A column of the forgetting table for one class of one run."""
    figures = class_forgetting(run, SAMPLE).get(metric) if has_segments(run, SAMPLE) else None
    if figures is None or not 0 <= class_ < len(figures):
        return None
    return _known(figures[class_])


def _task_figures(run: RunLike, sample: str) -> dict[str, float]:
    """The figures of a run's tasks; none where every class is trained in every epoch."""
    if run.arrays["class_segments"].all():  # spares the many runs without tasks the matrices
        return {}
    confusions = segment_confusions(run, sample)
    return task_figures(confusions, class_segments(run, len(confusions)))


def _evaluated(run: RunLike, match: re.Match[str], class_: int | None) -> float | None:
    """The figure of a set that `match` names, of those evaluations that it names; None without."""
    what, set = match["what"], match["set"]
    looks: Sequence[EvaluationLike | None]
    if match["epoch"]:
        looks = [epoch_evaluations(run, set).get(int(match["epoch"]))]
    elif match["best"]:
        looks = [each for epoch, each in epoch_evaluations(run, set).items() if epoch > 0]
    else:
        looks = [last_evaluation(run, set)]
    found = [
        (value, each.epoch)
        for each in looks
        if each is not None and (value := _measured(each, what, class_)) is not None
    ]
    if not found:
        return None
    values = [value for value, _ in found]
    best = (min if what == "loss" else max)(values)
    return float(found[values.index(best)][1]) if match["when"] else _known(best)


def _measured(each: EvaluationLike, what: str, class_: int | None) -> float | None:
    """One evaluation's figure; of a single class, its accuracy alone."""
    if class_ is None:
        return EVALUATION_METRICS[what](each)
    if what == "accuracy" and 0 <= class_ < len(each.confusion):
        return float(class_accuracy(each.confusion)[class_])
    return None


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _mean_of_known(values: Floats) -> float:
    """Mean over the classes that have test examples; NaN where none has."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
