"""Things that other code defines, by name and parameters: models, optimisers, callbacks."""

import ast
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.stored_names import MODULES
from data import InputError


@dataclass(frozen=True)
class Spec:
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


def spec(thing: str | Callable[..., Any], /, **parameters: Any) -> Spec:
    """Name a thing: `spec("Adam", learning_rate=1e-3)`, or `spec(build)` for a function.

    Raises:
        InputError: A function that a worker process could not import: one defined inside
            another, in a notebook cell, or at a prompt.
    """
    if isinstance(thing, str):
        return Spec(thing, parameters)
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", repr(thing))
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
    except Exception as error:  # to import a module runs it
        raise InputError(
            f"Received the function name {name!r}; expected module:function of an importable "
            f"module or of a study's own FILE.py ({error})."
        ) from None
    try:
        inspect.signature(found)
    except (TypeError, ValueError):
        raise InputError(
            f"Received the name {name!r} of a {type(found).__name__}; expected a function that is "
            "written in Python."
        ) from None
    return found


def source(function: Callable[..., Any]) -> str:
    """What a function is made of: itself and all definitions of its file that it can reach.

    Two versions of a model builder are told apart by this text, without building a model. It is
    read from the syntax tree, so comments, layout and docstrings do not count, while default
    values, decorators, constants, base classes and methods do. Modules from the same folder that
    are imported on the way count as a whole.
    """
    try:
        path = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        path = None
    if path is None or not Path(path).is_file():
        raise InputError(
            f"Received the function {function!r}, which is not written in Python; "
            "expected one of a .py file: recipes tell functions apart by their source."
        )
    # As bytes: the file itself says how its text is encoded.
    tree = ast.parse(Path(path).read_bytes())
    definitions: dict[str, list[ast.stmt]] = {}
    for node in tree.body:
        for name in _defined(node):
            definitions.setdefault(name, []).append(node)
    reached: dict[str, str] = {}
    waiting = [function.__name__]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in definitions:
            continue
        reached[name] = " ".join(map(_text, definitions[name]))
        for node in definitions[name]:
            waiting += [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
            for module in _imported(node):
                neighbour = Path(path).parent / f"{module}.py"
                if neighbour.is_file():
                    reached[f"module {module}"] = _text(ast.parse(neighbour.read_bytes()))
    return "\n".join(f"{name}: {reached[name]}" for name in sorted(reached))


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement at the top of a file gives a meaning to."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    names = {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    # `LAYERS.append(...)` and `SIZES["a"] = 1` change what the name stands for.
    changed = (n for n in ast.walk(node) if isinstance(n, ast.Attribute | ast.Subscript))
    return names | {n.value.id for n in changed if isinstance(n.value, ast.Name)}


def _imported(node: ast.AST) -> list[str]:
    found: list[str] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            found += [alias.name for alias in inner.names]
        elif isinstance(inner, ast.ImportFrom) and inner.module:
            found.append(inner.module)
    return found


def _text(node: ast.AST) -> str:
    """A syntax tree as text, without docstrings."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom) and inner.module:
            inner.module = MODULES.get(inner.module, inner.module)
        if isinstance(inner, ast.FunctionDef | ast.ClassDef | ast.Module):
            first = inner.body[0] if inner.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                first.value = ast.Constant(None)
    return ast.dump(node)


def _plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _plain(item) for key, item in value.items())
    if isinstance(value, tuple | list):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
