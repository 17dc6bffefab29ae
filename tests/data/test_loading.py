import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import data
from data import load


def test_importing_the_loader_costs_neither_keras_nor_scikit_learn_nor_pandas():
    code = (
        "import sys; from data import load; "
        "print([m for m in ('sklearn', 'scipy', 'keras', 'tensorflow', 'pandas')"
        " if m in sys.modules])"
    )
    root = Path(data.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_package_is_this_repositorys():
    assert Path(data.__file__).parent == Path(__file__).parents[2] / "data"


def test_a_data_set_of_ones_own_is_a_sub_folder_with_idx_files(tmp_path, arrays, write_idx_folder):
    write_idx_folder(tmp_path / "fruit", arrays, zipped=True)
    fruit = load("fruit", tmp_path)
    assert (fruit.name, fruit.classes) == ("fruit", 3)


def test_a_data_set_of_ones_own_is_a_sub_folder_with_its_npz(tmp_path, arrays):
    (tmp_path / "fruit").mkdir()
    np.savez(tmp_path / "fruit/fruit.npz", **arrays)
    assert load("fruit", tmp_path).source == str(tmp_path / "fruit/fruit.npz")


def test_idx_files_and_npz_of_the_same_content_have_the_same_checksum(
    tmp_path, arrays, write_idx_folder
):
    write_idx_folder(tmp_path / "fruit", arrays)
    np.savez(tmp_path / "other.npz", **arrays)
    assert load("fruit", tmp_path).checksum == load(str(tmp_path / "other.npz")).checksum


def test_a_path_is_a_npz_file_whatever_its_ending(tmp_path, arrays):
    np.savez(tmp_path / "own.npz", **arrays)
    (tmp_path / "own.npz").rename(tmp_path / "own.data")
    assert load(str(tmp_path / "own.data")).classes == 3


def test_a_missing_npz_is_refused_by_its_path(fails):
    fails(load, "no/such.npz", says=["'no/such.npz'", "x_train"])


def test_a_built_in_name_is_never_taken_for_a_file(tmp_path, monkeypatch):
    (tmp_path / "digits").write_text("something of the user's")
    monkeypatch.chdir(tmp_path)
    assert load("digits", tmp_path).classes == 10


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("minst", "mnist"),
        ("MNIST", "mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("fruits", "fruit"),
    ],
)
def test_a_slip_in_a_name_is_answered_with_a_guess(
    tmp_path, arrays, write_idx_folder, fails, name, guess
):
    write_idx_folder(tmp_path / "fruit", arrays)
    fails(load, name, tmp_path, says=[repr(name), f"did you mean {guess}?", "digits-colour"])


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "a/b", "../fruit", "zzz", "two\nlines", "nul\0", "x" * 5000]
)
@pytest.mark.parametrize("with_folder", [False, True])
def test_an_unknown_name_is_refused_with_the_known_ones(
    tmp_path, arrays, write_idx_folder, fails, name, with_folder
):
    write_idx_folder(tmp_path / "fruit", arrays)
    folder = tmp_path / "inner"
    folder.mkdir()
    fails(load, name, folder if with_folder else None, says=["unknown data set", "fashion-mnist"])


@pytest.mark.parametrize("name", ["nul\0.npz", "x" * 5000 + ".npz", "two\nlines.npz"])
def test_a_path_that_cannot_be_is_refused(fails, name):
    fails(load, name, says=["no file"])


def test_a_sub_folder_without_files_is_named(tmp_path, fails):
    (tmp_path / "fruit").mkdir()
    fails(load, "fruit", tmp_path, says=["fruit", "holds no data set", "'fruit.npz'"])
