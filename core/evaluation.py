"""Evaluations: what is measured, on which examples, and when."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.split import Indices, Split
from data import InputError

SETS = ("train", "validation", "test")


class Evaluation(NamedTuple):
    """One look at a network.

    Attributes:
        set: Name of the examples: `test`, `validation`, `train`, or `test-sample`.
        epoch: How many epochs were over; 0 is the untrained network.
        segment: Which segment of that epoch had just ended, from 1; 0 for the untrained network.
        step: How many training steps were over.
        confusion: int64 [classes, classes]; rows are true classes, columns predicted ones.
        loss: Mean loss over the examples, with the network's penalties, as Keras' `evaluate`.
    """

    set: str
    epoch: int
    segment: int
    step: int
    confusion: NDArray[np.int64]
    loss: float


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan:
    """What is measured when.

    Args:
        sets: Evaluated in full before training and after every epoch; an empty one is left out.
        segments: Whether to evaluate `test-sample` after every segment as well.
        segment_examples: Size of `test-sample`: a fixed sample of the test set, the same for
            every seed, with each class's share of it. Ten segments on all of MNIST's test set
            would cost half as much as the training.
    """

    sets: tuple[str, ...] = ("test", "validation")
    segments: bool = False
    segment_examples: int = 2000

    def __post_init__(self) -> None:
        """Refuse sets that do not exist."""
        if not isinstance(self.sets, tuple):
            raise InputError(f"Received sets {self.sets!r}; expected a tuple of names.")
        for name in self.sets:
            if name not in SETS:
                raise InputError(
                    f"Received evaluation set {name!r}; expected one of {', '.join(SETS)}."
                )
        if not isinstance(self.segments, bool):
            raise InputError(f"Received segments={self.segments!r}; expected true or false.")
        if not isinstance(self.segment_examples, int) or self.segment_examples < 1:
            raise InputError(
                f"Received segment_examples={self.segment_examples!r}; expected a whole number "
                "from 1 up."
            )

    def whole_sets(self, split: Split) -> dict[str, Indices]:
        """The examples of each set that is evaluated after every epoch."""
        parts = {name: getattr(split, name) for name in self.sets}
        return {name: part for name, part in parts.items() if len(part)}

    def sample(self, split: Split, labels: NDArray[np.int64]) -> Indices:
        """The examples of `test-sample`; `labels` are those of both files, int64 [n + m]."""
        return stratified(split.test, labels[split.test], self.segment_examples)


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
