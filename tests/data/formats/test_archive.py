import gzip
import io
import tarfile

import numpy as np
import pytest

from data.formats.archive import members

ENDINGS = ["tar", "tar.gz", "tgz", "tar.xz"]
NOISE = np.random.default_rng(0).bytes(70_000)


def archive_of(path, files, ending="tar"):
    """An archive of the given members: bytes, or a function that changes an empty member."""
    mode = {"tar": "w", "tar.gz": "w:gz", "tgz": "w:gz", "tar.xz": "w:xz"}[ending]
    with tarfile.open(path / f"some.{ending}", mode) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if callable(content):
                content(info)
                content = b""
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path / f"some.{ending}"


def everything(path):
    return {member.parts: member.read() if member.read else None for member in members(path)}


def typed(kind, target=""):
    def change(info):
        info.type, info.linkname = kind, target

    return change


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_archive_gives_its_files_and_folders(tmp_path, ending):
    files = {"./a": typed(tarfile.DIRTYPE), "./a/1": b"one", "2": NOISE, "x" * 200: b""}
    path = archive_of(tmp_path, files, ending)
    assert everything(path) == {("a",): None, ("a", "1"): b"one", ("2",): NOISE, ("x" * 200,): b""}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.97])
def test_an_archive_that_breaks_off_is_refused(tmp_path, fails, ending, share):
    path = archive_of(tmp_path, {"a": NOISE, "b": NOISE}, ending)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    fails(everything, path, says=[repr(str(path)), "not a sound archive", "copy it again"])


def test_an_archive_that_breaks_off_between_two_files_is_refused(tmp_path, fails):
    path = archive_of(tmp_path, {"a": b"x" * 512, "b": b"x" * 512})
    path.write_bytes(path.read_bytes()[:1024])
    fails(everything, path, says=["breaks off"])


@pytest.mark.parametrize("ending", ENDINGS[1:])
def test_an_archive_that_lacks_the_end_of_its_check_sum_is_refused(tmp_path, fails, ending):
    path = archive_of(tmp_path, {"a": NOISE}, ending)
    path.write_bytes(path.read_bytes()[:-1])
    fails(everything, path, says=["not a sound archive"])


@pytest.mark.parametrize("ending", ENDINGS[1:])
def test_an_archive_with_one_damaged_byte_is_refused(tmp_path, fails, ending):
    path = archive_of(tmp_path, {"a": NOISE}, ending)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    fails(everything, path, says=["not a sound archive"])


@pytest.mark.parametrize("ending", ENDINGS)
def test_something_else_under_an_archives_name_is_refused(tmp_path, fails, ending):
    path = tmp_path / f"some.{ending}"
    path.write_bytes(NOISE)
    fails(everything, path, says=["not a sound archive"])
    fails(everything, tmp_path / "nowhere.tar", says=["No such file"])


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../up", ".."])
def test_a_member_outside_of_the_archive_is_refused(tmp_path, fails, name):
    path = archive_of(tmp_path, {name: b"x"})
    fails(everything, path, says=[repr(name), "outside of the archive"])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a link to '/etc/passwd'"),
        (tarfile.LNKTYPE, "a link to '/etc/passwd'"),
        (tarfile.FIFOTYPE, "no plain file"),
        (tarfile.CHRTYPE, "no plain file"),
    ],
)
def test_links_and_devices_are_refused(tmp_path, fails, kind, words):
    path = archive_of(tmp_path, {"a/b": typed(kind, "/etc/passwd")})
    fails(everything, path, says=["'a/b'", words])


def test_what_unpacks_to_more_than_a_data_set_may_have_is_refused(tmp_path, fails, monkeypatch):
    monkeypatch.setattr("data.formats.archive.MOST_BYTES", 1 << 20)
    # Three megabytes of zeros behind the end of the archive; a bomb would have gigabytes.
    path = archive_of(tmp_path, {"a": b"x"}, "tar")
    (tmp_path / "bomb.tar.gz").write_bytes(gzip.compress(path.read_bytes() + bytes(3 << 20)))
    fails(everything, tmp_path / "bomb.tar.gz", says=["unpacks to more than 1,048,576 bytes"])
