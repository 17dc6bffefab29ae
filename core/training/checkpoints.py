"""Where a long run goes on after an interruption: its state at the end of an epoch.

A state is a file of named arrays, nothing pickled: what was measured so far, the variables of
network and optimiser (seed states among them), the counters of the recipe's callbacks and the
replay buffer. Orders and noise need none: each epoch draws from a stream of its own. A run that
goes on from a state ends in the same bytes as one that was never interrupted.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.training.environment import environment, fingerprint, fingerprint_of_schema_1

LONG = 600.0
"""A run keeps its state where it is expected to last longer than this, in seconds."""

COUNTERS = ("wait", "best", "best_epoch", "stopped_epoch", "cooldown_counter")
"""What Keras' `EarlyStopping` and `ReduceLROnPlateau` remember from epoch to epoch."""


@dataclass(frozen=True, kw_only=True)
class RunFiles:
    """Where a run keeps what outlasts its process.

    Attributes:
        checkpoints: Folder for the checkpoint of a long run at its epochs' ends; a run that finds
            its own there goes on from it.
        weights: Folder of kept weights (see `core.training.weights_cache`); a run that finds its
            own there is not trained again, only evaluated on the sets at its end.
        keep_weights: Whether to keep the weights of this run there.
        owner: Whose run it is (`study`, `variant`, `condition`), noted in either file.
    """

    checkpoints: Path | None = None
    weights: Path | None = None
    keep_weights: bool = False
    owner: Mapping[str, str] = field(default_factory=dict)


def run_file(folder: Path, key: str, ending: str) -> Path:
    """Where a run keeps a file: only the environment that made it goes on from it.

    One that was made before schema 2 has the name that this environment had then.
    """
    old = folder / f"{key}-{fingerprint_of_schema_1()}{ending}"
    return old if old.exists() else folder / f"{key}-{fingerprint(environment())}{ending}"


def checkpoint_file(folder: Path, key: str) -> Path:
    """Where a run keeps its checkpoint."""
    return run_file(folder, key, ".npz")


def delete_checkpoint(folder: Path, key: str) -> None:
    """Remove a run's state, and what was left where a process was killed as it wrote one."""
    file = checkpoint_file(folder, key)
    for each in (file, *folder.glob(f"{file.stem}.*.new")):
        each.unlink(missing_ok=True)


class Checkpoint(NamedTuple):
    """A run between two epochs.

    Attributes:
        results: What was measured so far, as `Record.results` writes it.
        variables: Of the network and its optimiser, in their order.
        buffer: The replay buffer, see `BufferState.state`; empty without one.
        callbacks: The counters of each callback of the recipe, and its best weights.
        progress: `epoch`, `step` and `segment` reached, `seconds` by phase, and `run`: the study,
            variant, condition and seed that it is of.
        strategy: The strategy's arrays by name.
    """

    results: bytes
    variables: list[NDArray[Any]]
    buffer: Mapping[str, NDArray[Any]]
    callbacks: list[tuple[dict[str, Any], list[NDArray[Any]]]]
    progress: Mapping[str, Any]
    strategy: Mapping[str, NDArray[Any]] = {}

    def save(self, file: Path) -> None:
        """Write the state; a file that is there stays whole until the new one is.

        Raises:
            OSError: It cannot be written.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = {f"variable {i}": value for i, value in enumerate(self.variables)}
        arrays |= {f"buffer {name}": value for name, value in self.buffer.items()}
        arrays |= {f"strategy {name}": value for name, value in self.strategy.items()}
        counters = []
        for i, (counts, best) in enumerate(self.callbacks):
            arrays |= {f"best {i} {j}": value for j, value in enumerate(best)}
            counters.append(counts)
        arrays["text"] = np.array(json.dumps([counters, dict(self.progress)]))
        arrays["results"] = np.frombuffer(self.results, np.uint8)
        # Two studies may train the same network at once: each writes a file of its own first.
        new = file.with_suffix(f".{os.getpid()}.new")
        try:
            with new.open("wb") as out:
                np.savez(out, **arrays)  # type: ignore[arg-type]
                out.flush()
                os.fsync(out.fileno())
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)  # of a full disk, half a state would take the rest

    @classmethod
    def load(cls, file: Path) -> "Checkpoint | None":
        """The state in a file; None if there is none, or one that cannot be read.

        A damaged state costs time, not correctness: the run starts from its first epoch.
        """
        try:
            with file.open("rb") as raw, np.load(raw, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            counters, progress = json.loads(str(arrays["text"]))
            return cls(
                arrays["results"].tobytes(),
                _numbered("variable", arrays),
                _named("buffer ", arrays),
                [(counts, _numbered(f"best {i}", arrays)) for i, counts in enumerate(counters)],
                progress,
                _named("strategy ", arrays),
            )
        except Exception:  # damage raises nearly anything
            return None


def remembered(callbacks: Iterable[Any]) -> list[tuple[dict[str, Any], list[NDArray[Any]]]]:
    """What the recipe's callbacks know, as JSON types and arrays."""
    known = []
    for callback in callbacks:
        values = {name: getattr(callback, name) for name in COUNTERS if hasattr(callback, name)}
        counts = {name: None if v is None else float(v) for name, v in values.items()}
        known.append((counts, list(getattr(callback, "best_weights", None) or [])))
    return known


def remind(
    callbacks: Iterable[Any], known: list[tuple[dict[str, Any], list[NDArray[Any]]]]
) -> None:
    """Give the callbacks back what `remembered` noted."""
    for callback, (counts, best) in zip(callbacks, known, strict=True):
        for name, value in counts.items():
            setattr(callback, name, value)
        if best:
            callback.best_weights = best


def _named(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {n.removeprefix(prefix): v for n, v in arrays.items() if n.startswith(prefix)}


def _numbered(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    count = sum(name.rpartition(" ")[0] == prefix for name in arrays)
    return [arrays[f"{prefix} {i}"] for i in range(count)]
