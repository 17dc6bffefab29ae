"""Which change of what training computes a recipe is touched by.

A correction that moves numbers gets the next entry, with the recipes that it touches: their
identity changes and they are run again, while the results of all others stay. Code that is moved,
renamed or made faster gets none. `tests/core/test_golden.py` fails when figures move without one.
"""

from collections.abc import Callable
from typing import Any

Touches = Callable[[Any], bool]
"""Called with a `Recipe`: whether the change can move its numbers."""

NUMERICS: list[tuple[int, Touches]] = [
    (1, lambda recipe: True),  # what the first version computes
]


def numerics(recipe: Any) -> int:
    """The latest change that touches a recipe."""
    return max(n for n, touches in NUMERICS if touches(recipe))
