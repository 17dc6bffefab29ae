"""Inputs that can be trained on and are seldom meant: said beside the figures, not refused."""

from core.notes import Note, note
from data import Dataset
from data.loading import BUILT_IN


def implausible(dataset: Dataset, preprocessing: tuple[str, ...]) -> list[Note]:
    """What is to be said of a data set as a recipe uses it.

    Args:
        dataset: The data set.
        preprocessing: The recipe's steps.

    Returns:
        Notes of the kinds `scaled`, `constant` and `shared`. That a published data set shares
        examples is not said: everybody's figures on it are of the same split.
    """
    facts, published = dataset.plausibility, dataset.name in BUILT_IN and not dataset.note
    found = []
    if "scale" in preprocessing and facts.largest <= 1:
        found.append(note("scaled", data=dataset.name, largest=f"{facts.largest:.6g}"))
    if facts.constant:
        found.append(note("constant", data=dataset.name))
    if facts.shared and not published:
        examples = len(dataset.y_test)
        found.append(note("shared", data=dataset.name, shared=facts.shared, examples=examples))
    return found
