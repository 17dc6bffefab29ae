"""Ebb in a script or a notebook: run a study, or read what is in a store already."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from operator import index
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from core.cells import file_in, is_of_a_cell
from core.storage.lock import exclusive
from core.storage.place import store_folder
from core.storage.store import Store
from data import InputError
from data.home import in_home
from studies.definition import catalogue
from studies.definition.study import MOST_SEEDS, Study
from studies.definition.variant import Variant, variant_of
from studies.results.reading import Reading
from studies.results.reading import read as read_store
from studies.running.executor import Reports
from studies.running.meanwhile import BY_LOOKS, RESULTS
from studies.running.plan import make_plan
from studies.running.progress import display
from studies.running.request import Request, chosen_seeds, only_once
from studies.running.runner import execute, prepared

if TYPE_CHECKING:
    from studies.results.results import Results

StudyLike = Study | str | os.PathLike[str]


def run(  # noqa: PLR0913  # a user's options
    study: StudyLike,
    *,
    quick: bool = False,
    seeds: int | Iterable[int] | None = None,
    epochs: int | None = None,
    dataset: str | os.PathLike[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    sweep: Mapping[str, Iterable[Any]] | None = None,
    conditions: Sequence[str] | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    device: str = "cpu",
    timeout: float | None = None,
    keep_weights: bool = False,
    tensorboard: str | os.PathLike[str] | None = None,
    until_decided: bool | Sequence[int] = False,
    retry_failed: bool = False,
    overwrite: bool = False,
    fresh: bool = False,
    quiet: bool = False,
    store: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> "Results":
    """Run a study as `ebb run` does, or go on with it; read all that the store holds of it.

    Args:
        study: A study's name, the FILE.py of your own, or a `Study` of models with names.
        quick: The same study in under a minute, on digits.
        seeds: How many seeds (5: the seeds 0 to 4), or which (`range(3, 8)`).
        epochs: Epochs of every run.
        dataset: A data set's name, or a file NAME.npz.
        overrides: Fields and one value of each, `{"replay.capacity": 100}`; of scores, parameters.
        sweep: Fields and several values of each, `{"batch_size": (32, 64)}`: see `Study.sweep`.
        conditions: Only these.
        workers: Processes, which need no `__main__` guard; all processors if None.
        scheduler: Address of a Dask cluster to run on instead, as in "tcp://HOST:8786".
        device: "cpu", or "gpu" where there is one: one run at a time.
        timeout: Seconds that one run may take.
        keep_weights: Keep trained networks, to evaluate them later.
        tensorboard: Folder for TensorBoard's event files of the new runs.
        until_decided: Add seeds until all is decided, by looks at (5, 10, 20, 40) or as given.
        retry_failed: Do failed runs again.
        overwrite: Remove this variant's records first, without asking.
        fresh: The same.
        quiet: Print nothing; else a line on standard error for each run, on a terminal a bar.
        store: Folder of the records; EBB_STORE or `results` if None.
        data_dir: Folder with a sub-folder for each data set; EBB_DATA or the Keras cache if None.

    Raises:
        InputError, NoWorkersError: A call or cluster that cannot work; what ended before is kept.

    Examples:
        >>> from studies import run
        >>> results = run("class-order", quick=True, seeds=1, epochs=1, quiet=True)
        >>> results.conditions
        ['shuffled', 'class-sequential']
    """
    definition, file = _study_to_run(study)
    return _carry_out(definition, quiet, until_decided, Request(
        variant=_variant(definition, overrides, epochs, dataset, quick, sweep), study_file=file,
        seeds=_seeds(seeds), conditions=_names(conditions), store=Store(store_folder(store)),
        data_dir=_data_dir(data_dir), workers=workers, scheduler=scheduler, timeout=timeout,
        keep_weights=keep_weights, tensorboard=None if tensorboard is None else Path(tensorboard),
        device=device, retry_failed=retry_failed, overwrite=overwrite or fresh,
    ))  # fmt: skip


def _carry_out(
    definition: Study, quiet: bool, until_decided: bool | Sequence[int], request: Request
) -> "Results":
    """Run what is asked for, by looks or not, and read the results."""

    def note(line: str) -> None:
        if not quiet:
            print(f"note: {line}", file=sys.stderr)

    def step(of_look: Request) -> None:
        reports: Reports = SimpleQueue()
        plan = make_plan(of_look)
        for line in plan.notes:
            note(line)
        with (
            prepared(of_look, plan, reports, note) as (executor, _),
            display(plan, quiet) as shown,
        ):
            try:
                execute(plan, store, shown, executor, reports=reports)
            except KeyboardInterrupt as stop:
                stop.add_note("What ended is kept; the same call goes on.")
                raise

    store, variant = request.store, request.variant
    with exclusive(store.file.parent, variant.study.name, variant.name) as no_locks:
        if no_locks:
            note(no_locks)
        if until_decided is False or until_decided is None:
            step(request)
        else:
            if request.seeds is not None:
                raise InputError("Received seeds with until_decided; expected looks there.")
            by_looks = import_module(BY_LOOKS)
            plan = by_looks.planned_looks(request, _looks(until_decided), None)
            by_looks.run_by_looks(request, definition, plan, step, note)
    return _results(read_store(store, definition, variant.name), request.data_dir)


def read(
    study: StudyLike,
    *,
    variant: str | None = None,
    store: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> "Results":
    """The results of a study that was run before, by `run` or by `ebb run`.

    Args:
        study: As `run` takes it; a study of your own also by its name alone.
        variant: `full`, `quick`, or the overrides it was run with; `full` if there is one and
            None is given, else the only one.
        store: Folder of the records; EBB_STORE or `results` if None.
        data_dir: Folder of data sets, for figures that show examples.

    Raises:
        InputError: There is no such study, or it was never run.

    Examples:
        >>> from studies import read
        >>> read("class-order").summary().columns.tolist()[:4]
        ['condition', 'metric', 'n', 'mean']
    """
    name = study if isinstance(study, Study) else os.fspath(study)
    if isinstance(name, Study) or name.endswith(".py"):
        name = _study(name)[0]
    return _results(read_store(Store(store_folder(store)), name, variant), _data_dir(data_dir))


def _study_to_run(study: StudyLike) -> tuple[Study, Path | None]:
    """A study as `_study` finds it, unless workers that read its file would run it without end."""
    if catalogue.reading_a_file():
        raise InputError(
            "Received studies.run(...) at the top level of a study file; expected it in another "
            'file, or below `if __name__ == "__main__":`.'
        )
    return _study(study)


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
    file = _file_of(study) or _cells_of(study)
    if (file is None or is_of_a_cell(file)) and study.callbacks is not None:
        raise InputError(
            f"Received study {study.name!r} with callbacks, defined in a script or a notebook; "
            "expected it in a FILE.py, from which workers can import them: "
            'studies.run("FILE.py").'
        )
    return study, file


def _cells_of(study: Study) -> Path | None:
    """A file of a notebook's function that the study's recipes name."""
    recipes = (each.to_json() for each in study.conditions.values())
    return next(filter(None, map(file_in, map(json.dumps, recipes))), None)


def _file_of(study: Study) -> Path | None:
    """The file that defines the study, if it was imported from one as `study`."""
    for name, module in list(sys.modules.items()):
        known = getattr(module, "__dict__", {})
        # A notebook's own module has no file.
        if name != "__main__" and known.get("study") is study and known.get("__file__"):
            return Path(known["__file__"]).resolve()
    return None


def _variant(
    study: Study,
    overrides: Mapping[str, Any] | None,
    epochs: int | None,
    dataset: str | os.PathLike[str] | None,
    quick: bool,
    sweep: Mapping[str, Iterable[Any]] | None,
) -> Variant:
    """The study with what a call overrides; a list is a tuple in a recipe."""
    fields = dict(overrides or {})
    named: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    if dataset is not None:
        path = isinstance(dataset, str | os.PathLike)
        # Else it is the recipe that says what it expects.
        named["dataset"] = os.fspath(dataset) if path else dataset
    fields = only_once(named, fields)
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    return variant_of(study, values, quick=quick, sweep=sweep)


def _names(conditions: Iterable[str] | None) -> Sequence[str] | None:
    if conditions is None:
        return None
    named = [conditions] if isinstance(conditions, str) else list(conditions)
    if not named:
        raise InputError("Received no conditions; expected some, or None for all.")
    return named


def _seeds(seeds: int | Iterable[int] | None) -> list[int] | None:
    """A number of seeds is 0, 1, ... so many; others are taken as they are."""
    if seeds is None:
        return None
    try:
        return chosen_seeds(seeds)
    except (TypeError, ValueError):
        raise InputError(
            f"Received seeds={seeds!r}; expected a number from 1 to {MOST_SEEDS:,} (5: the seeds "
            "0 to 4), or at most so many whole numbers from 0 up, as in range(3, 8)."
        ) from None


def _looks(until_decided: bool | Iterable[int]) -> tuple[int, ...]:
    """The looks that are named; none for those that Ebb takes."""
    try:
        looks = () if isinstance(until_decided, bool) else tuple(map(index, until_decided))
    except TypeError:
        looks = (0,)
    if until_decided is not True and (not looks or min(looks) < 1):
        raise InputError(
            f"Received until_decided={until_decided!r}; expected True, or numbers of seeds: "
            "(5, 10, 20)."
        )
    return looks


def _data_dir(folder: str | os.PathLike[str] | None) -> Path | None:
    given = folder or os.environ.get("EBB_DATA")
    return in_home(given) if given else None


def _results(reading: Reading, data_dir: Path | None) -> "Results":
    results: Results = import_module(RESULTS).Results(reading, data_dir)
    return results
