import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from core.examples.input_noise import POOL, GaussianNoise
from core.random_streams import stream
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
        {"variance": 1, "clip": 0.5},
        {"variance": 1, "clip": (None, 1)},
        {"variance": 1, "clip": ("a", "b")},
        {"variance": 1, "clip": [0, 1]},
        {"variance": 1, "when": "every-epoch", "on": "test"},
    ],
)
def test_noise_that_is_none_is_refused_in_one_line(wrong):
    with pytest.raises(InputError, match=r"^Received [^\n]+; expected [^\n]+\.$"):
        GaussianNoise(**wrong)


# Fresh noise: an epoch's pool and where each step looks.

FRESH = GaussianNoise(standard_deviation=0.3, when="every-epoch")
SIZE = 100 * 784
"""Values of a batch of 100 MNIST images."""


@pytest.fixture(scope="module")
def epoch():
    return FRESH.fresh(480, SIZE, np.random.default_rng(0))


def correlation(a, b):
    return np.corrcoef(a.ravel().astype(np.float64), b.ravel().astype(np.float64))[0, 1]


def test_one_steps_noise_is_normal_with_the_deviation_asked_for(epoch):
    for step in (0, 1, 479):
        noise = epoch.at(step, (100, 28, 28))
        assert noise.dtype == np.float32
        # The seed is fixed: a level this strict refuses hardly any sound noise and much that is
        # not, such as the deviation that forgets the square root of two.
        assert stats.kstest(noise.ravel(), stats.norm(0, 0.3).cdf).pvalue > 0.01
        assert noise.mean() == pytest.approx(0, abs=4 * 0.3 / np.sqrt(SIZE))
        assert noise.std() == pytest.approx(0.3, abs=4 * 0.3 / np.sqrt(2 * SIZE))
        assert stats.kstest(noise.ravel(), stats.norm(0, 0.29).cdf).pvalue < 0.01


def test_values_of_a_step_are_independent_of_each_other(epoch):
    noise = epoch.at(3, (100, 784))
    bound = 4 / np.sqrt(SIZE)
    assert abs(correlation(noise[:-1], noise[1:])) < bound  # neighbouring images
    assert abs(correlation(noise[:, :-1], noise[:, 1:])) < bound  # neighbouring pixels
    assert len(np.unique(noise)) > 0.99 * SIZE


def test_the_halves_of_the_pool_are_independent(epoch):
    halves = epoch.pool.reshape(2, POOL)
    assert abs(correlation(*halves)) < 4 / np.sqrt(POOL)
    half = 0.3 / np.sqrt(2)
    assert halves.std(axis=1) == pytest.approx(half, abs=4 * half / np.sqrt(2 * POOL))


def test_two_steps_share_no_more_than_chance(epoch):
    # Half of a value's variance comes from each half of the pool: steps that looked at the same
    # place of one of them would correlate at .5.
    shape = (100, 784)
    for step in range(1, 30):
        assert abs(correlation(epoch.at(step, shape), epoch.at(step + 1, shape))) < 0.02


@given(st.integers(1, 50), st.integers(1, 3 * POOL), st.integers(0, 99))
@settings(max_examples=20)
def test_every_step_finds_as_many_values_as_it_asks_for(steps, size, seed):
    fresh = FRESH.fresh(steps, size, np.random.default_rng(seed))
    assert fresh.offsets.shape == (steps, 2)
    half = len(fresh.pool) // 2
    for places, first in zip(fresh.offsets.T, (0, half), strict=True):
        assert places.min() >= first
        assert places.max() + size <= first + half
    # However large the batch, there is room for four of them.
    assert half >= 4 * size
    assert fresh.at(steps - 1, (size,)).shape == (size,)


def test_the_last_place_that_there_is_can_be_drawn():
    offsets = FRESH.fresh(100_000, POOL // 4, np.random.default_rng(0)).offsets
    for places, first in zip(offsets.T, (0, POOL), strict=True):
        assert places.max() > first + POOL - POOL // 4 - 100
        assert places.min() < first + 100


@given(st.floats(0, 9), st.integers(0, 99), st.integers(1, 40))
@settings(max_examples=20)
def test_a_smaller_batch_has_the_beginning_of_a_larger_ones_noise(deviation, seed, size):
    noise = GaussianNoise(standard_deviation=deviation, when="every-epoch")
    fresh = noise.fresh(3, 60, np.random.default_rng(seed))
    whole = fresh.at(2, (20, 3)).ravel()
    assert np.array_equal(fresh.at(2, (size,)), whole[:size])
    assert np.array_equal(fresh.at(2, (20, 3)).ravel(), whole)
    again = noise.fresh(3, 60, np.random.default_rng(seed))
    assert all(np.array_equal(*pair) for pair in zip(fresh, again, strict=True))


def test_every_epoch_has_a_pool_of_its_own():
    pools = [FRESH.fresh(9, 50, stream(0, "corruption", 3, e)) for e in (1, 2)]
    assert abs(correlation(pools[0].pool, pools[1].pool)) < 4 / np.sqrt(2 * POOL)
    assert not np.array_equal(pools[0].offsets, pools[1].offsets)


def test_fresh_noise_of_zero_is_none():
    noise = GaussianNoise(variance=0, when="every-epoch")
    assert not noise.fresh(2, 9, np.random.default_rng(0)).pool.any()
