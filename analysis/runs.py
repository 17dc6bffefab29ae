"""What `analysis` needs to know of a record: the shape of a run, and how to pick evaluations.

The classes here are protocols. The records of `core` satisfy them, and so does any object with
these attributes, so that results from elsewhere can be read by the same functions.

Three kinds of evaluation set occur:

- *whole sets* ("test", "validation", "train", "gaussian-0.1", ...), evaluated at epoch ends;
- *sets by task* ("test-task-1", "test-task-2", ...), the test examples of each task in training
  order, evaluated at epoch ends too;
- *samples*, whose name ends in "-sample" ("test-sample"), evaluated after every segment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

SAMPLE_SUFFIX = "-sample"
SAMPLE = "test-sample"
"""The set that figures of forgetting are of."""
BY_TASK = "test-task-"
"""What the names of the sets by task begin with; the task's number follows, from 1."""
R_KNOWN = "task_accuracies"
"""The array that holds R where it was known and not evaluated here."""
FINISHED = "finished"
DIVERGED = "diverged"
STATUSES = (FINISHED, DIVERGED, "failed", "stopped")


class EvaluationLike(Protocol):
    """One network, measured once on one named set.

    Epochs and segments count from 1; epoch 0, segment 0 is the untrained network. `confusion` is
    int64 [classes, classes] (row: true class, column: predicted class), `loss` the mean loss.

    Examples:
        >>> from analysis import accuracy
        >>> from studies import read
        >>> look = read("class-order").records[0].evaluations[-1]
        >>> look.set, look.epoch, round(float(accuracy(look.confusion)), 3)
        ('validation', 20, 0.982)
    """

    @property
    def set(self) -> str: ...  # noqa: D102
    @property
    def epoch(self) -> int: ...  # noqa: D102
    @property
    def segment(self) -> int: ...  # noqa: D102
    @property
    def step(self) -> int: ...  # noqa: D102
    @property
    def confusion(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def loss(self) -> float: ...  # noqa: D102


class RunLike(Protocol):
    """One training of one condition with one seed.

    `status` is finished, diverged, failed or stopped. `history` holds rows of (epoch, step, name,
    value). `evaluations` stand in the order in which they were made. `arrays["class_segments"]`,
    present where epochs have segments, is int32 [epochs, classes]: the training segment of
    each class in each epoch (from 1), 0 where it has none (tasks). `arrays["class_names"]`,
    [classes], present where they are not 0, 1, ..., are the labels that people know the classes by,
    numbers or words: every table and figure names a class so. Where there is a `recipe` (as JSON),
    it says when a task is over and whether its classes compete with those of others.
    `arrays["task_accuracies"]` is R where another program computed it, float64 [T + 1, T],
    fractions: row 0 before training, row i after task i, NaN where it is not known.

    Examples:
        >>> from types import SimpleNamespace
        >>> import numpy as np
        >>> from analysis import per_class_table
        >>> look = SimpleNamespace(set="test", epoch=1, segment=1, step=9, loss=0.3,
        ...                        confusion=np.array([[8, 2], [0, 10]]))
        >>> run = SimpleNamespace(condition="plain", seed=0, status="finished", history=[],
        ...                       evaluations=[look], arrays={})
        >>> per_class_table([run])["mean"].tolist()
        [0.8, 1.0]
    """

    @property
    def condition(self) -> str: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def history(self) -> Sequence[tuple[int, int, str, float]]: ...  # noqa: D102
    @property
    def evaluations(self) -> Sequence[EvaluationLike]: ...  # noqa: D102
    @property
    def arrays(self) -> Mapping[str, NDArray[Any]]: ...  # noqa: D102


R = TypeVar("R", bound=RunLike)
T = TypeVar("T")


class RunSet(tuple[R, ...], Generic[R]):
    """The runs of one study and variant, in any order; what is asked of them often is made once.

    Tables and metrics take any sequence of runs, by `RunSet.of`.
    """

    @classmethod
    def of(cls, runs: Iterable[R]) -> RunSet[R]:
        """The runs as a set: as they are, if they are one."""
        return runs if isinstance(runs, RunSet) else cls(runs)

    @cached_property
    def finished(self) -> dict[str, list[R]]:
        """Every condition, in the order first met, with its finished runs (possibly none).

        Raises:
            ValueError: If there are no runs, or two finished ones share condition and seed:
                counting one network twice would make every interval too narrow.
        """
        return self._by_condition(FINISHED)

    @cached_property
    def ended(self) -> dict[str, list[R]]:
        """The same with the runs that diverged."""
        return self._by_condition(FINISHED, DIVERGED)

    def once(self, function: Callable[..., T], run: R, *sets: str) -> T:
        """`function(run, *sets)` for one of these runs, computed at the first call."""
        key = (function, id(run), sets)
        if key not in self._made:
            self._made[key] = function(run, *sets)
        return cast(T, self._made[key])

    @cached_property
    def _made(self) -> dict[tuple[Callable[..., Any], int, tuple[str, ...]], Any]:
        return {}

    def _by_condition(self, *taken: str) -> dict[str, list[R]]:
        if not self:
            raise ValueError("received no runs; expected at least one; run the study first")
        groups: dict[str, list[R]] = {run.condition: [] for run in self}
        seen: set[tuple[str, int]] = set()
        for run in self:
            if run.status not in taken:
                continue
            if (run.condition, run.seed) in seen:
                raise ValueError(
                    f"received two {' or '.join(taken)} runs of condition {run.condition!r} with "
                    f"seed {run.seed}; expected one run per seed; pass the runs of one variant and "
                    "one environment"
                )
            seen.add((run.condition, run.seed))
            groups[run.condition].append(run)
        return groups


def whole_sets(runs: Sequence[RunLike]) -> list[str]:
    """Name the sets evaluated as a whole, in the order first met."""
    names = dict.fromkeys(evaluation.set for run in runs for evaluation in run.evaluations)
    return [n for n in names if not n.endswith(SAMPLE_SUFFIX) and not n.startswith(BY_TASK)]


def task_sets(run: RunLike) -> list[str]:
    """Name the sets by task of a run, task by task; none where it was not evaluated so."""
    names = {each.set for each in run.evaluations if each.set.startswith(BY_TASK)}
    return sorted(names, key=lambda name: int(name.removeprefix(BY_TASK)))


def has_tasks(run: RunLike) -> bool:
    """Tell whether the accuracy on each task by itself is known."""
    return R_KNOWN in run.arrays or bool(task_sets(run))


def last_in_history(run: RunLike) -> dict[str, float]:
    """Map each name in a run's history to its last value."""
    return {name: value for _, _, name, value in run.history}


def is_of_training(name: str) -> bool:
    """Tell whether a set or a figure of a history is of what was trained on, by its name."""
    words = re.split(r"[^a-z]+", name.lower())
    return name.startswith("train") or not {"train", "training"}.isdisjoint(words)


def last_evaluation(run: RunLike, set: str) -> EvaluationLike | None:
    """Return the last evaluation made on a set, or None where there is none."""
    return next((each for each in reversed(run.evaluations) if each.set == set), None)


def no_evaluation(runs: Sequence[RunLike], set: str) -> ValueError:
    """The refusal of a set that no finished run was evaluated on."""
    known = ", ".join(dict.fromkeys(each.set for run in runs for each in run.evaluations)) or "none"
    return ValueError(
        f"received set {set!r}, of which none of {len(runs)} runs ended with an evaluation; "
        f"expected one that was evaluated ({known}); name one of those"
    )


def epoch_evaluations(run: RunLike, set: str) -> dict[int, EvaluationLike]:
    """Map each epoch to the evaluation of a set that was made when it ended.

    Where weights were restored after the last epoch, a further evaluation follows at the same
    place: it belongs to the run's end, not to that epoch.
    """
    found: dict[int, EvaluationLike] = {}
    for each in run.evaluations:
        if each.set == set and (
            each.epoch not in found or each.segment > found[each.epoch].segment
        ):
            found[each.epoch] = each
    return found


def layers_of(runs: Sequence[RunLike], condition: str, *arrays: str) -> list[tuple[Any, ...]]:
    """What the runs of a condition stored of each layer, in these arrays.

    Raises:
        ValueError: They have different networks.
    """
    found = {
        tuple(zip(*(run.arrays[name].tolist() for name in arrays), strict=True)) for run in runs
    }
    if len(found) > 1:
        raise ValueError(
            f"received runs of condition {condition!r} with {len(found)} different networks; "
            "expected one; pass the runs of one variant"
        )
    return list(found.pop())


def number_of_classes(runs: Sequence[RunLike], set: str) -> int | None:
    """Return the number of classes in the first evaluation of a set, or None where there is none.

    Runs of every status count: a condition that always diverged still has classes.
    """
    shapes = (
        each.confusion.shape[0] for run in runs for each in run.evaluations if each.set == set
    )
    return next(shapes, None)


def class_names(runs: Iterable[RunLike], classes: int) -> list[Any]:
    """Return what people call each class: the labels that runs recorded, else its number.

    Where a network has another number of outputs than there are labels, they are not its classes.

    Raises:
        ValueError: Runs have other names, or another order of them: a class's number would be
            another class in some of them.
    """
    recorded = [run.arrays["class_names"].tolist() for run in runs if "class_names" in run.arrays]
    names: list[Any] = recorded[0] if recorded else list(range(classes))
    if other := next((each for each in recorded if each != names), None):
        raise ValueError(
            f"received runs whose classes are {_some(names)} and {_some(other)}; expected the same "
            "names in the same order; record the runs of a condition with one list of classes"
        )
    return names if len(names) == classes else list(range(classes))


def _some(names: list[Any]) -> str:
    """The first of many names."""
    return ", ".join(map(str, names[:5])) + ", ..." * (len(names) > 5)


def class_number(run: RunLike, name: int | str) -> int:
    """Return the number of the class that people call so; -1 where a run has none.

    A class that is called by a word is found by its number too, unless another is called so.
    """
    names = run.arrays["class_names"].tolist() if "class_names" in run.arrays else []
    for called in (name, str(name)):
        if called in names:
            return int(names.index(called))
    return name if isinstance(name, int) and not (names and isinstance(names[0], int)) else -1


def has_segments(run: RunLike, set: str) -> bool:
    """Tell whether a set was evaluated after segments whose classes are known.

    In a domain-incremental scenario they are not: classes of several tasks share an output.
    """
    segments = run.arrays.get("class_segments")
    looks = (each for each in run.evaluations if each.set == set and each.epoch > 0)
    first = next(looks, None)
    return segments is not None and first is not None and len(first.confusion) == segments.shape[-1]


def segment_confusions(run: RunLike, set: str) -> NDArray[np.int64]:
    """Stack the confusion matrices of a set over epochs and segments.

    Args:
        run: A run with segment evaluations (see `has_segments`).
        set: Name of the set, such as "test-sample".

    Returns:
        int64 [epochs, segments, classes, classes]; the untrained network (epoch 0) is left out.

    Raises:
        ValueError: If the evaluations do not fill every segment of every epoch.
    """
    chosen = [each for each in run.evaluations if each.set == set and each.epoch > 0]
    if not chosen:
        raise ValueError(
            f"received a run ({run.condition!r}, seed {run.seed}) without evaluations of {set!r}; "
            "expected one after every segment; let the study evaluate segments"
        )
    epochs = np.array([each.epoch for each in chosen])
    segments = np.array([each.segment for each in chosen])
    cells = np.unique(epochs * (segments.max() + 1) + segments).size
    if segments.min() < 1 or cells != epochs.max() * segments.max():
        raise ValueError(
            f"received {cells} segment evaluations of {set!r} ({run.condition!r}, seed {run.seed});"
            f" expected {epochs.max()} epochs x {segments.max()} segments; run that seed again"
        )
    confusions = np.array([each.confusion for each in chosen])
    grid = np.empty((epochs.max(), segments.max(), *confusions.shape[1:]), dtype=np.int64)
    # Backwards, so that the first evaluation of a segment stays: a second one is that of weights
    # restored after training, not of the network as it was at the end of that segment.
    grid[epochs[::-1] - 1, segments[::-1] - 1] = confusions[::-1]
    return grid


def class_segments(run: RunLike, epochs: int) -> NDArray[np.int32]:
    """Return the training segment of each class, s(c), for the epochs that were trained.

    Args:
        run: A run whose arrays hold "class_segments".
        epochs: Number of epochs evaluated; early stopping may leave fewer than were planned.

    Returns:
        int32 [epochs, classes], segments counted from 1; 0 for a class without one.

    Raises:
        ValueError: If the array is absent or covers fewer epochs.
    """
    segments = run.arrays.get("class_segments")
    if segments is None or segments.ndim != 2 or len(segments) < epochs:
        shape = None if segments is None else segments.shape
        raise ValueError(
            f"received class_segments of shape {shape} ({run.condition!r}, seed {run.seed}); "
            f"expected [{epochs} epochs, classes]; run that seed again"
        )
    return segments[:epochs].astype(np.int32, copy=False)
