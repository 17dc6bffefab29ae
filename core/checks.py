"""What the fields of a recipe's parts may hold: kinds, checked when a part is made."""

import math
from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from data import InputError


class Kind(NamedTuple):
    """What a field may hold.

    Attributes:
        fits: Whether a value is of this kind.
        expected: What is said of one that is not, after "expected".
        called: What such a value is called there; `field=` if empty.
    """

    fits: Callable[[Any], bool]
    expected: str
    called: str = ""

    def refuse_others(self, field: str, value: Any) -> None:
        """Refuse a value that is of another kind.

        Raises:
            InputError: It is.
        """
        if not self.fits(value):
            received = f"{self.called} {value!r}" if self.called else f"{field}={value!r}"
            raise InputError(f"Received {received}; expected {self.expected}.")


class Checked:
    """A dataclass whose fields are checked by their kinds when it is made.

    A kind stands beside a field's type: `rate: Annotated[float, number(0, 1)]`. A truth value and
    a `Literal` need none, and `... | None` lets None pass.

    Raises:
        InputError: One line for the first field that does not fit.
    """

    def __post_init__(self) -> None:
        """Refuse what is of another kind."""
        part: Any = type(self)
        for field, kind in _kinds(part).items():
            kind.refuse_others(field, getattr(self, field))


def is_count(value: Any) -> bool:
    """Whether it is a whole number from 1 up that fits int32, as steps and positions do."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**31


def is_number(value: Any, low: float, high: float = math.inf) -> bool:
    """Whether it is a finite number from `low` to `high`, both included."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    # Not isfinite(), which turns a whole number into a float first and may find it too large.
    return plain and low <= value <= high and abs(value) < math.inf


def number(low: float, high: float, expected: str, called: str = "") -> Kind:
    """A number from `low` to `high`, both included."""
    return Kind(lambda value: is_number(value, low, high), expected, called)


FROM_0 = number(0, math.inf, "a number from 0 up")
POSITIVE = Kind(lambda value: is_number(value, 0) and value > 0, "a number above 0")
COUNT = Kind(is_count, "a whole number from 1 up")
Count = Annotated[int, COUNT]
TRUTH = Kind(lambda value: isinstance(value, bool), "true or false")


@cache
def _kinds(part: Any) -> dict[str, Kind]:
    hints = get_type_hints(part, include_extras=True)
    found = {name: _kind(hint) for name, hint in hints.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def _kind(hint: Any) -> Kind | None:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is bool:
        return TRUTH
    if origin is Literal:
        return Kind(lambda value: value in inner, f"one of {', '.join(inner)}")
    if origin is Annotated:
        return next((each for each in hint.__metadata__ if isinstance(each, Kind)), None)
    if origin in (Union, UnionType) and len(inner) == 2 and inner[1] is type(None):
        kind = _kind(inner[0])
        return kind and kind._replace(
            fits=lambda value: value is None or kind.fits(value),
            expected=f"{kind.expected}, or None",
        )
    return None
