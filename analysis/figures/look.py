"""How the figures of a study look: the mark of each condition, and how wide they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Okabe and Ito's colours: told apart by everybody; the two lightest are left out.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#7f7f7f"
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", ":", "-.")
FEW_SEEDS = 10
"""Up to so many each is drawn, beside their mean."""


@dataclass(frozen=True)
class Mark:
    """What a condition is drawn with, in every figure.

    Attributes:
        colour: Of its lines and points.
        marker: Of its points.
        dash: Of its lines.
    """

    colour: str
    marker: str
    dash: str


@dataclass(frozen=True)
class Look:
    """How the figures of a study look.

    Attributes:
        conditions: In the study's order, which fixes their marks; those that are drawn and not
            named here come after them.
        reference: The condition that others are held against: grey.
        width: Of a figure in inches; as wide as its panels ask if None.
    """

    conditions: tuple[str, ...] = ()
    reference: str | None = None
    width: float | None = None

    def marks(self, drawn: Iterable[str]) -> dict[str, Mark]:
        """The mark of each condition that is drawn.

        Where there are more conditions than colours, markers and dashes tell them apart.
        """
        drawn = list(drawn)
        known = list(dict.fromkeys((*self.conditions, *drawn)))
        coloured = [name for name in known if name != self.reference]
        marks = {name: _mark(place) for place, name in enumerate(coloured)}
        if self.reference is not None:
            marks[self.reference] = Mark(GREY, "o", "-")
        return {name: marks[name] for name in drawn}

    def wide(self, natural: float) -> float:
        """A figure's width in inches, where its panels ask for `natural`."""
        return self.width or natural


def _mark(place: int) -> Mark:
    round_, colour = divmod(place, len(COLOURS))
    return Mark(COLOURS[colour], MARKERS[round_ % len(MARKERS)], DASHES[round_ % len(DASHES)])


PLAIN = Look()
"""Marks in the order in which conditions are drawn, and no reference."""
