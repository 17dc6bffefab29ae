"""TensorFlow's import without what it logs of drivers and processors, in a notebook's process.

Its library writes these lines to the process's standard error itself, before any setting of a log
level is read, and a notebook shows them in the cell. If the import fails they are shown.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

LIBRARY = "tensorflow"


def hush() -> None:
    """Have TensorFlow, if it is not imported yet, be imported without its lines."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if LIBRARY not in sys.modules and not any(isinstance(each, Hush) for each in sys.meta_path):
        sys.meta_path.insert(0, Hush())


class Hush(MetaPathFinder):
    """Finds TensorFlow where it is, to be loaded quietly."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The library itself; nothing else is found here."""
        if name != LIBRARY:
            return None
        sys.meta_path.remove(self)
        found = PathFinder.find_spec(name, path)
        if found is not None and found.loader is not None:
            found.loader = Quiet(found.loader)
        return found


class Quiet(Loader):
    """Loads a module as its own loader does, while the process's standard error is held back."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As its own loader."""
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As its own loader, quietly."""
        with _held_back():
            self.loader.exec_module(module)


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    """Keep from the screen what the process writes to standard error, unless this fails."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            file.seek(0)
            os.write(kept, file.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
