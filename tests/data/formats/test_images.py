import os
import struct
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from data import import_folder, load
from data.formats.images import evenly_mixed, image_files

FRUIT = {"train": {"pear": [10, 11], "apple": [20, 21]}, "test": {"pear": [12], "apple": [22]}}


@pytest.fixture
def fruit(tmp_path, write_images):
    return write_images(tmp_path / "fruit", FRUIT)


def values(x):
    """The one grey of each image."""
    return list(x[:, 0, 0])


def test_images_in_folders_are_a_data_set(tmp_path, fruit):
    loaded = load("fruit", tmp_path)
    assert loaded.x_train.shape == (4, 4, 5)
    assert loaded.x_train.dtype == np.uint8
    # Classes by name, files by name, classes in turn.
    assert values(loaded.x_train) == [20, 10, 21, 11]
    assert list(loaded.y_train) == [0, 1, 0, 1]
    assert values(loaded.x_test) == [22, 12]
    assert list(loaded.y_test) == [0, 1]
    assert loaded.source == f"{tmp_path / 'fruit'} (images encoded as PNG)"


def test_colour_images_have_three_channels(tmp_path, write_images):
    red, green = (255, 0, 0), (0, 255, 0)
    write_images(tmp_path / "own", {part: {"a": [red], "b": [green]} for part in FRUIT})
    x = load("own", tmp_path).x_train
    assert x.shape == (2, 4, 5, 3)
    assert (x[0] == red).all()
    assert (x[1] == green).all()


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tgz", "tar.xz"])
@pytest.mark.parametrize("under", [".", "", "some folder"])
def test_an_archive_is_the_same_data_set_as_the_folder(tmp_path, fruit, pack, ending, under):
    pack(fruit, tmp_path / f"packed/own/any.{ending}", under)
    own = load("own", tmp_path / "packed")
    assert own.checksum == load("fruit", tmp_path).checksum
    assert own.source.endswith(f"any.{ending} (images encoded as PNG)")


def test_the_source_says_that_images_were_encoded_as_jpeg(tmp_path, write_images):
    write_images(tmp_path / "own", FRUIT, suffix=".jpg")
    loaded = load("own", tmp_path)
    assert loaded.source.endswith("(images encoded as JPEG)")
    assert loaded.encoding == "JPEG"


def test_numbered_classes_are_in_the_order_of_their_numbers(tmp_path, write_images):
    classes = {str(number): [number] for number in (10, 9, 100, 1)}
    write_images(tmp_path / "own", dict.fromkeys(FRUIT, classes))
    assert values(load("own", tmp_path).x_test) == [1, 9, 10, 100]


def test_hidden_files_and_what_is_beside_train_and_test_are_left_alone(tmp_path, fruit, pack):
    before = load("fruit", tmp_path).checksum
    for place in (".DS_Store", "train/.DS_Store", "train/pear/._000.png", "README.txt"):
        (fruit / place).write_text("something")
    (fruit / "train/.thumbnails").mkdir()
    (fruit / "train/.thumbnails/small.png").write_text("something")
    assert load("fruit", tmp_path).checksum == before
    pack(fruit, tmp_path / "packed/own/own.tar")
    assert load("own", tmp_path / "packed").checksum == before


def test_images_can_be_imported_from_their_folder_or_archive(tmp_path, fruit, pack):
    archive = pack(fruit, tmp_path / "fruit.tar.gz")
    import_folder("one", fruit, tmp_path / "data")
    import_folder("two", archive, tmp_path / "data")
    first, second = (load(name, tmp_path / "data") for name in ("one", "two"))
    assert first.checksum == second.checksum == load("fruit", tmp_path).checksum


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_every_stretch_of_the_order_has_each_class_in_its_share(counts):
    labels, ranks = evenly_mixed(counts)
    for label, count in enumerate(counts):
        assert list(ranks[labels == label]) == list(range(count))
        so_far = np.cumsum(labels == label)
        share = np.arange(1, len(labels) + 1) * count / len(labels)
        # The other classes are ahead of their share, or behind it, by a half each at most.
        assert np.abs(so_far - share).max() <= len(counts) / 2 + 0.5


def test_classes_of_one_size_take_turns():
    labels, ranks = evenly_mixed([2, 2, 2])
    assert list(labels) == [0, 1, 2, 0, 1, 2]
    assert list(ranks) == [0, 0, 0, 1, 1, 1]


def test_a_small_class_is_spread_over_the_whole_order():
    assert list(evenly_mixed([6, 2])[0]) == [0, 0, 1, 0, 0, 0, 1, 0]


def empty(folder):
    for file in (folder / "train/pear").iterdir():
        file.unlink()


def another_size(folder):
    Image.new("L", (4, 5)).save(folder / "test/pear/big.png")


def another_mode(folder):
    Image.new("RGB", (5, 4)).save(folder / "train/pear/colour.png")


def transparent(folder):
    for file in folder.rglob("*.png"):
        Image.new("RGBA", (5, 4)).save(file)  # black, and transparent throughout


def cut(folder):
    path = folder / "train/pear/001.png"
    Image.effect_noise((5, 4), 50).save(path)
    path.write_bytes(path.read_bytes()[:-30])


def write(place, content=b"text"):
    def change(folder):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return change


BROKEN = {
    "an empty class": (empty, ["train/pear", "holds no image"]),
    "a class in test alone": (write("test/plum/1.png"), ["'plum' in test and not in train"]),
    "a class in train alone": (write("train/plum/1.png"), ["'plum' in train and not in test"]),
    "two sizes": (another_size, ["test/pear/big.png", "4 x 5", "expected 5 x 4"]),
    "two modes": (another_mode, ["train/pear/colour.png", "mode RGB", "mode L"]),
    "another mode": (transparent, ["000.png", "mode RGBA", "RGB"]),
    "a cut image": (cut, ["train/pear/001.png", "not a sound image"]),
    "text as an image": (write("test/pear/1.png"), ["test/pear/1.png", "format is unknown"]),
    "an empty image": (write("test/pear/1.jpg", b""), ["test/pear/1.jpg", "not a sound image"]),
    "another image format": (
        lambda folder: Image.new("L", (5, 4)).save(folder / "test/pear/1.png", "GIF"),
        ["test/pear/1.png", "PNG or JPEG"],
    ),
    "a file that is no image": (write("train/pear/notes.txt"), ["notes.txt", "no image"]),
    "an image without a class": (write("train/1.png"), ["train/1.png", "CLASS"]),
    "a folder in a class": (write("train/pear/ripe/1.png"), ["train/pear/ripe"]),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("breaking", "says"), BROKEN.values(), ids=BROKEN)
def test_images_that_are_no_data_set_are_refused(
    tmp_path, fruit, pack, fails, breaking, says, packed
):
    breaking(fruit)
    if packed:
        pack(fruit, tmp_path / "packed/fruit/fruit.tar")
    fails(load, "fruit", tmp_path / "packed" if packed else tmp_path, says=["fruit", *says])


def test_a_folder_may_be_named_like_an_archive(tmp_path, fruit):
    fruit.rename(tmp_path / "fruit.tar")
    assert load("fruit.tar", tmp_path).classes == 2


def test_a_missing_part_is_named(tmp_path, write_images, pack, fails):
    folder = write_images(tmp_path / "own", {"train": FRUIT["train"]})
    fails(load, "own", tmp_path, says=[str(folder / "test"), "is missing"])
    pack(folder, tmp_path / "packed/own/own.tar")
    fails(load, "own", tmp_path / "packed", says=["own.tar", "in train and not in test"])


@pytest.mark.parametrize("place", ["test", "train/pear"])
def test_the_folder_of_a_part_or_class_may_be_a_link(tmp_path, fruit, place):
    before = load("fruit", tmp_path)
    elsewhere = tmp_path / "another disk"
    (fruit / place).rename(elsewhere)
    (fruit / place).symlink_to(elsewhere)
    assert load("fruit", tmp_path).checksum == before.checksum


def test_no_other_link_is_followed(tmp_path, fruit, fails):
    link = fruit / "train/pear/link.png"
    link.symlink_to(tmp_path / "elsewhere")
    fails(load, "fruit", tmp_path, says=["link.png", "is a link"])
    link.unlink()
    link.symlink_to(fruit / "train")
    fails(load, "fruit", tmp_path, says=["link.png", "is a link"])


@pytest.mark.parametrize("mode", ["1", "P", "LA"])
def test_images_that_are_grey_and_written_otherwise_are_grey(tmp_path, fruit, mode):
    before = load("fruit", tmp_path)
    for file in fruit.rglob("*.png"):
        with Image.open(file) as image:
            grey = image.convert("L").point(lambda value: 255 * (value > 127))
        grey.save(file)
    two_tones = load("fruit", tmp_path)
    assert two_tones.checksum != before.checksum
    for file in fruit.rglob("*.png"):
        with Image.open(file) as image:
            written = image.convert(mode)
        written.save(file)
    again = load("fruit", tmp_path)
    np.testing.assert_array_equal(again.x_train, two_tones.x_train)


def test_opaque_images_are_colour_and_transparent_ones_refused(tmp_path, write_images, fails):
    folder = write_images(tmp_path / "own", FRUIT)
    for file in folder.rglob("*.png"):
        Image.new("RGBA", (5, 4), (9, 8, 7, 255)).save(file)
    assert load("own", tmp_path).x_train[0, 0, 0].tolist() == [9, 8, 7]
    Image.new("RGBA", (5, 4), (9, 8, 7, 254)).save(file)
    fails(load, "own", tmp_path, says=[file.name, "RGBA"])


def test_images_that_cannot_be_read_are_named_together(tmp_path, fruit, fails):
    files = sorted((fruit / "train").rglob("*.png"))
    for file in files[:2]:
        file.write_bytes(b"")
    fails(load, "fruit", tmp_path, says=[*map(str, files[:2]), "copy them again"])


def test_a_file_that_never_ends_is_refused(tmp_path, fruit, fails):
    os.mkfifo(fruit / "train/pear/pipe.png")
    fails(load, "fruit", tmp_path, says=["pipe.png", "no plain file"])


def test_a_link_out_of_an_archive_is_refused(tmp_path, fruit, pack, fails):
    (fruit / "train/pear/link.png").symlink_to("/etc/passwd")
    pack(fruit, tmp_path / "packed/own/own.tar")
    fails(load, "own", tmp_path / "packed", says=["train/pear/link.png", "a link to '/etc/passwd'"])


def test_an_image_that_stands_twice_in_an_archive_is_refused(tmp_path, fruit, pack, fails):
    archive = pack(fruit, tmp_path / "packed/own/own.tar")
    with tarfile.open(archive, "a") as tar:
        tar.add(fruit / "train/pear/000.png", "train/pear/000.png")
    fails(load, "own", tmp_path / "packed", says=["train/pear/000.png", "twice"])


def test_two_data_sets_in_one_archive_are_refused(tmp_path, fruit, pack, fails):
    archive = pack(fruit, tmp_path / "packed/own/own.tar", "a")
    with tarfile.open(archive, "a") as tar:
        tar.add(fruit, "b")
    fails(load, "own", tmp_path / "packed", says=["a/.", "b/.", "one train"])


def test_an_archive_without_images_is_refused(tmp_path, arrays, pack, fails):
    (tmp_path / "some").mkdir()
    pack(tmp_path / "some", tmp_path / "packed/own/own.tar")
    fails(load, "own", tmp_path / "packed", says=["holds no image", "train/CLASS/"])


def test_images_that_would_fill_the_memory_are_refused(tmp_path, fruit, fails, monkeypatch):
    monkeypatch.setattr("data.formats.images.MOST_BYTES", 79)
    fails(load, "fruit", tmp_path, says=["000.png", "80 bytes", "at most 79"])


def test_an_image_that_claims_to_be_huge_is_refused_before_it_is_decoded(tmp_path, fruit, fails):
    path = fruit / "train/apple/000.png"
    content = bytearray(path.read_bytes())
    content[16:24] = (0xFFFF).to_bytes(4, "big") * 2
    path.write_bytes(content)
    fails(load, "fruit", tmp_path, says=["train/apple/000.png"])


def test_of_two_archives_none_is_chosen(tmp_path, fruit, pack, fails):
    for name in ("a.tar", "b.tar"):
        pack(fruit, tmp_path / "packed/own" / name)
    assert image_files(tmp_path / "packed/own") is None
    fails(load, "own", tmp_path / "packed", says=["holds no data set", "one archive"])


def test_arrays_come_before_images(tmp_path, fruit, arrays):
    np.savez(fruit / "fruit.npz", **arrays)
    assert load("fruit", tmp_path).source == str(Path(fruit / "fruit.npz"))


@pytest.mark.parametrize("names", [("3", "8"), ("1", "2", "10"), ("01", "02"), ("0", "1")])
def test_classes_that_are_not_numbered_from_0_keep_their_names(names, tmp_path, write_images):
    classes = {name: [number] for number, name in enumerate(names)}
    write_images(tmp_path / "own", dict.fromkeys(FRUIT, classes))
    assert load("own", tmp_path).class_labels == (() if names == ("0", "1") else names)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["val", "valid", "validation", "Validation"])
def test_the_parts_have_other_names_too(name, packed, tmp_path, write_images, pack):
    parts = {"Training": FRUIT["train"], "TEST": FRUIT["test"], name: FRUIT["test"]}
    folder = write_images(tmp_path / "own", parts)
    if packed:
        pack(folder, tmp_path / "packed/own/own.tar", "some folder")
    own = load("own", tmp_path / "packed" if packed else tmp_path)
    assert values(own.x_train) == [20, 10, 21, 11]
    assert values(own.x_val) == values(own.x_test) == [22, 12]


def test_a_part_that_is_there_twice_is_refused(tmp_path, fruit, write_images, fails):
    write_images(fruit, {"val": FRUIT["test"], "Valid": FRUIT["test"]})
    fails(load, "fruit", tmp_path, says=["val", "Valid", "the same part", "into one"])


def test_a_class_is_missed_by_the_names_that_its_parts_have(tmp_path, write_images, fails):
    write_images(tmp_path / "own", {"Training": FRUIT["train"], "Testing": {"pear": [1]}})
    says = ["'apple' in Training and not in Testing", "add Testing/apple or remove Training/apple"]
    fails(load, "own", tmp_path, says=says)


def test_what_windows_puts_beside_images_is_left_alone(tmp_path, fruit):
    before = load("fruit", tmp_path).checksum
    for place in ("train/Thumbs.db", "test/pear/Thumbs.db", "train/apple/desktop.ini"):
        (fruit / place).write_text("something")
    assert load("fruit", tmp_path).checksum == before


def test_an_image_of_another_format_is_to_be_written_anew(tmp_path, fruit, fails):
    Image.new("L", (5, 4)).save(fruit / "train/pear/third.bmp")
    fails(load, "fruit", tmp_path, says=["third.bmp", "write it as PNG"])


def test_colours_of_16_bits_are_refused(tmp_path, write_images, fails):
    folder = write_images(tmp_path / "own", {part: {"a": [(1, 2, 3)], "b": [0]} for part in FRUIT})
    for path in folder.rglob("*.png"):
        path.write_bytes(png_of_16_bits(5, 4))
    fails(load, "own", tmp_path, says=["mode RGB;16B", "8 bits", "convert all"])


def png_of_16_bits(width: int, height: int) -> bytes:
    """A colour image, which Pillow reads and does not write."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    rows = (b"\0" + bytes([1, 255] * 3 * width)) * height
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("see_through", [7, 200])
def test_a_grey_that_means_transparent_is_refused_where_it_occurs(
    see_through, tmp_path, fruit, fails
):
    path = sorted((fruit / "train/pear").iterdir())[0]
    Image.new("L", (5, 4), 7).save(path, transparency=see_through)
    if see_through == 200:
        assert values(load("fruit", tmp_path).x_train) == [20, 7, 21, 11]
    else:
        fails(load, "fruit", tmp_path, says=["mode LA"])


def test_words_of_classes_are_kept_by_an_import(tmp_path, fruit):
    import_folder("own", fruit, tmp_path / "data")
    own = load("own", tmp_path / "data")
    assert own.class_labels == ("apple", "pear")
    assert own.checksum == load("fruit", tmp_path).checksum
