import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data import Dataset, available, load
from data.named.keras_loader import cache_folders, run_keras_loader
from data.named.official import OFFICIAL

FAILURE = """Downloading data from https://example.org/mnist.npz
Traceback (most recent call last):
  File "file_utils.py", line 399, in get_file
Exception: URL fetch failure on https://example.org/mnist.npz: None -- [Errno -2] Name unknown
"""


@pytest.fixture
def published(arrays, monkeypatch):
    """The small arrays stand for the published content of both data sets."""
    checksum = Dataset.from_arrays("any", arrays).checksum
    for name, official in list(OFFICIAL.items()):
        own = checksum if name == "mnist" else checksum[::-1]
        monkeypatch.setitem(OFFICIAL, name, dataclasses.replace(official, checksum=own))
    return arrays


@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_is_read_from_the_users_folder(tmp_path, published, write_idx_folder, zipped):
    write_idx_folder(tmp_path / "mnist", published, zipped=zipped)
    mnist = load("mnist", tmp_path)
    np.testing.assert_array_equal(mnist.x_train, published["x_train"])
    assert mnist.source == str(tmp_path / "mnist")


def test_mnist_as_npz_has_the_same_checksum_as_the_idx_files(tmp_path, published, write_idx_folder):
    write_idx_folder(tmp_path / "a/mnist", published)
    (tmp_path / "b/mnist").mkdir(parents=True)
    np.savez(tmp_path / "b/mnist/mnist.npz", **published)
    assert load("mnist", tmp_path / "a").checksum == load("mnist", tmp_path / "b").checksum


def test_a_folder_that_was_named_is_the_only_place_looked_into(
    tmp_path, published, write_idx_folder, fails
):
    write_idx_folder(tmp_path / "system/mnist", published)
    user = tmp_path / "user"
    expected = [repr(str(user / "mnist")), "train-images-idx3-ubyte"]
    fails(load, "mnist", user, says=[repr(str(user)), *expected, "--data-dir"])


def test_one_missing_file_of_four_is_named(tmp_path, published, write_idx_folder, fails):
    write_idx_folder(tmp_path / "mnist", published, zipped=True)
    (tmp_path / "mnist/t10k-labels-idx1-ubyte.gz").unlink()
    fails(load, "mnist", tmp_path, says=["t10k-labels-idx1-ubyte", "missing"])


def test_swapped_files_are_named(tmp_path, published, write_idx_folder, fails):
    folder = write_idx_folder(tmp_path / "mnist", published)
    os.replace(folder / "train-labels-idx1-ubyte", folder / "train-images-idx3-ubyte")
    (folder / "train-labels-idx1-ubyte").write_bytes(
        (folder / "t10k-labels-idx1-ubyte").read_bytes()
    )
    fails(load, "mnist", tmp_path, says=["train-images-idx3-ubyte", "(12,)"])


def test_foreign_content_under_a_published_name_is_refused(
    tmp_path, published, write_idx_folder, fails
):
    published["x_test"][0, 0, 0] ^= 1
    folder = write_idx_folder(tmp_path / "mnist", published)
    fails(load, "mnist", tmp_path, says=[repr(str(folder)), "published mnist", "ebb data import"])


def test_one_published_set_in_the_folder_of_the_other_is_recognised(
    tmp_path, published, write_idx_folder, fails
):
    write_idx_folder(tmp_path / "fashion-mnist", published)
    fails(load, "fashion-mnist", tmp_path, says=["published fashion-mnist", "found mnist"])


def test_the_systems_data_sets_come_before_keras_cache(tmp_path, published, write_idx_folder):
    (tmp_path / "keras-home/datasets").mkdir(parents=True)
    np.savez(tmp_path / "keras-home/datasets/mnist.npz", **published)
    assert load("mnist").source == str(tmp_path / "keras-home/datasets/mnist.npz")
    write_idx_folder(tmp_path / "system/mnist", published)
    assert load("mnist").source == str(tmp_path / "system/mnist")


def test_a_damaged_file_is_never_passed_over_for_a_sound_one_elsewhere(
    tmp_path, published, write_idx_folder, fails
):
    (tmp_path / "keras-home/datasets").mkdir(parents=True)
    np.savez(tmp_path / "keras-home/datasets/mnist.npz", **published)
    folder = write_idx_folder(tmp_path / "system/mnist", published)
    (folder / "train-labels-idx1-ubyte").write_bytes(b"")
    message = fails(load, "mnist", says=["system/mnist/train-labels-idx1-ubyte"])
    assert "delete it" not in message


def test_a_damaged_file_in_keras_cache_may_be_deleted(tmp_path, fails):
    cache = tmp_path / "keras-home/datasets"
    cache.mkdir(parents=True)
    (cache / "mnist.npz").write_bytes(b"half a file")
    fails(load, "mnist", says=["mnist.npz", "delete it, and Keras will download it again"])


def test_what_is_nowhere_is_fetched_by_keras_and_read_from_its_cache(
    tmp_path, published, write_idx_folder, monkeypatch
):
    asked = []

    def fetch(module: str) -> None:
        asked.append(module)
        write_idx_folder(tmp_path / "keras-home/datasets/fashion-mnist", published, zipped=True)

    fashion = dataclasses.replace(OFFICIAL["fashion-mnist"], checksum=OFFICIAL["mnist"].checksum)
    monkeypatch.setitem(OFFICIAL, "fashion-mnist", fashion)
    monkeypatch.setattr("data.named.keras_loader.run_keras_loader", fetch)
    assert load("fashion-mnist").classes == 3
    assert load("fashion-mnist").classes == 3
    assert asked == ["fashion_mnist"]


def test_a_half_filled_cache_is_filled_by_keras(
    tmp_path, published, write_idx_folder, monkeypatch, fails
):
    cache = write_idx_folder(tmp_path / "keras-home/datasets/fashion-mnist", published)
    (cache / "t10k-labels-idx1-ubyte").unlink()
    monkeypatch.setattr("data.named.keras_loader.run_keras_loader", lambda module: "no network")
    fails(load, "fashion-mnist", says=["download through Keras failed (no network)"])


def test_a_download_that_leaves_no_file_is_refused(monkeypatch, fails):
    monkeypatch.setattr("data.named.keras_loader.run_keras_loader", lambda module: None)
    fails(load, "mnist", says=["left no file", "keras-home"])


def answer_with(monkeypatch, status, stderr="", error=None):
    """Puts an answer in the place of the process that runs Keras' loader; returns the calls."""
    calls = []

    def run(command, **options):
        calls.append((command, options))
        if error:
            raise error
        return subprocess.CompletedProcess(command, status, "", stderr)

    monkeypatch.setattr("data.named.keras_loader.run_keras_loader", run_keras_loader)
    monkeypatch.setattr("data.named.keras_loader.subprocess.run", run)
    return calls


def test_keras_loads_in_a_process_of_its_own(tmp_path, monkeypatch):
    calls = answer_with(monkeypatch, 0)
    assert run_keras_loader("fashion_mnist") is None
    [(command, options)] = calls
    assert command[0] == sys.executable
    assert command[-1] == "import keras; keras.datasets.fashion_mnist.load_data()"
    assert options["env"]["KERAS_BACKEND"] == "tensorflow"
    assert options["env"]["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert options["env"]["KERAS_HOME"] == str(tmp_path / "keras-home")
    assert options["timeout"] > 0


def test_a_failed_download_is_one_line_with_the_reason_and_the_remedy(monkeypatch, fails):
    answer_with(monkeypatch, 1, FAILURE)
    message = fails(
        load,
        "mnist",
        says=[
            "download through Keras failed (URL fetch failure: [Errno -2] Name unknown)",
            "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte",
            "--data-dir",
        ],
    )
    assert "https" not in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("stderr", "reason"), [("", "exit status -9"), ("ModuleNotFoundError: No keras", "No keras")]
)
def test_a_loader_that_dies_says_what_it_can(monkeypatch, stderr, reason):
    answer_with(monkeypatch, -9, stderr)
    assert run_keras_loader("mnist") == reason


@pytest.mark.parametrize("error", [subprocess.TimeoutExpired("python", 900), OSError(12, "none")])
def test_a_loader_that_does_not_end_or_start_is_a_failed_download(monkeypatch, fails, error):
    answer_with(monkeypatch, 0, error=error)
    fails(load, "mnist", says=["download through Keras failed"])


def test_the_cache_is_where_keras_says(monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    assert cache_folders()[0] == Path.home() / ".keras/datasets"


def test_a_cache_that_cannot_be_written_to_has_keras_substitute(monkeypatch):
    monkeypatch.setattr("data.named.keras_loader.os.access", lambda path, mode: False)
    assert cache_folders()[1] == Path("/tmp/.keras/datasets")


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_real_files_are_accepted_if_they_are_here(name):
    folder = Path(os.environ.get("EBB_DATA") or "nowhere")
    if {row.name: row.status for row in available(folder)}[name] != "here":
        pytest.skip(f"EBB_DATA names no folder with {name}")
    official, dataset = OFFICIAL[name], load(name, folder)
    assert dataset.x_train.shape == official.shape
    assert dataset.x_test.shape == (official.test_examples, *official.shape[1:])
    assert dataset.classes == 10
    # Their first part holds every class, as a split needs it.
    counts = np.bincount(dataset.y_train[:5_000], minlength=10)
    assert 400 < counts.min() <= counts.max() < 600
