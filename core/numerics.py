"""Which change of what training computes a recipe is touched by.

A correction that moves numbers gets the next entry, with the recipes that it touches: their
identity changes and they are run again, while the results of all others stay. Code that is moved,
renamed or made faster gets none. `tests/core/test_golden.py` fails when figures move without one.
"""

import re
from collections.abc import Callable
from typing import Any

from core.code_identity import source
from core.spec import Spec

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


DENSE = ("linear", "mlp", "deep-mlp")
"""Networks that `compiler="auto"` puts under XLA, without normalisation and augmentation."""
IN_GRAPH_MODE = re.compile("Conv|Normalization|applications")
"""What stands in the code of a network of one's own that is not under XLA as a whole."""


def may_be_large(recipe: Any) -> bool:
    """Whether `compiler="auto"` may take `graph+xla`, told without building the network.

    Said of networks that can have ten million weights in Dense layers at the size that they are
    used in, so that the results of all others stay what they were.
    """
    if recipe.compiler != "auto":
        return False
    if ":" not in recipe.model.name:
        return bool(recipe.model.name == "alexnet")
    code = source(recipe.own_code()[0])  # the builder's
    return "Dense" in code and IN_GRAPH_MODE.search(code) is not None


def _in_graph_mode(recipe: Any) -> bool:
    """Whether a network may be trained by TensorFlow's kernels, not under XLA as a whole.

    Of networks of one's own, which are not built for this, all that are not asked to be under XLA.
    """
    if recipe.transfer is not None and _in_graph_mode(recipe.transfer.source):
        return True
    if recipe.compiler != "auto":
        return bool(recipe.compiler != "xla")
    values = recipe.model.parameters
    normalised = values.get("batch_normalization") or values.get("augmentation")
    return recipe.model.name not in DENSE or bool(normalised)


def _weighs_places(recipe: Any) -> bool:
    """Class weights where outputs are places in a task: a place's weight was that of a class."""
    in_places = recipe.scenario is not None and recipe.scenario.kind == "domain"
    return recipe.class_weight is not None and in_places


def _first_task_alone(recipe: Any) -> bool:
    """Buffers that are filled at the ends of tasks: the first task was shown in smaller batches."""
    replay = recipe.replay
    return replay is not None and replay.rule.at_task_ends and bool(replay.mode == "replace")


def _ignores_a_class(recipe: Any) -> bool:
    """A mean over the examples that count, which XLA took over all."""
    return isinstance(recipe.loss, Spec) and "ignore_class" in recipe.loss.parameters


def _means_beside_outputs(recipe: Any) -> bool:
    """ICaRL where outputs are not active: a task that is not learned yet had its first class."""
    kind = recipe.scenario.kind if recipe.scenario is not None else ""
    named = type(recipe.strategy).__name__ == "ICaRL"
    return named and kind in ("task", "class-masked-at-test")


NUMERICS: list[tuple[int, Touches]] = [
    (1, lambda recipe: True),  # what the first version computes
    (2, _as_fit_does),  # calls of the optimiser; batches of their true size
    (3, _coupled_loss),
    (4, may_be_large),  # the optimiser's step of large networks by XLA
    (5, _in_graph_mode),  # oneDNN's kernels on every processor
    (6, _weighs_places),
    (7, _first_task_alone),
    (8, lambda recipe: _ignores_a_class(recipe) or _means_beside_outputs(recipe)),
]


def numerics(recipe: Any) -> int:
    """The latest change that touches a recipe."""
    return max(n for n, touches in NUMERICS if touches(recipe))
