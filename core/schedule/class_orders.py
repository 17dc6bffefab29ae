"""Class orders: which class comes first, second, ..., and when another order takes over."""

from typing import Annotated, Any, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from core.checks import Kind
from core.schedule.latin_square import williams
from core.types import Labels
from data import InputError

LATIN_SQUARE = "latin-square"


def _could_order(classes: Any) -> bool:
    """Whether there may be data with such a class order."""
    if classes in (None, "random", LATIN_SQUARE):
        return True
    return all(
        isinstance(order, tuple) and order and all(type(label) is int for label in order)
        for order in (classes if _nested(classes) else (classes,))
    )


ClassOrder = Annotated[
    tuple[int, ...] | tuple[tuple[int, ...], ...] | Literal["random", "latin-square"] | None,
    Kind(
        _could_order,
        "whole numbers as in (1, 0, 2), one such order for each epoch, random, latin-square, or "
        "None",
        "class order",
    ),
]
"""Which class comes first, second, ...: one order for all epochs; one for each epoch, starting
again when they are used up; `random`, drawn anew every epoch; `latin-square`, one order for the
whole run, that of the seed's row (see `row_for`); or 0, 1, 2, ... if None."""


def row_for(seed: int, classes: int) -> tuple[int, ...]:
    """A run's row of Williams' square: row `seed` modulo their number.

    See `core.schedule.latin_square`.

    Over as many seeds as there are rows, ten for ten classes, each class stands at each place
    equally often.
    """
    rows = williams(classes)
    return tuple(rows[seed % len(rows)].tolist())


def in_order(
    classes: ClassOrder, labels: Labels, n_classes: int | None, epoch: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """The order asked for in an epoch, checked against the data: every class exactly once.

    The first thing that is drawn from the stream, so that random class orders agree between
    orders that share it.

    Args:
        classes: What is asked for.
        labels: Those of the training part, int64 [n].
        n_classes: How many classes the data have; the largest label plus one if None.
        epoch: From 1.
        rng: The stream.

    Returns:
        The classes that have examples, in that order.

    Raises:
        InputError: The order names other classes than the labels.
        ValueError: It is that of a run whose seed was never asked for.
    """
    largest = int(labels.max()) + 1
    n, there = n_classes or largest, np.bincount(labels) > 0
    if classes == "random":
        # Of the classes up to the largest there is: what is drawn stays what it always was.
        drawn = rng.permutation(largest)
        return drawn[there[drawn]]
    if classes == LATIN_SQUARE:
        raise ValueError(
            f"Received class order {classes} without a seed; expected the order of one run: "
            "write down what core.schedule.orders.for_run returns."
        )
    given = classes[(epoch - 1) % len(classes)] if _nested(classes) else classes
    order = np.arange(n) if given is None else np.asarray(given, dtype=np.intp)
    if sorted(order.tolist()) != list(range(n)):
        raise InputError(
            f"Received class order {','.join(map(str, order))}; "
            f"expected each of the classes 0 to {n - 1} exactly once."
        )
    return order[np.isin(order, np.flatnonzero(there))]


def segment_of_class(
    classes: NDArray[np.intp], labels: Labels, n_classes: int | None
) -> NDArray[np.int32]:
    """For each class the segment, counted from 1, that trains it; 0 for one without examples.

    Args:
        classes: What `in_order` returned.
        labels: Those of the training part, int64 [n].
        n_classes: How many classes the data have; the largest label plus one if None.

    Returns:
        int32 [n_classes].
    """
    segments = np.zeros(n_classes or int(labels.max()) + 1, dtype=np.int32)
    segments[classes] = np.arange(1, len(classes) + 1)
    return segments


def _nested(classes: ClassOrder) -> TypeGuard[tuple[tuple[int, ...], ...]]:
    return isinstance(classes, tuple) and bool(classes) and isinstance(classes[0], tuple)
