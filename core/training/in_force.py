"""The settings that are in force in this process, compared with a worker's."""

import os
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled
from tensorflow.python.util._pywrap_util_port import IsMklEnabled

from core.training.environment import DEVICES, THREADS, device_here, environment
from core.training.settings import KERAS, ONEDNN, PINNED, other_variables
from data import InputError

TENSORFLOW: dict[str, tuple[Callable[[], Any], Any]] = {
    "devices": (lambda: _other_devices(), []),
    "determinism": (is_op_determinism_enabled, False),
    "eager": (tf.config.functions_run_eagerly, False),
    "graph options": (lambda: _changed_options(), {}),
    "onednn": (lambda: _onednn(), True),
    "jit": (tf.config.optimizer.get_jit, ""),
    "tf32": (tf.config.experimental.tensor_float_32_execution_enabled, True),
    "threads": (lambda: str(_threads()), str(THREADS)),
    "xla": (lambda: os.environ.get("XLA_FLAGS", ""), None),
    "variables": (lambda: _variables(), ""),
}
"""What is in force, by its name in the fingerprint: how it is read, and what it is in a worker
(None: what `environment` says)."""


def pin_keras() -> None:
    """Make Keras' settings a worker's, whatever the file in the user's home says."""
    for name, value in KERAS.items():
        getattr(keras.config, f"set_{name}")(value)


def check_keras() -> None:
    """Refuse settings of Keras that change every network of this process.

    Raises:
        InputError: One is not a worker's.
    """
    for name, expected in KERAS.items():
        if (found := getattr(keras.config, name)()) != expected:
            raise InputError(
                f"Received Keras with {name} {found!r}; expected {expected!r}: call "
                f"keras.config.set_{name}({expected!r}), and tell a layer that is to differ by its "
                "own arguments."
            )
    if (policy := keras.config.dtype_policy().name) != KERAS["floatx"]:
        raise InputError(
            f"Received Keras with the global dtype policy {policy!r}; expected 'float32': give the "
            f"layers that are meant dtype={policy!r} instead."
        )


def in_force() -> dict[str, str]:
    """What can move numbers in this process and is not as in a worker: for the fingerprint.

    Returns:
        Names and values; none in a worker.
    """
    entries = {}
    for name, (read, usual) in TENSORFLOW.items():
        found = read()
        if found != (environment()[name] if usual is None else usual):
            entries[name] = str(found)
    return entries


def check_worker() -> None:
    """Refuse what a user's code changed in a worker process.

    Raises:
        InputError: Something that is in force there moves numbers.
    """
    check_keras()
    for name, value in in_force().items():
        raise InputError(
            f"Received code that changes {name} ({value}) for all that its worker process trains; "
            "expected code that does not: remove it, a worker's settings are always the same."
        )


def check_device() -> None:
    """Refuse a process that is for a GPU and sees none; else it takes memory as it needs it.

    Raises:
        InputError: TensorFlow sees none.
    """
    if device_here() == DEVICES[0]:
        return
    there = tf.config.list_physical_devices("GPU")
    if not there:
        raise InputError(
            "Received device gpu; expected a TensorFlow that sees it: this one does not, install "
            "tensorflow[and-cuda], or leave the device out."
        )
    for each in there:
        tf.config.experimental.set_memory_growth(each, True)


def _onednn() -> bool:
    """Whether oneDNN's kernels are taken, where TensorFlow has them: as it decided for itself."""
    return os.environ.get(ONEDNN) == PINNED[ONEDNN] or IsMklEnabled()


def _other_devices() -> list[str]:
    """The GPUs that are used and that this process is not for."""
    there = list(map(_called, tf.config.get_visible_devices("GPU")))
    return there if device_here() == DEVICES[0] else there[1:]


def _called(device: Any) -> str:
    return str(tf.config.experimental.get_device_details(device).get("device_name", device.name))


def _threads() -> int:
    """The threads of one operation; all processors where nobody says a number."""
    given = tf.config.threading.get_intra_op_parallelism_threads()
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return given or int(os.environ.get("TF_NUM_INTRAOP_THREADS") or 0) or there or 1


def _changed_options() -> dict[str, Any]:
    """Options of the graph optimiser that somebody has set."""
    options = tf.config.optimizer.get_experimental_options()
    return {name: on for name, on in options.items() if on or not name.startswith("disable_")}


def _variables() -> str:
    return " ".join(f"{name}={value}" for name, value in other_variables(os.environ).items())
