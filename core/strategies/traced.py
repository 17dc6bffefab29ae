"""Keras' operations, for what strategies have traced.

Recipes are read without Keras, and it takes seconds to load: an operation is looked up when it is
traced, when a network is there.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """The function of that name in `keras.ops`."""
    return getattr(import_module("keras.ops"), name)
