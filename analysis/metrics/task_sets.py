"""R of a run, from its evaluation sets by task; and the figures of tasks that follow from it.

Evaluations on the test examples of each task by itself ("test-task-1", ...) know what R needs in
every scenario: which outputs compete for an example is the business of the evaluation. Runs without
them have R from the confusion of classes, see `analysis.metrics.task_sequence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.metrics import task_metrics
from analysis.metrics.confusion import accuracy
from analysis.metrics.task_sequence import PREFIX, accuracy_matrix, figures_of, task_ends
from analysis.runs import (
    BY_TASK,
    FINISHED,
    R_KNOWN,
    SAMPLE,
    RunLike,
    RunSet,
    class_segments,
    epoch_evaluations,
    has_segments,
    has_tasks,
    segment_confusions,
    task_sets,
)

Floats = NDArray[np.float64]

CLASS_INCREMENTAL = "class"


def scenario_of(run: RunLike) -> str:
    """The kind of a run's scenario: "task", "domain", "class", "class-masked-at-test".

    Without one, every output competes for every example: class-incremental, but of domains, whose
    tasks have the same classes.
    """
    alone = "domain" if _order(run).get("is") == "Domains" else CLASS_INCREMENTAL
    return str((_recipe(run).get("scenario") or {}).get("kind", alone))


def is_joint(run: RunLike) -> bool:
    """Whether every epoch showed all tasks."""
    return bool(_order(run).get("shown") == "all")


def task_epochs(run: RunLike, tasks: int) -> list[int]:
    """The epoch that ends each of so many tasks."""
    order = _order(run)
    each = 1 if order.get("steps_each") else order.get("epochs_each", 1)
    return [each * task for task in range(1, tasks + 1)]


def task_accuracies(run: RunLike) -> Floats | None:
    """R of one run, below the accuracies of its untrained network (Lopez-Paz & Ranzato 2017).

    As another program computed it, or from the sets by task; without either from the classes'
    confusion on the sample, where the run saw each of several tasks once.

    Returns:
        float64 [T + 1, T], fractions: row 0 before training, row i after task i. NaN where it was
        not evaluated; of a joint run, which has no tasks, only row 0 and the last one are known.
        None for a run without tasks.
    """
    if R_KNOWN in run.arrays:
        return np.asarray(run.arrays[R_KNOWN], dtype=np.float64)
    sets = task_sets(run)
    if not sets:
        return _of_classes(run)
    rows = np.full((len(sets) + 1, len(sets)), np.nan)
    for column, looks in enumerate(epoch_evaluations(run, set) for set in sets):
        ends = [0, *task_epochs(run, len(sets))]
        if is_joint(run):
            ends = [0, *[-1] * (len(sets) - 1), max(looks)]
        known = [row for row, epoch in enumerate(ends) if epoch in looks]
        if known:
            rows[known, column] = accuracy([looks[ends[row]].confusion for row in known])
    return rows


def condition_accuracies(runs: RunSet[Any], condition: str) -> Floats:
    """`task_accuracies` of a condition's finished runs, float64 [seeds, T + 1, T], by seed.

    Runs without tasks are left out: of a condition without any it is [0, 1, 0].

    Raises:
        ValueError: Its runs have different numbers of tasks.
    """
    finished = sorted(runs.finished[condition], key=lambda run: run.seed)
    made = (runs.once(task_accuracies, run) for run in finished)
    found = [each for each in made if each is not None]
    numbers = sorted({len(each) - 1 for each in found})
    if len(numbers) > 1:
        raise ValueError(
            f"received runs of {condition!r} with {' and '.join(map(str, numbers))} tasks; "
            "expected as many in all runs of a condition; compare them as conditions"
        )
    return np.stack(found) if found else np.empty((0, 1, 0))


def set_figures(run: RunLike) -> dict[str, float]:
    """The published figures of one run from its sets by task.

    Returns:
        "tasks: ..." to fraction, defined in `analysis.metrics.task_metrics`: all of R, but forward
        transfer only where the untrained network was evaluated and a class can be predicted before
        it is learned. Of a joint run those of its last row. Nothing where training ended early.
    """
    accuracies = task_accuracies(run)
    assert accuracies is not None  # it has sets by task
    untrained, r = accuracies[0], accuracies[1:]
    if np.isnan(r[-1]).any():
        return {}
    figures = {"average accuracy": task_metrics.average_accuracy(r)}
    if R_KNOWN in run.arrays:  # nobody says how many examples: each task counts alike
        examples = [1] * len(r)
    else:
        looks = [epoch_evaluations(run, f"{BY_TASK}{task}") for task in range(1, len(r) + 1)]
        # Of the last look: the ones before may be of a sample (`EvaluationPlan.task_examples`).
        examples = [int([*each.values()][-1].confusion.sum()) for each in looks]
        by_size = task_metrics.accuracy_over_examples(r[-1], examples)
        figures["accuracy over examples"] = by_size
    known = not np.isnan(np.tril(r)).any() and len(r) > 1
    before = np.array([*np.diagonal(r, offset=1), *untrained])
    if known and scenario_of(run) != CLASS_INCREMENTAL and not np.isnan(before).any():
        figures["forward transfer"] = task_metrics.forward_transfer(r, untrained)
    said = {PREFIX + name: float(figure) for name, figure in figures.items()}
    return said | (figures_of(r, examples) if known else {})


def task_figures_among(runs: RunSet[Any], run: RunLike) -> dict[str, float]:
    """`set_figures` of one of these runs, and its intransigence where a joint run is among them.

    That is the joint run of the same seed, scenario and split; of several the one whose recipe has
    most in common with this one's.
    """
    figures = runs.once(set_figures, run)
    if PREFIX + "learning accuracy" not in figures or is_joint(run):
        return figures
    joint = [
        other
        for other in runs
        if other.seed == run.seed
        and other.status == FINISHED
        and is_joint(other)
        and scenario_of(other) == scenario_of(run)
        and has_tasks(other)
        # Trained on a part of each class alone, joint training bounds nothing.
        and _recipe(other).get("split") == _recipe(run).get("split")
        and task_sets(other) == task_sets(run)
    ]
    if not joint:
        return figures
    nearest = runs.once(task_accuracies, max(joint, key=lambda other: _in_common(run, other)))
    own = runs.once(task_accuracies, run)
    assert own is not None
    assert nearest is not None
    lost = task_metrics.intransigence(own[1:], nearest[-1])
    return figures | {PREFIX + "intransigence": float(lost)}


def _of_classes(run: RunLike) -> Floats | None:
    if not has_segments(run, SAMPLE):
        return None
    confusions = segment_confusions(run, SAMPLE)
    segments = class_segments(run, len(confusions))
    ends = task_ends(segments)
    if not len(ends):
        return None
    of_task = segments[ends] > 0
    before = epoch_evaluations(run, SAMPLE).get(0)
    untrained = np.full(len(ends), np.nan)
    if before is not None:
        untrained = accuracy(before.confusion * of_task[:, :, None])
    return np.vstack([untrained, accuracy_matrix(confusions, segments)])


def _in_common(run: RunLike, other: RunLike) -> int:
    theirs = _recipe(other)
    return sum(theirs.get(name) == value for name, value in _recipe(run).items())


def _order(run: RunLike) -> Mapping[str, Any]:
    order: Mapping[str, Any] = _recipe(run).get("order") or {}
    return order


def _recipe(run: RunLike) -> Mapping[str, Any]:
    recipe: Mapping[str, Any] = getattr(run, "recipe", {})
    return recipe
