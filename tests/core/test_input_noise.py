import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.input_noise import GaussianNoise
from data import InputError

images = arrays(np.float32, (5, 3, 2), elements=st.floats(-9, 9, width=32))


def noisy(noise, x, seed=0):
    return noise(x, np.random.default_rng(seed))


@pytest.mark.parametrize(
    "noise", [GaussianNoise(standard_deviation=0.3), GaussianNoise(variance=0.09)]
)
def test_mean_and_deviation_are_as_asked_however_they_are_given(noise):
    x = np.random.default_rng(1).random((1000, 100), dtype=np.float32)
    added = (noisy(noise, x) - x).astype(np.float64)
    assert noise.deviation == pytest.approx(0.3)
    # Four standard errors of each.
    assert added.mean() == pytest.approx(0, abs=4 * 0.3 / np.sqrt(1e5))
    assert added.std() == pytest.approx(0.3, abs=4 * 0.3 / np.sqrt(2e5))


@given(images, st.floats(0, 5), st.integers(0, 99))
def test_noise_comes_from_its_stream_and_leaves_its_argument_alone(x, deviation, seed):
    before = x.copy()
    noise = GaussianNoise(standard_deviation=deviation, clip=(-1, 2))
    y = noisy(noise, x, seed)
    assert np.array_equal(x, before)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert y.min() >= -1
    assert y.max() <= 2
    assert np.array_equal(y, noisy(noise, x, seed))


@given(images)
def test_noise_of_zero_is_none(x):
    assert np.array_equal(noisy(GaussianNoise(variance=0), x), x)


def test_without_a_clip_values_go_where_the_noise_takes_them():
    y = noisy(GaussianNoise(standard_deviation=1), np.ones((100, 10), dtype=np.float32))
    assert y.min() < 0
    assert y.max() > 2


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"standard_deviation": 0.1, "variance": 0.01},
        {"standard_deviation": -0.1},
        {"variance": -0.1},
        {"variance": float("inf")},
        {"variance": "small"},
        {"variance": 1, "when": "always"},
        {"variance": 1, "on": "validation"},
        {"variance": 1, "clip": (1, 0)},
        {"variance": 1, "clip": (1,)},
        {"variance": 1, "when": "every-epoch", "on": "test"},
    ],
)
def test_noise_that_is_none_is_refused_in_one_line(wrong):
    with pytest.raises(InputError, match=r"^Received [^\n]+; expected [^\n]+\.$"):
        GaussianNoise(**wrong)
