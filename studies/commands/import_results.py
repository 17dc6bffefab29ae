"""`ebb import`: results of other programs."""

from pathlib import Path

import click

from core.storage.store import Store
from studies.commands.options import note, store_option
from studies.recording.importing import import_results
from studies.recording.label import SCENARIOS, Label


@click.command("import")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
)
@click.option("--study", required=True, metavar="NAME", help="Whose records they become.")
@click.option("--condition", required=True, metavar="NAME", help="What is compared: the method.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Of the first run; those after it count on.",
)
@click.option(
    "--scenario",
    type=click.Choice(SCENARIOS),
    default="class",
    show_default=True,
    help="Which outputs compete for a test example: of all classes, the task's own, or shared.",
)
@click.option(
    "--dataset", metavar="NAME", help="What it was trained on. [default: as the file says]"
)
@click.option(
    "--run", "runs", multiple=True, metavar="NAME", help="Only this run of a W&B panel. [all]"
)
@click.option("--overwrite", is_flag=True, help="Replace results of the same runs.")
@store_option
def import_command(  # a user's options
    files: tuple[Path, ...],
    study: str,
    condition: str,
    seed: int,
    scenario: str,
    dataset: str | None,
    runs: tuple[str, ...],
    overwrite: bool,
    folder: Path,
) -> None:
    """Results of other programs as records of a study, of which every command then tells.

    Read are matrices R (.npy or CSV; the accuracy on task j after task i), Avalanche's
    eval_results.csv, Mammoth's logs.pyd, figures by epochs (the CSVLogger of Keras and of
    Lightning, Keras' history), and CSV files that TensorBoard and W&B export. The runs of a W&B
    panel are taken for seeds; where they are methods, `--run` names those of one.
    """
    first = Label(
        study=study, condition=condition, seed=seed, scenario=scenario, dataset=dataset or ""
    )
    for line in import_results(files, Store(folder), first, overwrite=overwrite, runs=runs):
        note(line)
