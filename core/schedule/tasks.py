"""Tasks: groups of classes that are learned one after the other, once each."""

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from core.checks import Checked, Count, Kind
from core.random_streams import stream
from core.schedule.orders import NO_TASK, Schedule, in_batches
from core.types import Groups, Labels
from data import InputError


def _divide_classes(groups: Any) -> bool:
    grouped = isinstance(groups, tuple) and all(
        isinstance(group, tuple) and group and all(type(label) is int for label in group)
        for group in groups
    )
    classes = [label for group in groups for label in group] if grouped else []
    return bool(classes) and sorted(classes) == list(range(len(classes)))


GROUPS = Kind(
    _divide_classes,
    "groups of classes with each class from 0 up exactly once, as in ((0, 1), (2, 3, 4))",
    "tasks",
)


@dataclass(frozen=True, kw_only=True)
class InTasks(Checked):
    """What orders share that show one task after the other: how long each of them takes.

    An epoch shows the examples of one task only, shuffled, and is one segment. A training has as
    many epochs as all tasks together. What the network is told of tasks is the recipe's scenario,
    see `core.examples.scenarios`.

    Args:
        epochs_each: How many epochs each task takes.
        steps_each: How many steps instead (van de Ven et al. 2022): each task is one epoch, of
            full batches from reshuffled passes over its examples, what is left of a pass dropped.
        shown: The examples of the `new` task alone; of all tasks `seen` so far (cumulative
            training); or of `all` tasks from the beginning (joint training: no tasks, as many
            epochs as one of them has; with `steps_each` as many steps as all together).
    """

    epochs_each: Count = 1
    steps_each: Count | None = field(default=None, metadata={"left out": None})
    shown: Literal["new", "seen", "all"] = field(default="new", metadata={"left out": "new"})

    def __post_init__(self) -> None:
        """Refuse lengths of two kinds."""
        super().__post_init__()
        if self.steps_each is not None and self.epochs_each != 1:
            raise InputError(
                f"Received epochs_each={self.epochs_each} and steps_each={self.steps_each}; "
                "expected one of them."
            )

    @property
    @abstractmethod
    def n_tasks(self) -> int:
        """How many tasks there are."""

    @abstractmethod
    def classes_by_task(self, classes: int) -> Groups:
        """The classes of the first task, of the second, ..., of data with so many."""

    @property
    def epochs(self) -> int:
        """How many epochs all tasks together take."""
        if self.shown == "all" and self.steps_each is None:
            return self.epochs_each
        return self.n_tasks * self.epochs_each

    def in_epochs(self, epochs: int) -> Self:
        """The same tasks in so many epochs.

        Raises:
            InputError: They cannot be divided among the tasks.
        """
        tasks = 1 if self.shown == "all" else self.n_tasks
        if self.steps_each is not None or epochs % tasks:
            raise InputError(
                f"Received epochs={epochs} with {self.n_tasks} tasks; expected a multiple of "
                f"{tasks} (order.epochs_each says it for each task), and none with steps_each."
            )
        return replace(self, epochs_each=epochs // tasks)

    def joint(self) -> Self:
        """The same with all examples from the beginning."""
        return replace(self, shown="all")

    def cumulative(self) -> Self:
        """The same with the examples of all tasks so far."""
        return replace(self, shown="seen")

    def task(self, epoch: int) -> int:
        """The task that an epoch trains, from 0; -1 before the first and in a joint training."""
        if epoch < 1 or self.shown == "all":
            return NO_TASK
        return (epoch - 1) // self.epochs_each


@dataclass(frozen=True, kw_only=True)
class Tasks(InTasks):
    """Groups of classes one after the other, each for several epochs, and never again.

    Args:
        groups: The classes of the first task, of the second, ...; each class in one of them.
        epochs_each: See `InTasks`.
        steps_each: See `InTasks`.
        shown: See `InTasks`.
        permuted: Whether each seed has the classes in a random order of its own: the digits of
            `groups` are then places in it.

    Examples:
        >>> from core import Tasks
        >>> tasks = Tasks(groups=((0, 1), (2, 3)), epochs_each=2)
        >>> tasks.n_tasks
        2
    """

    groups: Annotated[Groups, GROUPS]
    permuted: bool = field(default=False, metadata={"left out": False})

    @property
    def n_tasks(self) -> int:
        """See `InTasks`."""
        return len(self.groups)

    def classes_by_task(self, classes: int) -> Groups:
        """See `InTasks`."""
        return self.groups

    def for_run(self, seed: int, classes: int) -> "Tasks":
        """The tasks of one run: with their classes by name, where they are permuted."""
        if not self.permuted or sum(map(len, self.groups)) != classes:
            return self
        places = stream(seed, "data", 2).permutation(classes).tolist()
        groups = tuple(tuple(places[place] for place in group) for group in self.groups)
        return replace(self, groups=groups, permuted=False)

    def __call__(
        self,
        labels: Labels,
        *,
        epoch: int,
        batch_size: int,
        rng: np.random.Generator,
        n_classes: int | None = None,
    ) -> Schedule:
        """Write down one epoch. See `Order`.

        Raises:
            InputError: The tasks are over, have other classes than the labels, or one of them
                has no examples.
        """
        if not 1 <= epoch <= self.epochs:
            raise InputError(
                f"Received epoch {epoch} of {len(self.groups)} tasks; expected epochs 1 to "
                f"{self.epochs}: {self.epochs_each} for each task."
            )
        named, there = sum(map(len, self.groups)), n_classes or int(labels.max()) + 1
        if named != there:
            raise InputError(
                f"Received tasks of {named} classes for data of {there}; "
                f"expected each of the classes 0 to {there - 1} in one of the tasks."
            )
        task = self.task(epoch)
        members = self._members(labels, task)
        if self.steps_each is None:
            batch_sizes = in_batches(len(members), batch_size)
            indices = rng.permutation(members)
        else:
            size = min(batch_size, len(members))
            batch_sizes = np.full(self.steps_each, size, dtype=np.int32)
            indices = _passes(members, size, self.steps_each, rng)
        segment_of_class = np.zeros(named, dtype=np.int32)
        segment_of_class[np.unique(labels[members])] = 1
        return Schedule(
            indices.astype(np.int32),
            batch_sizes,
            np.array([len(batch_sizes)], dtype=np.int32),
            segment_of_class,
            np.array([task], dtype=np.int32),
        )

    def _members(self, labels: Labels, task: int) -> NDArray[np.intp]:
        """The examples that are shown while a task is trained, each once."""
        first = {"new": task, "seen": 0, "all": 0}[self.shown]
        groups = self.groups[first:] if self.shown == "all" else self.groups[first : task + 1]
        members = np.isin(labels, sum(groups, ()))
        if not np.isin(labels, groups[-1]).any():
            raise InputError(
                f"Received the task {groups[-1]!r}, of which the training part has no examples; "
                "expected some: merge it with another task."
            )
        return np.flatnonzero(members)


def _passes(
    members: NDArray[np.intp], batch_size: int, steps: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Full batches from one pass after another, each shuffled anew."""
    whole = len(members) // batch_size * batch_size
    passes = -(-steps * batch_size // whole)
    shown = [rng.permutation(members)[:whole] for _ in range(passes)]
    return np.concatenate(shown)[: steps * batch_size]
