"""`ebb run`: a study, over its seeds."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import click

from analysis.rendering.formatting import counted, format_duration, format_numbers
from analysis.rendering.text import clean
from core.storage.store import Store
from core.training.environment import DEVICES
from data import InputError
from studies.commands.locking import lock
from studies.commands.options import (
    FELL_SHORT,
    confirm,
    data_option,
    looks_typed,
    note,
    spending_option,
    store_option,
)
from studies.definition.catalogue import find
from studies.definition.fields import fields_of
from studies.definition.variant import variant_of
from studies.results.program import program
from studies.running.executor import NoWorkersError, Reports
from studies.running.interruption import Interruption
from studies.running.meanwhile import ANSWER, BY_LOOKS, import_meanwhile
from studies.running.memory import expected_megabytes
from studies.running.plan import Plan, expected_seconds, make_plan
from studies.running.progress import display
from studies.running.request import (
    Request,
    only_once,
    overrides_typed,
    seeds_typed,
    sweeps_typed,
)
from studies.running.runner import check, execute, prepared

FIELDS = "ebb.fields"
"""Where it is kept that a call asks for a study's fields alone."""


@click.command()
@click.argument("study")
@click.option("--quick", is_flag=True, help="The same study in under a minute, on digits.")
@click.option("--seeds", help="How many seeds (5), or which (3-7; 0,2,5-7).")
@click.option("--epochs", type=int, help="Epochs of every run.")
@click.option("--dataset", help="A data set's name, or a file NAME.npz.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="FIELD=VALUE[,VALUE]",
    help="Change a recipe's field in every condition that has it (replay.capacity=100), or a "
    "parameter of the scores.",
)
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="FIELD=VALUE,VALUE,...",
    help="Each condition at each of these values of a field; of several, at all combinations.",
)
@click.option("--conditions", help="Only these, separated by commas.")
@click.option("--workers", type=int, help="Processes. [default: all processors]")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run on the workers of a Dask cluster (tcp://HOST:8786), a run at a time for each of "
    "their threads. Its machines need the same data sets (at the same path, or in their own "
    "EBB_DATA); with --keep-weights or --tensorboard, and for a long run to go on after an "
    "interruption, the same folders.",
)
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    default=DEVICES[0],
    help="What to train on; on a GPU one run at a time. [default: cpu]",
)
@click.option("--timeout", type=float, help="Seconds that one run may take.")
@click.option("--keep-weights", is_flag=True, help="Keep trained networks, to evaluate them later.")
@click.option(
    "--tensorboard",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write each new run's figures for TensorBoard: FOLDER/study/variant/condition/seed-N. An "
    "interrupted run then starts over.",
)
@click.option(
    "--until-decided",
    is_flag=True,
    help="Add seeds, look by look, until every planned comparison is decided (group-sequential).",
)
@click.option("--looks", metavar="5,10,20", help="Seeds of its looks. [default: 5,10,20,40]")
@spending_option
@click.option("--retry-failed", is_flag=True, help="Do failed runs again.")
@click.option(
    *("--overwrite", "--fresh", "overwrite"),
    is_flag=True,
    help="Remove this variant's records first.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be run.")
@click.option(
    "--fields",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, option, asked: context.meta.update({FIELDS: asked}),
    help="Say what --set and --sweep take, with today's values.",
)
@click.option("--quiet", is_flag=True, help="No progress.")
@store_option
@data_option
def run(  # noqa: PLR0913  # a user's options
    study: str,
    quick: bool,
    seeds: str | None,
    epochs: int | None,
    dataset: str | None,
    overrides: tuple[str, ...],
    sweeps: tuple[str, ...],
    conditions: str | None,
    workers: int | None,
    scheduler: str | None,
    device: str,
    timeout: float | None,
    keep_weights: bool,
    tensorboard: Path | None,
    until_decided: bool,
    looks: str | None,
    spending: str | None,
    retry_failed: bool,
    overwrite: bool,
    yes: bool,
    dry_run: bool,
    quiet: bool,
    folder: Path,
    data_dir: Path | None,
) -> None:
    """Run a study, by name or from a Python file of yours.

    What is in the store already is not run again. An interrupted study goes on with the same
    command.
    """
    go_on = f"what ended is kept. To go on: {_same_call()}"
    interruption = click.get_current_context().with_resource(Interruption(f"Interrupted; {go_on}"))
    fields = {"epochs": epochs, "dataset": dataset}
    given = {name: value for name, value in fields.items() if value is not None}
    given = only_once(given, overrides_typed(overrides))
    grid = sweeps_typed(sweeps)
    try:
        request = Request(
            variant=variant_of(find(study), given, quick=quick, sweep=grid),
            study_file=Path(study).resolve() if study.endswith(".py") else None,
            seeds=None if seeds is None else seeds_typed(seeds),
            conditions=None if conditions is None else conditions.split(","),
            store=Store(folder), data_dir=data_dir, workers=workers, scheduler=scheduler,
            device=device, timeout=timeout, keep_weights=keep_weights, tensorboard=tensorboard,
            retry_failed=retry_failed, overwrite=overwrite, typed=True,
        )  # fmt: skip
        how = _looks(request, until_decided, looks, spending)
        if click.get_current_context().meta.get(FIELDS):
            _show_fields(request)
        elif dry_run:
            _show(request, how)
        elif not _carry_out(request, study, how, yes, quiet, interruption):
            raise SystemExit(FELL_SHORT)
    except NoWorkersError as stop:
        note(f"ebb: Stopped: {stop}; {go_on}")
        raise SystemExit(FELL_SHORT) from None
    except KeyboardInterrupt:
        note(f"\nInterrupted; {go_on}")
        raise


Looks = tuple[tuple[int, ...], str | None]
"""The numbers of seeds that are named, and how the error is shared."""


def _looks(
    request: Request, until_decided: bool, looks: str | None, spending: str | None
) -> Looks | None:
    """By which looks seeds are added, as typed; None where they are not."""
    if (looks or spending) and not until_decided:
        raise InputError("Received --looks or --spending; expected it with --until-decided.")
    if until_decided and request.seeds is not None:
        raise InputError("Received --seeds with --until-decided; expected --looks 5,10,20 there.")
    return (() if looks is None else looks_typed(looks), spending) if until_decided else None


def _carry_out(
    request: Request,
    study: str,
    looks: Looks | None,
    yes: bool,
    quiet: bool,
    interruption: Interruption,
) -> bool:
    """Run what is asked for, by looks or not, and print the answer; whether no run failed."""
    plan = import_module(BY_LOOKS).planned_looks(request, *looks) if looks is not None else None
    lock(request.store, request.variant.study.name, request.variant.name)
    if request.overwrite:
        confirm(f"Remove the records of {_name(request)}?", yes)
    done: list[Done] = []

    def step(of_look: Request) -> None:
        done.append(_run(of_look, quiet, interruption))

    if plan is None:
        step(request)
    else:
        say = (lambda line: None) if quiet else note
        say(f"{_name(request)}: {plan}")
        import_module(BY_LOOKS).run_by_looks(request, find(study), plan, step, say)
    _answer(request, study, done)
    return not done[-1].failed


class Done(NamedTuple):
    """What came of a request: whether there is something to read, and how many runs failed."""

    something: bool
    failed: int


def _run(request: Request, quiet: bool, interruption: Interruption) -> Done:
    """Run what is asked for."""
    plan = make_plan(request)
    say = (lambda line: None) if quiet else note
    reports: Reports = SimpleQueue()
    ready = prepared(request, plan, reports, lambda line: say(f"note: {line}"))
    # A look lets go of its cluster before the next one asks for it.
    with ready as (executor, workers):
        say(_to_do(request, plan))
        for line in plan.notes:
            say(f"note: {line}")
        if plan.jobs:
            import_meanwhile(ANSWER)
        with display(plan, quiet) as shown:
            records = execute(
                plan, request.store, shown, executor, reports=reports, interruption=interruption
            )
    if records:
        seconds = sum(sum(record.seconds.values()) for record in records)
        say(
            f"{counted(len(records), 'run')} ended, {format_duration(seconds)} of work for "
            f"{counted(workers, 'worker')}"
        )
    kept = any(record.repeatable and record.status != "failed" for record in records)
    failed = plan.failed + sum(record.status == "failed" for record in records)
    return Done(kept or bool(plan.done or plan.again), failed)


def _answer(request: Request, study: str, done: Sequence[Done]) -> None:
    """Print what the study says, and how many runs failed."""
    variant = request.variant
    if any(each.something for each in done):
        import_module(ANSWER).after_run(request.store, study, variant.name)
    if failed := done[-1].failed:
        note(
            f"{failed} failed: `ebb status {variant.study.name}` says why; `--retry-failed` does "
            "them again"
        )


def _show_fields(request: Request) -> None:
    """Print what can be set, and what it is."""
    for field, value in fields_of(request.recipes).items():
        click.echo(clean(f"{field} = {value}"))


def _show(request: Request, looks: Looks | None) -> None:
    """Print what would be run: the seeds of each condition, and what they take.

    Of runs by looks it is the first look. Where a recipe is not Ebb's own, a worker first looks
    whether it can work.
    """
    if looks is not None:
        by_looks = import_module(BY_LOOKS).planned_looks(request, *looks)
        click.echo(f"{_name(request)}: {by_looks}; the first look:")
        request = replace(request, seeds=range(by_looks.looks[0]))
    plan = make_plan(request)
    scale = request.variant.scale
    if request.study_file is not None or scale.overrides or scale.sweep:
        check(plan)
    click.echo(_to_do(request, plan) + _expected(request, plan))
    for line in plan.notes:
        note(f"note: {line}")
    seeds: dict[str, list[int]] = {}
    for job in plan.jobs:
        seeds.setdefault(job.condition, []).append(job.seed)
    for condition, each in seeds.items():
        word = "seed" if len(each) == 1 else "seeds"
        click.echo(clean(f"  {condition}: {word} {format_numbers(sorted(each))}"))


def _name(request: Request) -> str:
    return clean(f"{request.variant.study.name} ({request.variant.name})")


def _to_do(request: Request, plan: Plan) -> str:
    kept = f", {plan.done} in the store already" if plan.done else ""
    again = f", {len(plan.again)} taken over from another study or variant" if plan.again else ""
    return f"{_name(request)}: {counted(len(plan.jobs), 'run')} to do{kept}{again}"


def _expected(request: Request, plan: Plan) -> str:
    """The time and the memory that the plan takes, as far as earlier records show."""
    variant, store = request.variant, request.store
    seconds = expected_seconds(plan, variant, store)
    words = f", about {format_duration(seconds)} of processor time" if seconds else ""
    conditions = {job.condition for job in plan.jobs}
    most = expected_megabytes(store, variant.study.name, variant.name, conditions)
    if most:
        workers = min(request.processes, len(plan.jobs))
        words += f", about {most * workers} MB of memory for {counted(workers, 'worker')}"
    return words


def _same_call() -> str:
    words = (word for word in sys.argv[1:] if word not in ("--overwrite", "--fresh"))
    return shlex.join([program(), *words])
