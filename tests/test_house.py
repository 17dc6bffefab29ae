"""The house: what lies where, who may know whom, and how large a room's furniture is."""

import ast
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "data": set(),
    "core": {"data"},
    "analysis": set(),
    "studies": {"data", "core", "analysis"},
}
FILES = [(room, file) for room in MAY_IMPORT for file in sorted((ROOT / room).rglob("*.py"))]


def name_of(file):
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


MODULES = {name_of(file): file for _, file in FILES if file.name != "__init__.py"}


@cache
def imported(file):
    """All modules that a file imports, at its top or inside its functions."""
    return tuple(_imported(ast.parse(file.read_text())))


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph(place):
    """Who imports whom, by the places that `place` puts files in; the packages' own files apart."""
    found = {}
    for module, file in MODULES.items():
        known = {place(name) for name in imported(file) if name in MODULES}
        found.setdefault(place(module), set()).update(known - {place(module)})
    return found


def circle(arrows):
    """A way along the arrows that comes back to where it was, if there is one."""
    done = set()

    def walk(node, way):
        if node in way:
            return [*way[way.index(node) :], node]
        if node in done:
            return []
        found = next(filter(None, (walk(each, [*way, node]) for each in arrows[node])), [])
        done.add(node)
        return found

    return next(filter(None, (walk(node, []) for node in arrows)), [])


def room_of(module):
    """A folder within a package, or a loose file there."""
    return ".".join(module.split(".")[:2])


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_files_import_each_other_in_a_circle():
    assert circle(graph(lambda module: module)) == []


def test_no_rooms_know_each_other_in_a_circle():
    assert circle(graph(room_of)) == []


WITHIN = {
    "data": {
        "formats": set(),
        "named": {"formats"},
    },
    "core": {
        "examples": set(),
        "schedule": set(),
        "strategies": {"schedule"},
        "models": set(),
        "training": {"examples", "schedule", "strategies", "models"},
        "storage": {"training"},  # the environment of a run
    },
    "analysis": {
        "metrics": set(),
        "rendering": {"metrics"},  # a metric's unit says how its figures are written
        "statistics": {"rendering"},
        "figures": {"metrics", "statistics", "rendering"},
    },
    "studies": {
        "definition": set(),
        "results": {"definition"},
        "running": {"definition", "results"},
        "recording": {"definition", "results"},
        "report": {"definition", "results", "running"},
        "commands": {"definition", "results", "running", "recording", "report"},
    },
}
"""The rooms of each package, and which others they may know."""


@pytest.mark.parametrize("package", WITHIN)
def test_these_are_the_rooms(package):
    folders = {file.parent.name for file in (ROOT / package).glob("*/__init__.py")}
    assert folders == set(WITHIN[package])


@pytest.mark.parametrize(
    ("package", "room"), [(package, room) for package in WITHIN for room in WITHIN[package]]
)
def test_rooms_know_each_other_in_one_direction(package, room):
    known = graph(room_of).get(f"{package}.{room}", set())
    rooms = {f"{package}.{each}": each for each in WITHIN[package]}
    assert {rooms[each] for each in known if each in rooms} <= WITHIN[package][room]


def test_storage_knows_of_training_only_where_it_happened():
    arrows = graph(lambda module: module)
    files = [module for module in arrows if module.startswith("core.storage.")]
    known = {name for file in files for name in arrows[file]}
    training = {name for name in known if name.startswith("core.training.")}
    assert training == {"core.training.environment"}


def test_statistics_are_of_values_wherever_they_come_from():
    known = graph(room_of)["analysis.statistics"]
    assert known == {"analysis.rendering"}


def test_nobody_within_analysis_knows_the_figures():
    arrows = graph(room_of)
    knowing = [room for room in arrows if "analysis.figures" in arrows[room]]
    assert knowing
    assert all(room.startswith("studies.") for room in knowing)


def test_studies_are_built_of_what_they_share_not_of_each_other():
    studies = {module for module, file in MODULES.items() if "\nstudy = Study(" in file.read_text()}
    arrows = graph(lambda module: module)
    assert len(studies) > 20
    assert {(one, other) for one in studies for other in arrows[one] & studies} == set()


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_the_packages_are_those_of_this_repository(room):
    assert Path(__import__(room).__file__).is_relative_to(ROOT / room)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_type_checkers_read_the_annotations_of_the_packages(package):
    assert (ROOT / package / "py.typed").is_file()


def lazy_names(package):
    """The names that a package's own file shows type checkers alone, with their modules."""
    tree = ast.parse((ROOT / package / "__init__.py").read_text())
    return {
        alias.name: node.module.removeprefix(f"{package}.")
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        for alias in node.names
    }


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_the_names_for_type_checkers_are_those_that_load_lazily(package):
    module = import_module(package)
    assert lazy_names(package) == module._MODULE_OF
    assert set(module._MODULE_OF) <= set(module.__all__)
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_module_hides_a_name_that_loads_lazily(package):
    # An imported module is an attribute of its package, which comes before what loads lazily.
    modules = {path.stem for path in (ROOT / package).iterdir()}
    assert not modules & set(lazy_names(package))


@pytest.mark.parametrize(("room", "file"), FILES, ids=lambda value: getattr(value, "name", value))
def test_imports_go_one_way(room, file):
    rooms = {name.split(".")[0] for name in imported(file)} & set(MAY_IMPORT)
    assert rooms <= MAY_IMPORT[room] | {room}


HEAVY = {"tensorflow", "keras"}
TRAINING = {
    *(ROOT / "core" / "training").glob("*.py"),
    *(ROOT / "core" / "models").glob("*.py"),
    ROOT / "studies" / "recording" / "keras_callback.py",  # is one of Keras' callbacks
    ROOT / "studies" / "running" / "event_files.py",  # TensorFlow writes TensorBoard's files
    ROOT / "studies" / "running" / "worker.py",
}
LIGHT = {"environment", "settings", "checkpoints", "weights_cache", "preparation"}
"""Files of the training room that the driver reads too."""


@pytest.mark.parametrize(("room", "file"), FILES, ids=lambda value: getattr(value, "name", value))
def test_only_training_knows_keras(room, file):
    known = {name.split(".")[0] for name in imported(file)} & HEAVY
    assert not known or (file in TRAINING and file.stem not in LIGHT)


def test_contributing_says_which_files_import_tensorflow_or_keras():
    page = (ROOT / "CONTRIBUTING.md").read_text()
    said = page.partition("**TensorFlow and Keras**")[2].partition("nothing else")[0]
    names = re.findall(r"`([\w./]+)`", said)
    files = {ROOT / name for name in names if name.endswith(".py")}
    for folder in (ROOT / name for name in names if "/" in name and not name.endswith(".py")):
        files |= {file for file in folder.glob("*.py") if file.stem not in ("__init__", *names)}
    knowing = {file for _, file in FILES if {m.split(".")[0] for m in imported(file)} & HEAVY}
    assert files == knowing


PANDAS = {"pandas", "scipy", "seaborn"}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        *((package, {"numpy", "sklearn"} | PANDAS | HEAVY) for package in MAY_IMPORT),
        ("core.recipe", {"pandas", "scipy", "sklearn", *HEAVY}),
        ("studies.api", PANDAS | HEAVY),
        ("studies.running.runner", {"pandas", "scipy", "asyncio", *HEAVY}),
        ("studies.cli", {"numpy", "rich", "distributed"} | PANDAS | HEAVY),
        ("studies.commands.run", PANDAS | HEAVY),
        ("studies.commands.records", {"numpy"} | PANDAS | HEAVY),
        ("analysis.tables", {"scipy.stats", "seaborn", *HEAVY}),
    ],
)
def test_a_module_brings_in_no_more_than_it_needs(module, absent):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not absent & set(loaded)


LONGEST = 60
"""Lines of a function, its docstring counted but for the examples that end it; complexity and
parameters are the linter's."""


def functions(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node) or ""
            examples = text.count("\n") - text.partition("\n\nExamples:\n")[0].count("\n")
            yield node.name, node.end_lineno - node.lineno + 1 - examples


def test_no_function_is_longer_than_a_screen():
    lengths = [(file, *each) for _, file in FILES for each in functions(file)]
    assert len(lengths) > 1000
    assert [each for each in lengths if each[2] > LONGEST] == []


def test_every_study_file_is_in_the_catalogue():
    from studies.definition.catalogue import NAMES, find

    text = {file.stem: file.read_text() for file in (ROOT / "studies").glob("*.py")}
    files = {name.replace("_", "-") for name, code in text.items() if "\nstudy = Study(" in code}
    assert files == set(NAMES)
    assert all(find(name).name == name for name in NAMES)


def test_a_change_that_moves_numbers_has_a_place_to_be_said():
    assert "### Numbers change" in (ROOT / "CHANGELOG.md").read_text()
