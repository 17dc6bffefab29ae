"""Runs and samples that several tests read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import assume, settings
from hypothesis import strategies as st

from analysis.statistics.comparison import compare

PROPERTY = settings(deadline=None, derandomize=True, max_examples=50)
SMALL = st.lists(st.integers(0, 6), min_size=1, max_size=6)
BASE = np.array([0.80, 0.81, 0.83, 0.79, 0.82, 0.80, 0.84, 0.81])
WIGGLE = np.array([1, -1, 2, -2, 1, 0, -1, 0]) / 1000

# After each segment of two epochs, for two seeds: see the worked example in test_forgetting.
GRID = [
    [[0.90, 0.00, 0.99], [0.50, 0.80, 0.20], [0.30, 0.60, 0.90]],
    [[0.85, 0.40, 0.50], [0.70, 0.95, 0.40], [0.60, 0.65, 0.92]],
]

# After each epoch of three tasks of two epochs each: classes 2 and 0, then 1, then 3.
TASKS = [
    *([0.80, 0.00, 0.90, 0.00], [0.90, 0.00, 0.94, 0.00]),
    *([0.70, 0.80, 0.70, 0.00], [0.98, 0.96, 0.96, 0.00]),
    *([0.10, 0.50, 0.30, 0.90], [0.20, 0.40, 0.50, 0.98]),
]
GROUPS = ((2, 0), (1,), (3,))
SIZES = (100, 50, 300, 50)


@dataclass
class Evaluation:
    set: str
    epoch: int
    segment: int
    step: int
    confusion: np.ndarray
    loss: float = 0.5


@dataclass
class Run:
    condition: str
    seed: int
    status: str = "finished"
    history: list = field(default_factory=list)
    evaluations: list = field(default_factory=list)
    arrays: dict = field(default_factory=dict)
    recipe: dict = field(default_factory=dict)


def confusion(*accuracies: float, sizes: int | Sequence[int] = 100) -> np.ndarray:
    """100 examples a class, or as many as said; errors go to the next class."""
    right = np.rint(sizes * np.array(accuracies)).astype(np.int64)
    return np.diag(right) + np.roll(np.diag(sizes - right), 1, axis=1)


def run(condition: str, seed: int, *accuracies: float) -> Run:
    """Two epochs whose last accuracies on the validation set are those given."""
    looks = [
        Evaluation("validation", 0, 0, 0, confusion(1.0, 1.0), 0.0),
        Evaluation("validation", 1, 1, 10, confusion(0.8, 0.9), 0.4),
        Evaluation("validation", 2, 1, 20, confusion(*accuracies), 0.6),
    ]
    rows = [(1, 10, "accuracy", 0.3), (2, 20, "accuracy", 0.4)]
    return Run(condition, seed, history=rows, evaluations=looks)


def segmented(condition: str, seed: int, grid=GRID, shift: float = 0.0) -> Run:
    """Accuracies after every segment; those of class 0 are lowered by `shift`."""
    looks = [Evaluation("test-sample", 0, 0, 0, confusion(0.1, 0.2, 0.3))]
    for epoch, segments in enumerate(grid, 1):
        for segment, accuracies in enumerate(segments, 1):
            lowered = (accuracies[0] - shift, *accuracies[1:])
            looks.append(Evaluation("test-sample", epoch, segment, 0, confusion(*lowered)))
    looks.append(Evaluation("test", len(grid), 3, 0, confusion(*lowered)))
    segments = np.tile([1, 2, 3], (len(grid), 1)).astype(np.int32)
    return Run(condition, seed, evaluations=looks, arrays={"class_segments": segments})


def segments_of(groups: Sequence[Sequence[int]], epochs_each: int) -> np.ndarray:
    """The training segment of each class in each epoch, as the order of tasks writes it down."""
    classes = max(map(max, groups)) + 1
    shown = [np.isin(np.arange(classes), group) for group in groups]
    return np.repeat(np.array(shown, dtype=np.int32), epochs_each, axis=0)


def in_tasks(condition: str, seed: int, shift: float = 0.0, labels=range(4), epochs=6) -> Run:
    """The run of TASKS; final accuracies are lowered by `shift`, class c is called labels[c]."""
    names = np.argsort(labels)
    rows = np.array(TASKS) - shift * (np.arange(6) == 5)[:, None]
    looks = [
        Evaluation("test-sample", 0, 0, 0, confusion(0.1, 0.2, 0.3, 0.4)[np.ix_(names, names)])
    ]
    for epoch, row in enumerate(rows[:epochs], 1):
        counts = confusion(*row, sizes=SIZES)[np.ix_(names, names)]
        looks.append(Evaluation("test-sample", epoch, 1, 10 * epoch, counts))
        looks.append(Evaluation("test", epoch, 1, 10 * epoch, 2 * counts))
    shown = segments_of(GROUPS, 2)[:epochs, names]
    return Run(condition, seed, evaluations=looks, arrays={"class_segments": shown})


# Accuracies on three tasks of 100, 50 and 50 examples: untrained, then after each task.
R_ROWS = [[0.50, 0.52, 0.48], [0.90, 0.60, 0.40], [0.70, 0.80, 0.56], [0.50, 0.60, 0.96]]
R_SIZES = (100, 50, 50)


def by_task(condition: str, seed: int, kind="task", shown="new", shift=0.0, **recipe) -> Run:
    """A run of `R_ROWS` with two epochs a task; what it keeps of the first task at the end is
    lowered by `shift`. A joint one ends where that does.
    """
    rows = np.array(R_ROWS)
    rows[-1, 0] -= shift
    looks = []
    for task, size in enumerate(R_SIZES):
        for epoch in (0, 3) if shown == "all" else range(7):
            # Worse halfway through a task than at its end.
            right = rows[-1 if epoch == 3 and shown == "all" else (epoch + 1) // 2, task]
            right -= 0.2 * (epoch % 2 and shown != "all")
            counts = confusion(right, right, sizes=size // 2)
            looks.append(Evaluation(f"test-task-{task + 1}", epoch, min(epoch, 1), epoch, counts))
    order = {"is": "Tasks", "groups": [[0, 1], [2, 3], [4, 5]], "epochs_each": 2}
    order |= {} if shown == "new" else {"shown": shown}
    given = {"order": order, "scenario": {"is": "Scenario", "kind": kind}} | recipe
    return Run(condition, seed, evaluations=looks, recipe=given)


def pairs(a, b, **options):
    """Paired by seeds 0, 1, 2, ... in the order given."""
    return compare(a, b, paired=True, seeds_a=range(len(a)), seeds_b=range(len(b)), **options)


@st.composite
def samples(draw, least=3, most=12, same_size=True):
    """Two samples of accuracies in thousandths, ties and all, that vary."""
    n = draw(st.integers(least, most))
    m = n if same_size else draw(st.integers(least, most))
    count = st.integers(700, 1000)
    a, b = (np.array(draw(st.lists(count, min_size=k, max_size=k))) for k in (n, m))
    if same_size:
        assume(np.ptp(a - b) > 0)
    assume(np.ptp(a) > 0)
    assume(np.ptp(b) > 0)
    return a / 1000, b / 1000
