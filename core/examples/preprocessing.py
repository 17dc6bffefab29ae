"""Preprocessing: from the numbers in a file to the numbers a network is given."""

from collections.abc import Callable

import numpy as np

from core.types import Indices, Inputs
from data import Dataset, InputError


def scale(x: Inputs, train: Indices, file_size: int) -> Inputs:
    """Divide by 255: pixel values come to lie in [0, 1]."""
    return np.divide(x, np.float32(255), out=x)


def subtract_mean_image(x: Inputs, train: Indices, file_size: int) -> Inputs:
    """Subtract the mean of ALL examples of the training file, held-out ones included.

    That is what the notebook of experiment C does; `standardise` uses the training part alone.
    """
    mean = x[:file_size].mean(axis=0, dtype=np.float64).astype(np.float32)
    return np.subtract(x, mean, out=x)


def standardise(x: Inputs, train: Indices, file_size: int) -> Inputs:
    """Subtract each input's mean over the training part and divide by its standard deviation.

    A standard deviation of 0 (MNIST has 69 pixels that never change) counts as 1.
    """
    part = x[train].astype(np.float64)
    deviation = part.std(axis=0)
    deviation[deviation == 0] = 1
    return ((x - part.mean(axis=0)) / deviation).astype(np.float32)


def normalise(x: Inputs, train: Indices, file_size: int) -> Inputs:
    """Subtract the mean of all inputs of the training part and divide by their deviation.

    Two numbers for all inputs, as in `transforms.Normalize((0.1307,), (0.3081,))` of torchvision.
    """
    part = x[train]
    mean = part.mean(dtype=np.float64)
    deviation = np.sqrt(np.square(part).mean(dtype=np.float64) - mean**2)
    np.subtract(x, np.float32(mean), out=x)
    return np.divide(x, np.float32(deviation or 1), out=x)


def pad_2(x: Inputs, train: Indices, file_size: int) -> Inputs:
    """Put two pixels of 0 around each image: 28 x 28 become 32 x 32."""
    return np.pad(x, [(0, 0), (2, 2), (2, 2)] + [(0, 0)] * (x.ndim - 3))


# A step may write into the array that it is given: MNIST is 220 MB as float32.
STEPS: dict[str, Callable[[Inputs, Indices, int], Inputs]] = {
    "scale": scale,
    "subtract-mean-image": subtract_mean_image,
    "standardise": standardise,
    "normalise": normalise,
    "pad-2": pad_2,
}


def example_shape(shape: tuple[int, ...], steps: tuple[str, ...]) -> tuple[int, ...]:
    """The shape of one example as a network is given it, from that in the data set.

    Raises:
        InputError: A step is for images, and the examples are none.
    """
    for _ in (step for step in steps if step == "pad-2"):
        if len(shape) not in (2, 3):
            raise InputError(
                f"Received the step pad-2 for examples of shape {shape}; expected images."
            )
        shape = (shape[0] + 4, shape[1] + 4, *shape[2:])
    return shape


def preprocess(
    dataset: Dataset, steps: tuple[str, ...], train: Indices, black: bool = False
) -> Inputs:
    """The files of a data set, one after the other, as a network is given them.

    Args:
        dataset: The data set.
        steps: Names from `STEPS`, applied from left to right; none leaves the values as they are.
        train: Positions of the training part, int32 [k], for steps that measure it.
        black: Whether an example of 0 follows, as the steps leave it.

    Returns:
        float32 [n + m + v, ...]: the n examples of the training file, the m of the test file, then
        the v of a given validation part; one more where `black` asks for it.
    """
    example_shape(dataset.x_train.shape[1:], steps)
    given = [] if dataset.x_val is None else [dataset.x_val]
    nothing = [np.zeros_like(dataset.x_train[:1])] * black
    files = [dataset.x_train, dataset.x_test, *given, *nothing]
    x = np.concatenate(files, dtype=np.float32, casting="unsafe")
    for step in steps:
        x = STEPS[step](x, train, len(dataset.x_train))
    return x
