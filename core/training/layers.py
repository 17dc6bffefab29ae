"""What a network is made of: its layers, how they are compiled best, what they compute."""

import json
import math
from collections.abc import Sequence
from typing import Any, Literal

import keras
import tensorflow as tf

from core.training.batches import BLOCK
from data import InputError

# Under XLA a network of these kinds is several times faster and within 1e-6 of graph mode.
# Convolutions are slower there, and random layers draw from a slow generator or have no kernel.
XLA_LAYERS = {
    "Activation",
    "Dense",
    "Dropout",
    "ELU",
    "Flatten",
    "InputLayer",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
}
APART = XLA_LAYERS | {
    *("Add", "Average", "AveragePooling1D", "AveragePooling2D", "BatchNormalization"),
    *("CenterCrop", "Concatenate", "Conv1D", "Conv2D", "Conv2DTranspose", "Cropping1D"),
    *("Cropping2D", "DepthwiseConv2D", "Embedding", "GlobalAveragePooling1D"),
    *("GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GroupNormalization"),
    *("Identity", "LayerNormalization", "MaxPooling1D", "MaxPooling2D", "Maximum", "Minimum"),
    *("Multiply", "Normalization", "Permute", "RMSNormalization", "RandomContrast", "RandomFlip"),
    *("RandomRotation", "RandomTranslation", "RandomZoom", "RepeatVector", "Resizing"),
    *("SeparableConv2D", "SpatialDropout1D", "SpatialDropout2D", "Subtract", "UpSampling2D"),
    *("ZeroPadding1D", "ZeroPadding2D"),
}
"""Kinds of Keras' layers that make of an example what they make of it alone, when not trained."""
Compiler = Literal["xla", "graph", "graph+xla"]
"""How a training loop is compiled; `graph+xla`: in graph mode, its optimiser's steps by XLA."""
LARGE = 10_000_000
"""Weights of Dense layers from which the optimiser's step is compiled by itself: docs/speed.md."""
OVERRIDABLE = ("train_step", "test_step", "compute_loss")
"""Methods by which a model changes what `fit` does, and which Ebb does not call."""
CHUNK = 2000
"""Examples evaluated at a time, at most."""
LARGEST = 2**26
"""Bytes that one layer's outputs may take while examples are evaluated."""


class CountedDropout(keras.layers.Dropout):
    """Keras' Dropout with its mask from a counter-based generator (Threefry).

    Under XLA, Keras' own takes twenty times as long as the rest of the network. The share that
    is dropped, the scaling and the seed state are Keras'; which units are dropped differs.
    """

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drop and scale in training; pass on otherwise."""
        if not training or self.rate == 0:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        shape = tf.shape(inputs)
        if self.noise_shape is not None:
            shape = [shape[i] if n is None else n for i, n in enumerate(self.noise_shape)]
        # In float32 also where inputs are of 16 bits: of these 256 draws differ.
        drawn = tf.random.stateless_uniform(shape, seed=seed, alg="threefry")
        return tf.where(drawn >= self.rate, inputs / (1 - self.rate), tf.zeros_like(inputs))


# A model that a callback saves is loaded by plain Keras, as the layer that this stands for.
CountedDropout.__module__, CountedDropout.__name__ = "keras.layers", "Dropout"


def counted(layer: keras.layers.Layer) -> keras.layers.Layer:
    """A copy of a layer, of Dropout the kind that is fast under XLA."""
    if type(layer) is keras.layers.Dropout:
        return CountedDropout.from_config(layer.get_config())
    return layer.__class__.from_config(layer.get_config())


def chosen_compiler(
    model: keras.Model, asked: Compiler | Literal["auto"], *, large: bool = False
) -> Compiler:
    """What was asked for; of `auto` what is fastest.

    `xla` where every layer is of a kind that gains by it; else `graph`, and `graph+xla` where
    Dense layers have `LARGE` weights. Those of a convolution are used so often in a step that the
    optimiser's part of it is small.

    Args:
        model: The network.
        asked: See `Recipe.compiler`.
        large: Whether `graph+xla` may be chosen, see `core.numerics.may_be_large`.
    """
    if asked != "auto":
        return asked
    if _gains_by_xla(model) and rebuilt(model) is not None:
        return "xla"
    kinds = [each for each in leaf_layers(model) if type(each) is keras.layers.Dense]
    dense = [each for each in kinds if each.built]  # a layer may be there and never be called
    weights = sum(math.prod(each.kernel.shape) for each in dense)
    return "graph+xla" if large and weights >= LARGE else "graph"


def kept_from_xla(model: keras.Model) -> bool:
    """Whether a network would gain by XLA and has functions of one's own in its layers."""
    return _gains_by_xla(model) and rebuilt(model) is None


def _gains_by_xla(model: keras.Model) -> bool:
    kinds = {type(layer) for layer in leaf_layers(model)}
    return all(k.__name__ in XLA_LAYERS and k.__module__.startswith("keras.") for k in kinds)


def leaf_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """All layers that hold no other layers, in the model's order."""
    return [layer for layer in model._flatten_layers(include_self=False) if not _children(layer)]


def _children(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    return list(layer._flatten_layers(include_self=False, recursive=False))


def evaluated_at_a_time(model: keras.Model) -> int:
    """How many examples a network is evaluated on at a time, by the size of its largest output.

    2,000 images of 96 x 96 take 9 GB in a network that begins with 32 filters, and more than
    twice as long as 64 of them at a time (8.0 against 3.6 s of processor time, n = 1). The number
    depends on the network alone, as the result's last bits may.

    Args:
        model: A network; one that does not tell its layers' outputs has `CHUNK`.

    Returns:
        A multiple of `BLOCK`, or `CHUNK`.
    """
    outputs = keras.tree.flatten([getattr(layer, "output", []) for layer in leaf_layers(model)])
    largest = max((4 * math.prod(each.shape[1:]) for each in outputs if None not in each.shape[1:]),
                  default=1)  # fmt: skip
    return min(CHUNK, max(LARGEST // largest // BLOCK, 1) * BLOCK)


def clonable(model: keras.Model) -> bool:
    """Whether its layers can be exchanged: a subclassed model's cannot."""
    kind = type(model)
    return kind.__module__.startswith("keras.") and kind.__name__ in ("Sequential", "Functional")


def rebuilt(model: keras.Model) -> keras.Model | None:
    """The network from its configuration, of Dropout the kind that is fast under XLA.

    None where the configuration does not say all, as of a function of one's own it does not.
    """
    if not clonable(model):
        return None
    try:
        return keras.models.clone_model(model, clone_function=counted)
    except (TypeError, ValueError):
        return None


def treats_examples_apart(model: keras.Model, *, training: bool) -> bool:
    """Whether an example's outputs and the loss are the same beside any other examples.

    Only then can a batch be filled up with examples that do not count. Said of networks of Keras'
    own layers that are known for it, without activity regularisers or functions of somebody's own;
    in training a batch normalisation is not.
    """
    return clonable(model) and all(_apart(layer, training) for layer in leaf_layers(model))


def _apart(layer: keras.layers.Layer, training: bool) -> bool:
    kind, activation = type(layer), getattr(layer, "activation", None)
    known = kind.__module__.startswith("keras.") and kind.__name__ in APART
    own = activation is not None and not _of_keras(activation)
    across = kind is keras.layers.Softmax and 0 in keras.tree.flatten(layer.axis)
    normalises = training and kind.__name__ == "BatchNormalization"
    return known and not (own or across or normalises or layer.activity_regularizer)


def _of_keras(function: Any) -> bool:
    return str(getattr(function, "__module__", type(function).__module__)).startswith("keras.")


def refuse_own_steps(model: keras.Model, name: str) -> None:
    """Refuse a model that would be trained or evaluated otherwise by Keras.

    Raises:
        InputError: Its class has a `train_step`, `test_step`, `compute_loss`, ... of its own.
    """
    own = [each for each in OVERRIDABLE if not _of_keras(getattr(type(model), each))]
    if own:
        raise InputError(
            f"Received model {name}, whose class {type(model).__name__} has a {own[0]} of its own, "
            "which Ebb would not call; expected Keras' own: write it as a loss, as a layer's "
            "add_loss or as a Strategy."
        )


def structure(model: keras.Model) -> str | None:
    """What a network computes, as text: its layers without what only sets their first weights.

    Two models of one structure can share a compiled program. None where a model says it not
    completely: one that is subclassed, or that has layers or functions of somebody's own.
    """
    layers = model._flatten_layers(include_self=False)
    if not clonable(model) or not all(_of_keras(type(layer)) for layer in layers):
        return None
    config = _without_first_weights(json.loads(model.to_json()))
    return json.dumps(config, sort_keys=True) if _says_all(config) else None


def _without_first_weights(config: Any) -> Any:
    """A model's configuration without its initialisers."""
    if isinstance(config, dict):
        starts = ("kernel_initializer", "bias_initializer")
        return {k: _without_first_weights(v) for k, v in config.items() if k not in starts}
    return [_without_first_weights(each) for each in config] if isinstance(config, list) else config


def _says_all(config: Any) -> bool:
    """Whether all objects in a configuration are Keras' own, none a function in a Lambda."""
    if isinstance(config, dict):
        known = config.get("module", "keras").startswith("keras")
        return known and config.get("class_name") != "Lambda" and _says_all([*config.values()])
    return not isinstance(config, list) or all(map(_says_all, config))


def seed_generators(layers: Sequence[keras.layers.Layer]) -> list[tuple[str, Any]]:
    """The seed state of every random layer with the name of the stream that it draws from."""
    return [
        ("dropout" if "Dropout" in type(layer).__name__ else "augmentation", generator.state)
        for layer in layers
        for generator in getattr(layer, "_seed_generators", [])
    ]
