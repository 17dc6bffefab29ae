"""The validation of a store: its file, its records, and what lies beside them."""

from collections.abc import Iterator

from analysis.rendering.text import clean, say
from core import Store
from core.storage.migration import schema_of
from core.storage.schema import SCHEMA
from core.storage.store import Entry, is_stale
from core.training.checkpoints import Checkpoint
from core.training.environment import made_here
from core.training.weights_cache import WeightsCache
from data import InputError
from studies.results.leftovers import UNFINISHED, WEIGHTS, environment_of, files_in, whose_run

RECOVER = (
    "restore a copy, or save what can be read: `sqlite3 ebb.sqlite .recover | sqlite3 saved.sqlite`"
)


def check_store(store: Store) -> bool:
    """Print a line for each fault, and what there is; whether there is no fault.

    Raises:
        InputError: There is no store.
    """
    if not store.exists():
        raise InputError(
            f"Received the store {str(store.folder.resolve())!r}, which is not there; expected one "
            "that a study was run in: name another with --store."
        )
    faults = 0
    for fault in _faults(store):
        say(f"fault: {clean(fault)}")
        faults += 1
    try:
        counts = store.counts()
    except InputError:
        counts = []
    stale = sum(each.records for each in counts if is_stale(each))
    checkpoints, weights = (len(files_in(store, name)) for name in (UNFINISHED, WEIGHTS))
    say(
        f"{store.folder}: {sum(each.records for each in counts)} records "
        f"({stale} stale: of another environment), "
        f"{checkpoints} files of unfinished runs, {weights} of kept weights; "
        f"{faults or 'no'} fault{'s' * (faults != 1)}"
    )
    return not faults


def _faults(store: Store) -> Iterator[str]:
    try:
        for line in store.integrity():
            yield f"the file itself: {line}: {RECOVER}"
        yield from store.damaged()
        entries = store.entries()
    except InputError as error:
        if schema_of(store.file) != SCHEMA:
            raise
        # What is no store at all, or of another schema, is refused; a damaged one is a fault.
        yield f"{error} To mend it, {RECOVER}."
        return
    there = {(*entry[:4], entry.fingerprint): entry for entry in entries}
    yield from _faulty_checkpoints(store, there)
    yield from _faulty_weights(store, there)


def _faulty_checkpoints(store: Store, there: dict[tuple, Entry]) -> Iterator[str]:
    for file in files_in(store, UNFINISHED):
        checkpoint, place = Checkpoint.load(file), f"{UNFINISHED}/{file.name}"
        made_in = environment_of(file)
        if file.suffix == ".new":
            yield f"{place} was not written to its end: delete it if nothing runs"
        elif checkpoint is None:
            yield f"{place} cannot be read (its run begins at its first epoch): delete it"
        elif (run := there.get((*whose_run(checkpoint), made_in))) and run.status != "failed":
            yield f"{place} belongs to a run that has ended ({_run_of(checkpoint)}): delete it"
        elif not made_here(made_in):
            yield f"{place} is of another environment, which no run goes on from: delete it"


def _faulty_weights(store: Store, there: dict[tuple, Entry]) -> Iterator[str]:
    for file in files_in(store, WEIGHTS):
        place = f"{WEIGHTS}/{file.name}"
        kept = WeightsCache.at(file)
        if file.name.startswith("new-") or file.suffix == ".new":
            yield f"{place} was not written to its end: delete it if nothing runs"
        elif file == kept.weights and kept.results.exists():
            continue  # told with its notes
        elif (checkpoint := kept.load()) is None:
            yield f"{place} cannot be read, or does not fit the file beside it: delete both"
        elif (*whose_run(checkpoint), environment_of(file)) not in there:
            whose = _run_of(checkpoint)
            yield f"{place} belongs to no record ({whose}): delete it and the .h5 beside it"


def _run_of(checkpoint: Checkpoint) -> str:
    study, variant, condition, seed = whose_run(checkpoint)
    return f"{study}, {variant}, {condition}, seed {seed}" if study else "it does not say of which"
