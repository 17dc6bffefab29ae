"""What a worker's TensorFlow is imported with, and without."""

import json
import subprocess
import sys

import pytest

from studies.running.worker import absent
from tests.studies.conftest import HOUSE

CODE = """
import json, sys
from studies.running.worker import UNUSED, _one_thread_trainer

_one_thread_trainer()
without = [name for name in UNUSED if name in sys.modules]
import matplotlib.pyplot, pandas, sklearn.linear_model
works = int(pandas.DataFrame({"a": [1]}).a.sum()) == 1
print(json.dumps([without, works, "tensorflow" in sys.modules]))
"""


@pytest.mark.slow
def test_a_worker_does_without_what_keras_imports_for_its_plots_and_a_users_code_may_not():
    said = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, cwd=HOUSE
    ).stdout
    assert json.loads(said) == [[], True, True]


def test_what_is_absent_for_a_while_is_what_was_not_imported_before():
    import wsgiref

    with absent(("wsgiref", "antigravity")):
        assert sys.modules["wsgiref"] is wsgiref
        with pytest.raises(ImportError):
            import antigravity  # noqa: F401
    assert sys.modules["wsgiref"] is wsgiref
    assert "antigravity" not in sys.modules
