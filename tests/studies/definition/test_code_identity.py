"""A network's code is part of a result's identity, however it is spread over files."""

import sys
from dataclasses import replace

import pytest

from core.code_identity import source, source_without_helpers, unseen_code
from core.models import builder
from data import load
from studies.definition.catalogue import forget_file, study_in
from studies.definition.variant import variant_of
from studies.results.reading import read
from studies.running.plan import make_plan
from studies.running.request import Request
from tests.studies.conftest import keep, made_record

STUDY = """
from core import Recipe, spec
from studies import Study
{top}

def network(input_shape, classes):
    {inside}
    return layers_of(classes)

study = Study(name="mine", question="?", seeds=1,
              conditions={{"a": Recipe(dataset="digits", model=spec(network), epochs=1)}})
"""
WIDTH, WIDER = "WIDTH = 2\n", "WIDTH = 64\n"
LAYERS = "def layers_of(classes):\n    return [WIDTH, classes]\n"

# top of the study's file, inside its builder, the files beside it; {where} holds WIDTH.
WAYS = {
    "a module beside it": ("from sizes import layers_of", "pass", {"sizes.py": WIDTH + LAYERS}),
    "two modules away": (
        "from blocks import layers_of",
        "pass",
        {"blocks.py": "from sizes import WIDTH\n" + LAYERS, "sizes.py": WIDTH},
    ),
    "inside functions": (
        "",
        "from blocks import layers_of",
        {
            "blocks.py": "def layers_of(n):\n    from sizes import WIDTH\n    return [WIDTH, n]\n",
            "sizes.py": WIDTH,
        },
    ),
    "a package": (
        "from parts.blocks import layers_of",
        "pass",
        {"parts/__init__.py": "", "parts/blocks.py": WIDTH + LAYERS},
    ),
    "a package's own file": (
        "import parts",
        "layers_of = parts.layers_of",
        {"parts/__init__.py": "from . import blocks\n" + WIDTH + LAYERS, "parts/blocks.py": ""},
    ),
    "relative imports": (
        "from parts.blocks import layers_of",
        "pass",
        {
            "parts/__init__.py": "",
            "parts/blocks.py": "from .inner.sizes import WIDTH\n" + LAYERS,
            "parts/inner/__init__.py": "from ..other import X\n",
            "parts/inner/sizes.py": "from ..other import WIDTH\n",
            "parts/other.py": "X = 1\n" + WIDTH,
        },
    ),
    "a submodule that is imported as a name": (
        "from parts import blocks",
        "layers_of = blocks.layers_of",
        {"parts/__init__.py": "", "parts/blocks.py": WIDTH + LAYERS},
    ),
    "a folder without __init__": (
        "import parts.blocks",
        "layers_of = parts.blocks.layers_of",
        {"parts/blocks.py": WIDTH + LAYERS},
    ),
    "a star": ("from sizes import *", "pass", {"sizes.py": WIDTH + LAYERS}),
    "one of two, if the other is missing": (
        "try:\n    from not_there import layers_of\nexcept ImportError:\n"
        "    from sizes import layers_of",
        "pass",
        {"sizes.py": WIDTH + LAYERS},
    ),
    "a module by its name": (
        "import importlib",
        'layers_of = importlib.import_module("sizes").layers_of',
        {"sizes.py": WIDTH + LAYERS},
    ),
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a study's files and reads its builder, as a process that begins anew would."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    file = tmp_path / "spread_study.py"
    names = {"sizes", "blocks", "parts"}

    def written(top, inside, files):
        forget_file(file)
        for name in [n for n in sys.modules if n.partition(".")[0] in names]:
            del sys.modules[name]
        file.write_text(STUDY.format(top=top, inside=inside))
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return study_in(file)

    yield written
    forget_file(file)
    for name in [n for n in sys.modules if n.partition(".")[0] in names]:
        del sys.modules[name]


def built(study):
    return builder(study.conditions["a"].model.name)


def jobs(study, store):
    return make_plan(Request(variant=variant_of(study, {}), store=store)).jobs


@pytest.mark.parametrize("way", WAYS)
def test_an_edit_of_any_file_that_a_network_is_built_through_is_trained_again(way, write, store):
    top, inside, files = WAYS[way]
    study = write(top, inside, files)
    assert 2 in built(study)(None, 10)
    recipe = study.conditions["a"]
    data = load("digits").checksum
    record = made_record("a", 0, study="mine", recipe=recipe, data=data)
    keep(store, replace(record, key=recipe.key(0, data)))
    assert not jobs(study, store)
    edited = {name: text.replace(WIDTH, WIDER) for name, text in files.items()}
    again = write(top, inside, edited)
    assert 64 in built(again)(None, 10)
    assert len(jobs(again, store)) == 1
    commented = {name: f"# a remark\n{text}" for name, text in files.items()}
    assert write(top, inside, commented).conditions["a"].digest() == recipe.digest()
    assert not unseen_code(built(again))


def test_a_file_that_nothing_reaches_does_not_count(write):
    files = {"sizes.py": WIDTH + LAYERS, "other.py": "X = 1\n"}
    before = write("from sizes import layers_of", "pass", files).conditions["a"].digest()
    files["other.py"] = "X = 2\n"
    assert write("from sizes import layers_of", "pass", files).conditions["a"].digest() == before


def test_what_is_installed_and_ebb_itself_do_not_count(write):
    top = "import json, keras, numpy as np\nfrom core import Buffer\nfrom sizes import layers_of"
    study = write(top, "json, keras, np, Buffer", {"sizes.py": WIDTH + LAYERS})
    modules = [line for line in source(built(study)).splitlines() if line.startswith("module ")]
    assert [line.partition(":")[0] for line in modules] == ["module sizes"]


def test_modules_that_import_each_other_end(write):
    files = {"sizes.py": "import blocks\n" + WIDTH, "blocks.py": "import sizes\n" + LAYERS}
    assert "module sizes" in source(built(write("from blocks import layers_of", "pass", files)))


def test_a_network_in_one_file_or_with_a_module_beside_it_keeps_its_identity(write):
    function = built(write(*WAYS["a module beside it"]))
    assert source(function) == source_without_helpers(function)


def test_records_from_before_helper_modules_counted_are_shown_as_such_and_run_again(write, store):
    study = write(*WAYS["two modules away"])
    recipe, data = study.conditions["a"], load("digits").checksum
    before = recipe.digest(source_without_helpers)
    assert before != recipe.digest()
    record = made_record("a", 0, study="mine", recipe=recipe, data=data)
    store.save(replace(record, key="0" * 16), before, planned=1)
    assert read(store, study).notes == (
        "code of helper modules was not recorded: a; `ebb run` does these again",
    )
    assert len(jobs(study, store)) == 1


def test_code_by_a_name_that_only_a_run_knows_is_remarked(write):
    text = f"import importlib\n{WIDTH}def layers_of(n):\n    return importlib.import_module(n)\n"
    function = built(write("from sizes import layers_of", "pass", {"sizes.py": text}))
    assert unseen_code(function) == ["sizes.py line 4"]
