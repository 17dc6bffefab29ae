"""The environment of a run: what besides recipe, seed and data can move its numbers."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

KEEPING = ("store.py", "journal.py", "lock.py", "soundness.py")
"""Files of `core/` that keep records and have no part in what is in them."""
THREADS = 1
"""A run happens in a process with this many threads: sums depend on how they are divided."""


@cache
def environment() -> Mapping[str, str]:
    """Versions, processor features, threads, and a hash of what in `core/` moves numbers.

    Asks the installed packages' metadata: neither TensorFlow nor Keras is imported.
    """
    code = hashlib.sha256()
    folder = Path(__file__).parent
    for file in sorted(set(folder.rglob("*.py")) - {folder / name for name in KEEPING}):
        code.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return {
        "ebb": version("ebb-lab"),
        "core": code.hexdigest()[:16],
        "tensorflow": version("tensorflow"),
        "keras": version("keras"),
        "numpy": version("numpy"),
        "processor": _processor(),
        "threads": str(THREADS),
        "xla": xla_flags(),
    }


def xla_flags() -> str:
    """The flags that XLA is started with in a worker: the user's, or those for this processor.

    XLA keeps to vectors of 256 bits even where the processor has 512; with those, an epoch of the
    notebooks' networks takes a tenth less time (784-100-10, Adam: .229 against .260 s, n = 5).
    """
    wide = "--xla_cpu_prefer_vector_width=512" if "avx512f" in _processor() else ""
    return os.environ.get("XLA_FLAGS", wide)


def fingerprint(of: Mapping[str, str]) -> str:
    """What tells this environment from others, 16 hex digits."""
    return hashlib.sha256(json.dumps(dict(of), sort_keys=True).encode()).hexdigest()[:16]


def _processor() -> str:
    """The instruction sets that numerical libraries choose their code by."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next(line for line in lines if line.startswith(("flags", "Features"))).split()
    except (OSError, StopIteration):
        return f"{platform.machine()} {platform.processor()}".strip()
    wide = ("sse4", "avx", "fma", "amx", "bf16", "asimd", "sve")
    return " ".join([platform.machine(), *sorted(f for f in flags if f.startswith(wide))])
