"""A request to run: what `ebb run` and `studies.run` are called with, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import Store
from data import InputError
from studies.definition.variant import Variant

ONE_OF = {
    ("keep_weights", "tensorboard"): "a run from kept weights has no epochs to show",
    ("workers", "scheduler"): "a Dask worker does as many runs at a time as it has threads",
}
"""Options that exclude each other, and why."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a call asks for.

    Attributes:
        variant: The study, with its scale and overrides.
        study_file: The user's study file, if it is not one of Ebb's own.
        seeds: Which seeds; as many as the study plans if None.
        conditions: Which conditions; all if None.
        store: Where the records are.
        data_dir: Folder of data sets.
        workers: Processes on this machine; as many as there are processors if None.
        scheduler: Address of a Dask cluster to run on instead.
        timeout: Seconds that one run may take.
        keep_weights: Whether to keep the weights of the runs.
        tensorboard: Folder for TensorBoard's event files of the runs, if they are wanted.
        retry_failed: Whether failed runs are to be done again.
        overwrite: Whether to remove the variant's records first.
        typed: Whether it was typed: messages then name options as in `--keep-weights`.

    Raises:
        InputError: No workers, or two options that exclude each other.
    """

    variant: Variant
    study_file: Path | None = None
    seeds: Sequence[int] | None = None
    conditions: Sequence[str] | None = None
    store: Store
    data_dir: Path | None = None
    workers: int | None = None
    scheduler: str | None = None
    timeout: float | None = None
    keep_weights: bool = False
    tensorboard: Path | None = None
    retry_failed: bool = False
    overwrite: bool = False
    typed: bool = False

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise InputError(f"Received workers={self.workers!r}; expected 1 or more.")
        for pair, why in ONE_OF.items():
            if len(given := self.given(*pair)) == 2:
                raise InputError(f"Received {' and '.join(given)}; expected one of them: {why}.")

    def given(self, *options: str) -> list[str]:
        """Those of some options that were given, as the caller wrote them."""
        given = [name for name in options if getattr(self, name) not in (None, False)]
        return [f"--{name.replace('_', '-')}" if self.typed else name for name in given]
