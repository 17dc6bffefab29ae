"""A run's replay buffer as it goes through the epochs, and what it held when."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.schedule.buffers import EMPTY, Buffer, candidates, exemplars, mislabelled, task_balanced
from core.schedule.orders import Schedule
from core.schedule.replay import Replay, Replayed

Features = Callable[[NDArray[np.int32]], NDArray[np.float32]]


class BufferState:
    """The buffer of one run.

    Args:
        replay: The recipe's replay.
        batch_size: The recipe's.
        classes: How many the data set has.
        labels: Training labels of the training part, int64 [n].
        changed: Which of them are wrong, bool [n].
        draws: See `Replay.__call__`.
    """

    def __init__(
        self,
        replay: Replay,
        batch_size: int,
        classes: int,
        labels: NDArray[np.int64],
        changed: NDArray[np.bool_],
        draws: int = 1,
    ) -> None:
        self.replay, self._batch_size, self._classes = replay, batch_size, classes
        self._draws = draws
        self._labels, self._changed = labels, changed
        self._buffer = replay.empty(classes)
        self._epoch: list[NDArray[np.int32]] = []
        self._counts: list[NDArray[np.int32]] = []
        self._wrong: list[NDArray[np.float64]] = []

    def mixed(self, schedule: Schedule, rng: np.random.Generator) -> Replayed:
        """A schedule with what is replayed; the buffer goes on to the schedule's end."""
        replayed = self.replay(
            schedule,
            self._labels,
            self._buffer,
            batch_size=self._batch_size,
            rng=rng,
            draws=self._draws,
        )
        self._buffer = replayed.buffer
        self._epoch += list(replayed.contents)
        return replayed

    def segment_over(self, segment: Schedule, features: Features) -> None:
        """Let the network choose what is kept of a segment that is over, where the rule has it so.

        Args:
            segment: As the order wrote it down.
            features: From positions in the training part, int32 [k], to float32 [k, d].
        """
        if not self.replay.rule.at_segment_ends or not len(segment.indices):
            return
        self._choose(segment.indices, features)
        self._epoch[-1] = self._buffer.held

    def task_over(
        self,
        shown: NDArray[np.int32],
        tasks: NDArray[np.int32],
        rng: np.random.Generator,
        features: Features,
    ) -> None:
        """Draw or choose what is kept of a task that is over, where the rule has it so.

        Args:
            shown: Its examples, positions in the training part, int32 [m].
            tasks: The task of each example of the training part, int32 [n].
            rng: The stream to draw from.
            features: See `segment_over`.
        """
        rule, fixed = self.replay.rule, self.replay.fixed_shares
        if not rule.at_task_ends:
            return
        if rule.by_features:
            self._choose(shown, features, self._classes if fixed else None)
        else:
            shares = int(tasks.max()) + 1 if fixed else None
            self._buffer = task_balanced(self._buffer, np.unique(shown), tasks, rng, shares)
        self._epoch[-1] = self._buffer.held

    def _choose(
        self, shown: NDArray[np.int32], features: Features, shares: int | None = None
    ) -> None:
        examples = candidates(self._buffer, shown, self._labels)
        chosen = features(examples)
        self._buffer = exemplars(self._buffer, examples, chosen, self._labels, shares)

    @property
    def held(self) -> NDArray[np.int32]:
        """Positions in the training part of what it holds, int32 [k]."""
        return self._buffer.held[self._buffer.held != EMPTY]

    def by_task(self, tasks: NDArray[np.int32]) -> Schedule:
        """What is held, a batch for each task.

        Args:
            tasks: The task of each example of the training part, int32 [n].
        """
        held = self.held
        sizes = np.bincount(tasks[held], minlength=int(tasks.max()) + 1).astype(np.int32)
        return Schedule(
            held[np.argsort(tasks[held], kind="stable")],
            sizes,
            np.arange(1, len(sizes) + 1, dtype=np.int32),
            np.zeros(self._classes, dtype=np.int32),
            np.arange(len(sizes), dtype=np.int32),
        )

    def epoch_over(self, segments: bool) -> None:
        """Note what the buffer held at the ends of the epoch's segments, or at its own end."""
        contents = np.array(self._epoch if segments else self._epoch[-1:])
        self._epoch = []
        classes = np.where(contents == EMPTY, -1, self._labels[contents])
        counted = [np.bincount(row[row >= 0], minlength=self._classes) for row in classes]
        self._counts.append(np.array(counted, dtype=np.int32))
        self._wrong.append(mislabelled(contents, self._changed))

    def state(self) -> dict[str, NDArray[Any]]:
        """The buffer and what it held so far, between two epochs."""
        return {
            **self._buffer._asdict(),
            "counts": np.array(self._counts),
            "wrong": np.array(self._wrong),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` returned."""
        self._buffer = Buffer(*(state[name] for name in Buffer._fields))
        self._counts, self._wrong = list(state["counts"]), list(state["wrong"])

    def figures(self) -> dict[str, float]:
        """Of the last epoch, for the record's history."""
        if not self._changed.any():
            return {}
        return {"mislabelled share of the buffer": float(self._wrong[-1][-1])}

    def arrays(self) -> dict[str, NDArray[np.int32] | NDArray[np.float64]]:
        """For the record.

        Returns:
            `buffer`: what it held at the end, positions in the training part in ascending order,
            int32 [capacity], -1 for an empty slot. `buffer_classes`: how many examples of each
            class, by the labels taught, at each evaluation, int32 [epochs, evaluations, classes].
            `buffer_mislabelled`: the share with a wrong label, float64 [epochs, evaluations].
        """
        return {
            # By slots they would be most of an export.
            "buffer": np.sort(self._buffer.held),
            "buffer_classes": np.array(self._counts),
            "buffer_mislabelled": np.array(self._wrong),
        }
