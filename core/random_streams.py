"""Random streams: one integer per run, one independent stream per name."""

import hashlib

import numpy as np

STREAMS = (
    *("weights", "order", "dropout", "corruption", "replay", "data", "augmentation"),
    "importance",
)


def stream(seed: int, name: str, *position: int) -> np.random.Generator:
    """The random stream of a run for one purpose.

    Streams are derived by name, so adding a stream never changes another, and runs that share
    a seed share every stream that they have in common.

    Args:
        seed: The run's number, 0 or larger.
        name: What the stream is for, one of `STREAMS`.
        position: Where in the run it is used (an epoch, for instance), so that what happens
            in an epoch can be made again without what came before it.

    Returns:
        A new generator at the stream's beginning.

    Examples:
        >>> int(stream(0, "order", 3).integers(100)) == int(stream(0, "order", 3).integers(100))
        True
    """
    if name not in STREAMS:
        raise ValueError(f"Received stream {name!r}; expected one of {', '.join(STREAMS)}.")
    # Python's own hash() of a string changes from process to process; a digest does not.
    label = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(label, *position)))


def integer(seed: int, name: str, *position: int) -> int:
    """One integer in [0, 2**31) from a stream, for libraries that take a seed."""
    return int(stream(seed, name, *position).integers(2**31))
