"""Hand-made records, a command line called in this process, and two studies that really run."""

import contextlib
import importlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import studies
from core import Evaluation, Recipe, Record, Store, Tasks, environment, spec
from data import load
from studies.definition.catalogue import find
from studies.running.executor import Event, Job

HOUSE = Path(studies.__file__).parent.parent
OTHER_ENVIRONMENT = {**environment(), "numpy": "0.0.1"}


class Call(NamedTuple):
    """What a call of `ebb` left."""

    status: int
    out: str
    err: str


def refused(call: Call) -> str:
    """The line of a refused call: status 2, nothing on standard output, one line, no traceback."""
    assert call.status == 2, call
    assert call.out == "", call
    assert call.err.count("\n") == 1, call
    assert call.err.startswith("ebb: "), call
    assert "Traceback" not in call.err
    return call.err


def fresh_environment(**more: str) -> dict[str, str]:
    """The environment variables of a user's shell."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("EBB_STORE", "PYTHONUNBUFFERED")}
    return inherited | {"TF_CPP_MIN_LOG_LEVEL": "3"} | more


def command(*words: str | Path) -> list[str]:
    """`ebb` in a process of its own."""
    return [sys.executable, "-P", "-m", "studies", *map(str, words)]


def in_a_process(*words: str | Path, folder: Path, **variables: str) -> Call:
    done = subprocess.run(
        command(*words),
        cwd=folder,
        env=fresh_environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Call(done.returncode, done.stdout, done.stderr)


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test stands in its own folder; modules loaded from there are forgotten after it."""
    monkeypatch.chdir(tmp_path)
    for name in ("EBB_STORE", "EBB_DATA", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def ebb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Call]:
    """`ebb` in this process, as its entry point runs it."""
    from studies import cli

    def call(*words: str | Path) -> Call:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "argv", ["ebb", *map(str, words)])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
                status: Any = 0
            except SystemExit as end:
                status = end.code or 0
        return Call(status, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The store that `ebb` uses where it is not told another."""
    return Store(tmp_path / "results")


def confusion(right: float, classes: int = 10, each: int = 20) -> np.ndarray:
    """A confusion matrix: so much of each class is right, the rest goes to the next class."""
    hits = round(right * each)
    matrix = np.eye(classes, dtype=np.int64) * hits
    return matrix + np.roll(np.eye(classes, dtype=np.int64), 1, axis=1) * (each - hits)


def looks(accuracy: float, segments: bool, epochs: int = 2) -> tuple[Evaluation, ...]:
    """The evaluations of a run of two epochs in ten segments."""
    made = [Evaluation("test", 0, 0, 0, confusion(0.1), 2.3)]
    if segments:
        made.insert(0, Evaluation("test-sample", 0, 0, 0, confusion(0.1), 2.3))
    for epoch in range(1, epochs + 1):
        for segment in range(1, 11 if segments else 1):
            step = 10 * (epoch - 1) + segment
            made.append(Evaluation("test-sample", epoch, segment, step, confusion(accuracy), 0.5))
        for name in ("test", "validation"):
            made.append(Evaluation(name, epoch, 10, 10 * epoch, confusion(accuracy), 0.5))
    return tuple(made)


def made_record(
    condition: str = "shuffled",
    seed: int = 0,
    *,
    accuracy: float = 0.9,
    study: str = "class-order",
    variant: str = "full",
    recipe: Recipe | None = None,
    segments: bool = True,
    **more: Any,
) -> Record:
    """A record as a run would have left it, without one."""
    recipe = recipe or find("class-order").conditions[condition]
    given = {
        "data": "d" * 64,
        "environment": environment(),
        "status": "finished",
        "seconds": {"train": 2.0, "evaluate": 1.0},
        "history": ((1, 10, "loss", 0.7), (2, 20, "loss", 0.5)),
        "evaluations": looks(accuracy, segments),
        "arrays": {"class_segments": np.tile(np.arange(1, 11, dtype=np.int32), (2, 1))}
        if segments
        else {},
    } | more
    return Record(
        key=recipe.key(seed, given["data"]),
        study=study,
        variant=variant,
        condition=condition,
        seed=seed,
        recipe=recipe.to_json(),
        **given,
    )


def measured_record(condition: str = "shuffled", seed: int = 0, **more: Any) -> Record:
    """A record of a run on digits that measured everything."""
    digits = load("digits")
    arrays = {
        "layers": np.array(["dense", "dense_1"]),
        "gradient_norms": np.array([[1e-30, 2], [0, 3 + seed]], dtype=np.float32),
        "weight_norms": np.ones((2, 2), dtype=np.float32),
        "relu_layers": np.array(["activation"]),
        "relu_units": np.array([8], dtype=np.int32),
        "dead_units": np.array([[0], [1 + seed]], dtype=np.int32),
        "misclassified": np.array([[p, digits.y_test[p], 9] for p in range(15)], np.int32),
    }
    given = {"recipe": tiny(), "segments": False, "arrays": arrays, "data": digits.checksum}
    return made_record(condition, seed, **given | more)


def made_in_tasks(condition: str = "shuffled", seed: int = 0, kept: float = 0.5) -> Record:
    """A record of five tasks of two classes: all is learned, of earlier tasks so much is kept."""
    order = Tasks(groups=((0, 1), (2, 3), (4, 5), (6, 7), (8, 9)), epochs_each=2)
    recipe = replace(find("class-order").conditions["shuffled"], order=order, epochs=10)
    labels, rng = np.arange(10), np.random.default_rng(0)
    epochs = [order(labels, epoch=e, batch_size=2, rng=rng) for e in range(1, 11)]
    segments = np.array([schedule.segment_of_class for schedule in epochs])
    made = [Evaluation("test-sample", 0, 0, 0, confusion(0.1), 2.3)]
    for epoch in range(1, 11):
        met = segments[:epoch].any(axis=0)
        right = np.where(segments[epoch - 1] > 0, 1.0, kept) * met
        hits = np.rint(20 * right).astype(np.int64)
        # What is wrong is taken for a class of the epoch's own task.
        counts = np.diag(hits)
        counts[:, segments[epoch - 1].argmax()] += 20 - hits
        for name in ("test-sample", "test"):
            made.append(Evaluation(name, epoch, 1, epoch, counts, 0.5))
    arrays = {"class_segments": segments}
    return made_record(condition, seed, recipe=recipe, evaluations=tuple(made), arrays=arrays)


def keep(store: Store, *records: Record, planned: int = 2) -> None:
    """Save records under the digest of their recipe."""
    for record in records:
        store.save(record, Recipe.from_json(record.recipe).digest(), planned)


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with two seeds of both conditions of `class-order`, in full."""
    for seed in (0, 1):
        keep(
            store,
            made_record("shuffled", seed, accuracy=0.9 + 0.05 * seed),
            made_record("class-sequential", seed, accuracy=0.5 + 0.05 * seed),
        )
    return store


def outcome(job: Job, **more: Any) -> Record:
    """What a worker would have returned for a job."""
    given = {"data": load(job.recipe.dataset, job.data_dir).checksum} | more
    return made_record(
        job.condition, job.seed, study=job.study, variant=job.variant, recipe=job.recipe, **given
    )


class FakeWorkers:
    """An executor that trains nothing; it remembers what it was asked for.

    Args:
        end: The last event of a job: a kind and a value.
    """

    def __init__(self, end: Callable[[Job], tuple[str, Any]] | None = None) -> None:
        self.end = end or (lambda job: ("record", outcome(job)))
        self.asked: list[tuple[str, int]] = []

    @contextlib.contextmanager
    def __call__(self, jobs: Sequence[Job], **_: Any) -> Iterator[Iterator[Event]]:
        yield self.events(jobs)

    def events(self, jobs: Sequence[Job]) -> Iterator[Event]:
        for job in jobs:
            if job.only_check:
                yield Event(job, "checked")
                continue
            self.asked.append((job.condition, job.seed))
            yield Event(job, "started")
            yield Event(job, "epoch", 1)
            yield Event(job, *self.end(job))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> FakeWorkers:
    """The command line's workers, replaced by ones that train nothing."""
    fake = FakeWorkers()
    monkeypatch.setattr("studies.running.runner.in_processes", fake)
    return fake


def tiny(**changes: Any) -> Recipe:
    """The smallest real training."""
    given: dict[str, Any] = {
        "dataset": "digits",
        "model": spec("mlp", widths=(8,), dropout=0.5),
        "preprocessing": ("scale",),
        "batch_size": 100,
        "epochs": 2,
    }
    return Recipe(**(given | changes))


SOUND = '''
"""A user's study with a builder of its own and a callback that observes."""

import os

from core import Recipe, spec
from studies import Study

WIDTH = 8


def hidden(n):
    from keras import layers

    return [layers.Dense(n, activation="relu"), layers.Dropout(0.5)]


def build(shape, classes):
    from keras import Sequential, layers

    first = [layers.Input(shape), layers.Flatten()]
    return Sequential([*first, *hidden(WIDTH), layers.Dense(classes, activation="softmax")])


def callbacks(condition, seed):
    import keras

    class Witness(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            with open(os.environ["WITNESS"], "a") as file:
                print(os.getpid(), condition, seed, epoch, sorted(logs), file=file)

    return [Witness()]


def recipe(**more):
    given = {"dataset": "digits", "model": spec(build), "preprocessing": ("scale",)}
    return Recipe(**(given | {"batch_size": 100, "epochs": 2, "compiler": "graph"} | more))


study = Study(
    name="sound",
    question="Does a study of one's own run?",
    conditions={
        "own": recipe(),
        "named": recipe(model=spec("mlp", widths=(8,), dropout=0.5)),
        "wild": recipe(optimiser=spec("SGD", learning_rate=1e30)),
    },
    seeds=2,
    comparisons=(("own", "named"),),
    callbacks=callbacks,
)
'''

FAULTY = '''
"""A user's study in which several things go wrong."""

import os

from core import Recipe, spec
from studies import Study


def callbacks(condition, seed):
    import keras

    if condition == "dies" and seed == 1:
        os._exit(3)
    if condition == "raises" and seed == 1:
        raise RuntimeError("the first line\\nthe second line")

    class Meddler(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if condition == "meddles":
                self.model.set_weights([0.5 * w for w in self.model.get_weights()])

    return [Meddler()]


recipe = Recipe(
    dataset="digits",
    model=spec("mlp", widths=(8,)),
    preprocessing=("scale",),
    batch_size=200,
    epochs=1,
    compiler="graph",
)
study = Study(
    name="faulty",
    question="What does a fault cost?",
    conditions={"dies": recipe, "raises": recipe, "meddles": recipe},
    seeds=3,
    callbacks=callbacks,
)
'''

DRIVER = """
import json, os, sys
from studies import cli
sys.argv[0] = "ebb"
try:
    cli.main()
finally:
    heavy = [m for m in ("tensorflow", "keras", "seaborn") if m in sys.modules]
    with open(os.environ["LOADED"], "w") as file:
        json.dump({"heavy": heavy, "pid": os.getpid()}, file)
"""


class Finished(NamedTuple):
    """A study that really ran."""

    folder: Path
    file: Path
    store: Store
    call: Call
    witness: Path
    loaded: Path


def really_run(folder: Path, name: str, source: str, *options: str) -> Finished:
    file = folder / f"{name}.py"
    file.write_text(source)
    ran = Finished(
        folder, file, Store(folder / "results"), Call(0, "", ""), folder / "seen", folder / "loaded"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", DRIVER, "run", file.name, *options],
        cwd=folder,
        env=fresh_environment(WITNESS=str(ran.witness), LOADED=str(ran.loaded)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return ran._replace(call=Call(done.returncode, done.stdout, done.stderr))


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A user's sound study, run by one worker."""
    return really_run(tmp_path_factory.mktemp("one"), "sound", SOUND, "--workers", "1")


@pytest.fixture(scope="session")
def sound_with_two(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The same study, run by two workers."""
    return really_run(tmp_path_factory.mktemp("two"), "sound", SOUND, "--workers", "2")


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A user's study whose runs die, raise and meddle."""
    return really_run(tmp_path_factory.mktemp("faulty"), "faulty", FAULTY, "--workers", "1")
