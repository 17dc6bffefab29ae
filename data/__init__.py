"""Where examples come from: named data sets, their files, and the checks they pass.

Everything is read-only and checked before it is handed on. A file that is missing, damaged or
foreign is an `InputError` of one line; another data set is never put in its place.

Examples:
    >>> from data import load
    >>> digits = load("digits")
    >>> digits.x_train.shape, digits.classes
    ((1437, 28, 28), 10)

Importing this package loads the error alone: each other name loads its module, and NumPy with it,
when it is first used (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from data.errors import InputError

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.importing import import_folder
    from data.listing import Availability, available
    from data.loading import load

__all__ = ["Availability", "Dataset", "InputError", "available", "import_folder", "load"]

_MODULE_OF = {
    "Availability": "listing",
    "Dataset": "dataset",
    "available": "listing",
    "import_folder": "importing",
    "load": "loading",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
