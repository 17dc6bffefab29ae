"""The arrays of a run where the compiled program reads them."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.examples.pixel_maps import Maps, shifts
from core.examples.preprocessing import example_shape, preprocess
from core.random_streams import stream
from core.recipe import Recipe
from core.training.mapped import Inputs, Mapped
from core.training.preparation import Prepared, corrupted_test_file
from data import Dataset


class Examples(NamedTuple):
    """A named set to evaluate.

    Attributes:
        x: Inputs float32 [n, ...] on the device.
        y: Labels int32 [n] on the device.
        labels: The same labels, int64 [n].
        rows: Which of these examples are in the set, int32 [k].
        tasks: The task of each of the n, int32 [n]; None in an order without tasks.

    Of `core.schedule.domains` the n are examples under a task's map, and the inputs `Mapped`.
    """

    x: Inputs
    y: tf.Tensor
    labels: NDArray[np.int64]
    rows: NDArray[np.int32]
    tasks: NDArray[np.int32] | None = None


class Device:
    """Keeps the preprocessed inputs of the last data set for the next run that wants the same.

    Attributes:
        x: Inputs of all files and the k augmented copies, with the run's noise,
            float32 [n + m + v + k, ...]; with maps where the recipe has some.
        y: The labels that the network is taught, int32 [n + m + v + k]; the same for every random
            crop, where there are any.
        first: Position of the test file's first example, n.
    """

    x: Inputs
    y: tf.Tensor
    first: int

    def __init__(self) -> None:
        self._wanted: Any = None

    def load(self, recipe: Recipe, seed: int, dataset: Dataset, prepared: Prepared) -> None:
        """Put one run's arrays in place."""
        originals, copy = prepared.originals, recipe.augmented_copy
        # Every seed draws a copy of its own.
        drawn = copy and (copy, seed)
        maps = _maps(recipe, prepared, dataset)
        mapped = maps is not None
        wanted = (dataset.checksum, recipe.preprocessing, originals.tobytes(), drawn, mapped)
        if wanted != self._wanted:
            x = preprocess(dataset, recipe.preprocessing, originals, black=mapped)
            if mapped:
                x, self._black = x[:-1], x[-1].flat[0]
            if copy is not None:
                x = np.concatenate([x, copy(x[originals], stream(seed, "augmentation"))])
            self._inputs = tf.constant(x)
            self._damaged: dict[str, tf.Tensor] = {}
            self._wanted = wanted
        self._recipe, self._dataset, self._prepared = recipe, dataset, prepared
        self.x = self._with_noise(seed)
        self.y = _int32(prepared.training_labels)
        if maps is not None:
            self.x = Mapped(self.x, tf.constant(maps), tf.constant(self._black))
            if recipe.random_crop is not None:
                self.y = tf.tile(self.y, [len(maps)])
        self.first = len(dataset.x_train)

    def examples(self, name: str) -> Examples:
        """The set that `EvaluationPlan` calls by this name."""
        prepared = self._prepared
        rows, labels = prepared.examples(name), prepared.reference_labels(name)
        tasks = prepared.tasks
        if name in self._recipe.evaluation.corrupted:
            # Of the whole test file: which part of it is the test set may change with the seed.
            test = slice(self.first, self.first + len(self._dataset.x_test))
            labels, tasks = labels[test], None if tasks is None else tasks[test]
            return Examples(self._damage(name), _int32(labels), labels, rows - self.first, tasks)
        y = self.y if labels is prepared.training_labels else _int32(labels)
        # Looked at are whole images, without the detour through a map.
        x = self.x.x if self._recipe.random_crop is not None else self.x
        return Examples(x, y, labels, rows, tasks)

    def _damage(self, name: str) -> tf.Tensor:
        if name not in self._damaged:
            damaged = replace(self._dataset, x_test=corrupted_test_file(self._dataset, name))
            x = preprocess(damaged, self._recipe.preprocessing, self._prepared.originals)
            x_test = x[self.first :][: len(self._dataset.x_test)]
            self._damaged[name] = tf.constant(x_test)
        return self._damaged[name]

    def _with_noise(self, seed: int) -> tf.Tensor:
        """The inputs with the noise that is drawn once a run."""
        noise, split = self._recipe.input_noise, self._prepared.split
        if noise is None or (noise.when == "every-epoch" and noise.on == "train"):
            return self._inputs
        x = self._inputs.numpy()
        if noise.when == "once" and noise.on != "test":
            x[split.train] = noise(x[split.train], stream(seed, "corruption", 1))
        if noise.on != "train":
            apart = np.concatenate([split.validation, split.test])
            x[apart] = noise(x[apart], stream(seed, "corruption", 2))
        return tf.constant(x)


def _maps(recipe: Recipe, prepared: Prepared, dataset: Dataset) -> Maps | None:
    """By what maps images are read: those of tasks, or random crops."""
    if recipe.random_crop is not None:
        shape = example_shape(dataset.x_train.shape[1:], recipe.preprocessing)
        return shifts(shape, recipe.random_crop)
    return prepared.domains and prepared.domains.maps


def _int32(labels: NDArray[np.int64]) -> tf.Tensor:
    return tf.constant(labels.astype(np.int32))
