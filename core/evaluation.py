"""Evaluations: what is measured, on which examples, and when."""

from dataclasses import dataclass, field, replace
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.checks import Checked, Count, Kind
from core.examples.corruptions import Corruption
from core.types import Indices
from data import InputError

SETS = ("test", "validation", "train")
PARTS = ("train-clean", "train-corrupted", "train-corrupted-true-labels")
"""Of the training part with label noise: where labels are right; where they are wrong, held against
the training labels (memorised), and against the true ones (true label recovered)."""

TASK_SETS = "test-tasks"
"""The test set task by task: evaluated are `test-task-1`, `test-task-2`, ..."""

MEASUREMENTS = ("gradient-norms", "weight-norms", "dead-units", "misclassified", "predictions")
"""What can be measured beside the sets, see `EvaluationPlan`."""

Names = tuple[str, ...]
NAMES = Kind(lambda names: isinstance(names, tuple), "a tuple of names")
MEASURED = Kind(
    lambda names: (
        isinstance(names, tuple)
        and all(name in MEASUREMENTS and names.count(name) == 1 for name in names)
    ),
    f"a tuple with each at most once of {', '.join(MEASUREMENTS)}",
)


class DefaultSets(tuple[str, ...]):
    """Sets that nobody named: what they are follows the recipe, see `EvaluationPlan.by_default`."""

    __slots__ = ()


BY_DEFAULT = DefaultSets(("test", "validation"))


class Evaluation(NamedTuple):
    """One look at a network.

    Attributes:
        set: Name of the examples, see `EvaluationPlan`, or `test-sample`.
        epoch: How many epochs were over; 0 is the untrained network.
        segment: Which segment of that epoch had just ended, from 1; 0 for the untrained network.
        step: How many training steps were over.
        confusion: int64 [classes, classes]; rows are true classes, columns predicted ones.
        loss: Mean loss over the examples, with the network's penalties, as Keras' `evaluate`.

    Examples:
        >>> import numpy as np
        >>> from core import Evaluation
        >>> look = Evaluation("test", 1, 1, 45, np.array([[8, 2], [0, 10]]), 0.3)
        >>> int(look.confusion.trace())
        18
    """

    set: str
    epoch: int
    segment: int
    step: int
    confusion: NDArray[np.int64]
    loss: float


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan(Checked):
    """What is measured when.

    Args:
        sets: Evaluated in full before training and after every epoch; an empty one is left out.
            `test`, `validation`, `train` (all that is trained on, augmented copies too, held
            against the labels taught), its parts (see `PARTS`), `test-tasks` (of an order with
            tasks, whenever one is over: the test set of each, as `test-task-1`, ...), and
            corrupted test sets by kind and severity, as in `gaussian-0.1` (see
            `core.examples.corruptions`). If none are named, `test` and `validation`, and of a
            recipe with label noise and no scenario the parts by their labels.
        at_end: Further sets, evaluated once, after the training.
        segments: Whether to evaluate `test-sample` after every segment as well.
        segment_examples: Size of `test-sample`: a fixed sample of the test set, the same for
            every seed, with each class's share of it. Ten segments on all of MNIST's test set
            would cost half as much as the training.
        task_examples: How many test examples of each task on average `test-tasks` has until the
            last task is over: a fixed sample as of `segments`, in which each class has its share.
            Of twenty tasks all of them at every task's end cost more than the training. All if
            None, and always of the last epoch.
        measurements: Names from `MEASUREMENTS`; they become arrays of the record (see
            `core.record`). Before training and after every epoch, layer by layer:
            `gradient-norms` (of the mean loss of 2,000 training examples), `weight-norms`, and
            `dead-units` (of a relu: 0 for every training example). At the end, with the weights
            that are kept: `misclassified` examples of the test set, or the `predictions` of all of
            them, by which comparisons pair runs example by example.

    Examples:
        >>> from core import EvaluationPlan
        >>> plan = EvaluationPlan(sets=("test",), at_end=("gaussian-0.1",), segments=True)
        >>> plan.all_sets
        ('test', 'gaussian-0.1')
    """

    sets: Annotated[Names, NAMES] = BY_DEFAULT
    at_end: Annotated[Names, NAMES] = ()
    segments: bool = False
    segment_examples: Count = 2000
    task_examples: Count | None = field(default=None, metadata={"left out": None})
    measurements: Annotated[Names, MEASURED] = ()

    def __post_init__(self) -> None:
        """Refuse sets that do not exist."""
        super().__post_init__()
        names, corrupted = self.all_sets, self.corrupted
        for name in corrupted:
            _refuse_unless_corrupted(name)
        # gaussian-.10 is gaussian-0.1.
        sets = [Corruption.named(name).name if name in corrupted else name for name in names]
        if twice := [name for name in sets if sets.count(name) > 1]:
            raise InputError(f"Received evaluation set {twice[0]!r} twice; expected it once.")

    def by_default(self, *, parts: bool) -> "EvaluationPlan":
        """This plan with the sets of a recipe where none were named; those that were stay.

        Args:
            parts: Whether the training part has wrong labels, and its parts are evaluated too.
        """
        if not isinstance(self.sets, DefaultSets):
            return self
        more = [name for name in PARTS if parts and name not in self.at_end]
        sets = DefaultSets((*BY_DEFAULT, *more))
        return self if sets == self.sets else replace(self, sets=sets)

    @property
    def all_sets(self) -> Names:
        """The names of all sets."""
        return (*self.sets, *self.at_end)

    @property
    def corrupted(self) -> Names:
        """The names of corrupted test sets among all sets."""
        return tuple(name for name in self.all_sets if name not in (*SETS, *PARTS, TASK_SETS))


def stratified(examples: Indices, labels: NDArray[np.int64], size: int) -> Indices:
    """A fixed sample in which each class has its share, to the nearest example.

    Args:
        examples: What to draw from, int32 [n].
        labels: Their labels, int64 [n].
        size: How many to draw; all of them if there are no more.

    Returns:
        int32 [size], in the order of `examples`. Not random: the same for every run.
    """
    if size >= len(examples):
        return examples
    # Positions in a list sorted by class, evenly spaced: every class gets its share. Shuffled
    # within the class first, because files may be sorted (MNIST's test set: easy half first).
    shuffled = np.random.default_rng(0).permutation(len(examples))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    return examples[np.sort(by_class[np.arange(size) * len(examples) // size])]


def confusion_matrix(
    labels: NDArray[np.int64], predictions: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Count the predictions of each class: int64 [classes, classes], rows are true classes."""
    pairs = np.bincount(labels * classes + predictions, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def _refuse_unless_corrupted(name: object) -> None:
    try:
        assert isinstance(name, str)
        Corruption.named(name)
    except (AssertionError, InputError) as error:
        reason = f"; {error}" if isinstance(name, str) and "-" in name else "."
        known = ", ".join((*SETS, *PARTS, TASK_SETS))
        raise InputError(
            f"Received evaluation set {name!r}; expected one of {known}, or a corrupted test set "
            f"as in gaussian-0.1{reason}"
        ) from None
