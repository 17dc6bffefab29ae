"""`ebb data`: the data sets."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from analysis.rendering.text import clean
from core.examples.implausible import implausible
from data import InputError, available, import_folder, load
from studies.commands.options import data_option


@click.group("data")
def data_group() -> None:
    """The data sets: which there are, what is in one, and bringing in your own."""


@data_group.command("list")
@data_option
def data_list(data_dir: Path | None) -> None:
    """The data sets, and where each comes from."""
    for row in available(data_dir):
        shape = " x ".join(map(str, row.shape)) if row.shape else ""
        click.echo(clean(f"{row.name:<16} {row.status:<12} {shape:<20} {row.where}"))


@data_group.command("show")
@click.argument("name")
@data_option
def data_show(name: str, data_dir: Path | None) -> None:
    """Read and check a data set, and say what is in it."""
    dataset = load(name, data_dir)
    x = dataset.x_train
    click.echo(clean(f"{dataset.name}, from {dataset.source}"))
    shape = " x ".join(map(str, x.shape[1:]))
    click.echo(f"inputs: {shape} {x.dtype}")
    names = dataset.class_names or range(dataset.classes)
    if words := dataset.class_labels:
        named = zip(names, words, strict=True)
        click.echo(clean(f"classes: {', '.join(f'{name} {word}' for name, word in named)}"))
    parts = {"train": dataset.y_train, "test": dataset.y_test, "validation": dataset.y_val}
    for part, labels in parts.items():
        if labels is None:
            continue
        counts = " ".join(map(str, np.bincount(labels, minlength=dataset.classes)))
        low, high = dataset.plausibility.ranges[part]
        click.echo(
            f"{part}: {len(labels)} examples, {low:.6g} to {high:.6g}; per class {names[0]} to "
            f"{names[-1]}: {counts}"
        )
    for said in filter(None, [dataset.note, *map(str, implausible(dataset, ()))]):
        click.echo(clean(said))
    click.echo(f"checksum: {dataset.checksum}")


@data_group.command("import")
@click.argument("name")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--labels",
    type=click.Choice(["fine", "coarse"]),
    help="Of CIFAR-100, which has 100 and 20. [default: fine]",
)
@data_option
def data_import(name: str, source: Path, labels: Any, data_dir: Path | None) -> None:
    """Check the files in SOURCE and keep them as the data set NAME."""
    if data_dir is None:
        raise InputError("Received no --data-dir; expected the folder to keep the data set in.")
    click.echo(clean(f"kept as {import_folder(name, source, data_dir, labels=labels)}"))
