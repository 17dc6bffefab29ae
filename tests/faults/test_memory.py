"""A worker's memory does not grow with the runs that it has done."""

import os
from pathlib import Path

import pytest

from core import Recipe, spec
from data import load
from studies.running import executor
from studies.running.executor import CONDITIONS, Job, in_processes
from tests.faults.conftest import children

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc"),
]


def resident(process: int) -> float:
    """The memory of a process that is in use, in megabytes."""
    (line,) = [
        line
        for line in Path(f"/proc/{process}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


def jobs(conditions: int, seeds: int) -> list[Job]:
    """The smallest trainings, of networks that are all of another structure."""
    checksum = load("digits").checksum
    recipes = [
        Recipe(
            dataset="digits",
            model=spec("mlp", widths=(8 + i,), dropout=0.5),
            preprocessing=("scale",),
            batch_size=100,
            epochs=1,
        )
        for i in range(conditions)
    ]
    return [
        Job(
            key=recipe.key(seed, checksum),
            study="tiny",
            variant="full",
            condition=f"condition-{i}",
            seed=seed,
            recipe=recipe,
            data=(checksum,),
        )
        for i, recipe in enumerate(recipes)
        for seed in range(seeds)
    ]


def after_each_run(todo: list[Job], folder: Path) -> list[tuple[int, float]]:
    """The process of the one worker and its memory, after each run."""
    before, found = set(children(os.getpid())), []
    with in_processes(todo, workers=1, logs=folder) as events:
        for event in events:
            if event.kind not in ("started", "epoch"):
                assert event.kind == "record", event
                (worker,) = set(children(os.getpid())) - before
                found.append((worker, resident(worker)))
    return found


def test_three_hundred_runs_of_one_condition(tmp_path):
    found = after_each_run(jobs(1, 300), tmp_path)
    print(f"after run 50: {found[49][1]:.0f} MB, after run 300: {found[299][1]:.0f} MB")
    assert len({worker for worker, _ in found}) == 1
    assert found[299][1] < 1.05 * found[49][1]


def test_thirty_conditions_of_different_structures(tmp_path):
    found = after_each_run(jobs(30, 10), tmp_path)
    assert len({worker for worker, _ in found}) == 30 / CONDITIONS
    peaks = [
        max(size for worker, size in found if worker == each)
        for each in dict.fromkeys(worker for worker, _ in found)
    ]
    print(f"after run 50: {found[49][1]:.0f} MB, after run 300: {found[299][1]:.0f} MB; {peaks}")
    # What TensorFlow does not forget goes with its process: the third is as large as the first.
    assert max(peaks) < 1.05 * peaks[0]


def test_another_worker_for_other_conditions_leaves_the_same_bytes(tmp_path, monkeypatch):
    def digests() -> list[str]:
        with in_processes(jobs(3, 2), workers=1, logs=tmp_path) as events:
            return [event.value.digest() for event in events if event.kind == "record"]

    kept = digests()
    monkeypatch.setattr(executor, "CONDITIONS", 1)
    assert digests() == kept
