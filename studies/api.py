"""Ebb in a script or a notebook: run a study, or read what is in a store already."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from core.storage.lock import exclusive
from core.storage.store import Store
from data import InputError
from studies.definition import catalogue
from studies.definition.study import LARGEST_SEED, MOST_SEEDS, Study
from studies.definition.variant import variant_of
from studies.results.reading import read as read_store
from studies.results.results import Results
from studies.running.executor import Executor, processors
from studies.running.progress import display
from studies.running.runner import execute, make_plan, reset

StudyLike = Study | str | os.PathLike[str]


def run(
    study: StudyLike,
    *,
    quick: bool = False,
    seeds: int | Iterable[int] | None = None,
    epochs: int | None = None,
    dataset: str | os.PathLike[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    conditions: Sequence[str] | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    timeout: float | None = None,
    keep_weights: bool = False,
    tensorboard: str | os.PathLike[str] | None = None,
    retry_failed: bool = False,
    fresh: bool = False,
    quiet: bool = False,
    store: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> Results:
    """Run a study as `ebb run` does, and read its results.

    What is in the store already is not run again; an interrupted study goes on with the same
    call. The runs happen in processes of their own, so a script needs no `__main__` guard.

    Example:
        >>> import studies
        >>> results = studies.run("class-order", quick=True)  # doctest: +SKIP
        >>> results.forgetting()  # doctest: +SKIP

    Args:
        study: A study's name, the FILE.py of one of your own, or a `Study` whose models have
            names (`spec("mlp", ...)`).
        quick: The same study in under a minute, on digits.
        seeds: How many seeds (5: the seeds 0 to 4), or which (`range(3, 8)`).
        epochs: Epochs of every run.
        dataset: A data set's name, or a file NAME.npz.
        overrides: Recipe fields and their values in every condition that has them, as in
            `{"replay.capacity": 100}`; of a study that trains no network, its parameters.
        conditions: Only these.
        workers: Processes; all processors if None.
        scheduler: Address of a Dask cluster to run on instead, as in "tcp://HOST:8786".
        timeout: Seconds that one run may take.
        keep_weights: Keep trained networks, to evaluate them later.
        tensorboard: Folder for TensorBoard's event files of the new runs.
        retry_failed: Do failed runs again.
        fresh: Remove this variant's records first, without asking.
        quiet: Say nothing. A line for each run that ends, on standard error (in a notebook below
            the cell) otherwise, and on a terminal a bar.
        store: Folder of the records; EBB_STORE or `results` if None.
        data_dir: Folder with a sub-folder for each data set; EBB_DATA or the Keras cache if None.

    Returns:
        All that the store holds of this study and variant, what was there before included.

    Raises:
        InputError: A wrong argument, a recipe that cannot work; what ended before is kept.
        NoWorkersError: A cluster without workers; what ended before is kept.
    """
    if catalogue.reading_a_file():
        # Workers read it too: a study that it runs would run without end.
        raise InputError(
            "Received studies.run(...) at the top level of a study file; expected it in another "
            'file, or below `if __name__ == "__main__":`.'
        )
    if workers is not None and workers < 1:
        raise InputError(f"Received workers={workers!r}; expected 1 or more.")
    if workers is not None and scheduler is not None:
        raise InputError(
            "Received workers and scheduler; expected one of them: a Dask worker does as many runs "
            "at a time as it has threads."
        )
    if keep_weights and tensorboard is not None:
        raise InputError(
            "Received keep_weights and tensorboard; expected one of them: a run from kept weights "
            "has no epochs to show."
        )
    fields = dict(overrides or {})
    fields |= {} if epochs is None else {"epochs": epochs}
    fields |= {} if dataset is None else {"dataset": os.fspath(dataset)}
    definition, file = _study(study)
    variant = variant_of(
        definition,
        {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()},
        quick=quick,
    )
    kept = _store(store)
    folder = _data_dir(data_dir)
    with exclusive(kept.folder, variant.study.name, variant.name) as note:
        if note and not quiet:
            print(f"note: {note}", file=sys.stderr)
        plan = make_plan(
            variant,
            kept,
            seeds=None if seeds is None else _seeds(seeds),
            conditions=[conditions] if isinstance(conditions, str) else conditions,
            data_dir=folder,
            study_file=file,
            retry_failed=retry_failed,
            fresh=fresh,
            keep_weights=keep_weights,
            tensorboard=None if tensorboard is None else Path(tensorboard).resolve(),
        )
        kept.check_writable()
        with ExitStack() as ends:
            executor: Executor | None = None
            if scheduler is not None and plan.jobs:
                from studies.running.cluster import Cluster

                cluster = Cluster(
                    scheduler,
                    plan.jobs,
                    logs=kept.folder / "logs",
                    timeout=timeout,
                    note=lambda line: None if quiet else print(f"note: {line}", file=sys.stderr),
                )
                executor = ends.enter_context(cluster)
            if fresh:  # now that a cluster is there: without one nothing is removed
                reset(plan, variant, kept)
            try:
                execute(
                    plan,
                    kept,
                    ends.enter_context(display(plan, quiet)),
                    workers=min(workers or processors(), len(plan.jobs)),
                    timeout=timeout,
                    executor=executor,
                )
            except KeyboardInterrupt as stop:
                stop.add_note("What ended is kept; the same call goes on.")
                raise
    return Results(read_store(kept, definition, variant.name), folder)


def read(
    study: StudyLike,
    *,
    variant: str | None = None,
    store: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> Results:
    """The results of a study that was run before, by `run` or by `ebb run`.

    Args:
        study: As `run` takes it; a study of your own also by its name alone.
        variant: `full`, `quick`, or the overrides it was run with; `full` if there is one and
            None is given, else the only one.
        store: Folder of the records; EBB_STORE or `results` if None.
        data_dir: Folder of data sets, for pictures that show examples.

    Raises:
        InputError: There is no such study, or it was never run.
    """
    name = study if isinstance(study, Study) else os.fspath(study)
    if isinstance(name, Study) or name.endswith(".py"):
        name = _study(name)[0]
    return Results(read_store(_store(store), name, variant), _data_dir(data_dir))


def _study(study: StudyLike) -> tuple[Study, Path | None]:
    """A study, and the file from which workers import it if it is not one of Ebb's own."""
    if not isinstance(study, Study):
        name = os.fspath(study)
        file = Path(name).resolve() if name.endswith(".py") else None
        if file is not None:
            # A notebook lives long: the file may have been edited since it was read.
            catalogue.forget_file(file)
        return catalogue.find(name), file
    if study.name in catalogue.NAMES:
        if study is not catalogue.find(study.name):
            raise InputError(
                f"Received a study named {study.name!r}; expected another name: that is one of "
                "Ebb's own."
            )
        return study, None
    file = _file_of(study)
    if file is None and study.callbacks is not None:
        raise InputError(
            f"Received study {study.name!r} with callbacks, defined in a script or a notebook; "
            "expected it in a FILE.py, from which workers can import them: "
            'studies.run("FILE.py").'
        )
    return study, file


def _file_of(study: Study) -> Path | None:
    """The file that defines the study, if it was imported from one as `study`."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and getattr(module, "__dict__", {}).get("study") is study:
            return Path(str(module.__file__)).resolve()
    return None


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    """A number of seeds is 0, 1, ... so many; others are taken as they are."""
    try:
        given: Iterable[int] = seeds if isinstance(seeds, Iterable) else range(seeds)
    except TypeError:
        given = ()
    chosen = list(islice(given, MOST_SEEDS + 1))
    whole = all(isinstance(seed, int) and not isinstance(seed, bool) for seed in chosen)
    fit = whole and 0 < len(chosen) <= MOST_SEEDS and 0 <= min(chosen) <= max(chosen) < LARGEST_SEED
    if isinstance(seeds, bool | str) or not fit:
        raise InputError(
            f"Received seeds={seeds!r}; expected a number from 1 to {MOST_SEEDS:,} (5: the seeds "
            "0 to 4), or at most so many whole numbers from 0 up, as in range(3, 8)."
        )
    return list(dict.fromkeys(chosen))


def _store(folder: str | os.PathLike[str] | None) -> Store:
    return Store(Path(folder or os.environ.get("EBB_STORE") or "results"))


def _data_dir(folder: str | os.PathLike[str] | None) -> Path | None:
    given = folder or os.environ.get("EBB_DATA")
    return Path(given) if given else None
