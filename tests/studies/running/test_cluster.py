"""Real Dask schedulers and workers on this machine; most runs are scores, without TensorFlow."""

import asyncio
import contextlib
import json
import os
import queue
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from core import Store, spec
from data import InputError
from studies.definition.catalogue import load_file
from studies.definition.scoring import Scoring
from studies.running import cluster, remote
from studies.running.executor import Job
from studies.running.place import Place, RemoteWorker, compare
from studies.running.remote import look
from tests.studies.conftest import (
    SOUND,
    fresh_environment,
    in_a_process,
    made_record,
    really_run,
    refused,
    tiny,
)
from tests.studies.running.test_executor import digests, gone_within

pytest.importorskip("distributed")

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "cluster.md").read_text()

SCORES = '''
"""Scores that wait while there is a file `slowly`; the first two tell who works at them."""

import os
import time
from pathlib import Path

from core import spec
from studies import Study
from studies.definition.scoring import Scoring


def scores(seed):
    if seed == 4:
        raise RuntimeError("the first line\\nthe second line")
    Path(f"begun-{seed}").write_text(str(os.getpid()))
    while Path("slowly").exists() and seed < 2:
        time.sleep(0.05)
    return {"luck": seed / 10}


study = Study(
    name="slow_scores",
    question="Does it end?",
    conditions={"a": Scoring(spec(scores), dataset="nothing")},
    primary="luck",
    seeds=4,
)
'''

DRIVER = """
import sys
from studies import cli
from studies.running import cluster
exec(sys.argv.pop(1), vars(cluster))
sys.argv[0] = "ebb"
cli.main()
"""


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


class Dask(NamedTuple):
    """Processes of Dask in a folder of their own."""

    folder: Path
    address: str
    processes: list[subprocess.Popen]

    def start(self, line: str, **variables: str) -> subprocess.Popen:
        """A line such as `dask worker ADDRESS`, typed in the folder."""
        words = shlex.split(line.removesuffix("&"))
        assert words[0] == "dask"
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", *words],
                cwd=self.folder,
                env=fresh_environment(DASK_TEMPORARY_DIRECTORY=str(self.folder), **variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, threads: int = 1, **variables: str) -> subprocess.Popen:
        """Without the nanny that would start it again."""
        own = "--no-nanny --host 127.0.0.1 --dashboard-address 127.0.0.1:0"
        return self.start(f"dask worker {self.address} --nthreads {threads} {own}", **variables)


@contextlib.contextmanager
def dask(folder: Path) -> Iterator[Dask]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = Dask(folder, f"tcp://127.0.0.1:{port}", [])
    try:
        yield started
    finally:
        for process in reversed(started.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def start_scheduler(started: Dask) -> subprocess.Popen:
    port = started.address.rpartition(":")[2]
    own = "--host 127.0.0.1 --dashboard-address 127.0.0.1:0"
    return started.start(f"dask scheduler --port {port} {own}")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dask, str, Path]]:
    """The cluster of docs/cluster.md, its `ebb` line, and what the study's callbacks wrote."""
    (block,) = re.findall(r"```sh\n(dask scheduler.*?)```", PAGE, flags=re.DOTALL)
    *lines, run = block.splitlines()
    folder = tmp_path_factory.mktemp("cluster")
    witness = folder / "seen"
    with dask(folder) as started:
        shown_address = "tcp://127.0.0.1:8786"
        port = started.address.rpartition(":")[2]
        assert sum(shown_address in line for line in lines) == 2
        for line in lines:
            assert line.endswith("&")
            started.start(line.replace("8786", port), WITNESS=str(witness))
        yield started, run.replace(shown_address, started.address), witness


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """A scheduler; every test starts workers of its own."""
    with dask(tmp_path_factory.mktemp("bare")) as started:
        start_scheduler(started)
        yield started


@pytest.fixture
def scheduler(bare: Dask) -> Iterator[Dask]:
    """It, and the end of the workers that the test started."""
    yield bare
    while len(bare.processes) > 1:
        process = bare.processes.pop()
        process.kill()
        process.wait()


def driver(folder: Path, address: str, *options: str, change: str = "") -> subprocess.Popen:
    """A driver, with a change to the times that `studies.running.cluster` waits."""
    (folder / "slow_scores.py").write_text(SCORES)
    words = ["run", "slow_scores.py", "--scheduler", address, *options]
    return subprocess.Popen(
        [sys.executable, "-P", "-c", DRIVER, change, *words],
        cwd=folder,
        env=fresh_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen) -> tuple[int, str]:
    _, err = process.communicate(timeout=90)
    assert "Traceback" not in err, err
    return process.returncode, err


def begun(folder: Path, seed: int) -> int:
    """The process that works at a seed, once it does."""
    return int(wait_for(lambda: (f := folder / f"begun-{seed}").exists() and f.read_text()))


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def statuses(folder: Path) -> dict[int, str]:
    return {entry.seed: entry.status for entry in Store(folder / "results").entries()}


def listening(process: int) -> set[str]:
    """The sockets of a process that listen, as /proc shows them."""
    tables = [f"/proc/{process}/net/{name}" for name in ("tcp", "tcp6")]
    rows = [row.split() for table in tables for row in Path(table).read_text().splitlines()[1:]]
    open_files = [os.readlink(file) for file in Path(f"/proc/{process}/fd").iterdir()]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in open_files}


# The cluster of docs/cluster.md.


@pytest.mark.slow
def test_the_page_runs_a_study_on_a_scheduler_and_two_workers(shown, tmp_path):
    _, line, _ = shown
    call = in_a_process(*line.split()[1:], "--seeds", "1", folder=tmp_path)
    assert call.status == 0, call
    assert "2 runs ended" in call.err
    assert "what each class loses after its training segment" in call.out


@pytest.fixture(scope="module")
def on_cluster(shown, tmp_path_factory):
    """The sound study of `conftest`, run there."""
    folder = tmp_path_factory.mktemp("sound")
    ran = really_run(folder, "sound", SOUND, "--scheduler", shown[0].address)
    assert ran.call.status == 0, ran.call
    return ran


@pytest.mark.slow
def test_the_records_are_the_same_bytes_as_those_of_local_workers(on_cluster, sound):
    assert digests(on_cluster) == digests(sound)
    assert list((on_cluster.folder / "results" / "logs").iterdir()) == []


def test_the_driver_imports_neither_tensorflow_nor_what_draws(on_cluster):
    assert json.loads(on_cluster.loaded.read_text())["heavy"] == []


def test_every_dask_worker_is_used(on_cluster, shown):
    processes = {line.split()[0] for line in shown[2].read_text().splitlines()}
    assert len(processes) == 2


@pytest.mark.slow
def test_a_run_that_hangs_or_raises_costs_itself_and_its_log_is_brought_home(shown, tmp_path):
    (tmp_path / "slowly").touch()
    options = ("--timeout", "4", "--seeds", "1-4")
    status, err = ended(driver(tmp_path, shown[0].address, *options))
    assert status == 1
    failed = {e.seed: e.error for e in Store(tmp_path / "results").entries() if e.error}
    assert failed.keys() == {1, 4}, err
    assert failed[1] == "it took longer than 4 s (--timeout)"  # and printed nothing
    assert failed[4].startswith("RuntimeError: the first line, see results")
    assert "the second line" in (tmp_path / failed[4].rpartition("see ")[2]).read_text()


# Faults, on workers of the test's own.


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="parents are found in /proc")
def test_a_dask_worker_that_is_killed_costs_its_run_and_the_others_do_the_rest(scheduler, tmp_path):
    workers = [scheduler.worker(), scheduler.worker()]
    (tmp_path / "slowly").touch()
    process = driver(tmp_path, scheduler.address)
    training = {seed: begun(tmp_path, seed) for seed in (0, 1)}
    dask_workers = {seed: parent(training[seed]) for seed in (0, 1)}
    assert set(dask_workers.values()) == {worker.pid for worker in workers}
    os.kill(dask_workers[1], signal.SIGKILL)
    assert gone_within(10, training[1])
    (tmp_path / "slowly").unlink()
    status, err = ended(process)
    assert status == 1, err
    assert statuses(tmp_path) == {0: "finished", 1: "failed", 2: "finished", 3: "finished"}
    (error,) = [e.error for e in Store(tmp_path / "results").entries() if e.status == "failed"]
    assert re.match(r"the Dask worker tcp://127\.0\.0\.1:\d+ was lost \([\w. ]+\)$", error)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="parents are found in /proc")
def test_a_dask_worker_that_no_longer_answers_costs_its_run(scheduler, tmp_path):
    """As when its machine is cut off: nothing is closed, nothing comes."""
    workers = [scheduler.worker(), scheduler.worker()]
    (tmp_path / "slowly").touch()
    process = driver(tmp_path, scheduler.address, change="SILENCE = 10")
    stopped = parent([begun(tmp_path, seed) for seed in (0, 1)][1])
    assert stopped in {worker.pid for worker in workers}
    os.kill(stopped, signal.SIGSTOP)
    (tmp_path / "slowly").unlink()
    status, err = ended(process)
    assert status == 1, err
    (error,) = [e.error for e in Store(tmp_path / "results").entries() if e.seed == 1]
    assert error.endswith("was lost (timed out after 10 s.)")


@pytest.mark.slow
def test_a_dask_worker_that_comes_later_is_used(scheduler, tmp_path):
    first = scheduler.worker(threads=2)
    (tmp_path / "slowly").touch()
    process = driver(tmp_path, scheduler.address)
    assert begun(tmp_path, 0) != begun(tmp_path, 1)  # two runs at a time on its two threads
    first.kill()
    (tmp_path / "slowly").unlink()
    scheduler.worker()
    status, err = ended(process)
    assert status == 1, err
    assert statuses(tmp_path) == {0: "failed", 1: "failed", 2: "finished", 3: "finished"}


@pytest.mark.slow
def test_when_no_worker_is_left_the_driver_says_so_and_how_to_go_on(scheduler, tmp_path):
    only = scheduler.worker()
    (tmp_path / "slowly").touch()
    process = driver(tmp_path, scheduler.address, change="PATIENCE = 2")
    begun(tmp_path, 0)
    only.kill()
    status, err = ended(process)
    assert status == 1
    assert err.splitlines()[-1] == (
        f"ebb: Stopped: the scheduler {scheduler.address} has had no workers for 2 s; what ended "
        f"is kept. To go on: ebb run slow_scores.py --scheduler {scheduler.address}"
    )
    assert statuses(tmp_path) == {0: "failed"}


@pytest.mark.slow
def test_when_the_scheduler_is_killed_the_driver_says_so_and_how_to_go_on(tmp_path):
    with dask(tmp_path) as started:
        scheduler = start_scheduler(started)
        started.worker()
        (tmp_path / "slowly").touch()
        process = driver(tmp_path, started.address, "--seeds", "1-3", change="PATIENCE = 2")
        training = begun(tmp_path, 1)
        scheduler.kill()
        status, err = ended(process)
        assert status == 1
        last = err.splitlines()[-1]
        assert last.startswith(f"ebb: Stopped: the scheduler {started.address} is gone (")
        assert last.endswith(f"ebb run slow_scores.py --scheduler {started.address} --seeds 1-3")
        assert statuses(tmp_path) == {}
        assert gone_within(30, training)


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="sockets are found in /proc")
def test_the_driver_listens_to_nobody_and_ctrl_c_ends_the_runs_there(scheduler, tmp_path):
    scheduler.worker()
    (tmp_path / "slowly").touch()
    process = driver(tmp_path, scheduler.address)
    training = begun(tmp_path, 0)
    assert listening(scheduler.processes[0].pid) != set()
    assert listening(process.pid) == set()
    os.kill(process.pid, signal.SIGINT)
    status, err = ended(process)
    assert status == 130
    assert f"To go on: ebb run slow_scores.py --scheduler {scheduler.address}" in err
    assert gone_within(10, training)
    assert statuses(tmp_path) == {}


def copy_of_the_project(folder: Path, changes: Mapping[str, str]) -> Path:
    for package in ("data", "core", "studies", "analysis"):
        shutil.copytree(ROOT / package, folder / package)
    for file, text in changes.items():
        with (folder / file).open("a") as end:
            end.write(text)
    return folder


@pytest.mark.slow
def test_a_worker_with_settings_of_its_own_does_the_same_bytes_or_is_refused(scheduler, tmp_path):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float64", "epsilon": 0.01, "image_data_format": "channels_first"}'
    )
    words = ["run", "cnn", "--quick", "--conditions", "naive", "--epochs", "1", "--quiet"]
    words += ["--scheduler", scheduler.address]

    def digest(folder: str, *words: str) -> str:
        assert in_a_process(*words, "--store", folder, folder=tmp_path).status == 0
        store = Store(tmp_path / folder)
        (record,) = store.records(store.entries())
        return record.digest()

    scheduler.worker(TF_ENABLE_ONEDNN_OPTS="0", KERAS_HOME=str(tmp_path))
    there = digest("there", *words, "--seeds", "1")
    assert there == digest("here", *words[:-2], "--seeds", "1")
    scheduler.worker(XLA_FLAGS="--xla_cpu_enable_fast_math=true")
    wait_for(lambda: "Starting established" in (scheduler.folder / "2.log").read_text())
    line = refused(in_a_process(*words, "--seeds", "2", folder=tmp_path))
    assert "with xla '--xla_cpu_enable_fast_math=true'; expected '" in line


@pytest.mark.parametrize("package", ["core", pytest.param("studies", marks=pytest.mark.slow)])
def test_a_worker_with_other_code_is_refused_by_name(package, scheduler, tmp_path):
    """One more comment is enough."""
    changes = {f"{package}/__init__.py": "# Another version.\n"}
    scheduler.worker(PYTHONPATH=str(copy_of_the_project(tmp_path / "copy", changes)))
    line = refused(call(tmp_path, scheduler))
    pattern = rf"the Dask worker tcp://127\.0\.0\.1:\d+ with {package} '(\w+)'; expected '(\w+)'"
    theirs, ours = re.search(pattern, line).groups()
    assert ours == look(None).environment[package] != theirs
    assert statuses(tmp_path) == {}


def call(folder: Path, dask: Dask, *options: str) -> Any:
    """A short run, which ends by itself."""
    (folder / "slow_scores.py").write_text(SCORES)
    words = ("run", "slow_scores.py", "--scheduler", dask.address, "--quiet", *options)
    return in_a_process(*words, folder=folder)


def test_a_worker_that_cannot_load_ebb_is_refused_by_name(scheduler, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "studies.py").write_text("raise ImportError('no Ebb here')")
    scheduler.worker(PYTHONPATH=str(tmp_path / "none"))
    line = refused(call(tmp_path, scheduler))
    assert "the Dask worker tcp://127.0.0.1:" in line
    assert re.search(r"which cannot load Ebb \(.*no Ebb here", line)


@pytest.mark.slow
def test_a_worker_with_other_data_is_refused_by_name(scheduler, tmp_path):
    """The worker has the same name in a folder of its own."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.random((40, 4, 4), np.float32),
        "y_train": np.arange(40) % 2,
        "x_test": rng.random((20, 4, 4), np.float32),
        "y_test": np.arange(20) % 2,
    }
    for place, shift in (("here", 0), ("there", 0.5)):
        (tmp_path / place / "fruit").mkdir(parents=True)
        moved = arrays | {"x_train": arrays["x_train"] * (1 - shift)}
        np.savez(tmp_path / place / "fruit" / "fruit.npz", **moved)
    scheduler.worker(EBB_DATA=str(tmp_path / "there"))
    options = ("--data-dir", "here", "--dataset", "fruit", "--seeds", "1", "--quiet")
    words = ("run", "class-order", "--scheduler", scheduler.address, *options)
    line = refused(in_a_process(*words, folder=tmp_path))
    assert "Received data set 'fruit' from" in line
    assert re.search(r"\(on the Dask worker tcp://127\.0\.0\.1:\d+\)\.$", line.rstrip())


# What needs no cluster.


@pytest.mark.parametrize("address", ["", "no place", "no-port", "quic://here:1", "tcp://a:b"])
def test_an_address_that_means_nothing_is_refused(address, ebb):
    line = refused(ebb("run", "class-order", "--quick", "--quiet", "--scheduler", address))
    assert f"Received --scheduler {address!r}, where no Dask scheduler answers (" in line


def test_an_address_where_nobody_answers_is_refused_within_seconds(ebb, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "CONNECT", 1.0)
    words = ("run", "class-order", "--quick", "--quiet", "--scheduler", "tcp://127.0.0.1:1")
    line = refused(ebb(*words))
    assert "Received --scheduler 'tcp://127.0.0.1:1', where no Dask scheduler answers (" in line
    assert not (tmp_path / "results" / "logs").exists()


def test_without_the_package_the_option_is_refused_and_says_what_to_install(ebb, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    line = refused(ebb("run", "class-order", "--quick", "--scheduler", "tcp://127.0.0.1:8786"))
    assert "pip install 'distributed>=2025.1'" in line


def test_a_number_of_workers_is_refused_beside_a_scheduler(ebb):
    line = refused(ebb("run", "class-order", "--workers", "2", "--scheduler", "tcp://a:1"))
    assert "Received --workers and --scheduler; expected one of them" in line


def test_processes_are_ended_when_their_driver_is_silent(monkeypatch, tmp_path):
    """As when it was killed: nobody asks any more."""
    (tmp_path / "slow_scores.py").write_text(SCORES)
    (tmp_path / "slowly").touch()
    job = a_job(tmp_path / "slow_scores.py")
    dask_worker = SimpleNamespace(local_directory=str(tmp_path / "scratch"))
    asyncio.run(remote.join("a driver", tmp_path, None, dask_worker))
    asyncio.run(remote.submit("a driver", 0, job))
    training = begun(tmp_path, 0)
    monkeypatch.setattr(remote, "LEASE", 1)
    monkeypatch.setattr(remote, "POLL", 0.1)
    asyncio.run(remote.poll("a driver"))
    assert gone_within(20, training)
    with pytest.raises(KeyError):
        asyncio.run(remote.poll("a driver"))


def a_job(file: Path | None = None, **more: Any) -> Job:
    recipe = Scoring(spec("slow_scores:scores")) if file and load_file(file) else tiny()
    given = {"key": recipe.key(0), "study": "s", "variant": "full", "condition": "a", "seed": 0}
    return Job(**given | {"recipe": recipe, "data": (), "study_file": file} | more)


def a_place(*, shared: bool) -> tuple[Place, list[Any]]:
    """A Dask worker that is told things, and what it was told."""
    told: list[Any] = []
    place = Place(
        "tcp://there:1", 1, shared, ask=lambda *values: told.append(values), lost=lambda *_: None
    )
    return place, told


@pytest.mark.parametrize(
    ("answering", "told"),
    [("the same", [("died", "was lost")]), ("another", [("stopped", "it was started again")])],
)
def test_runs_lost_with_a_scheduler_that_was_started_again_do_not_fail(
    answering, told, monkeypatch, tmp_path
):
    """`tests/faults/test_cluster.py` restarts a real one."""
    scheduler = SimpleNamespace(identity=lambda: {"id": answering, "workers": {}})
    client = SimpleNamespace(scheduler=scheduler, sync=lambda function, **_: function())
    monkeypatch.setattr(cluster, "_connected", lambda address: client)
    monkeypatch.setattr(cluster, "LOOK", 0.0)
    reports: Any = queue.SimpleQueue()
    there = cluster.Cluster("tcp://here:1", [a_job()], logs=tmp_path, reports=reports)
    there._scheduler = "the same"

    def no_answer(*_):
        raise OSError("it is gone")

    place = Place("tcp://there:1", 1, True, ask=no_answer, lost=there._lost)
    RemoteWorker(place, 0, reports, tmp_path).start(a_job())
    _, kind, line = reports.get(timeout=10)
    ((expected, words),) = told
    assert kind == expected
    assert words in line


def test_a_record_of_another_run_is_refused_by_name(tmp_path):
    reports: Any = queue.SimpleQueue()
    worker = RemoteWorker(a_place(shared=True)[0], 0, reports, tmp_path)
    worker.start(a_job())
    worker.report("record", made_record())
    _, kind, (condition, reason) = reports.get_nowait()
    assert (kind, condition) == ("refused", "a")
    assert "on the Dask worker tcp://there:1; expected" in reason


@pytest.mark.parametrize("shared", [True, False])
def test_a_worker_is_given_the_stores_folders_only_if_it_shares_them(shared, tmp_path):
    place, told = a_place(shared=shared)
    job = a_job(checkpoints=Path("results/unfinished"), weights=Path("results/weights"))
    RemoteWorker(place, 0, queue.SimpleQueue(), tmp_path).start(job)
    ((_, _, sent),) = told
    folder = tmp_path / "results"
    expected = (folder / "unfinished", folder / "weights") if shared else (None, None)
    assert (sent.checkpoints, sent.weights) == expected


def test_folders_are_shared_where_the_drivers_own_file_is_seen_and_another_can_be_made(tmp_path):
    (tmp_path / "marker").touch()
    assert look(None, [tmp_path / "marker"]).shared
    assert not look(None, [tmp_path / "marker", tmp_path / "other"]).shared
    assert not look(None, [tmp_path / "nowhere" / "marker"]).shared
    assert [file.name for file in tmp_path.iterdir()] == ["marker"]


def test_another_study_file_is_refused_and_none(tmp_path):
    file = tmp_path / "study.py"
    file.write_text("1")
    here = look(file)
    compare("W", here, here, file)
    file.write_text("2")
    with pytest.raises(InputError, match=r"Received W, which has another file '.*study.py'"):
        compare("W", look(file), here, file)
    file.unlink()
    with pytest.raises(InputError, match=r"Received W, which has no file '.*study.py'"):
        compare("W", look(file), here, file)
