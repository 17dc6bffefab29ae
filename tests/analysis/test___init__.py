import ast
import subprocess
import sys
from pathlib import Path

import pytest

import analysis

FOLDER = Path(analysis.__file__).parent
HEAVY = ("numpy", "pandas", "scipy", "scipy.stats", "seaborn", "matplotlib", "keras", "tensorflow")


def loaded_by(statement: str) -> list[str]:
    code = f"import sys; {statement}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import analysis") == []


def test_tables_and_checks_load_neither_scipy_stats_nor_seaborn() -> None:
    loaded = loaded_by("from analysis import forgetting_table, check_figures")
    assert set(loaded) == {"numpy", "pandas", "scipy"}


def test_corrections_load_numpy_alone() -> None:
    assert loaded_by("from analysis import adjust; adjust([.01, .02], 'by')") == ["numpy"]


def test_figures_by_name_load_no_scipy() -> None:
    assert set(loaded_by("from analysis import values_of")) == {"numpy", "pandas"}


def test_every_public_name_can_be_had() -> None:
    for name in analysis.__all__:
        assert getattr(analysis, name).__name__ == name
        assert name in dir(analysis)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'forgets'"):
        _ = analysis.forgets


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_no_module_imports_what_trains_networks(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add((node.module or "").split(".")[0])
    assert not roots & {"data", "core", "studies", "keras", "tensorflow"}
    if path.stem not in ("figures", "panels") and not path.stem.endswith("_figure"):
        assert not roots & {"seaborn", "matplotlib"}
