"""A run of anybody's training loop, recorded: what is evaluated in it, and when."""

import math
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.metrics.metric import POINTS
from analysis.metrics.registry import metric_named
from analysis.runs import BY_TASK, SAMPLE
from core.evaluation import Evaluation, confusion_matrix
from core.results import LARGEST_STEP, HistoryRow
from core.storage.place import store_folder
from core.storage.store import Store
from data import InputError
from data.errors import in_one_line
from studies.definition.study import NAME
from studies.recording.label import OWN_DATA, Label, is_whole, refuse_what_is_there

LAST = "test"
"""The set that figures of forgetting are of, where classes are shown in turns."""
TASK = re.compile(BY_TASK + r"[1-9][0-9]*")
"""The set of one task."""
ROUNDING = 1e-6
"""By which an accuracy in float32 may lie beyond 1."""
PATIENCE = 600.0
"""Seconds that a run which is over waits for other programs to let go of the store."""


def _count(what: str, value: Any) -> int:
    """A number of epochs or steps.

    Raises:
        InputError: It is none, or larger than a record holds.
    """
    try:
        fits = int(value) == value and 0 <= value <= LARGEST_STEP
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise InputError(
            f"Received {what}={value!r}; expected a whole number from 0 to {LARGEST_STEP:,}."
        )
    return int(value)


class RecordedRun:
    """What is measured of one run, until `record` stores it.

    Args:
        classes: How many there are, or their names, words or numbers.

    Raises:
        InputError: Fewer than two classes.
    """

    def __init__(self, classes: int | Sequence[str | int]) -> None:
        names: list[Any] = []
        if is_whole(classes):
            names = list(range(classes))
        elif isinstance(classes, Iterable) and not isinstance(classes, str | set | frozenset):
            names = list(classes)
        called = all(isinstance(each, str | int | float | np.number) for each in names)
        if len(names) < 2 or not called or len({str(each) for each in names}) < len(names):
            raise InputError(
                f"Received classes={classes!r}; expected how many there are, from 2, or their "
                "names in order, words or numbers, each once."
            )
        self.classes = len(names)
        self._names = None if is_whole(classes) else np.array(names)
        self._evaluations: list[Evaluation] = []
        self._places: set[tuple[str, int, int]] = set()
        self._history: list[HistoryRow] = []
        self._segment_of_class: dict[tuple[int, int], int] = {}
        self._diverged = False

    def evaluate(
        self,
        set: str,
        labels: ArrayLike,
        predictions: ArrayLike,
        *,
        segment: int | None = None,
        epoch: int | None = None,
        shown: int | Sequence[int] = (),
        loss: float | None = None,
        step: int = 0,
    ) -> None:
        """Record what the network predicts of a set now.

        Args:
            set: Its name: `test`, `validation`, ...; of the test examples of single tasks
                `test-task-1`, `test-task-2`, ... in training order, after each of as many segments.
            labels: The true classes, whole numbers from 0, [n].
            predictions: The predicted ones, [n].
            segment: How many segments are over; 0 for the untrained network. Without an epoch each
                segment is one of its own, as tasks are that do not come back.
            epoch: Where classes come back: how many epochs are over; segments then count from 1 in
                each of them.
            shown: The class or classes of the training examples since the evaluation before.
            loss: Mean loss over the examples, where it is known. If one of the last evaluations is
                not finite, the run diverged.
            step: How many training steps are over.

        Raises:
            InputError: Arrays that do not fit each other or the classes; a place that lies before
                the last one, or where the set was evaluated already; a class that was shown in
                another segment of the epoch.
        """
        at = self._place(segment, epoch)
        later = at > self._last
        if later:
            self._refuse_other_segments_than_tasks()
        self._check_set(set, at, epoch)
        step = _count("step", step)
        true, predicted = self.whole("labels", labels), self.whole("predictions", predictions)
        if true.shape != predicted.shape:
            raise InputError(
                f"Received {len(true)} labels and {len(predicted)} predictions; expected as many."
            )
        classes = np.atleast_1d(shown)
        for each in self.whole("shown", classes).tolist() if classes.size else ():
            self._show(each, *at)
        confusion = confusion_matrix(true, predicted, self.classes)
        if later:
            self._diverged = False
        self._diverged |= loss is not None and not math.isfinite(loss)
        known = math.nan if loss is None else float(loss)
        self._places.add((set, *at))
        self._evaluations.append(Evaluation(set, *at, step, confusion, known))

    def score(self, name: str, value: float, *, epoch: int = 0, step: int = 0) -> None:
        """Record a figure of any name, such as the training loss of an epoch.

        Args:
            name: Its name.
            value: A number; accuracies are fractions.
            epoch: How many epochs are over.
            step: How many training steps are over.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise InputError(f"Received {name!r} of {value!r}; expected a number.") from None
        possible = -ROUNDING <= number <= 1 + ROUNDING or not math.isfinite(number)
        if metric_named(str(name)).unit == POINTS and not possible:
            raise InputError(
                f"Received {name!r} of {value!r}; expected an accuracy as a fraction from 0 to 1: "
                "divide percent by 100."
            )
        self._history.append((_count("epoch", epoch), _count("step", step), str(name), number))

    def measured(self) -> dict[str, Any]:
        """What was measured, as a record has it.

        Raises:
            InputError: Nothing; or a segment without an evaluation of the test set; or other
                segments than tasks.
        """
        if not self._evaluations and not self._history:
            raise InputError("Received a run without evaluations; expected one: run.evaluate(...).")
        self._refuse_other_segments_than_tasks()
        arrays = {} if self._names is None else {"class_names": self._names}
        found: dict[str, Any] = {
            "evaluations": tuple(self._evaluations),
            "history": tuple(self._history),
            "status": "diverged" if self._diverged else "finished",
            "arrays": arrays,
        }
        if self._segment_of_class:
            found["evaluations"] = tuple(self._in_turns())
            found["arrays"]["class_segments"] = self._class_segments()
        return found

    @property
    def _last(self) -> tuple[int, int]:
        """Epoch and segment of the last evaluation."""
        return self._evaluations[-1][1:3] if self._evaluations else (0, 0)

    def _place(self, segment: int | None, epoch: int | None) -> tuple[int, int]:
        """Epoch and segment, as evaluations have them."""
        if segment is None and epoch is None:
            raise InputError(
                "Received neither segment nor epoch; expected how many are over, 0 for the "
                "untrained network."
            )
        numbers = [each for each in (segment, epoch) if each is not None]
        try:
            fits = all(int(each) == each and each >= 0 for each in numbers)
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            raise InputError(
                f"Received segment={segment!r} and epoch={epoch!r}; expected whole numbers from 0."
            )
        if epoch is None:
            at = (int(segment or 0), int(bool(segment)))
        else:
            at = (int(epoch), int(bool(epoch) if segment is None else segment))
        last = self._last
        if at < last or bool(at[0]) != bool(at[1]):
            raise InputError(
                f"Received an evaluation after epoch {at[0]}, segment {at[1]}; expected one that "
                f"does not lie before epoch {last[0]}, segment {last[1]}, and segments from 1 in "
                "every epoch."
            )
        return at

    def _check_set(self, name: Any, at: tuple[int, int], epoch: int | None) -> None:
        """Refuse what is no name of a set, or none at this place."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise InputError(f"Received set {name!r}; expected a name such as 'test'.")
        if name == SAMPLE:
            raise InputError(
                f"Received set {name!r}; expected another name: segments of the test set are so "
                "called where it is evaluated after them."
            )
        if (name, *at) in self._places:
            raise InputError(
                f"Received a second evaluation of {name!r} after epoch {at[0]}, segment {at[1]}; "
                "expected one at each place: count on, or give the second a name of its own."
            )
        if name.startswith(BY_TASK) and (epoch is not None or not TASK.fullmatch(name)):
            raise InputError(
                f"Received set {name!r} with epoch={epoch!r}; expected test-task-1, test-task-2, "
                "..., and no epoch: segment says how many tasks are over (of a training on all "
                "tasks at once their number, at its end)."
            )

    def _refuse_other_segments_than_tasks(self) -> None:
        """Refuse sets by task after segments that are none: R has one row for each task."""
        looks = [each for each in self._evaluations if each.set.startswith(BY_TASK)]
        tasks = {each.set for each in looks}
        segments = max((each.epoch for each in looks), default=0)
        first = {f"{BY_TASK}{number}" for number in range(1, len(tasks) + 1)}
        if tasks != first or segments > len(tasks):
            raise InputError(
                f"Received evaluations of {', '.join(sorted(tasks))} after segment {segments}; "
                "expected test-task-1, test-task-2, ..., all of them, and one segment for each "
                "task: count the tasks that are over."
            )

    def whole(self, what: str, values: ArrayLike) -> NDArray[np.int64]:
        """Classes, int64 [n].

        Raises:
            InputError: Something else, which is called `what`.
        """
        found = np.asarray(values)
        fits = found.ndim == 1 and found.size and found.dtype.kind in "iu"
        if not fits or found.min() < 0 or found.max() >= self.classes:
            scores = found.ndim == 2 and found.shape[1] > 1
            hint = "; take the argmax of scores" if scores else ""
            raise InputError(
                f"Received {what} of shape {found.shape} and type {found.dtype}; expected whole "
                f"numbers from 0 to {self.classes - 1}, [n]{hint}."
            )
        return found.astype(np.int64)

    def _show(self, class_: int, epoch: int, segment: int) -> None:
        before = self._segment_of_class.setdefault((epoch, class_), segment)
        if not epoch or before != segment:
            raise InputError(
                f"Received class {class_} as shown in segment {segment} of epoch {epoch}; expected "
                f"one segment of each epoch, from 1 (it was shown in segment {before}): where "
                "classes come back, give the epoch too."
            )

    def _in_turns(self) -> Iterator[Evaluation]:
        """The evaluations as a training with segments has them.

        The test set is its own sample, evaluated after every segment; as a whole set it is
        evaluated at the ends of epochs.
        """
        looks = [each for each in self._evaluations if each.set == LAST]
        segments = {each.epoch: each.segment for each in looks if each.epoch}
        places = {each[1:3] for each in looks if each.epoch}
        most = max(segments.values(), default=0)
        wanted = {(e + 1, s + 1) for e in range(self._epochs) for s in range(most)}
        if not most or places != wanted:
            raise InputError(
                f"Received evaluations of {LAST!r} after {len(places)} segments; expected one "
                f"after every segment of every epoch, {self._epochs} x {most or 1}, since classes "
                "were shown in turns."
            )
        for each in self._evaluations:
            if each.set == LAST:
                yield each._replace(set=SAMPLE)
            if each.set != LAST or each.segment == segments.get(each.epoch, 0):
                yield each

    @property
    def _epochs(self) -> int:
        return max(each.epoch for each in self._evaluations)

    def _class_segments(self) -> NDArray[np.int32]:
        """See `class_segments` of `core.record.Record`."""
        found = np.zeros((self._epochs, self.classes), dtype=np.int32)
        for (epoch, class_), segment in self._segment_of_class.items():
            found[epoch - 1, class_] = segment
        return found


@contextmanager
def record(  # noqa: PLR0913  # a user's options
    study: str,
    *,
    condition: str,
    seed: int,
    classes: int | Sequence[str | int],
    settings: Mapping[str, Any] | None = None,
    code_version: str = "",
    dataset: str = OWN_DATA,
    scenario: str = "class",
    planned_seeds: int = 0,
    store: str | PathLike[str] | None = None,
    overwrite: bool = False,
) -> Iterator[RecordedRun]:
    """Record one run of a training loop of your own, in any framework.

    When the block ends the record is committed, whole; if it ends with an exception, a record says
    so (`failed`), and the next call for this run replaces it; it replaces no result. Who is killed
    stores nothing. Many processes may record into one store.

    Args:
        study: The study's name, none of Ebb's own.
        condition: What is compared: the method, or a setting of it.
        seed: The run's number; runs of two conditions with the same seed are a pair.
        classes: How many there are, or their names.
        settings: What all seeds of the condition have in common, as JSON holds it. Runs with other
            settings are runs of another definition, of which tables show the latest.
        code_version: The same for your code: a version, or a commit.
        dataset: Its name, for tables; "mnist" is called MNIST on the page.
        scenario: `task`, `domain` or `class` (which outputs compete for a test example).
        planned_seeds: How many seeds are planned, said with the first record; 0 if nobody says.
        store: Folder of the records; EBB_STORE or `results` if None.
        overwrite: Replace a result of the same run; else it is refused, before anything is done.

    Yields:
        What `evaluate` and `score` are called on.

    Raises:
        InputError: A name or setting that cannot be kept; a run that is recorded already.

    Examples:
        >>> from studies import read, record
        >>> with record("mine", condition="plain", seed=0, classes=2) as run:
        ...     run.evaluate("test", [0, 0, 1, 1], [0, 0, 1, 0], segment=1, shown=(0, 1))
        >>> read("mine").per_class()["mean"].tolist()
        [1.0, 0.5]
    """
    label = Label(
        study=study, condition=condition, seed=seed, settings=settings or {},
        code_version=code_version, dataset=dataset, scenario=scenario, planned_seeds=planned_seeds,
    )  # fmt: skip
    run, place, start = RecordedRun(classes), Store(store_folder(store)), time.perf_counter()
    refuse_what_is_there(place, [label], overwrite)

    def keep(**measured: Any) -> None:
        made = label.record(seconds={"run": time.perf_counter() - start}, **measured)
        place.save_all([(made, label.digest)], label.planned_seeds, patience=PATIENCE)

    try:
        yield run
        measured = run.measured()
    except Exception as error:
        if not _has_result(place, label):
            keep(status="failed", error=in_one_line(error))
        raise
    refuse_what_is_there(place, [label], overwrite)
    keep(**measured)


def _has_result(store: Store, label: Label) -> bool:
    """Whether a run has one that a failure must not replace, an earlier or another process's."""
    try:
        refuse_what_is_there(store, [label], overwrite=False)
    except InputError:
        return True
    return False
