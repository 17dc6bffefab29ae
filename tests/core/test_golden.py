"""Figures of tiny runs of every kind stay, unless `core/numerics.py` says otherwise."""

import json

import numpy as np
import pytest

from core.numerics import NUMERICS, numerics
from core.recipe import KINDS, LABEL_NOISE, ORDERS
from core.schedule.buffers import RULES
from tests.core.golden import FILE, RUNS, figures

GOLDEN = json.loads(FILE.read_text())
MOVED = (
    "figures moved: if they should, add an entry to core/numerics.py that says which recipes are "
    "touched, and write them anew with `python -m tests.core.golden`"
)
TOLERANCES = {"deep": {"rel": 1e-3}}
"""Between processors: the deep network's losses differ by .03 % with AVX-512 and with AVX2."""


@pytest.fixture(scope="module")
def now():
    return figures()


@pytest.mark.parametrize("name", RUNS)
def test_figures_stay(name, now):
    was, found = GOLDEN["runs"][name], now[name]
    assert found["status"] == was["status"]
    for part in ("training loss", "losses"):
        assert found[part] == pytest.approx(was[part], **TOLERANCES.get(name, {"abs": 1e-5})), MOVED
    assert found["confusion"].keys() == was["confusion"].keys()
    for which, counts in was["confusion"].items():
        assert np.abs(np.array(found["confusion"][which]) - counts).max() <= 2, MOVED


def test_the_golden_figures_are_of_the_latest_numerics():
    assert GOLDEN["numerics"] == max(n for n, _ in NUMERICS), MOVED
    assert GOLDEN["runs"].keys() == RUNS.keys()


def test_every_kind_of_part_has_a_golden_run():
    parts = [getattr(recipe, name) for recipe in RUNS.values() for name in KINDS]
    kinds = {type(part) for part in parts}
    assert {*ORDERS, *LABEL_NOISE} <= kinds
    for field, each in KINDS.items():
        some = tuple(kind for kind in each if kind is not type(None))
        assert any(issubclass(kind, some) for kind in kinds), field
    assert {part.buffer for part in parts if hasattr(part, "buffer")} == set(RULES)


def test_an_entry_touches_the_recipes_that_it_names(monkeypatch):
    before = {name: recipe.digest() for name, recipe in RUNS.items()}
    grown = [*NUMERICS, (max(n for n, _ in NUMERICS) + 1, lambda r: r.replay is not None)]
    monkeypatch.setattr("core.numerics.NUMERICS", grown)
    touched = {name for name, recipe in RUNS.items() if recipe.digest() != before[name]}
    assert touched == {name for name, recipe in RUNS.items() if recipe.replay}
    assert {numerics(RUNS[name]) for name in touched} == {grown[-1][0]}
