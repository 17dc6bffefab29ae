"""Who prints does not wait for what draws."""

import subprocess
import sys

import pytest

from analysis.figures.look import Look
from studies.definition.catalogue import find
from studies.results import drawing, figures
from studies.results.reading import read
from tests.studies.conftest import keep, made_record, tiny

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


def test_a_figure_is_of_what_was_measured(store):
    keep(store, made_record("class-sequential", segments=False))
    without = figures.figure_of(read(store, "class-order"), "wide")
    assert "final test accuracy of each class" in without.get_suptitle()
    keep(store, made_record("shuffled"), made_record("class-sequential"))
    reading = read(store, "class-order")
    assert "drop of each class" in figures.figure_of(reading, "wide").get_suptitle()
    condition, recipe = next(iter(find("learning-rate").conditions.items()))
    keep(store, made_record(condition, study="learning-rate", recipe=recipe))
    beside = figures.figure_of(read(store, "learning-rate"), "overview").axes[-1]
    assert (beside.get_xlabel(), beside.get_ylabel()) == ("mean learned (%)", "mean drop (%)")
    panels = figures.figure_of(reading, "segment-spread").axes[:6]
    assert [axis.get_xlabel() for axis in panels] == [
        *["after as many examples as the classes up to"] * 3,
        *["after the segment of class"] * 3,
    ]


def test_marks_are_of_the_study_s_conditions_run_or_not(store):
    keep(store, made_record("class-sequential"), made_record("a", study="mine", recipe=tiny()))
    marked = figures.look_of(read(store, "class-order")).marks(["class-sequential"])
    assert marked == Look(("shuffled", "class-sequential")).marks(["class-sequential"])
    assert figures.look_of(read(store, "mine")) == Look(("a",))
