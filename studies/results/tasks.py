"""Tables of tasks as people read them: short headings, R in rows, what must be known of them."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from analysis.metrics.task_sequence import PREFIX
from analysis.metrics.task_sets import CLASS_INCREMENTAL, is_joint, scenario_of, task_accuracies
from analysis.metrics.values import known_values
from analysis.runs import R_KNOWN, has_tasks, task_sets
from analysis.tasks import DECIDING, FIGURES, task_table
from studies.results.kept import bytes_kept
from studies.results.reading import Reading

SHORT = {
    "average accuracy": "ACC",
    "accuracy over examples": "by size",
    "backward transfer": "BWT",
    "forward transfer": "FWT",
    "mean forgetting_max_minus_last": "F max-last",
    "mean forgetting_first_minus_last": "F first-last",
    "learning accuracy": "learning",
    "minimum accuracy": "min-ACC",
    "worst-case accuracy": "WC-ACC",
    "average incremental accuracy": "incremental",
}
"""The headings of the figures of tasks."""
FROM_SETS = (
    "From the test examples of each task by itself (test-task-1, ...), after each task; a joint "
    "training has no tasks, and so only the figures of its end."
)
KEPT = "kB kept"
R = "In percent and points. R[i, j]: accuracy on task j after task i; T: the last."
LEGEND = {
    "ACC": "mean of R[T, j], with its 95 % t-interval over the seeds and their sd, then means",
    "by size": "the same, each task by its test examples",
    "BWT": "mean of R[T, j] - R[j, j]",
    "FWT": "mean of R[j-1, j] minus that of the untrained network, left out where a class cannot "
    "be predicted before it is learned",
    "F max-last": "mean of the best R[i, j] from i = j to T - 1, minus R[T, j]",
    "F first-last": "mean of R[j, j] - R[T, j]",
    "learning": "mean of R[j, j]",
    "min-ACC": "mean of the lowest R[i, j], i > j",
    "WC-ACC": "R[T, T] / T + (1 - 1 / T) min-ACC",
    "incremental": "mean over i of the accuracy on all that was seen",
    "intransigence": "mean of a*[j] - R[j, j], a* of the joint run of the same seed, scenario and "
    "split",
    KEPT: "beside the network and its optimiser, in thousands of bytes: images of a buffer, or the "
    "part of each class that is all that joint training has, a byte for each pixel and colour, and "
    "a strategy's importances, anchors and path in float32; -: all examples (joint and cumulative "
    "training), or not known of a network, data set or strategy of one's own",
}
NEAR = 0.05
"""How far from the floor of class-incremental learning an accuracy is still said to be near it."""


def table_of_tasks(reading: Reading) -> pd.DataFrame:
    """The figures of tasks, and what each method keeps."""
    frame = task_table(reading.records)
    kept = {
        record.condition: bytes_kept(record.recipe, len(record.evaluations[0].confusion))
        for record in reading.records
        if record.evaluations
    }
    return frame.assign(**{"bytes kept": frame["condition"].map(kept)})


def shown_tasks(frame: pd.DataFrame) -> pd.DataFrame:
    """The figures of tasks that there are, under short headings."""
    kept = (frame["bytes kept"] / 1000).round()
    shown = frame.drop(columns="bytes kept").assign(**{KEPT: kept})
    return shown.dropna(axis=1, how="all").rename(columns=SHORT)


def shown_matrix(frame: pd.DataFrame) -> pd.DataFrame:
    """R: a row after each task, a column for each task, mean ± sd in percent."""
    cells = [
        f"{100 * mean:.1f}" + ("" if sd != sd else f" ± {100 * sd:.1f}")
        for mean, sd in zip(frame["mean"], frame["sd"], strict=True)
    ]
    names = frame["condition"]
    # Sorted, for conditions need not have the same rows: a joint run has the last one alone.
    wide = frame.assign(cell=cells, condition=pd.Categorical(names, names.unique())).pivot_table(
        index=["condition", "after", "n"], columns="task", values="cell", aggfunc="first",
        observed=True,
    ).reset_index()  # fmt: skip
    wide.columns = [f"task {name}" if isinstance(name, int) else name for name in wide.columns]
    after = ["untrained" if task == 0 else f"task {task}" for task in wide["after"]]
    return wide.assign(condition=wide["condition"].astype(names.dtype), after=after)


def of_the_tasks(reading: Reading) -> list[str]:
    """What R is and comes from, and what a class-incremental network cannot do better than."""
    by_set = any(task_sets(record) for record in reading.finished)
    source = FROM_SETS if by_set else "From the classes of each task, on the test sample."
    if any(R_KNOWN in record.arrays for record in reading.finished):
        source = "From R as another program reports it; each task counts alike."
    heads = {f"{PREFIX}{name}": SHORT.get(name, name) for name in (DECIDING, *FIGURES)}
    fewer = of_fewer_runs(reading, heads)
    return [R, source, *fewer, *of_the_floor(reading), *_of_small_penalties(reading)]


def of_fewer_runs(reading: Reading, heads: Mapping[str, str]) -> list[str]:
    """Which means are over fewer runs than n says, which counts those of the first metric.

    Args:
        reading: The records.
        heads: Of each metric what its column is called.
    """
    first, *others = heads
    said = []
    for condition in reading.conditions:
        n = known_values(reading.records, first, condition).count()
        known = {name: known_values(reading.records, name, condition).count() for name in others}
        said += [f"{heads[name]} of {condition} ({k})" for name, k in known.items() if 0 < k < n]
    return [f"Of fewer runs than n: {', '.join(said)}."] * bool(said)


def of_the_floor(reading: Reading) -> list[str]:
    """What a class-incremental network scores that knows the last task alone, and who is near."""
    tasks = {
        record.condition: len(known[0])
        for record in reading.finished
        if has_tasks(record) and scenario_of(record) == CLASS_INCREMENTAL
        if (known := task_accuracies(record)) is not None
        if not is_joint(record) and not record.recipe.get("replay")
    }
    near = []
    for condition, number in tasks.items():
        found = known_values(reading.records, f"{PREFIX}average accuracy", condition).mean()
        if abs(found - 1 / number) < NEAR:
            near.append(f"{condition} ({100 * found:.2f})")
    if not tasks:
        return []
    most = max(tasks.values())
    return [
        f"The floor of class-incremental learning: who knows the last of {most} tasks alone has "
        f"ACC {100 / most:.2f} (the mean of 0, ..., 0, 1). Without examples of earlier tasks that "
        "is expected, of penalties too (Hsu et al. 2018, van de Ven & Tolias 2019), and no fault. "
        f"Within {100 * NEAR:g} points of it: {', '.join(near) or 'none'}."
    ]


def _of_small_penalties(reading: Reading) -> list[str]:
    """Which conditions have a penalty that hardly acts, by the notes of their records."""
    small = Counter(
        record.condition
        for record in reading.finished
        if any(note.kind == "small-penalty" for note in record.notes)
    )
    named = ", ".join(f"{condition} (runs: {n})" for condition, n in small.items())
    return [f"A penalty that is below a thousandth of the loss throughout: {named}."] * bool(small)
