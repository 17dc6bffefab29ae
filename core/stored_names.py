"""The names that stand in stores and in hashes, where they are not those of today.

A recipe's key is a hash of its JSON, class and field names included. So that a better name makes
no result stale, JSON is hashed and kept with the names it had when it was first written; everybody
reads and writes the names of today. A name that changes gets a line here, and nothing else moves.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Stored(NamedTuple):
    """What a class is called at rest, and those of its fields that have another name there."""

    name: str
    fields: Mapping[str, str] = {}


STORED: Mapping[str, Stored] = {
    "Recipe": Stored("Recipe", {"lr_schedule": "schedule"}),
    "Spec": Stored("Named"),
    "SymmetricLabelNoise": Stored("WrongLabels", {"rate": "share"}),
    "UniformLabelNoise": Stored("RedrawnLabels", {"rate": "share"}),
    "ClassLabelNoise": Stored("WrongLabelsByClass", {"rates": "shares"}),
    "MatrixLabelNoise": Stored("ConfusedLabels"),
    "Blurred": Stored("Blurred", {"fraction": "share"}),
    "Replay": Stored("Replay", {"buffer": "memory", "fraction": "share"}),
}
"""By the class's name of today."""

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "OneCycle": {"initial_fraction": "initial_share", "final_fraction": "final_share"},
}
"""Parameters of what a `Spec` names, by that name."""

PATHS: Mapping[str, str] = {
    "lr_schedule": "schedule",
    "label_noise.rate": "label_noise.share",
    "label_noise.rates": "label_noise.shares",
    "order.fraction": "order.share",
    "replay.buffer": "replay.memory",
    "replay.fraction": "replay.share",
}
"""Fields as overrides name them, in the names of variants until schema 2."""

MODULES: Mapping[str, str] = {
    "core.checks": "core.quantities",
    "core.random_streams": "core.seeds",
    "core.spec": "core.named",
}
"""Modules that a function of a user's own may import: its identity has the import statement."""


def to_stored(value: Any) -> Any:
    """A recipe's JSON as it is hashed and kept.

    Examples:
        >>> to_stored({"is": "SymmetricLabelNoise", "rate": 0.2})
        {'is': 'WrongLabels', 'share': 0.2}
    """
    return _renamed(value, STORED, PARAMETERS)


def from_stored(value: Any) -> Any:
    """A recipe's JSON with the names of today, from what `to_stored` made of it."""
    return _renamed(value, _TODAY, _PARAMETERS_TODAY)


def _turned(names: Mapping[str, str]) -> dict[str, str]:
    return {stored: new for new, stored in names.items()}


_TODAY = {each.name: Stored(new, _turned(each.fields)) for new, each in STORED.items()}
_PARAMETERS_TODAY = {name: _turned(each) for name, each in PARAMETERS.items()}


def _renamed(
    value: Any,
    names: Mapping[str, Stored],
    parameters: Mapping[str, Mapping[str, str]],
    kind: str = "Recipe",
) -> Any:
    """JSON with other names; `kind` is what an object without `is` at its top would be."""
    if isinstance(value, list | tuple):
        return [_renamed(each, names, parameters, "") for each in value]
    if not isinstance(value, Mapping):
        return value
    kind = value.get("is", kind)
    name, fields = names.get(kind, Stored(kind))
    if kind in ("Spec", "Named") and isinstance(value.get("parameters"), Mapping):
        own = parameters.get(value["name"], {})
        given = {own.get(key, key): each for key, each in value["parameters"].items()}
        value = {**value, "parameters": given}
    return {
        fields.get(key, key): name if key == "is" else _renamed(each, names, parameters, "")
        for key, each in value.items()
    }


def variant_of_today(variant: str) -> str:
    """A variant's name (`quick,replay.memory=ring`) with the fields of today.

    Overrides stay sorted by their fields. A name that cannot be taken apart, because a value has a
    comma, keeps its order.
    """
    old = {f"{path}{end}": f"{new}{end}" for new, path in PATHS.items() for end in ("=", ".")}
    old |= {f"transfer.source.{a}": f"transfer.source.{b}" for a, b in old.items()}
    parts = [_with_prefix(part, old) for part in variant.split(",")]
    scale, overrides = ([parts[0]], parts[1:]) if parts[0] in ("quick", "full") else ([], parts)
    if all("=" in part for part in overrides):
        overrides.sort(key=lambda part: part.partition("=")[0])
    return ",".join([*scale, *overrides])


def _with_prefix(part: str, prefixes: Mapping[str, str]) -> str:
    for old, new in prefixes.items():
        if part.startswith(old):
            return new + part.removeprefix(old)
    return part
