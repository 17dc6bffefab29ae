import numpy as np
import pytest
from sklearn.datasets import load_digits

from data import load


@pytest.mark.parametrize(
    ("name", "shape", "checksum"),
    [
        ("digits", (28, 28), "86c1099e86f6a9b8db33e5d44f86786a09268f87b03268896762fff87a83b770"),
        (
            "digits-colour",
            (32, 32, 3),
            "86b614f5a70ac4f9e8225efdc4267c43ba2d259b7d899fd3e89698f5f9dd34db",
        ),
    ],
)
def test_the_digits_are_the_same_everywhere_and_for_ever(name, shape, checksum):
    # Another checksum would make every stored record of these data stale.
    digits = load(name)
    assert digits.x_train.shape == (1437, *shape)
    assert digits.x_test.shape == (360, *shape)
    assert digits.x_train.dtype == np.uint8
    assert digits.classes == 10
    assert digits.checksum == checksum
    assert digits.source.startswith("scikit-learn ")


def test_the_digits_stand_in_for_mnist():
    images = load("digits").x_train
    assert (images.min(), images.max()) == (0, 255)
    inner = images[:, 2:-2, 2:-2]
    assert images.sum(dtype=int) == inner.sum(dtype=int)
    np.testing.assert_array_equal(inner, inner[:, ::3, ::3].repeat(3, axis=1).repeat(3, axis=2))


def test_the_colour_digits_have_three_equal_channels():
    images = load("digits-colour").x_test
    np.testing.assert_array_equal(images[..., 0], images[..., 1])
    np.testing.assert_array_equal(images[..., 0], images[..., 2])


def test_no_digit_is_lost_and_none_is_in_both_parts():
    digits = load("digits")
    ours = np.concatenate([digits.x_train, digits.x_test])[:, 2:-2:3, 2:-2:3]
    theirs = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    assert sorted(image.tobytes() for image in ours) == sorted(i.tobytes() for i in theirs)


def test_both_kinds_of_digits_have_the_same_split():
    np.testing.assert_array_equal(load("digits").y_test, load("digits-colour").y_test)


def test_every_digit_is_in_the_test_set_at_least_25_times():
    assert np.bincount(load("digits").y_test).min() >= 25
