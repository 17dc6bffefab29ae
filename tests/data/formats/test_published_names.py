"""Files as the sets that followed MNIST are published: other names, other layouts."""

import numpy as np
import pytest

from data import import_folder, load
from tests.data.conftest import IDX_NAMES, idx_bytes


def write(folder, arrays, named):
    folder.mkdir(parents=True)
    for name, stem in IDX_NAMES.items():
        (folder / named(stem)).write_bytes(idx_bytes(arrays[name]))
    return folder


def emnist(stem, kind="letters"):
    return f"emnist-{kind}-{stem.replace('t10k', 'test')}"


def test_idx_files_with_a_dot_in_their_names_are_found(tmp_path, arrays):
    write(tmp_path / "own", arrays, lambda stem: stem.replace("-idx", ".idx"))
    np.testing.assert_array_equal(load("own", tmp_path).x_test, arrays["x_test"])


def test_emnist_s_images_are_turned_and_its_labels_from_1_kept(tmp_path, arrays):
    turned = {
        name: array + 1 if name[0] == "y" else array.swapaxes(1, 2)
        for name, array in arrays.items()
    }
    write(tmp_path / "letters", turned, emnist)
    found = load("letters", tmp_path)
    np.testing.assert_array_equal(found.x_train, arrays["x_train"])
    np.testing.assert_array_equal(found.y_train, arrays["y_train"])
    assert found.classes == 3
    assert [int(name) for name in found.class_names] == [1, 2, 3]


def test_files_of_several_sets_in_one_folder_are_refused(tmp_path, arrays, fails):
    folder = write(tmp_path / "own", arrays, emnist)
    for name, stem in IDX_NAMES.items():
        (folder / emnist(stem, "digits")).write_bytes(idx_bytes(arrays[name]))
    fails(load, "own", tmp_path, says=["emnist-letters", "emnist-digits", "of its own"])


def test_kmnist_s_four_files_of_one_array_are_a_data_set(tmp_path, arrays, fails):
    folder = tmp_path / "kana"
    folder.mkdir()
    for name, array in arrays.items():
        what = "labels" if name[0] == "y" else "imgs"
        np.savez(folder / f"kmnist-{name[2:]}-{what}.npz", array)
    import_folder("kmnist", folder, tmp_path / "data")
    for found in (load("kana", tmp_path), load("kmnist", tmp_path / "data")):
        np.testing.assert_array_equal(found.x_train, arrays["x_train"])
        np.testing.assert_array_equal(found.y_test, arrays["y_test"])
    np.savez(folder / "kmnist-test-imgs.npz", x=arrays["x_test"])
    fails(load, "kana", tmp_path, says=["lacks the array arr_0", "'x'"])
    (folder / "kmnist-test-imgs.npz").unlink()
    fails(load, "kana", tmp_path, says=["is missing beside"])


@pytest.mark.parametrize("named", [emnist, lambda stem: stem.replace("-idx", ".idx")])
def test_the_shape_is_known_from_a_header(tmp_path, arrays, named):
    from data.formats.files import find_files

    write(tmp_path / "own", arrays, named)
    assert find_files(tmp_path / "own", "own").shape() in [(12, 5, 4), (12, 4, 5)]
