"""What the README shows can be typed as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SHOWN = re.findall(r"^ebb .*$", README, flags=re.MULTILINE)


def ebb(line, folder):
    words = [sys.executable, "-P", "-m", "studies.cli", *line.split()[1:]]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)


def test_the_study_of_your_own_runs_as_printed(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "my_study.py").write_text(code)
    done = ebb("ebb run my_study.py", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("my-study (full): ")
    assert "what each class loses after its training segment" in done.stdout


@pytest.mark.parametrize("line", [line for line in SHOWN if line.startswith("ebb run")])
def test_every_run_that_is_shown_is_a_call_that_ebb_understands(line, tmp_path):
    if "my_study" in line:
        pytest.skip("run above")
    # Full studies need data that may not be here: the call is planned, on digits, not run.
    on_digits = "" if "--quick" in line else " --dataset digits"
    done = ebb(f"{line}{on_digits} --dry-run", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "runs to do" in done.stdout


def test_every_command_that_is_shown_exists(tmp_path):
    for line in SHOWN:
        name = line.split()[1]
        assert ebb(f"ebb {name} --help", tmp_path).returncode == 0, line
