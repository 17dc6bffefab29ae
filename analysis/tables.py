"""Tables of what the runs of one study left: one row per condition and class or metric.

All figures are fractions (losses in their own unit) at full precision. Means are over finished
runs, and `n` says over how many: a condition without any has n = 0 and NaN figures. The unit is
one network, so `sd` and the 95 % t-interval (ci_low, ci_high) are over seeds; both are NaN at
n = 1. Conditions and sets stand in the order in which they are first met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.confusion import accuracy, class_accuracy
from analysis.metrics.learning_curve import SETTLED
from analysis.metrics.registry import CURVES, EVALUATED, metric_named
from analysis.metrics.run_forgetting import class_forgetting, forgetting_scalars, mean_of_known
from analysis.metrics.task_sets import task_figures_among
from analysis.metrics.values import known_values
from analysis.runs import (
    FINISHED,
    STATUSES,
    RunLike,
    RunSet,
    class_names,
    epoch_evaluations,
    has_segments,
    has_tasks,
    last_evaluation,
    last_in_history,
    no_evaluation,
    number_of_classes,
    task_sets,
    whole_sets,
)
from analysis.statistics.intervals import describe

Floats = NDArray[np.float64]
Figure = tuple[str, Sequence[float] | pd.Series]
"""A metric and its values over the seeds."""

SUMMARY = ("n", "mean", "sd", "ci_low", "ci_high", "p25", "p50", "p75", "min", "max")
FORGETTING = (
    "learned",
    "final",
    "drop",
    "forgetting_max_minus_last",
    "forgetting_first_minus_last",
    "ci_low",
    "ci_high",
    "recency",
    "recovery",
    "minimum_after_first_segment",
    "untrained",
)


BEST = tuple(
    f"{prefix}best validation {what}"
    for what in ("accuracy", "loss")
    for prefix in ("", "epoch of ")
)
"""Over the epochs, where the validation set was evaluated: what early stopping goes by."""


def per_class_table(runs: Sequence[RunLike], set: str = "test") -> pd.DataFrame:
    """Final accuracy of each class over seeds, from the last evaluation of a set.

    Args:
        runs: Records of one study and variant.
        set: Name of the evaluated set.

    Returns:
        Columns condition, class, n, mean, sd, ci_low, ci_high, p25, p50, p75, min, max.

    Raises:
        ValueError: If no run has evaluated the set.

    Examples:
        >>> from analysis import per_class_table
        >>> from studies import read
        >>> table = per_class_table(read("class-order").records).set_index(["condition", "class"])
        >>> table.loc[("class-sequential", 3), ["n", "mean"]].round(3).tolist()
        [10.0, 0.588]
    """
    rows: list[dict[str, Any]] = []
    for condition, finished in RunSet.of(runs).finished.items():
        last = [last_evaluation(run, set) for run in finished]
        values = [class_accuracy(each.confusion) for each in last if each is not None]
        table = _stack(values, _classes(runs, condition, set), condition)
        rows += [
            {"condition": condition, "class": name, **describe(column)}
            for name, column in zip(
                class_names(finished or runs, table.shape[1]), table.T, strict=True
            )
        ]
    return pd.DataFrame(rows, columns=["condition", "class", *SUMMARY])


def summary_table(runs: Sequence[RunLike], sample: str = "test-sample") -> pd.DataFrame:
    """Final figures of each condition over seeds.

    For every whole set: "test accuracy" (over all examples), "test loss", "test mean class
    accuracy". Where there is a validation set, its best accuracy and loss over the epochs and which
    epochs these were: optimistic, because they are chosen on the very examples; and where it was
    followed long enough, the roughness of its curve and its convergence epoch. Where segments were
    evaluated, the figures of `forgetting_scalars` as well; among them, where a run saw tasks once
    each, the published figures of tasks. Of runs that evaluated nothing, because they trained
    nothing, the scores in their history.

    Args:
        runs: Records of one study and variant.
        sample: Name of the set that was evaluated after every segment.

    Returns:
        Columns condition, metric, n, mean, sd, ci_low, ci_high, p25, p50, p75, min, max.

    Raises:
        ValueError: If there are no runs.

    Examples:
        >>> from analysis import summary_table
        >>> from studies import read
        >>> table = summary_table(read("class-order").records).set_index(["condition", "metric"])
        >>> table.loc[("shuffled", "test accuracy"), ["n", "mean", "sd"]].round(4).tolist()
        [10.0, 0.9763, 0.0007]
    """
    rows: list[dict[str, Any]] = []
    everywhere = whole_sets(runs) or ["test"]
    runs = RunSet.of(runs)
    for condition, finished in runs.finished.items():
        figures = [
            *_of_evaluations(finished, whole_sets(finished) if finished else everywhere),
            *_of_best_epochs(runs, condition),
            *_of_curves(runs, condition),
            *_of_segments(runs, condition, sample),
            *_of_tasks(runs, condition),
        ]
        rows += [
            {"condition": condition, "metric": name, **describe(values)} for name, values in figures
        ]
    return pd.DataFrame(rows, columns=["condition", "metric", *SUMMARY])


def _of_evaluations(finished: Sequence[RunLike], sets: Sequence[str]) -> Iterator[Figure]:
    """The last evaluation of every whole set."""
    for set in sets:
        last = [last_evaluation(run, set) for run in finished]
        for name, figure in EVALUATED.items():
            values = [figure(each) for each in last if each is not None]
            # As in `history_table`: a loss that is not known.
            if not values or not np.isnan(values).all() or name != "loss":
                yield f"{set} {name}", values


def _of_best_epochs(runs: RunSet[RunLike], condition: str) -> Iterator[Figure]:
    """The best of the validation set over the epochs, where it was evaluated after some."""
    looks = (each for run in runs.finished[condition] for each in run.evaluations)
    if any(each.set == "validation" and each.epoch > 0 for each in looks):
        for name in BEST:
            # Of what another program trained the loss need not be known.
            if len(values := known_values(runs, name, condition)):
                yield name, values


def _of_curves(runs: RunSet[RunLike], condition: str) -> Iterator[Figure]:
    """The shape of validation curves; those of fewer epochs have not settled and say nothing."""
    long = [
        run
        for run in runs.finished[condition]
        if len(epoch_evaluations(run, "validation")) > SETTLED + 3
    ]
    for metric in (metric_named(f"validation {curve}") for curve in CURVES if long):
        figures = [metric.value(runs, run) for run in long]
        yield metric.name, [figure for figure in figures if figure is not None]


def _of_segments(runs: RunSet[RunLike], condition: str, sample: str) -> Iterator[Figure]:
    """What is forgotten over the segments; of runs that evaluated nothing, their scores."""
    finished = runs.finished[condition]
    segmented = [run for run in finished if has_segments(run, sample)]
    scalars = [runs.once(forgetting_scalars, run, sample) for run in segmented]
    scalars += [last_in_history(run) for run in finished if not run.evaluations]
    yield from _collected(scalars)


def _of_tasks(runs: RunSet[RunLike], condition: str) -> Iterator[Figure]:
    """The published figures of tasks, where there are sets by task."""
    by_task = [run for run in runs.finished[condition] if has_tasks(run)]
    yield from _collected([task_figures_among(runs, run) for run in by_task])


def _collected(scalars: Sequence[Mapping[str, float]]) -> Iterator[Figure]:
    # A run that ended before its last task has no figures of tasks: not every run has each.
    for name in dict.fromkeys(name for each in scalars for name in each):
        yield name, [each[name] for each in scalars if name in each]


def forgetting_table(runs: Sequence[RunLike], set: str = "test-sample") -> pd.DataFrame:
    """What each class lost and recovered over the segments, mean over seeds.

    `learned`, `final`, `drop`, `recency`, `recovery` and both forgettings are defined in
    `analysis.metrics.class_forgetting`; ci_low and ci_high are the 95 % t-interval of `drop`;
    `minimum_after_first_segment` is the lowest later accuracy; `untrained` the accuracy before
    training. `recovery` is NaN for one epoch and for classes that never come back (tasks),
    `untrained` where it was not evaluated.

    Args:
        runs: Records of one study and variant.
        set: Name of the set that was evaluated after every segment.

    Returns:
        Columns condition, class, n, learned, final, drop, forgetting_max_minus_last,
        forgetting_first_minus_last, ci_low, ci_high, recency, recovery,
        minimum_after_first_segment, untrained.

    Raises:
        ValueError: If no run has segment evaluations of the set.

    Examples:
        >>> from analysis import forgetting_table
        >>> from studies import read
        >>> table = forgetting_table(read("class-order").records).set_index(["condition", "class"])
        >>> table.loc[("class-sequential", 3), ["learned", "final", "drop"]].round(3).tolist()
        [0.995, 0.541, 0.453]
    """
    runs = RunSet.of(runs)
    conditions = list(runs.finished)
    if not any(has_segments(run, set) for run in runs):
        raise ValueError(
            f"received {len(runs)} runs without segment evaluations of {set!r}; expected one after "
            "every segment; run a study that evaluates segments, such as a class-sequential one"
        )
    frames = [
        _of_classes(runs, condition, _classes(runs, condition, set), set)
        for condition in conditions
    ]
    return pd.concat(frames, ignore_index=True)


def _of_classes(runs: RunSet[RunLike], condition: str, classes: int, set: str) -> pd.DataFrame:
    """The rows of one condition in the forgetting table."""
    segmented = [run for run in runs.finished[condition] if has_segments(run, set)]
    figures = [runs.once(class_forgetting, run, set) for run in segmented]
    columns = {
        name: _stack([each[name] for each in figures], classes, condition)
        for name in FORGETTING
        if name not in ("ci_low", "ci_high")
    }
    drops = [describe(values) for values in columns["drop"].T]
    frame: dict[str, Any] = {
        "condition": condition,
        "class": class_names(segmented or runs, classes),
    }
    frame["n"] = [each["n"] for each in drops]
    for name in FORGETTING:
        if name in columns:
            frame[name] = [mean_of_known(values) for values in columns[name].T]
        else:
            frame[name] = [each[name] for each in drops]
    return pd.DataFrame(frame)


def history_table(runs: Sequence[RunLike]) -> pd.DataFrame:
    """Everything that was followed over the epochs, in long form, for runs of every status.

    The rows of `history` as they are, but for a network's "accuracy", which is called "training
    accuracy": of the training part with its training labels, while it is trained. Then for each
    whole set and set by task the accuracy and loss of the last evaluation in each epoch, named
    "test accuracy", "test loss", ...

    Returns:
        Columns condition, seed, epoch, step, name, value.

    Raises:
        ValueError: If there are no runs.

    Examples:
        >>> from analysis import history_table
        >>> from studies import read
        >>> table = history_table(read("class-order").records)
        >>> sorted(set(table["name"]))[:3], int(table["epoch"].max())
        (['learning_rate', 'loss', 'test accuracy'], 20)
    """
    assert RunSet.of(runs).finished  # the same checks as every table
    rows: list[tuple[str, int, int, int, str, float]] = []
    for run in runs:
        # Whoever evaluated nothing trained nothing: those are scores under their own names.
        names = {"accuracy": "training accuracy"} if run.evaluations else {}
        rows += [
            (run.condition, run.seed, epoch, step, names.get(name, name), value)
            for epoch, step, name, value in run.history
        ]
        for set in (*whole_sets([run]), *task_sets(run)):
            looks = list(epoch_evaluations(run, set).values())
            accuracies = accuracy([each.confusion for each in looks]).tolist()
            for each, value in zip(looks, accuracies, strict=True):
                at = (run.condition, run.seed, each.epoch, each.step)
                rows.append((*at, f"{set} accuracy", value))
                # Of what another program trained the loss need not be known.
                if run.status != FINISHED or not np.isnan(each.loss):
                    rows.append((*at, f"{set} loss", float(each.loss)))
    return pd.DataFrame(rows, columns=["condition", "seed", "epoch", "step", "name", "value"])


def status_counts(runs: Sequence[RunLike]) -> pd.DataFrame:
    """How many runs of each condition ended how.

    Returns:
        Columns condition, finished, diverged, failed, stopped.

    Raises:
        ValueError: If there are no runs, or a status is not one of these four.

    Examples:
        >>> from analysis import status_counts
        >>> from studies import read
        >>> status_counts(read("class-order").records)["finished"].tolist()
        [10, 10]
    """
    counts = {condition: dict.fromkeys(STATUSES, 0) for condition in RunSet.of(runs).finished}
    for run in runs:
        if run.status not in STATUSES:
            raise ValueError(
                f"received status {run.status!r} ({run.condition!r}, seed {run.seed}); expected "
                f"one of {', '.join(STATUSES)}; run that seed again"
            )
        counts[run.condition][run.status] += 1
    rows = [{"condition": condition, **each} for condition, each in counts.items()]
    return pd.DataFrame(rows, columns=["condition", *STATUSES])


def _classes(runs: Sequence[RunLike], condition: str, set: str) -> int:
    own = number_of_classes([run for run in runs if run.condition == condition], set)
    classes = own or number_of_classes(runs, set)
    if classes is None:
        raise no_evaluation(runs, set)
    return classes


def _stack(values: Sequence[Floats], classes: int, condition: str) -> Floats:
    """Seeds x classes; no rows where no seed has the figure."""
    if any(len(each) != classes for each in values):
        raise ValueError(
            f"received runs of condition {condition!r} with {sorted({*map(len, values)})} classes; "
            "expected one number of classes; pass the runs of one variant"
        )
    return np.stack(values) if values else np.empty((0, classes))
