"""Which records a table is made of."""

from dataclasses import replace

import pytest

from core import Recipe, Store, environment, fingerprint
from data import InputError
from studies.definition.catalogue import find
from studies.definition.variant import variant_of
from studies.results.reading import choose_variant, read
from tests.studies.conftest import OTHER_ENVIRONMENT, keep, made_record, tiny

OTHER = tiny(epochs=1)


def seeds_of(reading, condition):
    return [record.seed for record in reading.records if record.condition == condition]


def dated(store: Store, **times: str) -> None:
    """Set the time at which the records of a condition were written."""
    import sqlite3

    connection = sqlite3.connect(store.file)
    for condition, time in times.items():
        connection.execute(
            "UPDATE records SET finished = ? WHERE condition = ?",
            (time, condition.replace("_", "-")),
        )
    connection.commit()
    connection.close()


def test_records_come_in_the_studys_order_of_conditions_and_by_seed(filled):
    reading = read(filled, "class-order")
    assert [(r.condition, r.seed) for r in reading.records] == [
        ("shuffled", 0),
        ("shuffled", 1),
        ("class-sequential", 0),
        ("class-sequential", 1),
    ]
    assert reading.notes == ()
    assert reading.planned == 2
    assert reading.definition == find("class-order")


def test_conditions_with_fewer_seeds_than_others_are_said(filled):
    keep(filled, made_record("shuffled", 2))
    assert read(filled, "class-order").seeds_said == "2 to 3 of 2 planned seeds"


def test_full_is_preferred_to_other_variants_and_they_are_not_mixed(filled):
    keep(filled, made_record(variant="quick", seed=5), made_record(variant="epochs=3", seed=6))
    assert read(filled, "class-order").variant == "full"
    assert seeds_of(read(filled, "class-order"), "shuffled") == [0, 1]
    assert seeds_of(read(filled, "class-order", "quick"), "shuffled") == [5]


def test_the_only_variant_is_taken_where_there_is_no_full_one(store):
    keep(store, made_record(variant="quick"))
    assert read(store, "class-order").variant == "quick"


def test_several_variants_without_a_full_one_ask_for_a_choice(store):
    keep(store, made_record(variant="quick"), made_record(variant="epochs=3"))
    with pytest.raises(InputError, match=r"--variant .*epochs=3, quick"):
        read(store, "class-order")


def test_a_variant_that_is_not_there_is_answered_with_those_that_are(filled):
    with pytest.raises(InputError, match=r"'quick'.*expected one of full"):
        choose_variant(filled.entries(), "class-order", "quick")


def test_a_study_never_run_is_answered_with_the_call_that_runs_it(store):
    with pytest.raises(InputError, match="ebb run class-order"):
        read(store, "class-order")


def test_an_unknown_study_is_answered_with_those_that_there_are(filled):
    keep(filled, made_record("a", study="my-study", recipe=OTHER))
    there = r"expected one of class-order, .*, my-study, or the path .*did you mean my-study\?"
    with pytest.raises(InputError, match=there):
        read(filled, "my_study")


def test_a_users_study_is_read_by_its_name_alone(store):
    keep(store, made_record("a", study="mine", recipe=OTHER, segments=False))
    reading = read(store, "mine")
    assert reading.definition is None
    assert seeds_of(reading, "a") == [0]


def test_records_of_another_environment_are_left_out_and_said_so(filled):
    keep(filled, made_record(seed=7, environment=OTHER_ENVIRONMENT))
    reading = read(filled, "class-order")
    assert seeds_of(reading, "shuffled") == [0, 1]
    assert reading.notes == ("1 records of other environments left out",)


def test_where_all_are_stale_they_are_shown_with_a_remark(store):
    for seed in (0, 1):
        keep(store, made_record(seed=seed, environment=OTHER_ENVIRONMENT))
    reading = read(store, "class-order")
    assert seeds_of(reading, "shuffled") == [0, 1]
    assert len(reading.notes) == 1
    assert reading.notes[0].startswith("stale")


def test_records_of_two_other_environments_are_not_mixed_either(store):
    third = {**OTHER_ENVIRONMENT, "keras": "0.0.1"}
    keep(store, made_record(seed=0, environment=OTHER_ENVIRONMENT))
    keep(store, made_record("class-sequential", seed=0, environment=third))
    reading = read(store, "class-order")
    assert len({fingerprint(record.environment) for record in reading.records}) == 1
    assert len(reading.notes) == 2


def test_records_of_an_earlier_definition_are_left_out_and_said_so(store):
    old = replace(find("class-order").conditions["shuffled"], epochs=7)
    keep(store, made_record(seed=0, recipe=old))
    dated(store, shuffled="2020-01-01 00:00:00")
    keep(store, made_record(seed=1), made_record(seed=2))
    reading = read(store, "class-order")
    assert seeds_of(reading, "shuffled") == [1, 2]
    assert reading.notes == ("1 records of an earlier definition or of other data left out",)


def test_records_of_other_data_are_left_out_and_said_so(store):
    keep(store, made_record(seed=0, data="e" * 64))
    dated(store, shuffled="2020-01-01 00:00:00")
    keep(store, made_record(seed=1))
    reading = read(store, "class-order")
    assert seeds_of(reading, "shuffled") == [1]
    assert "other data" in reading.notes[0]


def test_a_study_that_changed_since_is_said_to_have(store):
    old = replace(find("class-order").conditions["shuffled"], epochs=7)
    keep(store, made_record(recipe=old), made_record("class-sequential"))
    assert read(store, "class-order").notes == ("the study has changed since: shuffled",)


def test_a_quick_scale_of_some_conditions_is_read_as_a_study_of_these(store):
    study = find("depth")
    for condition, recipe in variant_of(study, {}, quick=True).study.conditions.items():
        keep(store, made_record(condition, variant="quick", study="depth", recipe=recipe))
    reading = read(store, "depth")
    assert tuple(reading.definition.conditions) == study.quick.conditions
    assert reading.definition.comparisons == study.comparisons[:1]
    assert len(reading.definition.claims) < len(study.claims)
    assert reading.notes == ()


def test_the_quick_variant_is_compared_with_todays_quick_study(store):
    quick = variant_of(find("class-order"), {}, quick=True).study.conditions["shuffled"]
    keep(store, made_record(variant="quick", recipe=quick))
    assert read(store, "class-order").notes == ()
    full = Recipe.from_json(made_record().recipe)
    keep(store, made_record("class-sequential", variant="quick", recipe=full))
    assert "class-sequential" in read(store, "class-order").notes[0]


def test_the_fingerprint_is_of_everything_in_the_environment_but_ebbs_own_version():
    here = environment()
    same = [name for name in here if fingerprint({**here, name: "x"}) == fingerprint(here)]
    assert same == ["ebb"]


def test_conditions_measured_on_different_data_are_not_mixed_in_silence(store):
    keep(store, made_record("shuffled"), made_record("class-sequential", data="e" * 64))
    reading = read(store, "class-order")
    assert reading.notes
    assert "data" in " ".join(reading.notes)


def test_the_note_on_stale_records_names_a_call_that_works(store):
    keep(store, made_record("a", study="mine", recipe=OTHER, environment=OTHER_ENVIRONMENT))
    assert "`ebb run mine`" not in " ".join(read(store, "mine").notes)
