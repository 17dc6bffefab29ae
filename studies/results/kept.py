"""What a method keeps beside the network: images in a buffer, and the arrays of a strategy."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from core.examples.preprocessing import example_shape
from core.recipe import PARTS
from core.strategies.base import Sizes, Strategy
from data.listing import known_shape

Json = Mapping[str, Any]


def bytes_kept(recipe: Json, outputs: int) -> float:
    """How many bytes a method keeps while it is trained, beside the network and its optimiser.

    Images count as the data set's file has them, a byte for each pixel and colour, without their
    labels; of a strategy all arrays that it carries on count, in float32: importances, anchors,
    the path of `SI`, stored logits. A teacher counts as a copy of the network, which can say at any
    time what it says of an example: fewer bytes than its logits of a task of MNIST. Joint
    training on a part of each class (`split.per_class`) keeps that part: it is how GDumb is
    trained. The maps of permuted and rotated tasks are the benchmark's.

    Args:
        recipe: As a record has it.
        outputs: How many its network has.

    Returns:
        NaN where it is not known: of joint and cumulative training on all examples; of what another
        program trained; of data sets and strategies of the user's own; of penalties on what is no
        plain `mlp`.
    """
    if "settings" in recipe:
        return math.nan
    shape, order = known_shape(recipe["dataset"]), recipe["order"]
    capacity = recipe["replay"]["capacity"] if recipe.get("replay") else 0
    if order.get("shown", "new") != "new":
        classes = sum(map(len, order["groups"])) if "groups" in order else outputs
        per_class = recipe.get("split", {}).get("per_class", math.nan)
        capacity = capacity + per_class * classes
    if shape is None or math.isnan(capacity):
        return math.nan
    images = capacity * math.prod(shape[1:])
    return float(images + _arrays_kept(recipe, shape, capacity, outputs))


def _arrays_kept(recipe: Json, shape: tuple[int, ...], capacity: int, outputs: int) -> float:
    """The bytes of a strategy's arrays."""
    if recipe.get("strategy") is None:
        return 0
    fields = dict(recipe["strategy"])
    kind = PARTS.get(fields.pop("is"))
    variables, order = _variables(recipe, shape, outputs), recipe["order"]
    if kind is None or variables is None:
        return math.nan
    strategy: Strategy = kind(**fields)
    tasks = order["number"] if "number" in order else len(order["groups"])
    heads = tasks if (recipe.get("scenario") or {}).get("kind") == "task" else 1
    sizes = Sizes(variables, outputs, shape[0], capacity, tasks, heads)
    arrays = strategy.state(sizes)
    left_out = (*strategy.recorded, "teacher")
    kept = [each for name, each in arrays.items() if name not in left_out]
    if "teacher" in arrays:
        kept += variables
    return sum(each.nbytes for each in kept)


def _variables(recipe: Json, shape: tuple[int, ...], outputs: int) -> tuple[np.ndarray, ...] | None:
    """Arrays in the shapes of an mlp's kernels and biases; None where there are others."""
    network = recipe["model"]
    own = dict(network["parameters"])
    others = own.get("batch_normalization") or "PReLU" in str(own.get("activation"))
    if network["name"] not in ("linear", "mlp") or others:
        return None
    inputs = math.prod(example_shape(shape[1:], tuple(recipe["preprocessing"])))
    widths = [inputs, *own.get("widths", ()), outputs]
    shapes = [each for above, below in pairwise(widths) for each in ((above, below), (below,))]
    return tuple(np.zeros(each, dtype=np.float32) for each in shapes)
