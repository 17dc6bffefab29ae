"""Things that other code defines, by name and parameters: models, optimisers, callbacks."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import Any

from data import InputError


@dataclass(frozen=True)
class Named:
    """A function or class by its name, with the keyword parameters to call it with.

    A recipe stores this instead of code, so that it can be written down, compared and hashed.

    Args:
        name: A name that its reader resolves (`mlp`, `Adam`), or `module:function`.
        parameters: Keyword parameters; numbers, strings, booleans, None, and tuples of them.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse parameters that cannot be written down."""
        for key, value in self.parameters.items():
            if not _plain(value):
                raise InputError(
                    f"Received {key}={value!r} for {self.name}; expected a number, a string, a "
                    "boolean, None, or a tuple of these: recipes are stored as JSON."
                )


def named(thing: str | Callable[..., Any], /, **parameters: Any) -> Named:
    """Name a thing: `named("Adam", learning_rate=1e-3)`, or `named(build)` for a function.

    Raises:
        InputError: A function that a worker process could not import: one defined inside
            another, in a notebook cell, or at a prompt.
    """
    if isinstance(thing, str):
        return Named(thing, parameters)
    module = getattr(thing, "__module__", "__main__")
    if module == "__main__" or thing.__qualname__ != thing.__name__:
        raise InputError(
            f"Received the function {thing.__qualname__!r}; expected one at the top level of a "
            "file that worker processes can import: move it into a .py file."
        )
    return Named(f"{module}:{thing.__name__}", parameters)


def resolve(name: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"Received the function name {name!r}; expected module:function of an importable "
            f"module ({error})."
        ) from None
    return found


def source(function: Callable[..., Any]) -> str:
    """The source of a function and of all that it uses from its own module.

    Two versions of a model builder are told apart by this text, without building a model.
    Constants of the module count by their value.
    """
    seen: dict[str, str] = {}

    def visit(thing: Any) -> None:
        seen[thing.__qualname__] = inspect.getsource(thing)
        module = inspect.getmodule(thing)
        if not isinstance(thing, FunctionType) or module is None:
            return
        for name in sorted(_names(thing.__code__)):
            used = thing.__globals__.get(name)
            if name in seen or isinstance(used, ModuleType) or used is None:
                continue
            if inspect.getmodule(used) is module and hasattr(used, "__qualname__"):
                visit(used)
            elif _plain(used):
                seen[name] = repr(used)

    visit(function)
    return "\n".join(f"{name}: {seen[name]}" for name in sorted(seen))


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names(constant) for constant in inner))


def _plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _plain(item) for key, item in value.items())
    if isinstance(value, tuple | list):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
