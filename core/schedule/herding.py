"""Herding: examples whose mean feature stays close to that of their class."""

import numpy as np
from numpy.typing import NDArray


def herding(features: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    """Choose exemplars one after the other (Rebuffi et al. 2017, iCaRL, algorithm 4).

    The k-th is the one that brings the mean of the k chosen closest to the mean of all, so any
    first few of them are the best of that number. Feature vectors count at length 1, as in the
    paper; means are not brought to length 1 again, as in its published code. A vector of zeros
    stays one.

    Args:
        features: What the network makes of each example of a class, float32 [n, d].
        count: How many to choose; all of them if there are no more.

    Returns:
        Rows of `features` in the order chosen, int32 [min(count, n)]. Of equal ones the first.
    """
    # In float32 the vectors of a class stay in the processor's cache: one pass over them for each
    # that is chosen is all that this costs.
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    vectors = (features / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    mean = vectors.mean(axis=0, dtype=np.float64)
    left = np.einsum("nd,nd->n", vectors, vectors)
    total = np.zeros_like(mean)
    chosen = np.empty(min(count, len(vectors)), dtype=np.int32)
    for k in range(1, len(chosen) + 1):
        # |mean - (total + v) / k|^2 times k^2, without what is the same for every v.
        # A BLAS may flag as invalid what it computed of places beyond the vectors and dropped.
        with np.errstate(invalid="ignore"):
            distances = left + vectors @ (2 * (total - k * mean)).astype(np.float32)
        chosen[k - 1] = np.argmin(distances)
        left[chosen[k - 1]] = np.inf
        total += vectors[chosen[k - 1]]
    return chosen
