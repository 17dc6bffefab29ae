"""A folder with a store of every kind of record, made once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import Store, spec
from core.notes import note
from core.schedule.orders import ClassSequential
from studies.definition.catalogue import find
from studies.definition.scoring import Scoring
from tests.fuzz.calling import Idle, World
from tests.studies.conftest import (
    OTHER_ENVIRONMENT,
    keep,
    made_in_tasks,
    made_record,
    measured_record,
    tiny,
)

MINE = """
from core import Recipe, spec
from studies import Interaction, Study

recipe = Recipe(dataset="digits", model=spec("mlp"), epochs=2)
study = Study(
    name="mine",
    question="Is it kept?",
    conditions={
        name: Recipe(dataset="digits", model=spec("mlp"), epochs=epochs)
        for epochs, name in enumerate(("plain", "noisy", "in-order", "both"), 2)
    },
    seeds=3,
    comparisons=(("plain", "noisy"),),
    interactions=(
        Interaction(a="a", b="b", neither="plain", only_a="noisy", only_b="in-order", both="both"),
    ),
    margin=1,
)
"""


def fill(store: Store) -> None:
    """Records of every kind that reading knows."""
    for seed in range(3):
        keep(
            store,
            made_record("shuffled", seed, accuracy=0.9 + 0.05 * (seed % 2)),
            made_record("class-sequential", seed, accuracy=0.5 + 0.05 * seed),
            *(
                made_record(
                    name,
                    seed,
                    study="mine",
                    accuracy=0.6 + 0.1 * epochs - 0.05 * (seed % 2),
                    recipe=tiny(preprocessing=(), batch_size=32, epochs=epochs),
                    segments=False,
                )
                for epochs, name in enumerate(("plain", "noisy", "in-order", "both"), 2)
            ),
        )
        for name in ("a", "b"):
            recipe = tiny(model=spec("mlp"), preprocessing=(), batch_size=32)
            accuracy = 0.5 + 0.1 * seed + 0.2 * (name == "a")
            record = made_record(name, seed, study="ab", accuracy=accuracy, recipe=recipe)
            keep(store, record)
    keep(store, made_record("shuffled", 3, status="diverged", evaluations=(), segments=False))
    keep(store, made_record("shuffled", 4, status="failed", error="E: no", evaluations=()))
    keep(
        store,
        made_record(
            "shuffled", 0, environment=OTHER_ENVIRONMENT, notes=(note("data", said="old"),)
        ),
    )
    keep(store, made_record(variant="quick"), made_record(variant="epochs=2,dataset=digits"))
    for seed in (0, 1):
        keep(store, measured_record("measured", seed, study="measured"))
        tasks = made_in_tasks("shuffled", seed)
        keep(store, replace(tasks, study="tasks", condition="tasks"))
        order = ClassSequential("latin-square")
        recipe = replace(find("class-position").conditions["class-sequential"], order=order)
        keep(
            store,
            made_record("class-sequential", seed, study="class-position", recipe=recipe),
            made_record("shuffled", seed, study="class-position"),
        )
    polynomials = find("polynomial-degree")
    for name in list(polynomials.conditions)[:3]:
        scoring = polynomials.conditions[name]
        assert isinstance(scoring, Scoring)
        for seed in range(2):
            record = scoring.run(seed, study=polynomials.name, variant="full", condition=name)
            store.save(record, scoring.digest(), 2)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as every example finds it."""
    folder = tmp_path_factory.mktemp("pristine")
    fill(Store(folder / "results"))
    (folder / "mine.py").write_text(MINE)
    (folder / "broken.py").write_text("study = Study(")
    (folder / "none.py").write_text("study = 3\n")
    for name in ("folder", "folder.py", "folder.csv", "folder.npz", "folder.png"):
        (folder / name).mkdir()
    rows = [f"{c},{seed},0.{seed + 5}{i}" for i, c in enumerate("ab") for seed in range(4)]
    (folder / "scores.csv").write_text("\n".join(("condition,seed,value", *rows, "")))
    (folder / "empty.csv").write_text("")
    (folder / "empty.npz").write_text("")
    arrays = {
        "x_train": np.arange(400, dtype=np.uint8).reshape(100, 2, 2),
        "y_train": np.arange(100) % 2,
        "x_test": np.arange(40, dtype=np.uint8).reshape(10, 2, 2),
        "y_test": np.arange(10) % 2,
    }
    np.savez(folder / "fruit.npz", **arrays)
    (folder / "data" / "own").mkdir(parents=True)
    np.savez(folder / "data" / "own" / "own.npz", **arrays)
    np.savez(folder / "line\nend\x1b[2J\u202e.npz", **arrays)
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, pristine: Path) -> Iterator[World]:
    """The folder that a module's calls stand in; no call trains, asks a network or listens."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("world")
        patch.chdir(folder)
        for name in ("EBB_STORE", "NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        # Published data sets are looked for there and nowhere else.
        patch.setenv("EBB_DATA", "data")
        patch.setattr("studies.running.runner.in_processes", Idle())
        yield World(folder, pristine)
