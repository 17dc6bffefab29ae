import pickle

import numpy as np
import pytest

from data import Dataset, InputError, load


def changed(name, value):
    return lambda arrays: arrays | {name: value}


def make(arrays):
    return Dataset.from_arrays("own", arrays, source="own.npz")


def test_labels_of_any_integer_type_and_shape_become_int64(arrays):
    plain = make(arrays)
    columns = make(arrays | {"y_train": arrays["y_train"].astype(">i2").reshape(-1, 1)})
    assert columns.y_train.dtype == np.int64
    assert columns.y_train.shape == (12,)
    assert columns.checksum == plain.checksum
    assert plain.classes == 3


def test_classes_are_counted_over_both_parts(arrays):
    assert make(arrays | {"y_test": np.array([0, 1, 2, 3, 0, 0])}).classes == 4


def test_labels_with_gaps_number_the_classes_that_occur(arrays):
    gaps = {name: np.array([3, 8, 10_007])[arrays[name]] for name in ("y_train", "y_test")}
    dataset = make(arrays | gaps)
    np.testing.assert_array_equal(dataset.y_train, arrays["y_train"])
    np.testing.assert_array_equal(dataset.y_test, arrays["y_test"])
    assert (dataset.classes, dataset.class_names) == (3, (3, 8, 10_007))
    assert dataset.note.startswith("labels 3, 8, 10007 are classes 0, 1, 2 in recipes")
    np.testing.assert_array_equal(dataset.as_stored()["y_test"], gaps["y_test"])


def test_labels_without_gaps_are_the_classes_and_keep_their_checksum(arrays):
    dataset = make(arrays)
    assert (dataset.class_names, dataset.note) == ((), "")
    assert dataset.checksum == ("07bae1f477223f9cc521adcd3695c52476ee5b02f5377e673016c7258c3529d5")


def test_other_labels_of_the_same_classes_have_another_checksum(arrays):
    def labelled(*labels):
        return {name: np.array(labels)[arrays[name]] for name in ("y_train", "y_test")}

    variants = [arrays, arrays | labelled(1, 2, 3), arrays | labelled(0, 2, 3)]
    assert len({make(each).checksum for each in variants}) == 3


def test_a_label_of_one_part_alone_is_a_class(arrays):
    dataset = make(arrays | {"y_test": np.array([0, 1, 2, 7, 0, 0])})
    assert (dataset.classes, dataset.class_names) == (4, (0, 1, 2, 7))
    assert dataset.y_test[3] == 3


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (range(1, 27), "labels 1 to 26 are classes 0 to 25"),
        (range(0, 40, 2), "20 labels (0, 2, 4, ... 38) are classes 0 to 19"),
    ],
)
def test_many_labels_are_told_in_short(labels, said):
    y = np.repeat(list(labels), 2)
    x = np.zeros((len(y), 3), np.float32)
    assert make({"x_train": x, "y_train": y, "x_test": x, "y_test": y}).note.startswith(said)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "uint8"])
def test_uint8_and_floating_examples_keep_their_type(arrays, kind):
    changed = {name: arrays[name].astype(kind) for name in ("x_train", "x_test")}
    assert make(arrays | changed).x_train.dtype == kind


@pytest.mark.parametrize(
    ("kind", "factor", "kept"),
    [("int64", 1, "uint8"), ("int16", -2, "float32"), ("int32", 3, "float64")],
)
def test_other_integers_keep_their_values(arrays, kind, factor, kept):
    x = {name: arrays[name].astype(kind) * factor for name in ("x_train", "x_test")}
    dataset = make(arrays | x)
    assert dataset.x_train.dtype == kept
    np.testing.assert_array_equal(dataset.x_train, x["x_train"])


def test_byte_order_and_layout_do_not_change_the_checksum(arrays):
    x = {name: arrays[name].astype("f4") for name in ("x_train", "x_test")}
    swapped = {name: np.asfortranarray(array.astype(">f4")) for name, array in x.items()}
    assert make(arrays | x).checksum == make(arrays | swapped).checksum


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_a_change_in_any_array_changes_the_checksum(arrays, name):
    before = make(arrays).checksum
    arrays[name].flat[0] = arrays[name].flat[0] ^ 1
    assert make(arrays).checksum != before


def test_the_same_bytes_in_another_shape_have_another_checksum(arrays):
    flat = {name: arrays[name].reshape(-1, 20) for name in ("x_train", "x_test")}
    assert make(arrays).checksum != make(arrays | flat).checksum


def test_a_data_set_is_read_only_and_apart_from_what_it_was_made_of(arrays):
    dataset = make(arrays)
    first = int(dataset.x_train[0, 0, 0])
    arrays["x_train"][0, 0, 0] = first ^ 1
    assert dataset.x_train[0, 0, 0] == first
    for array in (dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_data_set_is_read_only_after_its_way_to_a_worker(arrays):
    dataset = pickle.loads(pickle.dumps(make(arrays)))
    assert not dataset.x_train.flags.writeable
    assert not dataset.y_test.flags.writeable


BROKEN = {
    "text as examples": (changed("x_train", np.array([["a"]] * 12)), ["x_train", "<U1"]),
    "booleans as examples": (changed("x_train", np.ones((12, 4), bool)), ["x_train", "bool"]),
    "examples without features": (changed("x_test", np.arange(6)), ["x_test", "(6,)"]),
    "no examples": (changed("x_train", np.zeros((0, 4, 5))), ["x_train", "(0, 4, 5)"]),
    "another image size": (
        changed("x_test", np.zeros((6, 5, 4), np.uint8)),
        ["x_test", "(5, 4)", "(4, 5)"],
    ),
    "another type": (changed("x_test", np.zeros((6, 4, 5), "f4")), ["x_test", "float32", "uint8"]),
    "fewer labels": (changed("y_train", np.arange(11) % 3), ["y_train", "11", "12"]),
    "more labels": (changed("y_test", np.arange(7) % 3), ["y_test", "7", "6"]),
    "no labels": (changed("y_test", np.zeros(0, int)), ["y_test", "(0,)"]),
    "floating labels": (changed("y_test", np.arange(6.0)), ["y_test", "float64"]),
    "one-hot labels": (changed("y_train", np.eye(12)), ["y_train", "argmax"]),
    "labels beside noisy ones": (
        changed("y_train", np.stack([np.arange(12) % 3] * 2, axis=1)),
        ["y_train", "the column that is learned"],
    ),
    "a negative label": (changed("y_test", np.array([0, 1, 2, 0, 1, -1])), ["y_test", "-1"]),
    "one class": (changed("y_train", np.ones(12, int)), ["y_train", "2 classes"]),
    "a label of its own for nearly every example": (
        lambda arrays: (
            {
                name: np.arange(250) * 10**9
                if name[0] == "y"
                else np.repeat(array[:1], 250, axis=0)
                for name, array in arrays.items()
            }
            | {"y_test": np.arange(1, 251)}
        ),
        ["y_train", "500 different labels for 500", "class of each example"],
    ),
    "a label beyond int64": (
        changed("y_test", np.full(6, 2**64 - 1, np.uint64)),
        ["y_test", str(2**64 - 1)],
    ),
    "integers too large to hold exactly": (
        lambda arrays: arrays | {n: arrays[n].astype("i8") * 2**50 for n in ("x_train", "x_test")},
        ["x_train", "2**53"],
    ),
}


@pytest.mark.parametrize(("breaking", "says"), BROKEN.values(), ids=BROKEN)
def test_arrays_that_are_no_data_set_are_refused(tmp_path, arrays, fails, breaking, says):
    path = tmp_path / "own.npz"
    np.savez(path, **breaking(arrays))
    fails(load, str(path), says=[repr(str(path)), *says])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_counted_and_refused(arrays, fails, value):
    x = {name: arrays[name].astype("f4") for name in ("x_train", "x_test")}
    x["x_test"][2, :, 0] = value
    fails(make, arrays | x, says=["x_test", "4 values", "NaN"])


def test_an_input_error_is_always_one_line():
    assert str(InputError("one\n  two\r\nthree")) == "one two three"


def test_arrays_that_are_missing_or_lists_are_told_in_one_line_or_taken(arrays, fails):
    lists = {name: each.tolist() for name, each in arrays.items()}
    assert Dataset.from_arrays("lists", lists).classes == Dataset.from_arrays("a", arrays).classes
    del lists["x_test"]
    fails(Dataset.from_arrays, "lists", lists, says=["lacks the array x_test"])
