"""A user's own settings that move numbers, and what is done about each: the one list.

TensorFlow, Keras and NumPy take settings from variables, from `keras.json` and from calls. A
worker process makes all of them the same: it is started with `worker_variables` and sets what
`KERAS` says. A `Trainer` in a process that somebody else began cannot: there Keras' settings are
refused where they differ, and all others enter the fingerprint, left out where they are as in a
worker (`core.training.in_force`).
"""

import json
import os
import sys
from collections.abc import Mapping

from core.training.environment import DEVICE, DEVICES, THREADS, xla_flags
from data import InputError
from data.named.keras_loader import keras_home

LIBRARIES = (
    *("TF_", "TF2_", "KERAS_", "NPY_", "NVIDIA_TF32_"),
    *("ONEDNN_", "DNNL_", "MKL_", "OMP_", "GOMP_", "KMP_"),
    *("OPENBLAS_", "GOTO_", "BLIS_", "VECLIB_"),
)
"""How the variables of numerical libraries begin: a worker has none of them but those below."""
HARMLESS = (
    *("TF_CPP_", "TF_GPU_ALLOCATOR", "TF_FORCE_GPU_ALLOW_GROWTH", "KERAS_HOME"),
    *("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"),  # set by libraries themselves
    *("TF_CLI_", "TF_VAR_", "TF_LOG"),  # Terraform's
)
"""How those begin that move no number: a worker has them as the user does."""
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
PINNED = {
    "KERAS_BACKEND": "tensorflow",
    "KERAS_NNX_ENABLED": "0",
    "TF2_BEHAVIOR": "1",
    # TensorFlow's default where it finds AVX-512's VNNI; elsewhere its own convolutions take two
    # and three times as long (docs/speed.md).
    ONEDNN: "1",
    # For NumPy's matrix products; read once, when it is imported.
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(THREADS)),
    **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), str(THREADS)),
}
"""The variables of these libraries that a worker has, and their values."""
KERAS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
"""What a worker sets whatever the user's `keras.json` says: Keras' own defaults."""


def worker_variables(of: Mapping[str, str], device: str = DEVICES[0]) -> dict[str, str]:
    """The variables that a worker process is started with.

    Args:
        of: Those of the process that starts it. `XLA_FLAGS` stays, which is in the fingerprint.
        device: What it trains on. Of several GPUs it sees the first.
    """
    kept = {name: value for name, value in of.items() if not _moves_numbers(name)}
    others = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2", "XLA_FLAGS": xla_flags()}
    if device != DEVICES[0]:
        others |= {"CUDA_VISIBLE_DEVICES": "0", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    return kept | PINNED | others | {DEVICE: device}


def other_variables(of: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that can move numbers and are not as in a worker."""
    return {
        name: value
        for name, value in sorted(of.items())
        if _moves_numbers(name) and PINNED.get(name) != value
    }


def _moves_numbers(name: str) -> bool:
    return name.startswith(LIBRARIES) and not name.startswith(HARMLESS)


def check_backend() -> None:
    """Refuse Keras on something else than TensorFlow, before it is imported.

    Raises:
        InputError: Keras as it is, `KERAS_BACKEND` or `keras.json` names another backend.
    """
    if (keras := sys.modules.get("keras")) is not None:
        backend = keras.config.backend()
    else:
        backend = os.environ.get("KERAS_BACKEND") or _backend_of_file()
    if backend != PINNED["KERAS_BACKEND"]:
        raise InputError(
            f"Received Keras with the backend {backend!r}; expected 'tensorflow': begin with "
            'os.environ["KERAS_BACKEND"] = "tensorflow", before Keras is imported.'
        )


def _backend_of_file() -> str:
    try:
        return str(json.loads((keras_home() / "keras.json").read_text())["backend"])
    except (OSError, ValueError, LookupError, TypeError):
        return PINNED["KERAS_BACKEND"]
