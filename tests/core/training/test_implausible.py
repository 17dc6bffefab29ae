"""What can be trained and is seldom meant is noted in the record, and leaves its results alone."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from core import Recipe, Store, Trainer, spec
from core.examples.implausible import implausible
from data import Dataset, load
from studies.results.reading import read
from studies.results.starts import same_starts

RECIPE = Recipe(
    dataset="unit.npz", model=spec("linear"), preprocessing=("scale",), batch_size=30, epochs=1,
    compiler="graph",
)  # fmt: skip


def own_data(name: str = "unit.npz", *, factor: float = 1, shared: int = 0) -> Dataset:
    """As in the case unit_floats.py, smaller."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = np.clip(rng.normal(size=(90, 8)) * 0.1 + 0.2 + 0.5 * np.eye(3, 8)[y], 0, 1) * factor
    x[60 : 60 + shared] = x[:shared]
    arrays = {"x_train": x[:60], "y_train": y[:60], "x_test": x[60:], "y_test": y[60:]}
    return Dataset.from_arrays(name, arrays)


def fixed_start(input_shape, classes):
    """As in the case fixed_start.py."""
    keras.utils.set_random_seed(42)
    return free_start(input_shape, classes)


def free_start(input_shape, classes):
    return keras.Sequential(
        [
            keras.layers.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )


def texts(dataset: Dataset, *steps: str) -> list[str]:
    return list(map(str, implausible(dataset, steps)))


def test_inputs_of_at_most_1_that_are_scaled_are_noted():
    said = ["unit.npz: inputs are at most 0.880163 already; the step scale divides them by 255"]
    assert texts(own_data(), "scale") == said
    assert texts(own_data(), "standardise") == texts(own_data()) == []
    assert texts(own_data(factor=255), "scale") == []
    assert texts(load("digits"), "scale") == []


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(-1, 1, False), (-2.5, 3, True), (0, 16, True), (0, 1000, True), (0, 26, False)],
)
def test_inputs_that_were_no_bytes_are_noted_where_they_are_scaled(low, high, said):
    x = np.linspace(low, high, 720, dtype=np.float32).reshape(90, 8)
    data = replace(own_data(), x_train=x, x_test=x[::-1] + np.float32(0.25))
    found = f"unit.npz: inputs are {low} to {high}, not bytes from 0 to 255; the step scale"
    assert [text for text in texts(data, "scale") if "not bytes" in text] == (
        [f"{found} divides them by 255"] if said else []
    )
    assert texts(data, "standardise") == []


@pytest.mark.parametrize("part", ["x_train", "x_test", "x_val"])
def test_a_part_of_another_scale_is_noted(part):
    data = own_data()
    data = replace(data, x_val=data.x_test + 0.5, y_val=data.y_test)
    assert texts(data) == []
    said = texts(replace(data, **{part: getattr(data, part) * 255}))
    assert len(said) == (2 if part == "x_train" else 1)
    name = {"x_test": "test", "x_val": "validation"}.get(part, "test")
    assert f"the largest {name} input is" in said[0]
    assert texts(replace(data, **{part: getattr(data, part) * 0})) != said  # nothing is divided


@pytest.mark.parametrize(
    ("shape", "said"),
    [((3, 8, 8), True), ((1, 28, 28), True), ((8, 8, 3), False), ((3, 3, 3), False),
     ((3, 8, 9), False), ((4, 8, 8), False), ((28, 28), False)],
)  # fmt: skip
def test_channels_that_stand_first_are_noted(shape, said):
    x = np.random.default_rng(0).random((20, *shape)) + 0.5
    y = np.arange(20) % 2
    arrays = {"x_train": x[:12], "y_train": y[:12], "x_test": x[12:], "y_test": y[12:]}
    axes = f"examples of {' x '.join(map(str, shape))} are read as height x width x channels"
    found = texts(Dataset.from_arrays("a.npz", arrays))
    assert found == ([f"a.npz: {axes}; write the channels last"] if said else [])


def test_examples_that_a_validation_part_shares_are_noted():
    data = own_data(shared=2)
    both = np.concatenate([data.x_train[4:7], data.x_test[:1]])
    assert texts(replace(data, x_val=both, y_val=data.y_train[:4])) == [
        "unit.npz: 2 of 30 test examples are training examples too",
        "unit.npz: 4 of 4 validation examples are training examples too",
        "unit.npz: 1 of 30 test examples are validation examples too",
    ]


def test_shared_and_constant_examples_are_noted():
    assert texts(own_data(shared=7)) == [
        "unit.npz: 7 of 30 test examples are training examples too"
    ]
    assert texts(own_data(factor=0)) == [
        "unit.npz: all training examples are the same",
        "unit.npz: 30 of 30 test examples are training examples too",
    ]


def test_that_a_published_data_set_shares_examples_is_not_said():
    assert texts(own_data("mnist", shared=1)) == []
    assert len(texts(replace(own_data("mnist", shared=1), note="not the published files"))) == 1


def test_a_record_holds_the_notes_and_a_reader_sees_them(tmp_path):
    record = Trainer().train(RECIPE, 0, own_data(shared=2))
    assert [each.kind for each in record.notes if each.kind in ("scaled", "shared")] == [
        "scaled",
        "shared",
    ]
    store = Store(tmp_path)
    store.save_all([(replace(record, study="mine", condition="a"), RECIPE.digest())], 1)
    said = "unit.npz: 2 of 30 test examples are training examples too"
    assert said in read(store, "mine").notes


def test_seeds_that_all_start_with_the_same_weights_are_noted():
    trainer, data = Trainer(), own_data()

    def records(builder):
        recipe = replace(RECIPE, model=spec(builder), preprocessing=())
        return [replace(trainer.train(recipe, seed, data), condition="a") for seed in (0, 1)]

    fixed = records(fixed_start)
    loss = fixed[0].evaluations[0].loss
    (said,) = same_starts(fixed)
    assert said.startswith(f"all 2 seeds of a start with the same weights (loss {loss!r} before")
    assert same_starts(fixed[:1]) == []
    assert same_starts(records(free_start)) == []
    # Ebb's own start alike only where a recipe says so, as with `zeros`.
    own = [replace(each, recipe={**each.recipe, "model": {"name": "linear"}}) for each in fixed]
    assert same_starts(own) == []
