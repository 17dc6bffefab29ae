"""Which evaluated set a table is of where none is named."""

import pytest

from core import Evaluation
from studies.definition.catalogue import find
from studies.results.reading import read
from studies.results.tables import shown_table
from tests.studies.conftest import confusion, keep, made_record


@pytest.mark.parametrize(
    ("looks", "curves", "others"),
    [
        ({"validation": (1, 2), "test": (1, 2)}, "test", "test"),
        ({"test": (2,), "validation": (1, 2)}, "validation", "test"),
        ({"validation": (1, 2)}, "validation", "validation"),
        ({"gaussian-0.1": (2,), "test": (2,)}, "test", "test"),
    ],
)
def test_a_table_names_the_set_that_it_is_of(looks, curves, others, store):
    right = {name: 0.5 + place / 10 for place, name in enumerate(looks)}
    evaluations = tuple(
        Evaluation(name, epoch, 1, epoch, confusion(right[name]), 1.0)
        for name, epochs in looks.items()
        for epoch in epochs
    )
    for seed in range(2):
        keep(store, made_record("shuffled", seed, evaluations=evaluations), planned=2)
    reading = read(store, find("class-order"))
    for kind, of in (("learning-curves", curves), ("per-class", others), ("confusions", others)):
        assert f"set {of}" in shown_table(reading, kind).title
    table = shown_table(reading, "learning-curves").frame
    assert table["mean"].unique().tolist() == pytest.approx([right[curves]])
    assert list(table["epoch"]) == list(looks[curves])
    means = shown_table(reading, "per-class").frame["mean"]
    assert means.mean() == pytest.approx(right[others])
