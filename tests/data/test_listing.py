import numpy as np
import pytest

from data import InputError, available, load


def rows(folder=None):
    return {row.name: row for row in available(folder)}


def test_the_digits_are_always_here_with_their_true_shape():
    for name in ("digits", "digits-colour"):
        row = rows()[name]
        assert (row.status, row.where, row.built_in) == ("here", "scikit-learn", True)
        assert row.shape == load(name).x_train.shape


def test_the_cube_is_always_here_with_its_true_shape():
    row = rows()["cube"]
    assert (row.status, row.where, row.built_in) == ("here", load("cube").source, True)
    assert row.shape == load("cube").x_train.shape


def test_what_keras_would_fetch_says_so(tmp_path):
    row = rows()["mnist"]
    assert row.status == "download"
    assert str(tmp_path / "keras-home/datasets") in row.where


def test_what_is_not_in_the_named_folder_is_missing(tmp_path):
    row = rows(tmp_path / "user")["fashion-mnist"]
    assert (row.status, row.where) == ("missing", str(tmp_path / "user/fashion-mnist"))


def test_own_data_sets_follow_in_alphabetical_order(tmp_path, arrays, write_idx_folder):
    write_idx_folder(tmp_path / "pears", arrays, zipped=True)
    (tmp_path / "apples").mkdir()
    np.savez(tmp_path / "apples/apples.npz", **arrays)
    (tmp_path / "notes").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "file").touch()
    assert list(rows(tmp_path)) == [
        *("digits", "digits-colour", "cube", "mnist", "fashion-mnist", "cifar10", "stl10"),
        *("apples", "pears"),
    ]
    for name in ("apples", "pears"):
        row = rows(tmp_path)[name]
        assert (row.status, row.shape, row.built_in) == ("here", (12, 4, 5), False)


def test_an_incomplete_or_unreadable_data_set_is_listed_as_such(tmp_path, arrays, write_idx_folder):
    folder = write_idx_folder(tmp_path / "pears", arrays)
    (folder / "t10k-labels-idx1-ubyte").unlink()
    (write_idx_folder(tmp_path / "plums", arrays) / "train-images-idx3-ubyte").write_bytes(b"?")
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist/mnist.npz").write_bytes(b"no archive")
    found = rows(tmp_path)
    assert found["pears"].status == "incomplete"
    assert found["plums"].status == "unreadable"
    assert found["mnist"].status == "unreadable"


def test_listing_reads_no_file_whole(tmp_path, arrays, write_idx_folder):
    folder = write_idx_folder(tmp_path / "pears", arrays)
    images = folder / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:16])
    assert rows(tmp_path)["pears"].shape == (12, 4, 5)


def test_a_folder_of_several_data_sets_spoils_no_list(tmp_path, arrays, write_idx_folder):
    for name in ("emnist", "mnist"):
        for file in list(write_idx_folder(tmp_path / name, arrays).iterdir()):
            end = file.name.replace("t10k", "test")
            for kind in ("letters", "digits"):
                file.with_name(f"emnist-{kind}-{end}").write_bytes(file.read_bytes())
            file.unlink()
    write_idx_folder(tmp_path / "pears", arrays)
    found = rows(tmp_path)
    said = {name: found[name].status for name in ("emnist", "mnist", "pears")}
    assert said == {"emnist": "unreadable", "mnist": "unreadable", "pears": "here"}
    with pytest.raises(InputError, match=r"did you mean mnist\?"):
        load("mnsit", tmp_path)
