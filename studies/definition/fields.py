"""What `--set` and `--sweep` take for a study, with today's values."""

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core import Recipe, Spec
from core.models import builder
from core.spec import resolve
from studies.definition.changing import Conditions
from studies.definition.scoring import Scoring

MOST_VALUES = 4
"""Different values of a field that are listed."""
MOST_NAMES = 3
"""Conditions that are named beside a value."""


def fields_of(conditions: Conditions) -> dict[str, str]:
    """The fields that conditions have, by their paths, and their values in words."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, recipe in conditions.items():
        for path, value in _fields(recipe):
            found.setdefault(path, {}).setdefault(_said(value), []).append(name)
    return {path: _in_all(values, len(conditions)) for path, values in found.items()}


def _in_all(values: Mapping[str, list[str]], conditions: int) -> str:
    """A value that all have; else each with those that have it."""
    if len(values) == 1 and len(next(iter(values.values()))) == conditions:
        return next(iter(values))
    said = [f"{value} ({_some(names)})" for value, names in values.items()]
    more = len(said) - MOST_VALUES
    return "; ".join([*said[:MOST_VALUES], *[f"{more} more"] * (more > 0)])


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join([*names[:MOST_NAMES], *[f"{more} more"] * (more > 0)])


def _fields(recipe: Recipe | Scoring) -> Iterator[tuple[str, Any]]:
    if isinstance(recipe, Scoring):
        scores = recipe.scores
        yield from {**_defaults(resolve(scores.name), 1), **scores.parameters}.items()
        return
    for field in dataclasses.fields(Recipe):
        value = getattr(recipe, field.name)
        yield field.name, value
        if isinstance(value, Spec):
            defaults = _defaults(builder(value.name), 2) if field.name == "model" else {}
            for name, inner in {**defaults, **value.parameters}.items():
                yield f"{field.name}.{name}", inner
        elif dataclasses.is_dataclass(value):
            for part in dataclasses.fields(value):
                yield f"{field.name}.{part.name}", getattr(value, part.name)


def _defaults(function: Callable[..., Any], given: int) -> dict[str, Any]:
    """What a function takes after the arguments that it is given, with its own values."""
    known = list(inspect.signature(function).parameters.values())[given:]
    return {each.name: each.default for each in known if each.default is not each.empty}


def _said(value: Any) -> str:
    """A value as it is typed, of a part its name."""
    if isinstance(value, Spec):
        return value.name
    if dataclasses.is_dataclass(value):
        return type(value).__name__
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
