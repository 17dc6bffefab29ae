"""Keras callbacks: those that a recipe's fields stand for, and those that may only observe."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.evaluation import TASK_SETS
from core.notes import Note, note
from core.recipe import Recipe
from core.refusals import CALLBACK_SCHEDULES
from core.spec import Spec
from core.training.build import make
from data import InputError

BATCHES = tuple(
    f"on_{what}batch_{when}"
    for what in ("", "train_", "test_", "predict_")
    for when in ("begin", "end")
)
TESTS = ("on_test_begin", "on_test_end", "on_predict_begin", "on_predict_end")
"""Methods that Keras' `fit` calls and Ebb does not: no Python happens between two steps."""


def recipe_callbacks(recipe: Recipe, seed: int) -> list[keras.callbacks.Callback]:
    """The callbacks that a recipe's own fields stand for.

    Raises:
        InputError: There is none of that name, or with those parameters.
    """
    wanted = [recipe.early_stopping]
    if recipe.lr_schedule is not None and recipe.lr_schedule.name in CALLBACK_SCHEDULES:
        wanted.append(recipe.lr_schedule)
    watching = [_watching_what_is_measured(what, recipe) for what in wanted if what is not None]
    return watching + [_of_the_run(what, recipe, seed) for what in recipe.callbacks]


def _of_the_run(what: Spec, recipe: Recipe, seed: int) -> keras.callbacks.Callback:
    """A callback by its name, whose files are the run's own."""
    named = {
        name: value.replace("{seed}", str(seed)) if isinstance(value, str) else value
        for name, value in what.parameters.items()
    }
    made = make(what, keras.callbacks, keras.callbacks.Callback, named)
    if hasattr(made, "monitor") and getattr(made, "save_best_only", True):
        _refuse_unmeasured(what.name, made.monitor, recipe)
    return made


def never_called(callbacks: Sequence[keras.callbacks.Callback]) -> list[Note]:
    """A note for each callback that has methods which nobody calls here."""
    notes = []
    for callback in callbacks:
        kinds = [getattr(callback, name, None) for name in ("save_freq", "update_freq")]
        hooks = [] if "epoch" in kinds else [h for h in (*BATCHES, *TESTS) if _has(callback, h)]
        if hooks:
            methods = ", ".join(hooks)
            notes.append(note("hooks", callback=type(callback).__name__, methods=methods))
    return notes


def _has(callback: keras.callbacks.Callback, hook: str) -> bool:
    plain = getattr(keras.callbacks.Callback, hook)
    return getattr(getattr(callback, hook), "__func__", None) is not plain


def _watching_what_is_measured(what: Spec, recipe: Recipe) -> keras.callbacks.Callback:
    """A callback that knows which way its figure is better; Keras' own only warns of none."""
    made = make(what, keras.callbacks, keras.callbacks.Callback)
    _refuse_unmeasured(what.name, made.monitor, recipe)
    if made.mode == "auto":
        made.mode = "min" if made.monitor.endswith("loss") else "max"
    return made


def _refuse_unmeasured(name: str, monitor: str, recipe: Recipe) -> None:
    split = recipe.split
    there = {"validation": split.where == "given" or bool(split.size), TASK_SETS: False}
    sets = [
        name if name != "validation" else "val"
        for name in recipe.evaluation.sets
        if there.get(name, True)
    ]
    measured = [
        "loss",
        "accuracy",
        *(f"{name}_{figure}" for name in sets for figure in ("loss", "accuracy")),
    ]
    if monitor not in measured:
        raise InputError(
            f"Received {name} with monitor {monitor!r}; expected a figure that is "
            f"measured every epoch: {', '.join(measured)}."
        )


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
