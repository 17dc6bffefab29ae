"""Scenarios: what a network is told of tasks, and so which outputs are active when.

Several heads are one layer and a mask: what is not active has -1e9 added to its logit, whose share
of a softmax is then exactly 0, and with it the gradient. A mask belongs to an example, since replay
puts examples of several tasks into one batch.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.checks import Checked
from core.types import Groups, Indices, Labels
from data import InputError

OFF = np.float32(-1e9)


@dataclass(frozen=True)
class Scenario(Checked):
    """What is given away of tasks, and what is learned and predicted (van de Ven & Tolias 2019).

    Args:
        kind: `task`: each task has outputs of its own, active in training and in testing, where
            the task is known. `domain`: the tasks share as many outputs as the largest has classes;
            a label is its class's place in its task. `class`: an output for each class, the task
            is not known; predicted is the largest output of the classes seen so far (of the
            untrained network, and of a joint training, of all). `class-masked-at-test`: trained
            as `class`, tested as `task` (what Mammoth calls Task-IL).
        active: In training of the two last kinds: outputs of the classes `seen` so far (Hsu et al.
            2018), `all` of them from the first step (van de Ven et al. 2022, Mammoth), or those of
            the `current` task alone (the labels trick, Zeno et al. 2018).

    Examples:
        >>> from core import Scenario
        >>> tasks = ((0, 1), (2, 3))
        >>> Scenario("domain").outputs(tasks), Scenario("task").outputs(tasks)
        (2, 4)
    """

    kind: Literal["task", "domain", "class", "class-masked-at-test"]
    active: Literal["seen", "all", "current"] = "seen"

    def __post_init__(self) -> None:
        """Refuse active outputs of kinds that have no choice."""
        super().__post_init__()
        if self.kind in ("task", "domain") and self.active != "seen":
            raise InputError(
                f"Received active={self.active!r} with the scenario {self.kind!r}; expected it "
                "with class or class-masked-at-test: a task's own outputs are active otherwise."
            )

    def outputs(self, groups: Groups) -> int:
        """How many outputs the network has."""
        sizes = [len(group) for group in groups]
        return max(sizes) if self.kind == "domain" else sum(sizes)

    def targets(self, labels: Labels, groups: Groups) -> Labels:
        """The outputs that labels stand for: of a domain a class's place in its task, int64 [n]."""
        if self.kind != "domain":
            return labels
        place = np.zeros(sum(map(len, groups)), dtype=np.int64)
        for group in groups:
            place[list(group)] = np.arange(len(group))
        return place[labels]

    def masks(self, groups: Groups) -> NDArray[np.float32]:
        """What is added to the logits: 0 of active outputs, -1e9 of others.

        Args:
            groups: The tasks' classes.

        Returns:
            float32 [3 T + 1, outputs]: in rows t the outputs of task t; in rows T + t those of the
            tasks up to it; in rows 2 T + t those of no task before it; in the last row all.
        """
        outputs, tasks = self.outputs(groups), len(groups)
        if self.kind == "domain":
            return np.zeros((3 * tasks + 1, outputs), dtype=np.float32)
        of_task = np.zeros((tasks, outputs), dtype=bool)
        for task, group in enumerate(groups):
            of_task[task, list(group)] = True
        seen = np.logical_or.accumulate(of_task)
        on = [of_task, seen, ~(seen & ~of_task), np.ones((1, outputs), dtype=bool)]
        return np.where(np.concatenate(on), np.float32(0), OFF)

    def heads(self, task: int, groups: Groups) -> NDArray[np.float32]:
        """What is added to the logits after a task, a row for each softmax of the tasks so far.

        Args:
            task: The task that is over.
            groups: The tasks' classes.

        Returns:
            float32 [h, outputs]: of each task one where each has outputs of its own, else one.
        """
        masks = self.masks(groups)
        if self.kind == "task":
            return masks[: task + 1]
        _, seen, _, every = self._rows(task, groups)
        row = every if self.kind == "domain" or self.active == "all" else seen
        return masks[row : row + 1]

    def rows_in_training(
        self,
        tasks: Indices,
        current: int,
        groups: Groups,
        replayed: NDArray[np.bool_],
        apart: bool = False,
    ) -> Indices:
        """The rows of `masks` under which examples are trained on.

        Args:
            tasks: Of each example, int32 [m].
            current: The task that is trained; -1 in a joint training.
            groups: The tasks' classes.
            replayed: Which of the examples are replayed, bool [m]; those are under the classes
                seen so far where the others are under the current task's alone.
            apart: Whether new examples leave the outputs of earlier tasks alone, as in ER-ACE (see
                `core.schedule.replay`).

        Returns:
            int32 [m].
        """
        if self.kind in ("task", "domain"):
            return tasks
        own, seen, later, every = self._rows(current, groups)
        old = every if self.active == "all" else seen
        new = own if self.active == "current" else old
        if apart:
            new = later if self.active == "all" else own
        return np.where(replayed, old, new).astype(np.int32)

    def rows_in_test(self, tasks: Indices, current: int, groups: Groups) -> Indices:
        """The rows of `masks` under which examples are predicted.

        Args:
            tasks: Of each example, int32 [m].
            current: The task that was trained last; -1 before and in a joint training.
            groups: The tasks' classes.

        Returns:
            int32 [m].
        """
        if self.kind != "class":
            return tasks
        return np.full_like(tasks, self._rows(current, groups)[1])

    def _rows(self, current: int, groups: Groups) -> tuple[int, int, int, int]:
        """Where in `masks` are the outputs of a task, those seen, those not before it, and all."""
        count = len(groups)
        every = 3 * count
        if current < 0:
            return every, every, every, every
        return current, count + current, 2 * count + current, every


def task_of_class(groups: Groups) -> Indices:
    """The task that each class belongs to, int32 [classes]."""
    found = np.zeros(sum(map(len, groups)), dtype=np.int32)
    for task, group in enumerate(groups):
        found[list(group)] = task
    return found
