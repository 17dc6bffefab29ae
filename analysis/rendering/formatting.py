"""Numbers as text, as a comparison prints them: plain ASCII, in points or in a loss's own unit.

An accuracy is a fraction and printed in percent; a difference of accuracies is printed in points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

IN_PERCENT = ("points", "percentage points")
"""Units of accuracies (fractions), and of proportions and drops that are percentages already."""

NARROW = 0.05
"""Points below which half an interval's width needs more than two decimals."""


def counted(n: int, noun: str) -> str:
    """A number and what it is of: 1 run, 1,000 runs."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def format_numbers(numbers: Sequence[int]) -> str:
    """Sorted numbers with their gaps: 0 to 4, 7."""
    said = [f"{a} to {b}" if b > a else str(a) for a, b in unbroken(numbers)]
    return ", ".join(said) or "none"


def unbroken(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """The first and the last of each unbroken row of sorted numbers."""
    firsts = [n for i, n in enumerate(numbers) if i == 0 or numbers[i - 1] != n - 1]
    lasts = [n for i, n in enumerate(numbers) if n + 1 not in numbers[i + 1 : i + 2]]
    return list(zip(firsts, lasts, strict=True))


def format_runs(n_a: int, n_b: int, *, paired: bool, noun: str = "pair") -> str:
    """How many runs: 5 pairs, or 5 + 4 runs; `noun` is what runs of one seed are called."""
    if paired:
        return counted(n_a, noun)
    return f"{n_a} + {n_b} runs"


def format_p(p: float) -> str:
    """A p-value: p = .0312, or p < .0001."""
    return "p < .0001" if p < 0.0001 else "p = " + f"{p:.4f}".removeprefix("0")


def format_fraction(number: float) -> str:
    """A fraction without its leading zero: .05."""
    return f"{number:.4g}".removeprefix("0")


def format_percent(fraction: float) -> str:
    """A fraction as percent: 95 %."""
    return f"{100 * fraction:.4g} %"


def format_two(number: float | None) -> str:
    """Two decimals; none where there is no figure."""
    return "none" if number is None else f"{number:.2f}"


def format_level(value: float | None, unit: str) -> str:
    """A mean or a value: percent for an accuracy, else in the metric's own unit."""
    if value is None:
        return "none"
    if unit in IN_PERCENT:
        return f"{100 * value if unit == 'points' else value:.2f} %"
    return f"{value:.4g} {unit}"


def decimals_for(low: float, high: float) -> int:
    """Decimals in which an interval shows its width: two, or more of a narrow one."""
    half = (high - low) / 2
    return 2 if half >= NARROW or half <= 0 else min(8, 1 - math.floor(math.log10(half)))


def format_amount(size: float, unit: str, decimals: int = 2) -> str:
    """The size of a difference: 1.25 points, or in the metric's own unit."""
    return f"{size:.{decimals}f} points" if unit in IN_PERCENT else f"{size:.4g} {unit}"


def format_margin(size: float, unit: str) -> str:
    """A margin as it was set: with two decimals only where that is all of it."""
    if unit in IN_PERCENT:
        return f"{size:.2f} points" if round(size, 2) == size else f"{size:g} points"
    return f"{size:g} {unit}"


def format_signed(size: float | None, unit: str, decimals: int = 2) -> str:
    """A difference with its sign where it is positive; none where there is no figure."""
    if size is None:
        return "none"
    if unit in IN_PERCENT and round(size, decimals) == 0:
        size = 0.0  # not -0.00
    return ("+" if size > 0 else "") + format_amount(size, unit, decimals)


def format_range(low: float, high: float, unit: str) -> str:
    """An interval with the signs of its ends: -0.20 to +1.25 points."""
    if unit in IN_PERCENT:
        decimals = decimals_for(low, high)
        return f"{low:+.{decimals}f} to {high:+.{decimals}f} points"
    return f"{low:+.4g} to {high:+.4g} {unit}"


def format_duration(seconds: float) -> str:
    """Seconds in words: `8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 1:
        return f"{seconds:.1f} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
