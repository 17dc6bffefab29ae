"""A sweep: each condition at several values of a field, typed, in a file, or by `run`."""

from dataclasses import replace

import pandas as pd
import pytest

import studies
from core import Replay, spec
from data import InputError
from studies import Quick, Study
from studies.definition.catalogue import find
from studies.definition.variant import scale_of, variant_of
from studies.results.after_run import best_values
from studies.results.reading import read
from studies.running.request import scale_to_type, sweeps_typed
from tests.studies.conftest import keep, made_record, refused, tiny

RATES = (1e-3, 1e-5)
SWEEP = ("--sweep", "optimiser.learning_rate=1e-3,1e-5")
mine = Study(
    name="mine",
    question="Is it kept?",
    conditions={"plain": tiny(), "replayed": tiny(replay=Replay(capacity=10))},
    comparisons=(("plain", "replayed"),),
    quick=Quick(overrides={"optimiser.learning_rate": 0.1}, conditions=("plain",)),
    seeds=2,
)


def test_conditions_are_named_by_value_in_ascending_order():
    alone = replace(mine, conditions={"plain": tiny()}, comparisons=())
    swept = alone.sweep({"optimiser.learning_rate": RATES})
    assert list(swept.conditions) == ["learning_rate=1e-05", "learning_rate=0.001"]
    rates = [r.optimiser.parameters["learning_rate"] for r in swept.conditions.values()]
    assert rates == [1e-5, 1e-3]


def test_a_grid_has_all_combinations_and_a_condition_without_the_part_stays_alone():
    swept = mine.sweep({"replay.capacity": [20, 30], "batch_size": [5, 7]})
    assert list(swept.conditions) == [
        "plain+batch_size=5",
        "plain+batch_size=7",
        *(f"replayed+capacity={c}+batch_size={b}" for c in (20, 30) for b in (5, 7)),
    ]


def test_recipes_of_a_sweep_are_those_that_set_makes():
    swept = variant_of(mine, {}, sweep={"optimiser.learning_rate": RATES}).study
    one = variant_of(mine, {"optimiser.learning_rate": 1e-3}).study
    assert swept.conditions["plain+learning_rate=0.001"] == one.conditions["plain"]


def test_quick_leaves_what_is_swept_and_names_the_conditions_that_it_leaves_out():
    study = variant_of(mine.sweep({"optimiser.learning_rate": RATES}), {}, quick=True).study
    rates = {n: r.optimiser.parameters["learning_rate"] for n, r in study.conditions.items()}
    assert rates == {"plain+learning_rate=1e-05": 1e-5, "plain+learning_rate=0.001": 1e-3}


def test_one_value_of_a_field_that_is_swept_is_refused():
    with pytest.raises(InputError, match="which is swept"):
        variant_of(mine.sweep({"batch_size": (5, 7)}), {"batch_size": 9})


@pytest.mark.parametrize(
    "field", ["optimiser.learning_rate", "batch_size", "replay.capacity", "optimiser"]
)
def test_a_list_where_one_value_belongs_is_refused_and_a_sweep_named(field, ebb, store):
    line = refused(ebb("run", "replay", "--quick", "--set", f"{field}=1,2", "--dry-run"))
    assert f"--sweep {field}=1,2" in line
    assert not store.folder.exists()


def test_a_list_where_lists_belong_is_one_value():
    assert variant_of(mine, {"model.widths": (5, 6)}).name == "model.widths=5+6"
    assert sweeps_typed(["model.widths=5,5+6"]) == {"model.widths": (5, (5, 6))}


def test_a_field_that_is_set_twice_is_refused(ebb):
    call = ebb("run", "class-order", "--set", "epochs=1", "--set", "epochs=2")
    assert "--sweep epochs" in refused(call)


@pytest.mark.parametrize("sweep", ["epochs", "epochs=", "=1", "epochs=1,,2"])
def test_a_sweep_without_field_or_values_is_refused(sweep, ebb):
    assert "FIELD=VALUE,VALUE" in refused(ebb("run", "class-order", "--sweep", sweep))


def test_a_variant_is_named_by_the_fields_it_sweeps_and_can_be_typed_again():
    overrides, grid = {"epochs": 3}, {"optimiser.learning_rate": RATES, "batch_size": (5, 7)}
    variant = variant_of(mine, overrides, quick=True, sweep=grid)
    assert variant.name == "quick,epochs=3,sweep=batch_size+optimiser.learning_rate"
    recipes = [recipe.to_json() for recipe in variant.study.conditions.values()]
    scale = scale_of(variant.name, recipes)
    assert scale.overrides == overrides
    assert scale.sweep == {"batch_size": (5, 7), "optimiser.learning_rate": (1e-5, 1e-3)}
    assert scale_to_type(scale)[-4:] == [
        *("--sweep", "batch_size=5,7"),
        *("--sweep", "optimiser.learning_rate=1e-05,0.001"),
    ]


# What is run, with workers that train nothing.

SHUFFLED = ("run", "class-order", "--quick", "--conditions", "shuffled", "--seeds", "1", "--quiet")


def test_nothing_is_trained_twice_and_further_values_join(ebb, workers, store):
    ebb(*SHUFFLED, "--set", "optimiser.learning_rate=1e-3")
    call = ebb(*SHUFFLED, *SWEEP)
    assert workers.asked == [("shuffled", 0), ("shuffled+learning_rate=1e-05", 0)]
    assert "learning_rate=0.001" in call.out
    assert "best learning rate of shuffled: " in call.out
    ebb(*SHUFFLED, "--sweep", "optimiser.learning_rate=1e-2")
    entries = [e for e in store.entries() if "sweep" in e.variant]
    assert len({entry.variant for entry in entries}) == 1
    assert len(entries) == 3
    dry = ebb(*SHUFFLED, "--set", "optimiser.learning_rate=1e-2", "--dry-run")
    assert "0 runs to do, 1 taken over from another study or variant" in dry.out


def test_what_another_study_has_is_not_trained_again(ebb, workers, store):
    same = ("--dataset", "digits", "--conditions", "shuffled", "--seeds", "1", "--quiet")
    for study in ("class-order", "precision"):
        assert ebb("run", study, *same).status == 0
    assert workers.asked == [("shuffled", 0)]
    records = [store.records(store.entries(study)) for study in ("class-order", "precision")]
    assert [record.study for (record,) in records] == ["class-order", "precision"]
    assert len({record.digest() for (record,) in records}) == 1


def test_kept_weights_are_trained_for(ebb, workers):
    ebb(*SHUFFLED, "--set", "optimiser.learning_rate=1e-3")
    ebb(*SHUFFLED, "--sweep", "optimiser.learning_rate=1e-3", "--keep-weights")
    assert len(workers.asked) == 2


def test_conditions_that_an_override_makes_equal_are_announced(ebb, workers):
    words = ("run", "class-order", "--quick", "--set", "order=Shuffled", "--dry-run")
    assert "shuffled and class-sequential are one and the same recipe" in ebb(*words).err


# What is read.


@pytest.fixture
def swept(store):
    """A store with a sweep over three rates of one condition."""
    sweep = {"optimiser.learning_rate": (1e-2, 1e-3, 1e-4)}
    variant = variant_of(find("class-order"), {}, sweep=sweep)
    for place, (name, recipe) in enumerate(variant.study.conditions.items()):
        for seed in (0, 1):
            accuracy = 0.9 - 0.1 * abs(place - 1) + 0.05 * seed
            keep(
                store,
                made_record(name, seed, accuracy=accuracy, recipe=recipe, variant=variant.name),
            )
    return store


def test_the_value_is_a_numeric_column_in_frames_and_exports(swept, ebb, tmp_path):
    results = studies.read("class-order")
    assert results.conditions[:2] == [
        "shuffled+learning_rate=0.0001",
        "shuffled+learning_rate=0.001",
    ]
    for kind in ("sweep", "summary", "per-class", "forgetting", "history"):
        assert results.table(kind)["learning_rate"].dtype == float, kind
    csv = tmp_path / "summary.csv"
    csv.write_text(ebb("table", "class-order", "--kind", "summary", "--format", "csv").out)
    assert set(pd.read_csv(csv)["learning_rate"]) == {1e-2, 1e-3, 1e-4}
    assert ebb("store", "export", tmp_path / "out").status == 0
    for name in ("runs", "evaluations", "history"):
        assert pd.read_csv(tmp_path / "out" / f"{name}.csv")["learning_rate"].dtype == float


def test_the_response_is_the_default_table_and_picture(swept, ebb, tmp_path):
    results = studies.read("class-order")
    table = results.table()
    assert table[table["best"]]["condition"].tolist()[0] == "shuffled+learning_rate=0.001"
    assert results.plot()[0].get_xlabel() == "learning rate"
    assert results.plot()[0].get_xscale() == "log"
    call = ebb("table", "class-order", "--figure", tmp_path / "curve.svg")
    assert "at each value" in call.out
    assert (tmp_path / "curve.svg").exists()


def test_a_study_of_no_numbers_has_no_response(filled, ebb):
    assert "--sweep FIELD=VALUE,VALUE" in refused(ebb("table", "class-order", "--kind", "sweep"))


def test_a_spec_of_another_optimiser_is_swept_as_text():
    swept = mine.sweep({"optimiser": ("SGD", "Adam")})
    assert swept.conditions["plain+optimiser=SGD"].optimiser == spec("SGD")


def test_a_script_sweeps_and_is_told_of_equal_conditions(workers, capsys):
    results = studies.run("class-order", quick=True, sweep={"batch_size": [7, 5]}, seeds=1)
    assert results.reading.variant == "quick,sweep=batch_size"
    assert results.sweep()["value"].tolist() == [5.0, 7.0, 5.0, 7.0]
    assert results.plot_sweep()[0].get_xlabel() == "batch size"
    studies.run("class-order", quick=True, overrides={"order": "Shuffled"}, seeds=1)
    assert "are one and the same recipe" in capsys.readouterr().err


def test_a_value_that_is_no_number_is_named_and_nothing_is_called_best(store, ebb):
    sweep = {"model.widths": ((10,), (10, 10), (20,))}
    variant = variant_of(find("class-order"), {}, sweep=sweep)
    for name, recipe in variant.study.conditions.items():
        for seed in (0, 1):
            accuracy = 0.95 if "10+10" in name else 0.9
            keep(
                store,
                made_record(name, seed, accuracy=accuracy, recipe=recipe, variant=variant.name),
            )
    out = " ".join(ebb("table", "class-order").out.split())
    assert "Not on a line of numbers, and not among the best: shuffled+widths=10+10" in out
    assert best_values(read(store, "class-order")) == []


def test_the_best_of_one_seed_has_no_interval(store):
    for place, rate in enumerate(RATES):
        variant = variant_of(find("class-order"), {}, sweep={"optimiser.learning_rate": RATES})
        name = f"shuffled+learning_rate={rate:g}"
        recipe = variant.study.conditions[name]
        keep(
            store,
            made_record(name, accuracy=0.9 - 0.1 * place, recipe=recipe, variant=variant.name),
        )
    (said,) = best_values(read(store, "class-order"))
    assert "nan" not in said
    assert said.endswith("(1 seed)")
