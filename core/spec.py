"""Things that other code defines, by name and parameters: models, optimisers, callbacks."""

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.cells import in_a_cell, module_of
from data import InputError
from data.errors import shown


@dataclass(frozen=True)
class Spec:
    """A function or class by its name, with the keyword parameters to call it with.

    A recipe stores this instead of code, so that it can be written down, compared and hashed.

    Args:
        name: A name that its reader resolves (`mlp`, `Adam`), or `module:function`.
        parameters: Keyword parameters; numbers, strings, booleans, None, and tuples of them.

    Examples:
        >>> from core import Spec
        >>> Spec("Adam", {"learning_rate": 0.001})
        Spec(name='Adam', parameters={'learning_rate': 0.001})
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


def spec(thing: str | Callable[..., Any], /, **parameters: Any) -> Spec:
    """Name a thing: `spec("Adam", learning_rate=1e-3)`, or `spec(build)` for a function.

    A function that is defined in a notebook's cell is named by a file that is made of it and of
    what it reaches, see `core.cells`.

    Raises:
        InputError: A function that a worker process could not import: one defined inside
            another, or at a prompt.

    Examples:
        >>> from core import spec
        >>> spec("mlp", widths=(64, 32))
        Spec(name='mlp', parameters={'widths': (64, 32)})
    """
    if isinstance(thing, str):
        return Spec(thing, parameters)
    if not callable(thing) or (hasattr(thing, "fit") and not isinstance(thing, type)):
        raise InputError(
            f"Received {shown(thing)}, a {type(thing).__name__}; expected a name or a function: of "
            "a network one that builds it anew for each seed, def build(shape, classes): return "
            "keras.Sequential([...]), then spec(build)."
        )
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", repr(thing))
    if name.isidentifier() and in_a_cell(thing):
        return Spec(f"{module_of(thing)}:{name}", parameters)
    if module in (None, "__main__") or not name.isidentifier():
        raise InputError(
            f"Received the function {name!r}; expected one with a name at the top level of a "
            "file that worker processes can import: write it with `def` in a .py file, with "
            "its study, and run that."
        )
    return Spec(f"{module}:{thing.__name__}", parameters)


named = spec
"""What `spec` was called before."""


def resolve(name: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    except (Exception, SystemExit) as error:  # to import a module runs it
        raise InputError(
            f"Received the function name {name!r}; expected module:function of an importable "
            f"module or of a study's own FILE.py ({type(error).__name__}: {error})."
        ) from None
    try:
        inspect.signature(found)
    except (TypeError, ValueError):
        raise InputError(
            f"Received the name {name!r} of a {type(found).__name__}; expected a function that is "
            "written in Python."
        ) from None
    return found


def in_one_line(error: Exception) -> str:
    """What Keras has to say of a wrong call, without colours and lists of arguments."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received by")[0]
    return " ".join(text.split())


def _plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _plain(item) for key, item in value.items())
    if isinstance(value, tuple | list):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
