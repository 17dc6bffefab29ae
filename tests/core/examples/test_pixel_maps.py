import numpy as np
import pytest
from PIL import Image

from core.examples.pixel_maps import checksum, permutations, rotations, shifts
from data import InputError

ANGLES = (0, 13.7, 45, 90, 121.25, 180, -30)


def through(maps, images):
    """Images by a map, black outside."""
    flat = images.reshape(len(images), -1)
    return np.pad(flat, [(0, 0), (0, 1)])[:, maps].reshape(images.shape)


@pytest.mark.parametrize("shape", [(28, 28), (9, 6), (8, 8, 3)])
def test_a_map_turns_every_image_as_pillow_does(shape):
    images = np.random.default_rng(0).integers(0, 256, (20, *shape), dtype=np.uint8)
    for angle, found in zip(ANGLES, rotations(shape, ANGLES), strict=True):
        turned = [np.asarray(Image.fromarray(each).rotate(angle)) for each in images]
        assert np.array_equal(through(found, images), turned), angle


def test_a_quarter_turn_by_hand():
    found = rotations((2, 2), [90])
    assert found.tolist() == [[1, 3, 0, 2]]  # counterclockwise
    assert found.dtype == np.int32


def test_what_comes_in_at_the_corners_is_from_outside():
    found = rotations((5, 5), [45])[0]
    assert (found == 25)[[0, 4, 20, 24]].all()
    assert found[12] == 12


def test_permutations_are_those_of_the_stream():
    found = permutations((2, 3), 2, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    assert found.tolist() == [rng.permutation(6).tolist(), rng.permutation(6).tolist()]


def test_the_channels_of_a_pixel_stay_together():
    found = permutations((2, 2, 3), 1, np.random.default_rng(1))[0].reshape(4, 3)
    assert sorted(found[:, 0] // 3) == [0, 1, 2, 3]
    assert (found % 3 == [0, 1, 2]).all()
    assert len(set(found[0] // 3)) == 1


def test_only_images_are_rotated():
    with pytest.raises(InputError, match=r"shape \(64,\); expected images"):
        rotations((64,), [10])


def test_other_maps_have_another_checksum():
    maps = rotations((4, 4), [0, 10, 90])
    assert len({checksum(maps), checksum(maps[1:]), checksum(maps.T)}) == 3


def test_the_first_shift_moves_nothing_and_the_others_are_all_crops_of_the_padded_image():
    found = shifts((4, 3), 2)
    assert found.shape == (25, 12)
    assert found[0].tolist() == list(range(12))
    image = np.random.default_rng(0).integers(1, 9, (1, 4, 3))
    padded = np.pad(image[0], 2)
    crops = [padded[i : i + 4, j : j + 3].tolist() for i in range(5) for j in range(5)]
    assert sorted(through(each, image)[0].tolist() for each in found) == sorted(crops)
