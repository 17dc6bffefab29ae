"""Augmentation: fresh in training, from the run's own stream, and never in evaluation."""

import keras
import numpy as np
import pytest

from core import EvaluationPlan, HoldOut, Recipe, Trainer, spec
from core.models import BUILDERS
from core.models.augmentation import augmentation_layers
from core.random_streams import integer
from core.training.build import fresh_model
from core.training.layers import chosen_compiler, leaf_layers, seed_generators
from data import Dataset, InputError

ALL = ("horizontal-flip", "rotation-15", "shift-0.1")
SHAPE = (12, 12)


def images(*shape, n=24):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, *shape)).astype(np.float32), np.arange(n) % 3
    parts = {"x_train": x, "y_train": y, "x_test": x[:9], "y_test": y[:9]}
    return Dataset.from_arrays("noise", parts)


def recipe(name="mlp", augmentation=ALL, epochs=2, compiler="auto"):
    small = {"cnn": {"filters": (2,), "widths": (4,), "dropout": 0.2}, "mlp": {"widths": (5,)}}
    return Recipe(
        dataset="noise",
        model=spec(name, **small[name], augmentation=augmentation),
        split=HoldOut(size=0),
        batch_size=8,
        epochs=epochs,
        evaluation=EvaluationPlan(sets=("test", "train")),
        compiler=compiler,
    )


def gradient():
    """An image that grows from left to right, [1, 20, 20, 1]."""
    return np.broadcast_to(np.arange(20, dtype=np.float32)[None, None, :, None], (1, 20, 20, 1))


def augmented(name, x, draws=200):
    layer = augmentation_layers((name,))[0]
    return layer(np.repeat(x, draws, axis=0), training=True).numpy()


def test_half_of_the_images_are_mirrored():
    out = augmented("horizontal-flip", gradient(), draws=1000)
    same, mirrored = (
        (out == way).all(axis=(1, 2, 3)) for way in (gradient(), gradient()[:, :, ::-1])
    )
    assert (same ^ mirrored).all()
    # Three standard errors of a half over 1,000 draws are .047.
    assert same.mean() == pytest.approx(0.5, abs=0.047)


def test_shifts_go_up_to_the_share_of_the_side_and_repeat_the_edge():
    moved = augmented("shift-0.1", gradient())[:, 10, 10, 0] - 10
    assert 1.8 < moved.max() <= 2
    assert -2 <= moved.min() < -1.8
    out = augmented("shift-0.1", gradient())
    assert (out.min(), out.max()) == (0, 19), "what comes in at the edge is the nearest pixel"


def test_rotations_go_up_to_the_angle():
    slopes = augmented("rotation-15", gradient())
    # Along the middle column a turned ramp rises by tan(angle) of what it rises along the row.
    down = slopes[:, 12, 10, 0] - slopes[:, 7, 10, 0]
    across = slopes[:, 10, 12, 0] - slopes[:, 10, 7, 0]
    angles = np.degrees(np.arctan2(down, across))
    assert 14 < angles.max() < 15.01
    assert -15.01 < angles.min() < -14


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_each_showing_is_another_and_evaluation_is_not_augmented(name):
    data = images(*SHAPE)
    model = fresh_model(recipe(name), 0, data)
    keep = keras.Sequential(model.layers[:4])  # an axis for the channel, and the three layers
    first, second = (keep(data.x_train, training=True).numpy() for _ in range(2))
    assert not np.isclose(first, second).all(axis=(1, 2, 3)).any()
    assert np.array_equal(keep(data.x_train, training=False).numpy()[..., 0], data.x_train)


def test_the_run_s_stream_seeds_every_layer_with_a_place_of_its_own():
    model = fresh_model(recipe("cnn"), 7, images(*SHAPE))
    found = seed_generators(leaf_layers(model))
    assert [name for name, _ in found] == ["augmentation"] * 3 + ["dropout"]
    states = [int(state.numpy()[0]) for _, state in found]
    assert states[:3] == [integer(7, "augmentation", i) for i in range(3)]
    assert len(set(states)) == 4


@pytest.mark.parametrize("name", ["mlp", pytest.param("cnn", marks=pytest.mark.slow)])
def test_one_seed_is_one_result_and_another_seed_another(name):
    trainer, data = Trainer(), images(*SHAPE)
    first, other, again = (trainer.train(recipe(name), seed, data) for seed in (3, 4, 3))
    assert "compiled: graph" in map(str, first.notes)
    assert first.results() == again.results() == Trainer().train(recipe(name), 3, data).results()
    assert first.results() != other.results()
    assert first.results() != trainer.train(recipe(name, (), compiler="graph"), 3, data).results()


@pytest.mark.slow
def test_the_augmentation_alone_makes_another_result():
    data = images(*SHAPE)
    losses = {
        trainer_loss(data, augmentation)
        for augmentation in ((), ("horizontal-flip",), ("rotation-15",), ("shift-0.1",), ALL)
    }
    assert len(losses) == 5


def trainer_loss(data, augmentation):
    alike = recipe(augmentation=augmentation, epochs=1, compiler="graph")
    return Trainer().train(alike, 0, data).evaluations[-1].loss


@pytest.mark.slow
def test_an_untrained_network_is_evaluated_as_without_augmentation():
    data = images(*SHAPE)
    with_it, without = (
        Trainer().train(recipe(augmentation=augmentation, epochs=1), 0, data).evaluations[0]
        for augmentation in (ALL, ())
    )
    assert with_it.epoch == 0
    # One is compiled in graph mode, the other by XLA.
    assert with_it.loss == pytest.approx(without.loss, rel=1e-6)


def test_images_in_colour_keep_their_channels():
    model = BUILDERS["mlp"]((8, 8, 3), 2, augmentation=ALL)
    assert chosen_compiler(model, "auto") == "graph"
    assert model.count_params() == (8 * 8 * 3 + 1) * 2


WRONG = {
    "kind": ("zoom-2", "augmentation 'zoom-2'; expected horizontal-flip, rotation-D"),
    "no size": ("rotation", "augmentation 'rotation'"),
    "vertical": ("vertical-flip", "augmentation 'vertical-flip'"),
    "words": ("shift-far", "augmentation 'shift-far'"),
    "too far": ("shift-2", "augmentation 'shift-2'"),
    "none": ("rotation-0", "augmentation 'rotation-0'"),
    "not a number": ("rotation-nan", "augmentation 'rotation-nan'"),
}


@pytest.mark.parametrize(("name", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_augmentation_is_refused_in_one_line(name, said):
    with pytest.raises(InputError) as caught:
        Trainer().check(recipe(augmentation=(name,)), images(*SHAPE))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_are_no_images_is_not_augmented():
    with pytest.raises(InputError, match="expected images"):
        Trainer().check(recipe(), images(10))
