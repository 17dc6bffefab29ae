"""What the classes of a record's data are called, where they are called by words."""

import json
from typing import Any

from analysis.rendering.text import clean
from core import Record
from data.named.class_names import CLASS_NAMES

KIND = "class-labels"
"""The note that holds the names of an image folder's classes."""


def class_words(record: Record) -> dict[str, Any]:
    """The array `class_names` of a record whose data set has words for its classes.

    Published data sets have theirs by name, in records of any age; those of a user's folders of
    images are in a note. Where the files have numbers of their own, these stay.
    """
    import numpy as np  # noqa: PLC0415  # what only lists records needs no NumPy

    if "class_names" in record.arrays:
        return {}
    noted = (str(each.figures["labels"]) for each in record.notes if each.kind == KIND)
    text = next(noted, None)
    words = json.loads(text) if text else CLASS_NAMES.get(str(record.recipe["dataset"]))
    return {"class_names": np.array([clean(str(word)) for word in words])} if words else {}
