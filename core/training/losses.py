"""Losses: from what a recipe names to what each example of a batch loses."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from core.spec import Spec, in_one_line, resolve
from data import InputError

CROSSENTROPIES = {
    *("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
    *("categorical_crossentropy", "CategoricalCrossentropy"),
}
"""The losses that a strategy can be added to."""
OF_PROBABILITIES = CROSSENTROPIES | {
    *("categorical_focal_crossentropy", "CategoricalFocalCrossentropy"),
    *("kl_divergence", "KLDivergence"),
}
"""What is meant for outputs that are probabilities, unless it is told `from_logits`."""
BINARY = {
    *("binary_crossentropy", "BinaryCrossentropy"),
    *("binary_focal_crossentropy", "BinaryFocalCrossentropy"),
}
"""What is meant for outputs of which each is a probability by itself."""
COUPLED = {"circle", "Circle", "dice", "Dice", "tversky", "Tversky"}
"""Keras' losses that are of a batch as a whole."""
MEAN = "sum_over_batch_size"
"""What Keras calls the mean over a batch's examples."""
OfFunction = keras.losses.MeanSquaredError.__base__
"""Keras' way of making a `Loss` of a function, which has no public name."""


class Loss(NamedTuple):
    """A loss, ready to be used.

    Attributes:
        compiled: What Keras' `compile` is given.
        per_example: From targets and outputs to the loss of each example, float32 [n]; of a loss
            that is not `apart` to the batch's, for each.
        one_hot: Whether targets are one-hot rows, float32 [n, classes]; labels, int32 [n], if not.
        apart: Whether an example's loss is the same beside any other examples, and the batch's
            is their mean.
    """

    compiled: Any
    per_example: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    one_hot: bool
    apart: bool


def make_loss(wanted: str | Spec, from_logits: bool = False) -> Loss:
    """The loss that a recipe names.

    Args:
        wanted: See `Recipe.loss`.
        from_logits: With a strategy or a scenario the outputs are logits, whatever is named.

    Raises:
        InputError: There is none of that name, or none from logits.
    """
    named = as_spec(wanted)
    if from_logits:
        if named.name not in CROSSENTROPIES or "reduction" in named.parameters:
            raise InputError(
                f"Received loss {named.name!r} with a strategy or a scenario; expected one of "
                f"{', '.join(sorted(CROSSENTROPIES))}, as the mean over a batch."
            )
        named = Spec(named.name, {**named.parameters, "from_logits": True})
    found, name = _found(named), named.name.rpartition(":")[2]
    one_hot = not name.lower().startswith("sparse")
    coupled = name in COUPLED or "ignore_class" in named.parameters
    if ":" in named.name or coupled or getattr(found, "reduction", MEAN) != MEAN:
        return Loss(found, lambda y, output: _for_each(found(y, output), output), one_hot, False)
    per_example = found.call if isinstance(found, keras.losses.Loss) else found
    return Loss(found, per_example, one_hot, True)


def as_spec(loss: str | Spec) -> Spec:
    """A loss by its name alone as one without parameters."""
    return loss if isinstance(loss, Spec) else Spec(loss)


def expects_probabilities(wanted: str | Spec) -> bool:
    """Whether a loss is meant for outputs that are probabilities."""
    return _without_logits(wanted, OF_PROBABILITIES)


def expects_fractions(wanted: str | Spec) -> bool:
    """Whether a loss is meant for outputs that each lie between 0 and 1."""
    return _without_logits(wanted, BINARY)


def _without_logits(wanted: str | Spec, names: set[str]) -> bool:
    """Whether a loss is one of these, and was not told that outputs are logits."""
    named = as_spec(wanted)
    return named.name in names and not named.parameters.get("from_logits")


def try_loss(wanted: Spec, output: tf.Tensor, labels: tf.Tensor) -> None:
    """Refuse a loss that cannot be computed, or is none.

    Args:
        wanted: The loss.
        output: Of a network, float32 [n, classes].
        labels: int32 [n].

    Raises:
        InputError: It fails, or gives something else than a number for a batch.
    """
    loss = make_loss(wanted)
    targets = tf.one_hot(labels, output.shape[-1]) if loss.one_hot else labels
    kind = "one-hot rows [n, classes]" if loss.one_hot else "labels [n]"
    try:
        found = loss.per_example(targets, tf.cast(output, tf.float32))
        reason = "" if found.shape == labels.shape else f"it gives an array {tuple(found.shape)}"
    except (AttributeError, TypeError, ValueError, tf.errors.OpError) as error:
        reason = in_one_line(error)
    if reason:
        raise InputError(
            f"Received loss {wanted.name}, which fails on {kind}, and outputs [n, classes]; "
            f'expected a number for each example (a loss whose name begins with "sparse" is given '
            f"labels, any other one-hot rows): {reason}"
        )


def _found(named: Spec) -> Any:
    """A Keras loss function, or an instance of `keras.losses.Loss`."""
    arguments = dict(named.parameters)
    try:
        found = resolve(named.name) if ":" in named.name else keras.losses.get(named.name)
    except (TypeError, ValueError):
        found = None
    if isinstance(found, keras.losses.Loss):  # Keras makes one of a class's name
        found = type(found)
    if not callable(found) or (
        isinstance(found, type) and not issubclass(found, keras.losses.Loss)
    ):
        raise InputError(
            f"Received loss {named.name!r}; expected a Keras loss by its name, such as "
            "sparse_categorical_crossentropy, or a function or keras.losses.Loss of your own."
        )
    if not isinstance(found, type) and ":" not in named.name and not arguments:
        return found if named.name not in COUPLED else OfFunction(found)
    try:
        return found(**arguments) if isinstance(found, type) else OfFunction(found, **arguments)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Received loss {named.name} with {json.dumps(arguments)}; {in_one_line(error)}"
        ) from None


def _for_each(loss: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    """A batch's loss, for each of its examples."""
    return loss if loss.shape.rank else tf.broadcast_to(loss, tf.shape(output)[:1])
