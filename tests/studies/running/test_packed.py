"""Jobs on their way to a worker, which has not read the study's file yet."""

import pickle
import subprocess
import sys

import pytest

from core import Recipe, spec
from studies.definition.catalogue import load_file
from studies.running.executor import Job, packed, unpacked

OWN = """
from dataclasses import dataclass

from core import Strategy


@dataclass(frozen=True)
class Own(Strategy):
    strength: float = 2.0
"""


def test_a_recipe_with_a_part_of_the_studys_file_is_read_after_that(tmp_path, monkeypatch):
    file = tmp_path / "own_part_of_a_study.py"
    file.write_text(OWN)
    own = load_file(file).Own(strength=3.0)
    recipe = Recipe(dataset="digits", model=spec("linear"), strategy=own)
    whose = {"study": "own", "variant": "full", "condition": "one"}
    job = Job(
        key="0", seed=0, recipe=recipe, data=(), study_file=file, together={"one": recipe}, **whose
    )
    sent = pickle.dumps(packed(job))
    del sys.modules[file.stem]
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each != str(tmp_path)])
    received = pickle.loads(sent)
    assert isinstance(received.recipe, Recipe)
    assert packed(received) is received
    with pytest.raises(ModuleNotFoundError):
        unpacked(received)
    load_file(file)
    again = unpacked(received)
    assert again.recipe.to_json() == recipe.to_json()
    assert again.together.keys() == {"one"}
    del sys.modules[file.stem]


def test_a_worker_that_cannot_read_what_it_is_sent_ends():
    words = [sys.executable, "-P", "-m", "studies.running.worker"]
    sent = b"cos\nno_such_function\n."
    done = subprocess.run(
        words, input=sent, capture_output=True, timeout=120, start_new_session=True
    )
    assert done.returncode != 0
    assert b"no_such_function" in done.stderr
