"""The runner: what is planned, minus what is done, handed to an executor and kept."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from statistics import fmean
from typing import Protocol

from core import Recipe, Record, Store, environment, fingerprint
from core.training.checkpoints import delete_checkpoint
from core.training.preparation import prepare
from core.training.weights_cache import WeightsCache
from data import InputError, load
from studies.definition.scoring import Scoring
from studies.definition.variant import Variant
from studies.results.leftovers import UNFINISHED, WEIGHTS, remove_files
from studies.running.executor import Executor, Job, Reports, in_processes
from studies.running.interruption import Interruption

COMMIT_EVERY = 0.5
"""Seconds of scores that are committed together."""


class Display(Protocol):
    """Shows how a study advances."""

    def started(self, job: Job) -> None:
        """A run began."""

    def epoch(self, job: Job, epoch: int) -> None:
        """A run ended an epoch."""

    def ended(self, job: Job, record: Record) -> None:
        """A run ended."""


@dataclass(frozen=True)
class Plan:
    """What a call asks for.

    Attributes:
        jobs: Runs still to do.
        done: How many of those asked for are in the store already.
        failed: How many of these had failed, and are not tried again unless asked.
        seeds: The number of seeds planned, as written with the first record.
        primary: The metric that decides.
    """

    jobs: tuple[Job, ...]
    done: int
    failed: int
    seeds: int
    primary: str


def make_plan(
    variant: Variant,
    store: Store,
    *,
    seeds: Sequence[int] | None = None,
    conditions: Sequence[str] | None = None,
    data_dir: Path | None = None,
    study_file: Path | None = None,
    retry_failed: bool = False,
    fresh: bool = False,
    keep_weights: bool = False,
    tensorboard: Path | None = None,
) -> Plan:
    """Planned minus done.

    Args:
        variant: The study and its scale.
        store: Where records are.
        seeds: Which seeds; as many as the study plans if None.
        conditions: Which conditions; all if None.
        data_dir: Folder of data sets.
        study_file: The user's study file.
        retry_failed: Whether failed runs are to be done again.
        fresh: Whether to plan as if nothing were in the store.
        keep_weights: Whether to keep the weights of the runs.
        tensorboard: Folder for TensorBoard's event files of the runs, if they are wanted.

    Raises:
        InputError: Unknown condition; data that are not there; a split or an order that does
            not fit them.
    """
    study = variant.study
    seeds = range(study.seeds) if seeds is None else seeds
    here = fingerprint(environment())
    stored = {
        (entry.condition, entry.seed, entry.key): entry.status
        for entry in store.entries(study.name)
        if entry.variant == variant.name and entry.fingerprint == here and not fresh
    }
    jobs, done, failed = [], 0, 0
    chosen = dict.fromkeys(study.conditions if conditions is None else conditions)
    asked = {"--keep-weights": keep_weights, "--tensorboard": tensorboard is not None}
    if any(asked.values()) and any(isinstance(study.recipe(name), Scoring) for name in chosen):
        raise InputError(
            f"Received {' and '.join(option for option in asked if asked[option])} for "
            f"{study.name}, which trains no network; expected a study that does."
        )
    recipes = {condition: study.recipe(condition) for condition in chosen}
    together = {name: recipe for name, recipe in recipes.items() if isinstance(recipe, Recipe)}
    # Once each: CIFAR-10 takes seconds to decode, and a study may have dozens of conditions.
    names = dict.fromkeys(name for recipe in together.values() for name in recipe.datasets)
    datasets = {name: load(name, data_dir) for name in names}
    for condition, recipe in recipes.items():
        checksums: tuple[str, ...] = ()
        if isinstance(recipe, Recipe):
            checksums = tuple(datasets[name].checksum for name in recipe.datasets)
            prepare(recipe, 0, datasets[recipe.dataset])
        for seed in seeds:
            key = recipe.key(seed, *checksums)
            status = stored.get((condition, seed, key))
            if status is None or (status == "failed" and retry_failed):
                jobs.append(
                    Job(
                        key=key,
                        study=study.name,
                        variant=variant.name,
                        condition=condition,
                        seed=seed,
                        recipe=recipe,
                        data=checksums,
                        data_dir=data_dir,
                        study_file=study_file,
                        keep=store.folder / UNFINISHED,
                        weights=store.folder / WEIGHTS,
                        keep_weights=keep_weights,
                        tensorboard=tensorboard,
                        together=together,
                    )
                )
            else:
                done, failed = done + 1, failed + (status == "failed")
    # Fewer seeds than the study plans are a part of its plan, more are a plan of their own.
    planned = store.planned(study.name, variant.name) or max(study.seeds, len(seeds))
    return Plan(tuple(jobs), done, failed, planned, study.primary)


def expected_seconds(plan: Plan, variant: Variant, store: Store) -> float | None:
    """How long the planned runs take one after the other, from earlier runs of their conditions.

    None where nothing is known of one of them, but for a full study that says its time itself.
    """
    known: dict[str, list[float]] = {}
    for entry in store.entries(variant.study.name):
        if entry.variant == variant.name and entry.status == "finished":
            known.setdefault(entry.condition, []).append(entry.seconds)
    if all(job.condition in known for job in plan.jobs):
        return sum(fmean(known[job.condition]) for job in plan.jobs)
    runs = variant.study.seeds * len(variant.study.conditions)
    minutes = variant.study.minutes if variant.name == "full" else None
    return None if minutes is None else 60 * minutes * len(plan.jobs) / runs


def reset(plan: Plan, variant: Variant, store: Store) -> None:
    """Remove a variant's records and what lies beside them, so that the plan finds nothing."""
    store.remove(variant.study.name, variant.name)
    remove_files(store, variant.study.name, variant.name)
    forget(plan, store)


def forget(plan: Plan, store: Store) -> None:
    """Have the planned runs begin at their first step: no state and no weights are kept of them."""
    for job in plan.jobs:
        delete_checkpoint(store.folder / UNFINISHED, job.key)
        if isinstance(job.recipe, Recipe):
            WeightsCache(store.folder / WEIGHTS, job.recipe, job.seed, *job.data).remove()


def execute(
    plan: Plan,
    store: Store,
    display: Display,
    *,
    workers: int = 1,
    timeout: float | None = None,
    executor: Executor | None = None,
    reports: Reports | None = None,
    interruption: Interruption | None = None,
) -> list[Record]:
    """Run what is planned and keep each record as it comes.

    Args:
        plan: What to run.
        store: Where to keep records; written here alone, by one process.
        display: Shows what happens.
        workers: Worker processes, if no executor is given.
        timeout: Seconds that a run may take there.
        executor: Where runs happen, if not in processes on this machine.
        reports: Where its workers report, where an interruption is told.
        interruption: What signals do; the first one ends the study when what ended is kept.

    Returns:
        The new records, in the order in which they ended.

    Raises:
        InputError: A recipe that cannot work; what ended before is kept.
        Interrupted: A signal came; what ended before is kept.
    """
    if not plan.jobs:
        return []
    store.check_writable()
    heard: Reports = SimpleQueue() if reports is None else reports
    run = executor or partial(
        in_processes,
        workers=workers,
        logs=store.folder / "logs",
        timeout=timeout,
        reports=heard,
    )
    told = (
        interruption.told(partial(heard.put, (None, "interrupted", None)))
        if interruption
        else nullcontext()
    )
    records: list[Record] = []
    digests: dict[str, str] = {}
    waiting: list[tuple[Record, str]] = []
    saved = time.monotonic()

    def save() -> None:
        nonlocal saved
        if waiting and not store.exists():
            raise InputError(
                f"Received the store {str(store.folder)!r}, which was removed while the study ran; "
                "expected it to stay: put it back and call again, or call again to begin anew."
            )
        store.save_all(waiting, plan.seeds)
        for record, _ in waiting:
            # Now that the record is there, nobody goes on from where the run once was.
            delete_checkpoint(store.folder / UNFINISHED, record.key)
        waiting.clear()
        saved = time.monotonic()

    def keep(job: Job, record: Record) -> None:
        if job.condition not in digests:
            digests[job.condition] = job.recipe.digest()
        if record.repeatable:
            waiting.append((record, digests[job.condition]))
            # A score takes a millisecond, to commit it alone ten times as long.
            if not isinstance(job.recipe, Scoring) or time.monotonic() - saved > COMMIT_EVERY:
                save()
        records.append(record)
        display.ended(job, record)

    with told:
        try:
            for job, kind, value in run(plan.jobs):
                if kind == "started":
                    display.started(job)
                elif kind == "epoch":
                    display.epoch(job, value)
                elif kind == "record":
                    keep(job, value)
                elif kind == "refused":
                    condition, reason = value
                    raise InputError(f"{job.study}, {condition}: {reason}")
                else:
                    keep(job, _failure(job, value))
        finally:
            save()
    return records


def _failure(job: Job, error: str) -> Record:
    """The record of a run that did not end by itself."""
    return Record(
        key=job.key,
        study=job.study,
        variant=job.variant,
        condition=job.condition,
        seed=job.seed,
        recipe=job.recipe.to_json(),
        data=" ".join(job.data),
        environment=environment(),
        status="failed",
        # A message may quote a file's name that is no text, which no store takes.
        error=error.encode(errors="backslashreplace").decode(),
    )
