"""Images changed anew each time that they are shown in training, by Keras' own layers."""

from typing import Any

from data import InputError

LARGEST = {"rotation": 180.0, "shift": 1.0}


def augmentation_layers(names: tuple[str, ...]) -> list[Any]:
    """The Keras layers that change a batch of images in training and pass it on in evaluation.

    `horizontal-flip` mirrors half of the images. `rotation-15` turns each by an angle uniform in
    15 degrees to either side. `shift-0.1` moves each by up to a tenth of its height and of its
    width. What comes in at the edge is the nearest pixel, as with the `ImageDataGenerator` of the
    notebooks; values between pixels are interpolated linearly.

    Args:
        names: Kind and size of each, in the order in which they are applied.

    Returns:
        One layer for each, which draws from the run's stream `augmentation`.

    Raises:
        InputError: No such augmentation, or none of that size.
    """
    from keras import layers

    # A layer without a seed takes one from Keras' global generator, and every initialiser after it
    # another number: networks with and without augmentation would start from other weights. The
    # seed given here stands for none, the trainer sets the run's own.
    options = {"seed": 0, "fill_mode": "nearest"}
    made = []
    for name in names:
        kind, size = _kind_and_size(name)
        if kind == "horizontal-flip":
            made.append(layers.RandomFlip("horizontal", seed=0))
        elif kind == "rotation":
            made.append(layers.RandomRotation(size / 360, **options))
        else:
            made.append(layers.RandomTranslation(size, size, **options))
    return made


def _kind_and_size(name: str) -> tuple[str, float]:
    """Split `rotation-15`, and refuse what is no augmentation."""
    if name == "horizontal-flip":
        return name, 0.0
    kind, _, text = str(name).partition("-")
    try:
        size = float(text)
    except ValueError:
        size = -1.0
    if not 0 < size <= LARGEST.get(kind, 0.0):
        raise InputError(
            f"Received augmentation {name!r}; expected horizontal-flip, rotation-D with D degrees "
            "from above 0 to 180, or shift-S with a share S of the side from above 0 to 1."
        )
    return kind, size
