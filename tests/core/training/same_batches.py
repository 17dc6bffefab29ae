"""Keras' `fit` and the compiled program, from the same weights on the same batches."""

import keras
import numpy as np
import tensorflow as tf

from core.schedule.orders import Shuffled
from core.training.batches import Batches
from core.training.compiled import Program

CLASSES, BATCH = 4, 8
SHUFFLED = Shuffled()


def data(n=100, shape=(6,), seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, n)
    x = rng.normal(size=(n, *shape)).astype(np.float32) + y.reshape(-1, *[1] * len(shape)) / 2
    return x.astype(np.float32), y


def fit(model, optimiser, loss, x, y, schedules):
    """Keras' own training on exactly the batches of the schedules."""
    model.compile(optimizer=optimiser, loss=loss, metrics=["accuracy"], jit_compile=False)
    targets = y if loss.startswith("sparse") else keras.utils.to_categorical(y, CLASSES)
    history = []
    for schedule in schedules:
        ends = np.cumsum(schedule.batch_sizes)

        def batches(schedule=schedule, ends=ends):
            for start, end in zip(ends - schedule.batch_sizes, ends, strict=True):
                chosen = schedule.indices[start:end]
                yield x[chosen], targets[chosen]

        signature = (
            tf.TensorSpec((None, *x.shape[1:]), tf.float32),
            tf.TensorSpec((None, *targets.shape[1:]), targets.dtype),
        )
        source = tf.data.Dataset.from_generator(batches, output_signature=signature)
        source = source.apply(tf.data.experimental.assert_cardinality(len(ends)))
        history.append(model.fit(source, epochs=1, verbose=0, shuffle=False).history)
    return history


def ours(model, optimiser, loss, x, y, schedules, compiler):
    fresh = keras.models.clone_model(model)
    program = Program(fresh, optimiser, loss, CLASSES, compiler)
    program.load(model, type(optimiser).from_config(optimiser.get_config()))
    sums = []
    for schedule in schedules:
        batches = Batches(schedule, np.arange(len(y), dtype=np.int32), BATCH)
        arrays = tf.constant(x), tf.constant(y.astype(np.int32))
        sums.append(program.train(*arrays, batches, 0, batches.steps))
    return program, sums


def orders(y, epochs, order):
    return [
        order(y, epoch=e, batch_size=BATCH, rng=np.random.default_rng(e)) for e in range(epochs)
    ]


def distance(a, b):
    return max(np.abs(v - w).max() for v, w in zip(a.get_weights(), b.get_weights(), strict=True))


def both(make, make_optimiser, *, compiler, loss="sparse_categorical_crossentropy", epochs=8,
         order=SHUFFLED, shape=(6,), n=100):  # fmt: skip
    x, y = data(n, shape)
    schedules = orders(y, epochs, order)  # of 100 13 steps each: over 100 in eight epochs
    keras.utils.set_random_seed(3)
    model = make()
    program, sums = ours(model, make_optimiser(), loss, x, y, schedules, compiler)
    history = fit(model, make_optimiser(), loss, x, y, schedules)
    return program, model, sums, history, len(y)
