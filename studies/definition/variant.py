"""Variants: a study in full, in quick, or with named overrides. They are never mixed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core import Recipe, replaced
from studies.definition.scoring import Scoring
from studies.definition.study import Study

NEXT_FIELD = re.compile(r",(?=[A-Za-z_][\w.]*=)")
"""Where another override may begin in a variant's name."""
WORDS: Mapping[str, Any] = {"true": True, "false": False, "none": None}
"""Values that are neither numbers nor text."""


@dataclass(frozen=True)
class Scale:
    """What sets a variant of a study apart.

    Attributes:
        quick: Whether it starts from the study's quick scale.
        overrides: Recipe fields by their paths, and their values in every condition.
    """

    quick: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`full`, `quick`, or the overrides: `dataset=digits,epochs=3`."""
        named = [f"{path}={_text(self.overrides[path])}" for path in sorted(self.overrides)]
        return ",".join(["quick"] * self.quick + named) or "full"


@dataclass(frozen=True)
class Variant:
    """A study at one scale.

    Attributes:
        scale: Which one.
        study: The study with the overrides in its recipes and its number of seeds.
    """

    scale: Scale
    study: Study

    @property
    def name(self) -> str:
        """See `Scale.name`."""
        return self.scale.name


def variant_of(study: Study, overrides: Mapping[str, Any], *, quick: bool = False) -> Variant:
    """A study with changed recipes.

    Args:
        study: The study in full.
        overrides: Recipe fields (`epochs`, `optimiser.learning_rate`) and their new values,
            the same in every condition. A field of a part that some conditions do without
            (`replay.capacity`) is changed in the others. Of a `Scoring`, its parameters.
        quick: Whether to start from the study's quick scale.

    Raises:
        InputError: A field that no recipe has, or a value that it refuses.
    """
    scale = Scale(quick, dict(overrides))
    parameters, parts = scale.overrides, scale.overrides
    if quick:
        small = study.quick
        parameters = {**small.overrides, **overrides}
        parts = {"dataset": small.dataset, "epochs": small.epochs, **parameters}
    recipes = study.conditions.values()
    without = {path for path in parts if all(_missing(recipe, path) for recipe in recipes)}

    def changed(recipe: Recipe | Scoring) -> Recipe | Scoring:
        if isinstance(recipe, Scoring):
            return recipe.changed(parameters)
        for path, value in parts.items():
            # Half of the conditions may have a buffer, whose capacity is changed in these.
            if path in without or not _missing(recipe, path):
                recipe = replaced(recipe, path, _of_its_own(recipe, path, value))
        return recipe

    if quick and study.quick.conditions is not None:
        study = only(study, study.quick.conditions)
    conditions = {name: changed(recipe) for name, recipe in study.conditions.items()}
    seeds = study.quick.seeds if quick else study.seeds
    return Variant(scale, replace(study, conditions=conditions, seeds=seeds))


def _of_its_own(recipe: Recipe, path: str, value: Any) -> Any:
    """An override's value; epochs below 1 are a fraction of the recipe's own."""
    if path == "epochs" and isinstance(value, float) and 0 < value < 1:
        return max(1, round(value * recipe.epochs))
    return value


def only(study: Study, conditions: tuple[str, ...]) -> Study:
    """The study of some of its conditions, and what it plans and reports of these alone."""

    def within(*names: str) -> bool:
        return set(names) <= set(conditions)

    return replace(
        study,
        conditions={name: study.conditions[name] for name in conditions},
        comparisons=tuple(pair for pair in study.comparisons if within(*pair)),
        interactions=tuple(each for each in study.interactions if within(*each.conditions)),
        reported=tuple(each for each in study.reported if within(each.condition)),
        claims=tuple(each for each in study.claims if within(each.greater, each.smaller)),
    )


def is_quick(name: str) -> bool:
    """Whether a variant of this name starts from the study's quick scale."""
    return name.split(",", 1)[0] == "quick"


def scale_of(name: str, recipes: Sequence[Mapping[str, Any]]) -> Scale | None:
    """The scale of records, which keep the name of their variant and their recipes.

    The only place that takes a name apart. A recipe says where a value ends, and whether it is a
    list; without its word a value with a comma or a plus sign might be either.

    Args:
        name: The variant's name.
        recipes: The recipes of its records, as JSON.

    Returns:
        The scale; None where it cannot be told for certain.
    """
    quick = is_quick(name)
    rest = name.removeprefix("quick").removeprefix(",") if quick else name
    overrides: dict[str, Any] = {}
    while rest and name != "full":
        path, equals, rest = rest.partition("=")
        recorded = [value for recipe in recipes for value in _recorded(recipe, path)]
        known = [value for value in recorded if f"{rest},".startswith(f"{_text(value)},")]
        text = _text(known[0]) if known else NEXT_FIELD.split(rest, maxsplit=1)[0]
        value = known[0] if known else value_typed(text)
        if not equals or (not known and isinstance(value, str) and set(",+") & set(text)):
            return None
        overrides[path] = value
        rest = rest[len(text) :].removeprefix(",")
    return Scale(quick, overrides)


def value_typed(text: str) -> Any:
    """A value as it is typed: true, false, none, a number, or else text."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _recorded(recipe: Mapping[str, Any], path: str) -> Iterator[Any]:
    """The value at a path of a recipe's JSON, if there is one; a list as a tuple."""
    value: Any = recipe.get("scores", recipe)
    for name in path.split("."):
        parts = value if isinstance(value, Mapping) else {}
        parts = {**parts, **parts.get("parameters", {})}
        if name not in parts:
            return
        value = parts[name]
    yield tuple(value) if isinstance(value, list) else value


def _missing(recipe: Recipe | Scoring, path: str) -> bool:
    """Whether the path leads into a part that the recipe does without."""
    name, _, inner = path.partition(".")
    return bool(inner) and hasattr(recipe, name) and getattr(recipe, name) is None


def _text(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
