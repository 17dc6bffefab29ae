"""Whether a record that was read from somewhere is one that a run could have left.

A checksum tells an accident. It does not tell what somebody else wrote with a right one, and all
that reads records relies on their form. That of the results is checked where they are read.
"""

import math
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from core.record import Record, Status

ARRAYS = {
    "class_segments": ("iu", 2),
    "gradient_norms": ("f", 2),
    "weight_norms": ("f", 2),
    "layers": ("U", 1),
    "dead_units": ("iu", 2),
    "relu_layers": ("U", 1),
    "relu_units": ("iu", 1),
    "misclassified": ("iu", 2),
}
"""Kind of type and number of axes of the arrays that are read, see `core.record`."""
COLUMNS = {
    "gradient_norms": "layers",
    "weight_norms": "layers",
    "dead_units": "relu_layers",
    "relu_units": "relu_layers",
}
"""Arrays with a column for each name in another."""


def refuse_unsound(record: Record) -> None:
    """Refuse a record that no run leaves.

    Raises:
        ValueError: It is one; says which part.
    """
    parts = {
        "label": _label(record),
        "recipe": _recipe(record.recipe, record.data),
        "texts": _texts(record),
        "arrays": _arrays(record.arrays, record),
    }
    for name, sound in parts.items():
        if not sound:
            raise ValueError(f"no run leaves such a record ({name})")


def _label(record: Record) -> bool:
    texts = (record.study, record.variant, record.condition, record.key, record.data, record.error)
    whole = isinstance(record.seed, int) and record.seed >= 0
    return (
        whole and all(isinstance(text, str) for text in texts) and record.status in get_args(Status)
    )


def _recipe(recipe: Any, data: str) -> bool:
    if not isinstance(recipe, Mapping) or not isinstance(recipe.get("dataset", ""), str):
        return False
    order = recipe.get("order", {"is": ""})
    source = recipe.get("transfer", {"source": {"dataset": ""}}).get("source", {})
    parameters = recipe.get("scores", {"parameters": {}}).get("parameters")
    return (
        isinstance(order.get("is"), str)
        and isinstance(source.get("dataset"), str)
        and isinstance(parameters, Mapping)
        and not any(isinstance(value, list | Mapping) for value in parameters.values())
        and len(data.split(" ")) == 1 + ("transfer" in recipe)
    )


def _texts(record: Record) -> bool:
    return (
        isinstance(record.environment, Mapping)
        and all(isinstance(seconds, int | float) for seconds in record.seconds.values())
        and math.isfinite(sum(record.seconds.values()))
    )


def _arrays(arrays: Mapping[str, NDArray[Any]], record: Record) -> bool:
    for name, (kinds, axes) in ARRAYS.items():
        if name in arrays and (arrays[name].dtype.kind not in kinds or arrays[name].ndim != axes):
            return False
    for name, names in COLUMNS.items():
        if name in arrays and arrays[name].shape[-1:] != arrays.get(names, np.zeros(0)).shape:
            return False
    classes = {len(each.confusion) for each in record.evaluations[:1]}
    turns, wrong = arrays.get("class_segments"), arrays.get("misclassified")
    if turns is not None and ((turns < 0).any() or not classes <= {turns.shape[1]}):
        return False
    return wrong is None or wrong.shape[1] == 3
