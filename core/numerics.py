"""Which change of what training computes a recipe is touched by.

A correction that moves numbers gets the next entry, with the recipes that it touches: their
identity changes and they are run again, while the results of all others stay. Code that is moved,
renamed or made faster gets none. `tests/core/test_golden.py` fails when figures move without one.
"""

import re
from collections.abc import Callable
from typing import Any

from core.code_identity import source

Touches = Callable[[Any], bool]
"""Called with a `Recipe`: whether the change can move its numbers."""

COUPLED = re.compile(
    "activity_regularizer|ActivityRegularization|add_loss|Lambda|ClassDef|Softmax|Normalization"
    "|float16|'activation', value=(Name|Call)|id='Dense'.*args=\\[[^]]*Name"
)
"""What stands in the syntax tree of a network that may not treat examples apart."""


def _as_fit_does(recipe: Any) -> bool:
    """Losses that are scaled, averaged weights with the best restored, coupled examples."""
    optimiser, stopping = recipe.optimiser.parameters, recipe.early_stopping
    averaged = bool(optimiser.get("use_ema")) and stopping is not None
    scaled = optimiser.get("loss_scale_factor") is not None
    return averaged or scaled or any(COUPLED.search(source(each)) for each in recipe.own_code())


def _coupled_loss(recipe: Any) -> bool:
    """Losses of a batch as a whole, which was filled up with examples that do not count."""
    return recipe.loss in ("circle", "dice", "tversky")


NUMERICS: list[tuple[int, Touches]] = [
    (1, lambda recipe: True),  # what the first version computes
    (2, _as_fit_does),  # calls of the optimiser; batches of their true size
    (3, _coupled_loss),
]


def numerics(recipe: Any) -> int:
    """The latest change that touches a recipe."""
    return max(n for n, touches in NUMERICS if touches(recipe))
