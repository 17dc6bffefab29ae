"""Splits: which examples train, which validate, which test."""

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from core.checks import Checked, Count, Kind
from core.types import Indices, Labels
from data import InputError


class Split(NamedTuple):
    """Positions in the data set's training file followed by its test file.

    With 60,000 training and 10,000 test images, position 60,000 is the first test image. From
    position 70,000 on come the examples of a given validation part, where the data set has one, and
    then augmented copies, where there are any (see `core.training.preparation`). The three parts
    never overlap.

    Examples:
        >>> import numpy as np
        >>> from core import HoldOut
        >>> split = HoldOut(size=2)(np.zeros(5, int), np.zeros(3, int), np.random.default_rng(0))
        >>> split.train.tolist(), split.validation.tolist(), split.test.tolist()
        ([0, 1, 2], [3, 4], [5, 6, 7])
    """

    train: Indices
    validation: Indices
    test: Indices


def _is_size(size: Any) -> bool:
    if isinstance(size, int) and not isinstance(size, bool):
        return size >= 0
    return isinstance(size, float) and 0 <= size < 1


SIZE = Kind(
    _is_size,
    "a whole number of examples or a fraction from 0 up to, not including, 1",
    "split size",
)


@dataclass(frozen=True, kw_only=True)
class HoldOut(Checked):
    """Hold some examples out for validation; the others of that file keep their role.

    Args:
        size: How many: a whole number of examples, or a fraction below 1. Of a fraction, the
            part that stays is rounded down (90 % of 5,923 keeps 5,330).
        where: `first` or `last` of the file, `last-of-each-class`, or `random` (drawn from the
            run's data stream). `given` takes the validation part that the data set's files have,
            and leaves both others whole; it has its own size.
        of: The file they are taken from: `train`, or `test` as some published experiments do.
        per_class: Train on the first so many of each class of the training part, in the order of
            the file; what is left over is neither trained nor evaluated on. All if None.

    Examples:
        >>> import numpy as np
        >>> from core import HoldOut
        >>> split = HoldOut(size=0.2)(np.zeros(10, int), np.zeros(4, int), np.random.default_rng(0))
        >>> split.validation.tolist()
        [8, 9]
    """

    size: Annotated[int | float, SIZE] = 0
    where: Literal["first", "last", "last-of-each-class", "random", "given"] = "last"
    of: Literal["train", "test"] = "train"
    # Left out of the JSON, so that recipes from before there was this field keep their keys.
    per_class: Count | None = field(default=None, metadata={"left out": None})

    def __call__(
        self,
        y_train: Labels,
        y_test: Labels,
        rng: np.random.Generator,
        given: int = 0,
    ) -> Split:
        """Split a data set.

        Args:
            y_train: Labels of the training file, int64 [n].
            y_test: Labels of the test file, int64 [m].
            rng: The run's data stream; drawn from only where `where` is `random`.
            given: How many examples the data set's own validation part has.

        Returns:
            The three parts, each in the order of its file.

        Raises:
            InputError: Nothing would be left of the file, a class has fewer than `per_class`, or a
                given part is asked for where there is none.
        """
        if self.where == "given":
            self._refuse_unless_given(given)
        labels = y_train if self.of == "train" else y_test
        held = np.zeros(len(labels), dtype=bool)
        if self.where == "last-of-each-class":
            for label in np.unique(labels):
                members = np.flatnonzero(labels == label)
                held[members[self._kept(len(members)) :]] = True
        else:
            order = rng.permutation(len(labels)) if self.where == "random" else np.arange(len(held))
            kept = self._kept(len(labels))
            held[order[: len(held) - kept] if self.where == "first" else order[kept:]] = True
        if held.all():
            raise InputError(
                f"Received split size {self.size}; expected fewer than the {len(labels)} examples "
                f"of the {self.of} file: nothing would be left of it."
            )
        train, test = np.arange(len(y_train)), len(y_train) + np.arange(len(y_test))
        parts = (
            (train[~held], train[held], test)
            if self.of == "train"
            else (train, test[held], test[~held])
        )
        if self.where == "given":
            after = len(y_train) + len(y_test)
            parts = (train, after + np.arange(given), test)
        used, *others = (part.astype(np.int32) for part in parts)
        if self.per_class is not None:
            used = self._first_of_each_class(used, y_train, self.per_class)
        return Split(used, *others)

    def _refuse_unless_given(self, examples: int) -> None:
        # Here, not when it is made: overrides set one field after the other.
        if not examples:
            raise InputError(
                "Received where='given' with data that have no validation part of their own; "
                "expected some: store x_val and y_val in the .npz, or hold out with size=..."
            )
        if self.size or self.of != "train":
            raise InputError(
                f"Received size={self.size!r}, of={self.of!r} with where='given'; expected size=0, "
                "of='train': the part is as large as the data set's files have it."
            )

    def _first_of_each_class(self, part: Indices, y_train: Labels, per_class: int) -> Indices:
        labels, used = y_train[part], np.zeros(len(part), dtype=bool)
        for label in np.unique(y_train):
            members = np.flatnonzero(labels == label)[:per_class]
            if len(members) < per_class:
                raise InputError(
                    f"Received per_class={per_class}; expected at most {len(members)}, as many as "
                    f"class {label} has in the training part."
                )
            used[members] = True
        return part[used]

    def _kept(self, n: int) -> int:
        if isinstance(self.size, int):
            return max(n - self.size, 0)
        # .9 * 5,930 is 5336.999...: round away the float noise before rounding down.
        return math.floor(round((1 - self.size) * n, 6))
