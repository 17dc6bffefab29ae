"""A schedule as the compiled program takes it: arrays of fixed shape, padded."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.examples.input_noise import Fresh
from core.schedule.orders import Schedule

BLOCK = 64
"""Step counts are padded to multiples of this: a new shape would cost a compilation."""


class Batches:
    """A schedule as the program takes it: one row of positions per step, padded.

    Args:
        schedule: The epoch's schedule.
        examples: Where the schedule's positions lie in the arrays, int32 [n].
        batch_size: The largest batch that can occur.
        noise: Fresh noise for the schedule's steps.
        columns: What comes with each example shown, [m] by name, see `core.strategies.base`.
        masks: With a column `active`: what rows of it stand for, see `core.examples.scenarios`.
        references: The batches whose gradients a strategy is given, see `core.strategies.base`.
    """

    def __init__(
        self,
        schedule: Schedule,
        examples: NDArray[np.int32],
        batch_size: int,
        noise: Fresh | None = None,
        columns: Mapping[str, NDArray[Any]] | None = None,
        masks: NDArray[np.float32] | None = None,
        references: "Batches | None" = None,
    ) -> None:
        steps = len(schedule.batch_sizes)
        rows = np.zeros((-(-steps // BLOCK) * BLOCK, batch_size), dtype=np.int32)
        sizes = np.zeros(len(rows), dtype=np.int32)
        sizes[:steps] = schedule.batch_sizes
        filled = np.arange(batch_size) < sizes[:, None]
        rows[filled] = examples[schedule.indices]
        self.steps = steps
        self.indices = tf.constant(rows)
        self.sizes = tf.constant(sizes)
        self.noise: tuple[tf.Tensor, ...] = ()
        if noise is not None:
            offsets = np.zeros((len(rows), 2), dtype=np.int32)
            offsets[:steps] = noise.offsets
            self.noise = (tf.constant(noise.pool), tf.constant(offsets))
        self.references = references
        self.masks = () if masks is None else tf.constant(masks)
        self.columns: dict[str, tf.Tensor] = {}
        for name, values in (columns or {}).items():
            padded = np.zeros(rows.shape, dtype=values.dtype)
            padded[filled] = values
            self.columns[name] = tf.constant(padded)


def in_chunks(indices: NDArray[np.int32], largest: int) -> tf.Tensor:
    """Positions in rows of equal length, the last one padded with 0; int32 [rows, length]."""
    # Sets that are nearly of one size have one shape: another would cost a compilation.
    length = min(largest, -(-len(indices) // BLOCK) * BLOCK)
    padded = np.zeros(-(-len(indices) // length) * length, dtype=np.int32)
    padded[: len(indices)] = indices
    return tf.constant(padded.reshape(-1, length))
