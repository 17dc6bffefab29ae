"""Keras callbacks: those that a recipe's fields stand for, and those that may only observe."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.notes import Note, note
from core.recipe import CALLBACK_SCHEDULES, Recipe
from core.spec import Spec
from core.training.build import make
from data import InputError


def recipe_callbacks(recipe: Recipe) -> list[keras.callbacks.Callback]:
    """The callbacks that a recipe's own fields stand for."""
    wanted = [recipe.early_stopping]
    if recipe.lr_schedule is not None and recipe.lr_schedule.name in CALLBACK_SCHEDULES:
        wanted.append(recipe.lr_schedule)
    return [_watching_what_is_measured(what, recipe) for what in wanted if what is not None]


def _watching_what_is_measured(what: Spec, recipe: Recipe) -> keras.callbacks.Callback:
    """A callback that knows which way its figure is better; Keras' own only warns of none."""
    made = make(what, keras.callbacks, keras.callbacks.Callback)
    sets = [name if name != "validation" else "val" for name in recipe.evaluation.sets]
    measured = [
        "loss",
        "accuracy",
        *(f"{name}_{figure}" for name in sets for figure in ("loss", "accuracy")),
    ]
    if made.monitor not in measured:
        raise InputError(
            f"Received {what.name} with monitor {made.monitor!r}; expected a figure that is "
            f"measured every epoch: {', '.join(measured)}."
        )
    if made.mode == "auto":
        made.mode = "min" if made.monitor.endswith("loss") else "max"
    return made


class Observers:
    """A user's own callbacks, which may look at the training and not change it.

    Args:
        callbacks: Theirs.
        model: What is trained.
        epochs: How many.
        notes: Takes one more if one of them changes weights, learning rate or end all the same.

    Attributes:
        changed: Whether one did.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        model: keras.Model,
        epochs: int,
        notes: list[Note],
    ) -> None:
        self._list = callback_list(callbacks, model, epochs)
        self._model, self._notes = model, notes
        self.changed = False

    @contextmanager
    def watched(self) -> Iterator[keras.callbacks.CallbackList]:
        """Notice when one that may only observe does more."""
        watching = bool(self._list.callbacks) and not self.changed
        before = self._state() if watching else []
        yield self._list
        if watching and not equal(before, self._state()):
            names = ", ".join(type(callback).__name__ for callback in self._list.callbacks)
            self._notes.append(note("changed", callbacks=names))
            self.changed = True

    def _state(self) -> list[NDArray[Any]]:
        model = self._model
        rate = np.array([float(model.optimizer.learning_rate), model.stop_training])
        return [rate, *model.get_weights()]


def callback_list(
    callbacks: Sequence[keras.callbacks.Callback], model: keras.Model, epochs: int
) -> keras.callbacks.CallbackList:
    """Keras' list of callbacks, told what `fit` would tell them."""
    made = keras.callbacks.CallbackList(list(callbacks), model=model)
    made.set_params({"epochs": epochs, "verbose": 0, "steps": None})
    return made


def equal(a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> bool:
    """Whether two lists of arrays are the same to the bit."""
    return all(np.array_equal(v, w, equal_nan=True) for v, w in zip(a, b, strict=True))
