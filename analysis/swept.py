"""The names of conditions that a sweep makes, and the values in them.

`tanh+learning_rate=0.001` is the condition `tanh` at one value of a field; with several fields
each has its own part. A name says all that a table needs, so that nothing else is read for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SETTING = re.compile(r"(?:^|\+)([A-Za-z_][\w.]*)=")
"""Where a part with a field and its value begins."""
WORDS: Mapping[str, Any] = {"true": True, "false": False, "none": None}
"""Values that are neither numbers nor text."""


def swept_name(base: str, settings: Mapping[str, Any]) -> str:
    """The name of a condition at some values; `base` may be empty."""
    parts = [f"{field}={text_of(value)}" for field, value in settings.items()]
    return "+".join([base] * bool(base) + parts)


def settings_of(condition: str) -> dict[str, Any]:
    """The fields in a condition's name and their values: `{"learning_rate": 0.001}`."""
    parts = list(SETTING.finditer(condition))
    ends = [*(part.start() for part in parts), len(condition)][1:]
    return {
        part[1]: setting_typed(condition[part.end() : end])
        for part, end in zip(parts, ends, strict=False)  # no parts, one end
    }


def base_of(condition: str) -> str:
    """The name of the condition that was varied; empty where the study has no other."""
    first = SETTING.search(condition)
    return condition[: first.start()] if first else condition


def by_value(condition: str) -> tuple[Any, ...]:
    """What names of conditions are sorted by: the numbers in them as numbers."""
    values = settings_of(condition).values()
    return tuple((0, each, "") if is_number(each) else (1, 0.0, str(each)) for each in values)


def is_number(value: Any) -> bool:
    """Whether a value is a number, a truth value none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


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


def setting_typed(text: str) -> Any:
    """A value in a name: as `value_typed`, or numbers joined by plus signs, which are a tuple."""
    value = value_typed(text)
    parts = tuple(map(value_typed, text.split("+")))
    several = isinstance(value, str) and len(parts) > 1 and all(map(is_number, parts))
    return parts if several else value


def text_of(value: Any) -> str:
    """A value as text, which `value_typed` reads; a tuple's values are joined by plus signs."""
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
