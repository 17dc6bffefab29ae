"""ResNet50 from Keras' own applications, as in experiment E3."""

from typing import Any

from core.models.images import image_layers


def resnet50(input_shape: tuple[int, ...], classes: int, *, width: int = 512) -> Any:
    """ResNet50 (He et al. 2016) from random weights, then a dense layer and a softmax.

    Args:
        input_shape: Shape of one image, [height, width] or [height, width, channels], 32 x 32 or
            larger.
        classes: Number of classes.
        width: Units of the dense layer (relu) between the flattened maps and the output.

    Returns:
        A `keras.Sequential`, not compiled.

    Raises:
        InputError: No images, or too small ones.
    """
    from keras import Sequential, applications, layers

    model = Sequential(image_layers(input_shape, 32))
    shape = model.output_shape[1:] if model.layers else input_shape
    model.add(applications.ResNet50(weights=None, include_top=False, input_shape=shape))
    model.add(layers.Flatten())
    model.add(layers.Dense(width, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax"))
    return model
