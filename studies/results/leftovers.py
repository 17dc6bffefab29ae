"""What lies beside the records of a store: states of unfinished runs, and kept weights."""

from collections.abc import Collection
from pathlib import Path

from core import Store
from core.storage.store import Entry
from core.training.checkpoints import Checkpoint
from core.training.weights_cache import WeightsCache

UNFINISHED = "unfinished"
"""The store's folder for the states of long runs."""
WEIGHTS = "weights"
"""The store's folder for the weights that were asked to be kept."""


def remove_files(
    store: Store, study: str, variant: str, only: Collection[Entry] | None = None
) -> None:
    """Remove the states and weights of a study and variant, or only those of some of its runs."""
    runs = None if only is None else {entry[:4] for entry in only}
    for folder in (UNFINISHED, WEIGHTS):
        for file in files_in(store, folder):
            if file.suffix == ".npz":
                whose = whose_run(Checkpoint.load(file))
                if whose[:2] == (study, variant) and (runs is None or whose in runs):
                    WeightsCache.at(file).remove()


def files_in(store: Store, folder: str) -> list[Path]:
    """The files in one of the two folders."""
    return sorted(file for file in (store.folder / folder).glob("*") if file.is_file())


def whose_run(state: Checkpoint | None) -> tuple:
    """Study, variant, condition and seed that a state is of; None for what it does not say."""
    run = state.progress.get("run", {}) if state else {}
    return tuple(run.get(name) for name in ("study", "variant", "condition", "seed"))
