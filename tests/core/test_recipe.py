import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import (
    Blurred,
    ClassSequential,
    EvaluationPlan,
    HoldOut,
    Recipe,
    Shuffled,
    named,
    replaced,
)
from data import InputError

plain = Recipe(dataset="digits", model=named("mlp", widths=(20,)))

recipes = st.builds(
    Recipe,
    dataset=st.sampled_from(["digits", "a/b.npz"]),
    model=st.builds(
        lambda widths, dropout: named("mlp", widths=tuple(widths), dropout=dropout),
        st.lists(st.integers(1, 9), max_size=3),
        st.floats(0, 0.9),
    ),
    split=st.builds(HoldOut, size=st.floats(0, 0.9), where=st.sampled_from(["first", "random"])),
    preprocessing=st.sampled_from([(), ("scale",), ("scale", "standardise")]),
    optimiser=st.builds(lambda rate: named("SGD", learning_rate=rate), st.floats(1e-9, 1)),
    early_stopping=st.none() | st.just(named("EarlyStopping", monitor="val_loss", patience=3)),
    order=st.sampled_from(
        [Shuffled(), ClassSequential(), ClassSequential((1, 0)), Blurred(share=0.5)]
    ),
    epochs=st.integers(1, 5),
    evaluation=st.builds(EvaluationPlan, segments=st.booleans()),
)


@given(recipes)
def test_a_recipe_survives_json_with_its_digest(recipe):
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert again == recipe
    assert again.digest() == recipe.digest()


@given(recipes, recipes)
def test_digests_differ_exactly_when_recipes_do(a, b):
    assert (a == b) == (a.digest() == b.digest())


def test_the_key_depends_on_recipe_seed_and_data():
    keys = {
        plain.key(0, "aa"),
        plain.key(1, "aa"),
        plain.key(0, "bb"),
        replace(plain, epochs=3).key(0, "aa"),
    }
    assert len(keys) == 4
    assert plain.key(0, "aa") == replace(plain).key(0, "aa")


def test_fields_that_are_none_are_not_written_so_that_new_ones_leave_old_keys_alone():
    assert "schedule" not in plain.to_json()


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("epochs", 3, lambda r: r.epochs),
        ("model.dropout", 0.5, lambda r: r.model.parameters["dropout"]),
        ("optimiser.learning_rate", 0.1, lambda r: r.optimiser.parameters["learning_rate"]),
        ("evaluation.segments", True, lambda r: r.evaluation.segments),
        ("preprocessing", "scale", lambda r: r.preprocessing[0]),
    ],
)
def test_any_field_can_be_replaced_by_its_path(path, value, read):
    assert read(replaced(plain, path, value)) == value


def test_a_part_can_be_replaced_by_its_name():
    assert replaced(plain, "order", "ClassSequential").order == ClassSequential()
    assert replaced(plain, "optimiser", "SGD").optimiser == named("SGD")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("epochs", 0, "epochs=0"),
        ("epochs", 1.5, "like 20"),
        ("epochs", "many", "like 20"),
        ("batch_size", 0, "batch_size=0"),
        ("batch_size", True, "batch_size=True"),
        ("nonsense", 1, "expected one of dataset"),
        ("epochs.inner", 1, "epochs alone"),
        ("order", "Nonsense", "ClassSequential"),
        ("order.nonsense", 1, "field of order"),
        ("order", "Blurred", "with its parameters"),
        ("model", "resnet", "mlp"),
        ("model.width", 3, "width"),
        ("split.size", -1, "size -1"),
        ("preprocessing", "normalise", "scale"),
        ("compiler", "jax", "xla"),
        ("early_stopping", "Later", "EarlyStopping"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(path, value, said):
    with pytest.raises(InputError, match=said) as caught:
        replaced(plain, path, value)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value) or "unexpected" in str(caught.value)


def test_a_learning_rate_and_a_schedule_contradict_each_other():
    fixed = replace(plain, optimiser=named("Adam", learning_rate=0.1))
    schedule = named("CosineDecay", initial_learning_rate=0.1, decay_steps=9)
    with pytest.raises(InputError, match="the schedule sets the learning rate"):
        replace(fixed, schedule=schedule)
    replace(fixed, schedule=named("ReduceLROnPlateau", patience=2))  # starts from the rate


def test_parameters_that_json_cannot_hold_are_refused():
    with pytest.raises(InputError, match="stored as JSON"):
        named("mlp", widths={1, 2})


def test_functions_that_workers_cannot_import_are_refused():
    with pytest.raises(InputError, match=r"in a \.py file"):
        named(lambda: None)
