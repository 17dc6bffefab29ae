"""Who prints does not wait for what draws."""

import subprocess
import sys

import pytest

from studies.results import drawing, figures

SLOW = {"scipy.stats", "scipy.optimize"}
"""What takes longer to import than all else that a table and its comparison need."""


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("studies.results.reading", {"pandas", "scipy", "matplotlib", "rich"}),
        ("studies.results.inventory", {"pandas", "scipy", "matplotlib", "rich"}),
        ("studies.results.printing", SLOW | {"matplotlib", "seaborn", "rich"}),
        ("studies.results.after_run", SLOW | {"matplotlib", "seaborn", "rich"}),
        ("studies.results.comparing", SLOW | {"matplotlib", "seaborn", "rich"}),
        ("studies.results.results", SLOW | {"matplotlib", "seaborn", "rich"}),
    ],
)
def test_a_module_brings_in_no_more_than_it_prints_with(module, absent):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert module in loaded
    assert not absent & set(loaded)


@pytest.mark.parametrize("name", ["Panels", "figure_of", "figure_of_comparison", "save_figure"])
def test_what_draws_is_there_when_it_is_asked_for(name):
    assert getattr(drawing, name) is getattr(figures, name)
