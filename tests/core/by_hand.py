"""What a network sees by NumPy alone, and what Keras' `fit` makes of that."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from core import Recipe, Trainer
from core.examples.preprocessing import preprocess
from core.random_streams import stream
from core.training.build import fresh_model
from data import Dataset

CLASSES = 4


def images(n: int = 90, m: int = 40, seed: int = 0) -> Dataset:
    """Small images that can be learned: classes differ in size, each has a bright row."""
    rng = np.random.default_rng(seed)
    y = rng.choice(CLASSES, n + m, p=[0.4, 0.3, 0.2, 0.1])
    y[:CLASSES] = y[n : n + CLASSES] = range(CLASSES)
    x = rng.integers(0, 120, (n + m, 6, 5))
    x[np.arange(n + m), y] += 100
    x = x.astype(np.uint8)
    arrays = {"x_train": x[:n], "y_train": y[:n], "x_test": x[n:], "y_test": y[n:]}
    return Dataset.from_arrays("images", arrays)


class Shown(NamedTuple):
    """The training part as NumPy makes it."""

    x: np.ndarray  # with the augmented copies, and the noise that is drawn once
    true: np.ndarray
    labels: np.ndarray


def shown_to(recipe: Recipe, seed: int, dataset: Dataset) -> Shown:
    """What there is to learn."""
    train = recipe.split(dataset.y_train, dataset.y_test, stream(seed, "data")).train
    x = preprocess(dataset, recipe.preprocessing, train)[train]
    true = labels = dataset.y_train[train]
    if recipe.label_noise is not None:
        labels = recipe.label_noise(true, dataset.classes, stream(seed, "corruption")).labels
    if recipe.augmented_copy is not None:
        x = np.concatenate([x, recipe.augmented_copy(x, stream(seed, "augmentation"))])
        true, labels = np.concatenate([true, true]), np.concatenate([labels, labels])
    noise = recipe.input_noise
    if noise is not None and noise.when == "once" and noise.on != "test":
        x = noise(x, stream(seed, "corruption", 1))
    return Shown(x, true, labels)


def batches(recipe: Recipe, seed: int, dataset: Dataset) -> Iterator[tuple[Any, Any]]:
    """Every batch of a run, inputs and labels; not with herding, which asks the network."""
    x, true, labels = shown_to(recipe, seed, dataset)
    size, noise, replay = recipe.batch_size, recipe.input_noise, recipe.replay
    buffer = replay and replay.empty(dataset.classes)
    for epoch in range(1, recipe.epochs + 1):
        schedule = recipe.order(
            true, epoch=epoch, batch_size=size, rng=stream(seed, "order", epoch)
        )
        if replay:
            mixed = replay(
                schedule, labels, buffer, batch_size=size, rng=stream(seed, "replay", epoch)
            )
            schedule, buffer = mixed.schedule, mixed.buffer
        steps = np.split(schedule.indices, np.cumsum(schedule.batch_sizes)[:-1])
        fresh = None
        if noise is not None and noise.when == "every-epoch":
            largest = replay.largest_batch(size) if replay else size
            values = largest * math.prod(x.shape[1:])
            fresh = noise.fresh(len(steps), values, stream(seed, "corruption", 3, epoch))
        for step, chosen in enumerate(steps):
            shown = x[chosen]
            if fresh is not None:
                shown = shown + fresh.at(step, shown.shape)
                shown = shown if noise.clip is None else np.clip(shown, *noise.clip)
            yield shown, labels[chosen]


def fitted(
    recipe: Recipe, seed: int, dataset: Dataset, start: Sequence[Any] | None = None
) -> keras.Model:
    """Keras' own training on these batches, in one epoch without a shuffle.

    Args:
        recipe: Of the training.
        seed: Of the run.
        dataset: The data.
        start: Weights to start from, if not those of the seed.
    """
    seen = list(batches(recipe, seed, dataset))
    shape = seen[0][0].shape[1:]
    model = fresh_model(recipe, seed, dataset)
    if start is not None:
        model.set_weights(start)
    kind = getattr(keras.optimizers, recipe.optimiser.name)
    model.compile(kind(**recipe.optimiser.parameters), recipe.loss, jit_compile=False)
    signature = tf.TensorSpec((None, *shape), tf.float32), tf.TensorSpec((None,), tf.int64)
    source = tf.data.Dataset.from_generator(lambda: iter(seen), output_signature=signature)
    source = source.apply(tf.data.experimental.assert_cardinality(len(seen)))
    model.fit(source, epochs=1, verbose=0, shuffle=False)
    return model


class Weights(keras.callbacks.Callback):
    """Keeps the weights that each epoch, and the training, ended with."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[list[Any]] = []
        self.last: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs.append(self.model.get_weights())

    def on_train_end(self, logs: Any = None) -> None:
        self.last = self.model.get_weights()


def trained(
    recipe: Recipe, seed: int, dataset: Dataset, trainer: Trainer | None = None
) -> tuple[Any, Weights]:
    """A run's record and its weights."""
    weights = Weights()
    record = (trainer or Trainer()).train(recipe, seed, dataset, callbacks=[weights])
    assert record.repeatable
    return record, weights


def distance(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The largest difference between two lists of weights."""
    return max(float(np.abs(v - w).max()) for v, w in zip(a, b, strict=True))
