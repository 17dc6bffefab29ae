"""What a class's place in the class order does to it: recency, and what is shown after it.

For studies whose class order varies over the seeds and stays the same in a run. `recency` is the
number of classes shown after a class in an epoch: 0 is shown last. The unit is one run, accuracies
are fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.metrics.confusion import class_accuracy
from analysis.metrics.registry import PER_CLASS, PER_POINT
from analysis.rendering.formatting import format_p
from analysis.runs import RunLike, RunSet, class_names, last_evaluation
from analysis.statistics.intervals import describe
from analysis.statistics.slopes import Slopes, slope_over_runs

Floats = NDArray[np.float64]

COLUMNS = ("condition", "metric", "recency", "n", "mean", "sd", "ci_low", "ci_high", "p")
BY_RECENCY = "final accuracy"
POINT = 0.01
ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Positions:
    """Where the classes stood in the runs of one condition, and what became of them.

    Attributes:
        recency: How many classes are shown after each class, int64 [runs, classes].
        accuracy: Final accuracy of each class, fractions [runs, classes].
        names: What people call each class.
    """

    recency: NDArray[np.int64]
    accuracy: Floats
    names: Sequence[Any] = ()

    @property
    def balanced(self) -> bool:
        """Whether each class has each recency in equally many runs, as in a whole Latin square."""
        classes = self.recency.shape[1]
        counts = [np.bincount(column, minlength=classes) for column in self.recency.T]
        return np.ptp(counts) == 0


def class_positions(runs: Sequence[RunLike], set: str = "test") -> dict[str, Positions]:
    """Positions and final accuracies, for each condition whose class order varies over the runs.

    Args:
        runs: Records of one study and variant; finished ones with training segments of classes that
            have evaluated the set are taken. The order of a run is that of its last epoch.
        set: Name of the evaluated set.

    Returns:
        Condition to positions; empty where no condition's class order varies.

    Examples:
        >>> from analysis import class_positions
        >>> from studies import read, record
        >>> for seed, order in enumerate([(0, 1), (1, 0)]):
        ...     with record("mine", condition="in-turns", seed=seed, classes=2) as run:
        ...         for i, shown in enumerate(order, 1):
        ...             run.evaluate("test", [0, 1], [shown] * 2, epoch=1, segment=i, shown=[shown])
        >>> class_positions(read("mine").records)["in-turns"].recency.tolist()
        [[1, 0], [0, 1]]
    """
    found = {}
    for condition, finished in RunSet.of(runs).finished.items():
        accuracies, recencies = [], []
        for run in finished:
            last, segments = last_evaluation(run, set), run.arrays.get("class_segments")
            if last is None or segments is None:
                continue
            place = segments[-1]
            # Where classes share a segment or have none, none of them is shown after the other.
            if place.all() and len(np.unique(place)) == len(place):
                accuracies.append(class_accuracy(last.confusion))
                recencies.append((place > place[:, None]).sum(axis=1))
        if len(np.unique(recencies, axis=0)) > 1:
            names = class_names(finished, len(recencies[0]))
            found[condition] = Positions(np.stack(recencies), np.stack(accuracies), names)
    return found


def class_similarity(confusions: ArrayLike) -> Floats:
    """How alike classes are to a network that was shown them all at once.

    The fraction of the test examples of c that are predicted as d and the fraction of d predicted
    as c, their mean, mean over the runs.

    Args:
        confusions: Counts [runs, classes, classes] (row: true class, column: predicted class).

    Returns:
        Fractions [classes, classes], symmetric, 0 on the diagonal.

    Raises:
        ValueError: If a class has no examples.

    Examples:
        >>> from analysis import class_similarity
        >>> class_similarity([[[8, 2], [4, 6]]]).round(2).tolist()
        [[0.0, 0.3], [0.3, 0.0]]
    """
    counts = np.asarray(confusions, dtype=float)
    examples = counts.sum(axis=-1, keepdims=True)
    if not examples.all():
        raise ValueError(
            "received confusion matrices without examples of some class; expected some of every "
            "class; choose a set that has them"
        )
    mistaken = (counts / examples).mean(axis=0)
    alike = (mistaken + mistaken.T) / 2
    np.fill_diagonal(alike, 0)
    return alike


def similarity_in(runs: Sequence[RunLike], condition: str, set: str = "test") -> Floats | None:
    """`class_similarity` by the last evaluations of a condition's runs; None without any."""
    finished = RunSet.of(runs).finished.get(condition, [])
    last = [last_evaluation(run, set) for run in finished]
    confusions = [each.confusion for each in last if each is not None]
    return class_similarity(confusions) if confusions else None


def recency_effect(positions: Positions) -> Slopes:
    """What one more class shown after a class does to its final accuracy.

    One least-squares slope of accuracy on recency for each run, after each class's mean over the
    runs was taken out of both. In a whole Latin square that is sound: every class has the same
    recencies, so its mean holds no recency, and the mean of the slopes is what it was; only what
    classes differ by is gone from their spread. In a part of a square the class means do hold some,
    which is why recency gives up its own class means too.

    Returns:
        Slopes in fractions for one class. Negative: being shown late saves a class.
    """
    return slope_over_runs(
        positions.accuracy, positions.recency, np.hstack([_classes(positions), _runs(positions)])
    )


def similarity_effect(positions: Positions, alike: ArrayLike) -> Slopes:
    """What it does to a class when those shown after it, rather than before it, are similar to it.

    The similarity of a class to what follows it is the sum of its similarity to all classes
    shown after it. A sum, because every later class has its segment of training, in which it may
    overwrite the class or refresh it, and such effects add up. (The largest similarity would drop
    all but one of them, and that to the class shown last has no value for that class.)

    The sum grows with recency, and faster for a class that is like many. Such classes are hard, and
    hard classes may be forgotten faster whatever follows: with recency and class means as the only
    covariates, nine of ten simulated studies then show an effect of similarity where there is none.
    So the covariates are recency (each value of it: forgetting is not linear), the class, the
    class's own linear loss with recency, and the run. The rest asks only which classes follow.
    What does not follow a class precedes it in the epoch, so it is one contrast: after, not before.

    The test is over runs: it speaks of further networks and orders of these classes, not of other
    classes. Similarity is taken as known; its noise pulls the slope towards 0.

    Args:
        positions: Of one condition.
        alike: Similarity, fractions [classes, classes], see `class_similarity`.

    Returns:
        Slopes in fractions of accuracy for one point (.01) of similarity. Positive: a class is
        saved by looking like those shown after it. Negative: such classes overwrite it. NaN where
        there is nothing to tell, as with classes that are all equally alike.
    """
    classes, recency = _classes(positions), positions.recency
    covariates = [classes, _runs(positions), np.eye(recency.shape[1])[recency.ravel()]]
    covariates.append(classes * recency.reshape(-1, 1))
    follows = recency[:, :, None] > recency[:, None, :]  # [runs, c, d]: d is shown after c
    summed = (follows * np.asarray(alike)).sum(axis=-1) / POINT
    return slope_over_runs(positions.accuracy, summed, np.hstack(covariates))


def position_table(
    runs: Sequence[RunLike], baseline: str | None = None, set: str = "test"
) -> pd.DataFrame:
    """Final accuracy by recency, and what recency and similarity change.

    Args:
        runs: Records of one study and variant.
        baseline: Condition whose confusions tell how alike classes are; without one there are no
            rows about similarity.
        set: Name of the evaluated set.

    Returns:
        Columns condition, metric, recency, n, mean, sd, ci_low, ci_high, p. For each condition
        whose class order varies: "final accuracy" at each recency, over runs that each have another
        class there (so the interval holds the differences between classes); and without a recency
        `recency_effect` and `similarity_effect`, whose intervals do not.

    Raises:
        ValueError: If no condition's class order varies over its runs.

    Examples:
        >>> import numpy as np
        >>> from analysis import position_table
        >>> from studies import read, record
        >>> rng, labels = np.random.default_rng(0), np.arange(3).repeat(20)
        >>> for seed, order in enumerate([(0, 1, 2), (1, 2, 0), (2, 0, 1)]):
        ...     with record("mine", condition="in-turns", seed=seed, classes=3) as run:
        ...         for i, shown in enumerate(order, 1):
        ...             guesses = np.where(rng.random(60) < 0.7, shown, labels)
        ...             run.evaluate("test", labels, guesses, epoch=1, segment=i, shown=[shown])
        >>> table = position_table(read("mine").records)
        >>> table.groupby("recency")["mean"].first().round(2).tolist()
        [1.0, 0.25, 0.25]
    """
    rows: list[dict[str, Any]] = []
    for condition, positions in _varied(runs, set).items():
        for recency in range(positions.recency.shape[1]):
            values = positions.accuracy[positions.recency == recency]
            row = {"condition": condition, "metric": BY_RECENCY, "recency": recency}
            rows.append(row | describe(values))
        for metric, slopes in _effects(runs, positions, baseline, set).items():
            row = {"condition": condition, "metric": metric, "n": slopes.n}
            rows.append(row | {name: float(getattr(slopes, name)) for name in COLUMNS[4:]})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def position_sentences(
    runs: Sequence[RunLike], baseline: str | None = None, set: str = "test"
) -> list[str]:
    """What `position_table` found, for each condition a sentence on recency and on similarity.

    Raises:
        ValueError: If no condition's class order varies over its runs.

    Examples:
        >>> from textwrap import fill
        >>> import numpy as np
        >>> from analysis import position_sentences
        >>> from studies import read, record
        >>> rng, labels = np.random.default_rng(0), np.arange(3).repeat(20)
        >>> for seed, order in enumerate([(0, 1, 2), (1, 2, 0), (2, 0, 1)]):
        ...     with record("mine", condition="in-turns", seed=seed, classes=3) as run:
        ...         for i, shown in enumerate(order, 1):
        ...             guesses = np.where(rng.random(60) < 0.7, shown, labels)
        ...             run.evaluate("test", labels, guesses, epoch=1, segment=i, shown=[shown])
        >>> print(fill(position_sentences(read("mine").records)[0], 80))
        in-turns, recency: -37.50 points of final accuracy (95 % interval -55.78 to
        -19.22; t(2.0) = -8.83, p = .0126, 3 runs) for each class shown later. Being
        shown late saves a class.
    """
    lines = []
    for condition, positions in _varied(runs, set).items():
        effects = _effects(runs, positions, baseline, set)
        recency = effects[PER_CLASS]
        lines.append(
            f"{condition}, recency: {_amount(recency)} for each class shown later. "
            + _reading(
                recency,
                "Being shown late saves a class.",
                "Being shown late costs a class.",
                "that its place matters to a class",
            )
        )
        if PER_POINT in effects:
            alike = effects[PER_POINT]
            lines.append(
                f"{condition}, similarity: {_amount(alike)} for each point of similarity to "
                "classes shown later rather than earlier, at equal recency. "
                + _reading(
                    alike,
                    "Classes that are like a class overwrite it.",
                    "Classes that are like a class save it.",
                    "that it matters to a class whether those shown after it are like it",
                )
            )
    return lines


def _varied(runs: Sequence[RunLike], set: str) -> dict[str, Positions]:
    found = class_positions(runs, set)
    if not found:
        raise ValueError(
            f"received {len(runs)} runs of {', '.join(dict.fromkeys(r.condition for r in runs))}, "
            "in which the class order does not vary over the seeds; expected two different orders "
            "or more; run the study class-position, or an order with classes='latin-square'"
        )
    unknown = [name for name, each in found.items() if np.isnan(each.accuracy).any()]
    if unknown:
        raise ValueError(
            f"received runs of {unknown[0]} without examples of some class in {set!r}; expected "
            "some of every class; choose a set that has them"
        )
    return found


def _effects(
    runs: Sequence[RunLike], positions: Positions, baseline: str | None, set: str
) -> dict[str, Slopes]:
    alike = None if baseline is None else similarity_in(runs, baseline, set)
    effects = {PER_CLASS: recency_effect(positions)}
    return effects if alike is None else effects | {PER_POINT: similarity_effect(positions, alike)}


def _classes(positions: Positions) -> Floats:
    runs, classes = positions.recency.shape
    return np.tile(np.eye(classes), (runs, 1))


def _runs(positions: Positions) -> Floats:
    runs, classes = positions.recency.shape
    return np.repeat(np.eye(runs), classes, axis=0)


def _amount(slopes: Slopes) -> str:
    if np.isnan(slopes.mean):
        return f"no slope from {slopes.n} runs"
    amount = f"{100 * slopes.mean:+.2f} points of final accuracy"
    if np.isnan(slopes.ci_low):
        return f"{amount} ({slopes.n} runs, no interval)"
    interval = f"95 % interval {100 * slopes.ci_low:+.2f} to {100 * slopes.ci_high:+.2f}"
    if np.isnan(slopes.p):
        return f"{amount} ({slopes.n} runs, no variation: no test)"
    test = f"t({slopes.df:.1f}) = {slopes.statistic:.2f}, {format_p(slopes.p)}"
    return f"{amount} ({interval}; {test}, {slopes.n} runs)"


def _reading(slopes: Slopes, negative: str, positive: str, shown: str) -> str:
    if np.isnan(slopes.p):
        return "Nothing can be said from these runs."
    if slopes.p >= ALPHA:
        return f"{slopes.n} runs do not show {shown}."
    return negative if slopes.mean < 0 else positive
