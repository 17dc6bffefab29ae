"""The command line. Each command imports what it needs: `ebb --help` must answer at once."""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from core.store import Store
from data import InputError
from studies.interruption import Interrupted, Interruption, interruptible

DONE, FELL_SHORT, WRONG_CALL, INTERRUPTED = 0, 1, 2, 130
MOST_SEEDS = 100_000
LARGEST_SEED = 2**63 - 1
"""What a store can hold."""
MOST_NAMES = 16

store_option = click.option(
    "--store",
    "folder",
    type=click.Path(path_type=Path),
    envvar="EBB_STORE",
    default="results",
    show_default=True,
    help="Folder of the records (or EBB_STORE).",
)
data_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="EBB_DATA",
    help="Folder with a sub-folder for each data set (or EBB_DATA). [default: the Keras cache]",
)
variant_option = click.option(
    "--variant", help="full, quick, or the overrides it was run with. [default: full if there]"
)


def figure_option(what: str) -> Callable[[Any], Any]:
    """The option that names a picture; a name that cannot be drawn into is refused at once."""

    def check(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in (".png", ".svg"):
            raise InputError(f"Received --figure {path.name!r}; expected a name in .png or .svg.")
        if path is not None and not path.parent.is_dir():
            raise InputError(
                f"Received --figure {str(path)!r}; expected a folder that is there: make it first."
            )
        return path

    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option(
        "--figure", type=kind, callback=check, help=f"{what} into this .png or .svg."
    )


def format_option(*styles: str) -> Callable[[Any], Any]:
    """The option that chooses between people and programs."""
    return click.option(
        "--format", "style", type=click.Choice(styles), default="text", show_default=True
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ebb-lab", prog_name="ebb")
def ebb() -> None:
    """How small neural networks forget, and how they cope with damaged data.

    Start with `ebb run class-order --quick`.
    """


@ebb.command("list")
@format_option("text", "json")
def list_studies(style: str) -> None:
    """The studies there are."""
    import json

    from studies.catalogue import NAMES, find
    from studies.progress import duration

    studies = [find(name) for name in NAMES]
    if style == "json":
        rows = [
            {
                "study": study.name,
                "question": study.question,
                "datasets": sorted({recipe.dataset for recipe in study.conditions.values()}),
                "conditions": list(study.conditions),
                "seeds": study.seeds,
                "runs": study.seeds * len(study.conditions),
                "minutes": study.minutes,
            }
            for study in studies
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    for study in studies:
        sets = ", ".join(sorted({recipe.dataset for recipe in study.conditions.values()}))
        runs = study.seeds * len(study.conditions)
        click.echo(f"{study.name}\n    {study.question}")
        time = f", {duration(60 * study.minutes)} of processor time" if study.minutes else ""
        names = list(study.conditions)
        if len(names) > MOST_NAMES:
            names[3:-1] = [f"... ({len(names)} conditions)"]
        click.echo(f"    {sets}; {runs} runs{time}: {', '.join(names)}, {study.seeds} seeds")


@ebb.command()
@click.argument("study")
@click.option("--quick", is_flag=True, help="The same study in under a minute, on digits.")
@click.option("--seeds", help="How many seeds (5), or which (3-7).")
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
    from analysis.formatting import counted
    from studies.catalogue import find
    from studies.executor import Executor, NoWorkersError, Reports, processors
    from studies.memory import expected_megabytes
    from studies.progress import display, duration
    from studies.rendering import clean
    from studies.runner import begin_anew, execute, expected_seconds, make_plan
    from studies.variant import variant_of

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
            _hold(store, variant.study.name, variant.name)
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
            seconds = expected_seconds(plan, variant, store)
            time = f", about {duration(seconds)} of processor time" if seconds else ""
            most = expected_megabytes(
                store, variant.study.name, variant.name, {job.condition for job in plan.jobs}
            )
            many = counted(processes, "worker")
            memory = f", about {most * processes} MB of memory for {many}" if most else ""
            click.echo(f"{name}: {counted(len(plan.jobs), 'run')} to do{kept}{time}{memory}")
            return
        if fresh:
            _confirm(f"Remove the records of {name}?", yes)
        store.check_writable()
        executor: Executor | None = None
        reports: Reports = queue.SimpleQueue()
        if scheduler is not None and plan.jobs:
            from studies.cluster import Cluster

            cluster = Cluster(
                scheduler,
                plan.jobs,
                logs=folder / "logs",
                timeout=timeout,
                reports=reports,
                remark=lambda line: None if quiet else _remark(f"note: {line}"),
            )
            executor = click.get_current_context().with_resource(cluster)
            processes = min(cluster.workers, len(plan.jobs))
        if fresh:
            begin_anew(plan, variant, store)
        if not quiet:
            _remark(f"{name}: {counted(len(plan.jobs), 'run')} to do{kept}")
        if plan.jobs:
            # What prints the answer takes two seconds to import: it can while the workers train.
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
        _remark(f"ebb: Stopped: {stop}; what ended is kept. To go on: {_same_call()}")
        raise SystemExit(FELL_SHORT) from None
    except KeyboardInterrupt:
        _remark(f"\n{farewell}")
        raise
    failed = [record for record in records if record.status == "failed"]
    if records and not quiet:
        seconds = sum(sum(record.seconds.values()) for record in records)
        _remark(
            f"{counted(len(records), 'run')} ended, {duration(seconds)} of work for "
            f"{counted(processes, 'worker')}"
        )
    if any(record.repeatable and record.status != "failed" for record in records) or plan.done:
        from studies.reporting import after_run

        after_run(store, study, variant.name)
    if failed or plan.failed:
        _remark(
            f"{len(failed) + plan.failed} failed: `ebb status {variant.study.name}` says why; "
            f"`--retry-failed` does them again"
        )
        raise SystemExit(FELL_SHORT)


@ebb.command()
@click.argument("study", required=False)
@store_option
@format_option("text", "json")
def status(study: str | None, folder: Path, style: str) -> None:
    """What the store holds; with a STUDY, run by run."""
    from studies.inventory import store_status
    from studies.reading import study_name

    store_status(Store(folder), study and study_name(study), style)


@ebb.command()
@click.argument("run")
@store_option
def show(run: str, folder: Path) -> None:
    """One run: the key that `ebb status STUDY` prints, or its beginning."""
    from studies.inventory import show_run

    show_run(Store(folder), run)


@ebb.command()
@click.argument("study")
@click.option("--variant", help="Only this one. [default: all]")
@click.option("--run", "key", help="Only the run of this key, as `ebb status STUDY` prints it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
def remove(study: str, variant: str | None, key: str | None, yes: bool, folder: Path) -> None:
    """Remove a study's records from the store, its kept weights and unfinished runs with them."""
    from analysis.formatting import counted
    from studies.leftovers import remove_files
    from studies.reading import choose_variant, study_name

    store = Store(folder)
    study = study_name(study)
    entries = store.entries(study)
    if not entries:
        raise InputError(f"Received study {study!r}; expected one with records in {str(folder)!r}.")
    if variant is not None:
        choose_variant(entries, study, variant)
        entries = [entry for entry in entries if entry.variant == variant]
    if key is not None:
        entries = [entry for entry in entries if entry.key == key]
        if not entries:
            raise InputError(
                f"Received run {key!r}; expected one of {study}, as `ebb status {study}` prints it."
            )
    variants = sorted({entry.variant for entry in entries})
    for each in variants:
        _hold(store, study, each)
    _confirm(f"Remove {counted(len(entries), 'record')} of {study}?", yes)
    # A variant that a driver has begun since is not of those that were asked about.
    count = sum(store.remove(study, each, key) for each in variants)
    for each in variants:
        remove_files(store, study, each, None if key is None else entries)
    click.echo(f"{counted(count, 'record')} removed")


@ebb.command()
@click.argument("study")
@click.option(
    "--kind",
    type=click.Choice(
        [
            *("overview", "summary", "per-class", "forgetting", "history", "position"),
            *("gradients", "dead-units", "misclassified", "shares"),
        ]
    ),
    help="[default: shares where scores are 0 or 1, position where the class orders are a Latin "
    "square, overview of more than two conditions, forgetting where it was measured, else summary]",
)
@click.option(
    "--set", "of", help="Evaluated set of --kind per-class, as in gaussian-0.1. [default: test]"
)
@format_option("text", "csv", "json", "markdown", "latex", "parquet")
@figure_option(
    "Draw per-class accuracy over the class segments (position: over recency; overview: every "
    "seed; gradients: by layer; misclassified: the images; "
    "shares: over a parameter)"
)
@variant_option
@store_option
@data_option
def table(
    study: str,
    kind: str | None,
    of: str | None,
    style: str,
    figure: Path | None,
    variant: str | None,
    folder: Path,
    data_dir: Path | None,
) -> None:
    """A study's results over its seeds."""
    from studies.rendering import check_binary
    from studies.reporting import print_table

    if style == "parquet":
        check_binary()
    print_table(Store(folder), study, variant, kind, style, figure, of, data_dir)


@ebb.command()
@click.argument("study")
@format_option("text", "csv", "json", "markdown", "latex")
@variant_option
@store_option
def check(study: str, style: str, variant: str | None, folder: Path) -> None:
    """What was reported elsewhere, beside what was measured here."""
    from studies.reporting import print_check

    if not print_check(Store(folder), study, variant, style):
        raise SystemExit(FELL_SHORT)


@ebb.command()
@click.argument("study")
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option("--metric", help="As in `ebb table`. [default: the study's primary one]")
@click.option("--per-class", is_flag=True, help="Class by class, as one family.")
@click.option("--margin", type=float, help="Points that do not matter, set beforehand.")
@click.option(
    "--correction",
    type=click.Choice(["holm", "bh"]),
    default="holm",
    show_default=True,
    help="Of a family; bh is for exploration.",
)
@click.option("--unpaired", is_flag=True, help="Of a SCORES.csv: its runs share nothing.")
@figure_option("Draw it")
@format_option("text", "json", "markdown", "latex")
@variant_option
@store_option
def compare(
    study: str,
    a: str | None,
    b: str | None,
    metric: str | None,
    per_class: bool,
    margin: float | None,
    correction: str,
    unpaired: bool,
    figure: Path | None,
    style: str,
    variant: str | None,
    folder: Path,
) -> None:
    """Whether a difference is real: conditions A and B of STUDY, or of a file SCORES.csv.

    Without A and B, every comparison that the study plans. The file has the columns condition,
    seed, value (as fractions), and if known class and n_test.
    """
    from studies.comparing import Wanted, compare_scores, compare_study

    if (a is None) != (b is None) or (a is not None and a == b):
        raise InputError(
            f"Received the condition {a!r} alone; expected two different ones, or none."
        )
    pairs = ((a, b),) if a is not None and b is not None else ()
    wanted = Wanted(pairs, metric, per_class, margin, correction)
    if study.lower().endswith((".csv", ".tsv", ".txt")):
        compare_scores(Path(study), not unpaired, wanted).show(style, figure)
        return
    if unpaired:
        raise InputError("Received --unpaired; expected it with a SCORES.csv: a study says itself.")
    compare_study(Store(folder), study, variant, wanted).show(style, figure)


@ebb.command()
@click.option("--difference", type=float, required=True, help="Points worth finding.")
@click.option("--sd", type=float, help="Standard deviation over the seeds, in points.")
@click.option("--pilot", metavar="STUDY", help="Take it from a study in the store.")
@click.option("--conditions", metavar="A,B", help="Of the pilot.")
@click.option("--metric", help="Of the pilot. [default: its primary one]")
@click.option(
    "--correlation", type=float, help="Of the pairs. [default: 0, or the pilot's; 0 is unpaired]"
)
@click.option("--power", type=float, default=0.8, show_default=True)
@format_option("text", "json")
@variant_option
@store_option
def plan(
    difference: float,
    sd: float | None,
    pilot: str | None,
    conditions: str | None,
    metric: str | None,
    correlation: float | None,
    power: float,
    style: str,
    variant: str | None,
    folder: Path,
) -> None:
    """How many seeds a difference needs, before they are run."""
    from studies.planning import print_plan

    if (sd is None) == (pilot is None):
        raise InputError("Received neither or both of --sd and --pilot; expected one of them.")
    print_plan(
        Store(folder), difference, sd, pilot, conditions, metric, correlation, power, style, variant
    )


@ebb.command()
@click.argument("studies", nargs=-1, metavar="STUDY...", required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The page; of several studies the folder. [default: STUDY.html]",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Each figure as .png and .svg as well, and the numbers behind it as .csv.",
)
@click.option(
    "--compare",
    "stores",
    nargs=2,
    type=click.Path(path_type=Path),
    metavar="STORE_A STORE_B",
    help="Instead: what moved between two stores, of two versions for instance.",
)
@variant_option
@store_option
@data_option
def report(
    studies: tuple[str, ...],
    out: Path | None,
    figures: Path | None,
    stores: tuple[Path, Path] | None,
    variant: str | None,
    folder: Path,
    data_dir: Path | None,
) -> None:
    """A study as one HTML page: protocol, verdict, tables, figures, environment.

    The page needs no network and runs nothing. Of several studies, a page each and an index.
    """
    if stores is not None:
        from studies.moved import write_moved

        if figures is not None or len(studies) > 1:
            raise InputError(
                "Received --compare with --figures or several studies; expected one study alone."
            )
        write_moved(Store(stores[0]), Store(stores[1]), studies[0], variant, out)
        return
    from studies.publishing import write_reports

    write_reports(
        Store(folder), studies, variant=variant, out=out, figures=figures, data_dir=data_dir
    )


@ebb.group("data")
def data_group() -> None:
    """The data sets: which there are, what is in one, and bringing in your own."""


@data_group.command("list")
@data_option
def data_list(data_dir: Path | None) -> None:
    """The data sets, and where each comes from."""
    from data import available
    from studies.rendering import clean

    for row in available(data_dir):
        shape = " x ".join(map(str, row.shape)) if row.shape else ""
        click.echo(clean(f"{row.name:<16} {row.status:<12} {shape:<20} {row.where}"))


@data_group.command("show")
@click.argument("name")
@data_option
def data_show(name: str, data_dir: Path | None) -> None:
    """Read and check a data set, and say what is in it."""
    import numpy as np

    from data import load
    from studies.rendering import clean

    dataset = load(name, data_dir)
    x = dataset.x_train
    click.echo(clean(f"{dataset.name}, from {dataset.source}"))
    click.echo(f"inputs: {' x '.join(map(str, x.shape[1:]))} {x.dtype}, {x.min()} to {x.max()}")
    for part, labels in (("train", dataset.y_train), ("test", dataset.y_test)):
        counts = " ".join(map(str, np.bincount(labels, minlength=dataset.classes)))
        click.echo(
            f"{part}: {len(labels)} examples; per class 0 to {dataset.classes - 1}: {counts}"
        )
    click.echo(f"checksum: {dataset.checksum}")


@data_group.command("import")
@click.argument("name")
@click.argument("source", type=click.Path(path_type=Path))
@data_option
def data_import(name: str, source: Path, data_dir: Path | None) -> None:
    """Check the files in SOURCE and keep them as the data set NAME."""
    from data import import_folder
    from studies.rendering import clean

    if data_dir is None:
        raise InputError("Received no --data-dir; expected the folder to keep the data set in.")
    click.echo(clean(f"kept as {import_folder(name, source, data_dir)}"))


@ebb.group("store")
def store_group() -> None:
    """The store itself: whether it is sound, and its content as tables for other programs."""


@store_group.command("check")
@store_option
def store_check(folder: Path) -> None:
    """Read all of a store; a line for each fault says which run, and how to mend it."""
    from studies.soundness import check_store

    if not check_store(Store(folder)):
        raise SystemExit(FELL_SHORT)


@store_group.command("export")
@click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="parquet needs the extra of that name.",
)
@click.option("--study", help="Only this one. [default: all]")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@store_option
def store_export(target: Path, style: str, study: str | None, force: bool, folder: Path) -> None:
    """Write the records as tables into FOLDER: runs, evaluations, confusion, history.

    Figures are in full precision, accuracies fractions. `run` and `evaluation` number the rows of
    the first two tables, and join the others to them.
    """
    from studies.exporting import export
    from studies.reading import study_name

    export(Store(folder), target, style, study and study_name(study), force)


def main() -> None:
    """Run the command line; whatever is wrong with a call is said in one line."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by the caller: `ebb list >&-`
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
    with contextlib.suppress(AttributeError):  # a stream of somebody's own takes any text
        # A file's name may hold bytes that are no text: shown as escapes on either stream.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        # Click's own main() prints errors in several lines and hides broken pipes.
        with interruptible(), ebb.make_context("ebb", sys.argv[1:]) as context:
            ebb.invoke(context)
        sys.stdout.flush()
        code = DONE
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = DONE
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        path = where.command_path if where else "ebb"
        code = _refuse(f"{error.format_message()} (see `{path} --help`)")
    except InputError as error:
        code = _refuse(str(error))
    except (KeyboardInterrupt, click.Abort) as end:
        code = end.status if isinstance(end, Interrupted) else INTERRUPTED
    except BrokenPipeError:
        code = DONE  # the reader of our output (head, less) has seen enough
    except OSError as error:
        code = _refuse(f"Received a place to write to that takes nothing: {error.strerror}.")
    # What could not be written above cannot be written at exit either.
    for written in (sys.stdout, sys.stderr):
        try:
            written.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), written.fileno())
    sys.exit(code)


def _import_for_the_answer() -> None:
    for module in ("studies.reporting", "analysis.wording", "rich.table"):
        import_module(module)


def _refuse(message: str) -> int:
    from studies.rendering import clean

    _remark(f"ebb: {clean(' '.join(message.split()))}")
    return WRONG_CALL


def _remark(line: str) -> None:
    """Say something beside the answer, if somebody is still there to read it."""
    with contextlib.suppress(OSError):
        click.echo(line, err=True)


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(
            f"{question} Received no answer; expected --yes where nobody can be asked."
        )
    click.confirm(question, abort=True)


def _hold(store: Store, study: str, variant: str) -> None:
    """Be the only process that writes these records, until the command ends."""
    from core.lock import held

    remark = click.get_current_context().with_resource(held(store.folder, study, variant))
    if remark:
        _remark(f"note: {remark}")


def _seeds(text: str) -> list[int]:
    """`5` is five seeds, 0 to 4; `3-7` is the seeds 3 to 7."""
    first, dash, last = text.partition("-")
    try:
        start, end = (int(first), int(last) + 1) if dash else (0, int(first))
    except ValueError:
        start = end = 0
    if not 0 < end - start <= MOST_SEEDS or end > LARGEST_SEED:
        raise InputError(
            f"Received seeds {text!r}; expected a number from 1 to {MOST_SEEDS:,} (5: seeds 0 to "
            "4), or the first and the last (3-7)."
        )
    return list(range(start, end))


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


if __name__ == "__main__":
    main()
