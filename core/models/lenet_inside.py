"""Networks that hold a LeNet as one layer, called `lenet`, which a transfer can take over."""

from typing import Any

from core.models.lenet import lenet

SIDE = 28


def lenet_inside(input_shape: tuple[int, ...], classes: int, *, like: tuple[int, ...] = ()) -> Any:
    """A LeNet, behind what brings grey images to the form of others.

    Args:
        input_shape: Shape of one image.
        classes: Number of classes.
        like: Shape [height, width, channels] of the images that the LeNet looks at, if they are
            others: grey images are resized and get as many equal channels.

    Returns:
        A `keras.Sequential`, not compiled.
    """
    from keras import Sequential, layers

    model = Sequential([layers.Input(input_shape)])
    if like:
        model.add(layers.Reshape((*input_shape[:2], 1)))
        model.add(layers.Resizing(*like[:2]))
        channels = layers.Conv2D(like[2], 1, use_bias=False, kernel_initializer="ones")
        channels.trainable = False
        model.add(channels)
    model.add(_named(lenet(like or input_shape, classes)))
    return model


def squeezed_lenet(input_shape: tuple[int, ...], classes: int, *, last: str = "relu") -> Any:
    """Six small convolutions that squeeze photographs to 28 x 28, then a LeNet (experiment E4).

    Of 8 filters of 3 x 3, the first with a stride where images are larger than 32 x 32, the last
    with one filter; relu.

    Args:
        input_shape: Shape of one image, 32 x 32 or a multiple of it.
        classes: Number of classes.
        last: The activation of the one filter: all that the LeNet sees goes through it.

    Returns:
        A `keras.Sequential`, not compiled.
    """
    from keras import Sequential, layers

    strides = min(input_shape[:2]) // 32
    model = Sequential([layers.Input(input_shape)])
    model.add(layers.Conv2D(8, 3, strides=strides, padding="same", activation="relu"))
    for padding in ("same", "same", "valid", "valid"):
        model.add(layers.Conv2D(8, 3, padding=padding, activation="relu"))
    model.add(layers.Conv2D(1, 3, padding="same", activation=last))
    model.add(_named(lenet((SIDE, SIDE, 1), classes)))
    return model


def _named(core: Any) -> Any:
    core.name = "lenet"
    return core
