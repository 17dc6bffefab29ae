"""`ebb new`: each kind of file runs as it is written."""

import pytest

from studies.definition.catalogue import find
from studies.definition.new_file import KINDS
from tests.studies.conftest import in_a_process, refused


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_a_study_that_can_be_planned(kind, ebb, tmp_path):
    call = ebb("new", f"my_{kind}_study.py", "--kind", kind)
    assert call.status == 0
    assert call.out.endswith(f"Next: ebb run my_{kind}_study.py\n")
    study = find(f"my_{kind}_study.py")
    assert study.name == f"my-{kind}-study"
    assert study.comparisons


@pytest.mark.parametrize(
    "kind",
    [pytest.param(each, marks=[pytest.mark.slow] * (each != "scores")) for each in KINDS],
)
def test_each_kind_runs_at_once(kind, ebb, tmp_path):
    assert ebb("new", f"my_{kind}_study.py", "--kind", kind).status == 0
    call = in_a_process("run", f"my_{kind}_study.py", folder=tmp_path)
    assert call.status == 0, call.err
    assert call.out.startswith(f"my-{kind}-study (full): ")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("json.py", "no other module's"),
        ("my-study.py", "no other module's"),
        ("my_study.txt", "Python file"),
        ("nowhere/my_study.py", "can be written"),
    ],
)
def test_a_name_that_no_study_can_have_is_refused(name, said, ebb):
    assert said in refused(ebb("new", name))


def test_nothing_is_overwritten(ebb, tmp_path):
    (tmp_path / "my_study.py").write_text("mine")
    assert "there already" in refused(ebb("new", "my_study.py"))
    assert (tmp_path / "my_study.py").read_text() == "mine"
