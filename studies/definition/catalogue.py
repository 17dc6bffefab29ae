"""Finding a study: by its name, or in a user's own file."""

import contextlib
import dataclasses
import importlib
import importlib.util
import os
import re
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from core.recipe import PARTS
from data import InputError
from data.errors import did_you_mean
from studies.definition.quiet import hush
from studies.definition.study import Claim, Interaction, Proportions, Quick, Reported, Study

NAMES = (
    "class-order",
    "class-position",
    "linear-baseline",
    "tanh-vs-relu",
    "memorisation",
    "learning-rate",
    "replay",
    "split-mnist",
    "split-fashion-mnist",
    "penalties-under-label-noise",
    "split-mnist-iterations",
    "permuted-mnist",
    "rotated-mnist",
    "permuted-mnist-regularisation",
    "gdumb",
    "equal-bytes",
    "blurred-order",
    "label-noise",
    "width",
    "width-label-noise",
    "width-input-noise",
    "forgetting-under-noise",
    "monitored-mlp",
    "depth",
    "schedules",
    "no-hidden-layer",
    "optimisers",
    "regularisation",
    "augmentation",
    "cnn",
    "precision",
    "initialisers",
    "cifar-optimisers",
    "transfer",
    "polynomial-degree",
)
"""The studies that come with Ebb; `class-order` is in studies/class_order.py."""

UNKNOWN_WORD = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")
OF_A_STUDY: dict[str, Any] = {
    **PARTS,
    **{part.__name__: part for part in (Study, Reported, Claim, Interaction, Quick, Proportions)},
}
"""What a study file is made of, by its name."""
BEING_READ = "__ebb_reads_this__"
"""What a user's module holds while its lines are run for the first time."""


def find(name: str, also: Sequence[str] = ()) -> Study:
    """A study by its name, or by the path of a Python file that defines `study`.

    Args:
        name: Either.
        also: Further names that would do where this is asked.

    Raises:
        InputError: There is none, or the file does not hold one.
    """
    if name.endswith(".py"):
        return study_in(Path(name))
    if name not in NAMES:
        hint = did_you_mean(name, (*NAMES, *also))
        raise InputError(
            f"Received study {name!r}; expected one of {', '.join((*NAMES, *also))}, or the path "
            f"of a .py file{hint}."
        )
    return _study_of(importlib.import_module(f"studies.{name.replace('-', '_')}"), name)


def study_in(path: Path) -> Study:
    """The study that a user's file defines."""
    study = _study_of(load_file(path), str(path))
    if study.name in NAMES:
        raise InputError(
            f"Received study {study.name!r} in {str(path)!r}; expected another name: that is one "
            "of Ebb's own."
        )
    return study


def load_file(path: Path) -> ModuleType:
    """Import a user's file under its own name, so that workers find its functions too.

    Raises:
        InputError: No such file, a name that is taken, or a file that does not run.
    """
    path = path.resolve()
    name = path.stem
    if not path.is_file():
        raise InputError(
            f"Received study file {str(path)!r}; expected a Python file: there is none."
        )
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    other = loaded or (name.isidentifier() and importlib.util.find_spec(name))
    if not name.isidentifier() or (getattr(other, "origin", None) != str(path) and other):
        raise InputError(
            f"Received study file {path.name!r}; expected a name that is an identifier and no "
            f"other module's: rename it, to {_other_name(name)}.py for instance."
        )
    loader = _Uncompiled(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None  # the name ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    setattr(module, BEING_READ, True)
    # A user's study may import a neighbour of its file, as a script does; Ebb's own names first.
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    hush()
    try:
        # Standard output is for tables: what a study prints while it is read is a note.
        with contextlib.redirect_stdout(sys.stderr), _staying_here(path):
            spec.loader.exec_module(module)
    except InputError:
        del sys.modules[name]
        raise
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt) and _may_be_ctrl_c(error):
            raise
        line = _line_in(error, path)
        raise InputError(
            f"Received study file {str(path)!r}; it does not run: "
            f"{type(error).__name__}: {_said(error)}{_accepted(error)}{line}."
        ) from error
    delattr(module, BEING_READ)
    return module


class _Uncompiled(SourceFileLoader):
    """Reads a file as it is now: Python tells what it compiled of it by second and length alone."""

    def path_stats(self, path: str) -> Any:
        raise OSError


@contextlib.contextmanager
def _staying_here(file: Path) -> Iterator[None]:
    """Undo a change of the current folder: a store and data sets are named from where Ebb is."""
    here = _here()
    try:
        yield
    finally:
        if here is not None and _here() != here:
            os.chdir(here)
            print(
                f"note: {file.name} changes the current folder while it is read; paths stay those "
                "from where Ebb was called: name files by Path(__file__).parent",
                file=sys.stderr,
            )


def _here() -> str | None:
    """The current folder; None where somebody has removed it."""
    with contextlib.suppress(FileNotFoundError):
        return os.getcwd()
    return None


def _may_be_ctrl_c(error: KeyboardInterrupt) -> bool:
    """Whether somebody may have pressed Ctrl-C; the command's handlers raise `Interrupted` then."""
    return type(error) is not KeyboardInterrupt or (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def _other_name(name: str) -> str:
    """An identifier like a file's name, and not the same."""
    like = re.sub(r"\W", "_", name)
    return like if like != name and like.isidentifier() else f"my_{like}"


def _said(error: BaseException) -> str:
    try:
        return " ".join(str(error).split())
    except Exception:  # whoever wrote the exception also wrote how it becomes text
        return "its message cannot be read"


def _accepted(error: BaseException) -> str:
    """What a part takes that was given a word it does not know."""
    found = UNKNOWN_WORD.match(str(error)) if isinstance(error, TypeError) else None
    part = found and OF_A_STUDY.get(found[1])
    if not (found and part):
        return ""
    names = [each.name for each in dataclasses.fields(part)]
    return f"; expected some of {', '.join(names)}{did_you_mean(found[2], names)}"


def reading_a_file() -> bool:
    """Whether a user's study file is just being read, so that its own lines are what is run."""
    modules = list(sys.modules.values())
    return any(BEING_READ in getattr(module, "__dict__", {}) for module in modules)


def forget_file(path: Path) -> None:
    """Have a user's file read anew where it is asked for next."""
    loaded = sys.modules.get(path.stem)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path.resolve()):
        del sys.modules[path.stem]


def _line_in(error: BaseException, path: Path) -> str:
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(path)
    ]
    return f" (line {lines[-1]})" if lines else ""


def _study_of(module: ModuleType, name: str) -> Study:
    found = vars(module).get("study")
    if not isinstance(found, Study):
        there = "nothing of that name" if found is None else type(found).__name__
        raise InputError(
            f"Received study {name!r}; expected its file to define `study = Study(...)`, "
            f"found {there}."
        )
    return found
