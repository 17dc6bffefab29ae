import hashlib
import pickle
import pickletools
from dataclasses import replace

import numpy as np
import pytest

from data import available, import_folder, load
from data.named.cifar10 import ARCHIVE, FOLDER, MD5
from data.named.class_names import CIFAR10 as CLASSES
from data.named.official import OFFICIAL


def python2_pickle(batch):
    """The bytes that Python 2 and NumPy 1 would have written: texts as byte strings."""
    content = bytearray(pickle.dumps(batch, protocol=3))
    content[1] = 2
    for opcode, _, place in pickletools.genops(bytes(content)):
        if opcode.name in ("BINBYTES", "BINUNICODE"):
            content[place : place + 1] = b"T"
        elif opcode.name == "SHORT_BINBYTES":
            content[place : place + 1] = b"U"
    return bytes(content).replace(b"cnumpy._core.", b"cnumpy.core.")


def batch(number, examples=10):
    rng = np.random.default_rng(number)
    return {
        b"batch_label": b"testing batch",
        b"labels": [(number + label) % 10 for label in range(examples)],
        b"data": rng.integers(0, 256, (examples, 3072), dtype=np.uint8),
        b"filenames": [b"some.png"] * examples,
    }


def publish(monkeypatch, batches):
    """Has the given bytes count as the published ones, and small data as of the right size."""
    for name, content in batches.items():
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        monkeypatch.setitem(MD5, name, md5)
    small = replace(OFFICIAL["cifar10"], shape=(50, 32, 32, 3), test_examples=10)
    monkeypatch.setitem(OFFICIAL, "cifar10", small)


@pytest.fixture
def batches(monkeypatch):
    files = {name: python2_pickle(batch(number)) for number, name in enumerate(MD5)}
    publish(monkeypatch, files)
    return files


def write(folder, batches):
    folder.mkdir(parents=True)
    for name, content in batches.items():
        (folder / name).write_bytes(content)
    return folder


def test_the_batches_are_read_in_their_order_with_channels_last(tmp_path, batches):
    write(tmp_path / "cifar10", batches)
    cifar = load("cifar10", tmp_path)
    assert cifar.x_train.shape == (50, 32, 32, 3)
    assert cifar.source == str(tmp_path / "cifar10")
    for number in range(5):
        part = slice(10 * number, 10 * number + 10)
        assert list(cifar.y_train[part]) == batch(number)[b"labels"]
        pixels = batch(number)[b"data"].reshape(10, 3, 1024)
        for channel in range(3):
            np.testing.assert_array_equal(
                cifar.x_train[part, ..., channel].reshape(10, 1024), pixels[:, channel]
            )
    assert list(cifar.y_test) == batch(5)[b"labels"]


def test_keras_reads_the_same_from_the_same_files(tmp_path, batches):
    # Its public loader wants ten thousand examples in a batch.
    from keras.src.datasets.cifar import load_batch

    folder = write(tmp_path / "cifar10", batches)
    cifar = load("cifar10", tmp_path)
    x, y = load_batch(folder / "test_batch")
    np.testing.assert_array_equal(cifar.x_test, x.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(cifar.y_test, y)


def test_the_batches_may_be_in_their_folder_or_archive(tmp_path, batches, pack):
    folder = write(tmp_path / "a/cifar10" / FOLDER, batches)
    pack(folder, tmp_path / "b/cifar10" / ARCHIVE, FOLDER)
    assert load("cifar10", tmp_path / "a").checksum == load("cifar10", tmp_path / "b").checksum


@pytest.mark.parametrize("place", [f"{FOLDER}-target/{FOLDER}", FOLDER])
def test_the_batches_are_found_where_keras_keeps_them(tmp_path, batches, place):
    write(tmp_path / "keras-home/datasets" / place, batches)
    assert load("cifar10").classes == 10


def test_what_is_nowhere_is_fetched_by_keras(tmp_path, batches, monkeypatch):
    def fetch(module):
        assert module == "cifar10"
        write(tmp_path / f"keras-home/datasets/{FOLDER}-target/{FOLDER}", batches)

    monkeypatch.setattr("data.named.keras_loader.run_keras_loader", fetch)
    assert load("cifar10").x_test.shape == (10, 32, 32, 3)


def test_a_file_that_is_not_the_published_one_is_refused_unread(tmp_path, batches, fails):
    folder = write(tmp_path / "cifar10", batches)
    content = (folder / "data_batch_3").read_bytes()
    (folder / "data_batch_3").write_bytes(content[:-9])
    size = f"{len(content) - 9:,} bytes"
    fails(load, "cifar10", tmp_path, says=["data_batch_3", size, MD5["data_batch_3"]])


def test_one_missing_batch_is_named(tmp_path, batches, pack, fails):
    folder = write(tmp_path / "cifar10", batches)
    (folder / "test_batch").unlink()
    fails(load, "cifar10", tmp_path, says=["test_batch", "is missing"])
    assert {row.name: row.status for row in available(tmp_path)}["cifar10"] == "incomplete"
    pack(folder, tmp_path / "packed/cifar10" / ARCHIVE, FOLDER)
    fails(load, "cifar10", tmp_path / "packed", says=[ARCHIVE, "lacks the file test_batch"])


@pytest.fixture
def small(monkeypatch):
    """Two examples of each class to train on and one to test, of 5 x 4 pixels."""
    shape = {"shape": (20, 4, 5, 3), "test_examples": 10}
    monkeypatch.setitem(OFFICIAL, "cifar10", replace(OFFICIAL["cifar10"], **shape))
    colours = {name: (number, 0, 0) for number, name in enumerate(CLASSES)}
    return {
        "train": {name: [colour, colour] for name, colour in colours.items()},
        "test": {name: [colour] for name, colour in colours.items()},
    }


def test_images_are_numbered_in_the_published_order_and_are_said_not_to_be_the_published_files(
    tmp_path, small, write_images, pack
):
    folder = write_images(tmp_path / "images", small)
    pack(folder, tmp_path / "cifar10/any.tar.xz")
    cifar = load("cifar10", tmp_path)
    np.testing.assert_array_equal(cifar.x_train[:, 0, 0, 0], cifar.y_train)
    assert list(cifar.y_train) == [*range(10), *range(10)]
    assert "encoded as PNG" in cifar.source
    assert "not the published files" in cifar.source


def test_images_in_numbered_folders_are_taken_by_their_numbers(tmp_path, small, write_images):
    numbered = {
        part: {str(CLASSES.index(name)): colours for name, colours in classes.items()}
        for part, classes in small.items()
    }
    write_images(tmp_path / "cifar10", numbered)
    cifar = load("cifar10", tmp_path)
    np.testing.assert_array_equal(cifar.x_test[:, 0, 0, 0], cifar.y_test)


def test_other_classes_are_not_cifar10(tmp_path, small, write_images, fails):
    for classes in small.values():
        classes["lorry"] = classes.pop("truck")
    write_images(tmp_path / "cifar10", small)
    fails(load, "cifar10", tmp_path, says=["'lorry'", "truck", "another name"])


def test_another_number_of_images_is_not_cifar10(tmp_path, small, write_images, fails):
    small["train"]["cat"].append((0, 0, 0))
    write_images(tmp_path / "cifar10", small)
    says = ["published cifar10", "(21, 4, 5, 3)", "2 to 3 of a class", "2 of each"]
    fails(load, "cifar10", tmp_path, says=says)


def test_a_npz_is_compared_by_shape_and_counts_and_says_so(tmp_path, small, write_images, fails):
    write_images(tmp_path / "images/own", small)
    import_folder("own", tmp_path / "images/own", tmp_path / "data")
    (tmp_path / "data/own").rename(tmp_path / "data/cifar10")
    (tmp_path / "data/cifar10/own.npz").rename(tmp_path / "data/cifar10/cifar10.npz")
    assert "not the published files" in load("cifar10", tmp_path / "data").source


def test_nothing_there_is_refused_with_all_that_would_do(tmp_path, fails):
    says = [str(tmp_path / "cifar10"), ARCHIVE, "cifar10.npz", "train/CLASS/", ".tar.xz", "Keras"]
    fails(load, "cifar10", tmp_path, says=says)


def test_batches_can_be_imported_under_another_name(tmp_path, batches):
    folder = write(tmp_path / "downloads", batches)
    import_folder("mine", folder, tmp_path / "data")
    assert load("mine", tmp_path / "data").x_train.shape == (50, 32, 32, 3)
