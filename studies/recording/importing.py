"""`ebb import`: the results of other programs become records."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

import numpy as np

from analysis.runs import R_KNOWN
from core.results import HistoryRow
from core.storage.store import Store
from data import InputError
from studies.recording import curves, matrices
from studies.recording.imported import EXPECTED, Definition, Imported, text_of, words_of
from studies.recording.label import OWN_DATA, Label, refuse_what_is_there

Rows = list[list[str]]
Reader = Callable[[Path, Rows], list[Imported]]
PRINTED = 2e-3
"""How far a mean of accuracies printed to four digits, or to .1 %, may be from its own."""


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: What it is called.
        definition: Which forgetting the program computes.
        of_one_run: Whether several files are one run's.
    """

    name: str
    definition: Definition | None = None
    of_one_run: bool = False


MATRIX = Kind("a matrix R")
MAMMOTH = Kind("Mammoth's lines of results", matrices.BEST_MINUS_LAST)
TABLES: tuple[tuple[Callable[[list[str]], bool], Reader, Kind], ...] = (
    (
        matrices.is_avalanche,
        matrices.read_avalanche,
        Kind("Avalanche's eval_results.csv", matrices.FIRST_MINUS_LAST),
    ),
    (
        lambda header: header == curves.TENSORBOARD,
        curves.read_tensorboard,
        Kind("a scalar of TensorBoard", of_one_run=True),
    ),
    (curves.is_wandb_panel, curves.read_wandb_panel, Kind("a panel of W&B")),
    (lambda header: "_step" in header, curves.read_wandb_history, Kind("a history of W&B")),
    (curves.is_by_epochs, curves.read_by_epochs, Kind("figures by epochs")),
    (lambda header: True, matrices.read_csv, MATRIX),
)
"""What a table is: whether a header is such a one's, what reads it; the first that fits."""


def import_results(
    files: Sequence[Path],
    store: Store,
    first: Label,
    *,
    overwrite: bool,
    runs: Sequence[str] = (),
) -> list[str]:
    """Record the runs in some files, all of them or none; what to say of them.

    Args:
        files: Of one kind; their runs are numbered in their order.
        store: Where to.
        first: The label of the first run; its settings are those that the files say, and without
            a data set its name is too.
        overwrite: Whether to replace results of the same runs.
        runs: Only those that the files call so; all if none is named.

    Raises:
        InputError: A file that cannot be read, is damaged or of no known kind; files of several
            kinds or settings; a run that is recorded already.
    """
    places = [file.resolve() for file in files]
    times = Counter(places)
    if twice := [file for file, at in zip(files, places, strict=True) if times[at] > 1]:
        raise InputError(
            f"Received {str(twice[-1])!r} twice; expected each file once: it is one run."
        )
    kind, found = _found(files, runs)
    settings = {"imported from": kind.name, **found[0][1].settings}
    records = []
    for i, (_, run) in enumerate(found):
        dataset = first.dataset or run.dataset or OWN_DATA
        label = replace(first, seed=first.seed + i, settings=settings, dataset=dataset)
        arrays = {} if run.accuracies is None else {R_KNOWN: run.accuracies}
        status = "diverged" if _ended_without_loss(run.history) else "finished"
        record = label.record(status=status, history=run.history, arrays=arrays)
        records.append((label, record))
    refuse_what_is_there(store, [label for label, _ in records], overwrite)
    store.save_all([(record, label.digest) for label, record in records], planned=0)
    last = first.seed + len(found) - 1
    seeds = f"seed {last}" if len(found) == 1 else f"seeds {first.seed} to {last}"
    called = ", ".join(run.run for _, run in found if run.run)
    names = f" ({called})" if called else ""
    return [f"{kind.name}: {first.condition}, {seeds}{names}", *_on_forgetting(kind, found)]


def _ended_without_loss(history: Sequence[HistoryRow]) -> bool:
    """Whether the last value of a loss is no finite number: the training diverged."""
    last = {name: value for *_, name, value in history}
    return any("loss" in words_of(name) and not isfinite(value) for name, value in last.items())


def _found(files: Sequence[Path], runs: Sequence[str]) -> tuple[Kind, list[tuple[Path, Imported]]]:
    """What kind of file these are, and their runs."""
    read = [_read(file) for file in files]
    kind = read[0][0]
    if other := next((each for each, _ in read if each != kind), None):
        raise InputError(
            f"Received {kind.name} and {other.name}; expected files of one kind: import each kind "
            "by itself."
        )
    found = [(file, run) for file, (_, each) in zip(files, read, strict=True) for run in each]
    if runs:
        names = [run.run for _, run in found]
        if missing := [each for each in runs if each not in names]:
            raise InputError(
                f"Received run {missing[0]!r}; expected one that the files name: "
                f"{', '.join(filter(None, names)) or 'they name none'}."
            )
        found = [(file, run) for file, run in found if run.run in runs]
    if kind.of_one_run:
        found = [(files[0], curves.together(found))]
    settings = found[0][1].settings
    if apart := next((file for file, run in found if run.settings != settings), None):
        raise InputError(
            f"Received {str(apart)!r} with runs of several settings ({_apart(found)}); expected "
            "one condition's: import each condition by itself."
        )
    return kind, found


def _read(file: Path) -> tuple[Kind, list[Imported]]:
    """What kind of file it is, and its runs."""
    if file.suffix == ".npy":
        return MATRIX, matrices.read_npy(file)
    text = text_of(file)
    if text.lstrip().startswith("{") and "_task1'" in text:
        return MAMMOTH, matrices.read_mammoth(file, text)
    if text.lstrip()[:1] in ("{", "["):
        raise InputError(f"Received {str(file)!r}, which is JSON or the like; expected {EXPECTED}.")
    rows = matrices.rows_of(text)
    if not rows:
        raise InputError(f"Received {str(file)!r}, which is empty; expected {EXPECTED}.")
    if rows[0][0] in curves.UNNAMED and matrices.is_avalanche(rows[0][1:]):  # pandas' index
        rows = [row[1:] for row in rows]
    read, kind = next((read, kind) for fits, read, kind in TABLES if fits(rows[0]))
    return kind, read(file, rows)


def _apart(found: list[tuple[Path, Imported]]) -> str:
    """The settings in which runs differ."""
    names = dict.fromkeys(name for _, run in found for name in run.settings)
    values = {name: dict.fromkeys(run.settings.get(name) for _, run in found) for name in names}
    return "; ".join(
        f"{name}: {', '.join(map(str, each))}" for name, each in values.items() if len(each) > 1
    )


def _on_forgetting(kind: Kind, found: list[tuple[Path, Imported]]) -> list[str]:
    """Which forgetting the program computes, and whether its own figures follow from R."""
    if kind.definition is None:
        return []
    lines = [kind.definition.said]
    for file, run in found:
        if run.reported is None or run.accuracies is None:
            continue
        own = kind.definition.figure(run.accuracies[1:])
        same = np.isclose(own, run.reported, rtol=0, atol=PRINTED)
        lines.append(
            f"{file}: it reports {100 * run.reported:.2f} points, from R follow "
            f"{100 * own:.2f}{'' if same else ': NOT the same'}"
        )
    return lines
