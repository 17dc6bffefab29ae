"""Keras' operations, for what strategies have traced.

Recipes are read without Keras, and it takes seconds to load: an operation is looked up when it is
traced, when a network is there.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """The function of that name in `keras.ops`."""
    return getattr(import_module("keras.ops"), name)


def on_host(function: Callable[..., Any], tensors: Sequence[Any], dtype: str) -> Any:
    """What a NumPy function makes of tensors; in graph mode only.

    Args:
        function: Called with arrays.
        tensors: What it is called with.
        dtype: Of the one array that it returns.
    """
    found = import_module("tensorflow").numpy_function(function, tensors, dtype)
    found.set_shape([None])
    return found
