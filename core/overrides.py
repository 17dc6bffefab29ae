"""Overrides: a recipe with one field changed, by the path that names it."""

import dataclasses
from typing import Any

from core.recipe import KINDS, LINES, PARTS, Recipe
from core.refusals import expect
from core.schedule.tasks import InTasks
from core.spec import Spec, spec
from data import InputError
from data.errors import shown


def replaced(recipe: Recipe, path: str, value: Any) -> Recipe:
    """The recipe with one field changed, addressed as in `optimiser.learning_rate`.

    Args:
        recipe: What to start from.
        path: A field, or a field and a parameter of what stands in it, joined by a dot; further
            ones where a recipe stands in it: `transfer.source.dataset`.
        value: The new value; whole parts (`order`) may be given by their class's name.

    Raises:
        InputError: No such field, or a value that the recipe refuses.

    Examples:
        >>> from core import Recipe, replaced, spec
        >>> recipe = Recipe(dataset="digits", model=spec("mlp", widths=(20,)))
        >>> replaced(recipe, "optimiser.learning_rate", 0.01).optimiser
        Spec(name='Adam', parameters={'learning_rate': 0.01})
    """
    name, _, inner = path.partition(".")
    _expect_field(recipe, name, path)
    part = getattr(recipe, name)
    changed: Any
    if not inner:
        changed = _whole(name, part, value)
        together: dict[str, Any] = {}
        if name == "epochs" and isinstance(recipe.order, InTasks):
            together["order"] = recipe.order.in_epochs(changed)
        return dataclasses.replace(recipe, **{name: changed}, **together)
    if isinstance(part, Spec):
        if inner == "name":  # Keras' classes take one, which would change what they are called
            raise InputError(f"Received {path}={value}; expected {name}={value}, to take another.")
        old = part.parameters.get(inner)
        changed = Spec(part.name, {**part.parameters, inner: _like(old, value)})
    elif dataclasses.is_dataclass(part) and not isinstance(part, type):
        inner, _, rest = inner.partition(".")
        expect(inner, f"field of {name}", [item.name for item in dataclasses.fields(part)])
        old = getattr(part, inner)
        if rest and not isinstance(old, Recipe):
            raise InputError(f"Received field {path!r}; expected {name}.{inner} at most.")
        new = replaced(old, rest, value) if rest else _like(old, value)
        changed = dataclasses.replace(part, **{inner: new})
    elif part is None:
        raise InputError(
            f"Received field {path!r} of a recipe without {name}; expected a recipe with it: "
            "write one in a study file."
        )
    else:
        raise InputError(f"Received field {path!r}; expected {name} alone: it has no fields.")
    # Tasks say how long a training is.
    epochs = changed.epochs if isinstance(changed, InTasks) else recipe.epochs
    return dataclasses.replace(recipe, **{name: changed, "epochs": epochs})


_RATE = {"lr": "learning_rate"}
"""What an optimiser's rate is called besides."""


def _expect_field(recipe: Recipe, name: str, path: str) -> None:
    """Refuse what is no field, and say where in a part a parameter of that name is."""
    fields = [item.name for item in dataclasses.fields(Recipe)]
    inner = _RATE.get(name, name)
    inside = [] if name in fields else [f"{part}.{inner}" for part in _with(recipe, inner)]
    if inside:
        raise InputError(f"Received field {path!r}; expected {' or '.join(inside)}.")
    expect(name, "field", fields)


def _with(recipe: Recipe, inner: str) -> list[str]:
    """The recipe's parts that have a parameter of that name, or that take a rate."""
    found = ["optimiser"] if inner == "learning_rate" else []
    for field in dataclasses.fields(Recipe):
        part = getattr(recipe, field.name)
        if isinstance(part, Spec):
            there = inner in part.parameters
        else:
            there = dataclasses.is_dataclass(part) and hasattr(part, inner)
        if there and field.name not in found:
            found.append(field.name)
    return found


def _whole(name: str, part: Any, value: Any) -> Any:
    """A field's new value; parts of Ebb's own by their class, others by their name."""
    # The one plain number that may be none.
    plain = (int, type(None)) if name == "random_crop" else (type(part),)
    kinds = KINDS.get(name, plain)
    if name in LINES and not isinstance(value, str | Spec):
        raise InputError(f"Received {name}={shown(value)}; expected {LINES[name]}.")
    if isinstance(value, str) and Spec in kinds and str not in kinds:
        return spec(value)
    own = {kind.__name__: kind for kind in kinds if kind.__name__ in PARTS}
    if own and not isinstance(value, kinds):
        expect(value, name, own)
        try:
            return own[value]()
        except TypeError:
            raise InputError(
                f"Received {name}={value} alone; expected it with its parameters: name it in a "
                "study file."
            ) from None
    value = _like(part, value)
    if not isinstance(value, kinds) or (kinds == (int,) and isinstance(value, bool)):
        names = " or ".join(kind.__name__ for kind in kinds if kind is not type(None))
        like = names if part is None else f"a value like {part!r}"
        raise InputError(f"Received {name}={shown(value)}; expected {like}.")
    return value


def _like(old: Any, value: Any) -> Any:
    """One value alone is a list of one where the old value was a list."""
    return (value,) if isinstance(old, tuple) and not isinstance(value, tuple) else value
