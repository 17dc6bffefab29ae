"""Orders: which examples a network sees when, as arrays made before training."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from data import InputError

Labels = NDArray[np.int64]


class Schedule(NamedTuple):
    """One epoch, written down.

    Attributes:
        indices: Positions in the training part, in the order shown, int32 [m].
        batch_sizes: How many of them each step takes, int32 [s], summing to m. A smaller batch
            may end any segment.
        segment_ends: After how many steps each segment is over, int32 [g]; the last is s.
        class_segments: For each class the segment (counted from 1) that has its turn,
            int32 [classes].
    """

    indices: NDArray[np.int32]
    batch_sizes: NDArray[np.int32]
    segment_ends: NDArray[np.int32]
    class_segments: NDArray[np.int32]


class Order(Protocol):
    """A pure function from labels, epoch and a random stream to a schedule."""

    def __call__(
        self, labels: Labels, *, epoch: int, batch_size: int, rng: np.random.Generator
    ) -> Schedule:
        """Write down one epoch; `labels` are those of the training part, int64 [n]."""
        ...


@dataclass(frozen=True)
class Shuffled:
    """Every example once an epoch, in a new random order every epoch.

    Its segments end where the class-sequential order with the same classes would end its own,
    to the nearest step, so that both can be measured at the same points.

    Args:
        classes: The order of the classes whose turns mark the segments; 0, 1, 2, ... if None.
    """

    classes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no list of classes."""
        _check_classes(self.classes)

    def __call__(
        self, labels: Labels, *, epoch: int, batch_size: int, rng: np.random.Generator
    ) -> Schedule:
        """Write down one epoch. See `Order`."""
        classes = _class_order(self.classes, labels)
        batch_sizes = _batch_sizes(len(labels), batch_size)
        counts = np.bincount(labels, minlength=len(classes))[classes]
        ends = np.rint(np.cumsum(counts) / batch_size).astype(np.int32)
        ends[-1] = len(batch_sizes)
        return Schedule(
            rng.permutation(len(labels)).astype(np.int32),
            batch_sizes,
            np.minimum(ends, len(batch_sizes)),
            _turns(classes),
        )


@dataclass(frozen=True)
class ClassSequential:
    """Every epoch shows one class after the other, each class shuffled within itself.

    Each class ends with a smaller batch where its size asks for one.

    Args:
        classes: Which class comes first, second, ...; 0, 1, 2, ... if None.
    """

    classes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no list of classes."""
        _check_classes(self.classes)

    def __call__(
        self, labels: Labels, *, epoch: int, batch_size: int, rng: np.random.Generator
    ) -> Schedule:
        """Write down one epoch. See `Order`."""
        classes = _class_order(self.classes, labels)
        members = [rng.permutation(np.flatnonzero(labels == label)) for label in classes]
        batches = [_batch_sizes(len(examples), batch_size) for examples in members]
        return Schedule(
            np.concatenate(members).astype(np.int32),
            np.concatenate(batches),
            np.cumsum([len(sizes) for sizes in batches], dtype=np.int32),
            _turns(classes),
        )


def _check_classes(classes: object) -> None:
    whole = isinstance(classes, tuple) and all(type(label) is int for label in classes)
    if classes is not None and not whole:
        raise InputError(f"Received class order {classes!r}; expected a tuple of whole numbers.")


def _class_order(classes: tuple[int, ...] | None, labels: Labels) -> NDArray[np.intp]:
    """The order asked for, checked against the labels: every class exactly once."""
    n = int(labels.max()) + 1
    order = np.arange(n) if classes is None else np.asarray(classes, dtype=np.intp)
    if sorted(order.tolist()) != list(range(n)):
        raise InputError(
            f"Received class order {','.join(map(str, order))}; "
            f"expected each of the classes 0 to {n - 1} exactly once."
        )
    return order


def _turns(classes: NDArray[np.intp]) -> NDArray[np.int32]:
    turns = np.empty(len(classes), dtype=np.int32)
    turns[classes] = np.arange(1, len(classes) + 1)
    return turns


def _batch_sizes(n: int, batch_size: int) -> NDArray[np.int32]:
    """Full batches, then what is left over."""
    full, rest = divmod(n, batch_size)
    return np.array([batch_size] * full + [rest] * (rest > 0), dtype=np.int32)
