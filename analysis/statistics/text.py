"""What the texts of comparisons and interactions have in common: each test, each figure by name."""

from __future__ import annotations

from typing import Protocol

from analysis.rendering.formatting import (
    format_margin,
    format_p,
    format_percent,
    format_range,
    format_signed,
)
from analysis.statistics.corrections import Correction
from analysis.statistics.divergence import WorstCase
from analysis.statistics.significance import ExactTest
from analysis.statistics.verdict import Difference, Equivalence, PrimaryTest, Verdict

Rows = list[tuple[str, str]]
"""Lines of a text: a name, and what there is to say."""
CORRECTIONS = {"holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}


class Tested(Protocol):
    """What comparisons and interactions have in common."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def paired(self) -> bool: ...  # noqa: D102
    @property
    def difference(self) -> Difference: ...  # noqa: D102
    @property
    def test(self) -> PrimaryTest: ...  # noqa: D102
    @property
    def exact(self) -> ExactTest: ...  # noqa: D102
    @property
    def equivalence(self) -> Equivalence | None: ...  # noqa: D102
    @property
    def verdict(self) -> Verdict: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def p_adjusted(self) -> float | None: ...  # noqa: D102
    @property
    def exact_p_adjusted(self) -> float | None: ...  # noqa: D102
    @property
    def family(self) -> int | None: ...  # noqa: D102
    @property
    def correction(self) -> Correction | None: ...  # noqa: D102


def as_text(c: Tested, verdict: str, rows: Rows) -> str:
    """The verdict's sentence, the rows, then the notes, in lines of plain ASCII."""
    # The sentence of an undecidable comparison has quoted the first note.
    notes = c.notes[1 if c.verdict == "undecidable" else 0 :]
    rows = [*rows, *(("note", note) for note in notes)]
    width = max(len(name) for name, _ in rows)
    return "\n".join([verdict, "", *(f"{name:<{width}}  {text}" for name, text in rows)])


def used_row(runs: str, planned: int | None) -> tuple[str, str]:
    """How many runs were used, and how many were planned."""
    return "used", runs + (f" of {planned} planned" if planned is not None else "")


def rows_of_tests(c: Tested, name: str, difference: str) -> Rows:
    """The difference with its interval, the primary test, the exact one, the margin's."""
    d, unit = c.difference, c.unit
    interval = "no interval"
    if d.ci_low is not None and d.ci_high is not None:
        unadjusted = "unadjusted " if c.family else ""
        ends = format_range(d.ci_low, d.ci_high, unit)
        interval = f"{unadjusted}{format_percent(d.level)} interval {ends}"
    rows = [
        (name, f"{difference}, {interval}"),
        (c.test.name, _primary_text(c)),
        ("exact test", exact_text(c.exact, c.exact_p_adjusted)),
    ]
    if c.equivalence is not None:
        rows.append(("equivalence", margin_text(c.equivalence, unit)))
    return rows


def _primary_text(c: Tested) -> str:
    if c.test.p is None or c.test.statistic is None or c.test.df is None:
        return "no test"
    df = f"{c.test.df:.0f}" if c.paired else f"{c.test.df:.2f}"
    adjusted = ""
    if c.p_adjusted is not None:
        name = correction_name(c)
        adjusted = f", adjusted {format_p(c.p_adjusted)} ({name}, family of {c.family})"
    return f"t({df}) = {c.test.statistic:.2f}, {format_p(c.test.p)}, two-sided{adjusted}"


def exact_text(test: ExactTest, adjusted: float | None = None) -> str:
    """An exact test with its p, the smallest that it could give, and the adjusted p."""
    if test.p is None:
        return f"{test.name}: no test"
    text = f"{test.name}: {format_p(test.p)}"
    if test.p_smallest is not None:
        text += f" (the smallest it could give: {format_p(test.p_smallest)})"
    return text + (f", adjusted {format_p(adjusted)}" if adjusted else "")


def margin_text(e: Equivalence, unit: str) -> str:
    """The margin, and whether the difference was shown to lie inside it."""
    text = f"margin {format_margin(e.margin, unit)}, set beforehand: "
    if e.ci_low is None or e.ci_high is None or e.p is None:
        return f"{text}not tested"
    inside = "inside" if e.inside else "not inside"
    ends = format_range(e.ci_low, e.ci_high, unit)
    return (
        f"{text}{format_percent(e.level)} interval {ends} {inside}, two one-sided t-tests "
        f"{format_p(e.p)}"
    )


def worst_case_text(c: Tested, worst: WorstCase, reading: str) -> str:
    """The difference with diverged runs at chance, and how it reads."""
    text = format_signed(worst.points, c.unit)
    if worst.ci_low is not None and worst.ci_high is not None:
        unadjusted = "unadjusted " if c.family else ""
        text += f", {unadjusted}interval {format_range(worst.ci_low, worst.ci_high, c.unit)}"
    if worst.p is not None:
        text += f", {format_p(worst.p)}"
    if worst.p_adjusted is not None:
        text += f", adjusted {format_p(worst.p_adjusted)}"
    return f"{text}: {reading} (diverged runs at chance)"


def correction_name(c: Tested) -> str:
    """The correction of its family, by the name of its authors."""
    return CORRECTIONS.get(c.correction or "", "Bonferroni")


def corrected(c: Tested) -> str:
    """In a family of several: that the verdict is one after correction."""
    return in_family(c, f", after {correction_name(c)} over {c.family} {c.kind}")


def in_family(c: Tested, text: str) -> str:
    """The text, if the comparison is one of a family of several; else nothing."""
    return text if c.family is not None and c.family > 1 else ""


ALONE = "; margin test unadjusted"
"""A correction is of the tests of a difference: each margin test stands alone."""
UNADJUSTED = " (unadjusted interval)"
