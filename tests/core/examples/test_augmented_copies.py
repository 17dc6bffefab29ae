"""A copy of the training part: what is in it, where it lies, and what is trained on."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core import AugmentedCopy, EvaluationPlan, HoldOut, Recipe, SymmetricLabelNoise, Trainer, spec
from core.training.device_arrays import Device
from core.training.preparation import prepare
from data import Dataset, InputError
from tests.core.by_hand import distance, images, shown_to, trained

ALL = AugmentedCopy(flip=True, rotation=15, shift=0.1)
FLIP = AugmentedCopy(flip=True)
RECIPE = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,)),
    split=HoldOut(size=10, where="first"),
    preprocessing=("standardise",),
    augmented_copy=ALL,
    batch_size=8,
    epochs=2,
    evaluation=EvaluationPlan(sets=("test", "train", "blur-1")),
    compiler="graph",
)
some = st.sampled_from([(5, 4, 4), (3, 6, 5), (4, 3, 5, 2)]).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-9, 9, width=32))
)


def copied(copy, x, seed=0):
    return copy(x, np.random.default_rng(seed))


def pixels(*shape):
    """No two of them alike."""
    return np.random.default_rng(9).permutation(np.prod(shape)).reshape(shape).astype(np.float32)


# The pure function.


@given(some)
def test_a_copy_without_any_change_is_the_original_divided(x):
    assert np.array_equal(copied(AugmentedCopy(), x), x)
    assert np.array_equal(copied(AugmentedCopy(divided_by=255), x), x / np.float32(255))


def test_flip_alone_mirrors_about_half_of_the_images_left_to_right():
    x = pixels(400, 3, 4)
    copies = copied(FLIP, x)
    mirrored = np.array([np.array_equal(a, b[:, ::-1]) for a, b in zip(copies, x, strict=True)])
    same = np.array([np.array_equal(a, b) for a, b in zip(copies, x, strict=True)])
    assert (mirrored ^ same).all()
    # Four standard errors.
    assert mirrored.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(400))


def test_a_shift_moves_by_what_is_drawn_and_fills_with_the_nearest_pixel():
    ramp = np.arange(20, dtype=np.float32)
    x = np.tile(ramp, (300, 10, 1))
    moves = copied(AugmentedCopy(shift=0.1), x) - ramp
    # Within the image a ramp moves by one number, the same in every row; at an edge by less.
    middle = moves[:, :, 4:-4]
    assert np.abs(middle - middle[:, :1, :1]).max() < 1e-4
    assert np.abs(middle).max() <= 2 + 1e-4
    assert np.abs(middle).max() > 1.9
    assert moves.min() >= -2 - 1e-4
    assert moves.max() <= 2 + 1e-4
    assert copied(AugmentedCopy(shift=1), x).min() >= 0
    assert copied(AugmentedCopy(shift=1), x).max() <= 19


def test_a_rotation_stays_within_its_angle_and_turns_either_way():
    x = np.zeros((200, 21, 21), dtype=np.float32)
    x[:, 10, 20] = 1  # ten pixels to the right of the centre
    copies = copied(AugmentedCopy(rotation=30), x)
    rows, columns = np.mgrid[-10:11, -10:11]
    mass = copies.sum(axis=(1, 2))
    # With the filling at the edge the bright pixel may come to lie there; look at the others.
    inner = copies[:, 4:17, :].sum(axis=(1, 2)) > 0.5
    angles = np.rad2deg(
        np.arctan2((copies * rows).sum(axis=(1, 2)) / mass, (copies * columns).sum((1, 2)) / mass)
    )[inner]
    assert np.abs(angles).max() <= 31
    assert angles.min() < -20
    assert angles.max() > 20


class Largest:
    """Draws the end of every range."""

    def uniform(self, low, high, size):
        return np.full(size, float(high))

    def random(self, size):
        return np.zeros(size)


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        (AugmentedCopy(rotation=180), lambda x: x[:, ::-1, ::-1]),
        (
            AugmentedCopy(shift=0.5),
            lambda x: np.pad(x, ((0, 0), (0, 2), (0, 3)), "edge")[:, 2:, 3:],
        ),
        (AugmentedCopy(flip=True, divided_by=4), lambda x: x[:, :, ::-1] / 4),
    ],
)
def test_known_draws_make_known_arrays_of_images_that_are_not_square(copy, expected):
    x = pixels(2, 4, 6)
    assert np.allclose(copy(x, Largest()), expected(x), atol=1e-4)


# Keras finds SciPy's function where it lay once.
@pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning")
@pytest.mark.parametrize("shape", [(6, 9, 9), (6, 8, 8, 3)])
def test_a_copy_is_what_the_image_data_generator_of_keras_makes_of_the_same_draws(shape):
    x = pixels(*shape) / 255
    rng = np.random.default_rng(0)
    angles, shifts = rng.uniform(-15, 15, 6), rng.uniform(-1, 1, (6, 2))
    mirrored = rng.random(6) < 0.5
    generator = tf.keras.preprocessing.image.ImageDataGenerator(fill_mode="nearest")
    made = []
    for i, image in enumerate(x if x.ndim == 4 else x[..., None]):
        # Keras swaps rows and columns on the way, which turns an angle the other way round; the
        # draws are as likely either way. Of an image that is not square it misses the centre.
        drawn = {
            "theta": -angles[i],
            "tx": 0.1 * shape[1] * shifts[i, 1],
            "ty": 0.1 * shape[1] * shifts[i, 0],
            "flip_horizontal": mirrored[i],
        }
        made.append(generator.apply_transform(image, drawn))
    assert 0 < mirrored.sum() < 6
    assert np.allclose(copied(ALL, x), np.reshape(made, shape), atol=1e-5)


@given(some, st.integers(0, 99))
def test_a_copy_comes_from_its_stream_and_stays_within_the_values_of_its_original(x, seed):
    before = x.copy()
    copies = copied(ALL, x, seed)
    assert np.array_equal(x, before)
    assert copies.shape == x.shape
    assert copies.dtype == np.float32
    assert np.array_equal(copies, copied(ALL, x, seed))
    axes = tuple(range(1, x.ndim))
    # Linear interpolation goes beyond the values between which it lies by rounding alone.
    assert (copies.min(axis=axes) >= x.min(axis=axes) - 1e-5).all()
    assert (copies.max(axis=axes) <= x.max(axis=axes) + 1e-5).all()


def test_another_stream_makes_another_copy_and_sizes_do_not_change_what_is_drawn():
    x = pixels(40, 6, 6)
    assert not np.array_equal(copied(ALL, x, 0), copied(ALL, x, 1))
    darker = replace(ALL, divided_by=255)
    assert np.array_equal(copied(darker, x), copied(ALL, x) / np.float32(255))
    flipped = (copied(FLIP, x) != x).any(axis=(1, 2))
    turned = copied(replace(ALL, flip=False), x)
    expected = np.where(flipped[:, None, None], turned[:, :, ::-1], turned)
    assert np.array_equal(copied(ALL, x), expected)


# In a run.


def loaded(device, recipe, seed, data):
    prepared = prepare(recipe, seed, data)
    device.load(recipe, seed, data, prepared)
    return device.x.numpy(), prepared


def test_copies_come_after_both_files_with_the_labels_that_their_originals_are_taught():
    data = images()
    x, prepared = loaded(Device(), replace(RECIPE, label_noise=SymmetricLabelNoise(0.3)), 0, data)
    originals, train = prepared.originals, prepared.split.train
    assert originals.tolist() == list(range(10, 90))
    assert train.tolist() == [*range(10, 90), *range(130, 210)]
    assert len(x) == 210
    for labels in (prepared.labels, prepared.training_labels, prepared.changed):
        assert np.array_equal(labels[130:], labels[originals])
    assert prepared.changed.sum() == 2 * round(0.3 * 80)
    assert (x[130:] != x[originals]).any(axis=(1, 2)).all()
    assert prepared.examples("train").tolist() == train.tolist()


def test_what_is_held_out_labelled_wrong_or_measured_is_as_without_a_copy():
    data = images()
    noisy = replace(RECIPE, label_noise=SymmetricLabelNoise(0.3))
    x, prepared = loaded(Device(), noisy, 0, data)
    plain_x, plain = loaded(Device(), replace(noisy, augmented_copy=None), 0, data)
    assert np.array_equal(x[:130], plain_x)  # standardised by the originals alone
    assert np.array_equal(prepared.training_labels[:130], plain.training_labels)
    for part in ("validation", "test"):
        assert np.array_equal(prepared.examples(part), plain.examples(part))


def test_a_run_never_sees_another_runs_copy():
    data, device = images(), Device()
    recipes = (
        *(RECIPE, replace(RECIPE, augmented_copy=None)),
        replace(RECIPE, augmented_copy=replace(ALL, divided_by=255)),
    )
    runs = [(recipe, seed) for recipe in recipes for seed in (0, 1)]
    alone = [loaded(Device(), *run, data)[0] for run in runs]
    for i in (0, 1, 0, 2, 3, 1, 4, 5, 0):
        assert np.array_equal(loaded(device, *runs[i], data)[0], alone[i])
    assert not np.array_equal(alone[0], alone[1])


def test_a_training_is_that_on_data_whose_arrays_were_concatenated_by_hand():
    data = images()
    record, weights = trained(RECIPE, 1, data)
    seen = shown_to(RECIPE, 1, data)
    x, _ = loaded(Device(), replace(RECIPE, augmented_copy=None), 1, data)
    by_hand = Dataset.from_arrays(
        "by hand",
        {
            "x_train": np.concatenate([x[:10], seen.x]),
            "y_train": np.concatenate([data.y_train[:10], seen.labels]),
            "x_test": x[90:],
            "y_test": data.y_test,
        },
    )
    # The corrupted test set is damaged before preprocessing, which these data have behind them.
    plan = EvaluationPlan(sets=("test", "train"))
    recipe = replace(RECIPE, augmented_copy=None, preprocessing=(), evaluation=plan)
    other, others = trained(recipe, 1, by_hand)
    assert distance(weights.last, others.last) == 0
    assert [e.set for e in record.evaluations[:3]] == ["test", "train", "blur-1"]
    compared = [e for e in record.evaluations if e.set != "blur-1"]
    for mine, theirs in zip(compared, other.evaluations, strict=True):
        assert (mine.set, mine.step, mine.loss) == (theirs.set, theirs.step, theirs.loss)
        assert np.array_equal(mine.confusion, theirs.confusion)
    assert compared[-1].confusion.sum() == 160
    assert compared[-1].step == 2 * 160 / 8


def test_a_damaged_test_set_is_as_without_a_copy():
    data, sets = images(), []
    for copy in (ALL, None):
        device = Device()
        loaded(device, replace(RECIPE, augmented_copy=copy), 0, data)
        sets.append(device.examples("blur-1"))
    for mine, theirs in zip(*sets, strict=True):
        assert np.array_equal(mine, theirs)


def test_what_are_no_images_is_refused_before_anything_trains():
    rng = np.random.default_rng(0)
    flat = {f"x_{part}": rng.random((8, 5), dtype=np.float32) for part in ("train", "test")}
    labels = {f"y_{part}": np.arange(8) % 2 for part in ("train", "test")}
    data = Dataset.from_arrays("flat", flat | labels)
    recipe = replace(RECIPE, split=HoldOut(), evaluation=EvaluationPlan())
    with pytest.raises(InputError, match=r"^Received inputs of shape \(5,\) [^\n]+ images[^\n]+$"):
        Trainer().check(recipe, data)
