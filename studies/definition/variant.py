"""Variants: a study in full, in quick, or with named overrides. They are never mixed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.swept import settings_of, text_of, value_typed
from data import InputError
from studies.definition.changing import in_order, undoes, with_values
from studies.definition.study import Study, planned_of

NEXT_FIELD = re.compile(r",(?=[A-Za-z_][\w.]*=)")
"""Where another override may begin in a variant's name."""
SWEEP = re.compile(r"(?:^|,)sweep=([\w.]+(?:\+[\w.]+)*)")
"""The swept fields in a variant's name; their values are in the names of its conditions."""


@dataclass(frozen=True)
class Scale:
    """What sets a variant of a study apart.

    Attributes:
        quick: Whether it starts from the study's quick scale.
        overrides: Recipe fields by their paths, and their values in every condition.
        sweep: Recipe fields by their paths, and the values that conditions are made for.
    """

    quick: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    sweep: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`full`, `quick`, or the overrides: `dataset=digits,epochs=3`.

        A sweep is named by its fields, `sweep=batch_size`: further values join its records.
        """
        texts = {path: text_of(value) for path, value in self.overrides.items()}
        texts |= {"sweep": "+".join(sorted(self.sweep))} if self.sweep else {}
        named = [f"{path}={texts[path]}" for path in sorted(texts)]
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


def variant_of(
    study: Study,
    overrides: Mapping[str, Any],
    *,
    quick: bool = False,
    sweep: Mapping[str, Iterable[Any]] | None = None,
) -> Variant:
    """A study with changed recipes.

    Args:
        study: The study in full.
        overrides: Recipe fields (`epochs`, `optimiser.learning_rate`) and their new values,
            the same in every condition. A field of a part that some conditions do without
            (`replay.capacity`) is changed in the others. Of a `Scoring`, its parameters.
        quick: Whether to start from the study's quick scale.
        sweep: Recipe fields and several values of each, see `Study.sweep`.

    Raises:
        InputError: A field that no recipe has, or a value that it refuses; an override of a field
            that is swept.
    """
    grid = {path: in_order(path, values) for path, values in (sweep or {}).items()}
    if both := {*grid, *study.swept} & {*overrides}:
        raise InputError(
            f"Received one value of {', '.join(sorted(both))}, which is swept; expected one or the "
            "other."
        )
    _refuse_what_undoes(overrides, grid, study.swept)
    parameters = parts = dict(overrides)
    if quick:
        small = study.quick
        parameters = {**small.overrides, **overrides}
        shorter = {} if small.epochs is None else {"epochs": small.epochs}
        parts = {"dataset": small.dataset, **shorter, **parameters}
        kept = [p for p in parts if not any(p == s or undoes(p, s) for s in study.swept)]
        parts = {path: parts[path] for path in kept}
    every = study.conditions
    if quick and study.quick.conditions is not None:
        study = only(study, study.quick.conditions)
    conditions = with_values(study.conditions, parts, parameters, every)
    seeds = study.quick.seeds if quick else study.seeds
    study = replace(study, conditions=conditions, seeds=seeds)
    scale = Scale(quick, dict(overrides), grid)
    if grid:
        study = study.sweep(grid)
        inner = {p: v for p, v in parts.items() if any(undoes(each, p) for each in grid)}
        study = replace(study, conditions=with_values(study.conditions, inner))
    return Variant(scale, study)


def _refuse_what_undoes(
    overrides: Mapping[str, Any], grid: Mapping[str, Any], swept: Sequence[str]
) -> None:
    """Refuse values that others would take away, whatever their order."""
    lost = [(p, each) for p in (*overrides, *grid) for each in swept if undoes(p, each)]
    lost += [(p, each) for p in overrides for each in grid if undoes(p, each)]
    both = {"epochs", "order.epochs_each"}
    if both <= {*overrides, *grid, *swept}:
        lost.append(("epochs", "order.epochs_each"))
    for path, other in lost:
        raise InputError(
            f"Received {path} with {other}, which it would take away; expected one or the other."
        )


def only(study: Study, conditions: tuple[str, ...]) -> Study:
    """The study of some of its conditions, and what it plans and reports of these alone."""
    recipes = {name: study.conditions[name] for name in conditions}
    return replace(study, conditions=recipes, **planned_of(study, conditions))


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
    swept = SWEEP.search(rest)
    if swept:
        rest = rest.replace(swept[0], "", 1).removeprefix(",")
    while rest and name != "full":
        path, equals, rest = rest.partition("=")
        recorded = [value for recipe in recipes for value in _recorded(recipe, path)]
        known = [value for value in recorded if f"{rest},".startswith(f"{text_of(value)},")]
        text = text_of(known[0]) if known else NEXT_FIELD.split(rest, maxsplit=1)[0]
        value = known[0] if known else value_typed(text)
        if not equals or (not known and isinstance(value, str) and set(",+") & set(text)):
            return None
        overrides[path] = value
        rest = rest[len(text) :].removeprefix(",")
    grid = {
        path: tuple(dict.fromkeys(value for recipe in recipes for value in _recorded(recipe, path)))
        for path in swept_fields(name)
    }
    return Scale(quick, overrides, grid)


def swept_fields(name: str) -> list[str]:
    """The fields that a variant of this name sweeps."""
    swept = SWEEP.search(name)
    return swept[1].split("+") if swept else []


def swept_as(study: Study, name: str, conditions: Iterable[str]) -> Study:
    """A study with the conditions that a variant of this name sweeps.

    Args:
        study: The study as it is defined.
        name: The variant's name.
        conditions: The names of the variant's conditions, which have the values.
    """
    fields = swept_fields(name)
    if not fields:
        return study
    grid: dict[str, dict[Any, None]] = {path: {} for path in fields}
    for settings in map(settings_of, conditions):
        for path, values in grid.items():
            for key in (path, path.rpartition(".")[2]):
                values |= {settings[key]: None} if key in settings else {}
    return study.sweep({path: tuple(values) for path, values in grid.items()})


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
