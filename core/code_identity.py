"""The code that a user's function is made of, as text: what tells two versions of it apart.

It is found without importing or building anything: of the function's file the definitions that it
reaches, and as a whole every module that import statements reach from there, in packages and
inside functions too. What is installed, the standard library and Ebb itself do not count: their
versions are part of a run's environment, and Ebb's of the numerics list.
"""

import ast
import contextlib
import hashlib
import importlib.util
import inspect
import sysconfig
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, NamedTuple

from core.stored_names import MODULES
from data import InputError

EBB = Path(__file__).resolve().parents[1]
OWN = tuple(EBB / name for name in ("analysis", "core", "data", "studies"))
RUNS_CODE = ("__import__", "import_module", "exec", "exec_module", "run_path", "run_module")
"""Calls that bring in code which no import statement names."""


class Module(NamedTuple):
    """A file of Python code: its syntax tree (None if it has none), and its text."""

    tree: ast.Module | None
    text: str


class Code(NamedTuple):
    """What a function is made of.

    Attributes:
        parts: Definition or module to its text.
        unseen: Where code is brought in that cannot be seen: `blocks.py line 3`.
    """

    parts: dict[str, str]
    unseen: list[str]


def source(function: Callable[..., Any]) -> str:
    """What a function is made of: itself and all code that it reaches.

    Two versions of a model builder are told apart by this text, without building a model. It is
    read from syntax trees, so comments, layout and docstrings do not count, while default values,
    decorators, constants, base classes and methods do.

    Raises:
        InputError: A function that is not written in Python.
    """
    return _joined(_code(function).parts)


def source_without_helpers(function: Callable[..., Any]) -> str:
    """What `source` was before it followed imports: the file, and modules of its own folder."""
    return _joined(_code(function, follow=False).parts)


def unseen_code(function: Callable[..., Any]) -> list[str]:
    """Where a function's code brings in more by a name that only a run knows, line by line."""
    return _code(function).unseen


def _joined(parts: dict[str, str]) -> str:
    return "\n".join(f"{name}: {parts[name]}" for name in sorted(parts))


def _code(function: Callable[..., Any], *, follow: bool = True) -> Code:
    file = _file_of(function)
    PathFinder.invalidate_caches()  # a file may be a second old
    definitions: dict[str, list[ast.stmt]] = {}
    for node in ast.parse(file.read_bytes()).body:  # not the kept one: text is made in place
        for name in _defined(node, follow=follow):
            definitions.setdefault(name, []).append(node)
    code = Code({}, [])
    found: dict[Path, str] = {}
    waiting = [function.__name__, *["*"] * follow]  # what `from x import *` brings is not known
    while waiting:
        name = waiting.pop()
        if name in code.parts or name not in definitions:
            continue
        if name != "*":
            code.parts[name] = " ".join(map(_text, definitions[name]))
        for node in definitions[name]:
            waiting += [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
            if follow:
                found |= dict(_imported(node, file, file.parent))
                code.unseen.extend(_unseen(node, file))
            else:
                code.parts.update(_neighbours(node, file.parent))
    _add_modules(code, found, file)
    return code


def _add_modules(code: Code, waiting: dict[Path, str], file: Path) -> None:
    """Add the modules that wait, and all that their import statements reach."""
    seen = {file}
    while waiting:
        path, name = waiting.popitem()
        if path in seen:
            continue
        seen.add(path)
        module = _module(path, *_stamp(path))
        inside = path.is_relative_to(file.parent)
        code.parts[f"module {_dotted(path, file.parent) if inside else name}"] = module.text
        if module.tree is not None:
            waiting |= dict(_imported(module.tree, path, file.parent))
            code.unseen.extend(_unseen(module.tree, path))


def _dotted(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _file_of(function: Callable[..., Any]) -> Path:
    try:
        path = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        path = None
    if path is None or not Path(path).is_file():
        raise InputError(
            f"Received the function {function!r}, which is not written in Python; "
            "expected one of a .py file: recipes tell functions apart by their source."
        )
    return Path(path)


def _stamp(file: Path) -> tuple[int, int]:
    """What changes with a file's content."""
    found = file.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=1000)
def _module(file: Path, changed: int, size: int) -> Module:
    """A file as it is; of one that is not Python's its checksum."""
    content = file.read_bytes()
    try:
        tree = ast.parse(content)  # as bytes: the file itself says how its text is encoded
        return Module(tree, _text(ast.parse(content)))
    except (SyntaxError, ValueError):
        return Module(None, hashlib.sha256(content).hexdigest())


def _imported(node: ast.AST, file: Path, folder: Path) -> Iterator[tuple[Path, str]]:
    """The modules that a piece of code names in its import statements, with their names.

    Args:
        node: The code.
        file: Whose it is.
        folder: That of the function's own file, where names are looked for first.
    """
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            for alias in inner.names:
                yield from _found(alias.name, [folder], top=True)
        elif isinstance(inner, ast.ImportFrom):
            names = [f".{alias.name}" for alias in inner.names if alias.name != "*"]
            start = inner.module or ""
            places = [file.parents[inner.level - 1]] if inner.level else [folder]
            if inner.level:
                yield from _package(places[0])
            for name in ["", *names]:
                dotted = f"{start}{name}".removeprefix(".")
                yield from _found(dotted, places, top=not inner.level)
        elif isinstance(inner, ast.Call) and (constant := _constant_import(inner)):
            yield from _found(constant, [folder], top=True)


def _found(dotted: str, places: list[Path], *, top: bool) -> Iterator[tuple[Path, str]]:
    """The files of a module and of the packages around it that are a user's own."""
    name = ""
    for part in filter(None, dotted.split(".")):
        name = f"{name}.{part}" if name else part
        spec = PathFinder.find_spec(name, list(map(str, places)))
        if spec is None and top and name == part:
            with contextlib.suppress(ValueError, ImportError):
                spec = importlib.util.find_spec(name)
        if spec is None:
            return
        if spec.has_location and spec.origin:
            if _installed(Path(spec.origin)):
                return
            yield Path(spec.origin), name
        places = [Path(each) for each in spec.submodule_search_locations or ()]


def _package(folder: Path) -> Iterator[tuple[Path, str]]:
    """What is run when a module of the folder is imported by its package's name."""
    file = folder / "__init__.py"
    if file.is_file() and not _installed(file):
        yield file, folder.name


def _installed(file: Path) -> bool:
    file = file.resolve()
    named = {"site-packages", "dist-packages"} & set(file.parts)
    return bool(named) or any(map(file.is_relative_to, (*_standard_library(), *OWN)))


@cache
def _standard_library() -> tuple[Path, ...]:
    # When it is first asked for: Python imports the settings of its build for the answer.
    names = ("stdlib", "platstdlib")
    return tuple(Path(sysconfig.get_path(name)).resolve() for name in names)


def _unseen(node: ast.AST, file: Path) -> Iterator[str]:
    calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
    for inner in calls:
        if _called(inner) in RUNS_CODE and _constant_import(inner) is None:
            yield f"{file.name} line {inner.lineno}"


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _constant_import(call: ast.Call) -> str | None:
    """The module that `import_module("name")` names."""
    if _called(call) not in ("__import__", "import_module") or len(call.args) != 1:
        return None
    (name,) = call.args
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def _neighbours(node: ast.AST, folder: Path) -> Iterator[tuple[str, str]]:
    """The modules of a folder that a piece of code imports, as they were found before."""
    for inner in ast.walk(node):
        names = [alias.name for alias in inner.names] if isinstance(inner, ast.Import) else []
        if isinstance(inner, ast.ImportFrom) and inner.module:
            names = [inner.module]
        for name in names:
            file = folder / f"{name}.py"
            if file.is_file():
                yield f"module {name}", _module(file, *_stamp(file)).text


def _defined(node: ast.stmt, *, follow: bool) -> set[str]:
    """The names that a statement at the top of a file gives a meaning to."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    names = {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    # `LAYERS.append(...)` and `SIZES["a"] = 1` change what the name stands for.
    changed = (n for n in ast.walk(node) if isinstance(n, ast.Attribute | ast.Subscript))
    names |= {n.value.id for n in changed if isinstance(n.value, ast.Name)}
    if follow:  # what `try: import ...` and `if ...: def ...` define
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.stmt | ast.ExceptHandler):
                names |= _defined(inner, follow=True)  # type: ignore[arg-type]
    return names


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
