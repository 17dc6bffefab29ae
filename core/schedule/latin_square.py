"""Balanced Latin squares: orders that together favour no place and no neighbour."""

import numpy as np
from numpy.typing import NDArray

from core.checks import is_count


def williams(n: int) -> NDArray[np.int64]:
    """Williams' design: orders of n things, balanced for place and for neighbours.

    Every thing stands at every place equally often, and every ordered pair of things stands side by
    side equally often: once for even n, where n rows do; twice for odd n, where each row is needed
    in reverse as well (Williams 1949, Australian Journal of Scientific Research A 2, 149-168).

    Args:
        n: How many things, 1 or more.

    Returns:
        int64 [n, n], [2 n, n] for odd n; each row holds 0 to n - 1 in one order. Row i of the
        first n is the first row plus i, modulo n.

    Raises:
        ValueError: n is no such number.

    Examples:
        >>> williams(4).tolist()
        [[0, 1, 3, 2], [1, 2, 0, 3], [2, 3, 1, 0], [3, 0, 2, 1]]
    """
    if not is_count(n):
        raise ValueError(f"Received n={n!r}; expected a whole number from 1 up.")
    # 0, 1, -1, 2, -2, ...: the steps between neighbours are all different modulo an even n.
    places = np.arange(n)
    first = np.where(places % 2, (places + 1) // 2, -(places // 2))
    rows = (first + places[:, None]) % n
    return np.concatenate([rows, rows[:, ::-1]]) if n % 2 else rows
