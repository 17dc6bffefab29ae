"""`ebb run`: a study, over its seeds."""

import queue
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.rendering.formatting import counted, format_duration, format_numbers
from core.storage.store import Store
from data import InputError
from studies.commands.options import FELL_SHORT, confirm, data_option, hold, note, store_option
from studies.running.interruption import Interruption

if TYPE_CHECKING:
    from studies.definition.variant import Variant
    from studies.running.runner import Plan


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
@click.option("--conditions", help="Only these, separated by commas.")
@click.option("--workers", type=click.IntRange(1), help="Processes. [default: all processors]")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run on the workers of a Dask cluster (tcp://HOST:8786), a run at a time for each of "
    "their threads. Its machines need the same data sets (at the same path, or in their own "
    "EBB_DATA); with --keep-weights or --tensorboard, and for a long run to go on after an "
    "interruption, the same folders.",
)
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), help="Seconds that one run may take."
)
@click.option("--keep-weights", is_flag=True, help="Keep trained networks, to evaluate them later.")
@click.option(
    "--tensorboard",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write each new run's figures for TensorBoard: FOLDER/study/variant/condition/seed-N. An "
    "interrupted run then begins again.",
)
@click.option("--retry-failed", is_flag=True, help="Do failed runs again.")
@click.option("--fresh", is_flag=True, help="Remove this variant's records first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be run.")
@click.option("--quiet", is_flag=True, help="No progress.")
@store_option
@data_option
def run(
    study: str,
    quick: bool,
    seeds: str | None,
    epochs: int | None,
    dataset: str | None,
    overrides: tuple[str, ...],
    conditions: str | None,
    workers: int | None,
    scheduler: str | None,
    timeout: float | None,
    keep_weights: bool,
    tensorboard: Path | None,
    retry_failed: bool,
    fresh: bool,
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
    farewell = f"Interrupted; what ended is kept. To go on: {_same_call()}"
    interruption = click.get_current_context().with_resource(Interruption(farewell))
    from analysis.rendering.tables import clean
    from studies.definition.catalogue import find
    from studies.definition.variant import variant_of
    from studies.running.executor import Executor, NoWorkersError, Reports, processors
    from studies.running.progress import display
    from studies.running.runner import execute, make_plan, reset

    if keep_weights and tensorboard is not None:
        raise InputError(
            "Received --keep-weights and --tensorboard; expected one of them: a run from kept "
            "weights has no epochs to show."
        )
    if workers is not None and scheduler is not None:
        raise InputError(
            "Received --workers and --scheduler; expected one of them: a Dask worker does as many "
            "runs at a time as it has threads."
        )
    store = Store(folder)
    fields: dict[str, Any] = {}
    if epochs is not None:
        fields["epochs"] = epochs
    if dataset is not None:
        fields["dataset"] = dataset
    fields |= dict(map(_override, overrides))
    try:
        variant = variant_of(find(study), fields, quick=quick)
        if not dry_run:
            hold(store, variant.study.name, variant.name)
        plan = make_plan(
            variant,
            store,
            seeds=None if seeds is None else _seeds(seeds),
            conditions=None if conditions is None else conditions.split(","),
            data_dir=data_dir,
            study_file=Path(study).resolve() if study.endswith(".py") else None,
            retry_failed=retry_failed,
            fresh=fresh,
            keep_weights=keep_weights,
            tensorboard=None if tensorboard is None else tensorboard.resolve(),
        )
        name = clean(f"{variant.study.name} ({variant.name})")
        kept = f", {plan.done} in the store already" if plan.done else ""
        processes = min(workers or processors(), len(plan.jobs))
        if dry_run:
            expected = _expected(plan, variant, store, processes)
            click.echo(f"{name}: {counted(len(plan.jobs), 'run')} to do{kept}{expected}")
            for line in _seeds_by_condition(plan):
                click.echo(f"  {clean(line)}")
            return
        if fresh:
            confirm(f"Remove the records of {name}?", yes)
        store.check_writable()
        executor: Executor | None = None
        reports: Reports = queue.SimpleQueue()
        if scheduler is not None and plan.jobs:
            from studies.running.cluster import Cluster

            cluster = Cluster(
                scheduler,
                plan.jobs,
                logs=folder / "logs",
                timeout=timeout,
                reports=reports,
                note=lambda line: None if quiet else note(f"note: {line}"),
            )
            executor = click.get_current_context().with_resource(cluster)
            processes = min(cluster.workers, len(plan.jobs))
        if fresh:
            reset(plan, variant, store)
        if not quiet:
            note(f"{name}: {counted(len(plan.jobs), 'run')} to do{kept}")
        if plan.jobs:
            threading.Thread(target=_import_for_the_answer, daemon=True).start()
        with display(plan, quiet) as shown:
            records = execute(
                plan,
                store,
                shown,
                workers=processes,
                timeout=timeout,
                executor=executor,
                reports=reports,
                interruption=interruption,
            )
    except NoWorkersError as stop:
        note(f"ebb: Stopped: {stop}; what ended is kept. To go on: {_same_call()}")
        raise SystemExit(FELL_SHORT) from None
    except KeyboardInterrupt:
        note(f"\n{farewell}")
        raise
    failed = [record for record in records if record.status == "failed"]
    if records and not quiet:
        seconds = sum(sum(record.seconds.values()) for record in records)
        note(
            f"{counted(len(records), 'run')} ended, {format_duration(seconds)} of work for "
            f"{counted(processes, 'worker')}"
        )
    if any(record.repeatable and record.status != "failed" for record in records) or plan.done:
        from studies.results.printing import after_run

        after_run(store, study, variant.name)
    if failed or plan.failed:
        note(
            f"{len(failed) + plan.failed} failed: `ebb status {variant.study.name}` says why; "
            f"`--retry-failed` does them again"
        )
        raise SystemExit(FELL_SHORT)


def _expected(plan: "Plan", variant: "Variant", store: Store, workers: int) -> str:
    """The time and the memory that the plan takes, as far as earlier records tell."""
    from studies.running.memory import expected_megabytes
    from studies.running.runner import expected_seconds

    seconds = expected_seconds(plan, variant, store)
    words = f", about {format_duration(seconds)} of processor time" if seconds else ""
    conditions = {job.condition for job in plan.jobs}
    most = expected_megabytes(store, variant.study.name, variant.name, conditions)
    if most:
        words += f", about {most * workers} MB of memory for {counted(workers, 'worker')}"
    return words


def _seeds_by_condition(plan: "Plan") -> list[str]:
    """The seeds of each condition that would be run."""
    seeds: dict[str, list[int]] = {}
    for job in plan.jobs:
        seeds.setdefault(job.condition, []).append(job.seed)
    return [
        f"{condition}: {'seed' if len(each) == 1 else 'seeds'} {format_numbers(sorted(each))}"
        for condition, each in seeds.items()
    ]


def _import_for_the_answer() -> None:
    """What prints the answer takes two seconds to import: it can while the workers train."""
    for module in ("studies.results.printing", "analysis.statistics.wording", "rich.table"):
        import_module(module)


def _seeds(text: str) -> list[int]:
    """`5` is five seeds, 0 to 4; `3-7` is the seeds 3 to 7; `0,2,5-7` is just these."""
    from studies.definition.study import LARGEST_SEED, MOST_SEEDS

    parts = [part.partition("-") for part in text.split(",")]
    how_many = len(parts) == 1 and not parts[0][1]
    try:
        ends = [
            (0 if how_many else int(first), int(last if dash else first) + (not how_many))
            for first, dash, last in parts
        ]
    except ValueError:
        ends = [(0, 0)]
    few = sum(end - start for start, end in ends) <= MOST_SEEDS
    if not few or not all(start < end <= LARGEST_SEED for start, end in ends):
        raise InputError(
            f"Received seeds {text!r}; expected a number from 1 to {MOST_SEEDS:,} (5: seeds 0 to "
            "4), the first and the last (3-7), or which (0,2,5-7)."
        )
    return sorted({seed for start, end in ends for seed in range(start, end)})


def _override(text: str) -> tuple[str, Any]:
    field, equals, value = text.partition("=")
    if not equals or not field or not value:
        raise InputError(f"Received --set {text!r}; expected FIELD=VALUE.")
    values = tuple(map(_value, value.split(",")))
    return field, values if len(values) > 1 else values[0]


def _value(text: str) -> Any:
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _same_call() -> str:
    import shlex

    return shlex.join(["ebb", *(word for word in sys.argv[1:] if word != "--fresh")])
