"""Whether the fields of a user's study hold what their type hints say."""

import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from data import InputError
from data.errors import shown

Hints = tuple[Any, ...]


@dataclass(frozen=True)
class Typed:
    """A part of a study; its fields are of their types before anything is made of them.

    Raises:
        InputError: A field that is not; a number that is not finite.
    """

    def __post_init__(self) -> None:
        """Refuse a field that is not of its type."""
        kind: Any = type(self)
        hints = _hints(kind)
        for name in (field.name for field in fields(self)):
            value, hint = getattr(self, name), hints[name]
            if not fits(value, hint):
                plain = isinstance(hint, type) and not typing.get_args(hint)
                raise InputError(
                    f"Received {type(self).__name__} with {name}={shown(value)}; expected "
                    f"{hint.__name__ if plain else hint}."
                )


@cache
def _hints(part: Any) -> dict[str, Any]:
    return typing.get_type_hints(part)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type: a class, a union, or a tuple, mapping or function of some."""
    if hint is Any:
        return True
    origin = typing.get_origin(hint)
    if origin is not None:
        return OF_SOME[origin](value, typing.get_args(hint))
    return _is_number(value, hint) if hint in (int, float) else isinstance(value, hint)


def _is_number(value: Any, hint: Any) -> bool:
    # A truth value is a number to Python and a slip to everybody else.
    if isinstance(value, bool) or not isinstance(value, int | hint):
        return False
    return hint is int or abs(value) <= sys.float_info.max


def _is_one_of(value: Any, types: Hints) -> bool:
    return any(fits(value, each) for each in types)


def _is_tuple(value: Any, items: Hints) -> bool:
    if not isinstance(value, tuple):
        return False
    if items[1:] == (...,):
        items = items[:1] * len(value)
    return len(value) == len(items) and all(map(fits, value, items))


def _is_mapping(value: Any, items: Hints) -> bool:
    return isinstance(value, Mapping) and all(_is_tuple(item, items) for item in value.items())


OF_SOME: Mapping[Any, Callable[[Any, Hints], bool]] = {
    types.UnionType: _is_one_of,
    typing.Union: _is_one_of,
    tuple: _is_tuple,
    Mapping: _is_mapping,
    Callable: lambda value, _: callable(value),
}
"""By what a type is made of others: whether a value is of it."""
