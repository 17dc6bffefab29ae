"""What a number in a recipe may be."""

import math
from typing import Any


def is_count(value: Any) -> bool:
    """Whether it is a whole number from 1 up that fits int32, as steps and positions do."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31


def is_number(value: Any, low: float, high: float = math.inf) -> bool:
    """Whether it is a finite number from `low` to `high`, both included."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    # Not isfinite(), which turns a whole number into a float first and may find it too large.
    return plain and low <= value <= high and abs(value) < math.inf
