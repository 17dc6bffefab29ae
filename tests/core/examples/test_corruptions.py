import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.examples.corruptions import KINDS, Corruption
from data import InputError

NAMES = [
    "gaussian-0.1",
    "salt-and-pepper-0.05",
    "blur-1",
    "contrast-0.5",
    "occlusion-0.25",
    "shift-2",
    "rotation-15",
]
GREY = np.random.default_rng(0).random((40, 12, 10), dtype=np.float32)
COLOUR = np.random.default_rng(0).random((40, 12, 10, 3), dtype=np.float32)


def damaged(name, x, values=(0, 1), seed=0):
    return Corruption.named(name)(x, values, np.random.default_rng(seed))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("x", [GREY, COLOUR], ids=["grey", "colour"])
def test_damage_is_the_same_for_a_stream_within_the_values_and_leaves_its_argument_alone(name, x):
    before = x.copy()
    y = damaged(name, x)
    assert np.array_equal(x, before)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert not np.array_equal(y, x)
    assert y.min() >= 0
    assert y.max() <= 1
    assert np.array_equal(y, damaged(name, x))


@pytest.mark.parametrize("name", NAMES)
def test_damage_is_the_same_before_and_after_scaling(name):
    assert damaged(name, 255 * GREY, (0, 255)) == pytest.approx(255 * damaged(name, GREY), abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("x", [GREY, COLOUR], ids=["grey", "colour"])
def test_severity_0_leaves_every_image_as_it_is(kind, x):
    assert Corruption(kind, 0)(x, (0, 1), np.random.default_rng(0)) == pytest.approx(x, abs=1e-6)


@given(st.sampled_from(sorted(KINDS)), st.floats(0, 1, exclude_min=True))
def test_the_name_says_kind_and_severity(kind, severity):
    damage = Corruption(kind, 1 if kind == "shift" else severity)
    assert Corruption.named(damage.name) == damage


def test_the_names_of_the_sets_are_short():
    assert [Corruption.named(name).name for name in NAMES] == NAMES


def test_gaussian_noise_has_its_share_of_the_range_as_deviation():
    x = np.full((200, 20, 20), 128, dtype=np.float32)
    assert damaged("gaussian-0.1", x, (0, 255)).std() == pytest.approx(25.5, rel=0.01)


def test_salt_and_pepper_takes_its_share_of_the_pixels_in_all_channels():
    x = np.full((200, 20, 20, 3), 0.5, dtype=np.float32)
    y = damaged("salt-and-pepper-0.2", x)
    assert (y == y[..., :1]).all()
    assert np.mean(y == 0) == pytest.approx(0.1, abs=0.005)
    assert np.mean(y == 1) == pytest.approx(0.1, abs=0.005)
    assert np.mean(y == 0.5) == pytest.approx(0.8, abs=0.01)


def test_a_blurred_point_keeps_its_light_and_spreads_by_its_severity():
    x = np.zeros((1, 41, 41, 2), dtype=np.float32)
    x[0, 20, 20, 0] = 1
    y = damaged("blur-2", x)
    assert (y[..., 1] == 0).all()
    assert y.sum() == pytest.approx(1, abs=1e-4)
    variance = (y[0, :, :, 0].sum(axis=1) * (np.arange(41) - 20) ** 2).sum()
    assert variance == pytest.approx(4, rel=0.02)


def test_contrast_brings_each_image_towards_its_own_mean():
    y = damaged("contrast-0.75", GREY)
    assert y.mean(axis=(1, 2)) == pytest.approx(GREY.mean(axis=(1, 2)), abs=1e-6)
    assert y.std(axis=(1, 2)) == pytest.approx(0.25 * GREY.std(axis=(1, 2)), abs=1e-6)


def test_occlusion_is_one_box_of_its_share_of_the_area_anywhere_within_each_image():
    y = damaged("occlusion-0.25", 1 + GREY, (0, 2))
    boxes = set()
    for image, original in zip(y, 1 + GREY, strict=True):
        rows, columns = np.nonzero(image == 0)
        assert len(rows) == 6 * 5
        assert np.ptp(rows) == 5
        assert np.ptp(columns) == 4
        assert (image[image != 0] == original[image != 0]).all()
        boxes.add((rows[0], columns[0]))
    assert len(boxes) > 10


def test_each_image_shifts_in_one_of_four_ways():
    y = damaged("shift-2", 1 + GREY, (0, 2))
    ways = []
    for image, original in zip(y, 1 + GREY, strict=True):
        padded = np.pad(original, 2)
        moves = {(0, 2): "up", (4, 2): "down", (2, 0): "left", (2, 4): "right"}
        came = {
            way: padded[4 - down :, 4 - right :][:12, :10] for (down, right), way in moves.items()
        }
        ways += [way for way, moved in came.items() if np.array_equal(image, moved)]
    assert len(ways) == len(y)
    assert set(ways) == {"up", "down", "left", "right"}


def test_a_shift_by_more_than_the_image_leaves_nothing():
    assert (damaged("shift-50", GREY) == 0).all()


def test_images_turn_to_either_side_by_the_angle_asked_for():
    x = np.random.default_rng(0).random((20, 9, 9), dtype=np.float32)
    y = damaged("rotation-90", x)
    turns = [
        {k for k in (1, -1) if np.allclose(image, np.rot90(original, k), atol=1e-5)}
        for image, original in zip(y, x, strict=True)
    ]
    assert all(len(turn) == 1 for turn in turns)
    assert len(set.union(*turns)) == 2


@pytest.mark.parametrize(
    "name",
    ["gaussian", "fog-1", "gaussian-", "gaussian-x", "gaussian--1", "contrast-1.5", "shift-1.5",
     "rotation-181", "salt-and-pepper", "gaussian-nan", "gaussian-1e3", "0.5", ""],
)  # fmt: skip
def test_damage_that_there_is_not_is_refused_in_one_line(name):
    with pytest.raises(InputError, match=r"^Received [^\n]+; expected [^\n]+\.$"):
        Corruption.named(name)


@pytest.mark.parametrize("severity", [-1, float("nan"), "much", True])
def test_a_severity_is_a_number(severity):
    with pytest.raises(InputError, match="expected a number from 0"):
        Corruption("gaussian", severity)


def test_only_images_can_be_damaged():
    with pytest.raises(InputError, match="expected images"):
        damaged("gaussian-1", GREY.reshape(40, -1))
