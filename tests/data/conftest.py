"""Small files in the real formats, and the shape of every message."""

import gzip
import struct
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from data import InputError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}

Arrays = dict[str, NDArray[Any]]


def idx_bytes(array: NDArray[Any]) -> bytes:
    """The array as an IDX file, written independently of the reader under test."""
    code = CODES[array.dtype.str[1:]]
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture(name="idx_bytes", scope="session")
def _idx_bytes() -> Callable[[NDArray[Any]], bytes]:
    return idx_bytes


@pytest.fixture
def arrays() -> Arrays:
    """Twelve training and six test images of three classes."""
    rng = np.random.default_rng(7)
    return {
        "x_train": rng.integers(0, 256, (12, 4, 5), dtype=np.uint8),
        "y_train": np.arange(12, dtype=np.uint8) % 3,
        "x_test": rng.integers(0, 256, (6, 4, 5), dtype=np.uint8),
        "y_test": np.arange(6, dtype=np.uint8) % 3,
    }


@pytest.fixture
def write_idx_folder() -> Callable[..., Path]:
    def write(folder: Path, arrays: Mapping[str, NDArray[Any]], *, zipped: bool = False) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, stem in IDX_NAMES.items():
            content = idx_bytes(arrays[name])
            if zipped:
                (folder / f"{stem}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / stem).write_bytes(content)
        return folder

    return write


@pytest.fixture(scope="session")
def fails() -> Callable[..., str]:
    """Calls a function that must refuse its input in one line with the given words."""

    def check(function: Callable[..., object], *arguments: object, says: list[str]) -> str:
        with pytest.raises(InputError) as caught:
            function(*arguments)
        message = str(caught.value)
        assert len(message.splitlines()) == 1
        assert "expected" in message
        for words in says:
            assert words in message
        return message

    return check


@pytest.fixture(autouse=True)
def nothing_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds data sets of the machine's, nor reaches for the network by mistake."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras-home"))
    monkeypatch.setattr("data.named.official.SYSTEM_FOLDER", tmp_path / "system")

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a test tried to start Keras' loader")

    monkeypatch.setattr("data.named.keras_loader.run_keras_loader", refuse)


@pytest.fixture(scope="session")
def write_images() -> Callable[..., Path]:
    """Writes images of one grey or colour each: {part: {class: [values]}}, as PNG or JPEG."""

    def write(
        folder: Path,
        parts: Mapping[str, Mapping[str, list[int] | list[tuple[int, int, int]]]],
        *,
        size: tuple[int, int] = (5, 4),
        suffix: str = ".png",
    ) -> Path:
        for part, classes in parts.items():
            for name, values in classes.items():
                place = folder / part / name
                place.mkdir(parents=True)
                for number, value in enumerate(values):
                    mode = "L" if isinstance(value, int) else "RGB"
                    Image.new(mode, size, value).save(place / f"{number:03}{suffix}")
        return folder

    return write


@pytest.fixture(scope="session")
def pack() -> Callable[..., Path]:
    """Packs a folder into a tar archive; `under` is the folder around it in the archive."""

    def packed(folder: Path, archive: Path, under: str = ".") -> Path:
        archive.parent.mkdir(parents=True, exist_ok=True)
        mode = {"gz": "w:gz", "tgz": "w:gz", "xz": "w:xz", "tar": "w"}[archive.name.split(".")[-1]]
        with tarfile.open(archive, mode) as tar:
            tar.add(folder, under)
        return archive

    return packed
