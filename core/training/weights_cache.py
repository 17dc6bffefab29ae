"""Kept weights: a trained network, to be looked at on further sets without training it again.

A run whose recipe differs from a kept one only in the sets that are evaluated at its end takes the
kept weights and what was measured on the way: it leaves the same record as if it had been trained.
"""

import dataclasses
import hashlib
import os
from pathlib import Path
from typing import Any

from core.recipe import Recipe
from core.training.checkpoints import Checkpoint, run_file


class WeightsCache:
    """Where one run's weights are kept: HDF5 as Keras writes it, and beside it what was measured.

    Args:
        folder: Of all kept weights.
        recipe: The run's.
        seed: The run's.
        checksums: Of its data, see `Recipe.key`.
    """

    def __init__(self, folder: Path, recipe: Recipe, seed: int, *checksums: str) -> None:
        plan = dataclasses.replace(recipe.evaluation, at_end=())
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

    def save(self, model: Any, results: bytes, reached: dict[str, Any]) -> None:
        """Keep a trained network.

        Args:
            model: The Keras model.
            results: What was measured, as `write_results` writes it, before the sets at the end.
            reached: `status`, `epoch`, `step`, `segment`, `remarks` and `run`.
        """
        self.weights.parent.mkdir(parents=True, exist_ok=True)
        new = self.weights.with_name(f"new-{os.getpid()}-{self.weights.name}")
        model.save_weights(new)
        new.replace(self.weights)
        Checkpoint(results, [], {}, [], {**reached, "weights": _checksum(self.weights)}).save(
            self.results
        )

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


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
