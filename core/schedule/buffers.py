"""What a replay buffer holds: positions of examples, and the rules by which they come and go.

A rule is a pure function of the buffer and of the examples that arrive: it says which slot each of
them takes. `reservoir`, `class-balanced` and `ring` see the stream of new examples as they are
shown, one after the other, and know an example that comes round again in a later epoch as another
arrival (as in Mammoth): a buffer may then hold an example twice. The others choose when a segment
or a task is over.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.schedule.herding import herding
from core.types import Labels
from data import InputError

EMPTY = -1


class Buffer(NamedTuple):
    """A buffer between two steps.

    Attributes:
        held: Positions in the training part, int32 [capacity]; -1 where a slot is empty.
        seen: How many examples of each class have arrived so far, int64 [classes].
        full: Which classes have been the largest in the buffer, bool [classes]; see
            `class_balanced`.

    Examples:
        >>> from core import Buffer, Replay
        >>> Replay(capacity=3).empty(2).held.tolist()
        [-1, -1, -1]
    """

    held: NDArray[np.int32]
    seen: NDArray[np.int64]
    full: NDArray[np.bool_]

    @classmethod
    def empty(cls, capacity: int, classes: int) -> "Buffer":
        """A buffer at the beginning of a run."""
        return cls(
            np.full(capacity, EMPTY, dtype=np.int32),
            np.zeros(classes, dtype=np.int64),
            np.zeros(classes, dtype=bool),
        )


class Admission(NamedTuple):
    """What becomes of examples that arrive.

    Attributes:
        slots: The slot that each of them takes when its turn comes, int64 [k]; -1 for none.
        full: As in `Buffer`, after the last of them.
    """

    slots: NDArray[np.int64]
    full: NDArray[np.bool_]


Admit = Callable[[Buffer, NDArray[np.int32], Labels, np.random.Generator], Admission]
"""Called with the buffer, the positions that arrive int32 [k], all labels int64 [n], a stream."""


class Rule(NamedTuple):
    """By what examples come and go.

    Attributes:
        admit: What becomes of those that arrive.
        slot_for_each_class: Whether every class needs a slot of its own.
        at_segment_ends: Whether what is kept is chosen when a segment is over.
        at_task_ends: Whether what is kept is drawn when a task is over: see `task_balanced`.
        by_features: Whether the network's features decide what is kept: see `exemplars`.
    """

    admit: Admit
    slot_for_each_class: bool = False
    at_segment_ends: bool = False
    at_task_ends: bool = False
    by_features: bool = False


def reservoir(
    buffer: Buffer, arrivals: NDArray[np.int32], labels: Labels, rng: np.random.Generator
) -> Admission:
    """Keep a uniform sample of all that has been shown (Vitter 1985, algorithm R)."""
    capacity = len(buffer.held)
    nth = buffer.seen.sum() + np.arange(1, len(arrivals) + 1)
    slots = np.where(nth <= capacity, nth - 1, rng.integers(0, nth))
    return Admission(np.where(slots < capacity, slots, EMPTY), buffer.full)


def ring(
    buffer: Buffer, arrivals: NDArray[np.int32], labels: Labels, rng: np.random.Generator
) -> Admission:
    """Keep the latest of each class in equal parts (Chaudhry et al. 2019, "ring buffer").

    Every class has capacity // classes slots from the beginning; what is left over stays empty.
    """
    own = len(buffer.held) // len(buffer.seen)
    classes = labels[arrivals]
    return Admission(classes * own + (_nth(buffer, classes) - 1) % own, buffer.full)


def class_balanced(
    buffer: Buffer, arrivals: NDArray[np.int32], labels: Labels, rng: np.random.Generator
) -> Admission:
    """Keep as even a sample of the classes as the stream allows (Chrysakis & Moens 2020, CBRS).

    A class that has once been the largest in a filled buffer is full. An arrival of a class that
    is not takes the slot of a random example of the largest class (of all the largest, where
    several are). An arrival of a full class c takes the slot of a random example of its own class
    with probability held(c) / seen(c), so each class's examples stay a uniform sample of it.
    After the buffer is filled, a class holds all that it has shown or at most one fewer than the
    largest.
    """
    classes = labels[arrivals]
    nth = _nth(buffer, classes)
    chance, place = rng.random((2, len(arrivals)))
    slots = np.full(len(arrivals), EMPTY, dtype=np.int64)
    full = buffer.full.copy()

    free = np.flatnonzero(buffer.held == EMPTY)
    start = min(len(free), len(arrivals))
    slots[:start] = free[:start]
    if start < len(free):
        return Admission(slots, full)
    # From here on the buffer is filled: slots only change hands.
    owners = labels[buffer.held]
    owners[slots[:start]] = classes[:start]
    members = [np.flatnonzero(owners == label).tolist() for label in range(len(full))]
    largest = max(map(len, members))
    tied = [label for label, own in enumerate(members) if len(own) == largest]
    full[tied] = True

    def within_classes(first: int, last: int) -> None:
        """Arrivals of full classes: none of them changes how many each class holds."""
        counts = np.array([len(own) for own in members])
        part = slice(first, last)
        accepted = chance[part] * nth[part] < counts[classes[part]]
        for i in (first + np.flatnonzero(accepted)).tolist():
            own = members[classes[i]]
            slots[i] = own[int(place[i] * len(own))]

    for i in (start + np.flatnonzero(~full[classes[start:]])).tolist():
        label = int(classes[i])
        if full[label]:  # it has become so on the way
            continue
        if i > start:
            within_classes(start, i)
        start = i + 1
        which, index = divmod(int(place[i] * largest * len(tied)), largest)
        victims = members[tied.pop(which)]
        victims[index], victims[-1] = victims[-1], victims[index]
        slots[i] = victims.pop()
        members[label].append(int(slots[i]))
        if len(members[label]) == largest:
            tied.append(label)
        elif not tied:
            largest -= 1
            tied = [label for label, own in enumerate(members) if len(own) == largest]
        full[tied] = True
    within_classes(start, len(arrivals))
    return Admission(slots, full)


def none(
    buffer: Buffer, arrivals: NDArray[np.int32], labels: Labels, rng: np.random.Generator
) -> Admission:
    """Take nothing in while examples are shown: what is kept is chosen afterwards."""
    return Admission(np.full(len(arrivals), EMPTY, dtype=np.int64), buffer.full)


RULES: dict[str, Rule] = {
    "reservoir": Rule(reservoir),
    "class-balanced": Rule(class_balanced),
    "ring": Rule(ring, slot_for_each_class=True),
    "herding": Rule(none, slot_for_each_class=True, at_segment_ends=True, by_features=True),
    "exemplars": Rule(none, slot_for_each_class=True, at_task_ends=True, by_features=True),
    "task-balanced": Rule(none, at_task_ends=True),
}


def candidates(buffer: Buffer, shown: NDArray[np.int32], labels: Labels) -> NDArray[np.int32]:
    """The examples among which herding chooses when a segment is over.

    Args:
        buffer: The buffer.
        shown: The new examples of the segment, int32 [m].
        labels: Labels of the training part, int64 [n].

    Returns:
        Those shown and those already held of the same classes, each once, ascending, int32 [k].
    """
    held = buffer.held[buffer.held != EMPTY]
    again = held[np.isin(labels[held], labels[shown])]
    return np.unique(np.concatenate([shown, again])).astype(np.int32)


def exemplars(
    buffer: Buffer,
    examples: NDArray[np.int32],
    features: NDArray[np.float32],
    labels: Labels,
    shares: int | None = None,
) -> Buffer:
    """The buffer after a segment or a task, as iCaRL keeps it (Rebuffi et al. 2017).

    Every class that has been seen has capacity // (classes seen) exemplars. Those of the classes
    among `examples` are chosen anew, see `core.schedule.herding`; of the other classes the first
    ones stay.

    Args:
        buffer: The buffer, which has counted the segment's examples.
        examples: What `candidates` returned, int32 [k].
        features: What the network now makes of them, float32 [k, d].
        labels: Labels of the training part, int64 [n].
        shares: Instead of the classes seen, where each class has the same share from the beginning.

    Raises:
        InputError: More classes have been seen than the buffer has slots.
    """
    seen = np.flatnonzero(buffer.seen)
    own = len(buffer.held) // (shares or max(len(seen), 1))
    if own == 0:
        raise InputError(
            f"Received replay capacity {len(buffer.held)} for {len(seen)} classes; "
            "expected one slot for each class or more."
        )
    held = buffer.held[buffer.held != EMPTY]
    kept = []
    for label in seen:
        mine = labels[examples] == label
        if mine.any():
            kept.append(examples[mine][herding(features[mine], own)])
        else:
            kept.append(held[labels[held] == label][:own])
    after = np.full_like(buffer.held, EMPTY)
    together = np.concatenate([after[:0], *kept])
    after[: len(together)] = together
    return buffer._replace(held=after)


def task_balanced(
    buffer: Buffer,
    shown: NDArray[np.int32],
    tasks: NDArray[np.int32],
    rng: np.random.Generator,
    shares: int | None = None,
) -> Buffer:
    """The buffer after a task, as Hsu et al. (2018) keep it: as many of each task so far.

    With t tasks behind it it holds capacity // t random examples of each, of a smaller task all;
    of those held before, the first ones stay.

    Args:
        buffer: The buffer.
        shown: The examples of the task that is over, each once, int32 [m].
        tasks: The task of each example of the training part, int32 [n].
        rng: The stream to draw from.
        shares: Instead of t, where each task has the same share from the beginning.
    """
    held = buffer.held[buffer.held != EMPTY]
    before = np.unique(tasks[held])
    own = len(buffer.held) // (shares or len(before) + 1)
    kept = [held[tasks[held] == task][:own] for task in before]
    together = np.concatenate([*kept, rng.permutation(shown)[:own]])
    after = np.full_like(buffer.held, EMPTY)
    after[: len(together)] = together
    return buffer._replace(held=after)


def mislabelled(contents: NDArray[np.int32], changed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of the held examples whose label is wrong.

    Args:
        contents: Buffers, int32 [..., capacity], -1 where a slot is empty.
        changed: Which examples of the training part have a wrong label, bool [n].

    Returns:
        Fractions, float64 [...]; NaN for an empty buffer.
    """
    held = contents != EMPTY
    wrong = np.count_nonzero(held & changed[contents], axis=-1)
    some = np.count_nonzero(held, axis=-1)
    return np.where(some > 0, wrong / np.maximum(some, 1), np.nan)


def _nth(buffer: Buffer, classes: Labels) -> NDArray[np.int64]:
    """For each arrival, how many of its class have arrived by then, itself included."""
    order = np.argsort(classes, kind="stable")
    counts = np.bincount(classes, minlength=len(buffer.seen))
    first = np.cumsum(counts) - counts
    nth = np.empty(len(classes), dtype=np.int64)
    nth[order] = np.arange(1, len(classes) + 1) - first[classes[order]]
    return nth + buffer.seen[classes]
