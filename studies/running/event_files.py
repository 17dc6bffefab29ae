"""TensorBoard's event files of a run: the figures of its epochs, and what it came to.

Importing this imports TensorFlow: a worker does so when it has set its threads.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from tensorboard.plugins.hparams import api, api_pb2, summary

from core import Record
from core.evaluation import Evaluation

NUMBERS_UP_TO = 20
"""Classes whose counts are written into the cells."""
INCHES, DOTS = 6, 100
"""Size of an image, and its dots an inch."""


def run_folder(job: Any) -> Path:
    """Where the files of a job lie: a folder for each run."""
    # The name of a variant may hold the path of a file.
    variant = job.variant.replace("/", "_").replace(os.sep, "_")
    folder: Path = job.tensorboard / job.study / variant / job.condition / f"seed-{job.seed}"
    return folder


def epoch_writer(folder: Path) -> Any:
    """Keras' own callback that writes the figures of every epoch."""
    return keras.callbacks.TensorBoard(str(folder), histogram_freq=0, write_graph=False)


def write_end(record: Record, folder: Path) -> None:
    """Write the recipe as hyper-parameters, and the last confusion matrices as images.

    It is written after the training, so that it takes none of its time.

    Args:
        record: The run that ended.
        folder: As `run_folder` has it.
    """
    parameters = {"condition": record.condition, "seed": record.seed, **flat(record.recipe)}
    ended = api_pb2.STATUS_SUCCESS if record.status == "finished" else api_pb2.STATUS_FAILURE
    last = {e.set: e for e in record.evaluations if e.set != "test-sample"}
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        api.hparams(parameters)
        tf.summary.experimental.write_raw_pb(
            summary.session_end_pb(ended).SerializeToString(), step=0
        )
        for name, evaluation in last.items():
            # Keras counts epochs from 0.
            step = max(evaluation.epoch - 1, 0)
            tf.summary.image(f"confusion {name}", confusion_image(evaluation)[None], step=step)
    writer.close()


def flat(recipe: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """A recipe's fields by their paths, `model.widths`, in the types that TensorBoard takes."""
    return dict(_fields("", recipe))


def confusion_image(evaluation: Evaluation) -> NDArray[np.uint8]:
    """A confusion matrix as an image: true classes in rows, predicted ones in columns.

    Colours are proportions of the true class, numbers count examples.

    Returns:
        uint8 [height, width, 3].
    """
    counts = evaluation.confusion
    sizes = counts.sum(axis=1, keepdims=True)
    proportions = counts / np.maximum(sizes, 1)
    figure = Figure(figsize=(INCHES, INCHES), dpi=DOTS, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(proportions, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
    if len(counts) <= NUMBERS_UP_TO:
        for (true, predicted), count in np.ndenumerate(counts):
            colour = "black" if proportions[true, predicted] > 0.5 else "white"
            axes.text(predicted, true, str(count), ha="center", va="center", color=colour, size=8)
    accuracy = 100 * counts.trace() / max(counts.sum(), 1)
    axes.set_title(f"{evaluation.set}, epoch {evaluation.epoch}: accuracy {accuracy:.1f} %")
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _fields(path: str, value: Any) -> Iterator[tuple[str, bool | int | float | str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            # A builder's parameters are named as `--set` names them: model.widths.
            plain = path if name == "parameters" else f"{path}.{name}".lstrip(".")
            if inner != "Spec":
                yield from _fields(plain, inner)
    elif isinstance(value, bool | int | float | str):
        yield path, value
    else:
        several = isinstance(value, list | tuple)
        yield path, ", ".join(map(str, value)) if several else str(value).lower()
