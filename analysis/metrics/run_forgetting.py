"""What a run forgot, read off its evaluations after every segment: by class, over classes, tasks.

The definitions are in `analysis.metrics.class_forgetting` and `analysis.metrics.task_metrics`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.metrics import class_forgetting as definitions
from analysis.metrics.confusion import class_accuracy
from analysis.metrics.task_sequence import task_figures
from analysis.runs import (
    SAMPLE,
    SAMPLE_SUFFIX,
    RunLike,
    class_segments,
    epoch_evaluations,
    last_evaluation,
    segment_confusions,
    task_sets,
)

Floats = NDArray[np.float64]

MEANS = (
    "learned",
    "drop",
    "forgetting_max_minus_last",
    "forgetting_first_minus_last",
    "recovery",
)
"""The figures of classes whose means over the classes are figures of the run."""


def class_forgetting(run: RunLike, set: str = SAMPLE) -> dict[str, Floats]:
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


def forgetting_scalars(run: RunLike, sample: str = SAMPLE) -> dict[str, float]:
    """The forgetting figures of one run: means over its classes, the recency bias, its tasks'.

    The recency bias is that of the last evaluation of the whole set behind the sample ("test" for
    "test-sample"), or of the sample itself where there is none; the last class is the one with the
    last training segment: all classes of the last task where tasks are shown.

    Runs that saw several tasks once each also have `task_figures`, named "tasks: ...", unless they
    have sets by task (see `analysis.metrics.task_sets`). They come from the sample, as the figures
    over classes do: it is always there where training segments are known (the whole set need not
    be), and then both speak of the same evaluations.

    Returns:
        Metric name to fraction; NaN where undefined (no errors, one epoch, a class that never
        comes back).

    Raises:
        ValueError: If the run has no complete segment evaluations of the sample.
    """
    figures = class_forgetting(run, sample)
    means = {f"mean {name}": mean_of_known(figures[name]) for name in MEANS}
    whole = last_evaluation(run, sample.removesuffix(SAMPLE_SUFFIX)) or last_evaluation(run, sample)
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


def _task_figures(run: RunLike, sample: str) -> dict[str, float]:
    """The figures of a run's tasks; none where every class is trained in every epoch."""
    # Spares the many runs without tasks the matrices.
    if task_sets(run) or run.arrays["class_segments"].all():
        return {}
    confusions = segment_confusions(run, sample)
    return task_figures(confusions, class_segments(run, len(confusions)))


def mean_of_known(values: Floats) -> float:
    """Mean of the values that are known; NaN where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
