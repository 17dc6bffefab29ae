"""What TensorFlow writes of drivers stays out of a notebook's cell; a failure does not."""

import subprocess
import sys

import pytest

LOUD = "import os\nos.write(2, b'cannot find drivers\\n')\n"


@pytest.mark.parametrize(
    ("kernel", "more", "said"),
    [
        (True, "VALUE = 1\n", ""),
        (False, "VALUE = 1\n", "cannot find drivers"),
        (True, "raise ImportError('no')\n", "cannot find drivers"),
    ],
)
def test_the_library_is_imported_without_its_lines(kernel, more, said, tmp_path):
    (tmp_path / "tensorflow.py").write_text(LOUD + more)
    (tmp_path / "ipykernel.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + "import ipykernel\n" * kernel
    code += "import studies, tensorflow\nprint(tensorflow.VALUE)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (said in found.stderr) if said else found.stderr == ""
    assert found.stdout == ("1\n" if "VALUE" in more else "")
