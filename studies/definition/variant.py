"""Variants: a study in full, in quick, or with named overrides. They are never mixed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core import Recipe, replaced
from studies.definition.scoring import Scoring
from studies.definition.study import Study


@dataclass(frozen=True)
class Variant:
    """A study at one scale.

    Attributes:
        name: `full`, `quick`, or the overrides: `dataset=digits,epochs=3`.
        study: The study with the overrides in its recipes and its number of seeds.
    """

    name: str
    study: Study


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
    parts = {**_quick_overrides(study), **overrides} if quick else dict(overrides)
    parameters = {**study.quick.overrides, **overrides} if quick else overrides
    without = {path for path in parts if _nowhere(study, path)}

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
    name = _name(overrides, quick=quick)
    return Variant(name, replace(study, conditions=conditions, seeds=seeds))


def _of_its_own(recipe: Recipe, path: str, value: Any) -> Any:
    """An override's value; epochs below 1 are a fraction of the recipe's own."""
    if path == "epochs" and isinstance(value, float) and 0 < value < 1:
        return max(1, round(value * recipe.epochs))
    return value


def _name(overrides: Mapping[str, Any], *, quick: bool) -> str:
    named = [f"{path}={_text(overrides[path])}" for path in sorted(overrides)]
    return ",".join(["quick"] * quick + named) or "full"


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


def _nowhere(study: Study, path: str) -> bool:
    return all(_missing(recipe, path) for recipe in study.conditions.values())


def _missing(recipe: Recipe | Scoring, path: str) -> bool:
    """Whether the path leads into a part that the recipe does without."""
    name, _, inner = path.partition(".")
    return bool(inner) and hasattr(recipe, name) and getattr(recipe, name) is None


def _quick_overrides(study: Study) -> dict[str, Any]:
    quick = study.quick
    return {"dataset": quick.dataset, "epochs": quick.epochs, **quick.overrides}


def _text(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
