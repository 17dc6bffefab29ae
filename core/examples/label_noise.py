"""Label noise: wrong labels for the training part, and the mask of what is wrong.

Each kind is a pure function `noise(labels, classes, rng)`. Held-out examples keep their labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.checks import Checked, Kind, is_number, number
from core.types import Groups, Labels
from data import InputError

Matrix = tuple[tuple[float, ...], ...] | Sequence[Sequence[float]] | NDArray[np.floating]
ROUNDED = 0.005 + 1e-9
"""How far from 1 the sum of ten probabilities of three decimals may lie."""
RATE = number(
    0,
    1,
    "a number from 0 to 1: no more labels than there are can be wrong",
    "label noise rate",
)
RATES = Kind(
    lambda rates: isinstance(rates, tuple) and all(map(RATE.fits, rates)),
    "a tuple with one for each class, each from 0 to 1, as in (0.1, 0.2, 0.1)",
    "label noise rates",
)


class Corrupted(NamedTuple):
    """Labels with some of them wrong.

    Attributes:
        labels: What the network is taught, int64 [n].
        changed: Where that differs from the true label, bool [n].

    Examples:
        >>> import numpy as np
        >>> from core import SymmetricLabelNoise
        >>> noisy = SymmetricLabelNoise(0.2)(np.zeros(10, int), 3, np.random.default_rng(0))
        >>> int(noisy.changed.sum()), bool((noisy.labels[noisy.changed] > 0).all())
        (2, True)
    """

    labels: Labels
    changed: NDArray[np.bool_]


class LabelNoise(Protocol):
    """A pure function from true labels, the number of classes and a random stream.

    Examples:
        >>> import numpy as np
        >>> from core import LabelNoise, SymmetricLabelNoise
        >>> noise: LabelNoise = SymmetricLabelNoise(0.2)
        >>> int(noise(np.zeros(10, int), 3, np.random.default_rng(0)).changed.sum())
        2
    """

    def __call__(self, labels: Labels, classes: int, rng: np.random.Generator) -> Corrupted:
        """Corrupt the labels of the training part, int64 [n]; the argument stays as it is."""
        ...


@dataclass(frozen=True)
class SymmetricLabelNoise(Checked):
    """Exactly this rate of the labels is wrong, each replaced by another class.

    Which ones is drawn without replacement, and every other class is equally likely: symmetric
    noise. With ten classes a rate of .9 leaves labels that say nothing about the examples.

    Args:
        rate: From 0 to 1; round(rate * n) labels are wrong.

    Examples:
        >>> import numpy as np
        >>> from core import SymmetricLabelNoise
        >>> noisy = SymmetricLabelNoise(0.2)(np.zeros(10, int), 3, np.random.default_rng(0))
        >>> int(noisy.changed.sum())
        2
    """

    rate: Annotated[float, RATE]

    def __call__(self, labels: Labels, classes: int, rng: np.random.Generator) -> Corrupted:
        """Corrupt. See `LabelNoise`."""
        chosen = _chosen(np.arange(len(labels)), self.rate, rng)
        return _with_other_classes(labels, chosen, classes, rng)


@dataclass(frozen=True)
class UniformLabelNoise(Checked):
    """Labels are redrawn, as the notebook of experiment D does it: fewer end up wrong.

    round(rate * n) indices are drawn with replacement, and each is given a label drawn from all
    classes, the true one included. A label escapes all draws with probability (1 - 1/n) **
    (rate * n), close to exp(-rate), and a redrawn one is true once in `classes` times: the
    rate of wrong labels is (1 - exp(-rate)) * (1 - 1/classes), which for ten classes is .163
    where the rate is .2 (the notebook had .164) and .354 where it is .5. `SymmetricLabelNoise`
    makes exactly the rate wrong.

    Args:
        rate: From 0 to 1; round(rate * n) indices are drawn.

    Examples:
        >>> import numpy as np
        >>> from core import UniformLabelNoise
        >>> noisy = UniformLabelNoise(0.2)(np.zeros(1000, int), 10, np.random.default_rng(0))
        >>> bool(0.1 < noisy.changed.mean() < 0.2)
        True
    """

    rate: Annotated[float, RATE]

    def __call__(self, labels: Labels, classes: int, rng: np.random.Generator) -> Corrupted:
        """Corrupt. See `LabelNoise`."""
        noisy = labels.copy()
        drawn = rng.integers(len(labels), size=round(self.rate * len(labels)))
        noisy[drawn] = rng.integers(classes, size=len(drawn))
        return Corrupted(noisy, noisy != labels)


@dataclass(frozen=True)
class ClassLabelNoise(Checked):
    """Exactly this rate of each class's labels is wrong, each replaced by another class.

    Args:
        rates: For each class a rate from 0 to 1; of its n labels round(rate * n) are wrong.

    Examples:
        >>> import numpy as np
        >>> from core import ClassLabelNoise
        >>> labels = np.array([0, 1] * 5)
        >>> noisy = ClassLabelNoise((0.4, 0.0))(labels, 2, np.random.default_rng(0))
        >>> labels[noisy.changed].tolist()
        [0, 0]
    """

    rates: Annotated[tuple[float, ...], RATES]

    def __call__(self, labels: Labels, classes: int, rng: np.random.Generator) -> Corrupted:
        """Corrupt. See `LabelNoise`."""
        _refuse_unless_fitting("noise rates", len(self.rates), classes)
        chosen = [
            _chosen(np.flatnonzero(labels == label), rate, rng)
            for label, rate in enumerate(self.rates)
        ]
        return _with_other_classes(labels, np.concatenate(chosen), classes, rng)


@dataclass(frozen=True)
class MatrixLabelNoise:
    """Each label is drawn from its true class's row of a transition matrix, independently.

    So the rate of wrong labels is met on average, not exactly. `flips` writes the matrix of
    classes that are taken for one another.

    Args:
        matrix: `matrix[i][j]` is the probability that an example of class i is labelled j; nested
            tuples or lists, or an array [classes, classes]. Every row sums to 1 within .005, so
            three decimals do, and counts as divided by its sum.

    Examples:
        >>> import numpy as np
        >>> from core import MatrixLabelNoise
        >>> noise = MatrixLabelNoise([[0.8, 0.2], [0.0, 1.0]])
        >>> labels = np.array([0, 1] * 500)
        >>> noisy = noise(labels, 2, np.random.default_rng(0))
        >>> bool(noisy.changed[labels == 0].any()), bool(noisy.changed[labels == 1].any())
        (True, False)
    """

    matrix: Matrix

    def __post_init__(self) -> None:
        """Refuse what is no transition matrix."""
        object.__setattr__(self, "matrix", _as_tuples(self.matrix))
        classes = len(self.matrix)
        if not classes or any(len(row) != classes for row in self.matrix):
            shape = f"{classes} rows of {', '.join(str(len(row)) for row in self.matrix) or 'none'}"
            raise InputError(
                f"Received a transition matrix with {shape}; "
                "expected as many columns as rows, one of each for every class."
            )
        for label, row in enumerate(self.matrix):
            if not (all(is_number(p, 0, 1) for p in row) and abs(sum(row) - 1) <= ROUNDED):
                raise InputError(
                    f"Received a transition matrix whose row {label} is {row!r}; "
                    "expected probabilities from 0 to 1 that sum to 1 within .005."
                )

    def __call__(self, labels: Labels, classes: int, rng: np.random.Generator) -> Corrupted:
        """Corrupt. See `LabelNoise`."""
        _refuse_unless_fitting("transition matrix rows", len(self.matrix), classes)
        rows = np.cumsum(self.matrix, axis=1)
        # Ends in 1 exactly, as random() never does: no label of probability 0 is ever drawn.
        rows /= rows[:, -1:]
        drawn = rng.random(len(labels))
        noisy = np.count_nonzero(drawn[:, None] >= rows[labels], axis=1).astype(np.int64)
        return Corrupted(noisy, noisy != labels)


def flips(classes: int, rate: float, pairs: Mapping[int, int] | None = None) -> MatrixLabelNoise:
    """Noise that takes classes for one another: asymmetric noise.

    Args:
        classes: How many there are.
        rate: Of the labels of each class that is flipped, the rate that is wrong on average.
        pairs: True class to wrong class, as in {7: 1, 2: 7, 5: 6, 6: 5, 3: 8} (Patrini et al.
            2017, for MNIST); every class to the next, the last to the first, if None (pair
            flips, Han et al. 2018).

    Raises:
        InputError: No rate, or a pair of classes that is none.

    Examples:
        >>> from core import flips
        >>> flips(3, 0.25, {0: 2}).matrix
        ((0.75, 0.0, 0.25), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    """
    RATE.refuse_others("rate", rate)
    if pairs is None:
        pairs = {label: (label + 1) % classes for label in range(classes)}
    matrix = np.eye(classes)
    for true, wrong in pairs.items():
        if true == wrong or not (0 <= true < classes and 0 <= wrong < classes):
            raise InputError(
                f"Received the flip of class {true} to {wrong}; "
                f"expected two different classes from 0 to {classes - 1}."
            )
        matrix[true, true], matrix[true, wrong] = 1 - rate, rate
    return MatrixLabelNoise(tuple(tuple(row) for row in matrix.tolist()))


def _as_tuples(matrix: Any) -> Any:
    """A matrix as it is stored; one that is given so stays as it is, whole numbers and all."""
    if isinstance(matrix, tuple) and matrix and all(isinstance(row, tuple) for row in matrix):
        return matrix
    try:
        array = np.asarray(matrix)
        if array.ndim != 2 or array.dtype.kind not in "iuf":
            raise ValueError
    except ValueError:
        raise InputError(
            f"Received a {type(matrix).__name__} as transition matrix that has no rows of numbers "
            "of one length; expected one, as in ((0.9, 0.1), (0.2, 0.8))."
        ) from None
    return tuple(map(tuple, array.astype(float).tolist()))


def within_tasks(
    noise: LabelNoise, labels: Labels, groups: Groups, rng: np.random.Generator
) -> Labels:
    """Labels with noise among the classes of a task, for each task by itself.

    Of noise that names classes itself, by rates or by a matrix, as it is.

    Args:
        noise: What makes labels wrong.
        labels: True labels, int64 [n].
        groups: The classes of each task.
        rng: The stream to draw from.
    """
    if not isinstance(noise, SymmetricLabelNoise | UniformLabelNoise):
        return noise(labels, sum(map(len, groups)), rng).labels
    noisy = labels.copy()
    for group in groups:
        mine, names = np.isin(labels, group), np.array(group)
        order = np.argsort(names)
        places = order[np.searchsorted(names[order], labels[mine])]
        noisy[mine] = names[noise(places, len(group), rng).labels]
    return noisy


def _chosen(examples: NDArray[np.intp], rate: float, rng: np.random.Generator) -> NDArray[np.intp]:
    return rng.permutation(examples)[: round(rate * len(examples))]


def _with_other_classes(
    labels: Labels, chosen: NDArray[np.intp], classes: int, rng: np.random.Generator
) -> Corrupted:
    """Give each chosen example one of the other classes, all equally likely."""
    if classes < 2 and len(chosen):
        raise InputError(
            f"Received label noise for data of {classes} class; expected 2 classes or more: "
            "there is no other class that a label could name."
        )
    noisy = labels.copy()
    # The true class and a step of 1 to classes - 1 around the circle of classes.
    noisy[chosen] += rng.integers(1, max(classes, 2), size=len(chosen))
    noisy %= classes
    return Corrupted(noisy, noisy != labels)


def _refuse_unless_fitting(what: str, given: int, classes: int) -> None:
    if given != classes:
        raise InputError(
            f"Received {given} {what} for data of {classes} classes; expected one for each class."
        )
