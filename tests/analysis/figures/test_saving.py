import errno
import os
import struct
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from analysis.figures.saving import save


@pytest.mark.parametrize("name", ["f.png", "f.svg", "F.SVG", "f.pdf"])
def test_the_same_figure_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        figure = Figure()
        figure.suptitle("Bytes")
        figure.subplots().pcolormesh([[1.0, 2.0], [3.0, 4.0]])
        save(figure, tmp_path / folder / name)
    first, second = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
    assert first == second
    assert b"Matplotlib v" not in first
    assert os.listdir(tmp_path / "one") == [name]


def test_pixels_are_fine_enough_for_print_and_text_stays_text(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 1), dpi=100)
    figure.suptitle("Words")
    save(figure, tmp_path / "f.png")
    width, height = struct.unpack(">II", (tmp_path / "f.png").read_bytes()[16:24])
    assert (width, height) == (600, 300)
    save(figure, tmp_path / "f.svg")
    assert ">Words</text>" in (tmp_path / "f.svg").read_text()


def test_a_failed_save_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "f.png"
    path.write_bytes(b"old")

    class Broken(Figure):
        def savefig(self, file, **options) -> None:
            Path(file).write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(Broken(), path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f.png"]


def test_what_cannot_be_written_is_named_though_the_library_knew_no_name(tmp_path: Path) -> None:
    class Full(Figure):
        def savefig(self, file, **options) -> None:
            Path(file).write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left on device") as error:
        save(Full(), tmp_path / "f.png")
    assert error.value.filename == str(tmp_path / "f.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["f.eps", "f", "f.jpg"])
def test_other_kinds_of_file_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"expected a name in .png, .svg or .pdf"):
        save(Figure(), tmp_path / name)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="create it first"):
        save(Figure(), tmp_path / "absent" / "f.png")
