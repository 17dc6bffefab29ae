"""A disk that has no room for kept weights: the results are kept, and half a file is not."""

import os
import subprocess
import sys

import pytest

from tests.faults.conftest import TRAINED, Ground, results
from tests.faults.test_storage import mounted
from tests.studies.conftest import in_a_process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a disk"),
]

WIDE = TRAINED.replace("for width in (64, 65)", "for width in (2000, 64)").replace(
    "epochs=12", "epochs=2"
)


def kept_weights(ground: Ground) -> list[str]:
    return [file.name for file in (ground.store.folder / "weights").iterdir()]


def test_a_full_disk_costs_the_weights_and_no_result(tmp_path):
    undisturbed = Ground(tmp_path / "undisturbed", WIDE)
    words = ("--workers", "1", "--seeds", "1", "--keep-weights")
    assert undisturbed.run(*words).status == 0
    assert len(kept_weights(undisturbed)) == 4
    disk = tmp_path / "disk"
    if not mounted(disk, "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        pytest.skip("mounting is not allowed here")
    try:
        ground = Ground(disk, WIDE)
        call = ground.run(*words)
        assert call.status == 0, call
        assert "its weights could not be kept (No space left on device)" in call.err
        assert results(ground.kept()) == results(undisturbed.kept())
        assert len(kept_weights(ground)) == 2  # of the small network
        checked = in_a_process("store", "check", folder=disk)
        assert (checked.status, "no faults" in checked.out) == (0, True), checked
        subprocess.run(["mount", "-o", "remount,size=60m", str(disk)], check=True)
        assert ground.run(*words, "--overwrite", "--yes").status == 0
        assert len(kept_weights(ground)) == 4
        checked = in_a_process("store", "check", folder=disk)
        assert (checked.status, "no faults" in checked.out) == (0, True), checked
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
