"""The environment of a run: what besides recipe, seed and data can move its numbers."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from data import InputError

THREADS = 1
"""A run happens in a process with this many threads: sums depend on how they are divided."""

DEVICES = ("cpu", "gpu")
DEVICE = "EBB_DEVICE"
"""The variable that says to a worker which of them it is for."""
RECORDED = ("ebb",)
"""What is recorded and not compared: a version of Ebb moves no number without saying so."""
LAST_CORE = "0e4e4f295696b336"
"""What the last version that hashed the bytes of `core/` had: its results are those of today."""


@cache
def environment(device: str | None = None) -> Mapping[str, str]:
    """Versions, processor features, threads: what besides the recipe can move numbers.

    Asks the installed packages' metadata: neither TensorFlow nor Keras is imported.

    Args:
        device: Of `DEVICES`; if None the one that this process is for.

    Raises:
        InputError: A GPU, and there is none.

    Examples:
        >>> from core import environment
        >>> sorted(environment())[:3]
        ['ebb', 'keras', 'numpy']
    """
    device = device or device_here()
    return {
        **_versions(),
        "processor": _processor(),
        "threads": str(THREADS),
        "xla": xla_flags(),
        **({} if device == DEVICES[0] else {"device": _card()}),
    }


@cache
def _versions() -> Mapping[str, str]:
    from importlib.metadata import version  # noqa: PLC0415  # a tenth of what `ebb list` takes

    packages = {"ebb": "ebb-lab", "tensorflow": "tensorflow", "keras": "keras", "numpy": "numpy"}
    return {name: version(package) for name, package in packages.items()}


def device_here() -> str:
    """The device that this process is for: a worker is told, everything else uses the processor."""
    return os.environ.get(DEVICE, DEVICES[0])


@cache
def made_here(found: str) -> bool:
    """Whether runs have this fingerprint on this machine: by its processor, or by its GPU.

    The driver of a GPU, which may take a second to answer, is asked for none of the processor's.
    """
    if found == fingerprint(environment(DEVICES[0])):
        return True
    return bool(_cards()) and found == fingerprint(environment(DEVICES[1]))


def _card() -> str:
    """What the GPU is called that runs are given, the first one.

    Raises:
        InputError: There is none.
    """
    if not _cards():
        raise InputError(
            "Received device gpu; expected a machine with one that `nvidia-smi` lists: there is "
            "none here, leave the device out."
        )
    return _cards()[0]


@cache
def _cards() -> list[str]:
    """The GPUs of this machine by name, as NVIDIA's driver lists them: without TensorFlow."""
    if shutil.which("nvidia-smi") is None:
        return []
    asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return list(filter(None, map(str.strip, said.splitlines())))


def xla_flags() -> str:
    """The flags that XLA is started with in a worker: the user's, or those for this processor.

    XLA keeps to vectors of 256 bits even where the processor has 512; with those, an epoch of the
    notebooks' networks takes a tenth less time (784-100-10, Adam: .229 against .260 s, n = 5).
    """
    wide = "--xla_cpu_prefer_vector_width=512" if "avx512f" in _processor() else ""
    return os.environ.get("XLA_FLAGS", wide)


def identity(of: Mapping[str, str]) -> str:
    """What tells this environment from others, 64 hex digits."""
    return _hashed({name: value for name, value in of.items() if name not in RECORDED})


def fingerprint(of: Mapping[str, str]) -> str:
    """The beginning of an environment's `identity`, 16 hex digits.

    Examples:
        >>> from core import environment, fingerprint
        >>> len(fingerprint(environment()))
        16
    """
    return identity(of)[:16]


def fingerprint_of_schema_1() -> str:
    """What this environment had in the last version that hashed `core/`: names of its files."""
    return _hashed({**environment(), "ebb": "0.1.0", "core": LAST_CORE})[:16]


def _hashed(of: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(of), sort_keys=True).encode()).hexdigest()


def _processor() -> str:
    """The instruction sets that numerical libraries choose their code by."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next(line for line in lines if line.startswith(("flags", "Features"))).split()
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}".strip()
    wide = ("sse4", "avx", "fma", "amx", "bf16", "asimd", "sve")
    return " ".join([platform.machine(), *sorted(f for f in flags if f.startswith(wide))])
