"""Records are of one environment: what moves numbers counts, what only keeps them does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import environment
from core.training.environment import KEEPING

ROOT = Path(__file__).parent.parent.parent


def code_seen_from(folder):
    line = "from core.training.environment import environment; print(environment()['core'])"
    here = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", line], cwd=folder, env=here, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def copy(tmp_path):
    for name in ("core", "data"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "same"), [*((name, True) for name in KEEPING), ("trainer.py", False)]
)
def test_a_change_of_what_keeps_records_does_not_make_them_stale(copy, changed, same):
    with (copy / "core" / changed).open("a") as file:
        file.write("\n# changed\n")
    assert (code_seen_from(copy) == environment()["core"]) is same


def test_a_file_of_the_same_name_among_the_networks_counts(copy):
    (copy / "core" / "models" / KEEPING[0]).write_text('"""Another."""\n')
    assert code_seen_from(copy) != environment()["core"]
