"""scikit-learn's handwritten digits, brought to the size of MNIST or of colour photographs.

They are installed with scikit-learn, so the first run, `--quick` and the tests need no network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.dataset import Dataset

DIGITS = ("digits", "digits-colour")
TRAIN = 1_437
TEST = 360


def load_digits(name: str) -> Dataset:
    """Loads the 1,797 digits with their fixed split: 1,437 to train on and 360 to test.

    Values 0..16 become 0..255. For `digits` each of the 8 x 8 pixels becomes 3 x 3 and a margin
    of two zeros makes 28 x 28; for `digits-colour` each becomes 4 x 4 and three equal channels
    make 32 x 32 x 3.

    Args:
        name: `digits` or `digits-colour`.

    Returns:
        The data set: uint8 images [n, 28, 28] or [n, 32, 32, 3], ten classes.
    """
    # Here, since scikit-learn takes a second to import and most commands do without it.
    import sklearn  # noqa: PLC0415
    from sklearn.datasets import load_digits as load_sklearn_digits  # noqa: PLC0415

    bunch = load_sklearn_digits()
    pixels = np.rint(bunch.images * 255 / 16).astype(np.uint8)
    images = _as_colour(pixels) if name == "digits-colour" else _like_mnist(pixels)
    labels = bunch.target.astype(np.int64)
    # The order of the file groups writers, so the split is drawn, once and for all.
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[:-TEST], order[-TEST:]
    return Dataset.from_arrays(
        name,
        {
            "x_train": images[train],
            "y_train": labels[train],
            "x_test": images[test],
            "y_test": labels[test],
        },
        source=f"scikit-learn {sklearn.__version__}",
    )


def digits_shape(name: str) -> tuple[int, ...]:
    """The shape of the training images, known without loading them.

    Args:
        name: `digits` or `digits-colour`.

    Returns:
        (1437, 28, 28) or (1437, 32, 32, 3).
    """
    return (TRAIN, 32, 32, 3) if name == "digits-colour" else (TRAIN, 28, 28)


def _like_mnist(pixels: NDArray[np.uint8]) -> NDArray[Any]:
    return np.pad(_enlarged(pixels, 3), ((0, 0), (2, 2), (2, 2)))


def _as_colour(pixels: NDArray[np.uint8]) -> NDArray[Any]:
    return np.repeat(_enlarged(pixels, 4)[..., np.newaxis], 3, axis=3)


def _enlarged(pixels: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    return pixels.repeat(times, axis=1).repeat(times, axis=2)
