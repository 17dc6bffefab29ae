import numpy as np
import pytest

from data import import_folder, load


def test_an_imported_data_set_is_loaded_by_its_name(tmp_path, arrays, write_idx_folder):
    source = write_idx_folder(tmp_path / "source", arrays, zipped=True)
    path = import_folder("fruit", source, tmp_path / "new" / "data")
    assert path == tmp_path / "new/data/fruit/fruit.npz"
    fruit = load("fruit", tmp_path / "new/data")
    np.testing.assert_array_equal(fruit.x_test, arrays["x_test"])
    assert [file.name for file in path.parent.iterdir()] == ["fruit.npz"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_npz_is_imported_from_its_folder_or_by_its_path(tmp_path, arrays, inside):
    source = tmp_path / "source"
    source.mkdir()
    np.savez(source / "anything.npz", **arrays)
    before = load(str(source / "anything.npz"))
    import_folder("fruit", source if inside else source / "anything.npz", tmp_path)
    assert load("fruit", tmp_path).checksum == before.checksum


def test_an_imported_file_may_be_read_by_whom_any_new_file_may(tmp_path, arrays, write_idx_folder):
    path = import_folder("fruit", write_idx_folder(tmp_path / "source", arrays), tmp_path)
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".fruit",
        "a/b",
        "a\\b",
        "/fruit",
        "a,b",
        "-f",
        "a\nb",
        "a ",
        "a.",
        "a.npz",
        "a\0",
    ],
)
def test_a_name_that_is_no_plain_folder_name_is_refused(
    tmp_path, arrays, write_idx_folder, fails, name
):
    source = write_idx_folder(tmp_path / "source", arrays)
    fails(import_folder, name, source, tmp_path / "data", says=["cannot name a data set"])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["mnist", "Fashion-MNIST", "digits"])
def test_a_built_in_name_is_refused(tmp_path, arrays, write_idx_folder, fails, name):
    source = write_idx_folder(tmp_path / "source", arrays)
    fails(import_folder, name, source, tmp_path / "data", says=["built-in", "my-"])


def test_a_data_set_is_never_overwritten(tmp_path, arrays, write_idx_folder, fails):
    source = write_idx_folder(tmp_path / "source", arrays)
    path = import_folder("fruit", source, tmp_path)
    before = path.read_bytes()
    fails(import_folder, "fruit", source, tmp_path, says=["exists already"])
    fails(import_folder, "source", source, tmp_path, says=["exists already"])
    assert path.read_bytes() == before


def test_a_damaged_source_leaves_nothing_in_the_data_folder(
    tmp_path, arrays, write_idx_folder, fails
):
    source = write_idx_folder(tmp_path / "source", arrays)
    (source / "t10k-images-idx3-ubyte").write_bytes(b"damaged")
    fails(import_folder, "fruit", source, tmp_path / "data", says=["t10k-images-idx3-ubyte"])
    assert not (tmp_path / "data").exists()


def test_a_source_without_data_is_refused(tmp_path, fails):
    fails(import_folder, "fruit", tmp_path / "nowhere", tmp_path, says=["holds no data set"])


def test_a_source_with_two_npz_files_is_refused(tmp_path, arrays, fails):
    for name in "ab":
        np.savez(tmp_path / f"{name}.npz", **arrays)
    fails(import_folder, "fruit", tmp_path, tmp_path, says=["2 .npz files", "'a.npz'"])


def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path, arrays, write_idx_folder, fails, monkeypatch
):
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    source = write_idx_folder(tmp_path / "source", arrays)
    monkeypatch.setattr("data.formats.npz.os.replace", full)
    fails(import_folder, "fruit", source, tmp_path / "data", says=["No space left on device"])
    assert list((tmp_path / "data").iterdir()) == []


def test_a_data_folder_that_is_a_file_is_refused(tmp_path, arrays, write_idx_folder, fails):
    source = write_idx_folder(tmp_path / "source", arrays)
    (tmp_path / "file").touch()
    fails(import_folder, "fruit", source, tmp_path / "file", says=["cannot be written"])


def test_labels_with_gaps_are_kept_as_they_are(tmp_path, arrays):
    gaps = {name: arrays[name] * 5 + 3 for name in ("y_train", "y_test")}
    np.savez(tmp_path / "gaps.npz", **arrays | gaps)
    import_folder("fruit", tmp_path / "gaps.npz", tmp_path)
    fruit, before = load("fruit", tmp_path), load(str(tmp_path / "gaps.npz"))
    assert fruit.class_names == before.class_names == (3, 8, 13)
    assert fruit.checksum == before.checksum
