import numpy as np
import pytest

from data import import_folder, load


@pytest.fixture
def folder(tmp_path):
    """Forty images to train on and twenty to test on, of five coarse and ten fine classes."""
    place = tmp_path / "source" / "cifar-100-binary"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, n in (("train", 40), ("test", 20)):
        rows = rng.integers(0, 256, (n, 3074), dtype=np.uint8)
        rows[:, 0], rows[:, 1] = np.arange(n) % 5, np.arange(n) % 10
        (place / f"{name}.bin").write_bytes(rows.tobytes())
    return place


@pytest.mark.parametrize(("labels", "classes"), [(None, 10), ("fine", 10), ("coarse", 5)])
def test_either_kind_of_labels_can_be_taken(tmp_path, folder, labels, classes):
    import_folder("hundred", folder.parent, tmp_path / "data", labels=labels)
    found = load("hundred", tmp_path / "data")
    assert found.classes == classes
    np.testing.assert_array_equal(found.y_train, np.arange(40) % classes)
    raw = np.frombuffer((folder / "test.bin").read_bytes(), np.uint8).reshape(20, 3074)
    assert found.x_test[3, 7, 9].tolist() == [raw[3, 2 + c * 1024 + 7 * 32 + 9] for c in range(3)]


def test_a_cut_or_missing_file_is_refused(tmp_path, folder, fails):
    content = (folder / "test.bin").read_bytes()
    (folder / "test.bin").write_bytes(content[:-1])
    fails(import_folder, "hundred", folder, tmp_path / "data", says=["test.bin", "multiple of"])
    (folder / "test.bin").unlink()
    fails(import_folder, "hundred", folder, tmp_path / "data", says=["test.bin", "is missing"])


def test_labels_are_chosen_of_cifar_100_alone(tmp_path, arrays, write_idx_folder, fails):
    source = write_idx_folder(tmp_path / "source", arrays)

    def coarse():
        import_folder("own", source, tmp_path / "data", labels="coarse")

    fails(coarse, says=["leave that out"])
