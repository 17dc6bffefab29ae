"""Functions of a notebook's cells, as files: workers import them, and keys are made of their text.

A cell has no file that another process could import. So what a function is made of is written into
one: its own definition, those of the cells' functions and classes that it reaches, the modules that
it uses, and plain values. The file's name holds the checksum of its text, in which neither comments
nor layout count: the same code has the same name in every session, other code another.
"""

import ast
import atexit
import hashlib
import inspect
import linecache
import re
import shutil
import symtable
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from data import InputError

PREFIX = "cell_"
NAME = re.compile(rf'"({PREFIX}[0-9a-f]{{16}}):')
"""Such a module in a recipe's JSON."""
PLAIN = (bool, int, float, str, bytes, type(None))


def in_a_cell(thing: Any) -> bool:
    """Whether a function was defined in a notebook's cell or at a prompt that keeps its lines."""
    code = getattr(inspect.unwrap(thing), "__code__", None) if callable(thing) else None
    if code is None or getattr(thing, "__module__", None) != "__main__":
        return False
    return not Path(code.co_filename).is_file() and bool(linecache.getlines(code.co_filename))


def module_of(function: Callable[..., Any]) -> str:
    """The name of a module that holds a cell's function; it can be imported from now on.

    Raises:
        InputError: It uses something that cannot be written into a file.
    """
    found = _Reached(function.__globals__, function.__name__)
    found.add(function.__name__, function)
    text = "\n\n\n".join(["\n".join(sorted(found.head)), *found.definitions]).strip() + "\n"
    name = PREFIX + hashlib.sha256(text.encode()).hexdigest()[:16]
    file = folder() / f"{name}.py"
    if not file.exists():
        file.write_text(text, encoding="utf-8")
    if str(folder()) not in sys.path:
        sys.path.append(str(folder()))
    return name


def file_in(recipe: str) -> Path | None:
    """The file of a cell's function that a recipe's JSON names; its folder holds the others."""
    found = NAME.search(recipe)
    return None if found is None else folder() / f"{found[1]}.py"


def is_of_a_cell(file: Path) -> bool:
    """Whether a file was written for a cell's function, and so defines no study."""
    return file.stem.startswith(PREFIX) and NAME.match(f'"{file.stem}:') is not None


@cache
def folder() -> Path:
    """Where this session's files are, until it ends."""
    made = Path(tempfile.mkdtemp(prefix="ebb-cells-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


class _Reached:
    """What a function is made of, found from it on.

    Attributes:
        head: Imports and plain values, a line each.
        definitions: The functions and classes of cells, those first that others need.
    """

    def __init__(self, names: dict[str, Any], function: str) -> None:
        self.names, self.function = names, function
        self.head: set[str] = set()
        self.definitions: list[str] = []
        self.seen: set[str] = set()

    def add(self, name: str, thing: Any) -> None:
        """Add what a name stands for, after all that it needs itself."""
        if name in self.seen:
            return
        self.seen.add(name)
        if isinstance(thing, ModuleType):
            self.head.add(f"import {thing.__name__} as {name}")
        elif _plain(thing):
            self.head.add(f"{name} = {thing!r}")
        elif getattr(thing, "__module__", None) == "__main__":
            self._add_definition(name, thing)
        elif (module := getattr(thing, "__module__", None)) and hasattr(thing, "__qualname__"):
            self.head.add(f"from {module} import {thing.__qualname__} as {name}")
        else:
            raise InputError(
                f"Received the function {self.function!r} of a cell, which uses {name!r}, a "
                f"{type(thing).__name__}; expected functions, classes, modules and plain values: "
                "make it inside the function."
            )

    def _add_definition(self, name: str, thing: Any) -> None:
        node = _definition(thing)
        if node is None:
            raise InputError(
                f"Received the function {self.function!r} of a cell, which uses {name!r}, whose "
                "lines are not kept; expected one defined in a cell by `def` or `class`."
            )
        from_around = set(_global_names(symtable.symtable(ast.unparse(node), name, "exec")))
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in from_around & self.names.keys():
                self.add(inner.id, self.names[inner.id])
        self.definitions.append(ast.unparse(node))
        if node.name != name:
            self.definitions.append(f"{name} = {node.name}")


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    """The names that a definition takes from around it: no parameters or variables of its own."""
    outside = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_global() or (outside and symbol.is_referenced()):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _global_names(inner)


def _definition(thing: Any) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    """The definition of a cell's function or class, at the top of its cell."""
    bare = inspect.unwrap(thing) if callable(thing) else thing
    methods = [bare, *vars(bare).values()] if isinstance(bare, type) else [bare]
    files = [each.__code__.co_filename for each in methods if hasattr(each, "__code__")]
    text = "".join(linecache.getlines(files[0])) if files else ""
    try:
        nodes = ast.parse(text).body
    except SyntaxError:  # a cell with lines for the shell
        nodes = ast.parse(_without_magic(text)).body
    name = getattr(bare, "__name__", None)
    for node in reversed(nodes):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name == name:
            return node
    return None


def _without_magic(text: str) -> str:
    """A cell without its lines for the shell and for IPython."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith(("%", "!", "?")))
    return "\n".join(lines)


def _plain(thing: Any) -> bool:
    if isinstance(thing, tuple | list | set | frozenset):
        return type(thing) in (tuple, list, set, frozenset) and all(map(_plain, thing))
    if isinstance(thing, dict):
        return type(thing) is dict and all(_plain(k) and _plain(v) for k, v in thing.items())
    return type(thing) in PLAIN
