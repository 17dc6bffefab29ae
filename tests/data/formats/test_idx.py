import gzip
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data import load
from data.formats.idx import read_idx, read_idx_shape

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
TYPES = [np.dtype(name) for name in ("u1", "i1", "i2", "i4", "f4", "f8")]


@settings(deadline=None)  # disks are slow at times
@given(
    array=st.sampled_from(TYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=4, max_side=5))
    ),
    zipped=st.booleans(),
)
def test_what_is_written_is_read_back_to_the_bit(idx_bytes, array, zipped):
    content = idx_bytes(array)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.gz" if zipped else "file")
        path.write_bytes(gzip.compress(content, 1) if zipped else content)
        read = read_idx(path)
        assert read_idx_shape(path) == array.shape
    assert read.dtype == array.dtype
    assert read.shape == array.shape
    assert read.tobytes() == array.tobytes()
    assert not read.flags.writeable


@settings(deadline=None)  # disks are slow at times
@given(cut=st.integers(0, 39), zipped=st.booleans())
def test_a_file_cut_anywhere_is_refused(idx_bytes, fails, cut, zipped):
    content = idx_bytes(IMAGES)
    assert len(content) == 40
    content = gzip.compress(content) if zipped else content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cut.gz" if zipped else "cut")
        path.write_bytes(content[:cut])
        fails(read_idx, path, says=[repr(str(path)), "copy the file again"])


def test_a_short_file_is_refused_with_both_lengths(idx_bytes, tmp_path, fails):
    path = tmp_path / "short"
    path.write_bytes(idx_bytes(IMAGES)[:-3])
    fails(read_idx, path, says=["found 37 bytes", "expected 40", "(2, 3, 4)"])


def test_a_long_file_is_refused(idx_bytes, tmp_path, fails):
    path = tmp_path / "long"
    path.write_bytes(idx_bytes(IMAGES) + b"x")
    fails(read_idx, path, says=["found more than 40 bytes", "expected 40"])


def test_a_gzip_cut_in_its_data_says_how_far_it_went(idx_bytes, tmp_path, fails):
    path = tmp_path / "cut.gz"
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000), dtype=np.uint8)
    path.write_bytes(gzip.compress(idx_bytes(noise))[:600_000])
    fails(read_idx, path, says=["break off", "expected 1,000,012", "found about"])


@pytest.mark.parametrize("place", [11, 30, -6])
def test_a_gzip_with_one_damaged_byte_is_refused(idx_bytes, tmp_path, fails, place):
    content = bytearray(gzip.compress(idx_bytes(IMAGES)))
    content[place] ^= 0xFF
    path = tmp_path / "damaged.gz"
    path.write_bytes(content)
    fails(read_idx, path, says=[repr(str(path)), "copy the file again"])


def test_an_unpacked_file_named_gz_is_refused_with_the_remedy(idx_bytes, tmp_path, fails):
    path = tmp_path / "images.gz"
    path.write_bytes(idx_bytes(IMAGES))
    fails(read_idx, path, says=["not a sound gzip file", "take .gz off its name"])


def test_a_gzipped_file_not_named_gz_is_refused_with_the_remedy(idx_bytes, tmp_path, fails):
    path = tmp_path / "images"
    path.write_bytes(gzip.compress(idx_bytes(IMAGES)))
    fails(read_idx, path, says=["is gzipped", "add .gz to its name"])


@pytest.mark.parametrize(
    "content", [b"", b"<html>no such page</html>", b"\0\0\x07\x01\0\0\0\1x", b"\0\0\x08\0", b"\0\0"]
)
def test_a_foreign_file_is_refused_with_its_first_bytes(tmp_path, fails, content):
    path = tmp_path / "foreign"
    path.write_bytes(content)
    fails(read_idx, path, says=["not an IDX file", content[:4].hex(" ") or "missing"])


def test_a_header_that_claims_terabytes_costs_no_memory(tmp_path, fails):
    path = tmp_path / "huge.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12 + b"few"))
    tracemalloc.start()
    fails(read_idx, path, says=["found 19 bytes"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_an_empty_dimension_is_refused(tmp_path, fails):
    path = tmp_path / "none"
    path.write_bytes(b"\0\0\x08\x02" + b"\0\0\0\0" + b"\xff" * 4)
    fails(read_idx, path, says=["is empty"])


def test_a_missing_file_is_refused(tmp_path, fails):
    fails(read_idx, tmp_path / "nowhere", says=["No such file", "nowhere"])


def test_a_newline_in_a_file_name_stays_out_of_the_message(tmp_path, fails):
    fails(read_idx, tmp_path / "two\nlines", says=[r"two\nlines"])


def test_labels_that_begin_at_1_are_classes_from_0(tmp_path, arrays, write_idx_folder):
    """As those of EMNIST's letters."""
    letters = {name: arrays[name] + np.uint8(1) for name in ("y_train", "y_test")}
    write_idx_folder(tmp_path / "letters", arrays | letters)
    dataset = load("letters", tmp_path)
    assert (dataset.classes, dataset.class_names) == (3, (1, 2, 3))
    np.testing.assert_array_equal(dataset.y_train, arrays["y_train"])
