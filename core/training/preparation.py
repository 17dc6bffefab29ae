"""What one run is shown: its split, its labels with their noise, its named sets of examples."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.examples.corruptions import Corruption
from core.examples.given_labels import GivenLabels
from core.examples.label_noise import within_tasks
from core.examples.pixel_maps import Maps, permutations, rotations
from core.examples.preprocessing import example_shape
from core.examples.scenarios import task_of_class
from core.examples.splits import Split
from core.notes import Note, note
from core.random_streams import stream
from core.recipe import Recipe
from core.schedule.domains import Domains
from core.schedule.orders import NO_TASK, Order, for_run
from core.schedule.tasks import Tasks
from core.types import Groups, Indices, Labels
from data import Dataset, InputError

MOST_NAMED = 10
"""Classes that a note lists."""
HALF_A_BYTE = 127
"""Values above it say that bytes are pixels from 0 to 255."""
CHECKED_EPOCHS = 1000
"""An order that stops to fit its data after more epochs is found out when it does."""


class DomainMaps(NamedTuple):
    """How each task of one run maps the pixels.

    Attributes:
        maps: See `core.examples.pixel_maps`.
        degrees: By how much each task is rotated, float64 [tasks]; None of permuted ones.
    """

    maps: Maps
    degrees: NDArray[np.float64] | None


class Prepared(NamedTuple):
    """One run's examples and labels, before anything trains. Pure NumPy.

    Attributes:
        split: Positions in the training file followed by the test file, then by the v examples
            of a given validation part, used or not, and then by the k copies of the training part
            where the recipe has an augmented copy (v and k are 0 where there are none). What is
            trained on holds the copies too.
        originals: What is trained on without the copies: what preprocessing measures.
        labels: The true labels of all of these, int64 [n + m + v + k].
        training_labels: The same with the recipe's label noise in the training part,
            int64 [n + m + v + k]; a copy has its original's.
        changed: Where the two differ, bool [n + m + v + k].
        order: The recipe's, as it is for this run's seed.
        classes: The true class of each example, int64 [n + m + v + k]; the true label but in a
            domain-incremental scenario.
        tasks: The task that each belongs to, int32 [n + m + v + k]; None in an order without.
        masks: Which outputs can be active, see `core.examples.scenarios`; None without a scenario.
        weights: What each example of the training part counts in the loss, float32 [k]; None where
            all count 1.
        domains: Of an order of `Domains` how each task maps the pixels. All positions are then
            those of examples under a task's map, see there, and arrays have as many entries.
    """

    split: Split
    originals: Indices
    labels: Labels
    training_labels: Labels
    changed: NDArray[np.bool_]
    order: Order
    classes: Labels
    tasks: Indices | None = None
    masks: NDArray[np.float32] | None = None
    weights: NDArray[np.float32] | None = None
    domains: "DomainMaps | None" = None

    def examples(self, name: str) -> Indices:
        """Positions of the examples of a set that `EvaluationPlan` names; none if it is empty."""
        part = self.split.train
        if name == "train-clean":
            return part[~self.changed[part]]
        if name.startswith("train-corrupted"):
            return part[self.changed[part]]
        found: Indices = getattr(self.split, name) if name in Split._fields else self.split.test
        return found

    @property
    def groups(self) -> Groups:
        """The classes of each task of this run; none of an order without."""
        return self.order.groups if isinstance(self.order, Tasks) else ()

    def task_is_over(self, epoch: int) -> bool:
        """Whether an epoch ends a task, or there are none: before training, in a joint one."""
        order: Any = self.order
        task = order.task(epoch)
        return task == NO_TASK or epoch == order.epochs or order.task(epoch + 1) != task

    def by_task(self, examples: Indices) -> dict[str, NDArray[np.bool_]]:
        """Which examples belong to each task that has some, bool [k], by the set's name."""
        assert self.tasks is not None
        tasks = self.tasks[examples]
        return {f"test-task-{task + 1}": tasks == task for task in np.unique(tasks)}

    def reference_labels(self, name: str) -> Labels:
        """The labels of all examples that a set's predictions are held against."""
        return self.labels if name == "train-corrupted-true-labels" else self.training_labels


def prepare(recipe: Recipe, seed: int, dataset: Dataset) -> Prepared:
    """Decide what a run is shown, and refuse a recipe that does not fit the data.

    Args:
        recipe: What to do.
        seed: The run's number, 0 or larger.
        dataset: The data that `recipe.dataset` names.

    Raises:
        InputError: The split, the order, the label noise, the augmented copy, the buffer or a
            corrupted set does not fit the data.
    """
    given = [] if dataset.y_val is None else [dataset.y_val]
    split = recipe.split(
        dataset.y_train, dataset.y_test, stream(seed, "data"), given=sum(map(len, given))
    )
    order = for_run(recipe.order, seed, dataset.classes)
    classes = np.concatenate([dataset.y_train, dataset.y_test, *given])
    taught = _with_label_noise(recipe, seed, dataset, order, classes, split.train)
    originals = split.train
    if recipe.augmented_copy is not None:
        recipe.augmented_copy(dataset.x_train[:1].astype(np.float32), stream(seed, "augmentation"))
        copies = len(classes) + np.arange(len(originals), dtype=np.int32)
        split = split._replace(train=np.concatenate([originals, copies]))
        classes, taught = (np.concatenate([y, y[originals]]) for y in (classes, taught))
    domains = None
    if isinstance(recipe.order, Domains):
        domains = _domain_maps(recipe, recipe.order, seed, dataset)
        split, classes, taught = _in_domains(split, classes, taught, dataset.classes, domains.maps)
    # Which labels there are decides whether an order fits, not how many of each.
    there, rng = np.unique(classes[split.train]), stream(seed, "order")
    for epoch in range(1, min(recipe.epochs, CHECKED_EPOCHS) + 1):
        order(
            there,
            epoch=epoch,
            batch_size=recipe.batch_size,
            rng=rng,
            n_classes=recipe.classes(dataset.classes),
        )
    labels, training_labels, tasks, masks = classes, taught, None, None
    if isinstance(order, Tasks):
        tasks = task_of_class(order.groups)[classes]
        if recipe.scenario is not None:
            masks = recipe.scenario.masks(order.groups)
            labels, training_labels = (
                recipe.scenario.targets(each, order.groups) for each in (classes, taught)
            )
        elif domains is not None:
            labels, training_labels = (each % dataset.classes for each in (classes, taught))
    if recipe.replay is not None:
        recipe.replay.empty(recipe.outputs(dataset.classes))
    for name in recipe.evaluation.corrupted:
        corrupted_test_file(dataset, name, examples=1)
    weights = _weights(recipe, dataset, originals, taught[split.train])
    changed = training_labels != labels
    return Prepared(
        *(split, originals, labels, training_labels, changed, order, classes, tasks, masks),
        *(weights, domains),
    )


def _domain_maps(recipe: Recipe, order: Domains, seed: int, dataset: Dataset) -> DomainMaps:
    """The maps of one run."""
    shape = example_shape(dataset.x_train.shape[1:], recipe.preprocessing)
    rng = order.rng(seed)
    if order.kind == "rotated":
        degrees = order.degrees(rng)
        return DomainMaps(rotations(shape, degrees.tolist()), degrees)
    maps = permutations(shape, order.number, rng)
    if order.first_plain:
        maps[0] = np.arange(maps.shape[1])
    return DomainMaps(maps, None)


def _in_domains(
    split: Split, classes: Labels, taught: Labels, n_classes: int, maps: Maps
) -> tuple[Split, Labels, Labels]:
    """Positions and classes of all examples under the map of each task, one after the other."""
    tasks, examples = np.arange(len(maps))[:, None], len(classes)
    parts = ((tasks * examples + part).ravel().astype(np.int32) for part in split)
    of_task = tasks * n_classes
    return Split(*parts), (classes + of_task).ravel(), (taught + of_task).ravel()


def _with_label_noise(
    recipe: Recipe,
    seed: int,
    dataset: Dataset,
    order: Order,
    classes: Labels,
    part: Indices,
) -> Labels:
    """The classes that the network is taught, int64 [n]: wrong in the training part where asked."""
    # Of domains the order's classes are others than those of the images, whose labels are noisy.
    in_tasks = recipe.scenario is not None and not isinstance(recipe.order, Domains)
    noise, taught = recipe.label_noise, classes.copy()
    if noise is None:
        return taught
    rng = stream(seed, "corruption")
    if isinstance(noise, GivenLabels):
        taught[part] = noise.of(dataset)[part]
    elif in_tasks and isinstance(order, Tasks):
        taught[part] = within_tasks(noise, classes[part], order.groups, rng)
    else:
        taught[part] = noise(classes[part], dataset.classes, rng).labels
    if in_tasks and isinstance(order, Tasks):
        task = task_of_class(order.groups)
        if (elsewhere := np.flatnonzero(task[taught] != task[classes])).size:
            label = classes[elsewhere[0]]
            raise InputError(
                f"Received label noise that teaches {taught[elsewhere[0]]} for {label}, a class of "
                "another task; expected one within each task with a scenario, as of "
                "SymmetricLabelNoise: the outputs of other tasks are not active."
            )
    return taught


def _weights(
    recipe: Recipe, dataset: Dataset, originals: Indices, labels: Labels
) -> NDArray[np.float32] | None:
    """What each example counts in the loss, by the data or by its class as it is taught."""
    weights, by_class = dataset.weights_train, recipe.class_weight
    if weights is not None and by_class is not None:
        raise InputError(
            f"Received class_weight and {dataset.name}, which has weights_train; expected one of "
            "them, as in Keras' fit."
        )
    if weights is not None:  # a copy counts as much as its original
        return np.resize(weights[originals], len(labels))
    if by_class is None:
        return None
    if len(by_class) != dataset.classes:
        raise InputError(
            f"Received class_weight with {len(by_class)} numbers for data of {dataset.classes} "
            "classes; expected one for each class."
        )
    return np.array(by_class, dtype=np.float32)[labels % dataset.classes]


def notes_on_data(recipe: Recipe, prepared: Prepared, dataset: Dataset) -> list[Note]:
    """What is said of data that are not used, and of classes that are not trained or not tested."""
    notes = _absent(prepared, dataset)
    if dataset.y_val is not None and recipe.split.where != "given":
        notes.append(note("unused", examples=len(dataset.y_val)))
    return notes


def _absent(prepared: Prepared, dataset: Dataset) -> list[Note]:
    """Classes without figures: there is nothing to learn them from, or to test them with."""
    names, notes = np.array(dataset.class_names or range(dataset.classes)), []
    for part, examples in (("training", prepared.originals), ("test", prepared.split.test)):
        there = prepared.classes[examples] % dataset.classes
        counts = np.bincount(there, minlength=dataset.classes)
        absent = names[counts == 0].tolist()
        if absent:
            more = [f"... ({len(absent)} classes)"] * (len(absent) > MOST_NAMED)
            classes = ", ".join([*map(str, absent[:MOST_NAMED]), *more])
            notes.append(note("absent", part=part, classes=classes))
    return notes


def corrupted_test_file(
    dataset: Dataset, name: str, examples: int | None = None
) -> NDArray[np.float32]:
    """The test file's inputs, damaged: the same for every seed, as in a benchmark.

    Args:
        dataset: The data set.
        name: Kind and severity, as in `gaussian-0.1`.
        examples: How many of them, from the first; all if None.

    Returns:
        float32 [m, ...], before preprocessing.
    """
    x = dataset.x_test[:examples].astype(np.float32)
    low, high = float(dataset.x_train.min()), float(dataset.x_train.max())
    # Bytes that reach half of what a byte holds are pixels, however dark; others have a range of
    # their own (0 to 16, 0 and 1).
    if dataset.x_test.dtype == np.uint8 and high > HALF_A_BYTE:
        low, high = 0.0, 255.0
    return Corruption.named(name)(x, (low, high), stream(0, "data", 1))
