import numpy as np
import pytest

from core.examples.preprocessing import preprocess
from data import Dataset


@pytest.fixture
def pixels():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (12, 3, 3)).astype(np.uint8)
    x[:, 0, 0] = 7  # a pixel that never changes
    y = np.arange(8) % 2
    return Dataset.from_arrays(
        "tiny", {"x_train": x[:8], "y_train": y, "x_test": x[8:], "y_test": y[:4]}
    )


TRAIN = np.arange(5, dtype=np.int32)


def test_without_steps_values_stay_and_both_files_follow_each_other(pixels):
    x = preprocess(pixels, (), TRAIN)
    assert x.dtype == np.float32
    assert (x == np.concatenate([pixels.x_train, pixels.x_test])).all()


def test_scale_then_mean_image_of_the_whole_training_file(pixels):
    x = preprocess(pixels, ("scale", "subtract-mean-image"), TRAIN)
    expected = (pixels.x_test - pixels.x_train.mean(axis=0)) / 255
    assert np.allclose(x[8:], expected, atol=1e-6)
    assert np.allclose(x[:8].mean(axis=0), 0, atol=1e-6)


def test_standardise_measures_the_training_part_alone_and_leaves_constant_pixels(pixels):
    x = preprocess(pixels, ("standardise",), TRAIN)
    part = x[TRAIN].astype(np.float64)
    assert np.allclose(part.mean(axis=0), 0, atol=1e-5)
    deviation = part.std(axis=0)
    assert (x[:, 0, 0] == 0).all()
    assert np.allclose(np.delete(deviation.ravel(), 0), 1, atol=1e-5)
