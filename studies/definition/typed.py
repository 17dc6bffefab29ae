"""Whether the fields of a user's study hold what their type hints say."""

import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from data import InputError


def refuse_wrong_types(part: Any) -> None:
    """Refuse a dataclass with a field that is not of its type, before anything is made of it.

    Raises:
        InputError: A field that is not; a number that is not finite.
    """
    for name, hint in typing.get_type_hints(type(part)).items():
        value = getattr(part, name)
        if name in (field.name for field in fields(part)) and not fits(value, hint):
            words = hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else hint
            raise InputError(
                f"Received {type(part).__name__} with {name}={_short(value)}; expected {words}."
            )


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type: a class, a union, or a tuple, mapping or function of some."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (types.UnionType, typing.Union):
        return any(fits(value, each) for each in inner)
    if origin is tuple and inner[1:] == (...,):
        return isinstance(value, tuple) and all(fits(each, inner[0]) for each in value)
    if origin is tuple:
        return (
            isinstance(value, tuple) and len(value) == len(inner) and all(map(fits, value, inner))
        )
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            fits(name, inner[0]) and fits(each, inner[1]) for name, each in value.items()
        )
    if origin is Callable:
        return callable(value)
    if hint in (int, float):
        # A truth value is a number to Python and a slip to everybody else.
        if isinstance(value, bool) or not isinstance(value, int | hint):
            return False
        return hint is int or abs(value) <= sys.float_info.max
    return isinstance(value, hint)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
