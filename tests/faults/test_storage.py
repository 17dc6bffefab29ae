"""A disk that is full, a store that cannot be written, is damaged, cut or gone."""

import os
import random
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import Store
from data import InputError
from tests.faults.conftest import SCORES, Ground, ended, results, wait_until
from tests.studies.conftest import in_a_process, refused

EVERYTHING = 4 * 30
PAGE, HEAD = 4096, 120


def last_line(err: str) -> str:
    """The line that refuses; before it stands how the study advanced."""
    assert "Traceback" not in err
    line = err.splitlines()[-1]
    assert line.startswith("ebb: Received the store "), err
    return line


def file_size(most: int):
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))}


@pytest.mark.slow
def test_a_store_that_may_not_grow_is_said_in_one_line_and_what_was_committed_is_kept(ground):
    with ground.start("--workers", "2", **file_size(100_000)) as driver, ended(driver):
        _, err = driver.communicate(timeout=120)
    assert driver.returncode == 2
    assert "that can be written" in last_line(err)
    kept = ground.kept()
    assert 0 < len(kept) < EVERYTHING
    assert kept.keys() == ground.witnessed().keys()
    assert ground.run("--workers", "2").status == 0
    assert len(ground.kept()) == EVERYTHING
    assert ground.kept().items() >= kept.items()


def mounted(folder: Path, *options: str) -> bool:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a file system")
def test_a_full_disk_is_said_in_one_line_and_what_was_committed_is_kept(tmp_path):
    disk = tmp_path / "disk"
    if not mounted(disk, "-t", "tmpfs", "-o", "size=300k", "tmpfs"):
        pytest.skip("mounting is not allowed here")
    try:
        ground = Ground(disk, SCORES)
        call = ground.run("--workers", "2")
        assert call.status == 2
        assert "database or disk is full" in last_line(call.err)
        kept = ground.kept()
        assert 0 < len(kept) < EVERYTHING
        assert {run for run, _ in kept.items()} >= ground.witnessed().keys()
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        assert ground.run("--workers", "2").status == 0
        assert ground.kept().items() >= kept.items()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        call = in_a_process("status", folder=disk)
        assert (call.status, f"{EVERYTHING} finished" in call.out) == (0, True)
        refused(in_a_process("run", "faults_study.py", "--overwrite", "--yes", folder=disk))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_refused_before_anything_runs(ground):
    ground.folder.chmod(0o555)
    call = in_a_process("run", "faults_study.py", folder=ground.folder)
    ground.folder.chmod(0o755)
    assert "that can be written" in refused(call)
    assert [file.name for file in ground.folder.iterdir()] == ["faults_study.py"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store of a finished study."""
    ground = Ground(tmp_path_factory.mktemp("whole"), SCORES)
    assert ground.run("--workers", "2", "--seeds", "8").status == 0
    return ground


def read(store: Store):
    """What a reader is told: the results by run, or the line that refuses."""
    try:
        entries = store.entries("faults")
        records = store.records(entries)
        labels = {(entry.condition, entry.seed) for entry in entries}
        return labels, {(r.condition, r.seed): (r.status, r.digest()) for r in records}
    except InputError:
        return None


def flips(n: int, whole: Ground, folder: Path, moments: random.Random) -> None:
    """Flip bits in a store: it reads right or refuses, never another number or a record less.

    Half of them lie where a page keeps its order: there a bit can hide records.
    """
    content = whole.store.file.read_bytes()
    right = read(whole.store)
    assert right is not None
    said = {"right": 0, "refused": 0}
    store = Store(folder)
    for i in range(n):
        place, bit = moments.randrange(len(content)), moments.randrange(8)
        if i % 2:
            place = place // PAGE * PAGE + place % HEAD
        changed = bytearray(content)
        changed[place] ^= 1 << bit
        store.file.write_bytes(changed)
        found = read(store)
        assert found in (None, right), (place, bit)
        said["right" if found else "refused"] += 1
    print(f"{n} flipped bits in {len(content)} bytes: {said}")


def test_flipped_bits_read_right_or_are_refused(whole, tmp_path, moments):
    flips(100, whole, tmp_path, moments)


@pytest.mark.slow
def test_many_flipped_bits(whole, tmp_path, moments):
    flips(3_000, whole, tmp_path, moments)


def test_a_truncated_store_reads_right_or_is_refused(whole, tmp_path, moments):
    content, right = whole.store.file.read_bytes(), read(whole.store)
    store = Store(tmp_path)
    for size in [0, 1, 100, 4096, *(moments.randrange(len(content)) for _ in range(20))]:
        store.file.write_bytes(content[:size])
        found = read(store)
        assert size == 0 or found is None or found == right


def test_a_truncated_store_is_refused_by_every_command_and_left_as_it_is(whole, tmp_path):
    ground = Ground(tmp_path, SCORES)
    ground.store.folder.mkdir()
    cut = whole.store.file.read_bytes()[:-6000]
    ground.store.file.write_bytes(cut)
    for words in (["status"], ["table", "faults"], ["run", "faults_study.py"]):
        refused(in_a_process(*words, folder=tmp_path))
        assert ground.store.file.read_bytes() == cut


WAITING = SCORES.replace(
    "    draws =",
    """    import os, time
    while seed > 5 and os.path.exists("slowly"):
        with open(f"waits-{part}-{seed}", "w"):
            time.sleep(0.01)
    draws =""",
    1,
)


@pytest.fixture
def waiting(tmp_path):
    """Scores that wait for the test when some of them are committed."""
    (tmp_path / "slowly").touch()
    return Ground(tmp_path, WAITING)


def go_on(ground: Ground) -> None:
    (ground.folder / "slowly").unlink()


def wait_for_its_workers(ground: Ground) -> None:
    """Until both wait, and all that ended before is committed."""
    waits = lambda: len(list(ground.folder.glob("waits-*")))  # noqa: E731
    wait_until(lambda: waits() == 2 and 0 < len(ground.witnessed()) == len(ground.ran()) - 2)


@pytest.mark.slow
def test_a_store_that_is_removed_during_a_run_ends_it_in_one_line(waiting):
    ground = waiting
    with ground.start("--workers", "2") as driver, ended(driver):
        wait_for_its_workers(ground)
        ground.store.folder.rename(ground.folder / "elsewhere")
        go_on(ground)
        _, err = driver.communicate(timeout=60)
    assert driver.returncode == 2
    assert last_line(err)
    assert not ground.store.exists()
    assert (ground.folder / "elsewhere" / "ebb.sqlite").exists()
    shutil.rmtree(ground.store.folder, ignore_errors=True)
    (ground.folder / "elsewhere").rename(ground.store.folder)
    kept = ground.kept()
    assert kept.keys() == ground.witnessed().keys()
    assert ground.run("--workers", "2").status == 0
    assert len(results(ground.kept())) == EVERYTHING


@pytest.mark.slow
def test_a_log_folder_that_is_removed_during_a_run_costs_nothing(waiting):
    ground = waiting
    with ground.start("--workers", "2") as driver, ended(driver):
        wait_for_its_workers(ground)
        shutil.rmtree(ground.store.folder / "logs")
        go_on(ground)
        driver.communicate(timeout=60)
    assert driver.returncode == 0
    assert len(ground.kept()) == EVERYTHING
