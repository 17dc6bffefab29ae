"""Learning-rate schedules: one cycle, and lengths as shares of the training."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import ClassSequential, HoldOut, Recipe, Replay, Tasks, Trainer, spec
from core.training.lr_schedules import OneCycle, WarmRestarts, in_steps
from core.training.preparation import prepare
from data import InputError
from tests.core.by_hand import images

PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(4,)),
    split=HoldOut(size=0.2),
    optimiser=spec("SGD"),
    epochs=4,
    batch_size=8,
    compiler="graph",
)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


@pytest.fixture(scope="module")
def dataset():
    return images()


def rates(record):
    """Steps done at each epoch's end, and the rate that the next step will have."""
    return {step: rate for _, step, name, rate in record.history if name == "learning_rate"}


def test_one_cycle_goes_straight_up_straight_down_and_out():
    cycle = OneCycle(0.8, 100, initial_fraction=0.1, final_fraction=0.01, rise=0.4)
    corners = {0: 0.08, 40: 0.8, 80: 0.08, 100: 0.008}
    between = {20: (0.08 + 0.8) / 2, 50: 0.8 - 0.72 / 4, 90: (0.08 + 0.008) / 2, 500: 0.008}
    for step, rate in (corners | between).items():
        assert float(cycle(step)) == pytest.approx(rate, rel=1e-4)


@settings(max_examples=30)
@given(st.integers(3, 500), st.floats(0.05, 0.49), st.floats(1e-4, 10))
def test_one_cycle_never_leaves_its_bounds(total, rise, peak):
    cycle = OneCycle(peak, total, rise=rise)
    curve = np.array([float(cycle(step)) for step in range(0, total + 1, max(1, total // 9))])
    assert curve[0] == pytest.approx(peak / 10, rel=1e-4)
    assert ((curve >= peak * 0.00099) & (curve <= peak * 1.0001)).all()
    assert float(cycle(total)) == pytest.approx(peak / 1000, rel=1e-2)


def test_one_cycle_is_saved_and_made_again():
    cycle = OneCycle(0.8, 100, rise=0.3)
    again = OneCycle.from_config(cycle.get_config())
    assert [float(again(step)) for step in (0, 10, 99)] == [float(cycle(s)) for s in (0, 10, 99)]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"peak_learning_rate": 0}, {"total_steps": 0}, {"rise": 0.5}, {"rise": 0}),
        *({"final_fraction": 0.2}, {"initial_fraction": 2}),
    ],
)
def test_one_cycle_that_is_no_cycle_is_refused_before_training(wrong, trainer, dataset):
    schedule = spec("OneCycle", **{"peak_learning_rate": 1.0, "total_steps": 9} | wrong)
    with pytest.raises(InputError, match=r"Received OneCycle with .*; received .* expected"):
        trainer.check(replace(PLAIN, lr_schedule=schedule), dataset)


@pytest.mark.parametrize("compiler", ["xla", "graph"])
def test_a_recipe_finds_one_cycle_by_its_name(compiler, trainer, dataset):
    schedule = spec("OneCycle", peak_learning_rate=0.5, total_steps=1.0, rise=0.25)
    record = trainer.train(replace(PLAIN, lr_schedule=schedule, compiler=compiler), 0, dataset)
    seen = rates(record)
    assert len(seen) == 4
    assert list(seen.values()) == pytest.approx([0.5, 0.05, 0.02525, 0.0005], rel=1e-3)


def test_an_optimiser_steps_by_one_cycle_as_by_the_same_rates_set_by_hand():
    cycle = OneCycle(0.5, 12)
    ours, keras_own = (keras.optimizers.SGD(rate) for rate in (cycle, 0.1))
    start = np.linspace(-1, 1, 5, dtype=np.float32)
    a, b = keras.Variable(start), keras.Variable(start)
    for optimiser, variable in ((ours, a), (keras_own, b)):
        optimiser.build([variable])
    for step in range(12):
        keras_own.learning_rate = float(cycle(step))
        ours.apply([a * 2])
        keras_own.apply([b * 2])
    assert np.allclose(a, b, rtol=1e-6)


def test_shares_become_steps_of_the_whole_training(dataset):
    schedule = spec("CosineDecay", initial_learning_rate=0.1, decay_steps=1.0, warmup_steps=0.25)
    recipe = replace(PLAIN, lr_schedule=schedule)
    prepared = prepare(recipe, 0, dataset)
    steps = 4 * -(-len(prepared.split.train) // 8)
    counted = in_steps(recipe, prepared, 0, 10).parameters
    assert counted["decay_steps"] == steps
    assert counted["warmup_steps"] == round(steps / 4)
    assert counted["initial_learning_rate"] == 0.1


def test_boundaries_are_shares_too_and_whole_numbers_stay(dataset):
    values = {"boundaries": (0.5, 0.75), "values": (0.1, 0.01, 0.001)}
    recipe = replace(PLAIN, lr_schedule=spec("PiecewiseConstantDecay", **values))
    prepared = prepare(recipe, 0, dataset)
    steps = 4 * -(-len(prepared.split.train) // 8)
    assert in_steps(recipe, prepared, 0, 10).parameters == values | {
        "boundaries": (round(steps / 2), round(steps * 3 / 4))
    }
    whole = spec("PiecewiseConstantDecay", boundaries=(1, 7), values=(0.1, 0.01, 0.001))
    assert in_steps(replace(PLAIN, lr_schedule=whole), prepared, 0, 10) == whole


def test_a_schedule_keeps_its_shape_when_the_epochs_change(trainer, dataset):
    schedule = spec("CosineDecay", initial_learning_rate=0.1, decay_steps=1.0)
    for epochs in (2, 4):  # one trainer: the program of the one must not serve the other
        record = trainer.train(replace(PLAIN, lr_schedule=schedule, epochs=epochs), 0, dataset)
        seen = list(rates(record).values())
        assert seen[epochs // 2 - 1] == pytest.approx(0.05, rel=1e-3)
        assert seen[-1] == pytest.approx(0, abs=1e-6)


def test_shares_with_replay_are_refused(trainer, dataset):
    schedule = spec("CosineDecay", initial_learning_rate=0.1, decay_steps=1.0)
    recipe = replace(PLAIN, lr_schedule=schedule, replay=Replay(capacity=20))
    with pytest.raises(InputError, match="replay decides how many there are"):
        trainer.check(recipe, dataset)


def test_the_best_epoch_is_restored_at_the_end_of_a_training_that_was_not_stopped(trainer, dataset):
    best = spec("EarlyStopping", monitor="val_loss", patience=1000, restore_best_weights=True)
    # A rate far too large: the losses go up and down, and the last is not the lowest.
    optimiser = spec("SGD", learning_rate=3.0)
    recipe = replace(PLAIN, early_stopping=best, optimiser=optimiser, epochs=6)
    record = trainer.train(recipe, 0, dataset)
    looks = [e for e in record.evaluations if e.set == "validation" and e.epoch > 0]
    *epochs, restored = looks
    assert len(epochs) == 6
    losses = [each.loss for each in epochs]
    assert losses[-1] > min(losses), "the last epoch must not be the best for this to say anything"
    assert restored.loss == pytest.approx(min(losses), rel=1e-6)


def test_warm_restarts_have_one_rate_in_each_pass_and_start_anew_at_powers_of_2():
    schedule = WarmRestarts(0.05, 0.0005, pass_steps=3)
    found = [float(schedule(step)) for step in range(3 * 12)]
    rates = [0.005, 0.05, 0.05, 0.02525, 0.05]
    rates += [0.0005 + 0.02475 * (1 + np.cos(np.pi * k / 4)) for k in (1, 2, 3)] + [0.05]
    rates += [0.0005 + 0.02475 * (1 + np.cos(np.pi * k / 8)) for k in (1, 2, 3)]
    assert found == pytest.approx(np.repeat(rates, 3), rel=1e-5)
    assert float(schedule(3 * 1024)) == pytest.approx(0.05)
    assert WarmRestarts(**schedule.get_config()).get_config() == schedule.get_config()
    with pytest.raises(ValueError, match="pass_steps=0; expected 1 or more"):
        WarmRestarts(0.05, 0.0005, pass_steps=0)


def test_shares_are_counted_where_the_last_class_has_no_training_examples():
    data = images()
    there = data.y_train < 3
    few = replace(data, x_train=data.x_train[there], y_train=data.y_train[there])
    schedule = spec("CosineDecay", initial_learning_rate=0.1, decay_steps=1.0)
    order = ClassSequential((3, 0, 1, 2))
    recipe = replace(PLAIN, order=order, epochs=2, lr_schedule=schedule)
    prepared = prepare(recipe, 0, few)
    sizes = np.bincount(prepared.classes[prepared.split.train])
    counted = in_steps(recipe, prepared, 0, few.classes)
    assert counted.parameters["decay_steps"] == 2 * sum(-(-size // 8) for size in sizes)


def test_shares_of_a_training_whose_tasks_begin_it_anew_are_refused(dataset):
    schedule = spec("CosineDecay", initial_learning_rate=0.1, decay_steps=1.0)
    order = Tasks(groups=((0, 1), (2, 3)), epochs_each=2)
    recipe = replace(PLAIN, order=order, lr_schedule=schedule, reset_optimiser=True)
    with pytest.raises(InputError, match="each task begins at the first"):
        in_steps(recipe, prepare(recipe, 0, dataset), 0, 10)


def test_a_rate_that_falls_by_a_part_that_is_not_there_is_refused(dataset):
    recipe = replace(PLAIN, split=HoldOut(), lr_schedule=spec("ReduceLROnPlateau"))
    with pytest.raises(InputError, match="monitor 'val_loss'"):
        Trainer().check(recipe, dataset)
