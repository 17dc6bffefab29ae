"""What lies beside the records of a store: checkpoints of unfinished runs, and kept weights."""

from collections.abc import Collection
from pathlib import Path

from core import Store, environment, fingerprint
from core.storage.store import Entry
from core.stored_names import variant_of_today
from core.training.checkpoints import Checkpoint
from core.training.environment import fingerprint_of_schema_1
from core.training.weights_cache import WeightsCache

UNFINISHED = "unfinished"
"""The store's folder for the checkpoints of long runs."""
WEIGHTS = "weights"
"""The store's folder for the weights that were asked to be kept."""


def remove_files(
    store: Store, study: str, variant: str, only: Collection[Entry] | None = None
) -> None:
    """Remove the checkpoints and weights of a study and variant, or only of some of its runs."""
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


def whose_run(checkpoint: Checkpoint | None) -> tuple:
    """Study, variant, condition and seed of a checkpoint; None for what it does not say."""
    run = dict(checkpoint.progress.get("run", {})) if checkpoint else {}
    if "variant" in run:
        run["variant"] = variant_of_today(run["variant"])
    return tuple(run.get(name) for name in ("study", "variant", "condition", "seed"))


def environment_of(file: Path) -> str:
    """The fingerprint of the environment that left a checkpoint or weights, from the file's name.

    What was left before schema 2 has the one that this environment had then.
    """
    made_in = file.stem.rpartition("-")[2]
    return fingerprint(environment()) if made_in == fingerprint_of_schema_1() else made_in
