import hashlib
from dataclasses import replace

import numpy as np
import pytest

from data import available, load
from data.named.official import OFFICIAL
from data.named.stl10 import ARCHIVE, FOLDER, MD5


@pytest.fixture
def files(monkeypatch):
    """Two images of each class to train on and one to test, in the published layout."""
    rng = np.random.default_rng(0)
    contents = {}
    for part, each in (("train", 2), ("test", 1)):
        labels = np.tile(np.arange(1, 11, dtype=np.uint8), each)
        contents[f"{part}_X.bin"] = rng.bytes(len(labels) * 3 * 96 * 96)
        contents[f"{part}_y.bin"] = labels.tobytes()
    for name, content in contents.items():
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        monkeypatch.setitem(MD5, name, md5)
    small = replace(OFFICIAL["stl10"], shape=(20, 96, 96, 3), test_examples=10)
    monkeypatch.setitem(OFFICIAL, "stl10", small)
    return contents


def write(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_channels_come_first_and_columns_before_rows(tmp_path, files):
    write(tmp_path / "stl10", files)
    stl = load("stl10", tmp_path)
    assert stl.x_train.shape == (20, 96, 96, 3)
    assert stl.x_test.shape == (10, 96, 96, 3)
    assert stl.source == str(tmp_path / "stl10")
    content = files["train_X.bin"]
    rng = np.random.default_rng(1)
    for n, row, column, channel in rng.integers(0, (20, 96, 96, 3), (200, 4)):
        place = ((n * 3 + channel) * 96 + column) * 96 + row
        assert stl.x_train[n, row, column, channel] == content[place]


def test_labels_are_counted_from_0(tmp_path, files):
    write(tmp_path / "stl10", files)
    stl = load("stl10", tmp_path)
    assert list(stl.y_train) == [*range(10), *range(10)]
    assert list(stl.y_test) == list(range(10))
    assert stl.classes == 10


def test_the_files_may_be_in_their_folder_or_archive(tmp_path, files, pack):
    folder = write(tmp_path / "a/stl10" / FOLDER, files)
    (folder / "class_names.txt").write_text("airplane")
    pack(folder, tmp_path / "b/stl10" / ARCHIVE, FOLDER)
    first, second = (load("stl10", tmp_path / place) for place in "ab")
    assert first.checksum == second.checksum


def test_a_truncated_file_is_refused_with_its_length(tmp_path, files, fails):
    folder = write(tmp_path / "stl10", files)
    (folder / "test_X.bin").write_bytes(files["test_X.bin"][:-1])
    size = f"{len(files['test_X.bin']) - 1:,} bytes"
    fails(load, "stl10", tmp_path, says=["test_X.bin", size, MD5["test_X.bin"]])


def test_an_archive_that_breaks_off_is_refused(tmp_path, files, pack, fails):
    archive = pack(write(tmp_path / "files", files), tmp_path / "stl10" / ARCHIVE, FOLDER)
    archive.write_bytes(archive.read_bytes()[:-1000])
    fails(load, "stl10", tmp_path, says=[ARCHIVE])


def test_one_missing_file_is_named(tmp_path, files, fails):
    (write(tmp_path / "stl10", files) / "train_y.bin").unlink()
    fails(load, "stl10", tmp_path, says=["train_y.bin", "is missing"])


def test_nothing_there_is_refused_with_what_belongs_there(tmp_path, fails):
    says = [str(tmp_path / "stl10"), "train_X.bin", ARCHIVE]
    assert "Keras" not in fails(load, "stl10", tmp_path, says=says)
    fails(load, "stl10", says=["Keras has no loader for it", ARCHIVE, "--data-dir"])


def test_what_keras_cannot_fetch_is_listed_as_missing(tmp_path):
    rows = {row.name: row for row in available()}
    assert (rows["stl10"].status, rows["cifar10"].status) == ("missing", "download")
    assert "--data-dir" in rows["stl10"].where


def test_the_shape_is_listed_without_reading_a_file(tmp_path):
    (tmp_path / "stl10").mkdir()
    (tmp_path / "stl10" / ARCHIVE).write_bytes(b"")
    assert {row.name: row.shape for row in available(tmp_path)}["stl10"] == (5000, 96, 96, 3)
