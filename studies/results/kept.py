"""What a method keeps beside the network: images in a buffer, and the arrays of a strategy."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from core.examples.preprocessing import example_shape
from core.examples.scenarios import Scenario
from core.recipe import PARTS
from core.strategies.base import Sizes, Strategy
from data.listing import known_shape

Json = Mapping[str, Any]


def bytes_kept(recipe: Json) -> float:
    """How many bytes a method keeps while it is trained, beside the network and its optimiser.

    Images count as the data set's file has them, a byte for each pixel and colour, without their
    labels; of a strategy all arrays that it carries on count, in float32: importances, anchors,
    the path of `SI`, stored logits, and a teacher's logits of every training example.

    Args:
        recipe: As a record has it.

    Returns:
        NaN where it is not known: of joint and cumulative training, which keep every example; of
        what another program trained; of
        data sets and strategies of the user's own; of penalties on what is no plain `mlp`.
    """
    shape = known_shape(recipe["dataset"])
    if "settings" in recipe or shape is None or recipe["order"].get("shown", "new") != "new":
        return math.nan
    capacity = recipe["replay"]["capacity"] if recipe.get("replay") else 0
    images = capacity * math.prod(shape[1:])
    return float(images + _arrays_kept(recipe, shape, capacity))


def _arrays_kept(recipe: Json, shape: tuple[int, ...], capacity: int) -> float:
    """The bytes of a strategy's arrays."""
    if recipe.get("strategy") is None:
        return 0
    fields = dict(recipe["strategy"])
    kind = PARTS.get(fields.pop("is"))
    variables = _variables(recipe, shape)
    if kind is None or variables is None:
        return math.nan
    strategy: Strategy = kind(**fields)
    tasks = len(recipe["order"]["groups"])
    heads = tasks if (recipe.get("scenario") or {}).get("kind") == "task" else 1
    sizes = Sizes(variables, variables[-1].size, shape[0], capacity, tasks, heads)
    arrays = strategy.state(sizes).items()
    return sum(each.nbytes for name, each in arrays if name not in strategy.recorded)


def _variables(recipe: Json, shape: tuple[int, ...]) -> tuple[np.ndarray, ...] | None:
    """Arrays in the shapes of an mlp's kernels and biases; None where there are others."""
    network, groups = recipe["model"], recipe["order"]["groups"]
    own = dict(network["parameters"])
    others = own.get("batch_normalization") or "PReLU" in str(own.get("activation"))
    if network["name"] not in ("linear", "mlp") or others:
        return None
    outputs = sum(map(len, groups))
    if recipe.get("scenario"):
        outputs = Scenario(recipe["scenario"]["kind"]).outputs(groups)
    inputs = math.prod(example_shape(shape[1:], tuple(recipe["preprocessing"])))
    widths = [inputs, *own.get("widths", ()), outputs]
    shapes = [each for above, below in pairwise(widths) for each in ((above, below), (below,))]
    return tuple(np.zeros(each, dtype=np.float32) for each in shapes)
