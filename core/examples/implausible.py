"""Inputs that can be trained on and are seldom meant: said beside the figures, not refused."""

from core.notes import Note, note
from data import Dataset
from data.loading import BUILT_IN
from data.plausibility import PAIRS

BYTES = 255
DARKEST = BYTES / 10
"""Images whose lightest pixel is no lighter were hardly written as bytes from 0 to 255."""
OTHER_SCALE = 10
"""By how much the largest inputs of two parts differ that were hardly prepared alike."""
CHANNELS = (1, 3)


def implausible(dataset: Dataset, preprocessing: tuple[str, ...]) -> list[Note]:
    """What is to be said of a data set as a recipe uses it.

    Args:
        dataset: The data set.
        preprocessing: The recipe's steps.

    Returns:
        Notes of its inputs' range, axes and repetitions. That a published data set shares
        examples is not said: everybody's figures on it are of the same split.
    """
    facts, published = dataset.plausibility, dataset.name in BUILT_IN and not dataset.note
    found = [*_scaled(dataset, preprocessing), *_of_another_scale(dataset), *_axes(dataset)]
    if facts.constant:
        found.append(note("constant", data=dataset.name))
    return found if published else [*found, *_shared(dataset)]


def _scaled(dataset: Dataset, preprocessing: tuple[str, ...]) -> list[Note]:
    """That inputs are divided by 255 which do not go from 0 to there."""
    low, high = dataset.plausibility.ranges["train"]
    largest = max(high, -low)
    if "scale" not in preprocessing or (low >= 0 and DARKEST < high <= BYTES):
        return []
    if largest <= 1:
        return [note("scaled", data=dataset.name, largest=f"{largest:.6g}")]
    return [note("not-bytes", data=dataset.name, low=f"{low:.6g}", high=f"{high:.6g}")]


def _of_another_scale(dataset: Dataset) -> list[Note]:
    ranges = dataset.plausibility.ranges
    largest = {part: max(high, -low) for part, (low, high) in ranges.items()}
    train = largest["train"]
    return [
        note(
            "other-scale",
            data=dataset.name,
            part=part,
            largest=f"{largest[part]:.6g}",
            train=f"{train:.6g}",
        )
        for part in largest
        if max(largest[part], train) >= OTHER_SCALE * min(largest[part], train) > 0
    ]


def _axes(dataset: Dataset) -> list[Note]:
    """That the channels of square images seem to stand first, as PyTorch has them."""
    shape = dataset.x_train.shape[1:]
    if len(shape) != 3 or shape[0] not in CHANNELS or not shape[0] < shape[1] == shape[2]:
        return []
    return [note("channels-first", data=dataset.name, shape=" x ".join(map(str, shape)))]


def _shared(dataset: Dataset) -> list[Note]:
    validation = 0 if dataset.y_val is None else len(dataset.y_val)
    examples = {"test": len(dataset.y_test), "validation": validation}
    found = []
    for (part, other), shared in dataset.plausibility.shared.items():
        figures: dict[str, str | int] = {"shared": shared, "examples": examples[part]}
        kind = "shared"
        if (part, other) != PAIRS[0]:
            kind = "shared-validation"
            figures |= {"part": part, "other": "training" if other == "train" else other}
        if shared:
            found.append(note(kind, data=dataset.name, **figures))
    return found
