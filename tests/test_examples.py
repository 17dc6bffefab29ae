"""Every name that a package exports shows its smallest use, and what is shown is so.

The records of class-order are those kept in docs/data: an example reads them as after
`ebb run class-order`, without a training. Each has a folder and a store of its own.
"""

import doctest
import inspect
from importlib import import_module
from pathlib import Path
from shutil import copytree

import pytest

from core.storage.exchange import read_export
from core.storage.store import Store

ROOT = Path(__file__).parent.parent
PACKAGES = ("core", "data", "studies", "analysis")
SLOW = ("studies.run",)
"""Those that start workers which train."""
NAMES = [f"{package}.{name}" for package in PACKAGES for name in import_module(package).__all__]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples") / "results"
    read_export(ROOT / "docs" / "data" / "class-order.sqlite.xz", Store(folder))
    return folder


@pytest.fixture
def own_store(store, tmp_path, monkeypatch):
    copytree(store, tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EBB_STORE", raising=False)


@pytest.mark.usefixtures("own_store")
@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=[pytest.mark.slow] * (each in SLOW)) for each in NAMES]
)
def test_the_example_of_a_name_shows_what_it_prints(name, capsys):
    package, _, own = name.partition(".")
    text = inspect.getdoc(getattr(import_module(package), own))
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    shown = [each for each in example.examples if each.want]
    assert shown, f"{name} has no example"
    failed, _ = doctest.DocTestRunner(verbose=False).run(example)
    assert failed == 0, capsys.readouterr().out
