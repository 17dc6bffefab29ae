"""Where examples come from: named data sets, their files, and the checks they pass.

Everything is read-only and checked before it is handed on. A file that is missing, damaged or
foreign is an `InputError` of one line; another data set is never put in its place.

Example:
    >>> from data import load
    >>> digits = load("digits")
    >>> digits.x_train.shape, digits.classes
    ((1437, 28, 28), 10)
"""

from data.dataset import Dataset
from data.errors import InputError
from data.importing import import_folder
from data.listing import Availability, available
from data.loading import load

__all__ = ["Availability", "Dataset", "InputError", "available", "import_folder", "load"]
