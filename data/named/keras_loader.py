"""Keras' own data-set loaders: their cache, and how to have them fill it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from data.errors import shortly

# Long enough for thirty megabytes over a slow line; Keras itself would wait for ever.
_PATIENCE_IN_SECONDS = 900
_LONGEST_REASON = 160


def keras_home() -> Path:
    """The folder where Keras keeps what it has downloaded: $KERAS_HOME or ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def cache_folders() -> tuple[Path, ...]:
    """Where downloaded data sets may lie.

    Returns:
        `datasets` in `keras_home()`, and, if that cannot be written to, the folder that Keras
        turns to then, /tmp/.keras/datasets.
    """
    home = keras_home()
    existing = next((path for path in (home, *home.parents) if path.exists()), home)
    homes = (home,) if os.access(existing, os.W_OK) else (home, Path("/tmp/.keras"))
    return tuple(path / "datasets" for path in homes)


def run_keras_loader(module: str) -> str | None:
    """Has `keras.datasets.<module>.load_data` fill Keras' cache, in a process of its own.

    The process that calls this plans and records runs and must never import TensorFlow.

    Args:
        module: `mnist`, `fashion_mnist` or `cifar10`.

    Returns:
        None when it succeeded, else why it failed, in a few words.
    """
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(keras_home()),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    # -P: a file keras.py in the user's working folder is not the library.
    code = f"import keras; keras.datasets.{module}.load_data()"
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_IN_SECONDS,
            check=False,
        )
    except OSError as error:
        return shortly(error)
    except subprocess.TimeoutExpired:
        return f"no end after {_PATIENCE_IN_SECONDS // 60} minutes"
    return None if done.returncode == 0 else _in_a_few_words(done.stderr, done.returncode)


def _in_a_few_words(stderr: str, status: int) -> str:
    # The last line of a traceback is the error; its class and the address help nobody.
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if not lines:
        return f"exit status {status}"
    reason = re.sub(r"^(\w+\.)*\w*(Error|Exception): ", "", lines[-1])
    reason = re.sub(r" on https?://\S+?(?=:?(\s|$))", "", reason).replace("None -- ", "")
    return reason if len(reason) <= _LONGEST_REASON else reason[:_LONGEST_REASON] + "..."
