"""The arrays that everything here passes on."""

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
"""Class labels, int64 [n]."""
Inputs = NDArray[np.float32]
"""Preprocessed inputs, float32 [n, ...]."""
Indices = NDArray[np.int32]
"""Positions of examples, int32 [n]."""
Groups = tuple[tuple[int, ...], ...]
"""The classes of the first task, of the second, ..."""
