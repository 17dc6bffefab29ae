"""Replay: examples shown before, mixed into the schedule from a buffer of their positions."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.checks import Checked, Kind, is_count, is_number
from core.schedule.buffers import EMPTY, RULES, Buffer, Rule, none
from core.schedule.orders import Schedule, in_batches, segments
from core.types import Labels
from data import InputError

LARGEST = 10_000_000
"""Examples in a buffer: its positions are in memory, at once."""
CAPACITY = Kind(
    lambda value: is_count(value) and value <= LARGEST,
    f"a whole number from 1 up to {LARGEST:,}",
    "replay capacity",
)
FRACTION = Kind(
    lambda value: is_number(value, 0, 1) and value < 1,
    "a number from 0 up to, not including, 1: every batch needs new examples",
    "replay fraction",
)


class Origin(NamedTuple):
    """Where the examples that a schedule shows come from.

    Attributes:
        draw: 0 of a new example; of a replayed one the draw from the buffer that it is of, from 1;
            int32 [m].
        slot: The slot that a replayed example was in, or that a new one is in after its step; -1
            of one in none, and where examples enter later; int32 [m].
    """

    draw: NDArray[np.int32]
    slot: NDArray[np.int32]

    @property
    def old(self) -> NDArray[np.bool_]:
        """Which are replayed, bool [m]."""
        return self.draw > 0

    @classmethod
    def new(cls, schedule: Schedule) -> "Origin":
        """Of a schedule without replay."""
        draw = np.zeros(len(schedule.indices), dtype=np.int32)
        return cls(draw, np.full_like(draw, EMPTY))

    def apart(self, schedule: Schedule) -> tuple[Schedule, Schedule]:
        """What each step shows that is new, and what is replayed: schedules of as many steps."""
        step = np.repeat(np.arange(len(schedule.batch_sizes)), schedule.batch_sizes)
        parts = []
        for which in (~self.old, self.old):
            sizes = np.bincount(step[which], minlength=len(schedule.batch_sizes))
            indices = schedule.indices[which]
            parts.append(schedule._replace(indices=indices, batch_sizes=sizes.astype(np.int32)))
        return parts[0], parts[1]

    def together(self, schedule: Schedule) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many each example's batch has, and how many of them are of its own draw, [m]."""
        draws = int(self.draw.max(initial=0)) + 1
        step = np.repeat(np.arange(len(schedule.batch_sizes)), schedule.batch_sizes)
        group = step * draws + self.draw
        return schedule.batch_sizes.astype(np.int64)[step], np.bincount(group)[group]


class Replayed(NamedTuple):
    """A schedule with replay, and what the buffer has become.

    Attributes:
        schedule: What to train on. In each batch the new examples come first.
        origin: Where each of its indices comes from.
        buffer: The buffer afterwards.
        contents: What it held at each segment's end, int32 [segments, capacity], -1 for empty.

    Examples:
        >>> import numpy as np
        >>> from core import ClassSequential, Replay
        >>> labels, rng = np.array([0, 1] * 8), np.random.default_rng(0)
        >>> replay = Replay(capacity=4, mode="add")
        >>> schedule = ClassSequential()(labels, epoch=1, batch_size=4, rng=rng)
        >>> replayed = replay(schedule, labels, replay.empty(2), batch_size=4, rng=rng)
        >>> replayed.schedule.indices.shape, sorted(labels[replayed.buffer.held].tolist())
        ((28,), [0, 1, 1, 1])
    """

    schedule: Schedule
    origin: Origin
    buffer: Buffer
    contents: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Replay(Checked):
    """A buffer of examples seen before, and how it is mixed in.

    Which examples the buffer holds is decided before training, step by step: new examples enter
    it after the step that shows them (with herding when their segment is over, with
    `task-balanced` and `exemplars` their task), and replayed ones do not enter again. It lives on
    over epochs and tasks. While it is empty, which is only at the beginning, batches are of new
    examples only.

    Args:
        buffer: What the buffer keeps: `reservoir`, `class-balanced`, `ring`, `herding` or, of an
            order with tasks, `task-balanced` and `exemplars` (herding at the end of a task instead
            of a segment); see `core.schedule.buffers`, where each has its source.
        capacity: How many examples it can hold.
        fraction: Of each batch as it is trained on, the fraction that is replayed: from 0 up to,
            not including, 1.
        mode: `replace` keeps the batch size, round(fraction * batch size) of a batch replayed: it
            takes more steps to show all that is new. `add` keeps the steps, and the replayed
            examples come on top: round(fraction / (1 - fraction) * batch size) to a full batch of
            new ones. A smaller batch of new examples has replayed ones in the same proportion.
            `pool` is naive rehearsal (Hsu et al. 2018): what the buffer holds is repeated until it
            is about as much as the segment has new (never less than once), the two are shuffled
            together and shown in batches of the batch size; `fraction` has no say. `join` is the
            same with what is held shown as often as what is new: once in a pass over a task.
        weights: What examples count in the loss, of an order with tasks. `equal`: all the same
            (ER, Chaudhry et al. 2019). `by-task`: in task t the mean over new examples counts 1/t
            and that over replayed ones 1 - 1/t (van de Ven et al. 2022). `asymmetric` (ER-ACE,
            Caccia et al. 2022): the two means are added, and new examples leave the outputs of
            earlier tasks' classes alone: it takes a class-incremental scenario.
        fixed_shares: With a buffer that is filled at the ends of tasks: whether each task (class,
            of `exemplars`) has capacity // tasks from the beginning and none is cut (A-GEM,
            Chaudhry et al. 2019), instead of capacity // tasks so far.

    Replayed examples are drawn without replacement within a batch; where the batch asks for more
    than the buffer holds, each is shown as often as any other, give or take one.

    Examples:
        >>> import numpy as np
        >>> from core import ClassSequential, Replay
        >>> labels, rng = np.array([0, 1] * 8), np.random.default_rng(0)
        >>> replay = Replay(capacity=4, mode="add")
        >>> schedule = ClassSequential()(labels, epoch=1, batch_size=4, rng=rng)
        >>> replayed = replay(schedule, labels, replay.empty(2), batch_size=4, rng=rng)
        >>> replayed.schedule.batch_sizes.tolist()  # nothing to replay in the first step
        [4, 8, 8, 8]
    """

    buffer: Literal[
        "reservoir", "class-balanced", "ring", "herding", "exemplars", "task-balanced"
    ] = "reservoir"
    capacity: Annotated[int, CAPACITY]
    fraction: Annotated[float, FRACTION] = 0.5
    mode: Literal["replace", "add", "pool", "join"] = "replace"
    weights: Literal["equal", "by-task", "asymmetric"] = field(
        default="equal", metadata={"left out": "equal"}
    )
    fixed_shares: bool = field(default=False, metadata={"left out": False})

    def __post_init__(self) -> None:
        """Refuse shares of a buffer that has none."""
        super().__post_init__()
        if self.fixed_shares and not self.rule.at_task_ends:
            raise InputError(
                f"Received fixed_shares with the buffer {self.buffer}; expected it with "
                f"{' or '.join(name for name, rule in RULES.items() if rule.at_task_ends)}."
            )

    @property
    def rule(self) -> Rule:
        """By what examples enter and leave."""
        return RULES[self.buffer]

    def per_batch(self, batch_size: int) -> int:
        """How many replayed examples a full batch has.

        Raises:
            InputError: None of them, or no new ones, at this batch size.
        """
        if self.mode in ("pool", "join"):
            return 0
        odds = 1 if self.mode == "replace" else 1 - self.fraction
        replayed = round(self.fraction / odds * batch_size)
        if self.fraction > 0 and replayed == 0:
            raise InputError(
                f"Received replay fraction {self.fraction} at batch size {batch_size}; expected "
                "one that replays at least one example a batch: raise either of them."
            )
        if self.mode == "replace" and replayed == batch_size:
            raise InputError(
                f"Received replay fraction {self.fraction} at batch size {batch_size}; expected "
                "one that leaves at least one new example a batch: lower it, or use mode add."
            )
        return replayed

    def largest_batch(self, batch_size: int, draws: int = 1) -> int:
        """The size of the largest batch that there can be."""
        return batch_size + (draws * self.per_batch(batch_size) if self.mode == "add" else 0)

    def empty(self, classes: int) -> Buffer:
        """The buffer at the beginning of a run.

        Raises:
            InputError: The capacity leaves some class without a slot of its own.
        """
        if self.rule.slot_for_each_class and self.capacity < classes:
            raise InputError(
                f"Received replay capacity {self.capacity} with the buffer {self.buffer} for "
                f"{classes} classes; expected one slot for each class or more."
            )
        return Buffer.empty(self.capacity, classes)

    def __call__(
        self,
        schedule: Schedule,
        labels: Labels,
        buffer: Buffer,
        *,
        batch_size: int,
        rng: np.random.Generator,
        draws: int = 1,
    ) -> Replayed:
        """Mix replay into a schedule.

        Args:
            schedule: New examples, as an order wrote them down; with herding one segment.
            labels: Training labels of the training part, int64 [n].
            buffer: The buffer before; stays as it is.
            batch_size: The recipe's.
            rng: The stream to draw from.
            draws: How often a batch draws its replayed examples; more than once with mode `add`.

        Returns:
            The new schedule; with a fraction of 0 the one that came in.

        Raises:
            ValueError: Several segments with herding.
        """
        self._refuse_several_segments(schedule)
        if self.mode in ("pool", "join"):
            return self._pooled(schedule, labels, buffer, batch_size, rng)
        replayed = self.per_batch(batch_size)
        full = batch_size - replayed if self.mode == "replace" else batch_size
        ends, contents = [], []
        shown, places = [schedule.indices[:0]], [schedule.indices[:0].astype(np.int64)]
        counts: list[list[int]] = []  # new examples of each step, and those of each draw
        for part in segments(schedule):
            slots, is_full = self.rule.admit(buffer, part.indices, labels, rng)
            held = buffer.held.copy()
            start = 0
            for size in self._new_sizes(part, batch_size, replayed, buffer):
                stop = start + size
                filled = np.flatnonzero(held != EMPTY)
                count = round(size * replayed / full) if len(filled) else 0
                drawn = [_drawn(filled, count, rng) for _ in range(draws)]
                shown += [part.indices[start:stop], *(held[each] for each in drawn)]
                taken = _enter(held, part.indices[start:stop], slots[start:stop])
                places += [taken, *drawn]
                counts.append([size, *[count] * draws])
                start = stop
            buffer = _after(buffer, held, is_full, labels[part.indices])
            ends.append(len(counts))
            contents.append(held)
        sizes = np.array(counts, dtype=np.int64).reshape(-1, draws + 1)
        mixed = schedule._replace(
            indices=np.concatenate(shown),
            batch_sizes=sizes.sum(axis=1).astype(np.int32),
            segment_ends=np.array(ends, dtype=np.int32),
        )
        draw = np.repeat(np.tile(np.arange(draws + 1), len(sizes)), sizes.ravel())
        origin = Origin(draw.astype(np.int32), np.concatenate(places).astype(np.int32))
        return Replayed(mixed, origin, buffer, np.array(contents))

    def _refuse_several_segments(self, schedule: Schedule) -> None:
        if self.rule.at_segment_ends and len(schedule.segment_ends) > 1:
            raise ValueError(
                f"Received {len(schedule.segment_ends)} segments with {self.buffer}; expected one: "
                "cut the schedule with core.schedule.orders.segments."
            )

    def _pooled(
        self,
        schedule: Schedule,
        labels: Labels,
        buffer: Buffer,
        batch_size: int,
        rng: np.random.Generator,
    ) -> Replayed:
        """New examples and the buffer, repeated as the mode has it, shuffled together."""
        shown, draws, sizes, contents = [schedule.indices[:0]], [schedule.indices[:0]], [], []
        for part in segments(schedule):
            kept = buffer.held[buffer.held != EMPTY]
            once = len(np.unique(part.indices)) if self.mode == "join" else len(kept)
            again = np.tile(kept, max(len(part.indices) // max(once, 1), 1))
            order = rng.permutation(len(part.indices) + len(again))
            shown.append(np.concatenate([part.indices, again])[order])
            draws.append((order >= len(part.indices)).astype(np.int32))
            sizes.append(in_batches(len(order), batch_size))
            slots, is_full = self.rule.admit(buffer, part.indices, labels, rng)
            held = buffer.held.copy()
            _enter(held, part.indices, slots)
            buffer = _after(buffer, held, is_full, labels[part.indices])
            contents.append(held)
        mixed = schedule._replace(
            indices=np.concatenate(shown),
            batch_sizes=np.concatenate(sizes),
            segment_ends=np.cumsum([len(each) for each in sizes], dtype=np.int32),
        )
        draw = np.concatenate(draws)
        origin = Origin(draw, np.full_like(draw, EMPTY))
        return Replayed(mixed, origin, buffer, np.array(contents))

    def loss_weights(
        self, schedule: Schedule, origin: Origin, task: int
    ) -> NDArray[np.float32] | None:
        """What each example counts in its batch's mean loss, see `weights`.

        Args:
            schedule: With what is replayed.
            origin: Where its indices come from.
            task: The task that is trained, from 0.

        Returns:
            float32 [m]; None where all count 1.
        """
        if self.weights == "equal":
            return None
        shares = (1.0, 1.0) if self.weights == "asymmetric" else (1 / (task + 1), task / (task + 1))
        size, own = origin.together(schedule)
        weights = np.where(origin.old, shares[1], shares[0]) * size / own
        return np.where(own < size, weights, 1.0).astype(np.float32)

    def _new_sizes(
        self, part: Schedule, batch_size: int, replayed: int, buffer: Buffer
    ) -> list[int]:
        """How many new examples each step of a segment shows."""
        if self.mode == "add" or replayed == 0:
            return part.batch_sizes.tolist()
        n = len(part.indices)
        # With nothing to replay the first batch is all new. Where nothing enters before the segment
        # (the task) is over, all of it is.
        alone = 0
        if (buffer.held == EMPTY).all():
            alone = n if self.rule.admit is none else min(n, batch_size)
        sizes = [in_batches(alone, batch_size), in_batches(n - alone, batch_size - replayed)]
        return np.concatenate(sizes).tolist()


def _enter(
    held: NDArray[np.int32], arrivals: NDArray[np.int32], slots: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Let arrivals take their slots, those that have one; the slots that they are in afterwards."""
    enters = slots != EMPTY
    # Where a slot is taken twice, NumPy keeps the last: the later arrival.
    held[slots[enters]] = arrivals[enters]
    return np.where(enters & (held[slots] == arrivals), slots, EMPTY)


def _after(
    buffer: Buffer, held: NDArray[np.int32], is_full: NDArray[np.bool_], classes: Labels
) -> Buffer:
    """The buffer after a segment: what it now holds, and what has arrived."""
    return Buffer(held, buffer.seen + np.bincount(classes, minlength=len(buffer.seen)), is_full)


def _drawn(filled: NDArray[np.intp], count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Slots to replay, each as often as any other, give or take one."""
    if count == 0:
        return filled[:0]
    rounds, rest = divmod(count, len(filled))
    return np.concatenate([np.tile(filled, rounds), rng.choice(filled, rest, replace=False)])
