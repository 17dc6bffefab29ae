"""What some data sets have as well: a validation part of their own, weights of examples."""

import pickle

import numpy as np
import pytest

from data import Dataset, import_folder, load


@pytest.fixture
def more(arrays):
    """The data set with all that there can be."""
    rng = np.random.default_rng(3)
    return arrays | {
        "x_val": rng.integers(0, 256, (5, 4, 5), dtype=np.uint8),
        "y_val": np.arange(5) % 3,
        "weights_train": np.linspace(0, 2, 12),
    }


def make(arrays):
    return Dataset.from_arrays("own", arrays, source="own.npz")


def test_they_are_read_checked_and_part_of_the_checksum(tmp_path, arrays, more):
    np.savez(tmp_path / "own.npz", note=np.arange(3), **more)
    dataset = load(str(tmp_path / "own.npz"))
    np.testing.assert_array_equal(dataset.x_val, more["x_val"])
    np.testing.assert_array_equal(dataset.y_val, more["y_val"])
    np.testing.assert_array_equal(dataset.weights_train, more["weights_train"].astype("f4"))
    assert (dataset.y_val.dtype, dataset.weights_train.dtype) == (np.int64, np.float32)
    without = [name for name in more if name != "weights_train"]
    variants = [arrays, more, {name: more[name] for name in without}]
    variants.append(more | {"weights_train": np.ones(12)})
    variants.append(more | {"y_val": (np.arange(5) + 1) % 3})
    assert len({make(each).checksum for each in variants}) == 5
    assert make(more).checksum == dataset.checksum


def test_a_data_set_without_them_says_so(arrays):
    dataset = make(arrays)
    assert dataset.x_val is dataset.y_val is dataset.weights_train is None
    assert set(dataset.as_stored()) == set(arrays)


def test_they_are_read_only_and_come_along(tmp_path, more):
    np.savez(tmp_path / "own.npz", **more)
    import_folder("fruit", tmp_path / "own.npz", tmp_path)
    before, fruit = load(str(tmp_path / "own.npz")), load("fruit", tmp_path)
    assert fruit.checksum == before.checksum
    for dataset in (fruit, pickle.loads(pickle.dumps(fruit))):
        for array in (dataset.x_val, dataset.y_val, dataset.weights_train):
            assert not array.flags.writeable


def test_a_class_of_the_validation_part_alone_is_a_class(more):
    dataset = make(more | {"y_val": np.array([0, 1, 2, 9, 9])})
    assert (dataset.classes, dataset.class_names) == (4, (0, 1, 2, 9))
    assert dataset.y_val.tolist() == [0, 1, 2, 3, 3]


def test_integers_of_all_parts_decide_the_type(more):
    wide = {name: more[name].astype("i4") for name in ("x_train", "x_test", "x_val")}
    assert make(more | wide).x_val.dtype == np.uint8
    wide["x_val"] = wide["x_val"] + 256
    assert {make(more | wide).x_train.dtype, make(more | wide).x_val.dtype} == {np.dtype("f8")}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"y_val": None}, ["x_val", "no y_val"]),
        ({"x_val": None}, ["y_val", "no x_val"]),
        ({"y_val": np.arange(4) % 3}, ["y_val", "4 labels", "5"]),
        ({"x_val": np.zeros((5, 4, 5), "f4")}, ["x_val", "float32", "uint8"]),
        ({"x_val": np.zeros((5, 4, 6), "u1")}, ["x_val", "(4, 6)"]),
        ({"weights_train": np.ones(11)}, ["weights_train", "(11,)", "(12,)"]),
        ({"weights_train": np.ones((12, 3))}, ["weights_train", "(12, 3)"]),
        ({"weights_train": np.full(12, -1.0)}, ["weights_train", "-1"]),
        ({"weights_train": np.full(12, np.nan)}, ["weights_train", "nan"]),
        ({"weights_train": np.full(12, 1e300)}, ["weights_train", "inf"]),
        ({"weights_train": np.zeros(12)}, ["weights_train", "not all 0"]),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, more, fails, wrong, says):
    kept = {name: array for name, array in (more | wrong).items() if array is not None}
    np.savez(tmp_path / "own.npz", **kept)
    fails(load, str(tmp_path / "own.npz"), says=["own.npz", *says])


def test_a_file_of_medmnist_is_read_by_its_own_names(tmp_path, more):
    parts = {f"{part}_images": more[f"x_{part}"] for part in ("train", "val", "test")}
    parts |= {f"{part}_labels": more[f"y_{part}"][:, None] for part in ("train", "val", "test")}
    np.savez(tmp_path / "med.npz", **parts)
    own = {name: array for name, array in more.items() if name != "weights_train"}
    assert load(str(tmp_path / "med.npz")).checksum == make(own).checksum


def test_images_in_val_are_the_validation_part(tmp_path, write_images, pack):
    parts = {"train": {"a": [1, 2], "b": [3]}, "val": {"b": [4, 5]}, "test": {"a": [6], "b": [7]}}
    folder = write_images(tmp_path / "fruit", parts)
    fruit = load("fruit", tmp_path)
    assert fruit.x_val[:, 0, 0].tolist() == [4, 5]
    assert fruit.y_val.tolist() == [1, 1]
    pack(folder, tmp_path / "packed/fruit/fruit.tar", "fruit")
    assert load("fruit", tmp_path / "packed").checksum == fruit.checksum


def test_a_class_that_only_val_has_is_refused(tmp_path, write_images, fails):
    parts = {"train": {"a": [1], "b": [3]}, "val": {"c": [4]}, "test": {"a": [6], "b": [7]}}
    write_images(tmp_path / "fruit", parts)
    fails(load, "fruit", tmp_path, says=["'c' in val and not in train", "train/c"])
