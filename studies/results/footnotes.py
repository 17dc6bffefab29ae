"""What a reader must know to read a table right, a line each."""

import shlex
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.metric import POINTS
from analysis.metrics.registry import CURVES, metric_named
from analysis.metrics.task_sequence import PREFIX, task_ends
from analysis.metrics.values import values_of
from analysis.proportions import proportion_table
from analysis.recency import class_positions, position_sentences, similarity_in
from analysis.rendering.formatting import counted
from analysis.rendering.table import Format
from analysis.runs import SAMPLE, class_names, has_segments, has_tasks, last_in_history
from analysis.statistics.intervals import (
    binomial_standard_error,
    median_interval,
    quantile_interval,
    wilson_interval,
)
from analysis.sweep import off_the_lines
from analysis.tables import status_counts
from core import Record
from studies.results.program import program
from studies.results.reading import Reading, baseline
from studies.results.tasks import FROM_SETS, of_fewer_runs, of_the_floor
from studies.results.units import examples_in_all

Floats = NDArray[np.float64]

FRAGILE = 5
"""With fewer seeds than this an interval of the mean hangs on single runs."""

INTERVALS = (
    "Accuracies in percent, with the 95 % t-interval of the mean over the seeds; p25, p50, p75: "
    "percentiles by the linear method (type 7)."
)


def below(reading: Reading, notes: str | Callable[[Reading], list[str]]) -> list[str]:
    """The lines below a table of a study: its own, those on too few seeds, those on failed runs."""
    if not reading.finished:
        return [*_endings(reading), "No run finished: there is nothing to average."]
    own = [notes] if isinstance(notes, str) else notes(reading)
    return own + _of_the_seeds(reading) + _no_numbers(reading) + _endings(reading)


def of_the_bounds(frame: pd.DataFrame, formats: Mapping[str, Format]) -> list[str]:
    """Whether an interval of an accuracy or of a drop leaves what these can be."""
    if "ci_high" not in frame:
        return []
    least = -1.0 if "drop" in frame else 0.0
    known = formats.get("ci_high", Format())
    rows = [
        row
        for row in frame.to_dict("records")
        if "accuracy" in (name := str(row.get(known.column) or known.metric))
        and metric_named(name).is_fraction  # the epoch of the best accuracy is none
    ]
    if not any(row["ci_low"] < least - 1e-9 or row["ci_high"] > 1 + 1e-9 for row in rows):
        return []
    return [
        f"An interval beyond {100 * least:g} to 100 is of the t-distribution, which knows no "
        "bounds: the mean lies inside them."
    ]


def of_the_forgetting(reading: Reading) -> list[str]:
    """What each column is, and which conditions have none."""
    segmented = {each.condition for each in reading.finished if has_segments(each, SAMPLE)}
    without = dict.fromkeys(
        each.condition for each in reading.finished if each.condition not in segmented
    )
    return [
        "In percent and points. learned: just after the class's last segment; final: at the very "
        "end; drop: learned - final (0 for the class shown last), with its interval over the "
        "seeds; forgetting max minus last: the best it ever was since its first segment, minus "
        f"final; recovery: won back each time the class comes back. On {_sample(reading)}.",
        *(f"{name}: not evaluated after segments, so its drops are not known." for name in without),
    ]


def of_the_sweep(reading: Reading) -> list[str]:
    """What is best, and what that says."""
    off = off_the_lines(reading.conditions)
    words = shlex.join(
        [program(), "compare", reading.called, "--variant", reading.variant, "--best"]
    )
    return [
        f"{INTERVALS} best: the best mean of a line of values; which of them it is told apart from "
        f"says `{words}`.",
        *([f"Not on a line of numbers, and not among the best: {', '.join(off)}."] if off else []),
    ]


def of_the_wide(reading: Reading) -> list[str]:
    """What each row is."""
    if any(has_segments(record, SAMPLE) for record in reading.records):
        return of_the_forgetting(reading)
    return [INTERVALS]


def of_the_summary(reading: Reading) -> list[str]:
    """What is optimistic, the spread of the deciding metric, and what the figures of tasks are."""
    lines = [INTERVALS]
    if any(e.set == "validation" for record in reading.finished for e in record.evaluations):
        lines.append(
            "best validation ...: of each run's epochs, chosen on the very examples: "
            "optimistic; epoch of best ...: the first that has it."
        )
    lines += _of_the_metric(reading)
    if any(_saw_tasks(record) for record in reading.finished):
        lines.append(_of_the_tasks(reading))
    if any(has_tasks(record) for record in reading.finished):
        lines.append(f"tasks: {FROM_SETS[:1].lower()}{FROM_SETS[1:]}")
    return lines + of_the_floor(reading)


def _of_the_seeds(reading: Reading) -> list[str]:
    """Whether the seeds are too few for intervals, or more than were planned."""
    lines = []
    fewest = min(Counter(record.condition for record in reading.finished).values())
    if fewest == 1:
        lines.append("1 seed: a value without an interval.")
    elif fewest < FRAGILE:
        lines.append(f"{fewest} seeds: the intervals are fragile.")
    seeds = reading.most_seeds
    if 0 < reading.planned < seeds:
        lines.append(
            f"{seeds} seeds, {reading.planned} planned: adding seeds until a difference shows "
            "makes false alarms more frequent than any p says."
        )
    return lines


def _no_numbers(reading: Reading) -> list[str]:
    """Which recorded figures are NaN at the end, and so are in no mean."""
    found = [
        f"{name} of {record.condition} (seed {record.seed})"
        for record in reading.finished
        for name, value in last_in_history(record).items()
        if value != value
    ]
    return [f"Not a number, and so left out: {', '.join(found)}."] * bool(found)


def of_the_positions(reading: Reading) -> list[str]:
    """What the rows are, whether the orders are balanced, and what was found."""
    shuffled = baseline(reading)
    positions = class_positions(reading.records)
    lines = [
        "Final accuracy on the test set in percent; recency: how many classes are shown after a "
        "class in every epoch. Each run has another class at a recency: these intervals (95 %, t) "
        "hold the differences between classes. Those of the changes, in points, do not. What each "
        "class keeps, over all its places: --kind per-class."
    ]
    lines += [
        f"{condition}: its {len(each.recency)} runs do not put each class at each place equally "
        "often, so its means by recency hold differences between classes; the changes do not."
        for condition, each in positions.items()
        if not each.balanced
    ]
    if shuffled in positions:
        lines.append(
            f"{shuffled} shows all classes at all times: recency there is that of the order by "
            "which it is measured, and nothing should change with it."
        )
    alike = None if shuffled is None else similarity_in(reading.records, shuffled)
    if alike is not None:
        classes = class_names(reading.finished, len(alike))
        first, second = (classes[at] for at in divmod(int(alike.argmax()), len(alike)))
        lines.append(
            f"Similarity of two classes, in points: the proportion of either's test examples that "
            f"{shuffled} takes for the other (most: {first} and {second}, "
            f"{100 * alike.max():.2f}), summed over the classes shown after a class. p is over "
            "networks and orders of these classes, not over other classes."
        )
    return lines + position_sentences(reading.records, shuffled)


def of_the_proportions(reading: Reading) -> list[str]:
    """What is counted, and the answer of each column of the figure over its conditions."""
    assert reading.definition is not None  # or there would be no such table
    proportions = reading.definition.proportions
    assert proportions is not None
    metric = proportions.metrics[0]
    what = metric_named(metric).quantity or metric
    lines = [
        f"proportion: {what}, in percent of the n seeds, with Wilson's 95 % interval; conditions "
        "have their seeds in common, so their proportions are not independent."
    ]
    table = proportion_table(reading.records, [metric])
    parameters = {each.condition: each.recipe["scores"]["parameters"] for each in reading.records}
    column = [parameters[condition][proportions.columns] for condition in table["condition"]]
    for value, part in (100 * table["proportion"]).groupby(column, sort=False):
        lines.append(
            f"{value}: {metric} from {part.min():.1f} to {part.max():.1f} %, {part.mean():.1f} on "
            f"average over {len(part)} conditions."
        )
    return lines


def of_the_overview(reading: Reading) -> list[str]:
    """What the first columns are of, and what the further metrics mean."""
    shown = (reading.primary, *(reading.definition.shown if reading.definition else ()))
    lines = [
        f"mean to p75: {shown[0]}, with the 95 % t-interval of its mean over the seeds and its "
        "percentiles (linear method, type 7); then means. Accuracies in percent."
    ]
    known = list(map(metric_named, shown))
    if any(metric.when == "best" for metric in known[1:]):
        lines.append("best: of each run's epochs, chosen on the very examples: optimistic.")
    said = {metric.quantity: f"{metric.definition}." for metric in known}
    lines += [said[curve] for curve in CURVES if curve in said]
    if "accuracy" in shown[1:]:
        lines.append(
            "accuracy: on the training part with its training labels, while it is trained, in the "
            "last epoch."
        )
    lines += of_fewer_runs(reading, {name: name for name in shown})
    return lines + (of_the_floor(reading) if shown[0].startswith(PREFIX) else [])


def _of_the_metric(reading: Reading) -> list[str]:
    """Every value where they are few; the median's interval; the test set's own uncertainty."""
    metric = reading.primary
    if metric_named(metric).unit != POINTS:
        return []
    lines = []
    for condition in reading.conditions:
        values = values_of(reading.records, metric, condition).to_numpy()
        if len(values):
            lines.append(f"{metric} of {condition}: {_of_the_values(values, reading, metric)}")
    return lines


def _of_the_values(values: Floats, reading: Reading, metric: str) -> str:
    """What one condition's accuracies say beside their mean."""
    said = []
    if 1 < len(values) < FRAGILE:
        said.append(f"every value {', '.join(f'{100 * v:.2f}' for v in values)}")
    intervals = [median_interval(values), *(quantile_interval(values, q) for q in (0.25, 0.75))]
    said.append(_quartiles(intervals, len(values)))
    n = examples_in_all(reading, metric)
    if n is not None:
        error = 100 * float(binomial_standard_error(float(values.mean()), n))
        said.append(f"standard error of its {n:,} examples {error:.2f} points")
    return "; ".join(said) + "."


def _saw_tasks(record: Record) -> bool:
    known = has_segments(record, SAMPLE)
    return known and len(task_ends(record.arrays["class_segments"])) > 0


def _of_the_tasks(reading: Reading) -> str:
    """What the figures of tasks are made of, where they come from the classes."""
    return (
        f"tasks: from the accuracy on each task's classes after each task, on {_sample(reading)}; "
        "mean ...: over the single classes; recency bias: all classes of the last task, or of the "
        "last two, are those shown last. No forward transfer: a class cannot be predicted before "
        "it is learned."
    )


def _sample(reading: Reading) -> str:
    """What was evaluated after every segment."""
    sample = next(e for r in reading.records for e in r.evaluations if e.set == SAMPLE)
    return f"a fixed sample of {sample.confusion.sum():,} test examples"


def _quartiles(intervals: list[tuple[float, float]], n: int) -> str:
    """The distribution-free intervals that n seeds can give."""
    median, lower, upper = [
        "" if low != low else f"{100 * low:.2f} to {100 * high:.2f}" for low, high in intervals
    ]
    if not median:
        return f"no interval of the median from {counted(n, 'seed')} (6 are needed)"
    if not lower:
        return f"p50 lies in {median} (95 %, distribution-free; a quartile needs 13 seeds)"
    return f"95 %, distribution-free: p25 in {lower}, p50 in {median}, p75 in {upper}"


def _endings(reading: Reading) -> list[str]:
    """How many runs of each condition diverged or failed, if any did."""
    lines = []
    recorded = "recording a run again replaces it"
    again = recorded if reading.recorded else "`--retry-failed` does them again"
    for row in status_counts(reading.records).to_dict("records"):
        runs = sum(value for name, value in row.items() if name != "condition")
        # To diverge is an outcome; a run that failed or was stopped has none.
        ended = row["finished"] + row["diverged"]
        if row["diverged"]:
            low, high = wilson_interval(row["diverged"], ended)
            lines.append(
                f"{row['condition']}: {row['diverged']} of {ended} runs diverged "
                f"({100 * row['diverged'] / ended:.0f} %, Wilson 95 % interval {100 * low:.0f} to "
                f"{100 * high:.0f} %); the means are over the {row['finished']} that finished."
            )
        if row["failed"]:
            lines.append(
                f"{row['condition']}: {row['failed']} of {runs} runs failed and are left out; "
                f"{again}."
            )
    return lines
