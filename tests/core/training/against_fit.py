"""Trainings of a small data set by Keras' `fit` and by Ebb, on the same batches."""

from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from core import EvaluationPlan, HoldOut, Recipe, Shuffled, Trainer, spec
from core.random_streams import stream
from core.training.build import fresh_model, make_optimiser
from core.training.losses import make_loss
from data import Dataset

CLASSES, FEATURES, EXAMPLES = 3, 6, 100


def hundred_points():
    """100 examples to train on, in batches of 8 with a last one of 4, and 45 to test on."""
    rng = np.random.default_rng(5)
    labels = np.arange(EXAMPLES + 45) % CLASSES
    x = (rng.normal(size=(len(labels), FEATURES)) + np.eye(CLASSES, FEATURES)[labels]).astype("f4")
    parts = {"x_train": x[:EXAMPLES], "x_test": x[EXAMPLES:]}
    parts |= {"y_train": labels[:EXAMPLES], "y_test": labels[EXAMPLES:]}
    return Dataset.from_arrays("points", parts)


def stack(shape, classes, *middle):
    ends = [layers.Dense(classes, activation="softmax")]
    return keras.Sequential([layers.Input(shape), layers.Dense(16, "relu"), *middle, *ends])


def plain(shape, classes):
    return stack(shape, classes)


def recipe_of(network=plain, optimiser=None, **more):
    return Recipe(
        dataset="points", model=spec(network), epochs=3, batch_size=8,
        optimiser=optimiser or spec("SGD", learning_rate=0.05, momentum=0.9),
        evaluation=EvaluationPlan(sets=("test",)), **{"split": HoldOut(size=0)} | more,
    )  # fmt: skip


def by_keras(recipe, points, callbacks=(), class_weight=None):
    """The last loss and accuracy of Keras' `fit` and `evaluate` on the batches of seed 0."""
    loss = make_loss(recipe.loss)
    targets = {
        name: np.eye(CLASSES, dtype="f4")[y] if loss.one_hot else y
        for name, y in (("train", points.y_train), ("test", points.y_test))
    }
    model = fresh_model(recipe, 0, points)
    model.compile(
        optimizer=make_optimiser(recipe.optimiser, None), loss=loss.compiled, metrics=["accuracy"],
        jit_compile=False,
    )  # fmt: skip
    schedules = [
        Shuffled()(points.y_train, epoch=epoch, batch_size=8, rng=stream(0, "order", epoch))
        for epoch in range(1, recipe.epochs + 1)
    ]

    shape, kind = targets["train"].shape[1:], targets["train"].dtype

    def batches():
        for schedule in schedules:
            ends = np.cumsum(schedule.batch_sizes)
            for start, end in zip(ends - schedule.batch_sizes, ends, strict=True):
                chosen = schedule.indices[start:end]
                weights = points.weights_train
                counts = () if weights is None else (weights[chosen],)
                yield points.x_train[chosen], targets["train"][chosen], *counts

    signature = (tf.TensorSpec((None, FEATURES)), tf.TensorSpec((None, *shape), kind))
    if points.weights_train is not None:
        signature = (*signature, tf.TensorSpec((None,)))
    model.fit(
        tf.data.Dataset.from_generator(batches, output_signature=signature),
        epochs=recipe.epochs, steps_per_epoch=13, verbose=0, shuffle=False,
        callbacks=list(callbacks), class_weight=class_weight,
        validation_data=(points.x_test, targets["test"]), validation_batch_size=8,
    )  # fmt: skip
    found = model.evaluate(points.x_test, targets["test"], batch_size=8, verbose=0)
    return tuple(found)


def by_ebb(recipe, points, compiler="auto"):
    record = Trainer().train(replace(recipe, compiler=compiler), 0, points)
    last = record.evaluations[-1]
    return (last.loss, last.confusion.trace() / last.confusion.sum()), record
