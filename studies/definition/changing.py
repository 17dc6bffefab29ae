"""Conditions with changed values: the same in all of them, or a grid of them."""

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from analysis.swept import is_number, swept_name
from core import Recipe, replaced
from core.models import builder
from data import InputError
from data.errors import shown
from studies.definition.scoring import Scoring

Conditions = Mapping[str, Recipe | Scoring]
PLAIN = (bool, int, float, str, tuple, type(None))
"""What a value is that a condition can be named by."""
MOST_CONDITIONS = 1000
"""What a sweep may make: more is a slip."""


def with_values(
    conditions: Conditions,
    values: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    among: Conditions | None = None,
) -> dict[str, Recipe | Scoring]:
    """The conditions with values changed, the same in all of them.

    Args:
        conditions: Recipes, or what scores.
        values: Recipe fields (`epochs`, `optimiser.learning_rate`) and their new values. A field of
            a part that some conditions do without (`replay.capacity`) is changed in the others.
        parameters: Of a `Scoring`, its parameters; the same as `values` if None.
        among: All conditions of the study, where `conditions` are some of them.

    Raises:
        InputError: A field that no recipe has, or a value that it refuses.
    """
    of_scores = values if parameters is None else parameters
    every = (conditions if among is None else among).values()
    without = {path for path in values if all(_missing(each, path) for each in every)}

    def changed(recipe: Recipe | Scoring) -> Recipe | Scoring:
        if isinstance(recipe, Scoring):
            return recipe.changed(of_scores)
        # A whole part first: it would take away what was set inside of it.
        for path, value in sorted(values.items(), key=lambda each: each[0].count(".")):
            # Half of the conditions may have a buffer, whose capacity is changed in these.
            if path in without or not _missing(recipe, path):
                _refuse_a_list(recipe, path, value)
                recipe = replaced(recipe, path, _of_its_own(recipe, path, value))
        return recipe

    return {name: changed(recipe) for name, recipe in conditions.items()}


def over_a_grid(
    conditions: Conditions, grid: Mapping[str, Iterable[Any]]
) -> dict[str, Recipe | Scoring]:
    """Each condition at each combination of values, in the place of the condition itself.

    Args:
        conditions: Recipes, or what scores.
        grid: Recipe fields, or parameters of scores, and the values that each takes; numbers are
            taken in ascending order. A condition without the field's part stays as it is.

    Returns:
        By names such as `tanh+learning_rate=0.001`; of a single condition without its own name.

    Raises:
        InputError: A field that no recipe has, a value that it refuses, no values.
    """
    values = {path: in_order(path, each) for path, each in grid.items()}
    short = _short(list(grid))
    without = {path for path in values if all(_missing(each, path) for each in conditions.values())}
    found: dict[str, Recipe | Scoring] = {}
    for name, recipe in conditions.items():
        paths = [path for path in values if path in without or not _missing(recipe, path)]
        for combination in product(*(values[path] for path in paths)):
            chosen = dict(zip(paths, combination, strict=True))
            base = name if len(conditions) > 1 or not paths else ""
            label = swept_name(base, {short[path]: value for path, value in chosen.items()})
            found |= with_values({label: recipe}, chosen)
            if len(found) > MOST_CONDITIONS:
                raise InputError(
                    f"Received a sweep of {' and '.join(grid)} that makes more than "
                    f"{MOST_CONDITIONS:,} conditions; expected fewer values."
                )
    return found


def _short(paths: list[str]) -> dict[str, str]:
    """What a field is called in a condition's name: its last word, where that tells it."""
    last = {path: path.rpartition(".")[2] for path in paths}
    times = Counter(last.values())
    return {path: word if times[word] == 1 else path for path, word in last.items()}


def in_order(path: str, values: Iterable[Any]) -> list[Any]:
    """The values of a field, each once."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(
            f"Received the sweep {path}={values!r}; expected several values, as in "
            f'{{"{path}": (1e-4, 1e-3)}}.'
        )
    plain = [v.item() if isinstance(v, np.generic) else v for v in values]
    typed = [tuple(v) if isinstance(v, list) else v for v in plain]
    if parts := [v for v in typed if not isinstance(v, PLAIN)]:
        raise InputError(
            f"Received a sweep of {path} over {shown(parts[0])}; expected numbers or names, which "
            "name the conditions: write a condition for each part of a recipe."
        )
    each = list(dict.fromkeys(typed))
    if not each:
        raise InputError(f"Received a sweep of {path} without values; expected some.")
    return sorted(each) if all(map(is_number, each)) else each


def undoes(path: str, other: str) -> bool:
    """Whether a field's new value would take away that of another."""
    return other.startswith(f"{path}.") or (path, other) == ("epochs", "order.epochs_each")


def _refuse_a_list(recipe: Recipe, path: str, value: Any) -> None:
    """Refuse several values where the recipe has one: that is a sweep."""
    name, _, inner = path.partition(".")
    part: Any = getattr(recipe, name, None)
    parameters = getattr(part, "parameters", None)
    if not inner:
        old = part
    elif parameters is not None:
        # What an optimiser is not given has one value; a network's and a schedule's may be lists.
        old = parameters.get(inner, 0 if name == "optimiser" else None)
    else:
        old = getattr(part, inner, None)
    if name == "model" and parameters is not None and inner:
        # Some parameters of networks are a value or a list of them, as their builders say.
        takes = inspect.signature(builder(part.name)).parameters.get(inner)
        if takes is not None and "tuple" in str(takes.annotation):
            return
    single = isinstance(old, bool | int | float | str) or (not inner and hasattr(old, "parameters"))
    plain = isinstance(value, tuple) and all(isinstance(v, bool | int | float | str) for v in value)
    if plain and single:
        values = ",".join(map(str, value))
        raise InputError(
            f"Received {path}={values}; expected one value. Several beside each other are a sweep: "
            f"--sweep {path}={values}, or .sweep({{{path!r}: {value!r}}}) in a study file."
        )


def _of_its_own(recipe: Recipe, path: str, value: Any) -> Any:
    """An override's value; epochs below 1 are a fraction of the recipe's own."""
    if path == "epochs" and isinstance(value, float) and 0 < value < 1:
        return max(1, round(value * recipe.epochs))
    return value


def _missing(recipe: Recipe | Scoring, path: str) -> bool:
    """Whether the path leads into a part that the recipe does without."""
    name, _, inner = path.partition(".")
    return bool(inner) and hasattr(recipe, name) and getattr(recipe, name) is None
