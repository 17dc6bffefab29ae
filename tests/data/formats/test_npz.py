import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import InputError, import_folder, load
from data.formats.npz import read_npz, write_npz


class Trap:
    """Unpickling it ends the process."""

    def __reduce__(self):
        return (exec, ("import os; os._exit(66)",))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_sound_file_is_read_whatever_else_it_holds(tmp_path, arrays, save):
    path = tmp_path / "own.npz"
    save(path, **arrays, note=np.array(["made", "by", "hand"]))
    read = read_npz(path)
    assert list(read) == ["x_train", "y_train", "x_test", "y_test"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert not read[name].flags.writeable


def test_other_names_of_the_arrays_are_known(tmp_path, arrays):
    x = {part: arrays[f"x_{part}"] for part in ("train", "test")}
    y = {part: arrays[f"y_{part}"] for part in ("train", "test")}
    np.savez(tmp_path / "own.npz", **arrays, x_val=x["test"], y_val=y["test"])
    np.savez(
        *[tmp_path / "capital.npz"], X_train=x["train"], y_train=y["train"], X_test=x["test"],
        y_test=y["test"], X_valid=x["test"], y_valid=y["test"],
    )  # fmt: skip
    own, capital = (load(str(tmp_path / f"{name}.npz")) for name in ("own", "capital"))
    assert own.checksum == capital.checksum
    assert own.x_val is not None


def test_what_people_call_the_classes_is_read_and_written(tmp_path, arrays):
    words = ("cat", "dog", "crème brûlée")
    np.savez(tmp_path / "own.npz", **arrays, class_labels=np.array(words))
    own = load(str(tmp_path / "own.npz"))
    assert own.class_labels == words
    import_folder("again", tmp_path / "own.npz", tmp_path)
    again = load("again", tmp_path)
    assert (again.class_labels, again.checksum) == (words, own.checksum)
    np.savez(tmp_path / "plain.npz", **arrays)
    assert load(str(tmp_path / "plain.npz")).checksum == own.checksum


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (np.array(["cat", "dog"]), "expected 3 different texts"),
        (np.array(["cat", "dog", "cat"]), "expected 3 different texts"),
        (np.array([["cat"], ["dog"], ["cow"]]), "expected 3 different texts"),
        (np.array([1, 2, 3]), "expected an array of plain texts"),
        (np.array([b"cat", b"dog", b"cow"]), "expected an array of plain texts"),
        (np.array(["cat", "dog", "cow"], object), "expected an array of plain texts"),
    ],
)
def test_words_that_are_not_one_for_each_class_are_refused(tmp_path, arrays, words, says, fails):
    np.savez(tmp_path / "own.npz", **arrays, class_labels=words)
    fails(load, str(tmp_path / "own.npz"), says=["class_labels", says, "numpy.array(words)"])


@pytest.mark.parametrize(
    ("ending", "says"),
    [("csv", "pandas"), ("mat", "loadmat"), ("npy", "one array"), ("ZIP", "unpack it")],
)
def test_a_file_of_another_kind_is_refused_with_the_way_to_mend_it(tmp_path, ending, says, fails):
    path = tmp_path / f"own.{ending}"
    path.write_bytes(b"1,2,3")
    expected = [f"is a .{ending} file, expected a .npz", says, "numpy.savez"]
    fails(load, str(path), says=expected)
    fails(import_folder, "own", path, tmp_path / "data", says=expected)


def test_examples_in_the_last_axis_are_refused_with_the_way_to_mend_it(tmp_path, arrays, fails):
    last = {name: np.moveaxis(a, 0, -1) if a.ndim > 1 else a for name, a in arrays.items()}
    np.savez(tmp_path / "own.npz", **last)
    fails(load, str(tmp_path / "own.npz"), says=["x_train", "numpy.moveaxis(x, -1, 0)"])


def test_arrays_stored_column_by_column_are_read_alike(tmp_path, arrays):
    np.savez(tmp_path / "rows.npz", **arrays)
    np.savez(tmp_path / "columns.npz", **{n: np.asfortranarray(a) for n, a in arrays.items()})
    rows, columns = load(str(tmp_path / "rows.npz")), load(str(tmp_path / "columns.npz"))
    assert rows.checksum == columns.checksum


def test_pickled_objects_are_refused_and_never_run(tmp_path, arrays, fails):
    path = tmp_path / "trap.npz"
    arrays["y_test"] = np.array([Trap()] * 6, dtype=object)
    np.savez(path, **arrays, allow_pickle=True)
    fails(read_npz, path, says=["trap.npz", "y_test", "Python objects"])


def test_a_file_that_is_a_pickle_is_refused(tmp_path, fails):
    path = tmp_path / "pickle.npz"
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    fails(read_npz, path, says=["pickle.npz", "not a sound .npz"])


def test_a_single_npy_array_is_refused(tmp_path, fails):
    with open(tmp_path / "one.npz", "wb") as stream:
        np.save(stream, np.zeros(3))
    fails(read_npz, tmp_path / "one.npz", says=["not a sound .npz"])


def test_a_missing_array_is_named_with_those_found(tmp_path, arrays, fails):
    del arrays["y_test"]
    np.savez(tmp_path / "own.npz", **arrays, images=np.zeros(3))
    fails(read_npz, tmp_path / "own.npz", says=["lacks the array y_test", "'images'"])


@pytest.mark.parametrize("missing", ["nowhere.npz", "."])
def test_a_path_without_a_file_is_refused(tmp_path, fails, missing):
    fails(read_npz, tmp_path / missing, says=["does not exist as a file"])


@settings(deadline=None)  # disks are slow at times
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_is_refused(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "cut.npz"
    whole = io.BytesIO()
    np.savez(whole, **{name: np.arange(50) for name in ("x_train", "y_train", "x_test", "y_test")})
    content = whole.getvalue()
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(InputError, match=r"cut\.npz"):
        read_npz(path)


def test_a_damaged_byte_is_noticed(tmp_path, arrays, fails):
    path = tmp_path / "own.npz"
    np.savez(path, **arrays)
    content = path.read_bytes()
    place = content.index(arrays["x_test"].tobytes())
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    fails(read_npz, path, says=["not a sound .npz", "CRC"])


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 1000000, 9)}", "found 4"),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (-2, -2)}", "(-2, -2)"),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (5,)}", "expected 5"),
        ("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", "<U1"),
        ("{'descr': '|S0', 'fortran_order': False, 'shape': (4,)}", "plain numbers"),
        ("{'descr': '<U3', 'fortran_order': False, 'shape': (4,)}", "number the classes"),
        ("__import__('os')._exit(66)", "no sound header"),
        ("((((", "no sound header"),
        ("", "no sound header"),
    ],
)
def test_a_header_is_not_believed(tmp_path, fails, header, says):
    path = tmp_path / "crafted.npz"
    text = header.encode("latin1") + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text))
            archive.writestr(f"{name}.npy", start + text + b"four")
    fails(read_npz, path, says=["crafted.npz", "x_train", says])


def test_writing_that_fails_leaves_nothing_behind(tmp_path, arrays, monkeypatch):
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.formats.npz.np.savez", full)
    with pytest.raises(OSError, match="No space"):
        write_npz(tmp_path / "own.npz", arrays)
    assert list(tmp_path.iterdir()) == []
