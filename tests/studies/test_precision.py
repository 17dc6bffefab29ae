"""The study `precision`, and how reduced precision is said wherever figures are shown."""

from dataclasses import replace

from studies.definition.catalogue import find
from studies.report.protocol import protocol
from studies.results.reading import read
from studies.results.tables import shown_table
from tests.studies.conftest import made_record

MIXED = "mixed_bfloat16"
STUDY = find("precision")


def test_each_condition_is_paired_with_itself_in_sixteen_bits():
    assert STUDY.margin == 0.5
    assert STUDY.paired
    for mixed, full in STUDY.comparisons:
        recipe = STUDY.recipe(full)
        assert recipe.precision == "float32"
        assert STUDY.recipe(mixed) == replace(recipe, precision=MIXED)
    assert len(STUDY.comparisons) == len(STUDY.conditions) / 2


def kept(store, *conditions):
    for name in conditions:
        recipe = find("class-order").conditions["shuffled"]
        recipe = replace(recipe, precision=MIXED) if name != "full" else recipe
        for seed in range(2):
            made = made_record(name, seed, study="mine", recipe=recipe)
            store.save(made, recipe.digest(), 2)
    return read(store, "mine")


def test_the_caption_of_every_table_says_it(store):
    reading = kept(store, "a", "b")
    title = shown_table(reading, "summary").title
    assert title.startswith("mine (full), mnist, mixed_bfloat16, 2 of 2 planned seeds: ")
    assert f"computed in {MIXED}" in reading.notes


def test_it_names_the_conditions_where_not_all_have_it(store):
    reading = kept(store, "full", "half")
    assert ", mixed_bfloat16 in half, 2 of 2" in shown_table(reading, "per-class").title


def test_nothing_is_said_of_full_precision(store):
    reading = kept(store, "full")
    assert "float" not in shown_table(reading, "summary").title
    assert not [note for note in reading.notes if "computed" in note]


def test_the_protocol_says_what_differs():
    recipes = {name: STUDY.recipe(name).to_json() for name in ("shuffled", "shuffled-mixed")}
    found = protocol(recipes)
    assert found.columns == ("precision",)
    assert found.rows == {"shuffled": ("float32",), "shuffled-mixed": (MIXED,)}
    common = protocol({"a": recipes["shuffled-mixed"]}).common
    assert f"The network computes in {MIXED}, its last layers in float32." in common
