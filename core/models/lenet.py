"""LeNet-5, as a lecture writes it."""

from typing import Any

from core.models.images import image_layers
from core.models.mlp import Activation, activation_layers


def lenet(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    activation: Activation = "tanh",
    kernel_initializer: str = "glorot_uniform",
    bias_initializer: str = "zeros",
) -> Any:
    """LeNet-5 (LeCun et al. 1998, Proceedings of the IEEE 86) with the layers of today.

    6 convolutions 5 x 5, average pool, 16 convolutions 5 x 5, average pool, dense layers of 120
    and 84, softmax. The paper's images of 32 x 32 lose two pixels from each side in the first
    convolution; smaller ones (28 x 28) keep their size, which is the same as a frame of zeros.
    Both have 61,706 parameters with one channel and ten classes. The paper's scaled pools, its
    partly connected second convolution and its radial basis outputs are left out, as is usual.

    Args:
        input_shape: Shape of one image, [height, width] or [height, width, channels].
        classes: Number of classes.
        activation: Of convolutions and dense layers, see `mlp`.
        kernel_initializer: Keras initialiser of every kernel.
        bias_initializer: Keras initialiser of every bias.

    Returns:
        A `keras.Sequential`, not compiled.

    Raises:
        InputError: No images, or too small ones.
    """
    from keras import Sequential, layers

    start = {"kernel_initializer": kernel_initializer, "bias_initializer": bias_initializer}
    stack = image_layers(input_shape, 12)
    padding = "valid" if min(input_shape[:2]) >= 32 else "same"
    for filters, border in ((6, padding), (16, "valid")):
        stack.append(layers.Conv2D(filters, 5, padding=border, **start))
        stack += activation_layers(activation)
        stack.append(layers.AveragePooling2D(2))
    stack.append(layers.Flatten())
    for width in (120, 84):
        stack.append(layers.Dense(width, **start))
        stack += activation_layers(activation)
    stack.append(layers.Dense(classes, activation="softmax", **start))
    return Sequential(stack)
