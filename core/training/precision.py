"""The precision that a network computes in: Keras' dtype policy, while it is built."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from core.training.layers import clonable, leaf_layers
from core.training.settings import KERAS
from data import InputError

FULL = str(KERAS["floatx"])


@contextmanager
def built_in(precision: str) -> Iterator[None]:
    """While this lasts, layers that say nothing else compute in a precision.

    Raises:
        InputError: What was built meanwhile has set the policy of all layers itself.
    """
    if precision == FULL:
        yield
        return
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
        if (policy := keras.config.dtype_policy().name) != precision:
            raise InputError(
                f"Received precision={precision} and a network whose code sets the dtype policy "
                f"{policy!r}; expected one of them: leave the policy to the recipe."
            )
    finally:
        keras.config.set_dtype_policy(before)


def end_in_full(model: keras.Model, name: str, precision: str) -> None:
    """Have the last layers of a network, from the last one with a kernel on, compute in float32.

    Its logits and their softmax are what half the digits harm most.

    Raises:
        InputError: Layers before them have a precision of their own, or which layers come last is
            not known.
    """
    if precision == FULL:
        return
    if not clonable(model):
        raise InputError(
            f"Received precision={precision} with model {name} of class {type(model).__name__}; "
            "expected a Sequential or functional one: which of its layers come last is not known."
        )
    layers = [each for each in leaf_layers(model) if type(each) is not keras.layers.InputLayer]
    kernels = [i for i, each in enumerate(layers) if hasattr(each, "kernel")]
    last = kernels[-1] if kernels else len(layers) - 1
    own = [each for each in layers[:last] if each.dtype_policy.name != precision]
    if own:
        raise InputError(
            f"Received precision={precision} with model {name}, whose layer {own[0].name} has the "
            f"dtype policy {own[0].dtype_policy.name!r}; expected one of them: a network that "
            "fixes its own has precision='float32' in its recipe."
        )
    for each in layers[last:]:
        each.dtype_policy = keras.DTypePolicy(FULL)
