"""What a recipe names, made with Keras: the network with its seed, the optimiser."""

import inspect
import json
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.examples.preprocessing import example_shape
from core.models import builder
from core.random_streams import integer
from core.recipe import Recipe
from core.refusals import CALLBACK_SCHEDULES, accepted
from core.spec import Spec, in_one_line, resolve
from core.training import lr_schedules, optimisers
from core.training.in_force import check_keras
from core.training.layers import clonable, leaf_layers, refuse_own_steps, seed_generators
from core.training.losses import (
    as_spec,
    expects_fractions,
    expects_probabilities,
    try_loss,
)
from core.training.precision import built_in, end_in_full
from data import Dataset, InputError
from data.errors import did_you_mean

UNNAMED = ("name", "kwargs", "args")
"""Parameters of Keras' classes that no recipe gives."""
FEW = 8
"""Examples that a fresh network is tried on."""


def fresh_model(recipe: Recipe, seed: int, dataset: Dataset) -> keras.Model:
    """The recipe's network with the weights that a seed gives it.

    With a strategy or a scenario its outputs are logits.

    Raises:
        InputError: The builder refuses its parameters, or builds something else; Keras' settings
            are others than in a worker, before it or by what it does.
    """
    # A user's file is read first: what it does to Keras when it is read is done then.
    build = builder(recipe.model.name)
    check_keras()
    # Names count up within a process; a cleared session starts them from the beginning, so the
    # same recipe always builds a model with the same JSON.
    keras.utils.clear_session(free_memory=False)
    # Stock initialisers draw from Keras' global generator: the one permitted use of a global.
    keras.utils.set_random_seed(integer(seed, "weights"))
    shape = example_shape(dataset.x_train.shape[1:], recipe.preprocessing)
    outputs = recipe.outputs(dataset.classes)
    few = dataset.x_train[:FEW].astype(np.float32)
    try:
        with built_in(recipe.precision):
            model = build(shape, outputs, **recipe.model.parameters)
        if not isinstance(model, keras.Model):
            raise InputError(
                f"Received model {recipe.model.name}, which returns {type(model).__name__}; "
                "expected a function that returns a Keras model."
            )
        end_in_full(model, recipe.model.name, recipe.precision)
        output = model(np.resize(few, (len(few), *shape)), training=False)
    except InputError:
        raise
    except (AttributeError, TypeError, ValueError, tf.errors.OpError) as error:
        reason = in_one_line(error)
        raise InputError(
            f"Received model {recipe.model.name} with {json.dumps(dict(recipe.model.parameters))} "
            f"for inputs of shape {shape}; {reason}"
        ) from error
    check_keras()
    _check_output(output, recipe, dataset, outputs)
    refuse_own_steps(model, recipe.model.name)
    for i, (name, state) in enumerate(seed_generators(leaf_layers(model))):
        state.assign([integer(seed, name, i), 0])
    if recipe.rule is not None:
        _end_in_logits(model, recipe.model.name)
    return model


def _check_output(output: Any, recipe: Recipe, dataset: Dataset, outputs: int) -> None:
    """Refuse outputs that are not one for each class, or none that the loss is meant for."""
    name, expected = recipe.model.name, (min(FEW, len(dataset.x_train)), outputs)
    if not keras.ops.is_tensor(output):
        kind = f"{len(output)} outputs" if isinstance(output, list | tuple) else type(output)
        raise InputError(
            f"Received model {name} with {kind}; "
            f"expected one output for each class of {dataset.name}, in one tensor."
        )
    if tuple(output.shape) != expected:
        raise InputError(
            f"Received model {name}, whose output for one example has the shape "
            f"{(1, *output.shape[1:])}; expected (1, {outputs}): one output for each class "
            f"of {dataset.name}, or of its tasks."
        )
    if recipe.rule is not None:
        return
    if isinstance(recipe.loss, Spec):
        try_loss(recipe.loss, output, tf.constant(dataset.y_train[:FEW], tf.int32))
    if (
        expects_fractions(recipe.loss)
        and not 0 <= keras.ops.min(output) <= keras.ops.max(output) <= 1
    ):
        raise InputError(
            f"Received model {name}, whose outputs lie beyond 0 and 1, with the loss "
            f"{as_spec(recipe.loss).name}; expected probabilities: give its last layer "
            'activation="sigmoid", or the loss as spec("BinaryCrossentropy", from_logits=True).'
        )
    if not expects_probabilities(recipe.loss):
        return
    sums = keras.ops.convert_to_numpy(keras.ops.sum(keras.ops.cast(output, "float32"), axis=-1))
    if np.abs(sums - 1).max() > 0.02 or keras.ops.min(output) < 0:  # a half's rounding
        raise InputError(
            f"Received model {name}, whose outputs are no probabilities (those of the first "
            f"example sum to {sums[0]:.3g}), with the loss {as_spec(recipe.loss).name}; expected a "
            'network that ends in a softmax: give its last layer activation="softmax", or the loss '
            'as spec("SparseCategoricalCrossentropy", from_logits=True).'
        )


def _end_in_logits(model: keras.Model, name: str) -> None:
    """Take the softmax off a network's last layer."""
    last: Any = model.layers[-1] if clonable(model) else None
    known = (keras.activations.softmax, keras.activations.linear)
    if type(last) is not keras.layers.Dense or last.activation not in known:
        raise InputError(
            f"Received model {name} with a strategy or a scenario; expected a Sequential or "
            "functional one whose last layer is Dense, with a softmax or without: they are of its "
            "logits."
        )
    last.activation = keras.activations.linear


def make_optimiser(optimiser: Spec, schedule: Spec | None) -> keras.optimizers.Optimizer:
    """An optimiser of Keras' or of Ebb's by its name, with a schedule if there is one."""
    parameters = dict(optimiser.parameters)
    if optimiser.name == "LossScaleOptimizer":
        raise InputError(
            "Received LossScaleOptimizer, an optimiser around another; expected one by itself: "
            "each scales the loss by its loss_scale_factor."
        )
    if schedule is not None and schedule.name not in CALLBACK_SCHEDULES:
        module = lr_schedules if schedule.name in lr_schedules.OWN else keras.optimizers.schedules
        parameters["learning_rate"] = make(
            schedule, module, keras.optimizers.schedules.LearningRateSchedule
        )
    rate = optimiser.parameters.get("learning_rate", 0.0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not rate >= 0:
        raise InputError(
            f"Received optimiser.learning_rate={rate!r}; expected a number of 0 or more, as in "
            "0.01."
        )
    if type(rate) is int:
        parameters["learning_rate"] = float(rate)
    module = optimisers if optimiser.name in optimisers.OWN else keras.optimizers
    return make(optimiser, module, keras.optimizers.Optimizer, parameters)


def make(what: Spec, module: Any, kind: type, parameters: dict[str, Any] | None = None) -> Any:
    """The Keras object that a recipe names, or an `InputError` that says what was wrong."""
    found = resolve(what.name) if ":" in what.name else getattr(module, what.name, None)
    if not (isinstance(found, type) and issubclass(found, kind)):
        known = sorted(
            name
            for name, each in vars(module).items()
            if isinstance(each, type) and issubclass(each, kind) and each is not kind
        )
        raise InputError(
            f"Received {what.name!r}; expected a class of keras.{module.__name__.split('.')[-1]} "
            f"by its Keras name: {', '.join(known)}{did_you_mean(what.name, known)}."
        )
    arguments = dict(what.parameters) if parameters is None else parameters
    try:
        return found(**{k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items()})
    except (AttributeError, TypeError, ValueError) as error:
        names = [name for name in inspect.signature(found).parameters if name not in UNNAMED]
        raise InputError(
            f"Received {what.name} with {json.dumps(dict(what.parameters))}; "
            f"{in_one_line(error)}{accepted(what.parameters, names)}"
        ) from None
