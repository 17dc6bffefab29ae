"""Kept weights: a trained network, to be looked at on further sets without training it again.

A run whose recipe differs from a kept one only in the sets that are evaluated at its end takes the
kept weights and what was measured on the way: it leaves the same record as if it had been trained.
"""

import dataclasses
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from core.recipe import Recipe
from core.training.checkpoints import Checkpoint, run_file


class _File(io.BytesIO):
    """A file of weights in memory, as far as Keras looks at its name.

    HDF5 breaks its process where a disk takes only a part of what it writes; Python does not.
    """

    def __str__(self) -> str:
        return "memory.weights.h5"


class WeightsCache:
    """Where one run's weights are kept: HDF5 as Keras writes it, and beside it what was measured.

    Args:
        folder: Of all kept weights.
        recipe: The run's.
        seed: The run's.
        checksums: Of its data, see `Recipe.key`.
    """

    def __init__(self, folder: Path, recipe: Recipe, seed: int, *checksums: str) -> None:
        # By name: a part that is looked at at the end is none of the default sets.
        sets = tuple(recipe.evaluation.sets)
        plan = dataclasses.replace(recipe.evaluation, sets=sets, at_end=())
        key = dataclasses.replace(recipe, evaluation=plan).key(seed, *checksums)
        self._place(folder, run_file(folder, key, ".weights.h5").name.partition(".")[0])

    def _place(self, folder: Path, stem: str) -> None:
        self.weights, self.results = folder / f"{stem}.weights.h5", folder / f"{stem}.npz"

    @classmethod
    def at(cls, file: Path) -> "WeightsCache":
        """The weights that one of the two files is of, whatever run and environment left it."""
        kept = cls.__new__(cls)
        kept._place(file.parent, file.name.partition(".")[0])
        return kept

    def save(
        self,
        model: Any,
        results: bytes,
        reached: dict[str, Any],
        state: Mapping[str, NDArray[Any]],
    ) -> None:
        """Keep a trained network.

        Args:
            model: The Keras model.
            results: What was measured, as `write_results` writes it, before the sets at the end.
            reached: `status`, `epoch`, `step`, `segment`, `remarks` and `run`.
            state: The arrays of a strategy that predicts by them; else none.

        Raises:
            OSError: They cannot be written; nothing of them is left.
        """
        content = _File()
        model.save_weights(content)
        new = self.weights.with_name(f"new-{os.getpid()}-{self.weights.name}")
        try:
            self.weights.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(content.getbuffer())
            new.replace(self.weights)
            noted = {**reached, "weights": _checksum(self.weights)}
            Checkpoint(results, [], {}, [], noted, state).save(self.results)
        except OSError:
            self.remove()
            raise
        self._remove_halves()

    def load(self) -> Checkpoint | None:
        """What `save` noted beside the weights; None if they are not there, or not whole."""
        state = Checkpoint.load(self.results)
        if state is None or not self.weights.is_file():
            return None
        return state if state.progress["weights"] == _checksum(self.weights) else None

    def remove(self) -> None:
        """Forget the network."""
        self.results.unlink(missing_ok=True)
        self.weights.unlink(missing_ok=True)
        self._remove_halves()

    def _remove_halves(self) -> None:
        """Remove what was left where a process was killed, or a disk full, as it was written."""
        folder = self.weights.parent
        for pattern in (f"new-*-{self.weights.name}", f"{self.results.stem}.*.new"):
            for half in folder.glob(pattern):
                half.unlink(missing_ok=True)


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
