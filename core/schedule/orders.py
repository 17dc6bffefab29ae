"""Orders: which examples a network sees when, as arrays made before training."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.checks import COUNT, Checked, number
from core.schedule.class_orders import (
    LATIN_SQUARE,
    ClassOrder,
    in_order,
    row_for,
    segment_of_class,
)
from core.types import Labels

NO_TASK = -1
BLUR = number(0, 1, "a number from 0 (class-sequential) to 1 (shuffled)", "blur fraction")


class Schedule(NamedTuple):
    """One epoch, or a part of it, written down.

    Attributes:
        indices: Positions in the training part, in the order shown, int32 [m].
        batch_sizes: How many of them each step takes, int32 [s], summing to m. A smaller batch
            may end any segment.
        segment_ends: After how many steps each segment is over, int32 [g]; the last is s.
        segment_of_class: For each class the segment (counted from 1) that trains it,
            int32 [classes]; 0 for a class that has none in this epoch: it belongs to another task
            (see `core.schedule.tasks`), or the training part has no examples of it.
        tasks: The task of each segment, counted from 0, int32 [g]; -1 in an order without tasks.

    Examples:
        >>> import numpy as np
        >>> from core import ClassSequential
        >>> labels, rng = np.array([0, 1, 1, 0, 1]), np.random.default_rng(0)
        >>> schedule = ClassSequential()(labels, epoch=1, batch_size=2, rng=rng)
        >>> schedule.batch_sizes.tolist(), schedule.segment_ends.tolist()
        ([2, 2, 1], [1, 3])
    """

    indices: NDArray[np.int32]
    batch_sizes: NDArray[np.int32]
    segment_ends: NDArray[np.int32]
    segment_of_class: NDArray[np.int32]
    tasks: NDArray[np.int32]


class Order(Protocol):
    """A pure function from labels, epoch and a random stream to a schedule.

    Examples:
        >>> import numpy as np
        >>> from core import Order, Shuffled
        >>> order: Order = Shuffled()
        >>> rng = np.random.default_rng(0)
        >>> schedule = order(np.array([0, 1, 0]), epoch=1, batch_size=2, rng=rng)
        >>> sorted(schedule.indices.tolist())
        [0, 1, 2]
    """

    def __call__(
        self,
        labels: Labels,
        *,
        epoch: int,
        batch_size: int,
        rng: np.random.Generator,
        n_classes: int | None = None,
    ) -> Schedule:
        """Write down one epoch.

        Args:
            labels: Those of the training part, int64 [n]. A class without examples has no segment.
            epoch: From 1.
            batch_size: Examples of a full batch.
            rng: The stream to draw from.
            n_classes: How many classes the data have; the largest label plus one if None.
        """
        ...


@dataclass(frozen=True)
class Shuffled(Checked):
    """Every example once an epoch, in a new random order every epoch.

    Its segments end where the class-sequential order with the same classes would end its own,
    to the nearest step, so that both can be measured at the same points.

    Args:
        classes: The order of the classes whose segments are marked, see
            `core.schedule.class_orders`.

    Examples:
        >>> import numpy as np
        >>> from core import Shuffled
        >>> labels, rng = np.array([0, 1, 1, 0, 1]), np.random.default_rng(0)
        >>> schedule = Shuffled()(labels, epoch=1, batch_size=2, rng=rng)
        >>> schedule.batch_sizes.tolist(), sorted(schedule.indices.tolist())
        ([2, 2, 1], [0, 1, 2, 3, 4])
    """

    classes: ClassOrder = None

    def __call__(
        self,
        labels: Labels,
        *,
        epoch: int,
        batch_size: int,
        rng: np.random.Generator,
        n_classes: int | None = None,
    ) -> Schedule:
        """Write down one epoch. See `Order`."""
        classes = in_order(self.classes, labels, n_classes, epoch, rng)
        indices = rng.permutation(len(labels))
        return _marked(indices, labels, classes, batch_size, n_classes)


@dataclass(frozen=True)
class ClassSequential(Checked):
    """Every epoch shows one class after the other, each class shuffled within itself.

    Each class ends with a smaller batch where its size asks for one.

    Args:
        classes: Which class comes first, second, ..., see `core.schedule.class_orders`.

    Examples:
        >>> import numpy as np
        >>> from core import ClassSequential
        >>> labels = np.array([0, 1, 2] * 2)
        >>> order = ClassSequential(classes=(2, 0, 1))
        >>> schedule = order(labels, epoch=1, batch_size=2, rng=np.random.default_rng(0))
        >>> labels[schedule.indices].tolist()
        [2, 2, 0, 0, 1, 1]
    """

    classes: ClassOrder = None

    def __call__(
        self,
        labels: Labels,
        *,
        epoch: int,
        batch_size: int,
        rng: np.random.Generator,
        n_classes: int | None = None,
    ) -> Schedule:
        """Write down one epoch. See `Order`."""
        classes = in_order(self.classes, labels, n_classes, epoch, rng)
        members = [rng.permutation(np.flatnonzero(labels == label)) for label in classes]
        batches = [in_batches(len(examples), batch_size) for examples in members]
        return Schedule(
            np.concatenate(members).astype(np.int32),
            np.concatenate(batches),
            np.cumsum([len(sizes) for sizes in batches], dtype=np.int32),
            segment_of_class(classes, labels, n_classes),
            _no_tasks(len(batches)),
        )


@dataclass(frozen=True, kw_only=True)
class Blurred(Checked):
    """Class-sequential with a fraction of every class's places open to all classes.

    In each segment of the class-sequential order, that fraction of the places is chosen at random;
    the examples that stood on chosen places, of all segments, are shuffled among them. So 0 is the
    class-sequential order itself, and with 1 all examples are shuffled. A segment of a class that
    is 1/10 of the data thus shows .9 of the fraction from other classes. Batches are those of the
    class-sequential order for every fraction, so that nothing but the blur changes with it.

    Args:
        fraction: From 0 (class-sequential) to 1 (shuffled).
        classes: Which class comes first, second, ..., see `core.schedule.class_orders`.

    Examples:
        >>> import numpy as np
        >>> from core import Blurred
        >>> labels = np.array([0, 1] * 8)
        >>> order = Blurred(fraction=0.5)
        >>> schedule = order(labels, epoch=1, batch_size=4, rng=np.random.default_rng(0))
        >>> labels[schedule.indices].tolist()
        [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1]
    """

    fraction: Annotated[float, BLUR]
    classes: ClassOrder = None

    def __call__(
        self,
        labels: Labels,
        *,
        epoch: int,
        batch_size: int,
        rng: np.random.Generator,
        n_classes: int | None = None,
    ) -> Schedule:
        """Write down one epoch. See `Order`."""
        schedule = ClassSequential(self.classes)(
            labels, epoch=epoch, batch_size=batch_size, rng=rng, n_classes=n_classes
        )
        places = np.split(
            np.arange(len(labels)), np.flatnonzero(np.diff(labels[schedule.indices])) + 1
        )
        chosen = np.concatenate(
            [rng.permutation(part)[: round(self.fraction * len(part))] for part in places]
        )
        indices = schedule.indices.copy()
        indices[chosen] = indices[rng.permutation(chosen)]
        return schedule._replace(indices=indices)


@dataclass(frozen=True, kw_only=True)
class Blocks(Checked):
    """Every example once an epoch, in blocks of one class each, in random order.

    Each class is shuffled within itself and cut into blocks; its last block is shorter where its
    size asks for it. Length 1 is the shuffled order; from the size of the largest class on it is
    one class after the other in random order. Batches run on across blocks: they hold one class
    each only where the length is a multiple of the batch size, but for the shorter blocks. The
    segments are those of `Shuffled`.

    Args:
        length: Examples in a block.
        classes: The order of the classes whose segments are marked, see
            `core.schedule.class_orders`.

    Examples:
        >>> import numpy as np
        >>> from core import Blocks
        >>> labels = np.array([0, 1] * 4)
        >>> order = Blocks(length=2)
        >>> schedule = order(labels, epoch=1, batch_size=2, rng=np.random.default_rng(0))
        >>> labels[schedule.indices].tolist()
        [1, 1, 0, 0, 1, 1, 0, 0]
    """

    length: Annotated[int, COUNT._replace(called="block length")]
    classes: ClassOrder = None

    def __call__(
        self,
        labels: Labels,
        *,
        epoch: int,
        batch_size: int,
        rng: np.random.Generator,
        n_classes: int | None = None,
    ) -> Schedule:
        """Write down one epoch. See `Order`."""
        classes = in_order(self.classes, labels, n_classes, epoch, rng)
        members = [rng.permutation(np.flatnonzero(labels == label)) for label in classes]
        sizes = np.concatenate([in_batches(len(part), self.length) for part in members])
        # Each example carries its block's place; a stable sort keeps the order within a block.
        place = np.repeat(rng.permutation(len(sizes)), sizes)
        indices = np.concatenate(members)[np.argsort(place, kind="stable")]
        return _marked(indices, labels, classes, batch_size, n_classes)


def for_run(order: Order, seed: int, classes: int) -> Order:
    """The order of one run, where it depends on the seed; else as it is.

    The seed's row takes the place of `latin-square`, its classes those of permuted tasks.

    Args:
        order: A recipe's order.
        seed: The run's number, 0 or larger.
        classes: How many there are in the data.

    Returns:
        An order that can be called.
    """
    part: Any = order
    if hasattr(part, "for_run"):
        own: Order = part.for_run(seed, classes)
        return own
    if getattr(part, "classes", None) != LATIN_SQUARE:
        return order
    given: Order = replace(part, classes=row_for(seed, classes))
    return given


def segments(schedule: Schedule) -> list[Schedule]:
    """A schedule cut at its segment ends: one schedule of one segment for each of them.

    `segment_of_class` stays that of the whole epoch.
    """
    starts = [0, *schedule.segment_ends[:-1].tolist()]
    shown = np.concatenate([[0], np.cumsum(schedule.batch_sizes)])
    return [
        Schedule(
            schedule.indices[shown[start] : shown[end]],
            schedule.batch_sizes[start:end],
            np.array([end - start], dtype=np.int32),
            schedule.segment_of_class,
            schedule.tasks[i : i + 1],
        )
        for i, (start, end) in enumerate(zip(starts, schedule.segment_ends.tolist(), strict=True))
    ]


def _marked(
    indices: NDArray[np.intp],
    labels: Labels,
    classes: NDArray[np.intp],
    batch_size: int,
    n_classes: int | None,
) -> Schedule:
    """A schedule in full batches whose segments end where those of a class-sequential one would."""
    batch_sizes = in_batches(len(labels), batch_size)
    counts = np.bincount(labels)[classes]
    ends = np.rint(np.cumsum(counts) / batch_size).astype(np.int32)
    ends[-1] = len(batch_sizes)
    return Schedule(
        indices.astype(np.int32),
        batch_sizes,
        np.minimum(ends, len(batch_sizes)),
        segment_of_class(classes, labels, n_classes),
        _no_tasks(len(ends)),
    )


def _no_tasks(segments: int) -> NDArray[np.int32]:
    return np.full(segments, NO_TASK, dtype=np.int32)


def in_batches(n: int, batch_size: int) -> NDArray[np.int32]:
    """The sizes of full batches, then of what is left over, int32 [s]."""
    full, rest = divmod(n, batch_size)
    return np.array([batch_size] * full + [rest] * (rest > 0), dtype=np.int32)
