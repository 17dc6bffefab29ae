"""The house: what lies where, and who may know whom."""

import ast
import subprocess
import sys
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


def imported(file):
    """All modules that a file imports, at its top or inside its functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module


WITHIN_STUDIES = {
    "answers": set(),
    "records": {"answers"},
    "running": {"answers", "records"},
    "report": {"answers", "records"},
    "scripting": {"answers", "running"},
    "commands": {"answers", "records", "running", "report"},
}


@pytest.mark.parametrize("room", WITHIN_STUDIES)
def test_the_rooms_around_the_studies_know_each_other_in_one_direction(room):
    files = (ROOT / "studies" / room).rglob("*.py")
    names = {name for file in files for name in imported(file) if name.startswith("studies.")}
    rooms = {name.split(".")[1] for name in names} & set(WITHIN_STUDIES)
    assert rooms - {room} <= WITHIN_STUDIES[room]


def within_analysis(room):
    files = sorted((ROOT / "analysis" / room).glob("*.py"))
    assert files
    return {name for file in files for name in imported(file) if name.startswith("analysis")}


def test_statistics_are_of_values_wherever_they_come_from():
    known = {name for name in within_analysis("statistics") if "statistics" not in name}
    assert known == {"analysis.rendering.formatting"}


def test_figures_show_what_others_found():
    assert any("figures" in name for name in within_analysis("figures"))
    assert not any("figures" in name for name in within_analysis("statistics"))
    # The package itself has their names for its users.
    for file in set((ROOT / "analysis").glob("*.py")) - {ROOT / "analysis" / "__init__.py"}:
        assert not any("analysis.figures" in name for name in imported(file))


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_the_packages_are_those_of_this_repository(room):
    assert Path(__import__(room).__file__).is_relative_to(ROOT / room)


@pytest.mark.parametrize(("room", "file"), FILES, ids=lambda value: getattr(value, "name", value))
def test_imports_go_one_way(room, file):
    rooms = {name.split(".")[0] for name in imported(file)} & set(MAY_IMPORT)
    assert rooms <= MAY_IMPORT[room] | {room}


HEAVY = {"tensorflow", "keras"}
TRAINING = {
    "core/training/probes.py",  # gradients and inner layers are the network's to give
    "studies/running/event_files.py",  # TensorBoard's files are written by TensorFlow
    *(
        "core/training/device_arrays.py",
        "core/training/compiled.py",
        "core/training/trainer.py",
        "studies/running/worker.py",
    ),
    "core/training/lr_schedules.py",  # a schedule is a Keras class
    *(str(file.relative_to(ROOT)) for file in (ROOT / "core" / "models").glob("*.py")),
}


@pytest.mark.parametrize(("room", "file"), FILES, ids=lambda value: getattr(value, "name", value))
def test_only_training_knows_keras(room, file):
    known = {name.split(".")[0] for name in imported(file)} & HEAVY
    assert not known or str(file.relative_to(ROOT)) in TRAINING


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("data", {"pandas", "scipy", "sklearn", "tensorflow", "keras"}),
        ("core", {"pandas", "scipy", "sklearn", "tensorflow", "keras"}),
        ("analysis", {"pandas", "scipy", "seaborn", "tensorflow", "keras"}),
        ("studies", {"pandas", "scipy", "seaborn", "tensorflow", "keras"}),
        ("studies.api", {"pandas", "scipy", "seaborn", "tensorflow", "keras"}),
        ("studies.running.runner", {"pandas", "scipy", "tensorflow", "keras"}),
        ("studies.cli", {"pandas", "scipy", "rich", "distributed", "tensorflow", "keras"}),
        ("analysis.tables", {"scipy.stats", "seaborn", "tensorflow", "keras"}),
    ],
)
def test_a_module_brings_in_no_more_than_it_needs(module, absent):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not absent & set(loaded)


def test_every_study_file_is_in_the_catalogue():
    from studies.definition.catalogue import NAMES, find

    text = {file.stem: file.read_text() for file in (ROOT / "studies").glob("*.py")}
    files = {name.replace("_", "-") for name, code in text.items() if "\nstudy = Study(" in code}
    assert files == set(NAMES)
    assert all(find(name).name == name for name in NAMES)


def test_a_change_that_moves_numbers_has_a_place_to_be_said():
    assert "### Numbers change" in (ROOT / "CHANGELOG.md").read_text()
