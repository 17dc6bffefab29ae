"""A worker process: reads jobs from standard input, writes what happens to standard output."""

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from core.cells import is_of_a_cell
from core.training.checkpoints import RunFiles
from core.training.environment import THREADS
from data import InputError, load
from data.errors import in_one_line
from studies.definition.catalogue import load_file, study_in
from studies.definition.scoring import Scoring
from studies.running import memory
from studies.running.executor import unpacked
from studies.running.reports import write_report

UNUSED = ("matplotlib", "pandas", "sklearn")
"""What Keras imports, if it is there, for its plots, data frames and wrappers. No run needs it, and
without it TensorFlow is imported in 2.7 instead of 4.5 s of processor time (medians of 3)."""

LEFT = (Exception, SystemExit, KeyboardInterrupt)
"""How a study's function may leave: a worker goes on, since only its driver ends it."""


def main() -> None:
    """Run jobs until there are no more, or until the driver is gone."""
    # Whatever else prints in this process goes to the log, not between the reports.
    reports = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # What a study's function forks may neither report nor outlast this process as who could.
    os.register_at_fork(after_in_child=reports.close)
    report = partial(write_report, reports)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    trainer: Any = None
    while (job := jobs.get()) is not None:
        # Scores are had without TensorFlow, and without the seconds that it takes to import.
        if not isinstance(job.recipe, Scoring):
            first, trainer = trainer is None, trainer or _trainer_or_refusal(job, report)
            job = trainer and _unpacked(job, report)
            if job is None or (first and not _all_can_work(job, trainer, report)):
                continue
        if job.only_check:
            report("checked", None)
            continue
        _run(job, trainer, report)


def _listen(jobs: "queue.SimpleQueue[Any]") -> None:
    """Take jobs; when the driver is gone, nobody waits for the rest of this one."""
    try:
        while True:
            jobs.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        if os.getpgrp() == os.getpid():  # what runs of this process have started ends with it
            os.killpg(0, signal.SIGKILL)
        os._exit(0)
    except Exception:  # nobody would take what comes: the driver is told by the end of this process
        traceback.print_exc()
        os._exit(1)


def _unpacked(job: Any, report: Any) -> Any:
    """A job with its recipe, whose parts may be of the study's file; None where that fails."""
    try:
        if job.study_file is not None:
            load_file(job.study_file)
        return unpacked(job)
    except InputError as error:
        report("refused", (job.condition, str(error)))
    except LEFT as error:
        traceback.print_exc()
        report("failed", _why(error))
    return None


def _why(error: BaseException) -> str:
    lines = str(error).split("\n")
    return f"{type(error).__name__}: {lines[0]}".removesuffix(": ")


def _trainer_or_refusal(job: Any, report: Any) -> Any:
    try:
        return _one_thread_trainer()
    except InputError as error:
        report("refused", (job.condition, str(error)))
        return None
    except Exception as error:
        traceback.print_exc()
        home = os.environ.get("KERAS_HOME") or "~/.keras"
        reason = (
            f"Received Keras, which cannot be imported ({in_one_line(error)}); expected that "
            f"`import keras` works: look at {home}/keras.json, or remove it."
        )
        report("refused", (job.condition, reason))
        return None


def _one_thread_trainer() -> Any:
    """A trainer in a TensorFlow with one thread: a sum's last bits depend on their number."""
    with absent(UNUSED):
        import tensorflow as tf  # noqa: PLC0415  # scores do without

        from core import Trainer  # noqa: PLC0415  # the same
        from core.training.in_force import check_device, pin_keras  # noqa: PLC0415  # the same

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    check_device()
    pin_keras()
    return Trainer()


@contextmanager
def absent(packages: Sequence[str]) -> Iterator[None]:
    """While this lasts, packages that were not imported before seem not to be installed."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _all_can_work(job: Any, trainer: Any, report: Any) -> bool:
    """Check the recipes of all conditions: none is refused after others have trained for hours."""
    from core.training.in_force import check_worker  # noqa: PLC0415  # it needs TensorFlow

    try:
        _data_of(job)
    except InputError as error:
        report("refused", (job.condition, str(error)))
        return False
    for condition, recipe in job.together.items():
        try:
            trainer.check(recipe, *_datasets(recipe, job.data_dir))
            check_worker()
        except InputError as error:
            report("refused", (condition, str(error)))
            return False
        except LEFT:
            # A fault of ours or of a library belongs to the run that meets it.
            traceback.print_exc()
    return True


def _run(job: Any, trainer: Any, report: Any) -> None:
    whose = {"study": job.study, "variant": job.variant, "condition": job.condition}
    try:
        file = job.study_file
        study = None if file is None or is_of_a_cell(file) else study_in(file)
        if isinstance(job.recipe, Scoring):
            record = job.recipe.run(job.seed, **whose)
        else:
            dataset, source = (*_data_of(job), None)[:2]
            make_callbacks = study and study.callbacks
            callbacks = make_callbacks(job.condition, job.seed) if make_callbacks else []
            if job.tensorboard is not None:
                from studies.running import event_files  # noqa: PLC0415  # it needs TensorFlow

                callbacks = [*callbacks, event_files.epoch_writer(event_files.run_folder(job))]
            record = trainer.train(
                job.recipe,
                job.seed,
                dataset,
                source=source,
                callbacks=callbacks,
                progress=lambda epoch: report("epoch", epoch),
                files=RunFiles(
                    checkpoints=job.checkpoints,
                    weights=job.weights,
                    keep_weights=job.keep_weights,
                    owner=whose,
                ),
            )
            record = replace(record, **whose)
            if job.tensorboard is not None:
                event_files.write_end(record, event_files.run_folder(job))
    except InputError as error:
        report("refused", (job.condition, str(error)))
    except LEFT as error:
        traceback.print_exc()
        report("failed", _why(error))
    else:
        report("record", replace(record, notes=record.notes + memory.measured()))


def _data_of(job: Any) -> list[Any]:
    """The data sets of a job, which are those that its run is known by."""
    datasets = _datasets(job.recipe, job.data_dir)
    for name, dataset, planned in zip(job.recipe.datasets, datasets, job.data, strict=True):
        if dataset.checksum != planned:
            raise InputError(
                f"Received data set {name!r} from {dataset.source} with checksum "
                f"{dataset.checksum[:12]}; expected the one that the run was planned with, "
                f"{planned[:12]}: put the same files there."
            )
    return datasets


_LOADED: dict[tuple[str, Path | None], Any] = {}


def _datasets(recipe: Any, folder: Path | None) -> list[Any]:
    """A recipe's data sets, read once per process; only those of the last one are kept."""
    wanted = [(name, folder) for name in recipe.datasets]
    for other in _LOADED.keys() - set(wanted):
        del _LOADED[other]
    for name, place in wanted:
        if (name, place) not in _LOADED:
            _LOADED[name, place] = load(name, place)
    return [_LOADED[each] for each in wanted]


if __name__ == "__main__":
    main()
