"""The plan: what a request asks for, minus what the store has."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from statistics import fmean

from core import Recipe, Store, environment, fingerprint
from core.storage.store import Entry
from core.training.preparation import prepare
from data import Dataset, load
from data.named.official import published_checksum
from studies.definition.variant import Scale, Variant
from studies.results.leftovers import UNFINISHED, WEIGHTS
from studies.running.executor import Job
from studies.running.request import Request


@dataclass(frozen=True)
class Plan:
    """What is to be run.

    Attributes:
        jobs: Runs still to do.
        done: How many of those asked for are in the store already.
        failed: How many of these had failed, and are not tried again unless asked.
        seeds: The number of seeds planned, as written with the first record.
        primary: The metric that decides.
        again: Runs that another study or variant has already, with their labels there: the same
            recipe, seed and data in this environment.
        alike: Conditions that are one and the same recipe, though the study's own are not.
        design: How they are to be compared, written with the first record.
        foreign: How many of those to do are there of another environment.
    """

    jobs: tuple[Job, ...]
    done: int
    failed: int
    seeds: int
    primary: str
    again: tuple[tuple[Job, Entry], ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()
    design: str = ""
    foreign: int = 0

    @property
    def notes(self) -> list[str]:
        """What is worth knowing of it, a line each."""
        notes = [
            f"{' and '.join(names)} are one and the same recipe here: an override makes them so"
            for names in self.alike
        ]
        if self.foreign:
            notes.append(
                "in the store, but of another environment (versions, processor, threads): "
                f"{self.foreign} of these runs; tables do not mix the two"
            )
        return notes


def make_plan(request: Request) -> Plan:
    """Planned minus done; published data sets are read only where something is left to do.

    Raises:
        InputError: Data that are not there; a split or an order that does not fit them.
    """
    study, store = request.variant.study, request.store
    seeds = range(study.seeds) if request.seeds is None else request.seeds
    recipes = request.recipes
    together = {name: recipe for name, recipe in recipes.items() if isinstance(recipe, Recipe)}
    # Once each: CIFAR-10 takes seconds to decode, and a study may have dozens of conditions.
    dataset = cache(partial(load, folder=request.data_dir))
    checksums = {condition: _checksums(recipe, dataset) for condition, recipe in together.items()}
    status_of, elsewhere, others = _stored(request)
    make_job = partial(
        Job,
        study=study.name,
        variant=request.variant.name,
        data_dir=request.data_dir,
        study_file=request.study_file,
        checkpoints=store.folder / UNFINISHED,
        weights=store.folder / WEIGHTS,
        keep_weights=request.keep_weights,
        device=request.device,
        tensorboard=request.tensorboard and request.tensorboard.resolve(),
        together=together,
    )
    jobs, again, done, failed = [], [], 0, 0
    digests = {condition: recipe.digest() for condition, recipe in recipes.items()}
    for condition, recipe in recipes.items():
        data, digest = checksums.get(condition, ()), digests[condition]
        for seed in seeds:
            key = recipe.key(seed, *data, digest=digest)
            status = status_of.get((condition, seed, key))
            if status is None or (status == "failed" and request.retry_failed):
                job = make_job(key=key, condition=condition, seed=seed, recipe=recipe, data=data)
                if key in elsewhere:
                    again.append((job, elsewhere[key]))
                else:
                    jobs.append(job)
            else:
                done, failed = done + 1, failed + (status == "failed")
    _try(together, {job.condition for job in jobs}, dataset)
    # Fewer seeds than the study plans are a part of its plan, more are a plan of their own.
    planned = (
        store.planned(study.name, request.variant.name)
        or request.planned
        or max(study.seeds, len(seeds))
    )
    return Plan(
        jobs=tuple(jobs),
        done=done,
        failed=failed,
        seeds=planned,
        primary=study.primary,
        design=request.design,
        again=tuple(again),
        alike=_alike(digests) if request.variant.scale != Scale() else (),
        foreign=sum((job.condition, job.seed, job.key) in others for job in jobs),
    )


def _checksums(recipe: Recipe, dataset: Callable[[str], Dataset]) -> tuple[str, ...]:
    """The checksums of a recipe's data sets; published ones are not read for it."""
    return tuple(published_checksum(name) or dataset(name).checksum for name in recipe.datasets)


def _try(
    recipes: Mapping[str, Recipe], to_do: Collection[str], dataset: Callable[[str], Dataset]
) -> None:
    """Refuse data that are not there, or that a recipe to be run does not fit."""
    for condition, recipe in recipes.items():
        if condition in to_do:
            datasets = {name: dataset(name) for name in recipe.datasets}
            prepare(recipe, 0, datasets[recipe.dataset])


def _alike(digests: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Conditions that have one recipe."""
    groups: dict[str, list[str]] = {}
    for condition, digest in digests.items():
        groups.setdefault(digest, []).append(condition)
    return tuple(tuple(names) for names in groups.values() if len(names) > 1)


def _stored(
    request: Request,
) -> tuple[dict[tuple[str, int, str], str], dict[str, Entry], set[tuple[str, int, str]]]:
    """How the runs ended that need not be done again: by condition, seed and key.

    Beside them, by key, the labels of runs that another study or variant has: not where a run
    leaves more behind than its record, or is to be done anew. Last, what is there of another
    environment.
    """
    here = fingerprint(environment(request.device))
    same = (request.variant.study.name, request.variant.name)
    entries = request.store.entries()
    known = [entry for entry in entries if entry.fingerprint == here and not request.overwrite]
    own = {_which(e): e.status for e in known if (e.study, e.variant) == same}
    leaves_more = (
        request.keep_weights
        or request.tensorboard is not None
        or request.variant.study.callbacks is not None
    )
    elsewhere = {} if leaves_more else {e.key: e for e in known if e.status != "failed"}
    others = {_which(e) for e in entries if (e.study, e.variant) == same and e.fingerprint != here}
    return own, elsewhere, others


def _which(entry: Entry) -> tuple[str, int, str]:
    return entry.condition, entry.seed, entry.key


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
    minutes = variant.study.minutes if variant.scale == Scale() else None
    return None if minutes is None else 60 * minutes * len(plan.jobs) / runs
